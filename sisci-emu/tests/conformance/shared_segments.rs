//! Segments with handles in several processes of a node.

use crate::peer::{Peer, Talk};
use crate::sci::{ADAPTER, Answer, Sci, call, eventually, load, store, while_busy};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use sisci_sys::*;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "a_shared_segment_has_several_handles",
        needs: Needs::Emulator,
        body: several,
    },
    Case {
        name: "attaching_is_checked",
        needs: Needs::Emulator,
        body: checked,
    },
    Case {
        name: "a_dead_sharer_takes_nothing_along",
        needs: Needs::Emulator,
        body: dead_sharer,
    },
];

pub const ROLES: &[Role] = &[Role {
    name: "sharer-of-a-segment",
    body: sharer,
}];

const SIZE: usize = 5000;

fn attach(sci: &Sci, device: sci_desc_t, id: u32) -> Answer<(sci_local_segment_t, usize)> {
    let attach = sci
        .functions()
        .attach_local_segment
        .expect("SCIAttachLocalSegment");
    let (mut segment, mut size) = (null_mut(), 0);
    call!(error => attach(device, &mut segment, id, &mut size, None, null_mut(), 0, &mut error))
        .map(|()| (segment, size))
}

fn share(sci: &Sci, segment: sci_local_segment_t) -> Answer<()> {
    let share = sci.functions().share_segment.expect("SCIShareSegment");
    call!(error => share(segment, 0, &mut error))
}

fn next_event(sci: &Sci, segment: sci_local_segment_t) -> Answer<Reason> {
    let wait = sci.functions().wait_for_local_segment_event;
    let (mut node, mut adapter) = (0, 99);
    let reason = call!(error => wait(segment, &mut node, &mut adapter, 10_000, 0, &mut error));
    assert_eq!(adapter, ADAPTER);
    reason
}

/// Another process of the node: attaches, offers, and leaves when it is told to.
fn sharer(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let (segment, size) = attach(sci, device, 100).unwrap();
    let (map, memory) = sci.map_local(segment, 0, size).unwrap();
    assert_eq!((size, load(memory, 7)), (SIZE, 70));
    store(memory, 8, 80);
    sci.prepare(segment).unwrap();
    sci.set_available(segment).unwrap();
    talk.say("available");
    assert_eq!(next_event(sci, segment), Ok(Reason::SCI_CB_CONNECT));
    talk.say("connected");
    talk.expect("leave");
    assert_eq!(
        sci.remove_segment(segment, 0),
        Err(Code::SCI_ERR_BUSY),
        "mapped"
    );
    sci.unmap(map).unwrap();
    assert_eq!(
        sci.remove_segment(segment, 0),
        Err(Code::SCI_ERR_BUSY),
        "connected, the last"
    );
    talk.say("busy");
    talk.expect("leave");
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
    talk.say("gone");
    talk.hear();
}

fn several(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    share(sci, segment).unwrap();
    let (map, memory) = sci.map_local(segment, 0, SIZE).unwrap();
    store(memory, 7, 70);
    let mut peer = Peer::start_on(4, "sharer-of-a-segment");
    peer.talk.expect("available");
    assert_eq!(load(memory, 8), 80, "one memory");
    let remote = sci
        .connect(device, 4, 100)
        .expect("what one handle offers is offered");
    peer.talk.expect("connected");
    assert_eq!(
        next_event(sci, segment),
        Ok(Reason::SCI_CB_CONNECT),
        "all handles hear of it"
    );
    sci.unmap(map).unwrap();
    sci.remove_segment(segment, 0)
        .expect("another handle is left");
    let again = sci.connect(device, 4, 100).expect("the segment lives on");
    sci.disconnect(again).unwrap();
    let taken = sci.create_segment(device, 100, SIZE, 0);
    assert_eq!(taken, Err(Code::SCI_ERR_SEGMENTID_USED));
    peer.talk.say("leave");
    peer.talk.expect("busy");
    sci.disconnect(remote).unwrap();
    peer.talk.say("leave");
    peer.talk.expect("gone");
    eventually("the segment is gone", || {
        sci.connect(device, 4, 100).is_err()
    });
    let mut new = null_mut();
    eventually("its id is free", || {
        sci.create_segment(device, 100, SIZE, 0)
            .inspect(|segment| new = *segment)
            .is_ok()
    });
    sci.remove_segment(new, 0).unwrap();
    sci.close(device).unwrap();
}

fn checked(sci: &Sci) {
    let device = sci.open().unwrap();
    assert_eq!(attach(sci, device, 100), Err(Code::SCI_ERR_NO_SUCH_SEGMENT));
    let segment = sci.offer(device, 100, SIZE);
    assert_eq!(
        attach(sci, device, 100),
        Err(Code::SCI_ERR_ACCESS),
        "not shared"
    );
    share(sci, segment).unwrap();
    let (second, size) = attach(sci, device, 100).expect("a second handle of this process");
    assert_eq!(size, SIZE);
    sci.remove_segment(second, 0).unwrap();
    let private = sci.constants().flag_private.unwrap();
    let private = sci.create_segment(device, 101, SIZE, private).unwrap();
    assert_eq!(share(sci, private), Err(Code::SCI_ERR_ILLEGAL_OPERATION));
    assert_eq!(share(sci, null_mut()), Err(Code::SCI_ERR_ILLEGAL_PARAMETER));
    let (third, _) = attach(sci, device, 100).unwrap();
    let force = sci.constants().flag_force_remove;
    sci.remove_segment(segment, force).unwrap();
    assert_eq!(
        next_event(sci, third),
        Ok(Reason::SCI_CB_DISCONNECT),
        "it was forced away"
    );
    assert_eq!(
        sci.set_available(third),
        Err(Code::SCI_ERR_NO_SUCH_SEGMENT),
        "the segment is gone"
    );
    sci.remove_segment(third, 0).unwrap();
}

fn dead_sharer(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    share(sci, segment).unwrap();
    let (map, memory) = sci.map_local(segment, 0, SIZE).unwrap();
    store(memory, 7, 70);
    let mut peer = Peer::start_on(4, "sharer-of-a-segment");
    peer.talk.expect("available");
    peer.kill();
    let remote = sci.connect(device, 4, 100).unwrap();
    sci.disconnect(remote).unwrap();
    sci.unmap(map).unwrap();
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
    let taken = sci
        .create_segment(device, 100, SIZE, 0)
        .expect("the id is free");
    sci.remove_segment(taken, 0).unwrap();
    sci.close(device).unwrap();
}

//! Life of segments and connections.

use crate::peer::{Peer, Talk};
use crate::sci::{Sci, call, load, store, until_there, while_busy};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;

pub const CASES: &[Case] = &[
    Case {
        name: "segment_life",
        needs: Needs::OneNode,
        body: life,
    },
    Case {
        name: "segment_ids_are_unique_on_the_node",
        needs: Needs::OneNode,
        body: unique_ids,
    },
    Case {
        name: "segment_auto_ids_are_free_ones",
        needs: Needs::OneNode,
        body: auto_ids,
    },
    Case {
        name: "segment_private_is_not_offered",
        needs: Needs::OneNode,
        body: private,
    },
    Case {
        name: "segment_map_ranges",
        needs: Needs::OneNode,
        body: map_ranges,
    },
    Case {
        name: "segment_connect_before_available",
        needs: Needs::TwoNodes,
        body: too_early,
    },
    Case {
        name: "segment_stores_are_seen_both_ways",
        needs: Needs::TwoNodes,
        body: both_ways,
    },
    Case {
        name: "segment_busy_while_in_use",
        needs: Needs::TwoNodes,
        body: busy,
    },
    Case {
        name: "segment_unavailable_keeps_connections",
        needs: Needs::TwoNodes,
        body: withdraw,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "segment-user",
        body: user,
    },
    Role {
        name: "segment-owner",
        body: owner,
    },
];

pub const SIZE: usize = 8192;

fn life(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    // SAFETY: the handle is alive.
    let (id, size) = unsafe {
        let functions = sci.functions();
        (
            (functions.get_local_segment_id)(segment),
            (functions.get_local_segment_size)(segment),
        )
    };
    assert_eq!((id, size), (100, SIZE));
    assert_eq!(
        sci.set_available(segment),
        Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED)
    );
    sci.prepare(segment).unwrap();
    sci.set_available(segment).unwrap();

    // The own node is as good as any other.
    let remote = sci.connect(device, sci.local_node(), 100).unwrap();
    // SAFETY: the handle is alive.
    unsafe {
        let functions = sci.functions();
        assert_eq!((functions.get_remote_segment_size)(remote), SIZE);
        assert_eq!((functions.get_remote_segment_id)(remote), 100);
        assert_eq!(
            (functions.get_remote_segment_node_id)(remote),
            sci.local_node()
        );
    }
    let (near_map, near) = sci.map_local(segment, 0, SIZE).unwrap();
    let (far_map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    store(far, 17, 42);
    sci.flush();
    assert_eq!(load(near, 17), 42);

    assert_eq!(sci.disconnect(remote), Err(Code::SCI_ERR_BUSY));
    assert_eq!(sci.close(device), Err(Code::SCI_ERR_BUSY));
    sci.unmap(far_map).unwrap();
    sci.disconnect(remote).unwrap();
    assert_eq!(sci.remove_segment(segment, 0), Err(Code::SCI_ERR_BUSY));
    sci.unmap(near_map).unwrap();
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
    sci.close(device).unwrap();
    sci.terminate();
}

fn unique_ids(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    let again = sci.create_segment(device, 100, SIZE, 0);
    assert_eq!(again, Err(Code::SCI_ERR_SEGMENTID_USED));
    sci.remove_segment(segment, 0).unwrap();
    let segment = sci
        .create_segment(device, 100, SIZE, 0)
        .expect("the id is free again");
    sci.remove_segment(segment, 0).unwrap();
    sci.close(device).unwrap();
}

fn auto_ids(sci: &Sci) {
    let device = sci.open().unwrap();
    let flags = sci.constants().flag_auto_id;
    let segments: Vec<_> = (0..3)
        .map(|_| sci.create_segment(device, 1024, SIZE, flags).unwrap())
        .collect();
    // SAFETY: the handles are alive.
    let id = |segment| unsafe { (sci.functions().get_local_segment_id)(segment) };
    let mut ids: Vec<_> = segments.iter().map(|segment| id(*segment)).collect();
    assert!(ids.iter().all(|id| (1024..=1152).contains(id)), "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), 3);
    for segment in segments {
        sci.remove_segment(segment, 0).unwrap();
    }
}

fn private(sci: &Sci) {
    let Some(flag) = sci.constants().flag_private else {
        return;
    };
    let device = sci.open().unwrap();
    let segment = sci.create_segment(device, 100, SIZE, flag).unwrap();
    sci.prepare(segment).unwrap();
    assert_eq!(
        sci.set_available(segment),
        Err(Code::SCI_ERR_ILLEGAL_OPERATION)
    );
    let offered = sci.offer(device, 100, SIZE);
    sci.remove_segment(segment, 0).unwrap();
    sci.remove_segment(offered, 0).unwrap();
}

fn map_ranges(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let remote = sci.connect(device, sci.local_node(), 100).unwrap();
    assert_eq!(
        sci.map_local(segment, 0, SIZE + 1),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    assert_eq!(
        sci.map_remote(remote, SIZE, 8),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    assert_eq!(
        sci.map_remote(remote, usize::MAX, 8),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    let (whole_map, whole) = sci.map_local(segment, 0, SIZE).unwrap();
    let (page_map, page) = sci.map_remote(remote, 4096, 4096).unwrap();
    store(page, 5, 9);
    sci.flush();
    assert_eq!(load(whole, 4096 + 5), 9);
    for map in [whole_map, page_map] {
        sci.unmap(map).unwrap();
    }
    sci.disconnect(remote).unwrap();
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

/// Connects to what the case says, and does what it says.
fn user(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    talk.say("ready");
    let (node, id) = (talk.hear_number(), talk.hear_number());
    let remote = until_there(|| sci.connect(device, node, id));
    let (map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    talk.say("connected");
    loop {
        match talk.hear().as_str() {
            "fill" => {
                (0..SIZE).for_each(|offset| store(far, offset, offset as u8));
                sci.flush();
                talk.say("filled");
            }
            "read" => {
                let sum: u64 = (0..SIZE).map(|offset| u64::from(load(far, offset))).sum();
                talk.say(sum);
            }
            "event" => {
                let (mut status, wait) = (Code(0), sci.functions().wait_for_remote_segment_event);
                let reason = call!(error => wait(remote, &mut status, 20_000, 0, &mut error));
                talk.say(reason.unwrap().0);
            }
            "map" => {
                let again = sci.map_remote(remote, 0, SIZE);
                talk.say(again.err().map_or("SCI_ERR_OK", error_name));
                again
                    .into_iter()
                    .for_each(|(map, _)| sci.unmap(map).unwrap());
            }
            _ => break,
        }
    }
    sci.unmap(map).unwrap();
    sci.disconnect(remote).unwrap();
    sci.close(device).unwrap();
    talk.say("gone");
}

/// A peer that is connected to segment `id` of this process.
pub fn with_user(sci: &Sci, id: u32) -> Peer {
    let mut peer = Peer::start("segment-user");
    peer.talk.expect("ready");
    peer.talk.say(sci.local_node());
    peer.talk.say(id);
    peer.talk.expect("connected");
    peer
}

pub fn dismiss(mut peer: Peer) {
    peer.talk.say("leave");
    peer.talk.expect("gone");
    peer.finish();
}

/// Offers a segment step by step.
fn owner(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    talk.say(sci.local_node());
    talk.expect("create");
    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    sci.prepare(segment).unwrap();
    talk.say("created");
    talk.expect("offer");
    sci.set_available(segment).unwrap();
    talk.say("offered");
    talk.expect("remove");
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

fn too_early(sci: &Sci) {
    let device = sci.open().unwrap();
    let mut peer = Peer::start("segment-owner");
    let node = peer.talk.hear_number();
    let connect = || sci.connect(device, node, 100);
    assert_eq!(connect(), Err(Code::SCI_ERR_NO_SUCH_SEGMENT));
    peer.talk.say("create");
    peer.talk.expect("created");
    let unavailable = [
        Code::SCI_ERR_NO_SUCH_SEGMENT,
        Code::SCI_ERR_CONNECTION_REFUSED,
    ];
    assert!(unavailable.contains(&connect().unwrap_err()));
    peer.talk.say("offer");
    peer.talk.expect("offered");
    let remote = connect().unwrap();
    sci.disconnect(remote).unwrap();
    peer.talk.say("remove");
    peer.finish();
}

fn both_ways(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let (map, near) = sci.map_local(segment, 0, SIZE).unwrap();
    let mut peer = with_user(sci, 100);
    peer.talk.say("fill");
    peer.talk.expect("filled");
    assert!((0..SIZE).all(|offset| load(near, offset) == offset as u8));
    (0..SIZE).for_each(|offset| store(near, offset, 3));
    peer.talk.say("read");
    assert_eq!(peer.talk.hear(), (3 * SIZE).to_string());
    dismiss(peer);
    sci.unmap(map).unwrap();
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

fn busy(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let peer = with_user(sci, 100);
    assert_eq!(sci.remove_segment(segment, 0), Err(Code::SCI_ERR_BUSY));
    dismiss(peer);
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
    sci.close(device).unwrap();
}

fn withdraw(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let mut peer = with_user(sci, 100);
    sci.set_unavailable(segment, 0).unwrap();
    let late = sci.connect(device, sci.local_node(), 100);
    let refused = [
        Code::SCI_ERR_NO_SUCH_SEGMENT,
        Code::SCI_ERR_CONNECTION_REFUSED,
    ];
    assert!(refused.contains(&late.unwrap_err()));
    peer.talk.say("fill");
    peer.talk.expect("filled");
    dismiss(peer);
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

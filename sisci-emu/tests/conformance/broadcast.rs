//! Groups of segments, and of data interrupts, on several nodes.

use crate::peer::{Peer, Talk};
use crate::sci::{ADAPTER, Answer, Sci, call, eventually, load, store, until_there};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "a_store_reaches_all_members_of_a_group",
        needs: Needs::TwoNodes,
        body: stores,
    },
    Case {
        name: "a_group_outlives_its_first_member",
        needs: Needs::Emulator,
        body: first_dies,
    },
    Case {
        name: "group_calls_are_checked",
        needs: Needs::Emulator,
        body: checked,
    },
    Case {
        name: "a_message_reaches_all_of_a_group",
        needs: Needs::Emulator,
        body: messages,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "group-member",
        body: member,
    },
    Role {
        name: "group-listener",
        body: listener,
    },
];

const GROUP: u32 = 1;
const SIZE: usize = 64 << 10;
const ALL: u32 = DIS_BROADCAST_NODEID_GROUP_ALL;
const NUMBER: u32 = 77;

fn broadcast(sci: &Sci) -> u32 {
    sci.constants().flag_broadcast.expect("SCI_FLAG_BROADCAST")
}

/// Makes this node a member and gives its own copy.
fn join(sci: &Sci, device: sci_desc_t) -> (sci_local_segment_t, *mut u8) {
    let segment = sci
        .create_segment(device, GROUP, SIZE, broadcast(sci))
        .unwrap();
    sci.prepare(segment).unwrap();
    sci.set_available(segment).unwrap();
    (segment, sci.map_local(segment, 0, SIZE).unwrap().1)
}

fn connect(sci: &Sci, device: sci_desc_t, node: u32, group: u32) -> Answer<sci_remote_segment_t> {
    let (mut segment, connect) = (null_mut(), sci.functions().connect_segment);
    let (timeout, flags) = (sci.constants().infinite_timeout, broadcast(sci));
    call!(error => connect(
        device, &mut segment, node, group, ADAPTER, None, null_mut(), timeout, flags, &mut error
    ))
    .map(|()| segment)
}

fn map(sci: &Sci, remote: sci_remote_segment_t, flags: u32) -> Answer<*mut u8> {
    let (mut map, function) = (null_mut(), sci.functions().map_remote_segment);
    call!(error => function(remote, &mut map, 0, SIZE, null_mut(), flags, &mut error))
        .map(|address| address.cast())
}

/// Waits for a value at 0, and sends the next one.
fn member(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let (_, near) = join(sci, device);
    talk.say("member");
    let remote = until_there(|| connect(sci, device, ALL, GROUP));
    let far = map(sci, remote, broadcast(sci)).unwrap();
    eventually("the first value", || load(near, 0) == 1);
    store(far, 1, 2);
    sci.flush();
    talk.say("seen");
    talk.hear();
}

fn stores(sci: &Sci) {
    let device = sci.open().unwrap();
    let (_, near) = join(sci, device);
    let mut peer = Peer::start("group-member");
    peer.talk.expect("member");
    let remote = until_there(|| connect(sci, device, ALL, GROUP));
    let far = map(sci, remote, broadcast(sci)).unwrap();
    store(far, 0, 1);
    sci.flush();
    peer.talk.expect("seen");
    eventually("the peer's value", || load(near, 1) == 2);
    eventually("the own store in the own copy", || load(near, 0) == 1);
}

fn first_dies(sci: &Sci) {
    let mut first = Peer::start("group-member");
    first.talk.expect("member");
    let device = sci.open().unwrap();
    let remote = until_there(|| connect(sci, device, ALL, GROUP));
    let far = map(sci, remote, 0).unwrap();
    let (segment, near) = join(sci, device);
    store(far, 100, 9);
    first.kill();
    assert_eq!(load(near, 100), 9);
    let mut next = Peer::start_on(12, "group-member");
    next.talk.expect("member");
    store(far, 0, 1);
    next.talk.expect("seen");
    eventually("its store", || load(near, 1) == 2);
    let local = sci.remove_segment(segment, 0);
    assert_eq!(local, Err(Code::SCI_ERR_BUSY), "it is mapped");
    sci.remove_segment(segment, sci.constants().flag_force_remove)
        .unwrap();
    next.kill();
    assert_eq!(
        connect(sci, device, ALL, GROUP),
        Err(Code::SCI_ERR_NO_SUCH_SEGMENT)
    );
    assert_eq!(load(far, 100), 9, "what is mapped stays");
}

fn checked(sci: &Sci) {
    let device = sci.open().unwrap();
    let flag = broadcast(sci);
    let create = |group, size, flags| sci.create_segment(device, group, size, flags);
    let illegal = Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    assert_eq!(create(99, SIZE, flag), illegal);
    assert_eq!(
        connect(sci, device, ALL, 99).map(drop),
        Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
    );
    assert_eq!(
        connect(sci, device, 8, GROUP),
        Err(Code::SCI_ERR_ILLEGAL_NODEID)
    );
    assert_eq!(
        sci.connect(device, ALL, GROUP),
        Err(Code::SCI_ERR_ILLEGAL_NODEID)
    );
    assert_eq!(
        connect(sci, device, ALL, GROUP),
        Err(Code::SCI_ERR_NO_SUCH_SEGMENT)
    );
    let refused = Err(Code::SCI_ERR_ILLEGAL_FLAG);
    assert_eq!(
        create(GROUP, SIZE, flag | sci.constants().flag_auto_id),
        refused
    );
    let unicast = sci.constants().flag_allow_unicast.unwrap();
    assert_eq!(create(GROUP, SIZE, unicast), refused);
    let segment = create(GROUP, SIZE, flag).unwrap();
    assert_eq!(
        connect(sci, device, ALL, GROUP),
        Err(Code::SCI_ERR_NO_SUCH_SEGMENT)
    );
    assert_eq!(create(GROUP, SIZE, flag), Err(Code::SCI_ERR_SEGMENTID_USED));
    sci.prepare(segment).unwrap();
    sci.set_available(segment).unwrap();
    assert_eq!(
        sci.connect(device, 4, GROUP),
        Err(Code::SCI_ERR_NO_SUCH_SEGMENT),
        "no unicast"
    );
    let remote = connect(sci, device, ALL, GROUP).unwrap();
    sci.disconnect(remote).unwrap();
    sci.set_unavailable(segment, 0).unwrap();
    sci.remove_segment(segment, 0).unwrap();
    let segment = create(GROUP, SIZE, flag | unicast).unwrap();
    sci.prepare(segment).unwrap();
    sci.set_available(segment).unwrap();
    let remote = sci.connect(device, 4, GROUP).expect("unicast is allowed");
    assert_eq!(map(sci, remote, flag), Err(Code::SCI_ERR_ILLEGAL_OPERATION));
    let mut peer = Peer::start("group-member");
    peer.talk.expect("member");
    sci.disconnect(remote).unwrap();
    crate::sci::while_busy(|| sci.remove_segment(segment, 0)).unwrap();
    assert_eq!(
        create(GROUP, SIZE / 2, flag),
        illegal,
        "the group has another size"
    );
    sci.close(device).unwrap();
}

fn create_listener(sci: &Sci, device: sci_desc_t) -> sci_local_data_interrupt_t {
    let (mut interrupt, mut number) = (null_mut(), NUMBER);
    let flags = broadcast(sci) | sci.constants().flag_fixed_intno;
    let create = sci.functions().create_data_interrupt;
    call!(error => create(
        device, &mut interrupt, ADAPTER, &mut number, None, null_mut(), flags, &mut error
    ))
    .unwrap();
    interrupt
}

fn listener(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let interrupt = create_listener(sci, device);
    talk.say("listening");
    let heard = sci.receive(interrupt, 20_000).unwrap();
    talk.say(String::from_utf8(heard).unwrap());
    talk.hear();
}

fn messages(sci: &Sci) {
    let device = sci.open().unwrap();
    let connect = |node| {
        let (mut interrupt, timeout) = (null_mut(), sci.constants().infinite_timeout);
        let (flags, connect) = (broadcast(sci), sci.functions().connect_data_interrupt);
        call!(error => connect(
            device, &mut interrupt, node, ADAPTER, NUMBER, timeout, flags, &mut error
        ))
        .map(|()| interrupt)
    };
    assert_eq!(connect(ALL), Err(Code::SCI_ERR_NO_SUCH_INTNO));
    assert_eq!(connect(8), Err(Code::SCI_ERR_ILLEGAL_NODEID));
    let own = create_listener(sci, device);
    let mut early = Peer::start("group-listener");
    early.talk.expect("listening");
    let sender = connect(ALL).unwrap();
    sci.send(sender, b"one").unwrap();
    early.talk.expect("one");
    let mut late = Peer::start_on(12, "group-listener");
    late.talk.expect("listening");
    early.kill();
    sci.send(sender, b"two").unwrap();
    late.talk.expect("two");
    let heard = [sci.receive(own, 10_000), sci.receive(own, 10_000)];
    assert_eq!(heard, [Ok(b"one".to_vec()), Ok(b"two".to_vec())]);
    late.kill();
    sci.remove_data_interrupt(own).unwrap();
    eventually("nobody listens", || {
        sci.send(sender, b"three") == Err(Code::SCI_ERR_NOT_CONNECTED)
    });
    sci.disconnect_data_interrupt(sender).unwrap();
    sci.close(device).unwrap();
}

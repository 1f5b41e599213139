//! Links that go down and up, and nodes that go.

use crate::far::{Near, SEGMENT, SIZE, fabric, query, set_link};
use crate::peer::{Peer, Talk};
use crate::sci::{Sci, call, eventually, load, store, until_there};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use sisci_sys::sci_sequence_status_t as Status;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub const CASES: &[Case] = &[
    Case {
        name: "link_down_swallows_stores_and_gives_ones",
        needs: Needs::Emulator,
        body: stores,
    },
    Case {
        name: "link_down_is_told_to_both_sides_in_order",
        needs: Needs::Emulator,
        body: events,
    },
    Case {
        name: "link_down_fails_calls",
        needs: Needs::Emulator,
        body: calls,
    },
    Case {
        name: "link_of_a_node_is_its_cable",
        needs: Needs::Emulator,
        body: cable,
    },
    Case {
        name: "link_state_waits_for_late_processes",
        needs: Needs::Emulator,
        body: late,
    },
    Case {
        name: "link_flap_that_was_missed_is_told",
        needs: Needs::Emulator,
        body: missed,
    },
    Case {
        name: "link_down_leaves_the_own_node_alone",
        needs: Needs::Emulator,
        body: own_node,
    },
    Case {
        name: "link_changes_reach_callbacks",
        needs: Needs::Emulator,
        body: callbacks,
    },
    Case {
        name: "gone_node_loses_its_connections",
        needs: Needs::Emulator,
        body: gone,
    },
    Case {
        name: "killed_tools_leave_a_whole_state",
        needs: Needs::Emulator,
        body: killed_tools,
    },
    Case {
        name: "link_flaps_under_load",
        needs: Needs::Emulator,
        body: flaps,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "flapper",
        body: flapper,
    },
    Role {
        name: "restless-user",
        body: restless_user,
    },
];

fn stores(sci: &Sci) {
    let mut near = Near::open(sci);
    store(near.far, 10, 1);
    store(near.far, SIZE - 1, 2);
    assert_eq!((near.far_byte(10), near.far_byte(SIZE - 1)), (1, 2));
    assert_eq!(near.check(), Status::SCI_SEQ_OK);

    set_link(8, 4, false);
    let all_ones = (0..SIZE).all(|offset| load(near.far, offset) == u8::MAX);
    assert!(all_ones, "at once, at every address");
    store(near.far, 10, 3);
    near.expect_ones(10);
    near.ask("put 20 9");
    let mut bytes = [0; 4];
    near.copy_back(20, &mut bytes).unwrap();
    assert_eq!(bytes, [u8::MAX; 4]);
    assert_eq!((near.far_byte(10), near.far_byte(20)), (1, 9));
    // A map that is made meanwhile is no better.
    let (map, late) = sci.map_remote(near.segment, 5, 10).unwrap();
    assert_eq!(load(late, 5), u8::MAX);

    set_link(4, 8, true);
    assert_eq!((load(near.far, 10), load(near.far, 20)), (1, 9));
    assert_eq!((load(late, 5), load(near.far, SIZE - 1)), (1, 2));
    store(near.far, 10, 4);
    store(late, 6, 5);
    assert_eq!((near.far_byte(10), near.far_byte(11)), (4, 5));
    sci.unmap(map).unwrap();
    near.close();
}

fn events(sci: &Sci) {
    let mut near = Near::open(sci);
    assert_eq!(near.ask("event 20000"), "1 from 4");
    assert_eq!(near.event(0), Err(Code::SCI_ERR_TIMEOUT));
    for _ in 0..3 {
        set_link(4, 8, false);
        // Again is the same as once.
        set_link(8, 4, false);
        assert_eq!(near.event(0), Ok(Reason::SCI_CB_NOT_OPERATIONAL));
        set_link(4, 8, true);
        assert_eq!(near.event(0), Ok(Reason::SCI_CB_OPERATIONAL));
        assert_eq!(near.event(0), Err(Code::SCI_ERR_TIMEOUT));
        assert_eq!(near.ask("event 0"), "3 from 4");
        assert_eq!(near.ask("event 0"), "4 from 4");
        assert_eq!(near.ask("event 0"), "SCI_ERR_TIMEOUT");
    }
    set_link(4, 12, false);
    assert_eq!(near.event(0), Err(Code::SCI_ERR_TIMEOUT), "another link");
    near.close();
}

fn calls(sci: &Sci) {
    let near = Near::open(sci);
    let check = sci.constants().flag_error_check;
    assert_eq!(near.start(), Status::SCI_SEQ_OK);
    near.copy(0, b"hello", check).unwrap();
    set_link(4, 8, false);

    let refused = Err(Code::SCI_ERR_NO_REMOTE_LINK_ACCESS);
    assert_eq!(near.check(), Status::SCI_SEQ_PENDING);
    assert_eq!(near.check(), Status::SCI_SEQ_NOT_RETRIABLE);
    assert_eq!(near.start(), Status::SCI_SEQ_NOT_RETRIABLE);
    assert_eq!(
        near.copy(0, b"world", check),
        Err(Code::SCI_ERR_TRANSFER_FAILED)
    );
    assert_eq!(near.copy(0, b"world", 0), Ok(()), "nobody asked");
    assert_eq!(sci.connect(near.device, 8, SEGMENT).map(drop), refused);
    assert_eq!(
        sci.connect_data_interrupt(near.device, 8, 1).map(drop),
        refused
    );
    assert_eq!(near.trigger(), refused);
    assert_eq!(sci.send(near.messages, b"lost"), refused);
    assert_eq!(
        probe(sci, near.device, 8),
        Err(Code::SCI_ERR_NO_REMOTE_LINK_ACCESS)
    );

    set_link(4, 8, true);
    assert_eq!(near.check(), Status::SCI_SEQ_RETRIABLE);
    assert_eq!(near.check(), Status::SCI_SEQ_OK);
    assert_eq!(near.start(), Status::SCI_SEQ_OK);
    near.copy(0, b"again", check).unwrap();
    let mut bytes = [0; 5];
    near.copy_back(0, &mut bytes).unwrap();
    assert_eq!(&bytes, b"again");
    near.trigger().unwrap();
    sci.send(near.messages, b"heard").unwrap();
    assert_eq!(probe(sci, near.device, 8), Ok(1));
    let mut near = near;
    assert_eq!(near.ask("interrupt 20000"), "SCI_ERR_OK");
    assert_eq!(near.ask("message 20000"), "heard");
    near.close();
}

fn probe(sci: &Sci, device: sci_desc_t, node: u32) -> Result<i32, Code> {
    let probe = sci.functions().probe_node;
    call!(error => probe(device, crate::sci::ADAPTER, node, 0, &mut error))
}

fn cable(sci: &Sci) {
    let mut near = Near::open(sci);
    sci.offer(near.device, SEGMENT, SIZE);
    let operational = sci.constants().q_adapter_link_operational;
    assert_eq!(query(sci, operational), 1);
    assert_eq!(fabric().set_node_link(4, false).unwrap().0, []);
    assert_eq!(query(sci, operational), 0);
    assert_eq!(near.ask("operational"), "1");
    let refused = Err(Code::SCI_ERR_NO_LINK_ACCESS);
    assert_eq!(sci.connect(near.device, 8, SEGMENT).map(drop), refused);
    assert_eq!(near.trigger(), refused);
    assert_eq!(near.ask("connect 4"), "SCI_ERR_NO_REMOTE_LINK_ACCESS");
    assert_eq!(load(near.far, 0), u8::MAX);
    assert_eq!(near.event(0), Ok(Reason::SCI_CB_NOT_OPERATIONAL));

    // A second fault of the same way is no second event, and both have to go.
    set_link(4, 8, false);
    assert_eq!(fabric().set_node_link(4, true).unwrap().0, []);
    assert_eq!(near.event(0), Err(Code::SCI_ERR_TIMEOUT));
    assert_eq!(near.ask("operational"), "0", "its only link is down");
    set_link(4, 8, true);
    assert_eq!(near.event(0), Ok(Reason::SCI_CB_OPERATIONAL));
    assert_eq!(load(near.far, 0), 0);
    assert_eq!(near.ask("connect 4"), "SCI_ERR_OK");
    assert_eq!(query(sci, operational), 1);
}

fn late(sci: &Sci) {
    let device = sci.open().unwrap();
    sci.offer(device, SEGMENT, SIZE);
    set_link(4, 8, false);
    let mut peer = Peer::start("far-node");
    peer.talk.hear();
    peer.talk.hear();
    let mut ask = |line: &str| {
        peer.talk.say(line);
        peer.talk.hear()
    };
    assert_eq!(ask("connect 4"), "SCI_ERR_NO_REMOTE_LINK_ACCESS");
    assert_eq!(ask("operational"), "0");
    let refused = Err(Code::SCI_ERR_NO_REMOTE_LINK_ACCESS);
    assert_eq!(sci.connect(device, 8, SEGMENT).map(drop), refused);
    set_link(4, 8, true);
    assert_eq!(ask("connect 4"), "SCI_ERR_OK");
    until_there(|| sci.connect(device, 8, SEGMENT));
}

/// A stopped process hangs nobody, and learns of everything when it goes on.
fn missed(sci: &Sci) {
    let mut near = Near::open(sci);
    assert_eq!(near.ask("event 20000"), "1 from 4");
    near.peer.stop();
    for up in [false, true] {
        let begun = Instant::now();
        let silent = fabric().set_link(4, 8, up).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert_eq!(silent.0.len(), 1);
        assert_eq!(silent.0[0].node, 8);
    }
    assert_eq!(near.event(0), Ok(Reason::SCI_CB_NOT_OPERATIONAL));
    assert_eq!(near.event(0), Ok(Reason::SCI_CB_OPERATIONAL));
    near.peer.go_on();
    assert_eq!(near.ask("event 20000"), "3 from 4");
    assert_eq!(near.ask("event 20000"), "4 from 4");
    near.close();
}

fn own_node(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, SEGMENT, SIZE);
    let remote = sci.connect(device, 4, SEGMENT).unwrap();
    let (map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    fabric().set_node_link(4, false).unwrap();
    fabric().set_node_gone(4, true).unwrap();
    store(far, 0, 7);
    assert_eq!(load(far, 0), 7);
    sci.unmap(map).unwrap();
    sci.disconnect(remote).unwrap();
    let remote = sci.connect(device, 4, SEGMENT).expect("without a link");
    sci.disconnect(remote).unwrap();
    crate::sci::while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

/// What the callback of [`callbacks`] was told, and what it found when it tried the map.
struct Heard<'a> {
    sci: &'a Sci,
    reasons: Mutex<Vec<(u32, bool)>>,
}

unsafe extern "C" fn hear(
    argument: *mut c_void,
    segment: sci_remote_segment_t,
    reason: Reason,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: `callbacks` keeps its value alive until the segment is disconnected.
    let heard = unsafe { &*argument.cast::<Heard<'_>>() };
    // Callbacks may call anything.
    let shows = heard.sci.map_remote(segment, 0, 1).map(|(map, far)| {
        let shows = load(far, 0) != u8::MAX;
        heard.sci.unmap(map).unwrap();
        shows
    });
    let entry = (reason.0, shows.unwrap_or(false));
    heard.reasons.lock().unwrap().push(entry);
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn callbacks(sci: &Sci) {
    let near = Near::open(sci);
    let heard = Heard {
        sci,
        reasons: Mutex::default(),
    };
    let (mut segment, connect) = (null_mut(), sci.functions().connect_segment);
    let (flag, argument) = (
        sci.constants().flag_use_callback,
        (&raw const heard).cast_mut().cast(),
    );
    call!(error => connect(
        near.device, &mut segment, 8, SEGMENT, crate::sci::ADAPTER, Some(hear), argument, 0, flag,
        &mut error
    ))
    .unwrap();
    let wait = |count| {
        eventually("the callback", || {
            heard.reasons.lock().unwrap().len() == count
        });
    };
    set_link(4, 8, false);
    wait(1);
    set_link(4, 8, true);
    wait(2);
    assert_eq!(fabric().set_node_gone(8, true).unwrap().0, []);
    wait(3);
    let down = (Reason::SCI_CB_NOT_OPERATIONAL.0, false);
    let (up, lost) = (
        (Reason::SCI_CB_OPERATIONAL.0, true),
        (Reason::SCI_CB_LOST.0, false),
    );
    assert_eq!(*heard.reasons.lock().unwrap(), [down, up, lost]);
    sci.disconnect(segment).unwrap();
}

fn gone(sci: &Sci) {
    let mut near = Near::open(sci);
    sci.offer(near.device, SEGMENT, SIZE);
    assert_eq!(near.ask("event 20000"), "1 from 4");
    near.ask("put 0 5");
    assert_eq!(fabric().set_node_gone(8, true).unwrap().0, []);
    assert_eq!(near.event(0), Ok(Reason::SCI_CB_LOST));
    assert_eq!(near.event(0), Err(Code::SCI_ERR_TIMEOUT));
    assert_eq!(near.ask("event 20000"), "5 from 4");
    assert_eq!(near.check(), Status::SCI_SEQ_NOT_RETRIABLE);
    assert_eq!(load(near.far, 0), u8::MAX);
    store(near.far, 0, 6);
    let refused = Err(Code::SCI_ERR_NODE_NOT_RESPONDING);
    assert_eq!(sci.connect(near.device, 8, SEGMENT).map(drop), refused);
    assert_eq!(near.trigger(), refused);
    assert_eq!(
        probe(sci, near.device, 8),
        Err(Code::SCI_ERR_NODE_NOT_RESPONDING)
    );
    assert_eq!(near.ask("connect 4"), "SCI_ERR_NO_LINK_ACCESS");
    assert_eq!(near.ask("operational"), "0");

    assert_eq!(fabric().set_node_gone(8, false).unwrap().0, []);
    // What was lost stays lost; a new connection works.
    assert_eq!(near.check(), Status::SCI_SEQ_NOT_RETRIABLE);
    assert_eq!(near.trigger(), Err(Code::SCI_ERR_NOT_CONNECTED));
    assert_eq!(load(near.far, 1), u8::MAX);
    assert_eq!(near.far_byte(0), 5);
    let remote = sci.connect(near.device, 8, SEGMENT).unwrap();
    let (map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    assert_eq!(load(far, 0), 5);
    sci.unmap(map).unwrap();
    sci.disconnect(remote).unwrap();
    assert_eq!(near.ask("connect 4"), "SCI_ERR_OK");
}

/// Takes links down and up and orders faults until it is killed.
fn flapper(_: &Sci, talk: &mut Talk) {
    let fabric = fabric();
    talk.say("begun");
    loop {
        for up in [false, true] {
            fabric.set_link(4, 8, up).unwrap();
            fabric.set_node_link(12, up).unwrap();
        }
        let when = sisci::control::When::Count(1);
        let kind = sisci::control::FaultKind::Drop;
        let (id, _) = fabric.inject(kind, 4, 8, when).unwrap();
        fabric.clear_fault(id).unwrap();
    }
}

fn killed_tools(sci: &Sci) {
    let near = Near::open(sci);
    for round in 0..12 {
        let mut tools = [Peer::start_on(16, "flapper"), Peer::start_on(16, "flapper")];
        for tool in &mut tools {
            tool.talk.expect("begun");
        }
        std::thread::sleep(Duration::from_millis(7 * round + 3));
        for tool in &mut tools {
            tool.kill();
        }
        fabric().state().expect("a whole state");
    }
    set_link(4, 8, true);
    fabric().clear_faults().unwrap();
    near.check();
    store(near.far, 0, 77);
    let mut near = near;
    assert_eq!(near.far_byte(0), 77);
    assert_eq!(near.check(), Status::SCI_SEQ_OK);
    fabric().clean().unwrap();
    let names = std::fs::read_dir(fabric().dir()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = names
        .filter(|name| name.starts_with("fault-") || name.contains("draft"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    near.close();
}

/// Connects, maps, stores, loads, checks and lets go, from two threads, whatever the link does.
fn restless_user(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, SEGMENT, SIZE);
    let (_, own) = sci.map_local(segment, 0, SIZE).unwrap();
    talk.say("ready");
    let node = talk.hear_number();
    let address = device.addr();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let over = &over;
            scope.spawn(move || {
                let device = std::ptr::with_exposed_provenance_mut(address);
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    visit(sci, device, node);
                }
            });
        }
        talk.expect("stop");
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    // Everything arrives again: this side is visited once more.
    let remote = until_there(|| sci.connect(device, node, SEGMENT));
    let (map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    store(far, SIZE - 1, 42);
    eventually("the other's last store", || load(own, SIZE - 1) == 42);
    talk.say("done");
    talk.hear();
    sci.unmap(map).unwrap();
    sci.disconnect(remote).unwrap();
}

fn visit(sci: &Sci, device: sci_desc_t, node: u32) {
    let Ok(remote) = sci.connect(device, node, SEGMENT) else {
        return;
    };
    // Refused if the node went in between.
    let maps: Vec<_> = (0..3)
        .flat_map(|part| sci.map_remote(remote, part * 5000 + 3, 20_000))
        .collect();
    for round in 0..50 {
        for (_, far) in &maps {
            for offset in (0..20_000).step_by(997) {
                store(*far, offset, round);
                load(*far, offset);
            }
        }
    }
    if let Some((map, _)) = maps.first() {
        let (mut sequence, create) = (null_mut(), sci.functions().create_map_sequence);
        call!(error => create(*map, &mut sequence, 0, &mut error)).unwrap();
        let check = sci.functions().check_sequence;
        call!(error => check(sequence, 0, &mut error)).unwrap();
        let remove = sci.functions().remove_sequence;
        call!(error => remove(sequence, 0, &mut error)).unwrap();
    }
    for (map, _) in maps {
        sci.unmap(map).unwrap();
    }
    sci.disconnect(remote).unwrap();
}

fn flaps(_: &Sci) {
    let mut users = [
        Peer::start_on(8, "restless-user"),
        Peer::start_on(12, "restless-user"),
    ];
    for user in &mut users {
        user.talk.expect("ready");
    }
    users[0].talk.say(12);
    users[1].talk.say(8);
    for round in 0..150 {
        if round % 10 == 9 {
            fabric().set_node_gone(8, true).unwrap();
            fabric().set_node_gone(8, false).unwrap();
        } else {
            set_link(8, 12, false);
            set_link(8, 12, true);
        }
    }
    for user in &mut users {
        user.talk.say("stop");
    }
    for user in &mut users {
        user.talk.expect("done");
    }
    for mut user in users {
        user.talk.say("end");
        user.finish();
    }
}

//! Interrupts that carry a message.

use crate::peer::{Peer, Talk};
use crate::sci::{Sci, call, eventually, until_there};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Mutex;

pub const CASES: &[Case] = &[
    Case {
        name: "data_interrupt_keeps_order",
        needs: Needs::TwoNodes,
        body: order,
    },
    Case {
        name: "data_interrupt_order_through_waits",
        needs: Needs::TwoNodes,
        body: waits,
    },
    Case {
        name: "data_interrupt_full_queue",
        needs: Needs::OneNode,
        body: full,
    },
    Case {
        name: "data_interrupt_small_buffer",
        needs: Needs::Emulator,
        body: small_buffer,
    },
    Case {
        name: "data_interrupt_lengths",
        needs: Needs::OneNode,
        body: lengths,
    },
    Case {
        name: "data_interrupt_many_senders",
        needs: Needs::TwoNodes,
        body: many_senders,
    },
    Case {
        name: "data_interrupt_outlives_its_sender",
        needs: Needs::Emulator,
        body: last_words,
    },
    Case {
        name: "data_interrupt_removal_waits_for_callback",
        needs: Needs::OneNode,
        body: removal,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "message-sender",
        body: sender,
    },
    Role {
        name: "message-last-words",
        body: last_words_of,
    },
];

/// Messages in the order of arrival.
type Inbox = Mutex<Vec<Vec<u8>>>;

unsafe extern "C" fn keep(
    argument: *mut c_void,
    _: sci_local_data_interrupt_t,
    data: *mut c_void,
    length: u32,
    status: Code,
) -> sci_callback_action_t {
    assert_eq!(status, Code::SCI_ERR_OK);
    // SAFETY: the cases keep the inbox alive until the interrupt is removed; the library lends the
    // message for the call.
    let (inbox, message) = unsafe {
        let message = std::slice::from_raw_parts(data.cast::<u8>(), length as usize);
        (&*argument.cast::<Inbox>(), message.to_vec())
    };
    inbox.lock().unwrap().push(message);
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

const COUNT: u32 = 5_000;

/// Message `index`: its number and a length that depends on it.
fn message(who: u32, index: u32) -> Vec<u8> {
    let mut message = [who.to_le_bytes(), index.to_le_bytes()].concat();
    message.resize(8 + (index % 40) as usize, index as u8);
    message
}

/// Sends `COUNT` messages as fast as the receiver takes them.
fn sender(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let (node, number, who) = (talk.hear_number(), talk.hear_number(), talk.hear_number());
    let remote = until_there(|| sci.connect_data_interrupt(device, node, number));
    let mut full = 0u32;
    for index in 0..COUNT {
        let message = message(who, index);
        while let Err(code) = sci.send(remote, &message) {
            assert_eq!(code, Code::SCI_ERR_NOSPC);
            full += 1;
            std::thread::yield_now();
        }
    }
    talk.say(full);
    talk.expect("leave");
    sci.disconnect_data_interrupt(remote).unwrap();
}

fn start_sender(sci: &Sci, number: u32, who: u32) -> Peer {
    let mut peer = Peer::start("message-sender");
    peer.talk.say(sci.local_node());
    peer.talk.say(number);
    peer.talk.say(who);
    peer
}

fn dismiss(mut peer: Peer) {
    peer.talk.hear_number();
    peer.talk.say("leave");
    peer.finish();
}

fn order(sci: &Sci) {
    let device = sci.open().unwrap();
    let inbox = Inbox::default();
    let argument = (&raw const inbox).cast_mut().cast();
    let (local, number) = sci
        .create_data_interrupt(device, Some(keep), argument)
        .unwrap();
    let peer = start_sender(sci, number, 1);
    eventually("all messages", || {
        inbox.lock().unwrap().len() == COUNT as usize
    });
    dismiss(peer);
    sci.remove_data_interrupt(local).unwrap();
    let inbox = inbox.into_inner().unwrap();
    assert!(
        inbox
            .iter()
            .zip(0..)
            .all(|(found, index)| *found == message(1, index))
    );
    sci.close(device).unwrap();
}

fn waits(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    assert_eq!(sci.receive(local, 10), Err(Code::SCI_ERR_TIMEOUT));
    let peer = start_sender(sci, number, 7);
    for index in 0..COUNT {
        assert_eq!(sci.receive(local, 20_000).unwrap(), message(7, index));
    }
    dismiss(peer);
    sci.remove_data_interrupt(local).unwrap();
}

fn full(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let remote = sci
        .connect_data_interrupt(device, sci.local_node(), number)
        .unwrap();
    let mut sent = 0u32;
    let refused = loop {
        match sci.send(remote, &message(1, sent)) {
            Ok(()) => sent += 1,
            Err(code) => break code,
        }
        assert!(sent < 1_000_000, "the queue is bounded");
    };
    assert_eq!(refused, Code::SCI_ERR_NOSPC);
    assert!(sent > 0);
    assert_eq!(sci.receive(local, 20_000).unwrap(), message(1, 0));
    until_there(|| sci.send(remote, &message(1, sent)));
    for index in 1..=sent {
        assert_eq!(sci.receive(local, 20_000).unwrap(), message(1, index));
    }
    sci.disconnect_data_interrupt(remote).unwrap();
    sci.remove_data_interrupt(local).unwrap();
}

fn small_buffer(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let remote = sci
        .connect_data_interrupt(device, sci.local_node(), number)
        .unwrap();
    sci.send(remote, b"0123456789").unwrap();
    let (mut data, mut length) = ([0u8; 4], 4);
    let wait = sci.functions().wait_for_data_interrupt;
    let answer = call!(error => wait(
        local, data.as_mut_ptr().cast(), &mut length, 20_000, 0, &mut error
    ));
    assert_eq!((answer, length), (Err(Code::SCI_ERR_OUT_OF_RANGE), 10));
    assert_eq!(sci.receive(local, 20_000).unwrap(), b"0123456789");
}

fn lengths(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let remote = sci
        .connect_data_interrupt(device, sci.local_node(), number)
        .unwrap();
    for length in [1, 8, 50] {
        let message = vec![length as u8; length];
        sci.send(remote, &message).unwrap();
        assert_eq!(sci.receive(local, 20_000).unwrap(), message);
    }
    assert!(sci.send(remote, &vec![0; 1 << 20]).is_err());
    let absent = sci.connect_data_interrupt(device, sci.local_node(), number + 1);
    assert_eq!(absent, Err(Code::SCI_ERR_NO_SUCH_INTNO));
}

fn many_senders(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let peers: Vec<_> = (0..3).map(|who| start_sender(sci, number, who)).collect();
    let mut next = [0u32; 3];
    for _ in 0..3 * COUNT {
        let found = sci.receive(local, 20_000).unwrap();
        let who = u32::from_le_bytes(found[..4].try_into().unwrap());
        let expected = &mut next[who as usize];
        assert_eq!(found, message(who, *expected));
        *expected += 1;
    }
    peers.into_iter().for_each(dismiss);
    sci.remove_data_interrupt(local).unwrap();
}

fn last_words_of(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let (node, number) = (talk.hear_number(), talk.hear_number());
    let remote = until_there(|| sci.connect_data_interrupt(device, node, number));
    sci.send(remote, b"last words").unwrap();
    talk.say("said");
    talk.hear();
}

fn last_words(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let mut peer = Peer::start("message-last-words");
    peer.talk.say(sci.local_node());
    peer.talk.say(number);
    peer.talk.expect("said");
    peer.kill();
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(sci.receive(local, 20_000).unwrap(), b"last words");
    assert_eq!(sci.receive(local, 10), Err(Code::SCI_ERR_TIMEOUT));
}

/// Set while the callback runs.
#[derive(Default)]
struct Slow(Mutex<(bool, u32)>);

unsafe extern "C" fn slow(
    argument: *mut c_void,
    _: sci_local_data_interrupt_t,
    _: *mut c_void,
    _: u32,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: `removal` keeps the value alive until the interrupt is removed.
    let slow = unsafe { &*argument.cast::<Slow>() };
    slow.0.lock().unwrap().0 = true;
    std::thread::sleep(std::time::Duration::from_millis(100));
    let mut state = slow.0.lock().unwrap();
    *state = (false, state.1 + 1);
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn removal(sci: &Sci) {
    let device = sci.open().unwrap();
    let state = Slow::default();
    let argument = (&raw const state).cast_mut().cast();
    let (local, number) = sci
        .create_data_interrupt(device, Some(slow), argument)
        .unwrap();
    let remote = sci
        .connect_data_interrupt(device, sci.local_node(), number)
        .unwrap();
    sci.send(remote, b"1").unwrap();
    sci.send(remote, b"2").unwrap();
    eventually("the callback", || state.0.lock().unwrap().0);
    crate::sci::while_busy(|| sci.remove_data_interrupt(local)).unwrap();
    let after = *state.0.lock().unwrap();
    assert_eq!(after, (false, 1), "no run is left over, and none begins");
    std::thread::sleep(std::time::Duration::from_millis(150));
    assert_eq!(*state.0.lock().unwrap(), after);
}

//! Peers that die.

use crate::peer::{Peer, Talk};
use crate::sci::{ADAPTER, Answer, Sci, call, eventually, store, until_there};
use crate::{Case, Needs, Role};
use sisci_sys::sci_dma_queue_state_t as Queue;
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use sisci_sys::sci_sequence_status_t as Sequence;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub const CASES: &[Case] = &[
    Case {
        name: "owner_death_is_told_within_a_second",
        needs: Needs::Emulator,
        body: owner_dies,
    },
    Case {
        name: "owner_death_leaves_a_usable_window",
        needs: Needs::Emulator,
        body: after_death,
    },
    Case {
        name: "owner_death_frees_its_numbers",
        needs: Needs::Emulator,
        body: free_numbers,
    },
    Case {
        name: "user_death_is_told_within_a_second",
        needs: Needs::Emulator,
        body: user_dies,
    },
    Case {
        name: "stopped_owner_is_not_responding",
        needs: Needs::Emulator,
        body: stopped,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "mortal-owner",
        body: mortal_owner,
    },
    Role {
        name: "mortal-user",
        body: mortal_user,
    },
];

const SIZE: usize = 64 << 10;

fn mortal_owner(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    sci.offer(device, 100, SIZE);
    let (_, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    talk.say(sci.local_node());
    talk.say(number);
    talk.hear();
}

fn mortal_user(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let node = talk.hear_number();
    until_there(|| sci.connect(device, node, 100));
    talk.say("connected");
    talk.hear();
}

/// The last reason that a callback got, 0 before the first.
unsafe extern "C" fn remember(
    argument: *mut c_void,
    _: sci_remote_segment_t,
    reason: Reason,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: the cases keep the value alive until the process ends.
    let last = unsafe { &*argument.cast::<AtomicU32>() };
    last.store(reason.0, Ordering::SeqCst);
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn connect_with_callback(
    sci: &Sci,
    device: sci_desc_t,
    node: u32,
    last: &'static AtomicU32,
) -> Answer<sci_remote_segment_t> {
    let (mut segment, connect) = (null_mut(), sci.functions().connect_segment);
    let (flag, argument) = (
        sci.constants().flag_use_callback,
        (&raw const *last).cast_mut().cast(),
    );
    let callback: sci_cb_remote_segment_t = Some(remember);
    call!(error => connect(
        device, &mut segment, node, 100, ADAPTER, callback, argument, 0, flag, &mut error
    ))
    .map(|()| segment)
}

fn owner_dies(sci: &Sci) {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let device = sci.open().unwrap();
    let mut peer = Peer::start("mortal-owner");
    let (node, number) = (peer.talk.hear_number(), peer.talk.hear_number());
    connect_with_callback(sci, device, node, &LAST).unwrap();
    let messages = sci.connect_data_interrupt(device, node, number).unwrap();
    sci.send(messages, b"hello").unwrap();
    let killed = Instant::now();
    peer.kill();
    eventually("the end of the connection", || {
        LAST.load(Ordering::SeqCst) != 0
    });
    assert_eq!(LAST.load(Ordering::SeqCst), Reason::SCI_CB_LOST.0);
    let told = killed.elapsed();
    assert!(told < Duration::from_secs(1), "told after {told:?}");
    eventually("the end of the interrupt", || {
        sci.send(messages, b"hello") == Err(Code::SCI_ERR_NOT_CONNECTED)
    });
}

fn after_death(sci: &Sci) {
    let device = sci.open().unwrap();
    let mut peer = Peer::start("mortal-owner");
    let node = peer.talk.hear_number();
    let remote = sci.connect(device, node, 100).unwrap();
    let (map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    let (mut sequence, functions) = (null_mut(), sci.functions());
    let create = functions.create_map_sequence;
    call!(error => create(map, &mut sequence, 0, &mut error)).unwrap();
    let check = || call!(error => (functions.check_sequence)(sequence, 0, &mut error));
    let start = || call!(error => (functions.start_sequence)(sequence, 0, &mut error));
    assert_eq!(
        (start(), check()),
        (Ok(Sequence::SCI_SEQ_OK), Ok(Sequence::SCI_SEQ_OK))
    );
    peer.kill();
    (0..SIZE).for_each(|offset| store(far, offset, 1));
    assert_eq!(check(), Ok(Sequence::SCI_SEQ_NOT_RETRIABLE));
    assert_eq!(start(), Ok(Sequence::SCI_SEQ_NOT_RETRIABLE));
    let mut bytes = [0u8; 64];
    let (copy, flag) = (functions.mem_cpy, sci.constants().flag_error_check);
    let checked = call!(error => copy(
        sequence, bytes.as_mut_ptr().cast(), map, 0, 64, flag, &mut error
    ));
    assert_eq!(checked, Err(Code::SCI_ERR_TRANSFER_FAILED));
    assert_eq!(
        dma(sci, device, remote),
        Err(Code::SCI_ERR_SEGMENT_NOT_CONNECTED)
    );
    call!(error => (functions.remove_sequence)(sequence, 0, &mut error)).unwrap();
    sci.unmap(map).unwrap();
    sci.disconnect(remote).unwrap();
}

/// Tries a transfer on a queue of its own.
fn dma(sci: &Sci, device: sci_desc_t, remote: sci_remote_segment_t) -> Answer<Queue> {
    let functions = sci.functions();
    let source = sci.create_segment(device, 200, SIZE, 0)?;
    sci.prepare(source)?;
    let mut queue = null_mut();
    call!(error => (functions.create_dma_queue)(device, &mut queue, ADAPTER, 1, 0, &mut error))?;
    let flags = sci.constants().flag_dma_global;
    call!(error => (functions.start_dma_transfer)(
        queue, source, remote, 0, 4096, 0, None, null_mut(), flags, &mut error
    ))?;
    call!(error => (functions.wait_for_dma_queue)(queue, 20_000, 0, &mut error))
}

fn free_numbers(sci: &Sci) {
    let device = sci.open().unwrap();
    let mut peer = Peer::start("mortal-owner");
    let node = peer.talk.hear_number();
    let remote = sci.connect(device, node, 100).unwrap();
    peer.kill();
    sci.disconnect(remote).unwrap();
    assert!(sci.connect(device, node, 100).is_err());
    let mut next = Peer::start("mortal-owner");
    assert_eq!(next.talk.hear_number(), node);
    let remote = sci
        .connect(device, node, 100)
        .expect("the same id on the same node");
    sci.disconnect(remote).unwrap();
    next.kill();
    let names: Vec<_> = std::fs::read_dir(std::env::var("SISCI_EMU_DIR").unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| ["version", "shares"].contains(&&**name) || name.starts_with("node-")),
        "{names:?}"
    );
}

fn user_dies(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let mut peer = Peer::start("mortal-user");
    peer.talk.say(sci.local_node());
    peer.talk.expect("connected");
    let next = || {
        let (mut node, mut adapter) = (0, 0);
        let wait = sci.functions().wait_for_local_segment_event;
        call!(error => wait(segment, &mut node, &mut adapter, 20_000, 0, &mut error)).unwrap()
    };
    assert_eq!(next(), Reason::SCI_CB_CONNECT);
    assert_eq!(sci.remove_segment(segment, 0), Err(Code::SCI_ERR_BUSY));
    let killed = Instant::now();
    peer.kill();
    assert_eq!(next(), Reason::SCI_CB_LOST);
    let told = killed.elapsed();
    assert!(told < Duration::from_secs(1), "told after {told:?}");
    sci.remove_segment(segment, 0).unwrap();
}

fn stopped(sci: &Sci) {
    let device = sci.open().unwrap();
    let mut peer = Peer::start("mortal-owner");
    let node = peer.talk.hear_number();
    peer.talk.hear_number();
    peer.stop();
    let refused = sci.connect(device, node, 100);
    peer.go_on();
    assert_eq!(refused, Err(Code::SCI_ERR_NODE_NOT_RESPONDING));
    until_there(|| sci.connect(device, node, 100));
}

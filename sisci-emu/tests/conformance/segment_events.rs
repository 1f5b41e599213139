//! Events of segments, and what callbacks may do.

use crate::sci::{Sci, call, store, while_busy};
use crate::segments::{SIZE, dismiss, with_user};
use crate::{Case, Needs};
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Mutex;

pub const CASES: &[Case] = &[
    Case {
        name: "segment_forced_disconnect_tells_both_sides",
        needs: Needs::TwoNodes,
        body: broken_off,
    },
    Case {
        name: "segment_notify_tells_peers",
        needs: Needs::TwoNodes,
        body: notified,
    },
    Case {
        name: "segment_forced_removal_tells_peers",
        needs: Needs::TwoNodes,
        body: forced,
    },
    Case {
        name: "segment_local_events",
        needs: Needs::TwoNodes,
        body: local_events,
    },
    Case {
        name: "segment_wait_is_cancelled_by_removal",
        needs: Needs::OneNode,
        body: cancelled,
    },
    Case {
        name: "segment_callbacks_may_call_anything",
        needs: Needs::OneNode,
        body: in_callback,
    },
];

fn forced(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let mut peer = with_user(sci, 100);
    sci.remove_segment(segment, sci.constants().flag_force_remove)
        .unwrap();
    peer.talk.say("event");
    let told = [Reason::SCI_CB_DISCONNECT.0, Reason::SCI_CB_LOST.0];
    assert!(told.contains(&peer.talk.hear_number()));
    peer.talk.say("map");
    assert_ne!(peer.talk.hear(), "SCI_ERR_OK");
    dismiss(peer);
    let segment = sci
        .create_segment(device, 100, SIZE, 0)
        .expect("the id is free again");
    sci.remove_segment(segment, 0).unwrap();
}

fn broken_off(sci: &Sci) {
    let Some(flag) = sci.constants().flag_force_disconnect else {
        return;
    };
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let mut peer = with_user(sci, 100);
    let (reason, node) = next_event(sci, segment);
    assert_eq!(reason, Reason::SCI_CB_CONNECT);
    sci.set_unavailable(segment, flag).unwrap();
    assert_eq!(next_event(sci, segment), (Reason::SCI_CB_DISCONNECT, node));
    peer.talk.say("event");
    let told = [Reason::SCI_CB_DISCONNECT.0, Reason::SCI_CB_LOST.0];
    assert!(told.contains(&peer.talk.hear_number()));
    while_busy(|| sci.remove_segment(segment, 0)).expect("nobody is connected");
    dismiss(peer);
}

fn notified(sci: &Sci) {
    let Some(flag) = sci.constants().flag_notify else {
        return;
    };
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let mut peer = with_user(sci, 100);
    sci.set_unavailable(segment, flag).unwrap();
    peer.talk.say("event");
    assert_eq!(peer.talk.hear_number(), Reason::SCI_CB_DISCONNECT.0);
    // The connection itself lives on.
    peer.talk.say("fill");
    peer.talk.expect("filled");
    assert_eq!(sci.remove_segment(segment, 0), Err(Code::SCI_ERR_BUSY));
    dismiss(peer);
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

fn next_event(sci: &Sci, segment: sci_local_segment_t) -> (Reason, u32) {
    let (mut node, mut adapter) = (0, 0);
    let wait = sci.functions().wait_for_local_segment_event;
    let reason =
        call!(error => wait(segment, &mut node, &mut adapter, 20_000, 0, &mut error)).unwrap();
    (reason, node)
}

fn local_events(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let wait = sci.functions().wait_for_local_segment_event;
    let (mut node, mut adapter) = (0, 0);
    let none = call!(error => wait(segment, &mut node, &mut adapter, 10, 0, &mut error));
    assert_eq!(none, Err(Code::SCI_ERR_TIMEOUT));
    let peer = with_user(sci, 100);
    let (reason, node) = next_event(sci, segment);
    assert_eq!(reason, Reason::SCI_CB_CONNECT);
    assert_ne!(node, sci.local_node());
    dismiss(peer);
    assert_eq!(next_event(sci, segment), (Reason::SCI_CB_DISCONNECT, node));
}

fn cancelled(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let (wait, address) = (sci.functions().wait_for_local_segment_event, segment.addr());
    let timeout = sci.constants().infinite_timeout;
    let (begun, waiting) = std::sync::mpsc::channel();
    let waiter = std::thread::spawn(move || {
        let segment = std::ptr::with_exposed_provenance_mut(address);
        let (mut node, mut adapter) = (0, 0);
        begun.send(()).unwrap();
        call!(error => wait(segment, &mut node, &mut adapter, timeout, 0, &mut error))
    });
    waiting.recv().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    sci.remove_segment(segment, 0).unwrap();
    let answer = waiter.join().unwrap();
    // The second if the waiter came too late.
    let gone = [Code::SCI_ERR_CANCELLED, Code::SCI_ERR_ILLEGAL_PARAMETER];
    assert!(gone.contains(&answer.unwrap_err()));
}

/// What the callback of [`in_callback`] works with and found out.
struct Inside<'a> {
    sci: &'a Sci,
    device: sci_desc_t,
    outcome: Mutex<Option<Result<(), Code>>>,
}

/// Connects to another segment of the own node, stores something, and triggers nothing.
unsafe extern "C" fn on_event(
    argument: *mut c_void,
    _: sci_local_segment_t,
    reason: Reason,
    _: u32,
    _: u32,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: `in_callback` keeps its value alive until the segment is removed.
    let inside = unsafe { &*argument.cast::<Inside<'_>>() };
    if reason == Reason::SCI_CB_CONNECT {
        let sci = inside.sci;
        let outcome = (|| {
            let own = sci.create_segment(inside.device, 300, SIZE, 0)?;
            sci.prepare(own)?;
            sci.set_available(own)?;
            let remote = sci.connect(inside.device, sci.local_node(), 300)?;
            let (map, far) = sci.map_remote(remote, 0, SIZE)?;
            store(far, 0, 1);
            sci.unmap(map)?;
            sci.disconnect(remote)?;
            while_busy(|| sci.remove_segment(own, 0))
        })();
        *inside.outcome.lock().unwrap() = Some(outcome);
    }
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn in_callback(sci: &Sci) {
    let device = sci.open().unwrap();
    let inside = Inside {
        sci,
        device,
        outcome: Mutex::new(None),
    };
    let argument = (&raw const inside).cast_mut().cast();
    let (mut segment, flags) = (null_mut(), sci.constants().flag_use_callback);
    let create = sci.functions().create_segment;
    call!(error => create(
        device, &mut segment, 100, SIZE, Some(on_event), argument, flags, &mut error
    ))
    .unwrap();
    sci.prepare(segment).unwrap();
    sci.set_available(segment).unwrap();
    let remote = sci.connect(device, sci.local_node(), 100).unwrap();
    crate::sci::eventually("the callback", || inside.outcome.lock().unwrap().is_some());
    assert_eq!(*inside.outcome.lock().unwrap(), Some(Ok(())));
    sci.disconnect(remote).unwrap();
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

//! Interrupts without data.

use crate::peer::{Peer, Talk};
use crate::sci::{ADAPTER, Answer, Sci, call, eventually, until_there};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};

pub const CASES: &[Case] = &[
    Case {
        name: "interrupt_is_remembered_and_merged",
        needs: Needs::OneNode,
        body: merged,
    },
    Case {
        name: "interrupt_can_be_counted",
        needs: Needs::OneNode,
        body: counted,
    },
    Case {
        name: "interrupt_numbers",
        needs: Needs::OneNode,
        body: numbers,
    },
    Case {
        name: "interrupt_calls_back",
        needs: Needs::TwoNodes,
        body: calls_back,
    },
    Case {
        name: "interrupt_callback_can_cancel",
        needs: Needs::OneNode,
        body: cancels,
    },
    Case {
        name: "interrupt_wait_is_cancelled_by_removal",
        needs: Needs::OneNode,
        body: cancelled,
    },
];

pub const ROLES: &[Role] = &[Role {
    name: "interrupt-trigger",
    body: trigger_for,
}];

pub fn create(
    sci: &Sci,
    device: sci_desc_t,
    number: Option<u32>,
    flags: u32,
    callback: Option<(sci_cb_interrupt_t, *mut c_void)>,
) -> Answer<(sci_local_interrupt_t, u32)> {
    let constants = sci.constants();
    let (mut interrupt, mut chosen) = (null_mut(), number.unwrap_or(0));
    let mut flags = flags;
    flags |= number.map_or(0, |_| constants.flag_fixed_intno);
    flags |= callback.map_or(0, |_| constants.flag_use_callback);
    let (function, argument) = callback.unwrap_or((None, null_mut()));
    let create = sci.functions().create_interrupt;
    call!(error => create(
        device, &mut interrupt, ADAPTER, &mut chosen, function, argument, flags, &mut error
    ))
    .map(|()| (interrupt, chosen))
}

pub fn remove(sci: &Sci, interrupt: sci_local_interrupt_t) -> Answer<()> {
    call!(error => (sci.functions().remove_interrupt)(interrupt, 0, &mut error))
}

pub fn wait(sci: &Sci, interrupt: sci_local_interrupt_t, timeout_ms: u32) -> Answer<()> {
    let wait = sci.functions().wait_for_interrupt;
    call!(error => wait(interrupt, timeout_ms, 0, &mut error))
}

pub fn connect(
    sci: &Sci,
    device: sci_desc_t,
    node: u32,
    number: u32,
    flags: u32,
) -> Answer<sci_remote_interrupt_t> {
    let (mut interrupt, timeout) = (null_mut(), sci.constants().infinite_timeout);
    let connect = sci.functions().connect_interrupt;
    call!(error => connect(
        device, &mut interrupt, node, ADAPTER, number, timeout, flags, &mut error
    ))
    .map(|()| interrupt)
}

pub fn trigger(sci: &Sci, interrupt: sci_remote_interrupt_t) -> Answer<()> {
    call!(error => (sci.functions().trigger_interrupt)(interrupt, 0, &mut error))
}

pub fn disconnect(sci: &Sci, interrupt: sci_remote_interrupt_t) -> Answer<()> {
    call!(error => (sci.functions().disconnect_interrupt)(interrupt, 0, &mut error))
}

fn merged(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, number) = create(sci, device, None, 0, None).unwrap();
    let remote = connect(sci, device, sci.local_node(), number, 0).unwrap();
    assert_eq!(wait(sci, local, 10), Err(Code::SCI_ERR_TIMEOUT));
    trigger(sci, remote).unwrap();
    wait(sci, local, 20_000).expect("a trigger before the wait is remembered");
    for _ in 0..10 {
        trigger(sci, remote).unwrap();
    }
    let mut seen = 0;
    while wait(sci, local, 100).is_ok() {
        seen += 1;
    }
    assert!((1..=10).contains(&seen), "{seen} of 10 triggers");
    disconnect(sci, remote).unwrap();
    remove(sci, local).unwrap();
    sci.close(device).unwrap();
}

fn counted(sci: &Sci) {
    let Some(counting) = sci.constants().flag_counting_int else {
        return;
    };
    let device = sci.open().unwrap();
    let (local, number) = create(sci, device, None, counting, None).unwrap();
    let remote = connect(sci, device, sci.local_node(), number, counting).unwrap();
    for _ in 0..10 {
        trigger(sci, remote).unwrap();
    }
    for _ in 0..10 {
        wait(sci, local, 20_000).unwrap();
    }
    assert_eq!(wait(sci, local, 10), Err(Code::SCI_ERR_TIMEOUT));
    disconnect(sci, remote).unwrap();
    remove(sci, local).unwrap();
}

fn numbers(sci: &Sci) {
    let device = sci.open().unwrap();
    let (fixed, number) = create(sci, device, Some(77), 0, None).unwrap();
    assert_eq!(number, 77);
    assert_eq!(
        create(sci, device, Some(77), 0, None),
        Err(Code::SCI_ERR_INTNO_USED)
    );
    let (one, first) = create(sci, device, None, 0, None).unwrap();
    let (two, second) = create(sci, device, None, 0, None).unwrap();
    assert_ne!(first, second);
    let absent = connect(sci, device, sci.local_node(), 99_999, 0);
    assert_eq!(absent, Err(Code::SCI_ERR_NO_SUCH_INTNO));
    for interrupt in [fixed, one, two] {
        remove(sci, interrupt).unwrap();
    }
}

/// Counts; asks for no more calls once `limit` is reached.
struct Calls {
    seen: AtomicU32,
    limit: u32,
}

unsafe extern "C" fn count(
    argument: *mut c_void,
    _: sci_local_interrupt_t,
    status: Code,
) -> sci_callback_action_t {
    // SAFETY: the cases keep the value alive until the interrupt is removed.
    let calls = unsafe { &*argument.cast::<Calls>() };
    assert_eq!(status, Code::SCI_ERR_OK);
    if calls.seen.fetch_add(1, Ordering::SeqCst) + 1 < calls.limit {
        sci_callback_action_t::SCI_CALLBACK_CONTINUE
    } else {
        sci_callback_action_t::SCI_CALLBACK_CANCEL
    }
}

fn trigger_for(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let (node, number) = (talk.hear_number(), talk.hear_number());
    let remote = until_there(|| connect(sci, device, node, number, 0));
    trigger(sci, remote).unwrap();
    talk.say("triggered");
    talk.expect("leave");
    disconnect(sci, remote).unwrap();
}

fn calls_back(sci: &Sci) {
    let device = sci.open().unwrap();
    let calls = Calls {
        seen: AtomicU32::new(0),
        limit: u32::MAX,
    };
    let argument = (&raw const calls).cast_mut().cast();
    let (local, number) = create(sci, device, None, 0, Some((Some(count), argument))).unwrap();
    let mut peer = Peer::start("interrupt-trigger");
    peer.talk.say(sci.local_node());
    peer.talk.say(number);
    peer.talk.expect("triggered");
    eventually("the callback", || calls.seen.load(Ordering::SeqCst) == 1);
    peer.talk.say("leave");
    peer.finish();
    remove(sci, local).unwrap();
}

fn cancels(sci: &Sci) {
    let device = sci.open().unwrap();
    let calls = Calls {
        seen: AtomicU32::new(0),
        limit: 2,
    };
    let argument = (&raw const calls).cast_mut().cast();
    let (local, number) = create(sci, device, None, 0, Some((Some(count), argument))).unwrap();
    let remote = connect(sci, device, sci.local_node(), number, 0).unwrap();
    for round in 1..=2 {
        trigger(sci, remote).unwrap();
        eventually("the callback", || {
            calls.seen.load(Ordering::SeqCst) == round
        });
    }
    for _ in 0..10 {
        trigger(sci, remote).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    remove(sci, local).unwrap();
    assert_eq!(calls.seen.load(Ordering::SeqCst), 2);
}

fn cancelled(sci: &Sci) {
    let device = sci.open().unwrap();
    let (local, _) = create(sci, device, None, 0, None).unwrap();
    let (function, address) = (sci.functions().wait_for_interrupt, local.addr());
    let timeout = sci.constants().infinite_timeout;
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            std::thread::spawn(move || {
                let interrupt = std::ptr::with_exposed_provenance_mut(address);
                call!(error => function(interrupt, timeout, 0, &mut error))
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(50));
    remove(sci, local).unwrap();
    // The second for a waiter that came too late.
    let gone = [Code::SCI_ERR_CANCELLED, Code::SCI_ERR_ILLEGAL_PARAMETER];
    for waiter in waiters {
        assert!(gone.contains(&waiter.join().unwrap().unwrap_err()));
    }
}

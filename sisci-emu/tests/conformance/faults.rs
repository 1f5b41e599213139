//! Faults on order.

use crate::far::{Near, SEGMENT, SIZE, fabric};
use crate::peer::{Peer, Talk};
use crate::sci::{Sci, call, eventually, load, store};
use crate::{Case, Needs, Role};
use sisci::control::{Error, FaultKind, When};
use sisci_sys::sci_dma_queue_state_t as Queue;
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_sequence_status_t as Status;
use sisci_sys::*;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "fault_drops_copies_and_checks_tell",
        needs: Needs::Emulator,
        body: drops,
    },
    Case {
        name: "fault_drops_stores_up_to_the_check",
        needs: Needs::Emulator,
        body: drops_stores,
    },
    Case {
        name: "fault_corrupts_one_byte",
        needs: Needs::Emulator,
        body: corrupts,
    },
    Case {
        name: "fault_strikes_every_third_or_by_chance",
        needs: Needs::Emulator,
        body: choices,
    },
    Case {
        name: "fault_budget_is_shared_by_processes",
        needs: Needs::Emulator,
        body: budget,
    },
    Case {
        name: "fault_on_interrupts_and_messages",
        needs: Needs::Emulator,
        body: interrupts,
    },
    Case {
        name: "fault_on_checks",
        needs: Needs::Emulator,
        body: checks,
    },
    Case {
        name: "fault_on_dma",
        needs: Needs::Emulator,
        body: dma,
    },
    Case {
        name: "fault_orders_are_checked",
        needs: Needs::Emulator,
        body: orders,
    },
];

pub const ROLES: &[Role] = &[Role {
    name: "copier",
    body: copier,
}];

/// Orders a fault from node 4 to node 8.
fn inject(kind: FaultKind, when: When) -> u32 {
    let (id, silent) = fabric().inject(kind, 4, 8, when).unwrap();
    assert_eq!(silent.0, []);
    id
}

fn struck(id: u32) -> u64 {
    let faults = fabric().faults().unwrap();
    let found = faults.iter().find(|status| status.fault.id == id);
    found.expect("the fault is listed").progress.struck
}

fn drops(sci: &Sci) {
    let mut near = Near::open(sci);
    let id = inject(FaultKind::Drop, When::Count(2));
    let check = sci.constants().flag_error_check;
    let failed = Err(Code::SCI_ERR_TRANSFER_FAILED);
    assert_eq!(near.copy(0, b"a", check), failed);
    assert_eq!(near.copy(1, b"b", 0), Ok(()));
    assert_eq!(near.copy(2, b"c", check), Ok(()));
    assert_eq!(near.check(), Status::SCI_SEQ_RETRIABLE);
    assert_eq!(near.check(), Status::SCI_SEQ_OK);
    assert_eq!(
        [near.far_byte(0), near.far_byte(1), near.far_byte(2)],
        [0, 0, b'c']
    );
    assert_eq!(struck(id), 2);
    store(near.far, 3, 4);
    assert_eq!(near.far_byte(3), 4, "stores arrive again");

    // A read that is lost gives ones.
    inject(FaultKind::Drop, When::Count(1));
    let mut byte = [0];
    near.copy_back(2, &mut byte).unwrap();
    assert_eq!(byte, [u8::MAX]);
    near.copy_back(2, &mut byte).unwrap();
    assert_eq!(byte, [b'c']);
    near.close();
}

fn drops_stores(sci: &Sci) {
    let mut near = Near::open(sci);
    let id = inject(FaultKind::Drop, When::Count(2));
    for round in 0..2 {
        store(near.far, 0, 1);
        assert_eq!(near.far_byte(0), 0, "round {round}");
        assert_eq!(near.check(), Status::SCI_SEQ_RETRIABLE);
        assert_eq!(struck(id), round + 1);
    }
    store(near.far, 0, 1);
    assert_eq!(near.far_byte(0), 1);
    assert_eq!(near.check(), Status::SCI_SEQ_OK);

    // Taken back: what may have vanished is told.
    inject(FaultKind::Drop, When::Count(5));
    store(near.far, 0, 2);
    fabric().clear_faults().unwrap();
    assert_eq!(near.check(), Status::SCI_SEQ_RETRIABLE);
    store(near.far, 0, 3);
    assert_eq!(near.far_byte(0), 3);
    assert_eq!(near.check(), Status::SCI_SEQ_OK);
    near.close();
}

fn corrupts(sci: &Sci) {
    let mut near = Near::open(sci);
    inject(FaultKind::Corrupt, When::Count(1));
    let sent: Vec<u8> = (0..100).collect();
    let check = sci.constants().flag_error_check;
    assert_eq!(
        near.copy(0, &sent, check),
        Err(Code::SCI_ERR_TRANSFER_FAILED)
    );
    let arrived: Vec<u8> = (0..100).map(|offset| near.far_byte(offset)).collect();
    let differences = arrived.iter().zip(&sent).filter(|(a, b)| a != b);
    assert_eq!(differences.count(), 1);
    assert_eq!(near.copy(0, &sent, check), Ok(()));
    assert_eq!(near.far_byte(50), 50);
    near.close();
}

fn choices(sci: &Sci) {
    let mut near = Near::open(sci);
    let id = inject(FaultKind::Drop, When::Every(3));
    store(near.far, 1000, 1);
    assert_eq!(near.far_byte(1000), 1, "stores by pointer are not counted");
    for offset in 0..9 {
        near.copy(offset, b"x", 0).unwrap();
    }
    let arrived: Vec<bool> = (0..9).map(|offset| near.far_byte(offset) == b'x').collect();
    assert_eq!(
        arrived,
        [true, true, false, true, true, false, true, true, false]
    );
    fabric().clear_fault(id).unwrap();

    let chance = When::Chance {
        probability: 0.5,
        seed: 7,
    };
    let mut run = |start: usize| -> Vec<bool> {
        let id = inject(FaultKind::Drop, chance);
        for offset in 0..64 {
            near.copy(start + offset, b"y", 0).unwrap();
        }
        fabric().clear_fault(id).unwrap();
        (0..64)
            .map(|offset| near.far_byte(start + offset) == b'y')
            .collect()
    };
    let first = run(100);
    assert_eq!(first, run(200), "the same seed");
    assert!(first.contains(&true) && first.contains(&false));
    near.close();
}

/// Copies single bytes to its part of the far memory until it is told to stop.
fn copier(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let remote = sci.connect(device, 8, SEGMENT).unwrap();
    let (map, _) = sci.map_remote(remote, 0, SIZE).unwrap();
    talk.say("ready");
    let copy = sci.functions().mem_cpy;
    loop {
        let (start, count) = (talk.hear_number() as usize, talk.hear_number() as usize);
        let mut byte = *b"z";
        for offset in start..start + count {
            let memory = byte.as_mut_ptr().cast();
            call!(error => copy(null_mut(), memory, map, offset, 1, 0, &mut error)).unwrap();
        }
        talk.say("copied");
    }
}

fn budget(sci: &Sci) {
    let mut near = Near::open(sci);
    let mut copiers = [(); 3].map(|()| Peer::start_with(4, "host-4", "copier"));
    for copier in &mut copiers {
        copier.talk.expect("ready");
    }
    let id = inject(FaultKind::Drop, When::Count(100));
    for (index, copier) in copiers.iter_mut().enumerate() {
        copier.talk.say(index * 2000);
        copier.talk.say(2000);
    }
    for copier in &mut copiers {
        copier.talk.expect("copied");
    }
    let mut lost =
        |range: std::ops::Range<usize>| range.filter(|offset| near.far_byte(*offset) == 0).count();
    assert_eq!(lost(0..6000), 100);
    assert_eq!(struck(id), 100);

    // A process that is killed in the middle wedges nothing.
    let id = inject(FaultKind::Drop, When::Count(1_000_000));
    for copier in &mut copiers {
        copier.talk.say(10_000);
        copier.talk.say(50_000);
    }
    eventually("some are struck", || struck(id) > 100);
    copiers[0].kill();
    copiers[1].kill();
    copiers[2].talk.expect("copied");
    fabric().clear_faults().unwrap();
    near.check();
    near.copy(9000, b"n", 0).unwrap();
    assert_eq!(near.far_byte(9000), b'n');
    near.close();
}

fn interrupts(sci: &Sci) {
    let mut near = Near::open(sci);
    inject(FaultKind::InterruptLose, When::Count(2));
    for _ in 0..3 {
        near.trigger().unwrap();
    }
    assert_eq!(near.ask("interrupt 20000"), "SCI_ERR_OK");
    assert_eq!(near.ask("interrupt 50"), "SCI_ERR_TIMEOUT", "two are lost");

    inject(FaultKind::InterruptMerge, When::Count(1));
    near.trigger().unwrap();
    assert_eq!(
        near.ask("interrupt 50"),
        "SCI_ERR_TIMEOUT",
        "it waits for the next"
    );
    near.trigger().unwrap();
    assert_eq!(near.ask("interrupt 20000"), "SCI_ERR_OK");
    assert_eq!(near.ask("interrupt 20000"), "SCI_ERR_OK", "both count");

    inject(FaultKind::MessageLose, When::Every(2));
    for message in [b"one", b"two", b"six", b"ten"] {
        sci.send(near.messages, message).unwrap();
    }
    assert_eq!(near.ask("message 20000"), "one");
    assert_eq!(near.ask("message 20000"), "six");
    assert_eq!(near.ask("message 50"), "SCI_ERR_TIMEOUT");
    near.close();
}

fn checks(sci: &Sci) {
    let mut near = Near::open(sci);
    inject(FaultKind::SequenceError, When::Count(2));
    store(near.far, 0, 1);
    assert_eq!(near.check(), Status::SCI_SEQ_RETRIABLE);
    assert_eq!(near.check(), Status::SCI_SEQ_RETRIABLE);
    assert_eq!(near.check(), Status::SCI_SEQ_OK);
    assert_eq!(near.far_byte(0), 1, "nothing was lost");
    near.close();
}

fn dma(sci: &Sci) {
    let mut near = Near::open(sci);
    let source = sci.create_segment(near.device, 200, SIZE, 0).unwrap();
    sci.prepare(source).unwrap();
    let (_, bytes) = sci.map_local(source, 0, SIZE).unwrap();
    (0..SIZE).for_each(|offset| store(bytes, offset, 1));
    let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
    call!(error => create(near.device, &mut queue, crate::sci::ADAPTER, 1, 0, &mut error)).unwrap();
    let start = || {
        let (start, remote) = (sci.functions().start_dma_transfer, near.segment);
        call!(error => start(
            queue, source, remote, 0, SIZE, 0, None, null_mut(), 0, &mut error
        ))
        .unwrap();
    };
    let wait = |timeout| {
        let wait = sci.functions().wait_for_dma_queue;
        call!(error => wait(queue, timeout, 0, &mut error))
    };
    let abort = || call!(error => (sci.functions().abort_dma_queue)(queue, 0, &mut error));

    inject(FaultKind::DmaFail, When::Count(1));
    start();
    assert_eq!(wait(20_000), Ok(Queue::SCI_DMAQUEUE_ERROR));
    inject(FaultKind::DmaStick, When::Count(1));
    start();
    assert_eq!(wait(50), Err(Code::SCI_ERR_TIMEOUT));
    abort().unwrap();
    assert_eq!(wait(20_000), Ok(Queue::SCI_DMAQUEUE_ABORTED));
    crate::far::set_link(4, 8, false);
    start();
    assert_eq!(wait(20_000), Ok(Queue::SCI_DMAQUEUE_ERROR));
    crate::far::set_link(4, 8, true);
    start();
    assert_eq!(wait(20_000), Ok(Queue::SCI_DMAQUEUE_DONE));
    assert_eq!(near.far_byte(SIZE - 1), 1);
    let remove = sci.functions().remove_dma_queue;
    call!(error => remove(queue, 0, &mut error)).unwrap();
    assert_eq!(load(near.far, 0), 1);
}

fn orders(sci: &Sci) {
    let _near = Near::open(sci);
    let fabric = fabric();
    let order = |from, to, when| fabric.inject(FaultKind::Drop, from, to, when);
    let once = When::Count(1);
    assert!(matches!(order(4, 5, once), Err(Error::NoNode(5))));
    assert!(matches!(order(4, 4, once), Err(Error::SameNode(4))));
    assert!(matches!(order(4, 8, When::Count(0)), Err(Error::BadFault)));
    assert!(matches!(fabric.clear_fault(99), Err(Error::NoFault(99))));
    for _ in 0..sisci::control::MAX_FAULTS {
        order(4, 8, When::Every(1000)).unwrap();
    }
    assert!(matches!(order(4, 8, once), Err(Error::TooManyFaults)));
    assert_eq!(fabric.clear_faults().unwrap().0, sisci::control::MAX_FAULTS);
    assert_eq!(fabric.faults().unwrap(), []);
    order(4, 8, once).unwrap();
}

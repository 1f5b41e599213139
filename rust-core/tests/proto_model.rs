//! The ring against the simplest model of a stream, a queue of bytes, under a scheduler that
//! decides what is written, seen and read when. Index words become visible late and may be
//! skipped over (a later one overwrites an earlier one), as on a bus.

use ntb_core::proto::ring::{Consumer, Producer};
use ntb_core::proto::wake::{DoorbellGate, NOBODY_WAITS, wait_word};
use proptest::prelude::*;
use std::collections::VecDeque;

const RING: usize = 4096;

/// One direction: the producer's and the consumer's private state, and the shared words in both
/// forms, as stored and as visible on the other side.
struct Direction {
    tx: Producer,
    rx: Consumer,
    ring: Vec<u8>,
    tail_stored: u64,
    credit_stored: u64,
    tail_visible: u64,
    credit_visible: u64,
    model: VecDeque<u8>,
    next: u8,
}

impl Direction {
    fn new() -> Self {
        Self {
            tx: Producer::new(RING as u64),
            rx: Consumer::new(RING as u64),
            ring: vec![0; RING],
            tail_stored: 0,
            credit_stored: 0,
            tail_visible: 0,
            credit_visible: 0,
            model: VecDeque::new(),
            next: 0,
        }
    }

    fn write(&mut self, want: usize) {
        self.tx.accept_credit(self.credit_visible).unwrap();
        if let Some(span) = self.tx.reserve(want) {
            for byte in &mut self.ring[span.offset..span.offset + span.len] {
                *byte = self.next;
                self.model.push_back(self.next);
                self.next = self.next.wrapping_mul(5).wrapping_add(1);
            }
            self.tx.commit(span.len);
            self.tail_stored = self.tx.tail();
        }
    }

    fn read(&mut self, want: usize) {
        self.rx.accept_tail(self.tail_visible).unwrap();
        if let Some(span) = self.rx.span(want) {
            for byte in &self.ring[span.offset..span.offset + span.len] {
                assert_eq!(Some(*byte), self.model.pop_front());
            }
            self.rx.consume(span.len);
        }
        if let Some(credit) = self.rx.credit_due() {
            self.rx.grant(credit);
            self.credit_stored = credit;
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Read(usize),
    ShowTail,
    ShowCredit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..2 * RING).prop_map(Step::Write),
        (1..2 * RING).prop_map(Step::Read),
        Just(Step::ShowTail),
        Just(Step::ShowCredit),
    ];
    prop::collection::vec(step, 1..400)
}

proptest! {
    #[test]
    fn the_ring_is_a_queue_of_bytes(steps in steps()) {
        let mut direction = Direction::new();
        for step in steps {
            match step {
                Step::Write(want) => direction.write(want),
                Step::Read(want) => direction.read(want),
                Step::ShowTail => direction.tail_visible = direction.tail_stored,
                Step::ShowCredit => direction.credit_visible = direction.credit_stored,
            }
        }
        // Once everything is visible, everything can be read, and then there is room again:
        // nobody waits for a credit that is never due.
        direction.tail_visible = direction.tail_stored;
        while !direction.model.is_empty() {
            direction.read(RING);
        }
        direction.credit_visible = direction.credit_stored;
        let before = direction.tx.tail();
        direction.write(1);
        prop_assert_eq!(direction.tx.tail(), before + 1);
    }

    /// Whatever words a hostile peer shows, the state stays within the ring, and a refused word
    /// leaves it unchanged.
    #[test]
    fn hostile_words_never_leave_the_ring(words in prop::collection::vec(any::<u64>(), 1..50)) {
        let (mut tx, mut rx) = (Producer::new(RING as u64), Consumer::new(RING as u64));
        for word in words {
            let _ = tx.accept_credit(word % (3 * RING as u64));
            let _ = tx.accept_credit(word);
            let _ = rx.accept_tail(word % (3 * RING as u64));
            let _ = rx.accept_tail(word);
            let _ = rx.accept_end(word);
            for span in [tx.reserve(usize::MAX), rx.span(usize::MAX)].into_iter().flatten() {
                prop_assert!(span.len > 0 && span.offset + span.len <= RING);
            }
            tx.commit(word as usize % RING);
            rx.consume(word as usize % RING);
            prop_assert!(tx.writable() <= RING as u64 && rx.readable() <= RING as u64);
            if let Some(credit) = rx.credit_due() {
                rx.grant(credit);
            }
        }
    }

    /// A receiver that arms, looks again and sleeps is always rung for what it has not seen,
    /// whatever the interleaving of its two steps with the sender's two steps.
    #[test]
    fn no_sleeper_is_forgotten(orders in prop::collection::vec(0usize..6, 1..60)) {
        // All interleavings of (store tail, check word) with (store word, check tail).
        const ORDERS: [[bool; 4]; 6] = [
            [true, true, false, false], [true, false, true, false], [true, false, false, true],
            [false, true, true, false], [false, true, false, true], [false, false, true, true],
        ];
        let (mut gate, mut tail, mut word, mut seen) = (DoorbellGate::default(), 0u64, 0u64, 0u64);
        for order in orders {
            let (mut sender, mut receiver) = (0, 0);
            let (mut rung, mut asleep) = (false, false);
            for step_of_sender in ORDERS[order] {
                match (step_of_sender, sender, receiver) {
                    (true, 0, _) => { tail += 1; sender = 1; }
                    (true, _, _) => rung = gate.should_ring(word, tail),
                    (false, _, 0) => { word = wait_word(seen); receiver = 1; }
                    (false, _, _) => asleep = tail == seen,
                }
            }
            prop_assert!(!asleep || rung, "asleep at {seen}, tail {tail}, word {word}");
            seen = tail;
            if !asleep {
                word = NOBODY_WAITS;
            }
        }
    }
}

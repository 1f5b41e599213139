//! The stream against its simplest model, a queue of bytes, under a scheduler that decides what is
//! written, seen and read when. Stores become visible late and in order; many of them at once, so that
//! some words are never seen.

use ntb_core::proto::layout::{LINE_PAYLOAD, LINES};
use ntb_core::proto::ring::{Consumer, Piece, Producer, Slot};
use ntb_core::proto::wake::{DoorbellGate, NOBODY_WAITS, Waiter, wait_word};
use ntb_core::proto::words::{Incoming, Outgoing};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::VecDeque;

const RING: usize = 4096;

/// A channel's words and bytes: what the owner sees, and what the peer has stored and is still on its
/// way, in order.
struct Channel {
    seen: RefCell<Vec<u64>>,
    under_way: RefCell<VecDeque<(Place, u64)>>,
}

/// A word, or a byte of the ring or of a line.
#[derive(Clone, Copy)]
enum Place {
    Tail,
    TailCredit,
    Credit,
    LineEnd(usize),
    LineCredit(usize),
    LineLength(usize),
    LineByte(usize, usize),
    RingByte(usize),
}

impl Place {
    const COUNT: usize = 3 + LINES * (3 + LINE_PAYLOAD) + RING;

    fn index(self) -> usize {
        let line = |slot: usize, word: usize| 3 + slot * (3 + LINE_PAYLOAD) + word;
        match self {
            Self::Tail => 0,
            Self::TailCredit => 1,
            Self::Credit => 2,
            Self::LineEnd(slot) => line(slot, 0),
            Self::LineCredit(slot) => line(slot, 1),
            Self::LineLength(slot) => line(slot, 2),
            Self::LineByte(slot, byte) => line(slot, 3 + byte),
            Self::RingByte(byte) => line(LINES, byte),
        }
    }
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            seen: RefCell::new(vec![0; Place::COUNT]),
            under_way: RefCell::default(),
        }
    }
}

impl Channel {
    fn store(&self, place: Place, value: u64) {
        self.under_way.borrow_mut().push_back((place, value));
    }

    fn load(&self, place: Place) -> u64 {
        self.seen.borrow()[place.index()]
    }

    fn show(&self, count: usize) {
        let mut under_way = self.under_way.borrow_mut();
        let count = count.min(under_way.len());
        let mut seen = self.seen.borrow_mut();
        for (place, value) in under_way.drain(..count) {
            seen[place.index()] = value;
        }
    }
}

impl Incoming for Channel {
    fn tail(&self) -> u64 {
        self.load(Place::Tail)
    }
    fn tail_credit(&self) -> u64 {
        self.load(Place::TailCredit)
    }
    fn credit(&self) -> u64 {
        self.load(Place::Credit)
    }
    fn line_end(&self, slot: Slot) -> u64 {
        self.load(Place::LineEnd(slot.index()))
    }
    fn line_credit(&self, slot: Slot) -> u64 {
        self.load(Place::LineCredit(slot.index()))
    }
    fn line_length(&self, slot: Slot) -> u64 {
        self.load(Place::LineLength(slot.index()))
    }
    fn rx_wait(&self) -> u64 {
        0
    }
    fn tx_wait(&self) -> u64 {
        0
    }
}

impl Outgoing for Channel {
    fn set_tail(&self, position: u64) {
        self.store(Place::Tail, position);
    }
    fn set_tail_credit(&self, credit: u64) {
        self.store(Place::TailCredit, credit);
    }
    fn set_credit(&self, credit: u64) {
        self.store(Place::Credit, credit);
    }
    fn set_line(&self, slot: Slot, credit: u64, length: u64) {
        self.store(Place::LineCredit(slot.index()), credit);
        self.store(Place::LineLength(slot.index()), length);
    }
    fn set_line_end(&self, slot: Slot, end: u64) {
        self.store(Place::LineEnd(slot.index()), end);
    }
    fn set_rx_wait(&self, _word: u64) {}
    fn set_tx_wait(&self, _word: u64) {}
    fn flush(&self) {}
}

/// One direction, with the queue of bytes that it has to be.
struct Direction {
    tx: Producer,
    rx: Consumer,
    there: Channel,
    back: Channel,
    model: VecDeque<u8>,
    next: u8,
}

impl Direction {
    fn new() -> Self {
        Self {
            tx: Producer::new(RING as u64),
            rx: Consumer::new(RING as u64),
            there: Channel::default(),
            back: Channel::default(),
            model: VecDeque::new(),
            next: 0,
        }
    }

    fn next(&mut self) -> u64 {
        self.next = self.next.wrapping_mul(5).wrapping_add(1);
        self.model.push_back(self.next);
        self.next.into()
    }

    fn write(&mut self, want: usize) {
        self.tx.look(&self.back).unwrap();
        if let Some(slot) = self.tx.line(want) {
            for index in 0..want {
                let byte = self.next();
                self.there.store(Place::LineByte(slot.index(), index), byte);
            }
            return self.tx.publish_line(want, 0, &self.there);
        }
        if let Some(span) = self.tx.reserve(want) {
            for index in span.offset..span.offset + span.len {
                let byte = self.next();
                self.there.store(Place::RingByte(index), byte);
            }
            self.tx.commit(span.len);
            self.tx.publish(self.tx.tail(), 0, &self.there);
        }
    }

    fn read(&mut self, want: usize) {
        assert_eq!(self.rx.look(&self.there).map(drop), Ok(()));
        if let Some(piece) = self.rx.piece(want) {
            for index in 0..piece.len() {
                let place = match piece {
                    Piece::Ring(span) => Place::RingByte(span.offset + index),
                    Piece::Line { slot, from, .. } => Place::LineByte(slot.index(), from + index),
                };
                assert_eq!(Some(self.there.load(place) as u8), self.model.pop_front());
            }
            self.rx.consume(piece.len());
        }
        if let Some(credit) = self.rx.credit_due() {
            self.rx.grant(credit);
            self.back.set_credit(credit);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Read(usize),
    Show(usize),
    ShowBack(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = || prop_oneof![1..2 * RING, 1..2 * LINE_PAYLOAD];
    let step = prop_oneof![
        size().prop_map(Step::Write),
        size().prop_map(Step::Read),
        size().prop_map(Step::Show),
        (0usize..3).prop_map(Step::ShowBack),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #[test]
    fn the_stream_is_a_queue_of_bytes(steps in steps()) {
        let mut direction = Direction::new();
        for step in steps {
            match step {
                Step::Write(want) => direction.write(want),
                Step::Read(want) => direction.read(want),
                Step::Show(count) => direction.there.show(count),
                Step::ShowBack(count) => direction.back.show(count),
            }
        }
        // Once everything is visible, everything can be read, and then there is room again:
        // nobody waits for a credit that is never due.
        direction.there.show(usize::MAX);
        while !direction.model.is_empty() {
            direction.read(RING);
        }
        direction.back.show(usize::MAX);
        let before = direction.tx.tail();
        direction.write(1);
        prop_assert_eq!(direction.tx.tail(), before + 1);
    }

    /// Whatever words a hostile peer shows, the state stays within the ring, and a refused word
    /// leaves it unchanged.
    #[test]
    fn hostile_words_never_leave_the_ring(words in prop::collection::vec(any::<[u64; 4]>(), 1..50)) {
        let (mut tx, mut rx) = (Producer::new(RING as u64), Consumer::new(RING as u64));
        for [any, near, wild, slot] in words {
            let channel = Channel::default();
            let word = |bit: u32| {
                let small = near.rotate_left(bit) % (3 * RING as u64);
                if wild >> bit & 1 == 0 { small } else { any.rotate_left(bit) }
            };
            channel.set_tail(word(1));
            channel.set_tail_credit(word(2));
            channel.set_credit(word(3));
            for slot in (0..8).filter(|bit| slot >> bit & 1 == 0).map(Slot::of) {
                channel.set_line(slot, word(4), word(5) % (2 * LINE_PAYLOAD as u64));
                channel.set_line_end(slot, word(6));
            }
            channel.show(usize::MAX);
            let before = rx.readable();
            if rx.look(&channel).is_err() {
                prop_assert_eq!(rx.readable(), before);
            }
            let _ = tx.look(&channel);
            let _ = rx.accept_end(any);
            if let Some(span) = tx.reserve(usize::MAX) {
                prop_assert!(span.len > 0 && span.offset + span.len <= RING);
            }
            match rx.piece(usize::MAX) {
                Some(Piece::Ring(span)) => prop_assert!(span.len > 0 && span.offset + span.len <= RING),
                Some(Piece::Line { from, len, .. }) => prop_assert!(len > 0 && from + len <= LINE_PAYLOAD),
                None => prop_assert_eq!(rx.readable(), 0),
            }
            tx.commit(any as usize % RING);
            rx.consume(near as usize % RING);
            prop_assert!(tx.writable() <= RING as u64 && rx.readable() <= RING as u64);
            if let Some(credit) = rx.credit_due() {
                rx.grant(credit);
            }
        }
    }

    /// A receiver that arms, looks again and sleeps is always rung for what it has not seen, and
    /// where it sleeps, whatever the interleaving of its two steps with the sender's two steps.
    #[test]
    fn no_sleeper_is_forgotten(rounds in prop::collection::vec((0usize..6, any::<bool>()), 1..60)) {
        // All interleavings of (store tail, check word) with (store word, check tail).
        const ORDERS: [[bool; 4]; 6] = [
            [true, true, false, false], [true, false, true, false], [true, false, false, true],
            [false, true, true, false], [false, true, false, true], [false, false, true, true],
        ];
        let (mut gate, mut tail, mut word, mut seen) = (DoorbellGate::default(), 0u64, 0u64, 0u64);
        for (order, blocking) in rounds {
            let waiter = if blocking { Waiter::OnInterrupt } else { Waiter::OnDescriptor };
            let (mut sender, mut receiver) = (0, 0);
            let (mut rung, mut asleep) = (None, false);
            for step_of_sender in ORDERS[order] {
                match (step_of_sender, sender, receiver) {
                    (true, 0, _) => { tail += 1; sender = 1; }
                    (true, _, _) => rung = gate.should_ring(word, tail),
                    (false, _, 0) => { word = wait_word(seen, waiter); receiver = 1; }
                    (false, _, _) => asleep = tail == seen,
                }
            }
            prop_assert!(!asleep || rung == Some(waiter), "asleep at {seen}, tail {tail}, word {word}");
            seen = tail;
            if !asleep {
                word = NOBODY_WAITS;
            }
        }
    }
}

//! The two ends of a stream: pure positions, no memory.
//!
//! Positions count the bytes of one direction since the connection began. They are 64 bits wide
//! and never wrap in practice (at 20 GB/s after 29 years). The ring index of a position is its
//! value modulo the capacity, a power of two.
//!
//! The stream is one sequence of bytes, most of them in the ring. A run of at most
//! [`LINE_PAYLOAD`](super::layout::LINE_PAYLOAD) bytes may lie in a *line* instead, which says itself
//! where it begins and ends; the same positions of the ring then hold nothing. A line uses credit
//! as the ring does.

mod consumer;
mod producer;

pub use consumer::{Consumer, Piece};
pub use producer::Producer;

use super::layout::{LINE, LINES, LINES_AT};

/// A piece of a ring without a wrap in it: `len` bytes from `offset` (of the ring, in bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte, counted from the ring's start.
    pub offset: usize,
    /// Number of bytes; never 0.
    pub len: usize,
}

/// A place for a line in a channel's control block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(u8);

impl Slot {
    /// The place of the line with this number, counted from the connection's begin.
    pub const fn of(line: u64) -> Self {
        Self((line % LINES as u64) as u8)
    }

    /// Where it begins in the channel, in bytes.
    #[inline]
    pub const fn offset(self) -> usize {
        LINES_AT + self.index() * LINE
    }

    /// Its number, below [`LINES`].
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

fn span_at(position: u64, capacity: u64, want: u64) -> Option<Span> {
    let offset = position & (capacity - 1);
    let len = want.min(capacity - offset);
    (len > 0).then_some(Span {
        offset: offset as usize,
        len: len as usize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::fault::PeerFault;
    use crate::proto::words::{Incoming, Outgoing};
    use core::cell::Cell;

    const MOST: usize = crate::proto::layout::LINE_PAYLOAD;

    /// A channel's words; what is stored is visible at once.
    #[derive(Default)]
    struct Words {
        tail: Cell<u64>,
        tail_credit: Cell<u64>,
        credit: Cell<u64>,
        lines: [Cell<(u64, u64, u64)>; LINES],
    }

    impl Words {
        fn line(&self, slot: usize, end: u64, length: u64) {
            self.lines[slot].set((end, 0, length));
        }
    }

    impl Incoming for Words {
        fn tail(&self) -> u64 {
            self.tail.get()
        }
        fn tail_credit(&self) -> u64 {
            self.tail_credit.get()
        }
        fn credit(&self) -> u64 {
            self.credit.get()
        }
        fn line_end(&self, slot: Slot) -> u64 {
            self.lines[slot.index()].get().0
        }
        fn line_credit(&self, slot: Slot) -> u64 {
            self.lines[slot.index()].get().1
        }
        fn line_length(&self, slot: Slot) -> u64 {
            self.lines[slot.index()].get().2
        }
        fn rx_wait(&self) -> u64 {
            0
        }
        fn tx_wait(&self) -> u64 {
            0
        }
    }

    impl Outgoing for Words {
        fn set_tail(&self, position: u64) {
            self.tail.set(position);
        }
        fn set_tail_credit(&self, credit: u64) {
            self.tail_credit.set(credit);
        }
        fn set_credit(&self, credit: u64) {
            self.credit.set(credit);
        }
        fn set_line(&self, slot: Slot, credit: u64, length: u64) {
            let line = &self.lines[slot.index()];
            line.set((line.get().0, credit, length));
        }
        fn set_line_end(&self, slot: Slot, end: u64) {
            let line = &self.lines[slot.index()];
            line.set((end, line.get().1, line.get().2));
        }
        fn set_rx_wait(&self, _word: u64) {}
        fn set_tx_wait(&self, _word: u64) {}
        fn flush(&self) {}
    }

    fn ring(offset: usize, len: usize) -> Option<Piece> {
        Some(Piece::Ring(Span { offset, len }))
    }

    fn line(number: u64, from: usize, len: usize) -> Option<Piece> {
        let slot = Slot::of(number);
        Some(Piece::Line { slot, from, len })
    }

    fn ends() -> (Producer, Consumer, Words) {
        (Producer::new(4096), Consumer::new(4096), Words::default())
    }

    fn store(tx: &mut Producer, len: usize, words: &Words) {
        tx.commit(len);
        tx.publish(tx.tail(), 0, words);
    }

    #[test]
    fn a_lap_around_the_ring_splits_at_its_end() {
        let (mut tx, mut rx, words) = ends();
        store(&mut tx, 4000, &words);
        rx.look(&words).unwrap();
        rx.consume(4000);
        let credit = rx.credit_due().unwrap();
        rx.grant(credit);
        tx.accept_credit(credit).unwrap();
        let span = |offset, len| Some(Span { offset, len });
        assert_eq!(tx.reserve(200), span(4000, 96));
        tx.commit(96);
        assert_eq!(tx.reserve(104), span(0, 104));
    }

    #[test]
    fn lines_and_ring_are_one_sequence() {
        let (mut tx, mut rx, words) = ends();
        store(&mut tx, 10, &words);
        assert_eq!(tx.line(5), Some(Slot::of(0)));
        tx.publish_line(5, 0, &words);
        store(&mut tx, 7, &words);
        tx.publish_line(6, 0, &words);
        rx.look(&words).unwrap();
        assert_eq!(
            rx.readable(),
            15,
            "what is behind the line was not looked at"
        );
        assert_eq!(rx.piece(100), ring(0, 10));
        rx.consume(10);
        assert_eq!(rx.piece(2), line(0, 0, 2));
        rx.consume(2);
        rx.look(&words).unwrap();
        assert_eq!(rx.piece(100), line(0, 2, 3), "the rest of a line");
        rx.consume(3);
        assert_eq!(rx.piece(100), None);
        rx.look(&words).unwrap();
        assert_eq!(rx.piece(100), ring(15, 7));
        rx.consume(7);
        assert_eq!(rx.piece(100), line(1, 0, 6));
        rx.consume(100);
        rx.look(&words).unwrap();
        assert_eq!((rx.head(), rx.readable()), (28, 0));
    }

    #[test]
    fn a_line_that_is_seen_before_an_older_tail_waits_for_it() {
        let (mut tx, mut rx, words) = ends();
        store(&mut tx, 10, &words);
        tx.publish_line(5, 0, &words);
        let newer = words.tail.replace(0);
        rx.look(&words).unwrap();
        assert_eq!(rx.piece(100), None, "ten bytes before the line are missing");
        words.tail.set(newer);
        rx.look(&words).unwrap();
        assert_eq!((rx.piece(100), rx.readable()), (ring(0, 10), 15));
    }

    #[test]
    fn a_slot_is_written_again_once_it_was_read() {
        let (mut tx, mut rx, words) = ends();
        for _ in 0..LINES {
            assert!(tx.line(1).is_some());
            tx.publish_line(1, 0, &words);
        }
        assert!(tx.line(1).is_none() && !tx.is_idle());
        rx.look(&words).unwrap();
        rx.consume(1);
        tx.accept_credit(rx.credit()).unwrap();
        assert_eq!(tx.line(1), Some(Slot::of(0)));
        tx.commit(1);
        assert!(tx.line(1).is_none(), "the ring has unpublished bytes");
        assert!(tx.line(0).is_none() && tx.line(MOST + 1).is_none());
    }

    #[test]
    fn tails_that_break_a_rule_are_faults_with_their_numbers() {
        let (_, mut rx, words) = ends();
        words.tail.set(10);
        rx.look(&words).unwrap();
        words.tail.set(9);
        let (claimed, seen) = (9, 10);
        assert_eq!(
            rx.look(&words),
            Err(PeerFault::TailWentBack { claimed, seen })
        );
        words.tail.set(u64::MAX);
        let (claimed, limit) = (u64::MAX, 4096);
        assert_eq!(
            rx.look(&words),
            Err(PeerFault::TailBeyondCredit { claimed, limit })
        );
        assert_eq!(rx.readable(), 10, "a refused word changes nothing");
        assert!(rx.accept_end(9).is_err() && rx.accept_end(4097).is_err());
    }

    #[test]
    fn credits_may_be_old_but_not_too_large() {
        let mut tx = Producer::new(4096);
        for old in [0, 5, 4096] {
            tx.accept_credit(old).unwrap();
        }
        let (claimed, limit) = (4097, 4096);
        assert_eq!(
            tx.accept_credit(4097),
            Err(PeerFault::CreditBeyondRing { claimed, limit })
        );
        assert_eq!(tx.writable(), 4096);
    }

    #[test]
    fn lines_that_break_a_rule_are_faults_with_their_numbers() {
        let refused = |end, length| {
            let (_, mut rx, words) = ends();
            words.tail.set(10);
            rx.look(&words).unwrap();
            rx.consume(5);
            words.line(0, end, length);
            let fault = rx.look(&words).unwrap_err();
            assert_eq!(rx.readable(), 5, "a refused word changes nothing");
            fault
        };
        let limit = 4096;
        for claimed in [limit + 1, u64::MAX] {
            let fault = PeerFault::LineBeyondCredit { claimed, limit };
            assert_eq!(refused(claimed, 1), fault);
        }
        let limit = MOST as u64;
        for claimed in [0, limit + 1, u64::MAX] {
            assert_eq!(
                refused(200, claimed),
                PeerFault::LineLength { claimed, limit }
            );
        }
        // Before the head, before the begin of the stream, and over the tail.
        for (end, length, position) in [(6, 2, 5), (6, 7, 5), (11, 2, 10)] {
            let fault = PeerFault::LineOverlaps {
                end,
                length,
                position,
            };
            assert_eq!(refused(end, length), fault);
        }
    }

    #[test]
    fn the_end_is_reached_only_after_the_last_byte() {
        let (_, mut rx, words) = ends();
        rx.accept_end(5).unwrap();
        assert!(!rx.at_end(), "five bytes are still on their way");
        assert!(rx.missing_end().is_some());
        words.tail.set(3);
        words.line(0, 5, 2);
        rx.look(&words).unwrap();
        assert!(rx.missing_end().is_none());
        rx.consume(3);
        rx.consume(2);
        assert!(rx.at_end() && rx.missing_end().is_none());
    }
}

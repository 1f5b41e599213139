//! The two ends of a byte ring: pure positions, no memory.
//!
//! Positions count the bytes of one direction since the connection began. They are 64 bits wide
//! and never wrap in practice (at 20 GB/s after 29 years). The ring index of a position is its
//! value modulo the capacity, a power of two.

use super::fault::PeerFault;

/// A piece of a ring without a wrap in it: `len` bytes from `offset` (of the ring, in bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte, counted from the ring's start.
    pub offset: usize,
    /// Number of bytes; never 0.
    pub len: usize,
}

fn span_at(position: u64, capacity: u64, want: u64) -> Option<Span> {
    let offset = position & (capacity - 1);
    let len = want.min(capacity - offset);
    (len > 0).then_some(Span {
        offset: offset as usize,
        len: len as usize,
    })
}

/// The writing end: we fill a ring that lies in the peer's memory.
#[derive(Debug)]
pub struct Producer {
    capacity: u64,
    tail: u64,
    limit: u64,
}

impl Producer {
    /// A producer into an empty ring of `capacity` bytes (a power of two, checked by
    /// [`super::wire::Channel::checked`]); all of it is credit.
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity,
            tail: 0,
            limit: capacity,
        }
    }

    /// Takes the peer's credit word: it may only move forward, and at most to one ring beyond
    /// what was sent.
    ///
    /// # Errors
    /// [`PeerFault`] if it breaks either rule; the state is then unchanged.
    pub fn accept_credit(&mut self, claimed: u64) -> Result<(), PeerFault> {
        // A fresh channel is zero-filled: the peer has not published a credit yet.
        if claimed == 0 {
            return Ok(());
        }
        if claimed < self.limit {
            return Err(PeerFault::CreditWentBack {
                claimed,
                known: self.limit,
            });
        }
        let limit = self.tail.saturating_add(self.capacity);
        if claimed > limit {
            return Err(PeerFault::CreditBeyondRing { claimed, limit });
        }
        self.limit = claimed;
        Ok(())
    }

    /// The next span to fill, at most `want` bytes; `None` without credit or for `want` 0.
    pub fn reserve(&self, want: usize) -> Option<Span> {
        span_at(self.tail, self.capacity, self.writable().min(want as u64))
    }

    /// Counts `len` bytes as written. `len` must not exceed the span that was reserved; more is
    /// clipped to the credit so that a caller's mistake can't break the peer's rule.
    pub fn commit(&mut self, len: usize) {
        self.tail = self.tail.saturating_add(len as u64).min(self.limit);
    }

    /// Bytes that may be written now.
    pub fn writable(&self) -> u64 {
        self.limit - self.tail
    }

    /// Position after the last byte written: the value for the peer's `TAIL` word.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Position up to which the peer allows to write.
    pub fn limit(&self) -> u64 {
        self.limit
    }
}

/// The reading end: the peer fills a ring that lies in our memory.
#[derive(Debug)]
pub struct Consumer {
    capacity: u64,
    head: u64,
    tail: u64,
    granted: u64,
    end: Option<u64>,
}

impl Consumer {
    /// A consumer of an empty ring of `capacity` bytes (a power of two).
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity,
            head: 0,
            tail: 0,
            granted: capacity,
            end: None,
        }
    }

    /// Takes the peer's tail word: it may only move forward, and never beyond the credit given.
    ///
    /// # Errors
    /// [`PeerFault`] if it breaks either rule; the state is then unchanged.
    pub fn accept_tail(&mut self, claimed: u64) -> Result<(), PeerFault> {
        if claimed < self.tail {
            return Err(PeerFault::TailWentBack {
                claimed,
                seen: self.tail,
            });
        }
        if claimed > self.granted {
            return Err(PeerFault::TailBeyondCredit {
                claimed,
                limit: self.granted,
            });
        }
        self.tail = claimed;
        Ok(())
    }

    /// Takes the position at which the peer closed its direction (from its control message).
    /// Bytes before it that are still on their way are waited for.
    ///
    /// # Errors
    /// [`PeerFault::ClosedAtWrongPosition`] if it lies before bytes that already came or beyond
    /// the credit.
    pub fn accept_end(&mut self, claimed: u64) -> Result<(), PeerFault> {
        if claimed < self.tail || claimed > self.granted {
            let (tail, limit) = (self.tail, self.granted);
            return Err(PeerFault::ClosedAtWrongPosition {
                claimed,
                tail,
                limit,
            });
        }
        self.end = Some(claimed);
        Ok(())
    }

    /// The next span to read, at most `want` bytes; `None` if nothing is there or `want` is 0.
    pub fn span(&self, want: usize) -> Option<Span> {
        span_at(self.head, self.capacity, self.readable().min(want as u64))
    }

    /// Counts `len` bytes as read (clipped to what is there).
    pub fn consume(&mut self, len: usize) {
        self.head = self.head.saturating_add(len as u64).min(self.tail);
    }

    /// Bytes that came and were not read.
    pub fn readable(&self) -> u64 {
        self.tail - self.head
    }

    /// Position after the last byte read.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// True once the peer closed its direction and everything before that was read.
    pub fn at_end(&self) -> bool {
        self.end.is_some_and(|end| self.head >= end)
    }

    /// The fault of a peer that closed its direction at a position which its bytes have not reached;
    /// `None` if they have, or it didn't close. They may still be on their way: whoever asks knows
    /// for how long.
    pub fn missing_end(&self) -> Option<PeerFault> {
        let claimed = self.end.filter(|end| *end > self.tail)?;
        Some(PeerFault::ClosedAtWrongPosition {
            claimed,
            tail: self.tail,
            limit: self.granted,
        })
    }

    /// A credit worth telling the peer: `Some` once a quarter of the ring was freed since the
    /// last one. A sender that ran out of credit has filled the whole ring, so emptying it always
    /// comes past a quarter: nobody waits for a credit that is never due.
    ///
    /// Remember it with [`Self::grant`] before it is published.
    pub fn credit_due(&self) -> Option<u64> {
        let credit = self.head.saturating_add(self.capacity);
        (credit - self.granted >= self.capacity / 4).then_some(credit)
    }

    /// Records a credit that [`Self::credit_due`] gave: from now on the peer may use it.
    pub fn grant(&mut self, credit: u64) {
        self.granted = self.granted.max(credit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lap_around_the_ring_splits_at_its_end() {
        let (mut tx, mut rx) = (Producer::new(4096), Consumer::new(4096));
        tx.commit(4000);
        rx.accept_tail(tx.tail()).unwrap();
        rx.consume(4000);
        let credit = rx.credit_due().unwrap();
        rx.grant(credit);
        tx.accept_credit(credit).unwrap();
        assert_eq!(
            tx.reserve(200),
            Some(Span {
                offset: 4000,
                len: 96
            })
        );
        tx.commit(96);
        assert_eq!(
            tx.reserve(104),
            Some(Span {
                offset: 0,
                len: 104
            })
        );
    }

    #[test]
    fn broken_rules_are_faults_with_their_numbers() {
        let mut rx = Consumer::new(4096);
        rx.accept_tail(10).unwrap();
        assert_eq!(
            rx.accept_tail(9),
            Err(PeerFault::TailWentBack {
                claimed: 9,
                seen: 10
            })
        );
        assert_eq!(
            rx.accept_tail(u64::MAX),
            Err(PeerFault::TailBeyondCredit {
                claimed: u64::MAX,
                limit: 4096
            })
        );
        assert_eq!(rx.readable(), 10, "a refused word changes nothing");
        assert!(rx.accept_end(9).is_err() && rx.accept_end(4097).is_err());

        let mut tx = Producer::new(4096);
        assert_eq!(
            tx.accept_credit(4097),
            Err(PeerFault::CreditBeyondRing {
                claimed: 4097,
                limit: 4096
            })
        );
        assert_eq!(
            tx.accept_credit(5),
            Err(PeerFault::CreditWentBack {
                claimed: 5,
                known: 4096
            })
        );
        tx.accept_credit(0).unwrap();
        assert_eq!(tx.writable(), 4096);
    }

    #[test]
    fn the_end_is_reached_only_after_the_last_byte() {
        let mut rx = Consumer::new(4096);
        rx.accept_end(3).unwrap();
        assert!(!rx.at_end(), "three bytes are still on their way");
        assert!(rx.missing_end().is_some());
        rx.accept_tail(3).unwrap();
        assert!(rx.missing_end().is_none());
        rx.consume(3);
        assert!(rx.at_end());
    }
}

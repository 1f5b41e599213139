//! The reading end: the peer fills a ring and lines that lie in our memory.

use super::{Slot, Span, span_at};
use crate::proto::fault::PeerFault;
use crate::proto::layout::LINE_PAYLOAD;
use crate::proto::words::Incoming;

/// Where the next bytes of the stream lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// In the ring.
    Ring(Span),
    /// In a line: `len` bytes of its payload from byte `from` on.
    Line {
        /// The line's place.
        slot: Slot,
        /// First byte, counted from the begin of the line's payload.
        from: usize,
        /// Number of bytes; never 0.
        len: usize,
    },
}

impl Piece {
    /// Number of bytes; never 0.
    #[inline]
    pub fn len(&self) -> usize {
        match *self {
            Self::Ring(span) => span.len,
            Self::Line { len, .. } => len,
        }
    }

    /// Never true: a piece of nothing is no piece.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The reading end of a stream.
#[derive(Debug)]
pub struct Consumer {
    capacity: u64,
    head: u64,
    /// The highest `TAIL` word. Lines do not move it, so the head may be above it.
    tail: u64,
    /// From the head up to here the bytes lie in the ring and have come.
    ring_until: u64,
    /// Up to here the bytes have come, in the ring or in the next line.
    ready: u64,
    /// The next line, if its end is above the head.
    line_start: u64,
    line_end: u64,
    /// Lines read so far.
    lines: u64,
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
            ring_until: 0,
            ready: 0,
            line_start: 0,
            line_end: 0,
            lines: 0,
            granted: capacity,
            end: None,
        }
    }

    /// Looks at the peer's words for new bytes; a line that is found gives its credit as well.
    ///
    /// The tail is loaded *before* the end of the next line. The peer stores them the other way
    /// round when a line comes first, so a line that lies before the loaded tail is seen, and what
    /// lies between the head and the tail is known to be the ring's, up to that line. A tail that is
    /// then too old only hides bytes until the next look.
    ///
    /// # Errors
    /// [`PeerFault`] if a word breaks a rule.
    #[inline]
    pub fn look(&mut self, words: &impl Incoming) -> Result<Option<u64>, PeerFault> {
        self.accept_tail(words.tail())?;
        let mut credit = None;
        if !self.has_line() {
            let slot = Slot::of(self.lines);
            let end = words.line_end(slot);
            // What the slot held before ends at or below the head.
            if end > self.head {
                self.accept_line(end, words.line_length(slot))?;
                credit = Some(words.line_credit(slot));
            }
        }
        if self.has_line() {
            self.ring_until = self.tail.min(self.line_start).max(self.head);
            let adjoins = self.ring_until >= self.line_start;
            self.ready = if adjoins {
                self.line_end
            } else {
                self.ring_until
            };
        } else {
            self.ring_until = self.tail.max(self.head);
            self.ready = self.ring_until;
        }
        Ok(credit)
    }

    /// The tail may only move forward, and never beyond the credit given.
    #[inline]
    fn accept_tail(&mut self, claimed: u64) -> Result<(), PeerFault> {
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

    /// A line has 1 to [`LINE_PAYLOAD`] bytes, all of them within the credit and none of them read
    /// already or before the tail while others are behind it.
    fn accept_line(&mut self, end: u64, length: u64) -> Result<(), PeerFault> {
        if end > self.granted {
            return Err(PeerFault::LineBeyondCredit {
                claimed: end,
                limit: self.granted,
            });
        }
        if length == 0 || length > LINE_PAYLOAD as u64 {
            return Err(PeerFault::LineLength {
                claimed: length,
                limit: LINE_PAYLOAD as u64,
            });
        }
        // `end` is above the head; a line that begins below 0 begins below the head as well.
        let start = end.wrapping_sub(length);
        if start < self.head || start > end {
            return Err(PeerFault::LineOverlaps {
                end,
                length,
                position: self.head,
            });
        }
        if start < self.tail && self.tail < end {
            return Err(PeerFault::LineOverlaps {
                end,
                length,
                position: self.tail,
            });
        }
        (self.line_start, self.line_end) = (start, end);
        Ok(())
    }

    /// Takes the position at which the peer closed its direction (from its control message).
    /// Bytes before it that are still on their way are waited for.
    ///
    /// # Errors
    /// [`PeerFault::ClosedAtWrongPosition`] if it lies before bytes that already came or beyond
    /// the credit.
    pub fn accept_end(&mut self, claimed: u64) -> Result<(), PeerFault> {
        if claimed < self.arrived() || claimed > self.granted {
            return Err(self.wrong_end(claimed));
        }
        self.end = Some(claimed);
        Ok(())
    }

    /// Where the next bytes lie, at most `want`; `None` if nothing is there or `want` is 0.
    #[inline]
    pub fn piece(&self, want: usize) -> Option<Piece> {
        if self.head < self.ring_until {
            let want = (self.ring_until - self.head).min(want as u64);
            return span_at(self.head, self.capacity, want).map(Piece::Ring);
        }
        let len = (self.readable() as usize).min(want);
        (len > 0).then(|| Piece::Line {
            slot: Slot::of(self.lines),
            from: (self.head - self.line_start) as usize,
            len,
        })
    }

    /// Counts `len` bytes of a piece as read (clipped to the piece).
    #[inline]
    pub fn consume(&mut self, len: usize) {
        let len = len as u64;
        if self.head < self.ring_until {
            self.head += len.min(self.ring_until - self.head);
        } else if len > 0 && self.head < self.ready {
            self.head += len.min(self.ready - self.head);
            if self.head == self.line_end {
                self.lines += 1;
                self.ring_until = self.head;
            }
        }
    }

    /// Bytes that came and were not read, as far as the last look saw.
    #[inline]
    pub fn readable(&self) -> u64 {
        self.ready - self.head
    }

    /// Position after the last byte read.
    #[inline]
    pub fn head(&self) -> u64 {
        self.head
    }

    /// True once the peer closed its direction and everything before that was read.
    #[inline]
    pub fn at_end(&self) -> bool {
        self.end.is_some_and(|end| self.head >= end)
    }

    /// The fault of a peer that closed its direction at a position which its bytes have not reached;
    /// `None` if it didn't close, or something can be read. They may still be on their way: whoever
    /// asks knows for how long.
    pub fn missing_end(&self) -> Option<PeerFault> {
        let claimed = self.end.filter(|end| *end > self.ready)?;
        (self.readable() == 0).then(|| self.wrong_end(claimed))
    }

    /// The credit that may be given now. It goes along with everything that we publish in the other
    /// direction; remember it by [`Self::grant`] before.
    #[inline]
    pub fn credit(&self) -> u64 {
        self.head.saturating_add(self.capacity)
    }

    /// A credit worth a store of its own: `Some` once a quarter of the ring was freed since the
    /// last one. A sender that ran out of credit has filled the whole ring, so emptying it always
    /// comes past a quarter: nobody waits for a credit that is never due.
    ///
    /// Remember it with [`Self::grant`] before it is published.
    #[inline]
    pub fn credit_due(&self) -> Option<u64> {
        let credit = self.credit();
        (credit - self.granted >= self.capacity / 4).then_some(credit)
    }

    /// Bytes of the ring.
    #[inline]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The highest credit that was given.
    #[inline]
    pub fn granted(&self) -> u64 {
        self.granted
    }

    /// Records a credit of [`Self::credit`]: from now on the peer may use it. True if it is more than
    /// before, so that a sender may wait for it.
    #[inline]
    pub fn grant(&mut self, credit: u64) -> bool {
        let more = credit > self.granted;
        self.granted = self.granted.max(credit);
        more
    }

    fn has_line(&self) -> bool {
        self.line_end > self.head
    }

    /// Position after the last byte that is known to have come.
    fn arrived(&self) -> u64 {
        self.tail.max(self.line_end).max(self.head)
    }

    #[cold]
    fn wrong_end(&self, claimed: u64) -> PeerFault {
        PeerFault::ClosedAtWrongPosition {
            claimed,
            tail: self.arrived(),
            limit: self.granted,
        }
    }
}

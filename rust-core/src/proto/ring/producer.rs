//! The writing end: we fill a ring and lines that lie in the peer's memory.

use super::{Slot, Span, span_at};
use crate::proto::fault::PeerFault;
use crate::proto::layout::{LINE_PAYLOAD, LINES};
use crate::proto::words::{Incoming, Outgoing};

/// The writing end of a stream.
#[derive(Debug)]
pub struct Producer {
    capacity: u64,
    tail: u64,
    published: u64,
    limit: u64,
    /// The credit that stands beside the tail in the peer's memory.
    told_credit: u64,
    /// Lines written so far.
    lines: u64,
    /// Where the last line in each slot ends.
    ends: [u64; LINES],
}

impl Producer {
    /// A producer into an empty ring of `capacity` bytes (a power of two, checked by
    /// [`Channel::checked`](crate::proto::wire::Channel::checked)); all of it is credit.
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity,
            tail: 0,
            published: 0,
            limit: capacity,
            told_credit: 0,
            lines: 0,
            ends: [0; LINES],
        }
    }

    /// Takes a credit word of the peer. It stands in several places, so one below the best known is
    /// only old; above one ring beyond what was sent it is wrong.
    ///
    /// # Errors
    /// [`PeerFault::CreditBeyondRing`]; the state is then unchanged.
    #[inline]
    pub fn accept_credit(&mut self, claimed: u64) -> Result<(), PeerFault> {
        if claimed <= self.limit {
            return Ok(());
        }
        let limit = self.tail.saturating_add(self.capacity);
        if claimed > limit {
            return Err(PeerFault::CreditBeyondRing { claimed, limit });
        }
        self.limit = claimed;
        Ok(())
    }

    /// Looks for credit in all the places where the peer may have put it, the lines that were not
    /// read yet included.
    ///
    /// # Errors
    /// [`PeerFault::CreditBeyondRing`]
    pub fn look(&mut self, words: &impl Incoming) -> Result<(), PeerFault> {
        self.accept_credit(words.credit())?;
        self.accept_credit(words.tail_credit())?;
        for line in 0..LINES as u64 {
            self.accept_credit(words.line_credit(Slot::of(line)))?;
        }
        Ok(())
    }

    /// The next span to fill, at most `want` bytes; `None` without credit or for `want` 0.
    #[inline]
    pub fn reserve(&self, want: usize) -> Option<Span> {
        span_at(self.tail, self.capacity, self.writable().min(want as u64))
    }

    /// Counts `len` bytes as written into the ring. `len` must not exceed the span that was
    /// reserved; more is clipped to the credit so that a caller's mistake can't break the peer's rule.
    #[inline]
    pub fn commit(&mut self, len: usize) {
        self.tail = self.tail.saturating_add(len as u64).min(self.limit);
    }

    /// Tells the peer of everything committed up to `position`, with `credit` for the other
    /// direction beside it, if it is another one than stands there.
    ///
    /// The payload leaves first, or the index could overtake it; then the index itself, or it could
    /// stay in a buffer of the processor.
    #[inline]
    pub fn publish(&mut self, position: u64, credit: u64, out: &impl Outgoing) {
        self.published = position.clamp(self.published, self.tail);
        out.flush();
        if credit != self.told_credit {
            self.told_credit = credit;
            out.set_tail_credit(credit);
        }
        out.set_tail(self.published);
        out.flush();
    }

    /// Tells the peer once more what it may have missed: all that [`Self::publish`] stores.
    pub fn publish_again(&mut self, credit: u64, out: &impl Outgoing) {
        self.told_credit = credit.wrapping_sub(1);
        self.publish(self.published, credit, out);
    }

    /// The slot for a line of `len` bytes, if one may be written now: everything before it is
    /// published, it has credit, and the peer has read what the slot held before.
    #[inline]
    pub fn line(&self, len: usize) -> Option<Slot> {
        let slot = Slot::of(self.lines);
        let fits = len > 0 && len <= LINE_PAYLOAD && len as u64 <= self.writable();
        let free = self.ends[slot.index()] <= self.peer_head();
        (fits && free && self.published == self.tail).then_some(slot)
    }

    /// Finishes the line in the slot that [`Self::line`] gave, after its `len` bytes of payload were
    /// stored. Its end makes it valid, so it comes last and after everything else has left.
    #[inline]
    pub fn publish_line(&mut self, len: usize, credit: u64, out: &impl Outgoing) {
        let Some(slot) = self.line(len) else { return };
        self.tail += len as u64;
        self.published = self.tail;
        self.ends[slot.index()] = self.tail;
        self.lines += 1;
        out.set_line(slot, credit, len as u64);
        out.flush();
        out.set_line_end(slot, self.tail);
        out.flush();
    }

    /// Bytes that may be written now.
    #[inline]
    pub fn writable(&self) -> u64 {
        self.limit - self.tail
    }

    /// True if the peer is known to have read everything: it waits for us, and nothing that we sent
    /// is still before what comes next.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.peer_head() == self.tail
    }

    /// Position after the last byte written.
    #[inline]
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Position after the last byte that the peer was told of.
    #[inline]
    pub fn published(&self) -> u64 {
        self.published
    }

    /// Bytes of the ring.
    #[inline]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Position up to which the peer allows to write.
    #[inline]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Position up to which the peer has read at least. Its credit says it.
    #[inline]
    fn peer_head(&self) -> u64 {
        self.limit - self.capacity
    }
}

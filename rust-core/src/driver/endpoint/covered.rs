//! Messages of which nothing is published before a check has said that it arrived.

use super::Endpoint;
use crate::driver::check::{TRIES, Verdict};
use crate::driver::error::Error;
use crate::driver::link::Loss;
use crate::proto::ring::Span;

impl Endpoint {
    /// As [`Endpoint::write`], in pieces that are stored again from `data` until they have arrived.
    pub(super) fn write_covered(&mut self, data: &[u8]) -> Result<usize, Error> {
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        let before = self.conn.tx.published();
        let outcome = self.push_covered(data);
        let sent = self.conn.tx.published() - before;
        self.leave();
        self.link.counters.bytes_out.add(sent);
        outcome.map(|()| sent as usize)
    }

    /// Inside of the gate.
    fn push_covered(&mut self, data: &[u8]) -> Result<(), Error> {
        let begun = self.cover.as_ref().is_none_or(|cover| cover.begin());
        if !begun {
            return Err(self.undelivered(Loss::LinkDown));
        }
        for piece in data.chunks(self.inner.tuning.check_piece) {
            self.take_credit()?;
            let stored = self.store_covered(piece)?;
            self.publish_and_announce(self.conn.tx.tail());
            if stored < piece.len() {
                break;
            }
        }
        self.cover_tail()
    }

    /// Stores what has room of a piece until it has arrived; how much that is.
    fn store_covered(&mut self, piece: &[u8]) -> Result<usize, Error> {
        let spans = self.reserve_spans(piece.len());
        for _ in 0..TRIES {
            let mut from = piece;
            for span in spans.into_iter().flatten() {
                let (part, rest) = from.split_at(span.len);
                if !self.store_span(span, part) {
                    return Err(self.undelivered(Loss::LinkDown));
                }
                from = rest;
            }
            let cover = self.cover.as_ref();
            match cover.map_or(Verdict::Arrived, |cover| cover.verdict()) {
                Verdict::Arrived => return Ok(piece.len() - from.len()),
                Verdict::Lost => self.link.counters.sent_again.add(1),
                Verdict::Broken => return Err(self.undelivered(Loss::LinkDown)),
            }
        }
        Err(self.undelivered(Loss::NotDelivered))
    }

    /// Stores a span in the pieces that suit the adapter's stores best.
    fn store_span(&self, span: Span, data: &[u8]) -> bool {
        let step = self.inner.tuning.publish_large;
        let mut offset = span.offset;
        data.chunks(step).all(|part| {
            let span = Span {
                offset,
                len: part.len(),
            };
            offset += part.len();
            self.payload.ring(&self.remote, span, part)
        })
    }

    /// The spans of the next `want` bytes, of which those after the ring's end are a second one. They count
    /// as written.
    fn reserve_spans(&mut self, want: usize) -> [Option<Span>; 2] {
        let mut left = want;
        [(); 2].map(|()| {
            let span = self.conn.tx.reserve(left)?;
            self.conn.tx.commit(span.len);
            left -= span.len;
            Some(span)
        })
    }

    /// Sees to it that the last position arrives, without which the peer would wait for what is there. The
    /// positions before it don't matter any more. The peer is at work meanwhile.
    pub(super) fn cover_tail(&mut self) -> Result<(), Error> {
        for _ in 0..TRIES {
            let cover = self.cover.as_ref();
            match cover.map_or(Verdict::Arrived, |cover| cover.verdict()) {
                Verdict::Arrived => return Ok(()),
                Verdict::Lost => {
                    let words = self.remote.words(&self.barriers);
                    self.conn.publish_again(&words);
                }
                Verdict::Broken => return Err(self.undelivered(Loss::LinkDown)),
            }
        }
        Err(self.undelivered(Loss::NotDelivered))
    }

    /// Ends the connection because of what did not arrive; the reason that stood before stays.
    #[cold]
    pub(super) fn undelivered(&self, loss: Loss) -> Error {
        self.link.lose_without_goodbye(loss);
        self.dead()
    }
}

//! Receiving without a copy: whoever hands bytes on to the kernel, to write them to a file, needs no
//! copy of them before.

use super::Endpoint;
use crate::driver::error::Error;
use crate::proto::ring::Piece;
use crate::proto::wait::Seen;
use std::ptr::NonNull;
use std::time::Duration;

/// What [`Endpoint::recv_in_place`] gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lent {
    /// This many bytes, at least 1, lie here, in memory that is mapped as long as the endpoint lives.
    /// They are lent until the next call of a method that sends, receives or looks.
    ///
    /// **The peer can change them at any time**: they must not be read twice, nor taken for anything
    /// but payload.
    At(NonNull<u8>, usize),
    /// Something can be received, but too little of it lies together: [`Endpoint::recv`] gets it.
    Scattered,
    /// The peer closed the connection and everything before that was received.
    End,
}

impl Endpoint {
    /// Waits like [`Self::recv`], and gives what has come where it lies: at most `most` bytes and at least
    /// `least`. The peer gets no credit for them before the next call.
    ///
    /// # Errors
    /// As [`Self::recv`].
    pub fn recv_in_place(
        &mut self,
        most: usize,
        least: usize,
        timeout: Option<Duration>,
    ) -> Result<Lent, Error> {
        self.take_back();
        if self.look()? != Seen::Something {
            self.await_data(timeout)?;
        }
        if self.conn.rx.readable() == 0 {
            return Ok(Lent::End);
        }
        let Some(Piece::Ring(span)) = self.conn.rx.piece(most) else {
            return Ok(Lent::Scattered);
        };
        match self.local.place(span) {
            Some(place) if span.len >= least => {
                self.lent = span.len;
                self.breath.received(span.len);
                self.link.counters.bytes_in.add(span.len as u64);
                Ok(Lent::At(place, span.len))
            }
            _ => Ok(Lent::Scattered),
        }
    }

    /// Ends the loan of [`Self::recv_in_place`]: the peer may use that part of the ring again.
    #[inline]
    pub(super) fn take_back(&mut self) {
        if self.lent > 0 {
            self.conn.rx.consume(std::mem::take(&mut self.lent));
            self.give_credit_if_due();
        }
    }
}

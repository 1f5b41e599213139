//! Receiving without a copy: whoever hands bytes on to the kernel, to write them to a file, needs no
//! copy of them before.

use super::Endpoint;
use crate::driver::error::Error;
use crate::proto::ring::Piece;
use crate::proto::wait::Seen;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

/// For how long nothing more may come before the rest is no longer waited for. A sender that copies
/// publishes a piece every few microseconds, also over the slowest adapter that was measured.
const PAUSE: Duration = Duration::from_micros(5);

/// What [`Endpoint::recv_in_place`] gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lent {
    /// The bytes lie here, in memory that is mapped as long as the endpoint lives. They are lent until
    /// the next call of a method that sends, receives or looks.
    ///
    /// **The peer can change them at any time**: they must not be read twice, nor taken for anything
    /// but payload.
    At(NonNull<u8>),
    /// Something can be received, but not all of it lies together, or not yet: [`Endpoint::recv`] gets
    /// it.
    Scattered,
    /// The peer closed the connection and everything before that was received.
    End,
}

impl Endpoint {
    /// Waits like [`Self::recv`], and lends `len` bytes where they lie if all of them have come, or are
    /// just coming. The peer gets no credit for them before the next call.
    ///
    /// # Errors
    /// As [`Self::recv`].
    pub fn recv_in_place(&mut self, len: usize, timeout: Option<Duration>) -> Result<Lent, Error> {
        self.take_back();
        if len == 0 {
            return Ok(Lent::Scattered);
        }
        if self.look()? != Seen::Something {
            self.await_data(timeout)?;
        }
        if self.conn.rx.readable() == 0 {
            return Ok(Lent::End);
        }
        self.gather(len as u64)?;
        let Some(Piece::Ring(span)) = self.conn.rx.piece(len) else {
            return Ok(Lent::Scattered);
        };
        match self.local.place(span) {
            Some(place) if span.len == len => {
                self.lent = len;
                self.breath.received(len);
                self.link.counters.bytes_in.add(len as u64);
                Ok(Lent::At(place))
            }
            _ => Ok(Lent::Scattered),
        }
    }

    /// Looks until `len` bytes are there, as long as more of them come all the time.
    fn gather(&mut self, len: u64) -> Result<(), Error> {
        let pause = PAUSE.min(self.inner.spin.most);
        let (mut most, mut since) = (0, None);
        while self.conn.rx.readable() < len {
            let more = self.conn.look_for_more(&self.local);
            more.map_err(|fault| self.fault(fault))?;
            if self.conn.rx.readable() > most {
                (most, since) = (self.conn.rx.readable(), None);
            } else if since.get_or_insert_with(Instant::now).elapsed() >= pause {
                break;
            }
            std::hint::spin_loop();
        }
        Ok(())
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

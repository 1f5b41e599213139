//! How a channel is described to the other side.

use crate::proto::fault::PeerFault;
use crate::proto::layout::{self, RING_MAX, RING_MIN};

/// One side's channel as the other side needs it: where to write and whom to wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// Random number of the exporting process; tells a restarted process from its predecessor.
    pub instance: u64,
    /// SISCI id of the segment that holds the channel.
    pub segment: u32,
    /// SISCI number of the process's data interrupt.
    pub interrupt: u32,
    /// Number that a doorbell carries to name this connection.
    pub slot: u32,
    /// Use count of that number; a late doorbell of an earlier connection is told apart by it.
    pub epoch: u32,
    /// Size of the segment in bytes.
    pub segment_bytes: u64,
    /// Offset of the channel in the segment, in bytes; a multiple of 4096.
    pub offset: u64,
    /// Size of the ring in bytes; a power of two.
    pub ring: u64,
}

impl Channel {
    pub(super) const BYTES: usize = 48;

    /// The channel if its description is within the limits of the protocol: the only way from a
    /// peer's words to something that may be mapped and written to.
    ///
    /// # Errors
    /// [`PeerFault::BadChannel`] with the field, its value and the limit.
    pub fn checked(self) -> Result<Self, PeerFault> {
        let bad = |field, value, limit| {
            Err(PeerFault::BadChannel {
                field,
                value,
                limit,
            })
        };
        if !self.ring.is_power_of_two() || self.ring < RING_MIN {
            return bad("ring", self.ring, RING_MIN);
        }
        if self.ring > RING_MAX {
            return bad("ring", self.ring, RING_MAX);
        }
        if !self.offset.is_multiple_of(layout::RING as u64) {
            return bad("offset", self.offset, layout::RING as u64);
        }
        let end = self.offset.saturating_add(layout::channel_bytes(self.ring));
        if end > self.segment_bytes {
            return bad("end", end, self.segment_bytes);
        }
        Ok(self)
    }
}

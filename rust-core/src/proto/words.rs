//! The words of both channels as the protocol uses them: what it can see of the memory.
//!
//! The driver implements these over mapped memory, a simulation over stores that become visible
//! when it pleases. Every load is made once and checked by whoever makes it.

use super::ring::Slot;

/// Our channel, written by the peer. Each method is one load with acquire order: what the peer
/// stored before that word, and flushed, is visible after it.
pub trait Incoming {
    /// Position after the last byte that the peer published by its tail.
    fn tail(&self) -> u64;
    /// The credit beside the tail.
    fn tail_credit(&self) -> u64;
    /// The credit that the peer stored by itself.
    fn credit(&self) -> u64;
    /// Where the line in this slot ends.
    fn line_end(&self, slot: Slot) -> u64;
    /// The credit in this line.
    fn line_credit(&self, slot: Slot) -> u64;
    /// Bytes of payload in this line.
    fn line_length(&self, slot: Slot) -> u64;
    /// By which the peer's receiver asks to be woken.
    fn rx_wait(&self) -> u64;
    /// By which the peer's sender asks to be woken.
    fn tx_wait(&self) -> u64;
}

/// The peer's channel, written by us and never read. Each store has release order: in ordinary
/// memory what was stored before is visible before it. Where stores go through write-combining
/// buffers only [`Outgoing::flush`] orders them.
pub trait Outgoing {
    /// Stores the tail.
    fn set_tail(&self, position: u64);
    /// Stores the credit beside the tail.
    fn set_tail_credit(&self, credit: u64);
    /// Stores the credit in its own place.
    fn set_credit(&self, credit: u64);
    /// Stores what goes before the end of a line.
    fn set_line(&self, slot: Slot, credit: u64, length: u64);
    /// Stores the end of a line, which makes it valid.
    fn set_line_end(&self, slot: Slot, end: u64);
    /// Stores the wait word of our receiver.
    fn set_rx_wait(&self, word: u64);
    /// Stores the wait word of our sender.
    fn set_tx_wait(&self, word: u64);
    /// Empties the processor's write-combining buffers: everything stored has left before anything
    /// that is stored afterwards. Nothing where windows are ordinary memory.
    fn flush(&self);
}

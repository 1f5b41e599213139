//! The only place that touches memory shared with a peer.
//!
//! Rules, all of them local to this module so that they can be checked by reading it:
//!
//! * No reference or slice to shared memory is ever made: words are atomics of natural alignment,
//!   payload goes in and out by copy. One pointer leaves, that of [`LocalChannel::place`], with which
//!   payload goes from the ring to the kernel.
//! * [`LocalChannel`] is memory that we export: the peer writes, we read. [`RemoteChannel`] is the
//!   peer's memory behind the bridge: we write, and there is no way to read it, because a load
//!   over NTB costs a round trip (1.8 µs, `facts` of the design).
//! * [`Staging`] is memory of ours between a buffer and a DMA engine: plain bytes, no words.
//! * Every offset is checked against the channel's size; a span that does not fit is clipped to
//!   nothing, never written outside.
//!
//! # Data races
//! The peer may store into our channel at any time, also while we copy out of it. The index words
//! are atomics. Payload is copied with `ptr::copy_nonoverlapping`, which formally is a data race
//! if a *misbehaving* peer writes at that moment; an honest peer does not, since the bytes lie
//! between our credit and its tail. What a misbehaving peer achieves is wrong payload bytes in
//! that copy, never an invalid value of a Rust type: the destination is `u8`. What the kernel reads at an
//! address of [`LocalChannel::place`] is outside of this model altogether. The question is
//! open upstream (unsafe-code-guidelines issue 607); this file is where it would be changed.
//!
//! # Order on the bus
//! | step | what must be ordered | shared memory (emulator) | PCIe, write-combining window |
//! |---|---|---|---|
//! | [`Barriers::flush`] before an index | payload before the tail word, or before the end of a line | release store | combining buffers may hold the payload back: flush them (`SCIFlush`, CPU buffers only) before the index is stored; posted writes of one source then keep their order |
//! | [`Barriers::flush`] after an index or a control word | the word itself leaves the CPU | nothing | flush again, or it may stay in a combining buffer |
//! | [`Barriers::publish_before_check`], or the end of a write (`driver/gate.rs`) | our index before the load of the peer's wait word, and our wait word before the load of the peer's index | full fence | full fence orders our side only; see `docs/protocol.md` on what remains |
//! | acquire load of an index | payload is read after the index | acquire | acquire; the adapter delivers posted writes in order |

mod channel;
mod staging;

pub use channel::{LocalChannel, Memory, RemoteChannel, RemoteWords};
pub use staging::Staging;

/// The barriers of the table above, bound to the flush function of the loaded library.
#[derive(Debug, Clone)]
pub struct Barriers {
    flush: Option<crate::sisci::Flush>,
}

impl Barriers {
    /// Barriers that flush write-combining buffers through `flush`; `None` where windows are ordinary
    /// memory, in which the release store of an index is enough.
    pub fn new(flush: Option<crate::sisci::Flush>) -> Self {
        Self { flush }
    }

    /// Everything stored before has left the CPU when this returns, and comes before everything
    /// that is stored afterwards.
    #[inline]
    pub fn flush(&self) {
        if let Some(flush) = &self.flush {
            flush.cpu_buffers();
        }
    }

    /// Orders earlier stores before later loads (the one reordering that x86 makes).
    #[inline]
    pub fn publish_before_check(&self) {
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    }
}

//! DMA: queues that carry out one transfer at a time, each by a thread of its own.
//!
//! Whatever starts a transfer (one range, a vector, a list that was gathered, memory of the program)
//! becomes a [`Job`], which is a list of [`Part`]s. The engine knows nothing else.

mod channel;
mod engine;
mod job;
mod queue;

pub use channel::{CHANNELS, DmaChannel};
pub use job::{Job, Local, Part, Span};
pub use queue::{DmaQueue, Function};

/// Offsets and sizes are multiples of this many bytes.
pub const ALIGNMENT: usize = 1;
/// The longest transfer in bytes, all parts together.
pub const MAX_TRANSFER: u32 = 1 << 30;
/// Parts of a vector at most.
pub const MAX_PARTS: usize = sisci_sys::DIS_DMA_MAX_VECLEN as usize;

//! The protocol without I/O: rings, credits, wake-up rules, handshake messages.
//!
//! Nothing here touches shared memory, a clock, a socket or an allocator. The driver loads a
//! word of the peer **once**, hands it to an `accept_*` function, and acts only on what that
//! function made of it; `accept_*` is where a hostile peer is stopped (`docs/threat-model.md`).
//!
//! The order that a driver must keep for a send, whatever the fabric:
//!
//! 1. [`ring::Producer::reserve`] names a span; copy the payload there.
//! 2. Flush the payload, then store [`ring::Producer::tail`] into the peer's channel.
//! 3. Fence (store before load), then load the peer's wait word and ask
//!    [`wake::DoorbellGate::should_ring`].
//!
//! and for a receive that found nothing and wants to sleep:
//!
//! 1. Store [`wake::wait_word`] into the peer's channel.
//! 2. Fence, load the tail once more; sleep only if it has not moved.
//!
//! Bulk bytes never pass through this module: it deals in [`ring::Span`]s.
#![forbid(unsafe_code)]

pub mod fault;
pub mod layout;
pub mod ring;
pub mod wake;
pub mod wire;

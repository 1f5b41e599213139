//! Stream sockets over NTB shared memory.
//!
//! A [`Transport`](driver::Transport) is a process's presence on the PCIe fabric. It listens and
//! connects; what comes of it is an [`Endpoint`](driver::Endpoint), a connected stream of bytes in both
//! directions: reliable, ordered, with an end that is told apart from a lost peer. What is sent is
//! stored straight into the peer's memory.
//!
//! # Blocking
#![cfg_attr(feature = "std", doc = "```no_run")]
#![cfg_attr(feature = "std", doc = include_str!("../examples/hello.rs"))]
#![cfg_attr(feature = "std", doc = "```")]
//!
//! A receive spins for a bounded, adaptive time and then sleeps ([`Config::spin`](driver::Config)); a
//! send blocks while the peer's ring is full, at most for the send timeout. Both return with an
//! [`Error`](driver::Error), whose [`fault`](driver::Error::fault) says what to change: the caller's
//! arguments, the peer, this host, or nothing, since the connection just ended.
//!
//! # In an event loop
//!
//! Endpoints and listeners are [`AsFd`](std::os::fd::AsFd): descriptors for `poll`, `epoll` and whatever
//! is built on them (mio: `SourceFd(&endpoint.raw_fd())`), to be used level-triggered. The rule:
//! receive until [`readable`](driver::Endpoint::readable) says 0, which drains the descriptor and asks
//! the peer to ring; only then leave the connection alone. `examples/events.rs` is a server and a
//! client of this kind.
//!
//! # Another path
//!
//! Who can do without NTB uses [`connect_or_skip`](driver::Transport::connect_or_skip): a peer that was
//! not reached is skipped and tried again in the background, and each kind of reason is told once.
//!
//! # Inside
//!
//! Three layers, dependencies one way (`ARCHITECTURE.md` has the map):
//!
//! * [`proto`]: rings, credits, wake-ups and handshake messages, pure and `no_std`;
//! * [`window`]: the only place that touches shared memory;
//! * [`driver`]: threads, wake-ups, control channels; what a user of the crate calls.
//!
//! Below them, [`sisci`] wraps the vendor library that was loaded at run time.
//!
//! Without the default feature `std` only [`proto`] is built, and [`report`] with the feature of
//! that name.
#![deny(missing_docs)]
#![cfg_attr(not(feature = "report"), no_std)]

pub mod proto;

#[cfg(feature = "std")]
pub mod driver;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "std")]
pub mod sisci;
#[cfg(feature = "std")]
pub mod window;

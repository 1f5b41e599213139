//! Stream sockets over NTB shared memory.
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

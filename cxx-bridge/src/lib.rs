//! The bridge between the Rust transport and BeeGFS's C++ socket classes.
//!
//! C++ sees the two opaque types [`Endpoint`] and [`Listener`], plain settings, and outcomes as
//! shared structs. It never sees a Rust error or panic: an outcome carries the *kind* from which
//! C++ chooses the exception that BeeGFS expects, and `guard` turns a panic into
//! `IoKind::Internal`.
//!
//! The transport is one per process: `start` opens it, at the earliest after the daemon
//! has forked, and it lives until the process ends.
//!
//! Threads: `start` and `connect` may be called from any thread at any time. An endpoint or
//! listener is used by one thread at a time and may move between threads (BeeGFS hands a socket
//! from its listener thread to a worker and back).

mod endpoint;
mod ffi;
mod guard;
mod held;
mod listener;
mod outcome;
mod process;

pub use endpoint::Endpoint;
pub use listener::Listener;

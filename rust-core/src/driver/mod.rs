//! The driver: everything around the protocol that blocks, allocates or talks to the system.
//!
//! | module | concept |
//! |---|---|
//! | [`transport`] | a process's presence on the fabric; where users start |
//! | [`endpoint`] | one side of a connection: send, receive, close |
//! | [`listener`] | incoming connections |
//! | [`handshake`] | how two processes agree on a connection over the control channel |
//! | [`control`] | the one thread that watches listeners and control channels |
//! | [`arena`] | exported memory and its sub-allocation |
//! | [`peers`] | mapped memory and doorbells of other processes; verdicts on unreachable ones |
//! | [`doorbell`] | incoming doorbells and which connection each one names |
//! | [`link`] | what endpoint and control thread both know of a connection |
//! | [`notify`], [`gate`], [`spin`] | sleeping and waking; the last remote write; spinning |
//! | [`config`], [`error`], [`stats`] | settings, errors by fault, counters |

pub mod config;
pub mod endpoint;
pub mod error;
pub mod listener;
pub mod transport;

mod arena;
mod control;
mod doorbell;
mod gate;
mod handshake;
mod latch;
mod link;
mod notify;
mod peers;
mod secret;
mod spin;
mod stats;
mod status;
mod sync;
mod sys;

pub use config::{Config, Wakeup};
pub use endpoint::{Endpoint, Received};
pub use error::Error;
pub use listener::Listener;
pub use transport::{Skip, Transport};

//! The driver: everything around the protocol that blocks, allocates or talks to the system.
//!
//! | module | concept |
//! |---|---|
//! | [`transport`] | a process's presence on the fabric; where users start |
//! | [`endpoint`] | one side of a connection: send, receive, close |
//! | [`listener`] | incoming connections |
//! | [`handshake`] | how two processes agree on a connection over the control channel |
//! | [`control`] | the one thread that watches listeners and control channels |
//! | [`finish`] | threads for handshakes that have to wait for another process |
//! | [`arena`] | exported memory and its sub-allocation |
//! | [`peers`] | mapped memory and doorbells of other processes |
//! | [`reach`] | whom to try, and what is known of those out of reach |
//! | [`doorbell`] | incoming doorbells and which connection each one names |
//! | [`alarm`] | the interrupt on which the blocking calls of a connection sleep |
//! | [`link`] | what endpoint and control thread both know of a connection |
//! | [`bulk`], [`check`] | queues and memory for DMA; whether stores arrived |
//! | [`payload`] | how payload gets into the peer's memory |
//! | [`tuning`] | which way a message takes, on which adapter |
//! | [`notify`], [`gate`], [`spin`] | sleeping and waking; the last remote write; spinning |
//! | [`config`], [`error`], [`stats`] | settings, errors by fault, counters |

pub mod config;
pub mod endpoint;
pub mod error;
pub mod listener;
pub mod transport;
pub mod tuning;

mod alarm;
mod arena;
mod bulk;
mod check;
mod control;
mod descriptors;
mod dial;
mod doorbell;
mod finish;
mod gate;
mod handshake;
mod latch;
mod link;
mod notify;
mod payload;
mod peers;
mod reach;
mod secret;
mod spin;
mod stats;
mod status;
mod sync;
mod sys;

pub use config::{Config, Wakeup};
pub use endpoint::{Endpoint, Lent, Received};
pub use error::{Error, Fault};
pub use listener::Listener;
pub use transport::{Skip, Transport};
pub use tuning::{Tuning, TuningTable};

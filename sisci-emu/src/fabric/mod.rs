//! The fabric folder, and how processes find and talk to each other in it.
//!
//! ```text
//! <dir>/version                  version of everything below and of the messages
//! <dir>/shares                   counts changes of numbers with several owners
//! <dir>/fabric.toml              settings, see [`crate::runtime::settings`]; optional
//! <dir>/node-<id>/lock           held (flock) while any of the following changes
//!                 usage          what each process holds of what the node may have
//!                 <pid>-<n>.proc one for each process: its host; held (flock) while it lives
//!                 <pid>-<n>.sock where the process answers
//!                 segment-<id>, interrupt-<no>, data-interrupt-<no>, group-<id>,
//!                 group-interrupt-<no>, dma-channel-<no>: `<pid>-<n>` of the owner or owners
//! <dir>/control.toml …           see `control`
//! ```
//!
//! The lock on a `.proc` file is what tells the living from the dead: the kernel drops it with the
//! process, whatever ended it. Files of the dead are removed by whoever meets them.

pub mod control;
pub mod dir;
pub mod entry;
pub mod ids;
pub mod link;
pub mod member;
pub mod node;
pub mod route;
pub mod routes;
pub mod shares;
pub mod usage;
pub mod wire;

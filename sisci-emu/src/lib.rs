//! The SISCI fabric in software: a `libsisci.so` for machines without NTB.
//!
//! Processes on one machine act as nodes of a fabric. Which node a process is says its environment
//! (see [`runtime::config`]); everything else is the SISCI interface, so a program that runs on
//! this library runs on the vendor's.
//!
//! There is no daemon. A fabric is a folder; each process listens on a socket in it, and the memory
//! of segments, the message queues of data interrupts and the event counters that wake a process
//! are descriptors handed over those sockets. So nothing but small files survives a killed process,
//! and its peers learn of its death from the end of the connection.
//!
//! From the top: [`abi`] turns C calls into calls of [`model`], which holds what SISCI means;
//! [`fabric`] finds peers and talks to them; [`runtime`] holds threads, memory and the process.
//! [`control`] is for tools and tests that stand outside: links, nodes and faults on demand.

pub mod abi;
pub mod control;
pub mod fabric;
pub mod measure;
pub mod model;
pub mod runtime;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("handles pack a kind, a generation and an index into 64 bits");

/// Result code of a call, as SISCI counts them.
pub use sisci_sys::sci_error_t as Code;

/// What every call of the model returns: its value, or the SISCI code that says why not.
pub type Result<T> = std::result::Result<T, Code>;

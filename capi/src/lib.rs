//! The C API of the transport: `libntb`, described by `include/ntb.h`.
//!
//! The header is made from this crate by `cargo xtask capi header`; the text of every public item
//! here is its text there, so it is written for C.
//!
//! | module | concept |
//! |---|---|
//! | [`code`] | what a call answers, by whose fault it is |
//! | [`settings`], [`status`] | the structures that may grow |
//! | [`transport`], [`listener`], [`endpoint`] | the functions |
//! | `handle` | numbers instead of addresses, so that a wrong one is found and not followed |
//! | `failure` | the last error of a thread; the guard that no panic passes |
//! | `raw` | the only place that follows a pointer of the program |
#![allow(
    non_camel_case_types,
    reason = "these are the names that C programs use"
)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the texts are those of the header, whose introduction says what a pointer must be"
)]

#[cfg(not(target_pointer_width = "64"))]
compile_error!("a handle is a number of 64 bits in the place of a pointer");

pub mod code;
pub mod settings;
pub mod status;

pub mod endpoint;
pub mod listener;
pub mod transport;

mod failure;
mod handle;
mod raw;

//! Programs of two nodes that measure a SISCI library through its C symbols, as the vendor's tools
//! do. The library is loaded; nothing of this crate is used but names.

pub mod client;
pub mod leader;
pub mod peer;
pub mod spread;

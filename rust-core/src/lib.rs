//! Stream sockets over NTB shared memory: protocol, driver, window.

#[cfg(feature = "std")]
pub mod report;

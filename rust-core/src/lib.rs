//! Stream sockets over NTB shared memory: protocol, driver, window.

#[cfg(feature = "report")]
pub mod report;

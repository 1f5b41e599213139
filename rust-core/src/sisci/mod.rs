//! Safe handles over the SISCI library that was loaded at run time.
//!
//! Only what the transport needs. Each handle owns its SISCI resource and gives it back when
//! dropped; every failed call is a [`DeviceError`] with the call's and the error's own names.

mod device;
mod doorbell;
mod segment;

pub use device::{Description, Device, Flush};
pub use doorbell::{LocalDoorbell, RemoteDoorbell, Rung};
pub use segment::{LocalSegment, RemoteSegment};

use sisci_sys::{error_name, sci_error_t};
use std::fmt;

/// A SISCI call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceError {
    /// The function, as `SCIConnectSegment`.
    pub call: &'static str,
    /// What it answered.
    pub code: sci_error_t,
    /// What it was called for, for people.
    pub subject: String,
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call,
            code,
            subject,
        } = self;
        write!(
            f,
            "{call} failed with {} ({:#010x}): {subject}",
            error_name(*code),
            code.0
        )
    }
}

impl std::error::Error for DeviceError {}

/// Runs a SISCI call that reports by an error variable.
fn checked<T>(
    call: &'static str,
    subject: impl FnOnce() -> String,
    run: impl FnOnce(*mut sci_error_t) -> T,
) -> Result<T, DeviceError> {
    let mut code = sci_error_t::SCI_ERR_OK;
    let value = run(&raw mut code);
    if code == sci_error_t::SCI_ERR_OK {
        Ok(value)
    } else {
        Err(DeviceError {
            call,
            code,
            subject: subject(),
        })
    }
}

//! Safe handles over the SISCI library that was loaded at run time.
//!
//! Each handle owns its SISCI resource and keeps what it hangs on, and gives it back when dropped;
//! every failed call is a [`DeviceError`] with the call's and the error's own names. Callbacks are
//! closures, called on a thread of the library; they may use every handle.

mod callbacks;
mod check;
mod device;
mod dma;
mod doorbell;
mod events;
mod interrupt;
mod map;
mod query;
mod segment;

pub use check::{Delivery, TransferCheck};
pub use device::{Description, Device, Flush};
pub use dma::{Direction, DmaQueue, DmaState, Engine, Transfer};
pub use doorbell::{AwaitedDoorbell, LocalDoorbell, RemoteDoorbell, Rung};
pub use events::SegmentEvent;
pub use interrupt::{LocalInterrupt, RemoteInterrupt};
pub use map::RemoteMap;
pub use query::DmaLimits;
pub use segment::{LocalSegment, RemoteSegment};

use segment::null_address;
use sisci_sys::{error_name, sci_error_t};
use std::fmt;
use std::time::Duration;

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

/// A timeout for the library: rounded up, so that it never ends early.
fn milliseconds(limit: Option<Duration>, infinite: u32) -> u32 {
    let Some(limit) = limit else {
        return infinite;
    };
    let rounded = limit.as_micros().div_ceil(1000);
    u32::try_from(rounded).map_or(infinite, |limit| limit.min(infinite - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_rounded_up_and_never_turn_infinite_by_accident() {
        let milliseconds = |limit| milliseconds(limit, u32::MAX);
        assert_eq!(milliseconds(None), u32::MAX);
        assert_eq!(milliseconds(Some(Duration::ZERO)), 0);
        assert_eq!(milliseconds(Some(Duration::from_micros(1))), 1);
        assert_eq!(milliseconds(Some(Duration::from_millis(7))), 7);
        let longest = Duration::from_millis(u64::from(u32::MAX));
        assert_eq!(milliseconds(Some(longest)), u32::MAX - 1);
    }
}

//! Transfer checks: whether what was stored through a window has arrived.

use super::{DeviceError, RemoteMap, checked};
use sisci_sys::{sci_sequence_status_t, sci_sequence_t};
use std::ptr::null_mut;
use std::sync::Arc;

/// What became of the stores since the last start or check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All arrived.
    Complete,
    /// Something was lost: start again and store again.
    Lost,
    /// Not known yet: start again.
    Pending,
    /// The connection is broken: connect again.
    Broken,
}

impl From<sci_sequence_status_t> for Delivery {
    fn from(status: sci_sequence_status_t) -> Self {
        match status {
            sci_sequence_status_t::SCI_SEQ_OK => Self::Complete,
            sci_sequence_status_t::SCI_SEQ_RETRIABLE => Self::Lost,
            sci_sequence_status_t::SCI_SEQ_PENDING => Self::Pending,
            _ => Self::Broken,
        }
    }
}

/// The check of one window (SISCI calls it a sequence).
#[derive(Debug)]
pub struct TransferCheck {
    map: Arc<RemoteMap>,
    sequence: sci_sequence_t,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for TransferCheck {}
// SAFETY: as for Send.
unsafe impl Sync for TransferCheck {}

impl TransferCheck {
    /// Prepares the check of stores through `map`. Call [`TransferCheck::start`] before storing.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn create(map: &Arc<RemoteMap>) -> Result<Self, DeviceError> {
        let mut sequence: sci_sequence_t = null_mut();
        checked("SCICreateMapSequence", String::new, |error| {
            let out = &raw mut sequence;
            // SAFETY: a remote map of ours; `out` is valid for writing.
            unsafe { (map.device().sci().create_map_sequence)(map.handle(), out, 0, error) }
        })?;
        Ok(Self {
            map: Arc::clone(map),
            sequence,
        })
    }

    /// Arms the check; anything but [`Delivery::Complete`] says that it isn't armed.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn start(&self) -> Result<Delivery, DeviceError> {
        let status = checked("SCIStartSequence", String::new, |error| {
            // SAFETY: our own sequence.
            unsafe { (self.map.device().sci().start_sequence)(self.sequence, 0, error) }
        })?;
        Ok(status.into())
    }

    /// Flushes, waits for the stores, and says what became of them. Costs a round trip.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn check(&self) -> Result<Delivery, DeviceError> {
        let status = checked("SCICheckSequence", String::new, |error| {
            // SAFETY: our own sequence.
            unsafe { (self.map.device().sci().check_sequence)(self.sequence, 0, error) }
        })?;
        Ok(status.into())
    }

    pub(super) fn handle(&self) -> sci_sequence_t {
        self.sequence
    }

    pub(super) fn is_on(&self, map: &RemoteMap) -> bool {
        std::ptr::eq(&*self.map, map)
    }
}

impl Drop for TransferCheck {
    fn drop(&mut self) {
        // SAFETY: our own sequence, for the last time; the map is still there.
        let _ = checked("SCIRemoveSequence", String::new, |error| unsafe {
            (self.map.device().sci().remove_sequence)(self.sequence, 0, error)
        });
    }
}

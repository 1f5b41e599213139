//! Windows: the mapping of a remote segment, or of a part of it.

use super::{Device, DeviceError, RemoteSegment, TransferCheck, checked, null_address};
use crate::proto::layout::LINE;
use crate::window::Memory;
use sisci_sys::{sci_error_t, sci_map_t, sci_sequence_t};
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

/// A mapped part of a remote segment.
#[derive(Debug)]
pub struct RemoteMap {
    segment: Arc<RemoteSegment>,
    map: sci_map_t,
    base: NonNull<u8>,
    bytes: u64,
}

// SAFETY: a handle of the multi-threaded library; the mapping is only reached through `Memory` and
// through the library.
unsafe impl Send for RemoteMap {}
// SAFETY: as for Send.
unsafe impl Sync for RemoteMap {}

impl RemoteMap {
    /// Maps `bytes` bytes of `segment` from `offset` on.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_HW_NOSPC` where the adapter's window is used up.
    pub fn map(
        segment: &Arc<RemoteSegment>,
        offset: u64,
        bytes: u64,
    ) -> Result<Arc<Self>, DeviceError> {
        let id = segment.id();
        let mut map: sci_map_t = null_mut();
        let subject = || format!("segment {id:#x}, {bytes} bytes from {offset}");
        let base = checked("SCIMapRemoteSegment", subject, |error| {
            let (from, length, out) = (offset as usize, bytes as usize, &raw mut map);
            let call = segment.device().sci().map_remote_segment;
            // SAFETY: a connected segment; `out` is valid for writing; no address is wished.
            unsafe { call(segment.handle(), out, from, length, null_mut(), 0, error) }
        })?;
        // Dropped, it gives the map back, also if there is no address.
        let mut this = Self {
            segment: Arc::clone(segment),
            map,
            base: NonNull::dangling(),
            bytes,
        };
        this.base =
            NonNull::new(base.cast()).ok_or_else(|| null_address("SCIMapRemoteSegment", id))?;
        Ok(Arc::new(this))
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The segment that it shows a part of.
    pub fn segment(&self) -> &Arc<RemoteSegment> {
        &self.segment
    }

    /// The memory; keeps the window and the connection as long as it is held. `None` if the window
    /// does not begin at a line, as one from an odd offset may not.
    pub fn memory(self: &Arc<Self>) -> Option<Memory> {
        if !self.base.addr().get().is_multiple_of(LINE) {
            return None;
        }
        let owner = Arc::clone(self);
        // SAFETY: SCIMapRemoteSegment gave a window of this size, valid for writes until it is
        // unmapped, which happens when `owner` is dropped; it is aligned as checked. A segment that
        // its owner removed stays mapped until then.
        Some(unsafe { Memory::new(self.base, self.bytes as usize, owner) })
    }

    /// Copies `from` to `offset`, by the library's own routine. With a check (of this window) a
    /// transfer that failed is an error; otherwise nothing is known about delivery.
    ///
    /// # Errors
    /// [`DeviceError`]: `SCI_ERR_OUT_OF_RANGE`, `SCI_ERR_TRANSFER_FAILED`.
    pub fn write(
        &self,
        offset: u64,
        from: &[u8],
        check: Option<&TransferCheck>,
    ) -> Result<(), DeviceError> {
        // The library only reads from there without SCI_FLAG_BLOCK_READ.
        let memory = from.as_ptr().cast_mut().cast();
        self.copy(offset, memory, from.len(), check, 0)
    }

    /// Copies from `offset` to `to`: a round trip per word on hardware, so for little data only.
    ///
    /// # Errors
    /// As [`RemoteMap::write`].
    pub fn read(
        &self,
        offset: u64,
        to: &mut [u8],
        check: Option<&TransferCheck>,
    ) -> Result<(), DeviceError> {
        let block_read = self.device().constants().flag_block_read;
        self.copy(offset, to.as_mut_ptr().cast(), to.len(), check, block_read)
    }

    fn copy(
        &self,
        offset: u64,
        memory: *mut c_void,
        bytes: usize,
        check: Option<&TransferCheck>,
        mut flags: u32,
    ) -> Result<(), DeviceError> {
        let subject = || {
            format!(
                "{bytes} bytes at {offset} of segment {:#x}",
                self.segment.id()
            )
        };
        let mut sequence: sci_sequence_t = null_mut();
        if let Some(check) = check {
            if !check.is_on(self) {
                return Err(DeviceError {
                    call: "SCIMemCpy",
                    code: sci_error_t::SCI_ERR_ILLEGAL_PARAMETER,
                    subject: "the check belongs to another window".to_owned(),
                });
            }
            sequence = check.handle();
            flags |= self.device().constants().flag_error_check;
        }
        checked("SCIMemCpy", subject, |error| {
            let call = self.device().sci().mem_cpy;
            // SAFETY: our own map and sequence; `memory` is valid for `bytes` bytes, for writes
            // where the flags ask to read.
            unsafe {
                call(
                    sequence,
                    memory,
                    self.map,
                    offset as usize,
                    bytes,
                    flags,
                    error,
                )
            }
        })
    }

    pub(super) fn device(&self) -> &Device {
        self.segment.device()
    }

    pub(super) fn handle(&self) -> sci_map_t {
        self.map
    }
}

impl Drop for RemoteMap {
    fn drop(&mut self) {
        // SAFETY: our own map, for the last time; checks on it keep it, so there are none.
        let _ = checked("SCIUnmapSegment", String::new, |error| unsafe {
            (self.device().sci().unmap_segment)(self.map, 0, error)
        });
    }
}

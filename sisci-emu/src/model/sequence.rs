//! Ordering of stores, and the check whether they arrived.

use crate::model::flags::{SCI_FLAG_BLOCK_READ, SCI_FLAG_ERROR_CHECK};
use crate::model::map::Map;
use crate::model::tables::{MAPS, SEQUENCES};
use crate::runtime::sync::Use;
use crate::{Code, Result};
use sisci_sys::{sci_map_t, sci_sequence_status_t as Status, sci_sequence_t};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

/// Watches the stores through one remote map.
pub struct Sequence {
    map: Arc<Map>,
    _use: Use,
}

impl Sequence {
    /// A sequence for a remote map.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a map of own memory.
    pub fn create(map: sci_map_t) -> Result<sci_sequence_t> {
        let map = MAPS.get(map)?;
        let held = map.acquire_sequence()?;
        SEQUENCES.insert(Arc::new(Self { map, _use: held }))
    }

    /// Ends a sequence.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn remove(handle: sci_sequence_t) -> Result<()> {
        SEQUENCES
            .remove(handle)
            .map(drop)
            .ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)
    }

    /// What became of the stores until now. Memory loses none, so they arrived if the owner of the
    /// memory is still there.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn status(handle: sci_sequence_t) -> Result<Status> {
        let sequence = SEQUENCES.get(handle)?;
        let connected = sequence.map.owner()?.is_connected();
        Ok(if connected {
            Status::SCI_SEQ_OK
        } else {
            Status::SCI_SEQ_NOT_RETRIABLE
        })
    }
}

/// Makes all stores before it visible to every process before any store after it.
pub fn flush() {
    #[cfg(target_arch = "x86_64")]
    // Streaming stores, which a copy may use, are not ordered by an ordinary fence.
    // SAFETY: the instruction belongs to every x86-64 processor.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
    fence(Ordering::SeqCst);
}

/// Copies `size` bytes from `memory` to `offset` of the map, or back with `BLOCK_READ`.
///
/// # Errors
/// `OUT_OF_RANGE`; `ACCESS` for a store through a read-only map; `TRANSFER_FAILED` if a check was
/// asked for and the owner is gone.
///
/// # Safety
/// `memory` must be valid for `size` bytes, for writing with `BLOCK_READ`, else for reading.
pub unsafe fn copy(
    sequence: sci_sequence_t,
    memory: *mut c_void,
    map: &Map,
    offset: usize,
    size: usize,
    flags: u32,
) -> Result<()> {
    let sequence = if sequence.is_null() {
        None
    } else {
        Some(SEQUENCES.get(sequence)?)
    };
    let check = flags & SCI_FLAG_ERROR_CHECK != 0;
    if memory.is_null() || (check && sequence.is_none()) {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let owner = map.owner()?;
    let window = map.mapping();
    let read = flags & SCI_FLAG_BLOCK_READ != 0;
    if offset
        .checked_add(size)
        .is_none_or(|end| end > window.size())
    {
        return Err(Code::SCI_ERR_OUT_OF_RANGE);
    }
    if !read && !window.is_writable() {
        return Err(Code::SCI_ERR_ACCESS);
    }
    if read {
        // SAFETY: the range lies in the window (above); the rest is what the caller promises.
        unsafe { window.load_raw(offset, memory.cast(), size) };
    } else {
        // SAFETY: the range lies in the window (above); the rest is what the caller promises.
        unsafe { window.store_raw(offset, memory.cast(), size) };
    }
    if check {
        flush();
        if !owner.is_connected() {
            return Err(Code::SCI_ERR_TRANSFER_FAILED);
        }
    }
    Ok(())
}

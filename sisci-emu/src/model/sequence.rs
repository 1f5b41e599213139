//! Ordering of stores, and the check whether they arrived.

use crate::fabric::route::Route;
use crate::model::flags::{SCI_FLAG_BLOCK_READ, SCI_FLAG_ERROR_CHECK};
use crate::model::map::Map;
use crate::model::remote_segment::RemoteSegment;
use crate::model::tables::{MAPS, SEQUENCES};
use crate::model::transfer;
use crate::runtime::sync::Use;
use crate::runtime::timing;
use crate::{Code, Result};
use sisci_sys::{sci_map_t, sci_sequence_status_t as Status, sci_sequence_t};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Watches the stores through one remote map.
pub struct Sequence {
    map: Arc<Map>,
    /// Errors on the way that were told.
    told: AtomicU64,
    /// The state of the way that was told.
    epoch: AtomicU64,
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
        let told = AtomicU64::new(map.route().map_or(0, Route::errors));
        let epoch = AtomicU64::new(map.route().map_or(0, Route::epoch));
        SEQUENCES.insert(Arc::new(Self {
            map,
            told,
            epoch,
            _use: held,
        }))
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

    /// Arms the check: errors until now no longer count, unless the way is cut.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn start(handle: sci_sequence_t) -> Result<Status> {
        let sequence = SEQUENCES.look(handle)?;
        if let Some(broken) = sequence.broken()? {
            return Ok(broken);
        }
        sequence.news();
        Ok(Status::SCI_SEQ_OK)
    }

    /// What became of the accesses since the start or the last check.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn check(handle: sci_sequence_t) -> Result<Status> {
        let sequence = SEQUENCES.look(handle)?;
        timing::check();
        if let Some(route) = sequence.map.route() {
            route.checked();
        }
        if let Some(broken) = sequence.broken()? {
            return Ok(broken);
        }
        Ok(if sequence.news() {
            Status::SCI_SEQ_RETRIABLE
        } else {
            Status::SCI_SEQ_OK
        })
    }

    /// True if errors came that were not told yet.
    fn news(&self) -> bool {
        let errors = self.map.route().map_or(0, Route::errors);
        self.told.swap(errors, Ordering::AcqRel) != errors
    }

    /// The status while nothing can be retried: of a new state of the way the first question learns
    /// only that something is going on. Errors of that time are told when the way is up again.
    fn broken(&self) -> Result<Option<Status>> {
        if !self.map.owner()?.is_connected() {
            return Ok(Some(Status::SCI_SEQ_NOT_RETRIABLE));
        }
        let Some(route) = self.map.route().filter(|route| !route.is_up()) else {
            return Ok(None);
        };
        self.map.refill();
        let epoch = route.epoch();
        let known = self.epoch.swap(epoch, Ordering::AcqRel) == epoch;
        Ok(Some(if known {
            Status::SCI_SEQ_NOT_RETRIABLE
        } else {
            Status::SCI_SEQ_PENDING
        }))
    }
}

/// Makes all stores before it visible to every process before any store after it.
pub fn barrier() {
    #[cfg(target_arch = "x86_64")]
    // Streaming stores, which a copy may use, are not ordered by an ordinary fence.
    // SAFETY: the instruction belongs to every x86-64 processor.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
    fence(Ordering::SeqCst);
}

/// A flush of the program: what it pushes out has to arrive.
pub fn flush() {
    barrier();
    timing::flush();
}

/// A flush of what the processor holds back: it is on its way then.
pub fn flush_cpu() {
    barrier();
    timing::flush_cpu();
}

/// Copies `size` bytes from `memory` to `offset` of the map, or back with `BLOCK_READ`.
///
/// # Errors
/// `OUT_OF_RANGE`; `ACCESS` for a store through a read-only map; `ILLEGAL_PARAMETER` for a local
/// map; `TRANSFER_FAILED` if a check was asked for and something was lost or the owner is gone.
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
    let check = flags & SCI_FLAG_ERROR_CHECK != 0;
    if memory.is_null() || (check && sequence.is_null()) {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    if !sequence.is_null() {
        SEQUENCES.look(sequence)?;
    }
    let owner = map.owner()?;
    let copy = || {
        if flags & SCI_FLAG_BLOCK_READ != 0 {
            // SAFETY: the caller's promise.
            unsafe { transfer::read(map, offset, memory.cast(), size) }
        } else {
            // SAFETY: the caller's promise.
            unsafe { transfer::write(map, offset, memory.cast(), size) }
        }
    };
    if check {
        checked(map, owner, copy)
    } else {
        copy()
    }
}

/// As [`copy`], where the program has no sequence to check with.
///
/// # Errors
/// As [`copy`].
///
/// # Safety
/// As [`copy`].
pub unsafe fn copy_unwatched(
    memory: *mut c_void,
    map: &Map,
    offset: usize,
    size: usize,
    flags: u32,
) -> Result<()> {
    let unchecked = flags & !SCI_FLAG_ERROR_CHECK;
    let owner = map.owner()?;
    // SAFETY: the caller's promise.
    let copy = || unsafe { copy(std::ptr::null_mut(), memory, map, offset, size, unchecked) };
    if flags == unchecked {
        copy()
    } else {
        checked(map, owner, copy)
    }
}

/// Runs a copy and says whether all of it arrived.
fn checked(map: &Map, owner: &RemoteSegment, copy: impl FnOnce() -> Result<()>) -> Result<()> {
    let errors = || map.route().map_or(0, Route::errors);
    let before = errors();
    copy()?;
    barrier();
    let is_up = map.route().is_none_or(Route::is_up);
    if errors() != before || !is_up || !owner.is_connected() {
        return Err(Code::SCI_ERR_TRANSFER_FAILED);
    }
    Ok(())
}

//! Copies from map to map in the background.

use crate::fabric::route::Route;
use crate::model::callback::Argument;
use crate::model::map::Map;
use crate::model::tables::BLOCK_TRANSFERS;
use crate::model::{sequence, transfer};
use crate::runtime::handles::OwnHandle;
use crate::runtime::log::report;
use crate::runtime::sync::{Use, deadline, lock, wait_until};
use crate::runtime::{process, reactor};
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

/// The program's function for the end of a transfer, never null.
pub type Function = unsafe extern "C" fn(*mut c_void, c::sci_block_transfer_t, Code) -> c_int;

/// What is copied.
pub struct Block {
    from: (Arc<Map>, usize),
    to: (Arc<Map>, usize),
    size: usize,
    check: bool,
    _uses: [Use; 2],
}

/// An abort takes effect between pieces of this many bytes.
const PIECE: usize = 64 << 10;

impl Block {
    /// A copy between a local and a remote map, or two remote ones; offsets and size in bytes.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for an empty one, or between two local maps; `OUT_OF_RANGE`.
    pub fn new(
        from: (Arc<Map>, usize),
        to: (Arc<Map>, usize),
        size: usize,
        check: bool,
    ) -> Result<Self> {
        if size == 0 || (from.0.owner().is_err() && to.0.owner().is_err()) {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        for (map, offset) in [&from, &to] {
            let end = offset.checked_add(size);
            if end.is_none_or(|end| end > map.mapping().size()) {
                return Err(Code::SCI_ERR_OUT_OF_RANGE);
            }
        }
        let uses = [from.0.acquire()?, to.0.acquire()?];
        Ok(Self {
            from,
            to,
            size,
            check,
            _uses: uses,
        })
    }

    /// Copies.
    ///
    /// # Errors
    /// `CANCELLED` once `aborted` says so; `TRANSFER_FAILED` if a check was asked for and something
    /// was lost; `ACCESS` for a read-only map.
    pub fn copy(&self, aborted: impl Fn() -> bool) -> Result<()> {
        let ((from, from_offset), (to, to_offset)) = (&self.from, &self.to);
        let errors = || {
            let errors = |map: &Map| map.route().map_or(0, Route::errors);
            (errors(from), errors(to))
        };
        let before = errors();
        for done in (0..self.size).step_by(PIECE) {
            if aborted() {
                return Err(Code::SCI_ERR_CANCELLED);
            }
            let piece = PIECE.min(self.size - done);
            transfer::copy(from, from_offset + done, to, to_offset + done, piece)?;
        }
        sequence::barrier();
        let lives = |map: &Map| map.owner().map_or(true, |segment| segment.is_connected());
        if self.check && (errors() != before || !lives(from) || !lives(to)) {
            return Err(Code::SCI_ERR_TRANSFER_FAILED);
        }
        Ok(())
    }
}

/// A copy that a thread carries out; its handle lives until somebody has waited for it.
pub struct BlockTransfer {
    handle: OwnHandle<c::sci_block_transfer>,
    aborted: AtomicBool,
    result: Mutex<Option<Result<()>>>,
    changed: Condvar,
}

impl BlockTransfer {
    /// Starts a copy and gives its handle.
    ///
    /// # Errors
    /// `API_NOSPC`, `SYSTEM`.
    pub fn start(
        block: Block,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<c::sci_block_transfer_t> {
        let callback = callback.map(|(function, argument)| (function, Argument(argument)));
        let thread = process::current()?.member()?.callbacks()?;
        let transfer = Arc::new(Self {
            handle: OwnHandle::default(),
            aborted: AtomicBool::new(false),
            result: Mutex::new(None),
            changed: Condvar::new(),
        });
        let handle = BLOCK_TRANSFERS.insert(Arc::clone(&transfer))?;
        transfer.handle.set(handle);
        let body = move || {
            let result = block.copy(|| transfer.aborted.load(Ordering::Acquire));
            // The program may unmap as soon as it hears of the end.
            drop(block);
            let code = result.err().unwrap_or(Code::SCI_ERR_OK);
            *lock(&transfer.result) = Some(result);
            transfer.changed.notify_all();
            if let Some((function, argument)) = callback {
                thread.submit(move || {
                    let argument = argument;
                    // SAFETY: the program gave this function for this purpose, with its argument.
                    unsafe { function(argument.0, transfer.handle.get(), code) };
                });
            }
        };
        if let Err(error) = reactor::spawn("sisci-emu-block", body) {
            report!(Error, "cannot start a thread for a block transfer: {error}");
            BLOCK_TRANSFERS.remove(handle);
            return Err(Code::SCI_ERR_SYSTEM);
        }
        Ok(handle)
    }

    /// Waits for the end and says how it was; the handle is stale then.
    ///
    /// # Errors
    /// `TIMEOUT`, after which the handle still counts; else as [`Block::copy`].
    pub fn wait(&self, timeout_ms: u32) -> Result<()> {
        let deadline = deadline(timeout_ms);
        let mut result = lock(&self.result);
        loop {
            if let Some(result) = *result {
                BLOCK_TRANSFERS.remove(self.handle.get());
                return result;
            }
            let (guard, in_time) = wait_until(&self.changed, result, deadline);
            result = guard;
            if !in_time {
                return Err(Code::SCI_ERR_TIMEOUT);
            }
        }
    }

    /// Stops it; a wait says `CANCELLED` unless it was done already.
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }

    /// The end of the library.
    pub fn release(&self) {
        self.abort();
        let _ = self.wait(u32::MAX);
    }
}

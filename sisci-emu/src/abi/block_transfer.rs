//! Copies from map to map.

use super::{answer, require, set, sisci, wanted};
use crate::model::block_transfer::{Block, BlockTransfer};
use crate::model::flags::*;
use crate::model::tables::{BLOCK_TRANSFERS, MAPS};
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

fn block(
    from: (c::sci_map_t, usize),
    to: (c::sci_map_t, usize),
    size: usize,
    flags: u32,
) -> Result<Block> {
    let (from, to) = ((MAPS.get(from.0)?, from.1), (MAPS.get(to.0)?, to.1));
    Block::new(from, to, size, flags & SCI_FLAG_ERROR_CHECK != 0)
}

sisci! {
    /// Copies from map to map.
    fn SCITransferBlock as transfer_block(
        source: c::sci_map_t,
        source_offset: usize,
        target: c::sci_map_t,
        target_offset: usize,
        size: usize,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_ERROR_CHECK | SCI_FLAG_BLOCK_READ, 0)?;
                let block = block((source, source_offset), (target, target_offset), size, flags)?;
                block.copy(|| false)
            })
        }
    }
}

sisci! {
    /// Copies from map to map in the background.
    fn SCITransferBlockAsync as transfer_block_async(
        source: c::sci_map_t,
        source_offset: usize,
        target: c::sci_map_t,
        target_offset: usize,
        size: usize,
        handle: *mut c::sci_block_transfer_t,
        callback: c::sci_cb_block_transfer_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                let built = SCI_FLAG_USE_CALLBACK | SCI_FLAG_ERROR_CHECK | SCI_FLAG_BLOCK_READ;
                legal_flags(flags, built, 0)?;
                require(handle)?;
                let callback = wanted(flags, callback, argument)?;
                let block = block((source, source_offset), (target, target_offset), size, flags)?;
                set(handle, BlockTransfer::start(block, callback)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Waits for the end of a copy, whose handle is stale then.
    fn SCIWaitForBlockTransfer as wait_for_block_transfer(
        block: c::sci_block_transfer_t,
        timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                BLOCK_TRANSFERS.get(block)?.wait(timeout)
            })
        }
    }
}

sisci! {
    /// Stops a copy; the handle has to be waited for all the same.
    fn SCIAbortBlockTransfer as abort_block_transfer(
        block: c::sci_block_transfer_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                BLOCK_TRANSFERS.get(block)?.abort();
                Ok(())
            })
        }
    }
}

//! Copies from map to map.

use super::not_built;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCITransferBlock as transfer_block(
        source_map: c::sci_map_t,
        source_offset: usize,
        destination_map: c::sci_map_t,
        destination_offset: usize,
        size: usize,
        flags: c_uint,
    );
    fn SCITransferBlockAsync as transfer_block_async(
        source_map: c::sci_map_t,
        source_offset: usize,
        destination_map: c::sci_map_t,
        destination_offset: usize,
        size: usize,
        block: *mut c::sci_block_transfer_t,
        callback: c::sci_cb_block_transfer_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCIWaitForBlockTransfer as wait_for_block_transfer(
        block: c::sci_block_transfer_t,
        timeout: c_uint,
        flags: c_uint,
    );
    fn SCIAbortBlockTransfer as abort_block_transfer(
        block: c::sci_block_transfer_t,
        flags: c_uint,
    );
}

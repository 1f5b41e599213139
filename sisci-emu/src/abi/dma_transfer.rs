//! DMA with user memory, with vectors, and under old names.

use super::not_built;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCIStartDmaTransferMem as start_dma_transfer_mem(
        queue: c::sci_dma_queue_t,
        local_address: *mut c_void,
        remote_segment: c::sci_remote_segment_t,
        size: usize,
        remote_offset: usize,
        callback: c::sci_cb_dma_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCIStartDmaTransferVec as start_dma_transfer_vec(
        queue: c::sci_dma_queue_t,
        local_segment: c::sci_local_segment_t,
        remote_segment: c::sci_remote_segment_t,
        vec_length: usize,
        vec: *mut c::dis_dma_vec_t,
        callback: c::sci_cb_dma_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn DISStartDmaTransfer as dis_start_dma_transfer(
        queue: c::sci_dma_queue_t,
        local_segment: c::sci_local_segment_t,
        remote_segment: c::sci_remote_segment_t,
        local_offset: usize,
        size: usize,
        remote_offset: usize,
        callback: c::sci_cb_dma_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn DISStartDmaTransferVec as dis_start_dma_transfer_vec(
        queue: c::sci_dma_queue_t,
        local_segment: c::sci_local_segment_t,
        remote_segment: c::sci_remote_segment_t,
        vec_length: usize,
        vec: *mut c::dis_dma_vec_t,
        callback: c::sci_cb_dma_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
}

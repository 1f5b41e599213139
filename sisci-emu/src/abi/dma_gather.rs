//! The queue model of API 1: enqueue, post, reset.

use super::not_built;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCIEnqueueDMATransfer as enqueue_dma_transfer(
        queue: c::sci_dma_queue_t,
        local_segment: c::sci_local_segment_t,
        remote_segment: c::sci_remote_segment_t,
        local_offset: usize,
        remote_offset: usize,
        size: usize,
        flags: c_uint,
    ) -> c::sci_dma_queue_state_t = c::sci_dma_queue_state_t::SCI_DMAQUEUE_ERROR;
    fn SCIPostDMAQueue as post_dma_queue(
        queue: c::sci_dma_queue_t,
        callback: c::sci_cb_dma_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCIResetDMAQueue as reset_dma_queue(
        queue: c::sci_dma_queue_t,
        flags: c_uint,
    );
    fn SCIphDmaEnqueue as ph_dma_enqueue(
        queue: c::sci_dma_queue_t,
        size: c_uint,
        local_address: c::sci_ioaddr_t,
        remote_node_id: c_uint,
        remote_offs_hi: c_uint,
        remote_offs_lo: c_uint,
        flags: c_uint,
    );
    fn SCIphDmaStart as ph_dma_start(
        queue: c::sci_dma_queue_t,
        callback: c::sci_cb_dma_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    ) -> c::sci_dma_queue_state_t = c::sci_dma_queue_state_t::SCI_DMAQUEUE_ERROR;
}

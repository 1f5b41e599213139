//! DMA channels.

use super::not_built;
use sisci_sys as c;
use std::ffi::c_uint;

not_built! {
    fn SCIRequestDMAChannel as request_dma_channel(
        sd: c::sci_desc_t,
        channel: *mut c::sci_dma_channel_t,
        local_adapter_no: c_uint,
        kind: c::sci_dma_type_t,
        channel_id: c_uint,
        flags: c_uint,
    );
    fn SCIReturnDMAChannel as return_dma_channel(
        channel: c::sci_dma_channel_t,
    );
    fn SCIAssignDMAChannel as assign_dma_channel(
        channel: c::sci_dma_channel_t,
        queue: c::sci_dma_queue_t,
        flags: c_uint,
    );
    fn SCIPrepareLocalSegmentForDMA as prepare_local_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_local_segment_t,
        flags: c_uint,
    );
    fn SCIUnprepareLocalSegmentForDMA as unprepare_local_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_local_segment_t,
        flags: c_uint,
    );
    fn SCIPrepareRemoteSegmentForDMA as prepare_remote_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_remote_segment_t,
        flags: c_uint,
    );
    fn SCIUnprepareRemoteSegmentForDMA as unprepare_remote_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_remote_segment_t,
        flags: c_uint,
    );
}

//! DMA channels.

use super::{answer, require, set, sisci};
use crate::Code;
use crate::model::adapter;
use crate::model::dma::DmaChannel;
use crate::model::flags::*;
use crate::model::tables::{DEVICES, DMA_CHANNELS, DMA_QUEUES, LOCAL_SEGMENTS, REMOTE_SEGMENTS};
use sisci_sys as c;
use std::ffi::c_uint;

sisci! {
    /// Reserves a channel.
    fn SCIRequestDMAChannel as request_dma_channel(
        sd: c::sci_desc_t,
        channel: *mut c::sci_dma_channel_t,
        adapter: c_uint,
        kind: c::sci_dma_type_t,
        id: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_DMA_CHANNEL_SHARED, 0)?;
                adapter::check(adapter)?;
                require(channel)?;
                let device = DEVICES.get(sd)?;
                let shared = flags & SCI_FLAG_DMA_CHANNEL_SHARED != 0;
                set(channel, DmaChannel::request(&device, adapter, kind, id, shared)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Gives a channel back.
    fn SCIReturnDMAChannel as return_dma_channel(
        channel: c::sci_dma_channel_t,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe { answer(error, (), || DmaChannel::give_back(channel)) }
    }
}

sisci! {
    /// Lets a queue use a channel.
    fn SCIAssignDMAChannel as assign_dma_channel(
        channel: c::sci_dma_channel_t,
        queue: c::sci_dma_queue_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                let queue = DMA_QUEUES.get(queue)?;
                DMA_CHANNELS.get(channel)?.assign(&queue)
            })
        }
    }
}

sisci! {
    /// Keeps a local segment ready for a channel.
    fn SCIPrepareLocalSegmentForDMA as prepare_local_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_local_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                let held = || LOCAL_SEGMENTS.get(segment)?.acquire();
                DMA_CHANNELS.get(channel)?.prepare(segment, held)
            })
        }
    }
}

sisci! {
    /// Lets go of a local segment.
    fn SCIUnprepareLocalSegmentForDMA as unprepare_local_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_local_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                LOCAL_SEGMENTS.get(segment)?;
                DMA_CHANNELS.get(channel)?.unprepare(segment)
            })
        }
    }
}

sisci! {
    /// Keeps a connected segment ready for a channel.
    fn SCIPrepareRemoteSegmentForDMA as prepare_remote_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_remote_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                let held = || REMOTE_SEGMENTS.get(segment)?.acquire();
                DMA_CHANNELS.get(channel)?.prepare(segment, held)
            })
        }
    }
}

sisci! {
    /// Lets go of a connected segment.
    fn SCIUnprepareRemoteSegmentForDMA as unprepare_remote_segment_for_dma(
        channel: c::sci_dma_channel_t,
        segment: c::sci_remote_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                REMOTE_SEGMENTS.get(segment)?;
                DMA_CHANNELS.get(channel)?.unprepare(segment)
            })
        }
    }
}

//! The queue model of API 1: enqueue, post, reset.

use super::dma_transfer::{callback_of, check_group};
use super::{answer, guarded, not_built, sisci};
use crate::Code;
use crate::model::dma::{Job, Local, Span};
use crate::model::flags::*;
use crate::model::tables::{DMA_QUEUES, LOCAL_SEGMENTS, REMOTE_SEGMENTS};
use sisci_sys as c;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Adds a transfer to the list; with the flags for it also posts, waits and resets.
    fn SCIEnqueueDMATransfer as enqueue_dma_transfer(
        queue: c::sci_dma_queue_t,
        local: c::sci_local_segment_t,
        remote: c::sci_remote_segment_t,
        local_offset: usize,
        remote_offset: usize,
        size: usize,
        flags: c_uint,
        error: *mut Code,
    ) -> Status {
        // SAFETY: `error` as promised.
        unsafe {
            let now = || guarded(|| Ok(DMA_QUEUES.get(queue)?.status()));
            answer(error, (), || {
                let has = |flag| flags & flag != 0;
                let later = SCI_FLAG_DMA_POST | SCI_FLAG_DMA_WAIT | SCI_FLAG_DMA_RESET;
                legal_flags(flags, SCI_FLAG_DMA_READ | later | SCI_FLAG_BROADCAST, 0)?;
                // Each step needs the one before.
                let (post, wait) = (has(SCI_FLAG_DMA_POST), has(SCI_FLAG_DMA_WAIT));
                if (wait && !post) || (has(SCI_FLAG_DMA_RESET) && !wait) {
                    return Err(Code::SCI_ERR_ILLEGAL_FLAG);
                }
                let queue = DMA_QUEUES.get(queue)?;
                let (local, remote) = (LOCAL_SEGMENTS.get(local)?, REMOTE_SEGMENTS.get(remote)?);
                check_group(&remote, flags)?;
                let span = Span { local: local_offset, size, remote: remote_offset };
                let local = Local::Segment(&local);
                queue.enqueue(Job::new(local, &remote, &[span], flags, queue.adapter())?)?;
                if post {
                    queue.post_gathered(None)?;
                }
                if wait {
                    queue.wait_done()?;
                }
                if has(SCI_FLAG_DMA_RESET) { queue.reset() } else { Ok(()) }
            });
            now().unwrap_or(Status::SCI_DMAQUEUE_ERROR)
        }
    }
}

sisci! {
    /// Starts what was gathered.
    fn SCIPostDMAQueue as post_dma_queue(
        queue: c::sci_dma_queue_t,
        callback: c::sci_cb_dma_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_USE_CALLBACK | SCI_FLAG_DMA_WAIT, 0)?;
                let queue = DMA_QUEUES.get(queue)?;
                queue.post_gathered(callback_of(flags, callback, argument)?)?;
                if flags & SCI_FLAG_DMA_WAIT != 0 { queue.wait_done() } else { Ok(()) }
            })
        }
    }
}

sisci! {
    /// Makes a queue idle again.
    fn SCIResetDMAQueue as reset_dma_queue(
        queue: c::sci_dma_queue_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                DMA_QUEUES.get(queue)?.reset()
            })
        }
    }
}

not_built! {
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

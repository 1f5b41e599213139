//! DMA queues.

use super::{answer, guarded, require, set, sisci, wanted};
use crate::Code;
use crate::model::adapter;
use crate::model::callback::Callback;
use crate::model::dma::{DmaQueue, Job, Local, Span};
use crate::model::flags::*;
use crate::model::tables::{DEVICES, DMA_QUEUES, LOCAL_SEGMENTS, REMOTE_SEGMENTS};
use crate::runtime::process;
use sisci_sys as c;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Creates an idle queue.
    fn SCICreateDMAQueue as create_dma_queue(
        sd: c::sci_desc_t,
        queue: *mut c::sci_dma_queue_t,
        adapter: c_uint,
        max_entries: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                adapter::check(adapter)?;
                require(queue)?;
                if max_entries == 0 {
                    return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
                }
                let device = DEVICES.get(sd)?;
                set(queue, DmaQueue::create(&device, adapter, max_entries as usize)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Removes a queue that no transfer runs on.
    fn SCIRemoveDMAQueue as remove_dma_queue(
        queue: c::sci_dma_queue_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                DMA_QUEUES.get(queue)?.remove()
            })
        }
    }
}

sisci! {
    /// Starts a transfer.
    fn SCIStartDmaTransfer as start_dma_transfer(
        queue: c::sci_dma_queue_t,
        local: c::sci_local_segment_t,
        remote: c::sci_remote_segment_t,
        local_offset: usize,
        size: usize,
        remote_offset: usize,
        callback: c::sci_cb_dma_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                let engines = SCI_FLAG_DMA_GLOBAL | SCI_FLAG_DMA_SYSDMA | SCI_FLAG_DMA_ADAPTER;
                let built = SCI_FLAG_USE_CALLBACK | SCI_FLAG_DMA_READ | SCI_FLAG_DMA_WAIT | engines;
                legal_flags(flags, built, SCI_FLAG_BROADCAST)?;
                let queue = DMA_QUEUES.get(queue)?;
                let (local, remote) = (LOCAL_SEGMENTS.get(local)?, REMOTE_SEGMENTS.get(remote)?);
                let callback = match wanted(flags, callback, argument)? {
                    Some((function, argument)) => {
                        let member = process::current()?.member()?;
                        Some(Callback::new(function, argument, &member)?)
                    }
                    None => None,
                };
                let span = Span { local: local_offset, size, remote: remote_offset };
                let local = Local::Segment(&local);
                let job = Job::new(local, &remote, &[span], flags, queue.adapter())?;
                queue.start(job, callback)?;
                if flags & SCI_FLAG_DMA_WAIT != 0 { queue.wait_done() } else { Ok(()) }
            })
        }
    }
}

sisci! {
    /// The state now; ERROR for a bad handle.
    fn SCIDMAQueueState as dma_queue_state(queue: c::sci_dma_queue_t) -> Status {
        guarded(|| Ok(DMA_QUEUES.look(queue)?.status())).unwrap_or(Status::SCI_DMAQUEUE_ERROR)
    }
}

sisci! {
    /// Waits until no transfer runs.
    fn SCIWaitForDMAQueue as wait_for_dma_queue(
        queue: c::sci_dma_queue_t,
        timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) -> Status {
        // SAFETY: `error` as promised.
        unsafe {
            let now = guarded(|| Ok(DMA_QUEUES.look(queue)?.status()));
            answer(error, now.unwrap_or(Status::SCI_DMAQUEUE_ERROR), || {
                no_flags(flags)?;
                DMA_QUEUES.get(queue)?.wait(timeout)
            })
        }
    }
}

sisci! {
    /// Stops the transfer that runs.
    fn SCIAbortDMAQueue as abort_dma_queue(
        queue: c::sci_dma_queue_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                DMA_QUEUES.get(queue)?.abort()
            })
        }
    }
}

//! DMA queues.

use super::{answer, guarded, require, set, sisci};
use crate::Code;
use crate::model::adapter;
use crate::model::dma::DmaQueue;
use crate::model::flags::*;
use crate::model::tables::{DEVICES, DMA_QUEUES};
use sisci_sys as c;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::ffi::c_uint;

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
                legal_flags(flags, 0, SCI_FLAG_DMA_PHDMA)?;
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

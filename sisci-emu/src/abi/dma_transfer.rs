//! DMA transfers of one range, of memory of the program, of a vector, and under old names.

use super::{answer, sisci, wanted};
use crate::model::callback::Callback;
use crate::model::dma::{DmaQueue, Function, Job, Local, Span};
use crate::model::flags::*;
use crate::model::remote_segment::RemoteSegment;
use crate::model::tables::{DMA_QUEUES, LOCAL_SEGMENTS, REMOTE_SEGMENTS};
use crate::runtime::limits::{Limits, reached};
use crate::runtime::log::report;
use crate::runtime::process;
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

/// Flags of all that start a transfer.
const BUILT: u32 = SCI_FLAG_USE_CALLBACK
    | SCI_FLAG_DMA_READ
    | SCI_FLAG_DMA_WAIT
    | SCI_FLAG_DMA_GLOBAL
    | SCI_FLAG_DMA_SYSDMA
    | SCI_FLAG_DMA_ADAPTER
    | SCI_FLAG_BROADCAST;

/// The program's callback for the end of a transfer.
pub fn callback_of(
    flags: u32,
    callback: c::sci_cb_dma_t,
    argument: *mut c_void,
) -> Result<Option<Callback<Function>>> {
    let Some((function, argument)) = wanted(flags, callback, argument)? else {
        return Ok(None);
    };
    let member = process::current()?.member()?;
    Callback::new(function, argument, &member).map(Some)
}

/// Starts a job, and waits for its end if the flags say so.
fn start(
    queue: &DmaQueue,
    job: Job,
    flags: u32,
    callback: Option<Callback<Function>>,
) -> Result<()> {
    queue.start(job, callback)?;
    if flags & SCI_FLAG_DMA_WAIT != 0 {
        queue.wait_done()
    } else {
        Ok(())
    }
}

/// With `BROADCAST` the far end has to be a group.
pub fn check_group(remote: &RemoteSegment, flags: u32) -> Result<()> {
    if flags & SCI_FLAG_BROADCAST != 0 && !remote.is_group() {
        report!(Debug, "BROADCAST, but the segment is none of a group");
        return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
    }
    Ok(())
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
                legal_flags(flags, BUILT, 0)?;
                let queue = DMA_QUEUES.get(queue)?;
                let (local, remote) = (LOCAL_SEGMENTS.get(local)?, REMOTE_SEGMENTS.get(remote)?);
                check_group(&remote, flags)?;
                let callback = callback_of(flags, callback, argument)?;
                let span = Span { local: local_offset, size, remote: remote_offset };
                let local = Local::Segment(&local);
                let job = Job::new(local, &remote, &[span], flags, queue.adapter())?;
                start(&queue, job, flags, callback)
            })
        }
    }
}

sisci! {
    /// Starts a transfer of memory of the program.
    fn SCIStartDmaTransferMem as start_dma_transfer_mem(
        queue: c::sci_dma_queue_t,
        memory: *mut c_void,
        remote: c::sci_remote_segment_t,
        size: usize,
        remote_offset: usize,
        callback: c::sci_cb_dma_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised; what is behind `memory` is left to the kernel.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, BUILT | SCI_FLAG_DMA_USER_MEM, 0)?;
                let (queue, remote) = (DMA_QUEUES.get(queue)?, REMOTE_SEGMENTS.get(remote)?);
                check_group(&remote, flags)?;
                let callback = callback_of(flags, callback, argument)?;
                let span = Span { local: 0, size, remote: remote_offset };
                let local = Local::User(memory.expose_provenance());
                let job = Job::new(local, &remote, &[span], flags, queue.adapter())?;
                start(&queue, job, flags, callback)
            })
        }
    }
}

sisci! {
    /// Starts a transfer of several ranges, in their order.
    fn SCIStartDmaTransferVec as start_dma_transfer_vec(
        queue: c::sci_dma_queue_t,
        local: c::sci_local_segment_t,
        remote: c::sci_remote_segment_t,
        length: usize,
        vector: *mut c::dis_dma_vec_t,
        callback: c::sci_cb_dma_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised, `vector` for `length` elements.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, BUILT, 0)?;
                let queue = DMA_QUEUES.get(queue)?;
                let (local, remote) = (LOCAL_SEGMENTS.get(local)?, REMOTE_SEGMENTS.get(remote)?);
                check_group(&remote, flags)?;
                let callback = callback_of(flags, callback, argument)?;
                let spans = spans(vector, length)?;
                let local = Local::Segment(&local);
                let job = Job::new(local, &remote, &spans, flags, queue.adapter())?;
                start(&queue, job, flags, callback)
            })
        }
    }
}

/// The elements of a vector.
///
/// # Safety
/// `vector` is null or valid for `length` elements.
unsafe fn spans(vector: *const c::dis_dma_vec_t, length: usize) -> Result<Vec<Span>> {
    if vector.is_null() {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let limit = Limits::current().vector_elements;
    if length as u64 > limit {
        return Err(reached(
            "limits.vector_elements",
            limit,
            Code::SCI_ERR_MAX_ENTRIES,
        ));
    }
    let span = |index: usize| {
        // SAFETY: `index` is less than `length`; no alignment is assumed.
        let element = unsafe { vector.add(index).read_unaligned() };
        // Programs leave the flags of an element as they are; hardware takes that.
        Ok(Span {
            local: element.local_offset as usize,
            size: element.size as usize,
            remote: element.remote_offset as usize,
        })
    };
    (0..length).map(span).collect()
}

sisci! {
    /// Another name of SCIStartDmaTransfer.
    fn DISStartDmaTransfer as dis_start_dma_transfer(
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
        // SAFETY: the caller's promises are the same.
        unsafe {
            start_dma_transfer(
                queue, local, remote, local_offset, size, remote_offset, callback, argument, flags,
                error,
            )
        }
    }
}

sisci! {
    /// Another name of SCIStartDmaTransferVec.
    fn DISStartDmaTransferVec as dis_start_dma_transfer_vec(
        queue: c::sci_dma_queue_t,
        local: c::sci_local_segment_t,
        remote: c::sci_remote_segment_t,
        length: usize,
        vector: *mut c::dis_dma_vec_t,
        callback: c::sci_cb_dma_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the caller's promises are the same.
        unsafe {
            start_dma_transfer_vec(
                queue, local, remote, length, vector, callback, argument, flags, error,
            )
        }
    }
}

//! DMA queues: one transfer at a time each, carried out by a thread of the queue.

use crate::model::callback::Callback;
use crate::model::device::Device;
use crate::model::flags::{SCI_FLAG_DMA_GLOBAL, SCI_FLAG_DMA_READ};
use crate::model::local_segment::LocalSegment;
use crate::model::remote_segment::RemoteSegment;
use crate::model::sequence::barrier;
use crate::model::tables::DMA_QUEUES;
use crate::runtime::handles::OwnHandle;
use crate::runtime::log::report;
use crate::runtime::memory::Mapping;
use crate::runtime::reactor;
use crate::runtime::sync::{Lease, Use, deadline, lock, wait_until};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

/// Offsets and sizes are multiples of this many bytes.
pub const ALIGNMENT: usize = 8;
/// The longest transfer in bytes.
pub const MAX_TRANSFER: u32 = 1 << 30;
/// An abort takes effect between pieces of this many bytes.
const PIECE: usize = 256 << 10;

/// The program's function for the end of a transfer, never null.
pub type Function =
    unsafe extern "C" fn(*mut c_void, c::sci_dma_queue_t, Code) -> c::sci_callback_action_t;

/// A queue.
pub struct DmaQueue {
    this: Weak<Self>,
    handle: OwnHandle<c::sci_dma_queue>,
    state: Mutex<State>,
    changed: Condvar,
    device: Lease,
}

struct State {
    status: Status,
    /// Waits for the engine.
    transfer: Option<Transfer>,
    abort: bool,
    stop: bool,
    engine: Option<JoinHandle<()>>,
}

/// What to copy. Offsets and size are bytes.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// In the local segment.
    pub local: usize,
    /// Of the transfer.
    pub size: usize,
    /// In the remote segment.
    pub remote: usize,
}

struct Transfer {
    source: (Arc<Mapping>, usize),
    target: (Arc<Mapping>, usize),
    size: usize,
    remote: Arc<RemoteSegment>,
    callback: Option<Callback<Function>>,
    _uses: [Use; 2],
}

impl DmaQueue {
    /// Creates an idle queue.
    ///
    /// # Errors
    /// `API_NOSPC`.
    pub fn create(device: &Device) -> Result<c::sci_dma_queue_t> {
        let resource = device.resource()?;
        let state = State {
            status: Status::SCI_DMAQUEUE_IDLE,
            transfer: None,
            abort: false,
            stop: false,
            engine: None,
        };
        let queue = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            handle: OwnHandle::default(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            device: Lease::new(resource),
        });
        let handle = DMA_QUEUES.insert(Arc::clone(&queue))?;
        queue.handle.set(handle);
        Ok(handle)
    }

    /// Removes the queue.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while a transfer runs.
    pub fn remove(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if state.status == Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        if std::mem::replace(&mut state.stop, true) {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let engine = state.engine.take();
        drop(state);
        DMA_QUEUES.remove(self.handle.get());
        self.changed.notify_all();
        if let Some(engine) = engine {
            let _ = engine.join();
        }
        self.device.end();
        Ok(())
    }

    /// The end of the library: a transfer that runs is aborted.
    pub fn stop(&self) {
        let _ = self.abort();
        let _ = self.wait(u32::MAX);
        let _ = self.remove();
    }

    /// Starts a transfer, to the remote segment unless `flags` say `DMA_READ`.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while another one runs, or if the remote segment is neither mapped nor
    /// the transfer `DMA_GLOBAL`; `SEGMENT_NOT_PREPARED`, `SEGMENT_NOT_CONNECTED`, `OUT_OF_RANGE`,
    /// `SIZE_ALIGNMENT`, `OFFSET_ALIGNMENT`, `ILLEGAL_PARAMETER` for an empty one.
    pub fn start(
        &self,
        local: &LocalSegment,
        remote: &Arc<RemoteSegment>,
        span: Span,
        flags: u32,
        callback: Option<Callback<Function>>,
    ) -> Result<()> {
        check_span(span, local.memory().size(), remote.memory().size())?;
        check_segments(local, remote, flags)?;
        let uses = [local.acquire()?, remote.acquire()?];
        let near = (local.memory().whole()?, span.local);
        let far = (remote.memory().whole()?, span.remote);
        let read = flags & SCI_FLAG_DMA_READ != 0;
        let (source, target) = if read { (far, near) } else { (near, far) };
        let remote = Arc::clone(remote);
        let transfer = Transfer {
            source,
            target,
            size: span.size,
            remote,
            callback,
            _uses: uses,
        };
        self.post(transfer)
    }

    fn post(&self, transfer: Transfer) -> Result<()> {
        let mut state = lock(&self.state);
        if state.stop {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        if state.status == Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        if state.engine.is_none() {
            let queue = self.this.upgrade().ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
            let engine = reactor::spawn("sisci-emu-dma", move || queue.run_engine());
            state.engine = Some(engine.map_err(|error| {
                report!(Error, "cannot start a DMA thread: {error}");
                Code::SCI_ERR_SYSTEM
            })?);
        }
        state.status = Status::SCI_DMAQUEUE_POSTED;
        state.abort = false;
        state.transfer = Some(transfer);
        self.changed.notify_all();
        Ok(())
    }

    /// The state now.
    pub fn status(&self) -> Status {
        lock(&self.state).status
    }

    /// Waits until no transfer runs.
    ///
    /// # Errors
    /// `TIMEOUT`.
    pub fn wait(&self, timeout_ms: u32) -> Result<Status> {
        let deadline = deadline(timeout_ms);
        let mut state = lock(&self.state);
        while state.status == Status::SCI_DMAQUEUE_POSTED {
            let (guard, in_time) = wait_until(&self.changed, state, deadline);
            state = guard;
            if !in_time {
                return Err(Code::SCI_ERR_TIMEOUT);
            }
        }
        Ok(state.status)
    }

    /// Stops the transfer that runs, and waits until it has stopped.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if none runs.
    pub fn abort(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if state.status != Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        state.abort = true;
        drop(state);
        self.wait(u32::MAX).map(drop)
    }

    fn run_engine(&self) {
        while let Some(transfer) = self.next_transfer() {
            let status = self.carry_out(&transfer);
            self.finish(transfer, status);
        }
    }

    /// `None` once the queue is removed.
    fn next_transfer(&self) -> Option<Transfer> {
        let mut state = lock(&self.state);
        loop {
            if let Some(transfer) = state.transfer.take() {
                return Some(transfer);
            }
            if state.stop {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn carry_out(&self, transfer: &Transfer) -> Status {
        let ((source, from), (target, to)) = (&transfer.source, &transfer.target);
        for done in (0..transfer.size).step_by(PIECE) {
            if lock(&self.state).abort {
                return Status::SCI_DMAQUEUE_ABORTED;
            }
            if !transfer.remote.is_connected() {
                return Status::SCI_DMAQUEUE_ERROR;
            }
            let size = PIECE.min(transfer.size - done);
            source.copy_to(from + done, target, to + done, size);
        }
        barrier();
        let delivered = transfer.remote.is_connected();
        if delivered {
            Status::SCI_DMAQUEUE_DONE
        } else {
            Status::SCI_DMAQUEUE_ERROR
        }
    }

    fn finish(&self, transfer: Transfer, status: Status) {
        let Transfer {
            callback,
            _uses: uses,
            ..
        } = transfer;
        // The program may remove the segments as soon as it sees the new state.
        drop(uses);
        lock(&self.state).status = status;
        self.changed.notify_all();
        let (Some(callback), Some(queue)) = (callback, self.this.upgrade()) else {
            return;
        };
        let code = match status {
            Status::SCI_DMAQUEUE_DONE => Code::SCI_ERR_OK,
            Status::SCI_DMAQUEUE_ABORTED => Code::SCI_ERR_CANCELLED,
            _ => Code::SCI_ERR_TRANSFER_FAILED,
        };
        let thread = Arc::clone(callback.thread());
        thread.submit(move || {
            callback.run(|function, argument| {
                // SAFETY: the program gave this function for this purpose, with its argument.
                unsafe { function(argument, queue.handle.get(), code) }
            });
        });
    }
}

fn check_span(span: Span, local_size: usize, remote_size: usize) -> Result<()> {
    if span.size == 0 || span.size > MAX_TRANSFER as usize {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    if !span.size.is_multiple_of(ALIGNMENT) {
        return Err(Code::SCI_ERR_SIZE_ALIGNMENT);
    }
    for (offset, end) in [(span.local, local_size), (span.remote, remote_size)] {
        if !offset.is_multiple_of(ALIGNMENT) {
            return Err(Code::SCI_ERR_OFFSET_ALIGNMENT);
        }
        if offset.checked_add(span.size).is_none_or(|last| last > end) {
            return Err(Code::SCI_ERR_OUT_OF_RANGE);
        }
    }
    Ok(())
}

fn check_segments(local: &LocalSegment, remote: &RemoteSegment, flags: u32) -> Result<()> {
    if !local.is_prepared() {
        return Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED);
    }
    if !remote.is_connected() {
        return Err(Code::SCI_ERR_SEGMENT_NOT_CONNECTED);
    }
    if flags & SCI_FLAG_DMA_GLOBAL == 0 && !remote.is_mapped() {
        return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
    }
    Ok(())
}

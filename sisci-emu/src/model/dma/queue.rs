//! A queue: its state, what it gathers, and who waits for it.

use super::engine::{self, Control};
use super::job::Job;
use crate::model::callback::Callback;
use crate::model::device::Device;
use crate::model::tables::DMA_QUEUES;
use crate::runtime::handles::OwnHandle;
use crate::runtime::log::report;
use crate::runtime::reactor;
use crate::runtime::sync::{Lease, deadline, lock, wait_until};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

/// The program's function for the end of a transfer, never null.
pub type Function =
    unsafe extern "C" fn(*mut c_void, c::sci_dma_queue_t, Code) -> c::sci_callback_action_t;

/// A queue.
pub struct DmaQueue {
    this: Weak<Self>,
    handle: OwnHandle<c::sci_dma_queue>,
    adapter: u32,
    max_entries: usize,
    state: Mutex<State>,
    changed: Condvar,
    /// Looked at between pieces, without the lock.
    aborted: AtomicBool,
    device: Lease,
}

struct State {
    status: Status,
    /// What was enqueued and not posted yet.
    gathered: Job,
    /// Waits for the engine.
    posted: Option<(Job, Option<Callback<Function>>)>,
    stop: bool,
    engine: Option<JoinHandle<()>>,
}

impl DmaQueue {
    /// Creates an idle queue that gathers at most `max_entries` transfers.
    ///
    /// # Errors
    /// `API_NOSPC`.
    pub fn create(device: &Device, adapter: u32, max_entries: usize) -> Result<c::sci_dma_queue_t> {
        let resource = device.resource()?;
        let state = State {
            status: Status::SCI_DMAQUEUE_IDLE,
            gathered: Job::default(),
            posted: None,
            stop: false,
            engine: None,
        };
        let queue = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            handle: OwnHandle::default(),
            adapter,
            max_entries,
            state: Mutex::new(state),
            changed: Condvar::new(),
            aborted: AtomicBool::new(false),
            device: Lease::new(resource),
        });
        let handle = DMA_QUEUES.insert(Arc::clone(&queue))?;
        queue.handle.set(handle);
        Ok(handle)
    }

    /// The adapter that its transfers go through.
    pub fn adapter(&self) -> u32 {
        self.adapter
    }

    /// Removes the queue, and what it has gathered.
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
        let (engine, gathered) = (state.engine.take(), std::mem::take(&mut state.gathered));
        drop(state);
        drop(gathered);
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

    /// Starts a transfer.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while another one runs or is being gathered.
    pub fn start(&self, job: Job, callback: Option<Callback<Function>>) -> Result<()> {
        let mut state = self.open_state()?;
        match state.status {
            Status::SCI_DMAQUEUE_POSTED | Status::SCI_DMAQUEUE_GATHER => {
                Err(Code::SCI_ERR_ILLEGAL_OPERATION)
            }
            _ => self.post(&mut state, job, callback),
        }
    }

    /// Adds a transfer to those that [`DmaQueue::post_gathered`] starts together.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while a transfer runs, or before a finished one is reset; `MAX_ENTRIES`.
    pub fn enqueue(&self, job: Job) -> Result<()> {
        let mut state = self.open_state()?;
        match state.status {
            Status::SCI_DMAQUEUE_IDLE | Status::SCI_DMAQUEUE_GATHER => {}
            _ => return Err(Code::SCI_ERR_ILLEGAL_OPERATION),
        }
        if state.gathered.parts().len() + job.parts().len() > self.max_entries {
            report!(Debug, "the DMA queue has room for {}", self.max_entries);
            return Err(Code::SCI_ERR_MAX_ENTRIES);
        }
        state.gathered.append(job)?;
        state.status = Status::SCI_DMAQUEUE_GATHER;
        Ok(())
    }

    /// Starts what was gathered.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if there is nothing.
    pub fn post_gathered(&self, callback: Option<Callback<Function>>) -> Result<()> {
        let mut state = self.open_state()?;
        if state.status != Status::SCI_DMAQUEUE_GATHER {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        let job = std::mem::take(&mut state.gathered);
        self.post(&mut state, job, callback)
    }

    /// Makes the queue idle again, and forgets what it has gathered.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while a transfer runs.
    pub fn reset(&self) -> Result<()> {
        let mut state = self.open_state()?;
        if state.status == Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        state.gathered = Job::default();
        state.status = Status::SCI_DMAQUEUE_IDLE;
        Ok(())
    }

    /// The state of a queue that isn't removed.
    fn open_state(&self) -> Result<std::sync::MutexGuard<'_, State>> {
        let state = lock(&self.state);
        if state.stop {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        Ok(state)
    }

    fn post(
        &self,
        state: &mut State,
        job: Job,
        callback: Option<Callback<Function>>,
    ) -> Result<()> {
        if state.engine.is_none() {
            let queue = self.this.upgrade().ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
            let engine = reactor::spawn("sisci-emu-dma", move || queue.run_engine());
            state.engine = Some(engine.map_err(|error| {
                report!(Error, "cannot start a DMA thread: {error}");
                Code::SCI_ERR_SYSTEM
            })?);
        }
        state.status = Status::SCI_DMAQUEUE_POSTED;
        self.aborted.store(false, Ordering::Release);
        state.posted = Some((job, callback));
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

    /// Waits for the end and gives it as a code.
    ///
    /// # Errors
    /// `CANCELLED` if it was aborted, `TRANSFER_FAILED`.
    pub fn wait_done(&self) -> Result<()> {
        match code(self.wait(u32::MAX)?) {
            Code::SCI_ERR_OK => Ok(()),
            code => Err(code),
        }
    }

    /// Stops the transfer that runs, and waits until it has stopped.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if none runs.
    pub fn abort(&self) -> Result<()> {
        let state = lock(&self.state);
        if state.status != Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        self.aborted.store(true, Ordering::Release);
        self.changed.notify_all();
        drop(state);
        self.wait(u32::MAX).map(drop)
    }

    fn run_engine(&self) {
        while let Some((job, callback)) = self.next_job() {
            let status = engine::carry_out(&job, self);
            self.finish(job, callback, status);
        }
    }

    /// `None` once the queue is removed.
    fn next_job(&self) -> Option<(Job, Option<Callback<Function>>)> {
        let mut state = lock(&self.state);
        loop {
            if let Some(posted) = state.posted.take() {
                return Some(posted);
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

    fn finish(&self, job: Job, callback: Option<Callback<Function>>, status: Status) {
        // The program may remove the segments as soon as it sees the new state.
        drop(job);
        lock(&self.state).status = status;
        self.changed.notify_all();
        let (Some(callback), Some(queue)) = (callback, self.this.upgrade()) else {
            return;
        };
        let thread = Arc::clone(callback.thread());
        thread.submit(move || {
            callback.run(|function, argument| {
                // SAFETY: the program gave this function for this purpose, with its argument.
                unsafe { function(argument, queue.handle.get(), code(status)) }
            });
        });
    }
}

impl Control for DmaQueue {
    fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    fn sleep(&self, until: Option<Instant>) {
        let state = lock(&self.state);
        // An abort that came in between holds the lock when it rings.
        if !self.is_aborted() {
            let _ = wait_until(&self.changed, state, until);
        }
    }
}

/// What the end of a transfer is as a code.
fn code(status: Status) -> Code {
    match status {
        Status::SCI_DMAQUEUE_DONE | Status::SCI_DMAQUEUE_IDLE => Code::SCI_ERR_OK,
        Status::SCI_DMAQUEUE_ABORTED => Code::SCI_ERR_CANCELLED,
        _ => Code::SCI_ERR_TRANSFER_FAILED,
    }
}

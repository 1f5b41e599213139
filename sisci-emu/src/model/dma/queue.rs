//! A queue: its state, what it gathers, and who waits for it.

use super::engine::{self, Control, Ending};
use super::job::Job;
use crate::fabric::usage::Resource;
use crate::model::callback::Callback;
use crate::model::device::{Device, Held};
use crate::model::tables::DMA_QUEUES;
use crate::runtime::handles::OwnHandle;
use crate::runtime::log::report;
use crate::runtime::reactor;
use crate::runtime::sync::{Lease, Use, deadline, lock, wait_until};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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
    /// Somebody who waits for the end has to look again.
    changed: Condvar,
    /// The engine has to look again. Not at every end: to wake it takes longer than a small transfer.
    work: Condvar,
    /// Copies that are over; looked at without the lock.
    copies: AtomicU64,
    /// Looked at between pieces, without the lock.
    aborted: AtomicBool,
    /// The channel that it is assigned to.
    channel: Mutex<Option<Use>>,
    device: Lease<Held>,
}

struct State {
    status: Status,
    /// What was enqueued and not posted yet.
    gathered: Job,
    /// Waits for somebody who copies.
    posted: Option<Posted>,
    /// Is copied, and waits for its end.
    ending: Option<(Posted, Ending)>,
    /// Of transfers that ended: those that wait for the callback thread, or run there.
    callbacks: Vec<Arc<Callback<Function>>>,
    stop: bool,
    engine: Option<JoinHandle<()>>,
}

/// A transfer that was started.
struct Posted {
    job: Job,
    callback: Option<Callback<Function>>,
    /// When it is over.
    end: Instant,
}

/// Transfers up to this size are copied by who starts them: to wake the engine takes longer.
const AT_ONCE: usize = 16 << 10;
/// Who waits for a transfer up to this size copies it if the engine hasn't begun: it has nothing
/// else to do.
const BY_WAITER: usize = 2 << 20;
/// The last part of a wait is spun: the system would wake up later than that.
const SPUN: Duration = Duration::from_micros(100);
/// Of which the processor is offered to others until this is left.
const YIELDED: Duration = Duration::from_micros(3);

impl DmaQueue {
    /// Creates an idle queue that gathers at most `max_entries` transfers.
    ///
    /// # Errors
    /// `API_NOSPC`.
    pub fn create(device: &Device, adapter: u32, max_entries: usize) -> Result<c::sci_dma_queue_t> {
        let resource = device.limited(adapter, Resource::DmaQueues)?;
        let state = State {
            status: Status::SCI_DMAQUEUE_IDLE,
            gathered: Job::default(),
            posted: None,
            ending: None,
            callbacks: Vec::new(),
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
            work: Condvar::new(),
            copies: AtomicU64::new(0),
            aborted: AtomicBool::new(false),
            channel: Mutex::new(None),
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

    /// Removes the queue, and what it has gathered. A callback that hasn't begun doesn't come any
    /// more; the end of one that runs is waited for.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while a transfer runs.
    pub fn remove(&self) -> Result<()> {
        let mut state = self.settled();
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
        self.work.notify_all();
        if let Some(engine) = engine {
            let _ = engine.join();
        }
        let callbacks = std::mem::take(&mut lock(&self.state).callbacks);
        callbacks.iter().for_each(|callback| callback.cancel());
        lock(&self.channel).take();
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
        let state = self.open_state()?;
        match state.status {
            Status::SCI_DMAQUEUE_POSTED | Status::SCI_DMAQUEUE_GATHER => {
                Err(Code::SCI_ERR_ILLEGAL_OPERATION)
            }
            _ => self.post(state, job, callback),
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
        self.post(state, job, callback)
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

    /// Lets its transfers run by a channel, and by no other that it was assigned to before.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` while a transfer runs.
    pub fn assign(&self, channel: Use) -> Result<()> {
        let state = self.open_state()?;
        if state.status == Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        *lock(&self.channel) = Some(channel);
        Ok(())
    }

    /// The state of a queue that isn't removed.
    fn open_state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.settled();
        if state.stop {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        Ok(state)
    }

    /// The state after what is due has ended.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        self.settle(&mut state);
        state
    }

    fn post<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        job: Job,
        callback: Option<Callback<Function>>,
    ) -> Result<()> {
        let end = job.end();
        let at_once = callback.is_none() && job.size() <= AT_ONCE;
        if !at_once {
            self.start_engine(&mut state)?;
        }
        state.status = Status::SCI_DMAQUEUE_POSTED;
        self.aborted.store(false, Ordering::Release);
        let posted = Posted { job, callback, end };
        if at_once {
            state = self.copy(state, posted);
            if let Some((posted, Ending { due: Some(_), .. })) = &mut state.ending {
                // Nobody watches for the end, so it can't hold the segments until then.
                drop(std::mem::take(&mut posted.job));
            }
        } else {
            state.posted = Some(posted);
        }
        if state.posted.is_some() {
            self.work.notify_all();
        }
        Ok(())
    }

    fn start_engine(&self, state: &mut State) -> Result<()> {
        if state.engine.is_none() {
            let queue = self.this.upgrade().ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
            let engine = reactor::spawn("sisci-emu-dma", move || queue.run_engine());
            state.engine = Some(engine.map_err(|error| {
                report!(Error, "cannot start a DMA thread: {error}");
                Code::SCI_ERR_SYSTEM
            })?);
        }
        Ok(())
    }

    /// The state now.
    pub fn status(&self) -> Status {
        self.settled().status
    }

    /// Waits until no transfer runs.
    ///
    /// # Errors
    /// `TIMEOUT`.
    pub fn wait(&self, timeout_ms: u32) -> Result<Status> {
        let deadline = deadline(timeout_ms);
        let has_time = deadline.is_none_or(|end| end > Instant::now() + COPY_LIMIT);
        let mut state = self.settled();
        let mut watched = false;
        while state.status == Status::SCI_DMAQUEUE_POSTED {
            let helps = |posted: &mut Posted| {
                has_time && posted.callback.is_none() && posted.job.size() <= BY_WAITER
            };
            if let Some(posted) = state.posted.take_if(helps) {
                state = self.copy(state, posted);
                continue;
            }
            if deadline.is_some_and(|end| end <= Instant::now()) {
                // The engine ends what this thread may have copied.
                self.work.notify_all();
                return Err(Code::SCI_ERR_TIMEOUT);
            }
            if has_time && state.ending.is_none() && !watched {
                watched = true;
                state = self.watch(state);
                continue;
            }
            state = self.rest(state, deadline, Rest::Waiter);
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
        let state = self.settled();
        if state.status != Status::SCI_DMAQUEUE_POSTED {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        self.aborted.store(true, Ordering::Release);
        self.changed.notify_all();
        self.work.notify_all();
        drop(state);
        self.wait(u32::MAX).map(drop)
    }

    fn run_engine(&self) {
        let mut state = lock(&self.state);
        while !state.stop || state.status == Status::SCI_DMAQUEUE_POSTED {
            state = match state.posted.take() {
                Some(posted) => self.copy(state, posted),
                None => self.rest(state, None, Rest::Engine),
            };
        }
    }

    /// Copies, without the lock, and lets the transfer end when it is due.
    fn copy<'a>(&'a self, state: MutexGuard<'a, State>, posted: Posted) -> MutexGuard<'a, State> {
        drop(state);
        let ending = engine::carry_out(&posted.job, posted.end, self);
        let mut state = lock(&self.state);
        self.copies.fetch_add(1, Ordering::Release);
        state.ending = Some((posted, ending));
        self.settle(&mut state);
        if state.ending.is_some() {
            // Who waits knows now until when.
            self.changed.notify_all();
        }
        state
    }

    /// Spins while somebody else copies, for a short time: to be woken takes longer.
    fn watch<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let copies = self.copies.load(Ordering::Acquire);
        drop(state);
        let end = Instant::now() + SPUN;
        while self.copies.load(Ordering::Acquire) == copies && Instant::now() < end {
            // Who copies may need this very processor.
            std::thread::yield_now();
        }
        self.settled()
    }

    /// Ends what is due or aborted.
    fn settle(&self, state: &mut State) {
        let aborted = self.is_aborted();
        let is_over =
            |ending: &Ending| aborted || ending.due.is_some_and(|due| due <= Instant::now());
        let Some((posted, ending)) = state.ending.take_if(|(_, ending)| is_over(ending)) else {
            return;
        };
        // The program may remove the segments as soon as it sees the new state.
        drop(posted.job);
        state.status = if aborted {
            Status::SCI_DMAQUEUE_ABORTED
        } else {
            ending.status
        };
        self.changed.notify_all();
        let (Some(callback), Some(queue)) = (posted.callback.map(Arc::new), self.this.upgrade())
        else {
            return;
        };
        state.callbacks.push(Arc::clone(&callback));
        let (thread, code) = (Arc::clone(callback.thread()), code(state.status));
        thread.submit(move || {
            callback.run(|function, argument| {
                // SAFETY: the program gave this function for this purpose, with its argument.
                unsafe { function(argument, queue.handle.get(), code) }
            });
            let mut state = lock(&queue.state);
            state
                .callbacks
                .retain(|pending| !Arc::ptr_eq(pending, &callback));
        });
    }

    /// Waits until something may have changed: asleep, but awake for the last part before an end.
    fn rest<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        deadline: Option<Instant>,
        who: Rest,
    ) -> MutexGuard<'a, State> {
        let due = state.ending.as_ref().and_then(|(posted, ending)| {
            let spared = who == Rest::Engine && posted.callback.is_none();
            let due = ending.due?;
            Some(if spared { due + SPARED } else { due })
        });
        let nap = due.map(|due| due.checked_sub(SPUN).unwrap_or(due));
        let until = match (nap, deadline) {
            (Some(nap), Some(deadline)) => Some(nap.min(deadline)),
            (nap, deadline) => nap.or(deadline),
        };
        let mut state = state;
        if until.is_none_or(|until| Instant::now() < until) {
            let news = match who {
                Rest::Engine => &self.work,
                Rest::Waiter => &self.changed,
            };
            state = wait_until(news, state, until).0;
        } else if let Some(due) = due {
            drop(state);
            while let Some(left) = due.checked_duration_since(Instant::now())
                && !self.is_aborted()
            {
                // Another queue's copy may need this very processor; the end is exact all the same.
                if left > YIELDED {
                    std::thread::yield_now();
                } else {
                    std::hint::spin_loop();
                }
            }
            state = lock(&self.state);
        }
        self.settle(&mut state);
        state
    }
}

/// Who waits for the end of a transfer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// The queue's thread: without a callback it only cares for programs that never ask.
    Engine,
    /// The program.
    Waiter,
}

/// How long the queue's thread leaves the end of a transfer to the program.
const SPARED: Duration = Duration::from_micros(500);
/// Who has less time left copies nothing for the engine.
const COPY_LIMIT: Duration = Duration::from_millis(10);

impl Control for DmaQueue {
    fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
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

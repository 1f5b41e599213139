//! DMA queues: bulk moved by an engine while the processor does something else.

use super::callbacks::{Callbacks, Registration, guarded};
use super::{Device, DeviceError, LocalSegment, RemoteSegment, checked, milliseconds};
use sisci_sys::{
    sci_callback_action_t, sci_cb_dma_t, sci_dma_queue_state_t, sci_dma_queue_t, sci_error_t,
};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Which engine moves the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The library's choice.
    #[default]
    Any,
    /// The adapter's.
    Adapter,
    /// The processor's.
    System,
    /// One that reaches segments that are not mapped.
    Global,
}

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the local segment to the remote one.
    Write,
    /// From the remote segment to the local one.
    Read,
}

/// One transfer; offsets and size in bytes, in multiples of [`Device::dma_limits`].
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The segment of this process; it is kept until the transfer has ended.
    pub local: Arc<LocalSegment>,
    /// Where in it.
    pub local_offset: u64,
    /// The segment of the other side; it is kept as well.
    pub remote: Arc<RemoteSegment>,
    /// Where in it.
    pub remote_offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Which way.
    pub direction: Direction,
}

/// State of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DmaState {
    /// Nothing was started yet.
    Idle,
    /// A transfer runs.
    Running,
    /// The last transfer is complete: its bytes are in the target's memory.
    Done,
    /// The last transfer was aborted; how much of it arrived is not known.
    Aborted,
    /// The last transfer failed; as above.
    Failed,
}

impl From<sci_dma_queue_state_t> for DmaState {
    fn from(state: sci_dma_queue_state_t) -> Self {
        match state {
            sci_dma_queue_state_t::SCI_DMAQUEUE_IDLE
            | sci_dma_queue_state_t::SCI_DMAQUEUE_GATHER => Self::Idle,
            sci_dma_queue_state_t::SCI_DMAQUEUE_POSTED => Self::Running,
            sci_dma_queue_state_t::SCI_DMAQUEUE_DONE => Self::Done,
            sci_dma_queue_state_t::SCI_DMAQUEUE_ABORTED => Self::Aborted,
            _ => Self::Failed,
        }
    }
}

/// Called once with the outcome, on a thread of the library.
type Completion = Mutex<Option<Box<dyn FnOnce(Result<(), sci_error_t>) + Send>>>;

static COMPLETIONS: Callbacks<Completion> = Callbacks::new();

/// Longest time that an engine may take to stop.
const ABORT: Duration = Duration::from_secs(1);

/// A queue that carries one transfer at a time.
#[derive(Debug)]
pub struct DmaQueue {
    device: Arc<Device>,
    queue: sci_dma_queue_t,
    engine: u32,
    /// What runs or ran last: its segments must not go while the engine may use them.
    last: Mutex<Option<Transfer>>,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for DmaQueue {}
// SAFETY: as for Send.
unsafe impl Sync for DmaQueue {}

impl DmaQueue {
    /// Creates an idle queue on `engine`.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_NOSPC` where queues are used up.
    pub fn create(device: &Arc<Device>, engine: Engine) -> Result<Self, DeviceError> {
        let mut queue: sci_dma_queue_t = null_mut();
        checked("SCICreateDMAQueue", String::new, |error| {
            let (sci, out) = (device.sci(), &raw mut queue);
            // SAFETY: `out` is valid for writing; the device is open.
            unsafe { (sci.create_dma_queue)(device.handle(), out, device.adapter(), 1, 0, error) }
        })?;
        Ok(Self {
            device: Arc::clone(device),
            queue,
            engine: device.engine_flag(engine),
            last: Mutex::new(None),
        })
    }

    /// Starts a transfer and returns at once. Unless the engine is [`Engine::Global`], the remote
    /// segment has to be mapped meanwhile ([`super::RemoteMap`]).
    ///
    /// # Errors
    /// [`DeviceError`]: `SCI_ERR_ILLEGAL_OPERATION` while another one runs, `SCI_ERR_OUT_OF_RANGE`,
    /// alignment, no connection.
    pub fn start(&self, transfer: Transfer) -> Result<(), DeviceError> {
        self.begin(transfer, None)
    }

    /// As [`DmaQueue::start`]; `done` is told the outcome, on a thread of the library that may
    /// start the next one. It is not called if this fails.
    ///
    /// # Errors
    /// As [`DmaQueue::start`].
    pub fn start_then(
        &self,
        transfer: Transfer,
        done: impl FnOnce(Result<(), sci_error_t>) + Send + 'static,
    ) -> Result<(), DeviceError> {
        let done: Completion = Mutex::new(Some(Box::new(done)));
        self.begin(transfer, Some(COMPLETIONS.add(Arc::new(done))))
    }

    fn begin(
        &self,
        transfer: Transfer,
        done: Option<Registration<Completion>>,
    ) -> Result<(), DeviceError> {
        let constants = self.device.constants();
        let mut flags = self.engine;
        if transfer.direction == Direction::Read {
            flags |= constants.flag_dma_read;
        }
        let mut callback: sci_cb_dma_t = None;
        if done.is_some() {
            callback = Some(on_done);
            flags |= constants.flag_use_callback;
        }
        // Held over the start: what `last` names must be what the engine uses.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = transfer.bytes;
        let subject = || format!("{bytes} bytes of segment {:#x}", transfer.local.id());
        checked("SCIStartDmaTransfer", subject, |error| {
            let argument = done.as_ref().map_or(null_mut(), Registration::argument);
            // SAFETY: handles of a queue and two segments that live as long as the transfer; the
            // argument is a number of our own table.
            unsafe {
                (self.device.sci().start_dma_transfer)(
                    self.queue,
                    transfer.local.handle(),
                    transfer.remote.handle(),
                    transfer.local_offset as usize,
                    bytes as usize,
                    transfer.remote_offset as usize,
                    callback,
                    argument,
                    flags,
                    error,
                )
            }
        })?;
        let before = last.replace(transfer);
        drop(last);
        // May disconnect a segment, so not under the lock.
        drop(before);
        if let Some(done) = done {
            done.until_called();
        }
        Ok(())
    }

    /// The state now.
    pub fn state(&self) -> DmaState {
        // SAFETY: our own queue.
        unsafe { (self.device.sci().dma_queue_state)(self.queue) }.into()
    }

    /// Waits until no transfer runs, at most so long (`None`: without limit), and gives the state.
    ///
    /// # Errors
    /// [`DeviceError`]: `SCI_ERR_TIMEOUT`.
    pub fn wait(&self, limit: Option<Duration>) -> Result<DmaState, DeviceError> {
        let timeout = milliseconds(limit, self.device.constants().infinite_timeout);
        let state = checked("SCIWaitForDMAQueue", String::new, |error| {
            // SAFETY: our own queue.
            unsafe { (self.device.sci().wait_for_dma_queue)(self.queue, timeout, 0, error) }
        })?;
        Ok(state.into())
    }

    /// Stops the transfer that runs, if one does, within a bounded time. False if the engine can't be
    /// stopped.
    #[must_use]
    pub fn stop(&self) -> bool {
        if self.state() != DmaState::Running {
            return true;
        }
        let _ = self.abort();
        let state = self.wait(Some(ABORT));
        state.is_ok_and(|state| state != DmaState::Running)
    }

    /// Stops the transfer that runs.
    ///
    /// # Errors
    /// [`DeviceError`]: `SCI_ERR_ILLEGAL_OPERATION` if none runs.
    pub fn abort(&self) -> Result<(), DeviceError> {
        checked("SCIAbortDMAQueue", String::new, |error| {
            // SAFETY: our own queue.
            unsafe { (self.device.sci().abort_dma_queue)(self.queue, 0, error) }
        })
    }
}

/// The library's entry into a completion.
unsafe extern "C" fn on_done(
    argument: *mut c_void,
    _queue: sci_dma_queue_t,
    status: sci_error_t,
) -> sci_callback_action_t {
    let done = COMPLETIONS.take(argument);
    let done = done.and_then(|done| done.lock().unwrap_or_else(PoisonError::into_inner).take());
    if let Some(done) = done {
        let outcome = if status == sci_error_t::SCI_ERR_OK {
            Ok(())
        } else {
            Err(status)
        };
        guarded(|| done(outcome));
    }
    sci_callback_action_t::SCI_CALLBACK_CANCEL
}

impl Drop for DmaQueue {
    fn drop(&mut self) {
        if !self.stop() {
            // An engine that can't be stopped goes on with its segments: they stay.
            let last = self.last.get_mut().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(last.take());
            return;
        }
        // SAFETY: our own queue, for the last time; no transfer runs.
        let _ = checked("SCIRemoveDMAQueue", String::new, |error| unsafe {
            (self.device.sci().remove_dma_queue)(self.queue, 0, error)
        });
    }
}

//! Doorbells: SISCI data interrupts that carry a few bytes.

use super::{Device, DeviceError, checked, milliseconds};
use sisci_sys::{
    sci_callback_action_t, sci_error_t, sci_local_data_interrupt_t, sci_remote_data_interrupt_t,
};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Called for each doorbell with its bytes, on a thread of the library.
struct Handler(Box<Call>);

type Call = dyn Fn(&[u8]) + Send + Sync;

/// All handlers there ever were. The library has their addresses where a leak checker can't see them.
static HANDLERS: Mutex<Vec<&'static Handler>> = Mutex::new(Vec::new());

/// The doorbell of this process.
#[derive(Debug)]
pub struct LocalDoorbell {
    device: Arc<Device>,
    interrupt: sci_local_data_interrupt_t,
    number: u32,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for LocalDoorbell {}
// SAFETY: as for Send.
unsafe impl Sync for LocalDoorbell {}

impl LocalDoorbell {
    /// Creates a data interrupt under a number that the library picks; `handler` is called for
    /// each doorbell, one at a time. It lives as long as the process, because no public text
    /// says whether a removal waits for a callback that runs.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_NOSPC` where interrupts are used up.
    pub fn create(
        device: &Arc<Device>,
        handler: impl Fn(&[u8]) + Send + Sync + 'static,
    ) -> Result<Self, DeviceError> {
        let handler: &'static Handler = Box::leak(Box::new(Handler(Box::new(handler))));
        let mut handlers = HANDLERS.lock().unwrap_or_else(PoisonError::into_inner);
        handlers.push(handler);
        drop(handlers);
        let arg = std::ptr::from_ref(handler).cast_mut().cast::<c_void>();
        let mut interrupt: sci_local_data_interrupt_t = null_mut();
        let mut number = 0;
        let created = checked("SCICreateDataInterrupt", String::new, |error| {
            // SAFETY: the out pointers are valid for writing; the device is open; `arg` stays
            // valid for every later call of `on_doorbell`, see above.
            unsafe {
                (device.sci().create_data_interrupt)(
                    device.handle(),
                    &raw mut interrupt,
                    device.adapter(),
                    &raw mut number,
                    Some(on_doorbell),
                    arg,
                    device.constants().flag_use_callback,
                    error,
                )
            }
        });
        created.map(|()| Self {
            device: Arc::clone(device),
            interrupt,
            number,
        })
    }

    /// The number by which others reach it.
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// The library's entry into a handler.
unsafe extern "C" fn on_doorbell(
    arg: *mut c_void,
    _interrupt: sci_local_data_interrupt_t,
    data: *mut c_void,
    length: u32,
    status: sci_error_t,
) -> sci_callback_action_t {
    if status == sci_error_t::SCI_ERR_OK && !data.is_null() {
        // SAFETY: `arg` is the handler that `create` leaked for this interrupt.
        let handler = unsafe { &*arg.cast::<Handler>() };
        // SAFETY: the library gives `length` bytes at `data`, valid during this call.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length as usize) };
        // A panic must not unwind into the library.
        let _ = catch_unwind(AssertUnwindSafe(|| (handler.0)(bytes)));
    }
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

impl Drop for LocalDoorbell {
    fn drop(&mut self) {
        // SAFETY: our own interrupt, for the last time.
        let _ = checked("SCIRemoveDataInterrupt", String::new, |error| unsafe {
            (self.device.sci().remove_data_interrupt)(self.interrupt, 0, error)
        });
    }
}

/// A doorbell that threads wait for; nothing is called for it.
#[derive(Debug)]
pub struct AwaitedDoorbell {
    device: Arc<Device>,
    interrupt: sci_local_data_interrupt_t,
    number: u32,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for AwaitedDoorbell {}
// SAFETY: as for Send.
unsafe impl Sync for AwaitedDoorbell {}

impl AwaitedDoorbell {
    /// Bytes of the longest doorbell that it takes.
    pub const BYTES_MOST: usize = 64;

    /// Creates a data interrupt under a number that the library picks.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_NOSPC` where interrupts are used up.
    pub fn create(device: &Arc<Device>) -> Result<Self, DeviceError> {
        let mut interrupt: sci_local_data_interrupt_t = null_mut();
        let mut number = 0;
        checked("SCICreateDataInterrupt", String::new, |error| {
            // SAFETY: the out pointers are valid for writing; the device is open; without the flag
            // no callback is called.
            unsafe {
                (device.sci().create_data_interrupt)(
                    device.handle(),
                    &raw mut interrupt,
                    device.adapter(),
                    &raw mut number,
                    None,
                    null_mut(),
                    0,
                    error,
                )
            }
        })?;
        Ok(Self {
            device: Arc::clone(device),
            interrupt,
            number,
        })
    }

    /// The number by which others reach it.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Takes one doorbell, or waits for one, at most so long (`None`: without limit, else rounded up
    /// to milliseconds). False if none came. What it carries is not told.
    ///
    /// # Errors
    /// [`DeviceError`]; also if somebody rang with more than [`Self::BYTES_MOST`] bytes.
    pub fn wait(&self, limit: Option<Duration>) -> Result<bool, DeviceError> {
        let timeout = milliseconds(limit, self.device.constants().infinite_timeout);
        let mut bytes = [0u8; Self::BYTES_MOST];
        let mut length = bytes.len() as u32;
        let waited = checked("SCIWaitForDataInterrupt", String::new, |error| {
            // SAFETY: our own interrupt; `bytes` is valid for `length` bytes.
            unsafe {
                (self.device.sci().wait_for_data_interrupt)(
                    self.interrupt,
                    bytes.as_mut_ptr().cast(),
                    &raw mut length,
                    timeout,
                    0,
                    error,
                )
            }
        });
        match waited {
            Ok(()) => Ok(true),
            Err(error) if error.code == sci_error_t::SCI_ERR_TIMEOUT => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Drop for AwaitedDoorbell {
    fn drop(&mut self) {
        // SAFETY: our own interrupt, for the last time.
        let _ = checked("SCIRemoveDataInterrupt", String::new, |error| unsafe {
            (self.device.sci().remove_data_interrupt)(self.interrupt, 0, error)
        });
    }
}

/// What became of a doorbell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rung {
    /// It is on its way.
    Yes,
    /// The peer has not yet taken the earlier ones.
    QueueFull,
}

/// The doorbell of another process.
#[derive(Debug)]
pub struct RemoteDoorbell {
    device: Arc<Device>,
    interrupt: sci_remote_data_interrupt_t,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for RemoteDoorbell {}
// SAFETY: as for Send.
unsafe impl Sync for RemoteDoorbell {}

impl RemoteDoorbell {
    /// Connects to data interrupt `number` of `node`.
    ///
    /// # Errors
    /// [`DeviceError`]: no such node or number, no link.
    pub fn connect(device: &Arc<Device>, node: u32, number: u32) -> Result<Self, DeviceError> {
        let mut interrupt: sci_remote_data_interrupt_t = null_mut();
        let subject = || format!("doorbell {number} of node {node}");
        checked("SCIConnectDataInterrupt", subject, |error| {
            // SAFETY: the out pointer is valid for writing; the device is open.
            unsafe {
                (device.sci().connect_data_interrupt)(
                    device.handle(),
                    &raw mut interrupt,
                    node,
                    device.adapter(),
                    number,
                    device.constants().infinite_timeout,
                    0,
                    error,
                )
            }
        })?;
        Ok(Self {
            device: Arc::clone(device),
            interrupt,
        })
    }

    /// Rings with `bytes`; does not wait for the peer.
    ///
    /// # Errors
    /// [`DeviceError`] if the link or the peer is gone.
    pub fn ring(&self, bytes: &mut [u8]) -> Result<Rung, DeviceError> {
        let rung = checked("SCITriggerDataInterrupt", String::new, |error| {
            // SAFETY: `bytes` is valid for its length during the call, which copies it.
            unsafe {
                (self.device.sci().trigger_data_interrupt)(
                    self.interrupt,
                    bytes.as_mut_ptr().cast(),
                    bytes.len() as u32,
                    0,
                    error,
                )
            }
        });
        match rung {
            Ok(()) => Ok(Rung::Yes),
            Err(error) if error.code == sci_error_t::SCI_ERR_NOSPC => Ok(Rung::QueueFull),
            Err(error) => Err(error),
        }
    }
}

impl Drop for RemoteDoorbell {
    fn drop(&mut self) {
        // SAFETY: our own connection, for the last time.
        let _ = checked("SCIDisconnectDataInterrupt", String::new, |error| unsafe {
            (self.device.sci().disconnect_data_interrupt)(self.interrupt, 0, error)
        });
    }
}

//! Interrupts without data. Several triggers may arrive as one.

use super::callbacks::{Callbacks, Registration, guarded};
use super::{Device, DeviceError, checked, milliseconds};
use sisci_sys::{
    sci_callback_action_t, sci_cb_interrupt_t, sci_error_t, sci_local_interrupt_t,
    sci_remote_interrupt_t,
};
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;

/// Called for each trigger, or for several, on a thread of the library.
type Handler = dyn Fn() + Send + Sync;

static HANDLERS: Callbacks<Handler> = Callbacks::new();

/// An interrupt that others can trigger.
#[derive(Debug)]
pub struct LocalInterrupt {
    device: Arc<Device>,
    interrupt: sci_local_interrupt_t,
    number: u32,
    /// `None` for one that is waited for.
    handler: Option<Registration<Handler>>,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for LocalInterrupt {}
// SAFETY: as for Send.
unsafe impl Sync for LocalInterrupt {}

impl LocalInterrupt {
    /// Creates an interrupt under a number that the library picks; [`LocalInterrupt::wait`] waits
    /// for it.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_NOSPC` where interrupts are used up.
    pub fn create(device: &Arc<Device>) -> Result<Self, DeviceError> {
        Self::new(device, None)
    }

    /// As [`LocalInterrupt::create`], but `handler` is called for it, one call at a time.
    ///
    /// # Errors
    /// As [`LocalInterrupt::create`].
    pub fn handled(
        device: &Arc<Device>,
        handler: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, DeviceError> {
        Self::new(device, Some(HANDLERS.add(Arc::new(handler))))
    }

    fn new(
        device: &Arc<Device>,
        handler: Option<Registration<Handler>>,
    ) -> Result<Self, DeviceError> {
        let mut interrupt: sci_local_interrupt_t = null_mut();
        let mut number = 0;
        let mut callback: sci_cb_interrupt_t = None;
        let (mut argument, mut flags) = (null_mut(), 0);
        if let Some(handler) = &handler {
            callback = Some(on_trigger);
            (argument, flags) = (handler.argument(), device.constants().flag_use_callback);
        }
        checked("SCICreateInterrupt", String::new, |error| {
            // SAFETY: the out pointers are valid for writing; the device is open; the argument is
            // a number of our own table.
            unsafe {
                (device.sci().create_interrupt)(
                    device.handle(),
                    &raw mut interrupt,
                    device.adapter(),
                    &raw mut number,
                    callback,
                    argument,
                    flags,
                    error,
                )
            }
        })?;
        Ok(Self {
            device: Arc::clone(device),
            interrupt,
            number,
            handler,
        })
    }

    /// The number by which others reach it.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Waits for a trigger, at most so long (`None`: without limit). False if none came. One with
    /// a handler can't be waited for.
    ///
    /// # Errors
    /// [`DeviceError`]
    pub fn wait(&self, limit: Option<Duration>) -> Result<bool, DeviceError> {
        if self.handler.is_some() {
            return Err(DeviceError {
                call: "SCIWaitForInterrupt",
                code: sci_error_t::SCI_ERR_ILLEGAL_OPERATION,
                subject: format!("interrupt {} has a handler", self.number),
            });
        }
        let timeout = milliseconds(limit, self.device.constants().infinite_timeout);
        let waited = checked("SCIWaitForInterrupt", String::new, |error| {
            // SAFETY: our own interrupt.
            unsafe { (self.device.sci().wait_for_interrupt)(self.interrupt, timeout, 0, error) }
        });
        match waited {
            Ok(()) => Ok(true),
            Err(error) if error.code == sci_error_t::SCI_ERR_TIMEOUT => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The library's entry into a handler.
unsafe extern "C" fn on_trigger(
    argument: *mut c_void,
    _interrupt: sci_local_interrupt_t,
    status: sci_error_t,
) -> sci_callback_action_t {
    let handler = HANDLERS.get(argument);
    let Some(handler) = handler else {
        return sci_callback_action_t::SCI_CALLBACK_CANCEL;
    };
    if status == sci_error_t::SCI_ERR_OK {
        guarded(|| handler());
    }
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

impl Drop for LocalInterrupt {
    fn drop(&mut self) {
        // SAFETY: our own interrupt, for the last time.
        let _ = checked("SCIRemoveInterrupt", String::new, |error| unsafe {
            (self.device.sci().remove_interrupt)(self.interrupt, 0, error)
        });
    }
}

/// The interrupt of another process.
#[derive(Debug)]
pub struct RemoteInterrupt {
    device: Arc<Device>,
    interrupt: sci_remote_interrupt_t,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for RemoteInterrupt {}
// SAFETY: as for Send.
unsafe impl Sync for RemoteInterrupt {}

impl RemoteInterrupt {
    /// Connects to interrupt `number` of `node`; doesn't wait for it to appear.
    ///
    /// # Errors
    /// [`DeviceError`]: no such node or number, no link.
    pub fn connect(device: &Arc<Device>, node: u32, number: u32) -> Result<Self, DeviceError> {
        let mut interrupt: sci_remote_interrupt_t = null_mut();
        let subject = || format!("interrupt {number} of node {node}");
        checked("SCIConnectInterrupt", subject, |error| {
            // SAFETY: the out pointer is valid for writing; the device is open.
            unsafe {
                (device.sci().connect_interrupt)(
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

    /// Triggers it; does not wait for the peer.
    ///
    /// # Errors
    /// [`DeviceError`] if the link or the peer is gone.
    pub fn trigger(&self) -> Result<(), DeviceError> {
        checked("SCITriggerInterrupt", String::new, |error| {
            // SAFETY: our own connection.
            unsafe { (self.device.sci().trigger_interrupt)(self.interrupt, 0, error) }
        })
    }
}

impl Drop for RemoteInterrupt {
    fn drop(&mut self) {
        // SAFETY: our own connection, for the last time.
        let _ = checked("SCIDisconnectInterrupt", String::new, |error| unsafe {
            (self.device.sci().disconnect_interrupt)(self.interrupt, 0, error)
        });
    }
}

//! Interrupts without data.

use super::{answer, require, set, sisci, wanted};
use crate::Code;
use crate::model::adapter;
use crate::model::flags::*;
use crate::model::interrupt::{How, LocalInterrupt, RemoteInterrupt};
use crate::model::tables::{DEVICES, LOCAL_INTERRUPTS, REMOTE_INTERRUPTS};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Creates an interrupt.
    fn SCICreateInterrupt as create_interrupt(
        sd: c::sci_desc_t,
        interrupt: *mut c::sci_local_interrupt_t,
        adapter: c_uint,
        number: *mut c_uint,
        callback: c::sci_cb_interrupt_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised; `number` holds a value with FIXED_INTNO.
        unsafe {
            answer(error, (), || {
                let built = SCI_FLAG_USE_CALLBACK
                    | SCI_FLAG_FIXED_INTNO
                    | SCI_FLAG_COUNTING_INT
                    | SCI_FLAG_SHARED_INT;
                legal_flags(flags, built, SCI_FLAG_SHARE_EXTERNAL)?;
                adapter::check(adapter)?;
                require(interrupt)?;
                require(number)?;
                let fixed = (flags & SCI_FLAG_FIXED_INTNO != 0).then(|| *number);
                let how = How {
                    counting: flags & SCI_FLAG_COUNTING_INT != 0,
                    shared: flags & SCI_FLAG_SHARED_INT != 0,
                };
                let callback = wanted(flags, callback, argument)?;
                let device = DEVICES.get(sd)?;
                let created = LocalInterrupt::create(&device, adapter, fixed, how, callback)?;
                set(interrupt, created.0);
                set(number, created.1);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Removes an interrupt.
    fn SCIRemoveInterrupt as remove_interrupt(
        interrupt: c::sci_local_interrupt_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                LOCAL_INTERRUPTS.get(interrupt)?.remove()
            })
        }
    }
}

sisci! {
    /// Waits for a trigger.
    fn SCIWaitForInterrupt as wait_for_interrupt(
        interrupt: c::sci_local_interrupt_t,
        timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                LOCAL_INTERRUPTS.get(interrupt)?.wait(timeout)
            })
        }
    }
}

sisci! {
    /// Connects to an interrupt; the timeout has no effect.
    fn SCIConnectInterrupt as connect_interrupt(
        sd: c::sci_desc_t,
        interrupt: *mut c::sci_remote_interrupt_t,
        node: c_uint,
        adapter: c_uint,
        number: c_uint,
        _timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_COUNTING_INT, 0)?;
                adapter::check(adapter)?;
                require(interrupt)?;
                let device = DEVICES.get(sd)?;
                set(interrupt, RemoteInterrupt::connect(&device, node, number, adapter)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Ends a connection.
    fn SCIDisconnectInterrupt as disconnect_interrupt(
        interrupt: c::sci_remote_interrupt_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                RemoteInterrupt::disconnect(interrupt)
            })
        }
    }
}

sisci! {
    /// Triggers.
    fn SCITriggerInterrupt as trigger_interrupt(
        interrupt: c::sci_remote_interrupt_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                REMOTE_INTERRUPTS.look(interrupt)?.trigger()
            })
        }
    }
}

//! Interrupts that carry a message.

use super::{answer, require, set, sisci, wanted};
use crate::Code;
use crate::model::adapter;
use crate::model::data_interrupt::{LocalDataInterrupt, RemoteDataInterrupt, TooLong};
use crate::model::flags::*;
use crate::model::tables::{DEVICES, LOCAL_DATA_INTERRUPTS, REMOTE_DATA_INTERRUPTS};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Creates a data interrupt.
    fn SCICreateDataInterrupt as create_data_interrupt(
        sd: c::sci_desc_t,
        interrupt: *mut c::sci_local_data_interrupt_t,
        adapter: c_uint,
        number: *mut c_uint,
        callback: c::sci_cb_data_interrupt_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised; `number` holds a value with FIXED_INTNO.
        unsafe {
            answer(error, (), || {
                let built = SCI_FLAG_USE_CALLBACK | SCI_FLAG_FIXED_INTNO | SCI_FLAG_BROADCAST;
                legal_flags(flags, built, 0)?;
                adapter::check(adapter)?;
                require(interrupt)?;
                require(number)?;
                let fixed = (flags & SCI_FLAG_FIXED_INTNO != 0).then(|| *number);
                let group = flags & SCI_FLAG_BROADCAST != 0;
                let callback = wanted(flags, callback, argument)?;
                let device = DEVICES.get(sd)?;
                let created = LocalDataInterrupt::create(&device, adapter, fixed, group, callback)?;
                set(interrupt, created.0);
                set(number, created.1);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Removes a data interrupt.
    fn SCIRemoveDataInterrupt as remove_data_interrupt(
        interrupt: c::sci_local_data_interrupt_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                LOCAL_DATA_INTERRUPTS.get(interrupt)?.remove()
            })
        }
    }
}

sisci! {
    /// Takes one message. One that doesn't fit stays: `OUT_OF_RANGE`, and `length` says how long
    /// it is.
    fn SCIWaitForDataInterrupt as wait_for_data_interrupt(
        interrupt: c::sci_local_data_interrupt_t,
        data: *mut c_void,
        length: *mut c_uint,
        timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `data` for `length` bytes.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                require(data)?;
                require(length)?;
                match LOCAL_DATA_INTERRUPTS.get(interrupt)?.wait(*length as usize, timeout)? {
                    Ok(message) => {
                        let bytes = message.bytes();
                        data.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                        set(length, bytes.len() as c_uint);
                        Ok(())
                    }
                    Err(TooLong(needed)) => {
                        set(length, needed as c_uint);
                        Err(Code::SCI_ERR_OUT_OF_RANGE)
                    }
                }
            })
        }
    }
}

sisci! {
    /// Connects to a data interrupt; the timeout has no effect.
    fn SCIConnectDataInterrupt as connect_data_interrupt(
        sd: c::sci_desc_t,
        interrupt: *mut c::sci_remote_data_interrupt_t,
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
                legal_flags(flags, SCI_FLAG_BROADCAST, 0)?;
                adapter::check(adapter)?;
                require(interrupt)?;
                let device = DEVICES.get(sd)?;
                let group = flags & SCI_FLAG_BROADCAST != 0;
                let connected = RemoteDataInterrupt::connect(&device, node, number, adapter, group)?;
                set(interrupt, connected);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Ends a connection.
    fn SCIDisconnectDataInterrupt as disconnect_data_interrupt(
        interrupt: c::sci_remote_data_interrupt_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                RemoteDataInterrupt::disconnect(interrupt)
            })
        }
    }
}

sisci! {
    /// Sends one message.
    fn SCITriggerDataInterrupt as trigger_data_interrupt(
        interrupt: c::sci_remote_data_interrupt_t,
        data: *mut c_void,
        length: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `data` for `length` bytes.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                require(data)?;
                let message = std::slice::from_raw_parts(data.cast::<u8>(), length as usize);
                REMOTE_DATA_INTERRUPTS.look(interrupt)?.trigger(message)
            })
        }
    }
}

//! Interrupts by name, and interrupts that stores raise.

use super::not_built;
use sisci_sys as c;
use std::ffi::{c_char, c_uint, c_void};

not_built! {
    fn SCICreateNamedInterrupt as create_named_interrupt(
        sd: c::sci_desc_t,
        interrupt: *mut c::sci_local_interrupt_t,
        local_adapter_no: c_uint,
        interrupt_no: *mut c_uint,
        name: *const c_char,
        callback: c::sci_cb_interrupt_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCIRegisterInterruptFlag as register_interrupt_flag(
        local_adapter_no: c_uint,
        interrupt: *mut c::sci_local_interrupt_t,
        segment: c::sci_local_segment_t,
        offset: usize,
        callback: c::sci_cb_interrupt_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
    fn SCIEnableConditionalInterrupt as enable_conditional_interrupt(
        interrupt: c::sci_local_interrupt_t,
        flags: c_uint,
    );
    fn SCIDisableConditionalInterrupt as disable_conditional_interrupt(
        interrupt: c::sci_local_interrupt_t,
        flags: c_uint,
    );
    fn SCIGetConditionalInterruptTrigCounter as get_conditional_interrupt_trig_counter(
        interrupt: c::sci_local_interrupt_t,
        counter: *mut c_uint,
        flags: c_uint,
    );
}

//! Memory for empty segments.

use super::not_built;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCIRegisterSegmentMemory as register_segment_memory(
        address: *mut c_void,
        size: usize,
        segment: c::sci_local_segment_t,
        flags: c_uint,
    );
    fn SCIAttachPhysicalMemory as attach_physical_memory(
        ioaddress: c::sci_ioaddr_t,
        address: *mut c_void,
        bus_no: c_uint,
        size: usize,
        segment: c::sci_local_segment_t,
        flags: c_uint,
    );
}

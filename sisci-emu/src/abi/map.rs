//! What is known of a map.

use super::constant_answer;
use sisci_sys as c;
use std::ffi::c_void;

constant_answer! {
    fn SCIGetMapPointer as get_map_pointer(map: c::sci_map_t) -> *mut c_void = std::ptr::null_mut();
    fn SCIGetMapPhysAddr as get_map_phys_addr(map: c::sci_map_t) -> c::sci_ioaddr_t = 0;
}

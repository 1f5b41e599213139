//! What is known of a map.

use super::{guarded, sisci};
use crate::model::tables::MAPS;
use sisci_sys as c;
use std::ffi::c_void;

sisci! {
    /// Address of its first byte; null for a bad handle.
    fn SCIGetMapPointer as get_map_pointer(map: c::sci_map_t) -> *mut c_void {
        guarded(|| Ok(MAPS.get(map)?.mapping().address())).unwrap_or(std::ptr::null_mut())
    }
}

sisci! {
    /// Address of its first byte on the bus; 0 for a bad handle.
    fn SCIGetMapPhysAddr as get_map_phys_addr(map: c::sci_map_t) -> c::sci_ioaddr_t {
        guarded(|| Ok(MAPS.get(map)?.bus_address())).unwrap_or(0)
    }
}

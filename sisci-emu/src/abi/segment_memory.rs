//! Memory for empty segments.

use super::{answer, sisci};
use crate::Code;
use crate::model::backing::Backing;
use crate::model::flags::*;
use crate::model::tables::LOCAL_SEGMENTS;
use crate::runtime::log::report;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Makes memory of the program that of an empty segment.
    fn SCIRegisterSegmentMemory as register_segment_memory(
        address: *mut c_void,
        size: usize,
        segment: c::sci_local_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_LOCK_USER_MEM, 0)?;
                let segment = LOCAL_SEGMENTS.get(segment)?;
                let address = address.expose_provenance();
                segment.fill(size, |member| Backing::registered(member, address, size))
            })
        }
    }
}

sisci! {
    /// Makes memory with a bus address that of an empty segment. Graphics memory is not there.
    fn SCIAttachPhysicalMemory as attach_physical_memory(
        ioaddress: c::sci_ioaddr_t,
        address: *mut c_void,
        _bus: c_uint,
        size: usize,
        segment: c::sci_local_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                let devices = SCI_FLAG_CUDA_BUFFER | SCI_FLAG_SCIF_BUFFER;
                legal_flags(flags, devices, 0)?;
                let segment = LOCAL_SEGMENTS.get(segment)?;
                if flags & devices != 0 {
                    report!(Warn, "memory of a GPU or coprocessor can't be attached to a segment");
                    return Err(Code::SCI_ERR_HW_NOSPC);
                }
                let address = address.expose_provenance();
                segment.fill(size, |member| Backing::physical(member, ioaddress, address, size))
            })
        }
    }
}

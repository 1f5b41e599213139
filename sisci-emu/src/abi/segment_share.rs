//! Segments that several processes of a node have handles to.

use super::{answer, require, set, sisci, wanted};
use crate::Code;
use crate::model::flags::*;
use crate::model::local_segment::LocalSegment;
use crate::model::tables::{DEVICES, LOCAL_SEGMENTS};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Lets other processes of the node attach.
    fn SCIShareSegment as share_segment(
        segment: c::sci_local_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                LOCAL_SEGMENTS.get(segment)?.share()
            })
        }
    }
}

sisci! {
    /// Gives another handle of a shared segment of this node.
    fn SCIAttachLocalSegment as attach_local_segment(
        sd: c::sci_desc_t,
        segment: *mut c::sci_local_segment_t,
        id: c_uint,
        size: *mut usize,
        callback: c::sci_cb_local_segment_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_USE_CALLBACK | SCI_FLAG_BROADCAST, 0)?;
                require(segment)?;
                let callback = wanted(flags, callback, argument)?;
                let device = DEVICES.get(sd)?;
                let group = flags & SCI_FLAG_BROADCAST != 0;
                let attached = LocalSegment::attach(&device, id, group, callback)?;
                set(segment, attached.0);
                set(size, attached.1);
                Ok(())
            })
        }
    }
}

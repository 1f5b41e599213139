//! Segments that several processes of a node have handles to.

use super::not_built;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCIShareSegment as share_segment(
        segment: c::sci_local_segment_t,
        flags: c_uint,
    );
    fn SCIAttachLocalSegment as attach_local_segment(
        sd: c::sci_desc_t,
        segment: *mut c::sci_local_segment_t,
        segment_id: c_uint,
        size: *mut usize,
        callback: c::sci_cb_local_segment_t,
        callback_arg: *mut c_void,
        flags: c_uint,
    );
}

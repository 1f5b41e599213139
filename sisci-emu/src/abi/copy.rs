//! Copies by the processor beyond SCIMemCpy, and its caches.

use super::{constant_answer, not_built};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

not_built! {
    fn SCIMemCpy_dual as mem_cpy_dual(
        sequence1: c::sci_sequence_t,
        sequence2: c::sci_sequence_t,
        mem_addr: *mut c_void,
        remote_map1: c::sci_map_t,
        remote_map2: c::sci_map_t,
        remote_offset: usize,
        size: usize,
        flags: c_uint,
    );
    fn SCIMemWrite as mem_write(
        mem_addr: *mut c_void,
        remote_addr: *mut c_void,
        size: usize,
        flags: c_uint,
    );
    fn SCIMemCopy as mem_copy(
        mem_addr: *mut c_void,
        remote_map: c::sci_map_t,
        remote_offset: usize,
        size: usize,
        flags: c_uint,
    );
    fn SCICacheSync as cache_sync(
        map: c::sci_map_t,
        addr: *mut c_void,
        length: usize,
        flags: c_uint,
    );
}

constant_answer! {
    fn SCIFlushReadBuffers as flush_read_buffers(sequence: c::sci_sequence_t);
    fn GetSciMemCopyFunction as get_sci_mem_copy_function() -> c_uint = 0;
    fn SetSciMemCopyFunction as set_sci_mem_copy_function(number: c_uint);
}

//! Copies by the processor beyond SCIMemCpy, and its caches.

use super::{answer, constant_answer, sisci};
use crate::model::flags::*;
use crate::model::map::Map;
use crate::model::{sequence, tables, transfer};
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Copies to the same offset of two remote maps. Both are tried; the first error counts.
    fn SCIMemCpy_dual as mem_cpy_dual(
        sequence1: c::sci_sequence_t,
        sequence2: c::sci_sequence_t,
        memory: *mut c_void,
        map1: c::sci_map_t,
        map2: c::sci_map_t,
        offset: usize,
        size: usize,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `memory` for `size` bytes.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_ERROR_CHECK, 0)?;
                let maps = [tables::MAPS.get(map1)?, tables::MAPS.get(map2)?];
                let [first, second] = [(sequence1, &maps[0]), (sequence2, &maps[1])]
                    .map(|(check, map)| sequence::copy(check, memory, map, offset, size, flags));
                first.and(second)
            })
        }
    }
}

sisci! {
    /// Copies to an address inside of a remote map.
    fn SCIMemWrite as mem_write(
        memory: *mut c_void,
        remote: *mut c_void,
        size: usize,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `memory` for `size` bytes.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                if memory.is_null() {
                    return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
                }
                let (map, offset) = Map::at(remote.addr())?;
                map.owner()?;
                transfer::write(&map, offset, memory.cast(), size)
            })
        }
    }
}

sisci! {
    /// SCIMemCpy without a sequence.
    fn SCIMemCopy as mem_copy(
        memory: *mut c_void,
        map: c::sci_map_t,
        offset: usize,
        size: usize,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised, `memory` for `size` bytes.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_BLOCK_READ | SCI_FLAG_ERROR_CHECK, 0)?;
                let map = tables::MAPS.get(map)?;
                sequence::copy_unwatched(memory, &map, offset, size, flags)
            })
        }
    }
}

sisci! {
    /// Does nothing: the processor's caches and the memory are always in step here.
    fn SCICacheSync as cache_sync(
        map: c::sci_map_t,
        address: *mut c_void,
        length: usize,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_CACHE_FLUSH | SCI_FLAG_CACHE_INVALIDATE, 0)?;
                if !map.is_null() {
                    check_inside(&*tables::MAPS.get(map)?, address.addr(), length)?;
                }
                sequence::barrier();
                Ok(())
            })
        }
    }
}

/// Accepts a range inside of a map.
fn check_inside(map: &Map, address: usize, length: usize) -> Result<()> {
    let start = map.mapping().address().addr();
    let offset = address.checked_sub(start);
    let end = offset.and_then(|offset| offset.checked_add(length));
    if end.is_none_or(|end| end > map.mapping().size()) {
        return Err(Code::SCI_ERR_OUT_OF_RANGE);
    }
    Ok(())
}

sisci! {
    /// There is nothing that was read ahead.
    fn SCIFlushReadBuffers as flush_read_buffers(_sequence: c::sci_sequence_t) {
        sequence::barrier();
    }
}

constant_answer! {
    fn GetSciMemCopyFunction as get_sci_mem_copy_function() -> c_uint = 0;
    fn SetSciMemCopyFunction as set_sci_mem_copy_function(number: c_uint);
}

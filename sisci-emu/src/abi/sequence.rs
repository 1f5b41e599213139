//! Order of stores, their check, and copies by the processor.

use super::{answer, require, set, sisci};
use crate::Code;
use crate::model::flags::*;
use crate::model::sequence::{self, Sequence};
use crate::model::tables;
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Prepares the check of stores through a remote map.
    fn SCICreateMapSequence as create_map_sequence(
        map: c::sci_map_t,
        sequence: *mut c::sci_sequence_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_FAST_BARRIER, 0)?;
                require(sequence)?;
                set(sequence, Sequence::create(map)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Ends a sequence.
    fn SCIRemoveSequence as remove_sequence(
        sequence: c::sci_sequence_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                Sequence::remove(sequence)
            })
        }
    }
}

sisci! {
    /// Arms the check.
    fn SCIStartSequence as start_sequence(
        sequence: c::sci_sequence_t,
        flags: c_uint,
        error: *mut Code,
    ) -> c::sci_sequence_status_t {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, c::sci_sequence_status_t::SCI_SEQ_NOT_RETRIABLE, || {
                no_flags(flags)?;
                Sequence::start(sequence)
            })
        }
    }
}

sisci! {
    /// Flushes and says whether the stores arrived.
    fn SCICheckSequence as check_sequence(
        sequence: c::sci_sequence_t,
        flags: c_uint,
        error: *mut Code,
    ) -> c::sci_sequence_status_t {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, c::sci_sequence_status_t::SCI_SEQ_NOT_RETRIABLE, || {
                legal_flags(flags, SCI_FLAG_NO_FLUSH | SCI_FLAG_NO_STORE_BARRIER, 0)?;
                if flags & (SCI_FLAG_NO_FLUSH | SCI_FLAG_NO_STORE_BARRIER) == 0 {
                    sequence::flush();
                }
                Sequence::check(sequence)
            })
        }
    }
}

sisci! {
    /// Waits for earlier stores. There is no error to report, so the handle doesn't matter.
    fn SCIStoreBarrier as store_barrier(_sequence: c::sci_sequence_t, _flags: c_uint) {
        sequence::flush();
    }
}

sisci! {
    /// Pushes out what the processor holds back; as cheap as the fence it is.
    fn SCIFlush as flush(_sequence: c::sci_sequence_t, flags: c_uint) {
        if flags & SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY != 0 {
            sequence::flush_cpu();
        } else {
            sequence::flush();
        }
    }
}

sisci! {
    /// Copies to a remote map, or back.
    fn SCIMemCpy as mem_cpy(
        sequence: c::sci_sequence_t,
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
                let map = tables::MAPS.look(map)?;
                sequence::copy(sequence, memory, &map, offset, size, flags)
            })
        }
    }
}

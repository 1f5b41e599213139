//! Segments of this process.

use super::{answer, guarded, require, set, sisci, wanted};
use crate::Code;
use crate::model::adapter;
use crate::model::flags::*;
use crate::model::local_segment::{Id, LocalSegment};
use crate::model::map::{How, Map};
use crate::model::tables::{DEVICES, LOCAL_SEGMENTS};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Allocates a segment.
    fn SCICreateSegment as create_segment(
        sd: c::sci_desc_t,
        segment: *mut c::sci_local_segment_t,
        id: c_uint,
        size: usize,
        callback: c::sci_cb_local_segment_t,
        argument: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                let built = SCI_FLAG_USE_CALLBACK
                    | SCI_FLAG_PRIVATE
                    | SCI_FLAG_AUTO_ID
                    | SCI_FLAG_EMPTY
                    | SCI_FLAG_BROADCAST
                    | SCI_FLAG_ALLOW_UNICAST
                    | SCI_FLAG_DMA_GLOBAL;
                legal_flags(flags, built, SCI_FLAG_PHYSICAL)?;
                require(segment)?;
                let has = |flag| flags & flag != 0;
                let (group, alone) = (has(SCI_FLAG_BROADCAST), has(SCI_FLAG_ALLOW_UNICAST));
                let single = has(SCI_FLAG_PRIVATE | SCI_FLAG_AUTO_ID | SCI_FLAG_EMPTY);
                if (group && single) || (alone && !group) {
                    return Err(Code::SCI_ERR_ILLEGAL_FLAG);
                }
                let id = if group {
                    Id::Group(id, alone)
                } else if has(SCI_FLAG_PRIVATE) {
                    Id::Private(id)
                } else if has(SCI_FLAG_AUTO_ID) {
                    Id::From(id)
                } else {
                    Id::Fixed(id)
                };
                let callback = wanted(flags, callback, argument)?;
                let device = DEVICES.get(sd)?;
                let empty = has(SCI_FLAG_EMPTY);
                set(segment, LocalSegment::create(&device, id, size, empty, callback)?);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Makes a segment reachable for the adapter.
    fn SCIPrepareSegment as prepare_segment(
        segment: c::sci_local_segment_t,
        adapter: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_DMA_SOURCE_ONLY | SCI_FLAG_BROADCAST, 0)?;
                let segment = LOCAL_SEGMENTS.get(segment)?;
                adapter::check(adapter)?;
                segment.prepare(adapter)
            })
        }
    }
}

sisci! {
    /// Lets peers connect.
    fn SCISetSegmentAvailable as set_segment_available(
        segment: c::sci_local_segment_t,
        adapter: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                let segment = LOCAL_SEGMENTS.get(segment)?;
                adapter::check(adapter)?;
                segment.set_available(adapter)
            })
        }
    }
}

sisci! {
    /// Refuses new connections.
    fn SCISetSegmentUnavailable as set_segment_unavailable(
        segment: c::sci_local_segment_t,
        adapter: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_NOTIFY | SCI_FLAG_FORCE_DISCONNECT, 0)?;
                let segment = LOCAL_SEGMENTS.get(segment)?;
                adapter::check(adapter)?;
                segment.set_unavailable(adapter, flags)
            })
        }
    }
}

sisci! {
    /// Frees a segment.
    fn SCIRemoveSegment as remove_segment(
        segment: c::sci_local_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                legal_flags(flags, SCI_FLAG_FORCE_REMOVE, 0)?;
                LOCAL_SEGMENTS.get(segment)?.remove(flags)
            })
        }
    }
}

sisci! {
    /// The segment's id, 0 for a bad handle.
    fn SCIGetLocalSegmentId as get_local_segment_id(segment: c::sci_local_segment_t) -> c_uint {
        guarded(|| Ok(LOCAL_SEGMENTS.get(segment)?.id())).unwrap_or(0)
    }
}

sisci! {
    /// The segment's size in bytes, 0 for a bad handle.
    fn SCIGetLocalSegmentSize as get_local_segment_size(segment: c::sci_local_segment_t) -> usize {
        guarded(|| Ok(LOCAL_SEGMENTS.get(segment)?.size())).unwrap_or(0)
    }
}

sisci! {
    /// Maps a part of a segment.
    fn SCIMapLocalSegment as map_local_segment(
        segment: c::sci_local_segment_t,
        map: *mut c::sci_map_t,
        offset: usize,
        size: usize,
        address: *mut c_void,
        flags: c_uint,
        error: *mut Code,
    ) -> *mut c_void {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, std::ptr::null_mut(), || {
                legal_flags(flags, SCI_FLAG_READONLY_MAP | SCI_FLAG_FIXED_MAP_ADDR, 0)?;
                require(map)?;
                let segment = LOCAL_SEGMENTS.get(segment)?;
                let how = How::new(flags, address);
                let (handle, address) = Map::local(&segment, offset, size, how)?;
                set(map, handle);
                Ok(address)
            })
        }
    }
}

sisci! {
    /// Waits for the next event.
    fn SCIWaitForLocalSegmentEvent as wait_for_local_segment_event(
        segment: c::sci_local_segment_t,
        node: *mut c_uint,
        adapter: *mut c_uint,
        timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) -> c::sci_segment_cb_reason_t {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, c::sci_segment_cb_reason_t(0), || {
                no_flags(flags)?;
                let event = LOCAL_SEGMENTS.get(segment)?.wait_event(timeout)?;
                set(node, event.node);
                set(adapter, event.adapter);
                Ok(event.reason)
            })
        }
    }
}

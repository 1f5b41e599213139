//! Connections to segments.

use super::dma_transfer::check_group;
use super::{answer, guarded, require, set, sisci, wanted};
use crate::Code;
use crate::model::flags::*;
use crate::model::map::{How, Map};
use crate::model::remote_segment::RemoteSegment;
use crate::model::tables::{DEVICES, REMOTE_SEGMENTS};
use crate::model::{adapter, broadcast};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Connects to an available segment; the timeout has no effect.
    fn SCIConnectSegment as connect_segment(
        sd: c::sci_desc_t,
        segment: *mut c::sci_remote_segment_t,
        node: c_uint,
        id: c_uint,
        adapter: c_uint,
        callback: c::sci_cb_remote_segment_t,
        argument: *mut c_void,
        _timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, (), || {
                let built = SCI_FLAG_USE_CALLBACK | SCI_FLAG_BROADCAST;
                legal_flags(flags, built, SCI_FLAG_ASYNCHRONOUS_CONNECT)?;
                adapter::check(adapter)?;
                require(segment)?;
                let callback = wanted(flags, callback, argument)?;
                let device = DEVICES.get(sd)?;
                let connected = if flags & SCI_FLAG_BROADCAST != 0 {
                    broadcast::check_node(node)?;
                    RemoteSegment::connect_group(&device, id, adapter, callback)?
                } else {
                    RemoteSegment::connect(&device, node, id, adapter, callback)?
                };
                set(segment, connected);
                Ok(())
            })
        }
    }
}

sisci! {
    /// Ends a connection.
    fn SCIDisconnectSegment as disconnect_segment(
        segment: c::sci_remote_segment_t,
        flags: c_uint,
        error: *mut Code,
    ) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                REMOTE_SEGMENTS.get(segment)?.disconnect()
            })
        }
    }
}

sisci! {
    /// The segment's size in bytes, 0 for a bad handle.
    fn SCIGetRemoteSegmentSize as get_remote_segment_size(
        segment: c::sci_remote_segment_t,
    ) -> usize {
        guarded(|| Ok(REMOTE_SEGMENTS.get(segment)?.memory().size())).unwrap_or(0)
    }
}

sisci! {
    /// The segment's id, 0 for a bad handle.
    fn SCIGetRemoteSegmentId as get_remote_segment_id(
        segment: c::sci_remote_segment_t,
    ) -> c_uint {
        guarded(|| Ok(REMOTE_SEGMENTS.get(segment)?.id())).unwrap_or(0)
    }
}

sisci! {
    /// The owner's node, 0 for a bad handle.
    fn SCIGetRemoteSegmentNodeId as get_remote_segment_node_id(
        segment: c::sci_remote_segment_t,
    ) -> c_uint {
        guarded(|| Ok(REMOTE_SEGMENTS.get(segment)?.node())).unwrap_or(0)
    }
}

sisci! {
    /// Maps a part of a connected segment.
    fn SCIMapRemoteSegment as map_remote_segment(
        segment: c::sci_remote_segment_t,
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
                // How a processor caches the window makes no difference in plain memory.
                let built = SCI_FLAG_READONLY_MAP
                    | SCI_FLAG_IO_MAP_IOSPACE
                    | SCI_FLAG_NO_MEMORY_LOOPBACK_MAP
                    | SCI_FLAG_SHARED_MAP
                    | SCI_FLAG_WRITE_BACK_CACHE_MAP
                    | SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP
                    | SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP
                    | SCI_FLAG_WRITES_DISABLE_GATHER_MAP
                    | SCI_FLAG_DISABLE_128_BYTES_PACKETS
                    | SCI_FLAG_FIXED_MAP_ADDR
                    | SCI_FLAG_BROADCAST;
                // These would make something else than a load or a store of an access.
                let special = SCI_FLAG_LOCK_OPERATION
                    | SCI_FLAG_CONDITIONAL_INTERRUPT_MAP
                    | SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP
                    | SCI_FLAG_DMOVE_MAP;
                legal_flags(flags, built, special)?;
                require(map)?;
                let segment = REMOTE_SEGMENTS.get(segment)?;
                check_group(&segment, flags)?;
                let how = How::new(flags, address);
                let (handle, address) = Map::remote(&segment, offset, size, how)?;
                set(map, handle);
                Ok(address)
            })
        }
    }
}

sisci! {
    /// Removes a map of either kind.
    fn SCIUnmapSegment as unmap_segment(map: c::sci_map_t, flags: c_uint, error: *mut Code) {
        // SAFETY: `error` as promised.
        unsafe {
            answer(error, (), || {
                no_flags(flags)?;
                Map::unmap(map)
            })
        }
    }
}

sisci! {
    /// Waits for the next event of a connection.
    fn SCIWaitForRemoteSegmentEvent as wait_for_remote_segment_event(
        segment: c::sci_remote_segment_t,
        status: *mut Code,
        timeout: c_uint,
        flags: c_uint,
        error: *mut Code,
    ) -> c::sci_segment_cb_reason_t {
        // SAFETY: the pointers as promised.
        unsafe {
            answer(error, c::sci_segment_cb_reason_t(0), || {
                no_flags(flags)?;
                let reason = REMOTE_SEGMENTS.get(segment)?.wait_event(timeout)?;
                set(status, Code::SCI_ERR_OK);
                Ok(reason)
            })
        }
    }
}

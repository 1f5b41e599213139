//! Segments: memory that we export, and memory of others behind the bridge.

use super::{Device, DeviceError, checked};
use crate::window::Memory;
use sisci_sys::{sci_error_t, sci_local_segment_t, sci_map_t, sci_remote_segment_t};
use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Our segment ids start here and wrap within 16 bits: far from the small numbers that other
/// programs on the node choose by hand.
const ID_BASE: u32 = 0x4E54_0000;
/// Ids tried before giving up.
const ID_TRIES: u32 = 4096;

/// A segment that every node may connect to, mapped into this process.
#[derive(Debug)]
pub struct LocalSegment {
    device: Arc<Device>,
    segment: sci_local_segment_t,
    map: sci_map_t,
    base: NonNull<c_void>,
    id: u32,
    bytes: u64,
}

// SAFETY: handles of the multi-threaded library; the mapping is only reached through `Memory`.
unsafe impl Send for LocalSegment {}
// SAFETY: as for Send.
unsafe impl Sync for LocalSegment {}

impl LocalSegment {
    /// Creates a segment of `bytes` bytes under a free id, maps it and makes it available.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_NOSPC` where memory or adapter resources are short.
    pub fn export(device: &Arc<Device>, bytes: u64) -> Result<Self, DeviceError> {
        let (segment, id) = create(device, bytes)?;
        // From here on, dropping gives back whatever has been made.
        let mut this = Self {
            device: Arc::clone(device),
            segment,
            map: null_mut(),
            base: NonNull::dangling(),
            id,
            bytes,
        };
        let (sci, adapter) = (*device.sci(), device.adapter());
        let subject = || format!("segment {id:#x} of {bytes} bytes");
        checked("SCIPrepareSegment", subject, |error| {
            // SAFETY: a segment that was just created.
            unsafe { (sci.prepare_segment)(segment, adapter, 0, error) }
        })?;
        let base = checked("SCIMapLocalSegment", subject, |error| {
            let map = &raw mut this.map;
            // SAFETY: the segment is prepared; `map` is valid for writing; no address is wished.
            unsafe {
                (sci.map_local_segment)(segment, map, 0, bytes as usize, null_mut(), 0, error)
            }
        })?;
        this.base = NonNull::new(base).ok_or_else(|| null_address("SCIMapLocalSegment", id))?;
        checked("SCISetSegmentAvailable", subject, |error| {
            // SAFETY: a prepared segment of ours.
            unsafe { (sci.set_segment_available)(segment, adapter, 0, error) }
        })?;
        Ok(this)
    }

    /// Its id on this node.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The memory; keeps the segment as long as it is held.
    pub fn memory(self: &Arc<Self>) -> Memory {
        let owner = Arc::clone(self);
        // SAFETY: SCIMapLocalSegment gave page-aligned memory of this size, valid for reads and
        // writes until it is unmapped, which happens when `owner` is dropped.
        unsafe { Memory::new(self.base.cast(), self.bytes as usize, owner) }
    }
}

fn create(device: &Device, bytes: u64) -> Result<(sci_local_segment_t, u32), DeviceError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first_of_process = std::process::id() << 4;
    let mut last = None;
    for _ in 0..ID_TRIES {
        let number = first_of_process.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let id = ID_BASE | (number & 0xFFFF);
        let mut segment: sci_local_segment_t = null_mut();
        let subject = || format!("segment {id:#x} of {bytes} bytes");
        let created = checked("SCICreateSegment", subject, |error| {
            let out = &raw mut segment;
            // SAFETY: `out` is valid for writing; the device is open; no callback is given.
            unsafe {
                (device.sci().create_segment)(
                    device.handle(),
                    out,
                    id,
                    bytes as usize,
                    None,
                    null_mut(),
                    0,
                    error,
                )
            }
        });
        match created {
            Ok(()) => return Ok((segment, id)),
            Err(error) if error.code == sci_error_t::SCI_ERR_SEGMENTID_USED => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.expect("at least one id was tried"))
}

fn null_address(call: &'static str, id: u32) -> DeviceError {
    let subject = format!("segment {id:#x} was mapped at no address");
    DeviceError {
        call,
        code: sci_error_t::SCI_ERR_ILLEGAL_ADDRESS,
        subject,
    }
}

impl Drop for LocalSegment {
    fn drop(&mut self) {
        let sci = *self.device.sci();
        if !self.map.is_null() {
            // SAFETY: our own map; nobody holds `Memory` of it any more, or we would be alive.
            let _ = checked("SCIUnmapSegment", String::new, |error| unsafe {
                (sci.unmap_segment)(self.map, 0, error)
            });
        }
        let force = self.device.constants().flag_force_remove;
        // SAFETY: our own segment, for the last time. Peers may still be connected: forced.
        let _ = checked("SCIRemoveSegment", String::new, |error| unsafe {
            (sci.remove_segment)(self.segment, force, error)
        });
    }
}

/// A segment of another node (or of another process of this one).
#[derive(Debug)]
pub struct RemoteSegment {
    device: Arc<Device>,
    segment: sci_remote_segment_t,
    map: sci_map_t,
    id: u32,
    bytes: u64,
}

// SAFETY: handles of the multi-threaded library; the mapping is only reached through `Memory`.
unsafe impl Send for RemoteSegment {}
// SAFETY: as for Send.
unsafe impl Sync for RemoteSegment {}

impl RemoteSegment {
    /// Connects to segment `id` of `node`, which must be available.
    ///
    /// # Errors
    /// [`DeviceError`]: no such node or segment, no link.
    pub fn connect(device: &Arc<Device>, node: u32, id: u32) -> Result<Self, DeviceError> {
        let mut segment: sci_remote_segment_t = null_mut();
        let subject = || format!("segment {id:#x} of node {node}");
        checked("SCIConnectSegment", subject, |error| {
            let out = &raw mut segment;
            // SAFETY: `out` is valid for writing; the device is open; no callback is given.
            unsafe {
                (device.sci().connect_segment)(
                    device.handle(),
                    out,
                    node,
                    id,
                    device.adapter(),
                    None,
                    null_mut(),
                    device.constants().infinite_timeout,
                    0,
                    error,
                )
            }
        })?;
        // SAFETY: a segment that is connected.
        let bytes = unsafe { (device.sci().get_remote_segment_size)(segment) } as u64;
        Ok(Self {
            device: Arc::clone(device),
            segment,
            map: null_mut(),
            id,
            bytes,
        })
    }

    /// Its real size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Maps all of it; the memory keeps the connection as long as it is held.
    ///
    /// # Errors
    /// [`DeviceError`], usually `SCI_ERR_HW_NOSPC` where the adapter's window is used up.
    pub fn map(mut self) -> Result<Memory, DeviceError> {
        let (id, bytes) = (self.id, self.bytes as usize);
        let subject = || format!("segment {id:#x} of {bytes} bytes");
        let base = checked("SCIMapRemoteSegment", subject, |error| {
            let map = &raw mut self.map;
            // SAFETY: a connected segment; `map` is valid for writing; no address is wished.
            unsafe {
                (self.device.sci().map_remote_segment)(
                    self.segment,
                    map,
                    0,
                    bytes,
                    null_mut(),
                    0,
                    error,
                )
            }
        })?;
        let base = NonNull::new(base.cast::<u8>())
            .ok_or_else(|| null_address("SCIMapRemoteSegment", id))?;
        // SAFETY: SCIMapRemoteSegment gave a page-aligned window of this size, valid for writes
        // until it is unmapped, which happens when the owner is dropped. A segment that its
        // owner removed stays mapped until then.
        Ok(unsafe { Memory::new(base, bytes, Arc::new(self)) })
    }
}

impl Drop for RemoteSegment {
    fn drop(&mut self) {
        let sci = *self.device.sci();
        if !self.map.is_null() {
            // SAFETY: our own map, for the last time.
            let _ = checked("SCIUnmapSegment", String::new, |error| unsafe {
                (sci.unmap_segment)(self.map, 0, error)
            });
        }
        // SAFETY: our own connection, for the last time.
        let _ = checked("SCIDisconnectSegment", String::new, |error| unsafe {
            (sci.disconnect_segment)(self.segment, 0, error)
        });
    }
}

//! Segments: memory that we export, and memory of others behind the bridge.

use super::callbacks::Registration;
use super::events::{self, LocalWatcher, RemoteWatcher, SegmentEvent};
use super::{Device, DeviceError, RemoteMap, checked};
use crate::window::Memory;
use sisci_sys::{
    sci_cb_local_segment_t, sci_cb_remote_segment_t, sci_error_t, sci_local_segment_t, sci_map_t,
    sci_remote_segment_t,
};
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
    /// Dropped after the segment is gone.
    _watcher: Option<Registration<LocalWatcher>>,
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
        Self::make(device, bytes, None)
    }

    /// As [`LocalSegment::export`]; `watcher` is told who connects and goes, one call at a time.
    ///
    /// # Errors
    /// As [`LocalSegment::export`].
    pub fn export_watched(
        device: &Arc<Device>,
        bytes: u64,
        watcher: impl Fn(SegmentEvent, u32) + Send + Sync + 'static,
    ) -> Result<Self, DeviceError> {
        Self::make(device, bytes, Some(events::LOCAL.add(Arc::new(watcher))))
    }

    fn make(
        device: &Arc<Device>,
        bytes: u64,
        watcher: Option<Registration<LocalWatcher>>,
    ) -> Result<Self, DeviceError> {
        let (segment, id) = create(device, bytes, watcher.as_ref())?;
        // From here on, dropping gives back whatever has been made.
        let mut this = Self {
            device: Arc::clone(device),
            segment,
            map: null_mut(),
            base: NonNull::dangling(),
            id,
            bytes,
            _watcher: watcher,
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

    pub(super) fn handle(&self) -> sci_local_segment_t {
        self.segment
    }
}

fn create(
    device: &Device,
    bytes: u64,
    watcher: Option<&Registration<LocalWatcher>>,
) -> Result<(sci_local_segment_t, u32), DeviceError> {
    let mut callback: sci_cb_local_segment_t = None;
    let (mut argument, mut flags) = (null_mut(), 0);
    if let Some(watcher) = watcher {
        callback = Some(events::on_local);
        (argument, flags) = (watcher.argument(), device.constants().flag_use_callback);
    }
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
            // SAFETY: `out` is valid for writing; the device is open; the callback's argument is a
            // number of our own table.
            unsafe {
                (device.sci().create_segment)(
                    device.handle(),
                    out,
                    id,
                    bytes as usize,
                    callback,
                    argument,
                    flags,
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

pub(super) fn null_address(call: &'static str, id: u32) -> DeviceError {
    let subject = format!("segment {id:#x} was mapped at no usable address");
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
    id: u32,
    bytes: u64,
    /// Dropped after the connection is gone.
    _watcher: Option<Registration<RemoteWatcher>>,
}

// SAFETY: a handle of the multi-threaded library.
unsafe impl Send for RemoteSegment {}
// SAFETY: as for Send.
unsafe impl Sync for RemoteSegment {}

impl RemoteSegment {
    /// Connects to segment `id` of `node`, which must be available.
    ///
    /// # Errors
    /// [`DeviceError`]: no such node or segment, no link.
    pub fn connect(device: &Arc<Device>, node: u32, id: u32) -> Result<Self, DeviceError> {
        Self::make(device, node, id, None)
    }

    /// As [`RemoteSegment::connect`]; `watcher` is told what becomes of the connection, one call at
    /// a time.
    ///
    /// # Errors
    /// As [`RemoteSegment::connect`].
    pub fn connect_watched(
        device: &Arc<Device>,
        node: u32,
        id: u32,
        watcher: impl Fn(SegmentEvent) + Send + Sync + 'static,
    ) -> Result<Self, DeviceError> {
        let watcher = events::REMOTE.add(Arc::new(watcher));
        Self::make(device, node, id, Some(watcher))
    }

    fn make(
        device: &Arc<Device>,
        node: u32,
        id: u32,
        watcher: Option<Registration<RemoteWatcher>>,
    ) -> Result<Self, DeviceError> {
        let mut segment: sci_remote_segment_t = null_mut();
        let mut callback: sci_cb_remote_segment_t = None;
        let (mut argument, mut flags) = (null_mut(), 0);
        if let Some(watcher) = &watcher {
            callback = Some(events::on_remote);
            (argument, flags) = (watcher.argument(), device.constants().flag_use_callback);
        }
        let subject = || format!("segment {id:#x} of node {node}");
        checked("SCIConnectSegment", subject, |error| {
            // SAFETY: the out pointer is valid for writing; the device is open; the callback's
            // argument is a number of our own table.
            unsafe {
                (device.sci().connect_segment)(
                    device.handle(),
                    &raw mut segment,
                    node,
                    id,
                    device.adapter(),
                    callback,
                    argument,
                    device.constants().infinite_timeout,
                    flags,
                    error,
                )
            }
        })?;
        // SAFETY: a segment that is connected.
        let bytes = unsafe { (device.sci().get_remote_segment_size)(segment) } as u64;
        Ok(Self {
            device: Arc::clone(device),
            segment,
            id,
            bytes,
            _watcher: watcher,
        })
    }

    /// Its id on its node.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its real size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Maps all of it: the window, and its memory. Either keeps the connection as long as it is held.
    ///
    /// # Errors
    /// As [`RemoteMap::map`].
    pub fn map(self) -> Result<(Arc<RemoteMap>, Memory), DeviceError> {
        let (id, bytes) = (self.id, self.bytes);
        let map = RemoteMap::map(&Arc::new(self), 0, bytes)?;
        let memory = map.memory();
        let memory = memory.ok_or_else(|| null_address("SCIMapRemoteSegment", id))?;
        Ok((map, memory))
    }

    pub(super) fn handle(&self) -> sci_remote_segment_t {
        self.segment
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }
}

impl Drop for RemoteSegment {
    fn drop(&mut self) {
        // SAFETY: our own connection, for the last time; maps keep it, so there are none.
        let _ = checked("SCIDisconnectSegment", String::new, |error| unsafe {
            (self.device.sci().disconnect_segment)(self.segment, 0, error)
        });
    }
}

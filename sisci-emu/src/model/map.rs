//! Maps of local and remote segments.

use crate::fabric::route::Route;
use crate::model::flags::SCI_FLAG_READONLY_MAP;
use crate::model::local_segment::LocalSegment;
use crate::model::remote_segment::RemoteSegment;
use crate::model::tables::MAPS;
use crate::model::windows::Window;
use crate::runtime::memory::{Access, Mapping, SharedMemory};
use crate::runtime::sync::{Use, Uses};
use crate::{Code, Result};
use sisci_sys::{sci_map, sci_map_t};
use std::ffi::c_void;
use std::sync::Arc;

/// A window that the program has an address of.
pub struct Map {
    memory: Memory,
    sequences: Arc<Uses>,
    remote: Option<Arc<RemoteSegment>>,
    _segment: (Use, Option<Use>),
}

/// What the address shows.
enum Memory {
    /// Memory of this process.
    Own(Mapping),
    /// Memory behind the bridge.
    Far(Window),
}

/// A new map: its handle and its address.
pub type Mapped = (sci_map_t, *mut c_void);

impl Map {
    /// Maps a part of an own segment.
    ///
    /// # Errors
    /// `OUT_OF_RANGE`, `ILLEGAL_PARAMETER` for an empty range, `NOSPC`.
    pub fn local(segment: &LocalSegment, offset: usize, size: usize, flags: u32) -> Result<Mapped> {
        let held = (segment.acquire()?, None);
        let mapping = segment.memory().map(offset, size, access(flags))?;
        Self::insert(Memory::Own(mapping), None, held)
    }

    /// Maps a part of a connected segment.
    ///
    /// # Errors
    /// As [`Map::local`]; `NOT_CONNECTED` if the owner is gone.
    pub fn remote(
        segment: &Arc<RemoteSegment>,
        offset: usize,
        size: usize,
        flags: u32,
    ) -> Result<Mapped> {
        let (use_, map_use) = segment.acquire_map()?;
        if !segment.is_connected() {
            return Err(Code::SCI_ERR_NOT_CONNECTED);
        }
        let map = |memory: &SharedMemory| memory.map(offset, size, access(flags));
        let window = Memory::Far(segment.windows().open(map)?);
        Self::insert(window, Some(Arc::clone(segment)), (use_, Some(map_use)))
    }

    fn insert(
        memory: Memory,
        remote: Option<Arc<RemoteSegment>>,
        held: (Use, Option<Use>),
    ) -> Result<Mapped> {
        let map = Self {
            memory,
            sequences: Arc::default(),
            remote,
            _segment: held,
        };
        let address = map.mapping().address();
        Ok((MAPS.insert(Arc::new(map))?, address))
    }

    /// Takes the window away.
    ///
    /// # Errors
    /// `BUSY` while sequences use it.
    pub fn unmap(handle: *mut sci_map) -> Result<()> {
        MAPS.get(handle)?.sequences.close()?;
        MAPS.remove(handle);
        Ok(())
    }

    /// Counts a sequence.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the map is gone, or is none of remote memory.
    pub fn acquire_sequence(&self) -> Result<Use> {
        self.owner()?;
        self.sequences.acquire()
    }

    /// The segment of a remote map.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a local one.
    pub fn owner(&self) -> Result<&Arc<RemoteSegment>> {
        self.remote.as_ref().ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)
    }

    /// The way that accesses take; none for own memory.
    pub fn route(&self) -> Option<&Route> {
        self.remote.as_ref().map(|segment| &**segment.route())
    }

    /// The memory behind the map.
    pub fn mapping(&self) -> &Mapping {
        match &self.memory {
            Memory::Own(mapping) => mapping,
            Memory::Far(window) => window.mapping(),
        }
    }

    /// Lets what was stored while the way was cut show no longer.
    pub fn refill(&self) {
        if let Memory::Far(window) = &self.memory {
            window.refill();
        }
    }
}

fn access(flags: u32) -> Access {
    if flags & SCI_FLAG_READONLY_MAP != 0 {
        Access::Read
    } else {
        Access::ReadWrite
    }
}

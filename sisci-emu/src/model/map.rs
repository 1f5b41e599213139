//! Maps of local and remote segments.

use crate::fabric::node::Reservation;
use crate::fabric::route::Route;
use crate::fabric::usage::Resource;
use crate::model::flags::{
    SCI_FLAG_FIXED_MAP_ADDR, SCI_FLAG_NO_MEMORY_LOOPBACK_MAP, SCI_FLAG_READONLY_MAP,
};
use crate::model::local_segment::LocalSegment;
use crate::model::remote_segment::RemoteSegment;
use crate::model::tables::MAPS;
use crate::model::windows::Window;
use crate::runtime::log::report;
use crate::runtime::memory::page_size;
use crate::runtime::memory::{Access, Mapping, SharedMemory, Where};
use crate::runtime::sync::{Use, Uses, lock};
use crate::{Code, Result};
use sisci_sys::{sci_map, sci_map_t};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, Weak};

/// A window that the program has an address of.
pub struct Map {
    memory: Memory,
    bus: u64,
    /// Sequences and block transfers.
    sequences: Arc<Uses>,
    remote: Option<Arc<RemoteSegment>>,
    route: Option<Arc<Route>>,
    _segment: (Use, Option<Use>),
    /// Of what the node may map.
    _window: Vec<Reservation>,
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

/// Takes a part of the adapter's window, in whole pages.
fn reserve(segment: &RemoteSegment, offset: usize, size: usize) -> Result<Vec<Reservation>> {
    let bytes = (offset % page_size()).saturating_add(size);
    let pages = bytes.div_ceil(page_size()) * page_size();
    let (member, adapter) = (segment.member(), segment.adapter());
    let map = member.reserve(adapter, Resource::Maps, 1)?;
    let window = member.reserve(adapter, Resource::WindowBytes, pages as u64)?;
    Ok(map.into_iter().chain(window).collect())
}

impl Map {
    /// Maps a part of an own segment.
    ///
    /// # Errors
    /// `OUT_OF_RANGE`, `ILLEGAL_PARAMETER` for an empty range, `NOSPC`; `ILLEGAL_OPERATION` for an
    /// empty segment; `ILLEGAL_ADDRESS` for a place that is taken.
    pub fn local(segment: &LocalSegment, offset: usize, size: usize, how: How) -> Result<Mapped> {
        let held = (segment.acquire()?, None);
        let mapping = segment.memory()?.map(offset, size, how.access, how.place)?;
        let bus = segment.memory()?.bus_address() + offset as u64;
        Self::insert(Memory::Own(mapping), bus, None, None, (held, Vec::new()))
    }

    /// Maps a part of a connected segment.
    ///
    /// # Errors
    /// As [`Map::local`]; `NOT_CONNECTED` if the owner is gone.
    pub fn remote(
        segment: &Arc<RemoteSegment>,
        offset: usize,
        size: usize,
        how: How,
    ) -> Result<Mapped> {
        let (segment_use, map_use) = segment.acquire_map()?;
        if !segment.is_connected() {
            return Err(Code::SCI_ERR_NOT_CONNECTED);
        }
        // The own node's memory is reached directly unless the program wants the way out and back.
        let crosses = how.loopback || !segment.is_own_node();
        let window = if crosses {
            reserve(segment, offset, size)?
        } else {
            Vec::new()
        };
        let map = |memory: &SharedMemory| memory.map(offset, size, how.access, how.place);
        let memory = Memory::Far(segment.windows().open(map)?);
        let bus = segment.memory().bus_address() + offset as u64;
        let route = crosses.then(|| Arc::clone(segment.route()));
        let held = (segment_use, Some(map_use));
        Self::insert(
            memory,
            bus,
            Some(Arc::clone(segment)),
            route,
            (held, window),
        )
    }

    fn insert(
        memory: Memory,
        bus: u64,
        remote: Option<Arc<RemoteSegment>>,
        route: Option<Arc<Route>>,
        (held, window): ((Use, Option<Use>), Vec<Reservation>),
    ) -> Result<Mapped> {
        let map = Self {
            memory,
            bus,
            route,
            sequences: Arc::default(),
            remote,
            _segment: held,
            _window: window,
        };
        let map = Arc::new(map);
        let address = map.mapping().address();
        lock(&PLACES).insert(address.addr(), Arc::downgrade(&map));
        Ok((MAPS.insert(map)?, address))
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

    /// Counts whatever else needs the map to stay.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the map is gone.
    pub fn acquire(&self) -> Result<Use> {
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
        self.route.as_deref()
    }

    /// The map that an address lies in, and how far in.
    ///
    /// # Errors
    /// `ILLEGAL_ADDRESS` if it lies in none.
    pub fn at(address: usize) -> Result<(Arc<Self>, usize)> {
        let places = lock(&PLACES);
        let place = places.range(..=address).next_back();
        let map = place.and_then(|(start, map)| Some((*start, map.upgrade()?)));
        drop(places);
        map.filter(|(start, map)| address - start < map.mapping().size())
            .map(|(start, map)| (map, address - start))
            .ok_or_else(|| {
                report!(Debug, "{address:#x} lies in no map");
                Code::SCI_ERR_ILLEGAL_ADDRESS
            })
    }

    /// Address of its first byte on the bus.
    pub fn bus_address(&self) -> u64 {
        self.bus
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

impl Drop for Map {
    fn drop(&mut self) {
        // Before the place is free for another map.
        lock(&PLACES).remove(&self.mapping().address().addr());
    }
}

/// Maps by their first address, for calls that name memory by a pointer.
static PLACES: Mutex<BTreeMap<usize, Weak<Map>>> = Mutex::new(BTreeMap::new());

/// How a segment is mapped.
#[derive(Clone, Copy, Debug)]
pub struct How {
    access: Access,
    place: Where,
    loopback: bool,
}

impl How {
    /// What the flags of a map call say; the address counts with `FIXED_MAP_ADDR` only.
    pub fn new(flags: u32, address: *mut c_void) -> Self {
        let has = |flag| flags & flag != 0;
        Self {
            access: if has(SCI_FLAG_READONLY_MAP) {
                Access::Read
            } else {
                Access::ReadWrite
            },
            place: if has(SCI_FLAG_FIXED_MAP_ADDR) {
                Where::At(address.addr())
            } else {
                Where::Anywhere
            },
            loopback: has(SCI_FLAG_NO_MEMORY_LOOPBACK_MAP),
        }
    }
}

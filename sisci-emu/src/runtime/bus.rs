//! Addresses on a bus that doesn't exist.
//!
//! A program may ask for the bus address of memory and hand it to a call later. Each memory that is
//! asked for gets a range of its own; the process id in it keeps ranges of different processes apart,
//! so an address that came from elsewhere is unknown here, and never somebody else's memory.

use crate::runtime::memory::{SharedMemory, page_size};
use crate::runtime::sync::lock;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, Weak};

/// Bits of an address below the process id.
const RANGE_BITS: u32 = 40;

struct Known {
    file: Weak<OwnedFd>,
    start: usize,
    size: usize,
}

struct Bus {
    next: u64,
    ranges: BTreeMap<u64, Known>,
}

/// The first page stays free: an address of 0 is none.
static BUS: Mutex<Bus> = Mutex::new(Bus {
    next: 1 << 16,
    ranges: BTreeMap::new(),
});

/// The range that belongs to one memory; free when dropped.
#[derive(Debug)]
pub struct BusRange(u64);

impl BusRange {
    /// A range for the part of a file from `start` on.
    pub fn new(file: &Arc<OwnedFd>, start: usize, size: usize) -> Self {
        let mut bus = lock(&BUS);
        // Addresses keep their place in the page, and a page between ranges catches overruns.
        let skip = (start % page_size()) as u64;
        let base = bus.next + skip;
        let length = (size as u64 + skip).next_multiple_of(page_size() as u64);
        bus.next += length + page_size() as u64;
        let address = u64::from(std::process::id()) << RANGE_BITS | base & ((1 << RANGE_BITS) - 1);
        let file = Arc::downgrade(file);
        bus.ranges.insert(address, Known { file, start, size });
        Self(address)
    }

    /// Address of the first byte.
    pub fn address(&self) -> u64 {
        self.0
    }
}

impl Drop for BusRange {
    fn drop(&mut self) {
        lock(&BUS).ranges.remove(&self.0);
    }
}

/// The memory behind `size` bytes from an address on; `None` if this process never gave it out, or
/// the memory is gone.
pub fn resolve(address: u64, size: usize) -> Option<SharedMemory> {
    let bus = lock(&BUS);
    let (base, known) = bus.ranges.range(..=address).next_back()?;
    let offset = usize::try_from(address - base).ok()?;
    if offset.checked_add(size)? > known.size {
        return None;
    }
    let file = known.file.upgrade()?;
    Some(SharedMemory::alias(file, known.start + offset, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::budget::Budget;

    #[test]
    fn addresses_lead_back_to_their_memory() {
        let memory = SharedMemory::create("test", 10_000, &Budget::new(None)).unwrap();
        let other = SharedMemory::create("test", 10_000, &Budget::new(None)).unwrap();
        let (address, other_address) = (memory.bus_address(), other.bus_address());
        assert_ne!(address, other_address);
        memory.whole().unwrap().store(5000, b"x");
        let part = resolve(address + 4096, 1000).unwrap();
        let mut byte = [0];
        part.whole().unwrap().load(5000 - 4096, &mut byte);
        assert_eq!(&byte, b"x");

        assert!(resolve(address, 10_001).is_none());
        assert!(resolve(address - 1, 1).is_none());
        assert!(resolve(0, 1).is_none());
        drop((memory, part));
        assert!(resolve(address, 1).is_none());
    }
}

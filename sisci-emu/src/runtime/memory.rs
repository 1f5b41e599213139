//! Memory that several processes share, and the only place that touches it.
//!
//! A peer may write any byte at any time, so no reference to this memory is ever made: words are
//! atomics, everything else is copied in or out.

use crate::runtime::budget::{Budget, Share};
use crate::runtime::bus::BusRange;
use crate::runtime::descriptors;
use crate::runtime::log::report;
use crate::runtime::sync::{Lease, lock};
use crate::{Code, Result};
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags};
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, OnceLock};

mod mapping;

pub use mapping::Mapping;

/// Anonymous shared memory: gone with the last process that holds it.
#[derive(Debug)]
pub struct SharedMemory {
    file: Arc<OwnedFd>,
    /// Where the bytes begin in the file.
    start: usize,
    /// Bytes that can be used; the file is a whole number of pages.
    size: usize,
    bus: OnceLock<BusRange>,
    whole: Mutex<Option<Arc<Mapping>>>,
    share: Lease<Option<Share>>,
}

impl SharedMemory {
    /// New zeroed memory of `size` bytes, with all its pages already there.
    ///
    /// # Errors
    /// `NOSPC` if it doesn't fit, `API_NOSPC` without a free descriptor, else `SYSTEM`.
    pub fn create(name: &str, size: usize, budget: &Arc<Budget>) -> Result<Self> {
        let pages = size
            .checked_next_multiple_of(page_size())
            .ok_or(Code::SCI_ERR_NOSPC)? as u64;
        let share = budget.take(pages)?;
        let file = Self::allocate(name, pages).map_err(|errno| {
            report!(Warn, "cannot create {size} bytes of shared memory: {errno}");
            from_errno(errno)
        })?;
        Ok(Self::new(Arc::new(file), 0, size, Some(share)))
    }

    fn new(file: Arc<OwnedFd>, start: usize, size: usize, share: Option<Share>) -> Self {
        Self {
            file,
            start,
            size,
            bus: OnceLock::new(),
            whole: Mutex::new(None),
            share: Lease::new(share),
        }
    }

    /// A part of memory that is there already. The caller has checked that the file has it.
    pub fn alias(file: Arc<OwnedFd>, start: usize, size: usize) -> Self {
        Self::new(file, start, size, None)
    }

    /// A part of this memory.
    ///
    /// # Errors
    /// `OUT_OF_RANGE`
    pub fn part(&self, offset: usize, size: usize) -> Result<Self> {
        let end = offset.checked_add(size).filter(|end| *end <= self.size);
        end.ok_or(Code::SCI_ERR_OUT_OF_RANGE)?;
        Ok(Self::alias(
            Arc::clone(&self.file),
            self.start + offset,
            size,
        ))
    }

    fn allocate(name: &str, bytes: u64) -> rustix::io::Result<OwnedFd> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = rustix::fs::memfd_create(name, flags)?;
        descriptors::seen(&file);
        rustix::fs::ftruncate(&file, bytes)?;
        // Pages that only come at the first store could be missing then, which is a SIGBUS.
        rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes)?;
        // A peer that shrinks the file would do the same to the owner.
        rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok(file)
    }

    /// Takes over memory that a peer handed out: `size` bytes from `start` on, if the file has them.
    ///
    /// # Errors
    /// `CONNECTION_REFUSED` if it hasn't, or could shrink later.
    pub fn received(file: OwnedFd, start: u64, size: u64) -> Result<Self> {
        let refused = Code::SCI_ERR_CONNECTION_REFUSED;
        let held = rustix::fs::fstat(&file).map_err(|_| refused)?.st_size;
        let seals = rustix::fs::fcntl_get_seals(&file).map_err(|_| refused)?;
        let end = start.checked_add(size).ok_or(refused)?;
        let fits = u64::try_from(held).is_ok_and(|held| held >= end);
        if !fits || !seals.contains(SealFlags::SHRINK) {
            return Err(refused);
        }
        let start = usize::try_from(start).map_err(|_| refused)?;
        let size = usize::try_from(size).map_err(|_| refused)?;
        Ok(Self::new(Arc::new(file), start, size, None))
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Where the bytes begin in the file that [`SharedMemory::descriptor`] hands out.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Address of the first byte on the bus: made up, but this memory's alone.
    pub fn bus_address(&self) -> u64 {
        let range = self
            .bus
            .get_or_init(|| BusRange::new(&self.file, self.start, self.size));
        range.address()
    }

    /// Counts the memory no longer: its owner has given it up, whoever still maps it.
    pub fn end_share(&self) {
        self.share.end();
    }

    /// A mapping of everything, made once: for what the library itself reads and writes.
    ///
    /// # Errors
    /// As [`SharedMemory::map`].
    pub fn whole(&self) -> Result<Arc<Mapping>> {
        let mut whole = lock(&self.whole);
        if let Some(mapping) = &*whole {
            return Ok(Arc::clone(mapping));
        }
        let mapping = Arc::new(self.map(0, self.size, Access::ReadWrite, Where::Anywhere)?);
        Ok(Arc::clone(whole.insert(mapping)))
    }

    /// Another descriptor of the memory, to be handed out.
    ///
    /// # Errors
    /// `API_NOSPC` without a free descriptor.
    pub fn descriptor(&self) -> Result<OwnedFd> {
        self.file.try_clone().map_err(|_| Code::SCI_ERR_API_NOSPC)
    }

    /// Maps the bytes `offset .. offset + size`; neither has to be aligned.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for an empty range, `OUT_OF_RANGE` beyond the end, `NOSPC`;
    /// `ILLEGAL_ADDRESS` for a given address that is taken or doesn't suit the offset.
    pub fn map(&self, offset: usize, size: usize, access: Access, at: Where) -> Result<Mapping> {
        let end = offset.checked_add(size).ok_or(Code::SCI_ERR_OUT_OF_RANGE)?;
        if end > self.size {
            report!(
                Debug,
                "a map of {size} bytes at {offset} goes beyond the segment's {}",
                self.size
            );
            return Err(Code::SCI_ERR_OUT_OF_RANGE);
        }
        if size == 0 {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let (offset, end) = (self.start + offset, self.start + end);
        let skip = offset % page_size();
        let start = offset - skip;
        let protection = access.protection();
        let length = end - start;
        let (address, flags) = match at {
            Where::Anywhere => (0, MapFlags::SHARED),
            Where::At(address) if address > skip && address % page_size() == skip => {
                (address - skip, MapFlags::SHARED | MapFlags::FIXED_NOREPLACE)
            }
            Where::At(address) => {
                report!(
                    Warn,
                    "{address:#x} is no place for a map: its place in a page must be {skip}"
                );
                return Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
            }
        };
        // SAFETY: a fresh mapping disturbs nothing: it is where the kernel has room, or fails if
        // anything is at the wanted address.
        let base = unsafe {
            let address = std::ptr::without_provenance_mut(address);
            rustix::mm::mmap(
                address,
                length,
                protection,
                flags,
                &*self.file,
                start as u64,
            )
        };
        let base = base.map_err(|errno| {
            report!(Warn, "cannot map {size} bytes: {errno}");
            match (at, errno) {
                (Where::At(_), Errno::EXIST | Errno::PERM | Errno::INVAL | Errno::NOMEM) => {
                    Code::SCI_ERR_ILLEGAL_ADDRESS
                }
                (_, other) => from_errno(other),
            }
        })?;
        let base = NonNull::new(base).ok_or(Code::SCI_ERR_SYSTEM)?;
        Ok(Mapping {
            base,
            length,
            start: start as u64,
            skip,
            size,
            access,
        })
    }
}

/// Where a mapping shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Where there is room.
    Anywhere,
    /// With its first byte at this address, where nothing else may be.
    At(usize),
}

/// What may be done through a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Loads only.
    Read,
    /// Loads and stores.
    ReadWrite,
}

impl Access {
    fn protection(self) -> ProtFlags {
        match self {
            Self::Read => ProtFlags::READ,
            Self::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
        }
    }
}

/// Bytes in a page.
pub fn page_size() -> usize {
    rustix::param::page_size()
}

/// The code for a failed system call, where nothing more is known about it.
pub fn from_errno(errno: Errno) -> Code {
    match errno {
        Errno::NOMEM | Errno::NOSPC => Code::SCI_ERR_NOSPC,
        Errno::MFILE | Errno::NFILE => Code::SCI_ERR_API_NOSPC,
        _ => Code::SCI_ERR_SYSTEM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::void;
    use std::sync::atomic::Ordering;

    fn memory(size: usize) -> SharedMemory {
        SharedMemory::create("test", size, &Budget::new(None)).unwrap()
    }

    #[test]
    fn two_mappings_show_the_same_bytes_at_odd_offsets() {
        let memory = memory(3 * page_size() + 5);
        let (all, part) = (
            memory
                .map(0, memory.size(), Access::ReadWrite, Where::Anywhere)
                .unwrap(),
            memory
                .map(page_size() + 3, 100, Access::Read, Where::Anywhere)
                .unwrap(),
        );
        all.store(page_size() + 3, b"hello");
        let mut seen = [0; 5];
        part.load(0, &mut seen);
        assert_eq!(&seen, b"hello");
        all.word(8).store(42, Ordering::Release);
        let head = memory
            .map(0, 16, Access::ReadWrite, Where::Anywhere)
            .unwrap();
        assert_eq!(head.word(8).load(Ordering::Acquire), 42);
    }

    #[test]
    fn ranges_beyond_the_end_are_refused() {
        let memory = memory(100);
        let map = |offset, size| {
            memory
                .map(offset, size, Access::ReadWrite, Where::Anywhere)
                .map(drop)
        };
        assert_eq!(map(0, 100), Ok(()));
        assert_eq!(map(0, 101), Err(Code::SCI_ERR_OUT_OF_RANGE));
        assert_eq!(map(usize::MAX, 2), Err(Code::SCI_ERR_OUT_OF_RANGE));
        assert_eq!(map(50, 0), Err(Code::SCI_ERR_ILLEGAL_PARAMETER));
    }

    #[test]
    fn a_void_window_swallows_stores_and_comes_back() {
        let memory = memory(void::CHUNK + 3 * page_size());
        let owner = memory
            .map(0, memory.size(), Access::ReadWrite, Where::Anywhere)
            .unwrap();
        let offset = page_size() + 8;
        let window = memory
            .map(
                offset,
                memory.size() - offset,
                Access::ReadWrite,
                Where::Anywhere,
            )
            .unwrap();
        owner.store(offset, b"old");
        window.make_void().unwrap();
        for place in [0, void::CHUNK, window.size() - 3] {
            let mut seen = [0; 3];
            window.load(place, &mut seen);
            assert_eq!(seen, [u8::MAX; 3], "at {place}");
            window.store(place, b"new");
            window.refill_void();
            window.load(place, &mut seen);
            assert_eq!(seen, [u8::MAX; 3], "at {place}");
        }
        window.restore(&memory).unwrap();
        let mut seen = [0; 3];
        window.load(0, &mut seen);
        assert_eq!(&seen, b"old");
        window.store(0, b"now");
        owner.load(offset, &mut seen);
        assert_eq!(&seen, b"now");
    }

    /// Threads that store and load while the memory under them changes: each address is there at
    /// every moment, and a load gives the memory or ones.
    #[test]
    fn stores_at_the_moment_of_the_change_are_safe() {
        use std::sync::atomic::AtomicBool;
        let memory = memory(2 * void::CHUNK);
        let window = memory
            .map(0, memory.size(), Access::ReadWrite, Where::Anywhere)
            .unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (window, over) = (&window, &over);
                scope.spawn(move || {
                    let mut step = thread;
                    while !over.load(Ordering::Relaxed) {
                        step = (step * 5 + 4097) % (window.size() / 8);
                        window.word(step * 8).store(7, Ordering::Relaxed);
                        let seen = window.word(step * 8).load(Ordering::Relaxed);
                        assert!([0, 7, u64::MAX].contains(&seen), "{seen:#x}");
                    }
                });
            }
            for _ in 0..300 {
                window.make_void().unwrap();
                window.refill_void();
                window.restore(&memory).unwrap();
            }
            over.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn memory_cannot_be_cut_by_a_peer() {
        let memory = memory(100);
        assert!(rustix::fs::ftruncate(&*memory.file, 0).is_err());
    }

    #[test]
    fn a_given_place_is_used_if_it_is_free() {
        let memory = memory(2 * page_size());
        let place = memory.map(0, page_size(), Access::Read, Where::Anywhere);
        let address = place.as_ref().unwrap().address().addr();
        let again = |address| {
            let mapped = memory.map(8, 8, Access::ReadWrite, Where::At(address));
            mapped.map(|mapping| mapping.address().addr())
        };
        let refused = Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
        assert_eq!(again(address + 8), refused, "taken");
        drop(place);
        assert_eq!(again(address), refused, "another place in its page");
        assert_eq!(again(0), refused);
        assert_eq!(again(usize::MAX - 4095 + 8), refused);
        assert_eq!(again(address + 8), Ok(address + 8));
    }
}

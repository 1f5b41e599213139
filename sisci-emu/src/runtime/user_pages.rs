//! Pages of the program that become memory of a segment, and later its own again.
//!
//! They are replaced where they are by shared pages with the same contents, so pointers of the
//! program go on showing the same bytes. At the end the pages become private again, those at least
//! that are still there: the program may have freed them.
//!
//! A child of a fork gets a private copy. Nothing else may write to the pages while they are replaced.

use crate::runtime::address_space::{self, Area};
use crate::runtime::budget::Budget;
use crate::runtime::log::report;
use crate::runtime::memory::{SharedMemory, from_errno, page_size};
use crate::runtime::sync::lock;
use crate::runtime::user_memory::UserRange;
use crate::{Code, Result};
use rustix::mm::{MapFlags, MremapFlags, ProtFlags};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, Once};

/// Replaced pages, by their first address.
static REGIONS: Mutex<Regions> = Mutex::new(BTreeMap::new());
type Regions = BTreeMap<usize, Region>;

struct Region {
    length: usize,
    memory: SharedMemory,
    file: OwnedFd,
    inode: u64,
    users: usize,
}

/// Keeps pages shared; the last one for a page gives it back.
#[derive(Debug)]
pub struct UserPages {
    start: usize,
}

impl UserPages {
    /// Shares the pages of `size` bytes from `address` on, which must start a page unless it may be
    /// `anywhere`.
    ///
    /// Memory inside of pages that are shared already is shared once more.
    ///
    /// # Errors
    /// `ILLEGAL_ADDRESS` for what isn't private memory of the program, or a part of a page;
    /// `NOSPC`, `SYSTEM`.
    pub fn share(
        address: usize,
        size: usize,
        anywhere: bool,
        budget: &Arc<Budget>,
    ) -> Result<(SharedMemory, Self)> {
        let wanted = pages_of(address, size, anywhere)?;
        guard_forks();
        let mut regions = lock(&REGIONS);
        let overlap = regions.range_mut(..wanted.end).next_back();
        if let Some((start, region)) = overlap
            && start + region.length > wanted.start
        {
            if *start > wanted.start || start + region.length < wanted.end {
                report!(
                    Warn,
                    "{size} bytes at {address:#x} overlap memory that is registered already"
                );
                return Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
            }
            let memory = region.memory.part(address - start, size)?;
            region.users += 1;
            return Ok((memory, Self { start: *start }));
        }
        check_private(&wanted)?;
        let region = replace(&wanted, budget)?;
        let memory = region.memory.part(address - wanted.start, size);
        regions.insert(wanted.start, region);
        let pages = Self {
            start: wanted.start,
        };
        drop(regions);
        Ok((memory?, pages))
    }
}

impl Drop for UserPages {
    fn drop(&mut self) {
        let mut regions = lock(&REGIONS);
        let Some(region) = regions.get_mut(&self.start) else {
            return;
        };
        region.users -= 1;
        if region.users == 0
            && let Some(region) = regions.remove(&self.start)
        {
            give_back(self.start, &region);
        }
    }
}

/// The whole pages of a range.
fn pages_of(address: usize, size: usize, anywhere: bool) -> Result<Range<usize>> {
    let unaligned = !address.is_multiple_of(page_size());
    if address == 0 || (unaligned && !anywhere) {
        report!(
            Warn,
            "{address:#x} is no start of a page: allocate with posix_memalign, or set \
             SISCI_EMU_TOLERATE=unaligned-memory to share what else is in the page too"
        );
        return Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
    }
    let end = address
        .checked_add(size)
        .and_then(|end| end.checked_next_multiple_of(page_size()))
        .ok_or(Code::SCI_ERR_ILLEGAL_ADDRESS)?;
    Ok(address - address % page_size()..end)
}

/// Accepts memory that belongs to the program alone and isn't the stack that this code runs on.
fn check_private(wanted: &Range<usize>) -> Result<()> {
    let refused = |why: &str| {
        let (start, end) = (wanted.start, wanted.end);
        report!(
            Warn,
            "memory from {start:#x} to {end:#x} can't be registered: {why}"
        );
        Err(Code::SCI_ERR_ILLEGAL_ADDRESS)
    };
    let Ok(areas) = address_space::areas(wanted) else {
        return refused("/proc/self/maps can't be read");
    };
    let here = std::ptr::from_ref(&areas).addr();
    let mut reached = wanted.start;
    for area in &areas {
        if area.range.start > reached {
            break;
        }
        reached = area.range.end;
        if !area.read_write || area.shared {
            return refused("it is no private memory for reading and writing");
        }
        let special = area.name.starts_with('[') && area.name != "[heap]";
        if area.range.contains(&here) || (special && !area.name.starts_with("[anon")) {
            return refused("it is a stack");
        }
    }
    if reached < wanted.end {
        return refused("a part of it is not there");
    }
    Ok(())
}

/// Puts shared pages with the same contents in the place of the program's.
fn replace(wanted: &Range<usize>, budget: &Arc<Budget>) -> Result<Region> {
    let length = wanted.len();
    let memory = SharedMemory::create("sisci-registered", length, budget)?;
    let file = memory.descriptor()?;
    let inode = rustix::fs::fstat(&file).map_err(from_errno)?.st_ino;
    let copy = memory.whole()?;
    let contents = UserRange::checked(wanted.start, length)?;
    contents
        .copy_to(0, &copy, 0, length)
        .map_err(|_| Code::SCI_ERR_ILLEGAL_ADDRESS)?;
    let place = std::ptr::with_exposed_provenance_mut(wanted.start);
    let rights = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::SHARED | MapFlags::FIXED;
    // SAFETY: the program gave these pages for this purpose; they are its own (`check_private`), and
    // afterwards they hold the same bytes with the same rights.
    let mapped = unsafe { rustix::mm::mmap(place, length, rights, flags, &file, 0) };
    mapped.map_err(|errno| {
        report!(Warn, "cannot share {length} bytes at {place:p}: {errno}");
        from_errno(errno)
    })?;
    Ok(Region {
        length,
        memory,
        file,
        inode,
        users: 1,
    })
}

/// Makes the pages that are still there private again.
fn give_back(start: usize, region: &Region) {
    let range = start..start + region.length;
    let areas = match address_space::areas(&range) {
        Ok(areas) => areas,
        Err(error) => {
            report!(Warn, "registered memory stays shared: {error}");
            return;
        }
    };
    let ours = |area: &&Area| area.shared && area.inode == region.inode;
    for area in areas.iter().filter(ours) {
        let first = area.range.start.max(range.start);
        let last = area.range.end.min(range.end);
        let offset = area.offset + (first - area.range.start);
        if let Err(errno) = make_private(first..last, &region.file, offset) {
            report!(
                Warn,
                "registered memory at {first:#x} stays shared: {errno}"
            );
        }
    }
}

/// Puts a private copy of a part of the file in the place of its shared pages.
fn make_private(pages: Range<usize>, file: &OwnedFd, offset: usize) -> rustix::io::Result<()> {
    let length = pages.len();
    let rights = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh mapping where there is room disturbs nothing.
    let copy = unsafe {
        let anywhere = std::ptr::null_mut();
        rustix::mm::mmap_anonymous(anywhere, length, rights, MapFlags::PRIVATE)?
    };
    // SAFETY: the mapping is new, this long, and nobody else's.
    let bytes = unsafe { std::slice::from_raw_parts_mut(copy.cast::<u8>(), length) };
    let mut done = 0;
    while done < length {
        match rustix::io::pread(file, &mut bytes[done..], (offset + done) as u64)? {
            0 => break,
            read => done += read,
        }
    }
    let place: *mut c_void = std::ptr::with_exposed_provenance_mut(pages.start);
    let flags = MremapFlags::MAYMOVE;
    // SAFETY: the pages in that place are shared ones of ours (the caller has looked), and what comes
    // there holds the same bytes with the same rights.
    unsafe { rustix::mm::mremap_fixed(copy, length, length, flags, place) }.map(drop)
}

thread_local! {
    /// The lock while this thread forks.
    static FORKING: RefCell<Option<MutexGuard<'static, Regions>>> = const { RefCell::new(None) };
}

/// Lets forked children have pages of their own.
fn guard_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the functions stay where they are: the library is never unloaded.
        let failed = unsafe {
            libc::pthread_atfork(
                Some(before_fork),
                Some(after_in_parent),
                Some(after_in_child),
            )
        };
        if failed != 0 {
            report!(Warn, "children of a fork will share registered memory");
        }
    });
}

extern "C" fn before_fork() {
    let regions = lock(&REGIONS);
    FORKING.with(|forking| {
        if let Ok(mut forking) = forking.try_borrow_mut() {
            *forking = Some(regions);
        }
    });
}

extern "C" fn after_in_parent() {
    FORKING.with(|forking| drop(forking.take()));
}

extern "C" fn after_in_child() {
    FORKING.with(|forking| {
        if let Some(mut regions) = forking.take() {
            let regions = std::mem::take(&mut *regions);
            for (start, region) in &regions {
                give_back(*start, region);
            }
            // Their files belong to the parent's objects, which the child leaves alone.
            std::mem::forget(regions);
        }
    });
}

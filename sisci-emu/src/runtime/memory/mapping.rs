//! A window onto shared memory: the only place that reads and writes there.

use super::{Access, SharedMemory};
use crate::runtime::void;
use rustix::mm::MapFlags;
use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// A window onto shared memory; unmapped when dropped.
#[derive(Debug)]
pub struct Mapping {
    pub(super) base: NonNull<c_void>,
    /// Mapped bytes from `base`, which starts on a page.
    pub(super) length: usize,
    /// Where they start in the file.
    pub(super) start: u64,
    /// Where the asked-for range starts in it.
    pub(super) skip: usize,
    pub(super) size: usize,
    pub(super) access: Access,
}

// SAFETY: the mapping is plain memory that belongs to no thread; all access is by atomics and copies.
unsafe impl Send for Mapping {}
// SAFETY: as above; nothing in it changes after it was made.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Address of the first byte, valid until the mapping is dropped.
    pub fn address(&self) -> *mut c_void {
        self.base.as_ptr().wrapping_byte_add(self.skip)
    }

    /// Size of the range in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// True if stores are allowed.
    pub fn is_writable(&self) -> bool {
        self.access == Access::ReadWrite
    }

    /// Shows all ones from now on, and lets stores vanish. See [`crate::runtime::void`].
    ///
    /// # Errors
    /// What the system says. A part of the window may be void then.
    pub fn make_void(&self) -> rustix::io::Result<()> {
        let ones = void::ones()?;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        for done in (0..self.length).step_by(void::CHUNK) {
            let length = void::CHUNK.min(self.length - done);
            // SAFETY: the range is ours (the chunks lie inside of `length`), and stays mapped with
            // the same access at every moment.
            unsafe { self.replace(done, length, flags, &ones, 0)? };
        }
        Ok(())
    }

    /// Drops what was stored into a void window.
    pub fn refill_void(&self) {
        let advice = rustix::mm::Advice::LinuxDontNeed;
        // SAFETY: the range is ours; pages that are dropped come back from the file behind them, in
        // a void window as ones and in any other as they were.
        let _ = unsafe { rustix::mm::madvise(self.base.as_ptr(), self.length, advice) };
    }

    /// Shows the memory again that it was mapped from.
    ///
    /// # Errors
    /// What the system says; the window is as it was then.
    pub fn restore(&self, memory: &SharedMemory) -> rustix::io::Result<()> {
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the whole range is ours, and stays mapped with the same access at every moment; the
        // file was mapped there before and can't have shrunk.
        unsafe { self.replace(0, self.length, flags, &memory.file, self.start) }
    }

    /// Puts a part of a file in the place of a part of the window.
    ///
    /// # Safety
    /// `skip + length` must be at most `self.length`, and the file as long as what it shows.
    unsafe fn replace(
        &self,
        skip: usize,
        length: usize,
        flags: MapFlags,
        file: &OwnedFd,
        start: u64,
    ) -> rustix::io::Result<()> {
        let place = self.base.as_ptr().wrapping_byte_add(skip);
        let protection = self.access.protection();
        // SAFETY: the caller's promise; users of the window hold addresses, never references.
        unsafe { rustix::mm::mmap(place, length, protection, flags, file, start) }.map(drop)
    }

    /// The word at `offset`, which is fixed by our own layout.
    ///
    /// # Panics
    /// If it isn't aligned, or not inside a writable mapping.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        let address = self.at(offset, size_of::<u64>());
        assert!(self.is_writable() && address.addr().is_multiple_of(align_of::<u64>()));
        // SAFETY: inside the mapping (`at`), writable and aligned (line above), and alive as long as
        // `self`; all processes use atomics for these words.
        unsafe { AtomicU64::from_ptr(address.cast()) }
    }

    /// As [`Mapping::word`], of 32 bits.
    ///
    /// # Panics
    /// As [`Mapping::word`].
    #[inline]
    pub fn half_word(&self, offset: usize) -> &AtomicU32 {
        let address = self.at(offset, size_of::<u32>());
        assert!(self.is_writable() && address.addr().is_multiple_of(align_of::<u32>()));
        // SAFETY: inside the mapping (`at`), writable and aligned (line above), and alive as long as
        // `self`; all processes use atomics for these words.
        unsafe { AtomicU32::from_ptr(address.cast()) }
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Panics
    /// If they don't fit, or the mapping is for reading.
    pub fn store(&self, offset: usize, bytes: &[u8]) {
        // SAFETY: a slice is valid for its length.
        unsafe { self.store_raw(offset, bytes.as_ptr(), bytes.len()) }
    }

    /// Copies the bytes from `offset` on.
    ///
    /// # Panics
    /// If the mapping has fewer.
    pub fn load(&self, offset: usize, bytes: &mut [u8]) {
        // SAFETY: a slice is valid for its length.
        unsafe { self.load_raw(offset, bytes.as_mut_ptr(), bytes.len()) }
    }

    /// Copies `size` bytes to `offset`.
    ///
    /// # Panics
    /// If they don't fit, or the mapping is for reading.
    ///
    /// # Safety
    /// `source` must be valid for reading `size` bytes; it may lie in the mapping.
    pub unsafe fn store_raw(&self, offset: usize, source: *const u8, size: usize) {
        assert!(self.is_writable());
        let target = self.at(offset, size);
        // SAFETY: the target lies inside the mapping (`at`), the source is the caller's promise.
        unsafe { std::ptr::copy(source, target, size) }
    }

    /// Copies `size` bytes from `offset` on.
    ///
    /// # Panics
    /// If the mapping has fewer.
    ///
    /// # Safety
    /// `target` must be valid for writing `size` bytes; it may lie in the mapping.
    pub unsafe fn load_raw(&self, offset: usize, target: *mut u8, size: usize) {
        let source = self.at(offset, size);
        // SAFETY: the source lies inside the mapping (`at`), the target is the caller's promise.
        unsafe { std::ptr::copy(source, target, size) }
    }

    /// Copies `size` bytes from `offset` to `target_offset` of another mapping.
    ///
    /// # Panics
    /// If either range is not inside its mapping, or the target is for reading.
    pub fn copy_to(&self, offset: usize, target: &Mapping, target_offset: usize, size: usize) {
        assert!(target.is_writable());
        let (source, target) = (self.at(offset, size), target.at(target_offset, size));
        // SAFETY: both ranges lie inside their mappings (`at`); `copy` allows them to overlap.
        unsafe { std::ptr::copy(source, target, size) }
    }

    /// Address of `size` bytes at `offset`, for reading by the kernel.
    ///
    /// # Panics
    /// If the mapping has fewer.
    pub fn range(&self, offset: usize, size: usize) -> *mut u8 {
        self.at(offset, size)
    }

    /// As [`Mapping::range`], for writing.
    ///
    /// # Panics
    /// If they don't fit, or the mapping is for reading.
    pub fn range_for_writing(&self, offset: usize, size: usize) -> *mut u8 {
        assert!(self.is_writable());
        self.at(offset, size)
    }

    /// Address of `size` bytes at `offset`.
    fn at(&self, offset: usize, size: usize) -> *mut u8 {
        assert!(offset.checked_add(size).is_some_and(|end| end <= self.size));
        self.address().cast::<u8>().wrapping_add(offset)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `map` mapped, and nobody holds an address any more: users of the C
        // interface gave the map back, and our own borrows end with `self`.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr(), self.length) };
    }
}

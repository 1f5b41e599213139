//! What needs `unsafe` in the benchmark: shared memory of the bare rings, copies with prefetch,
//! the time-stamp counter, and the kernel's account of a process.

use std::fs::File;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// How far ahead of the copy lines are fetched, in bytes.
const AHEAD: usize = 4096;
/// From this length on a copy fetches ahead; below, the system's copy is as good.
const WIDE: usize = 1024;

/// A mapping of a memory file that another process has mapped too.
#[derive(Debug)]
pub struct Shared {
    base: NonNull<u8>,
    bytes: usize,
    /// Long copies fetch ahead, where the processor can do it.
    ahead: bool,
}

// SAFETY: the memory is only reached by the methods below: atomics, and copies of bytes between
// positions that the ring's protocol gives to one side at a time.
unsafe impl Send for Shared {}

impl Shared {
    /// Maps the first `bytes` bytes of `file`, which must be that long. With `ahead`, long copies
    /// fetch lines ahead.
    ///
    /// # Errors
    /// If the file is shorter or the kernel refuses.
    pub fn map(file: &File, bytes: usize, ahead: bool) -> anyhow::Result<Self> {
        let len = file.metadata().context("shared memory")?.len();
        anyhow::ensure!(
            bytes > 0 && len >= bytes as u64,
            "shared memory of {len} bytes, {bytes} wanted"
        );
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping at an address of the kernel's choice replaces nothing.
        let base = unsafe {
            mmap(
                std::ptr::null_mut(),
                bytes,
                protection,
                flags,
                file.as_fd(),
                0,
            )
        }
        .context("mapping shared memory")?;
        let base = NonNull::new(base.cast()).context("mapped at address 0")?;
        Ok(Self {
            base,
            bytes,
            ahead: ahead && can_fetch_ahead(),
        })
    }

    /// The 64-bit word at `offset`, a multiple of 8 inside the mapping.
    #[inline]
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset + 8 <= self.bytes && offset.is_multiple_of(8));
        let at = self.base.as_ptr().wrapping_add(offset);
        #[allow(clippy::cast_ptr_alignment, reason = "page-aligned base, offset by 8")]
        let at = at.cast::<AtomicU64>();
        // SAFETY: inside the mapping and aligned by the assertion (the base is page-aligned);
        // mapped as long as `self`; an atomic may be shared with another process.
        unsafe { &*at }
    }

    /// The 32-bit word at `offset`, a multiple of 4 inside the mapping; for sleeping.
    #[inline]
    pub fn half(&self, offset: usize) -> &AtomicU32 {
        assert!(offset + 4 <= self.bytes && offset.is_multiple_of(4));
        let at = self.base.as_ptr().wrapping_add(offset);
        #[allow(clippy::cast_ptr_alignment, reason = "page-aligned base, offset by 4")]
        let at = at.cast::<AtomicU32>();
        // SAFETY: as for `word`.
        unsafe { &*at }
    }

    /// Copies `from` to `offset`.
    #[inline]
    pub fn copy_in(&self, offset: usize, from: &[u8]) {
        assert!(offset <= self.bytes && from.len() <= self.bytes - offset);
        let to = self.base.as_ptr().wrapping_add(offset);
        // SAFETY: `to` is valid for `from.len()` bytes by the assertion, `from` is a Rust slice
        // outside of the mapping, and the other process does not touch these bytes now.
        unsafe { self.copy::<true>(from.as_ptr(), to, from.len()) };
    }

    /// Copies from `offset` to `to`.
    #[inline]
    pub fn copy_out(&self, offset: usize, to: &mut [u8]) {
        assert!(offset <= self.bytes && to.len() <= self.bytes - offset);
        let from = self.base.as_ptr().wrapping_add(offset);
        // SAFETY: as for `copy_in`, in the other direction.
        unsafe { self.copy::<false>(from, to.as_mut_ptr(), to.len()) };
    }

    /// # Safety
    /// As for [`std::ptr::copy_nonoverlapping`] of `len` bytes.
    #[inline]
    unsafe fn copy<const WRITE: bool>(&self, from: *const u8, to: *mut u8, len: usize) {
        #[cfg(target_arch = "x86_64")]
        if self.ahead && len >= WIDE {
            // SAFETY: `ahead` says that the feature is there; the rest is promised by the caller.
            return unsafe { copy_wide::<WRITE>(from, to, len) };
        }
        // SAFETY: promised by the caller.
        unsafe { std::ptr::copy_nonoverlapping(from, to, len) }
    }
}

/// Whether this processor has what [`copy_wide`] needs.
fn can_fetch_ahead() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped by `map` with this length; no reference outlives `self`.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

/// Copies line by line and fetches the shared side's lines ahead: for writing where it is the
/// destination, for reading where it is the source.
///
/// # Safety
/// As for [`std::ptr::copy_nonoverlapping`] of `len` bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn copy_wide<const WRITE: bool>(from: *const u8, to: *mut u8, len: usize) {
    use std::arch::x86_64::{
        _MM_HINT_ET0, _MM_HINT_T0, _mm_prefetch, _mm512_loadu_si512, _mm512_storeu_si512,
    };
    let mut at = 0;
    while at + 64 <= len {
        // A prefetch may name any address.
        if WRITE {
            _mm_prefetch::<_MM_HINT_ET0>(to.wrapping_add(at + AHEAD).cast());
        } else {
            _mm_prefetch::<_MM_HINT_T0>(from.wrapping_add(at + AHEAD).cast());
        }
        // SAFETY: `at + 64 <= len`, so both addresses are inside what the caller promised;
        // neither access needs alignment.
        unsafe {
            let line = _mm512_loadu_si512(from.add(at).cast());
            _mm512_storeu_si512(to.add(at).cast(), line);
        }
        at += 64;
    }
    // SAFETY: `at <= len`; the rest of what the caller promised.
    unsafe { std::ptr::copy_nonoverlapping(from.add(at), to.add(at), len - at) };
}

/// Stamps for single exchanges: the time-stamp counter where there is one, since reading the
/// system's clock costs as much as a third of the shortest exchange.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    nanos_per_tick: f64,
    step: u64,
}

impl Clock {
    /// Compares the counter with the system's clock for 20 ms.
    pub fn calibrate() -> Self {
        let (begin, first) = (Instant::now(), Self::ticks_now());
        while begin.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let (elapsed, last) = (begin.elapsed(), Self::ticks_now());
        Self {
            nanos_per_tick: elapsed.as_nanos() as f64 / last.wrapping_sub(first).max(1) as f64,
            step: step(&Self::distances()),
        }
    }

    /// Distances of stamps taken one after the other.
    fn distances() -> Vec<u64> {
        let mut stamp = Self::ticks_now();
        let mut next = || {
            let before = std::mem::replace(&mut stamp, Self::ticks_now());
            stamp.wrapping_sub(before)
        };
        (0..20_000).map(|_| next()).collect()
    }

    /// The counter goes in steps of so many ticks, give or take one; 1 if it counts each.
    pub fn step(self) -> u64 {
        self.step
    }

    /// A stamp.
    #[inline]
    pub fn now(self) -> u64 {
        Self::ticks_now()
    }

    /// Nanoseconds of a difference of two stamps.
    #[inline]
    pub fn nanos(self, ticks: u64) -> f64 {
        ticks as f64 * self.nanos_per_tick
    }

    /// The difference of stamps that so many nanoseconds make.
    pub fn ticks(self, nanos: f64) -> u64 {
        (nanos / self.nanos_per_tick) as u64
    }

    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn ticks_now() -> u64 {
        // SAFETY: every x86-64 processor has the instruction, and Linux lets programs use it.
        unsafe { std::arch::x86_64::_rdtsc() }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn ticks_now() -> u64 {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }
}

/// The step of which nearly all distances are multiples, give or take one; 1 if there is none.
/// Only a coarse counter shows the same value twice: reading it takes some ticks of a fine one.
fn step(distances: &[u64]) -> u64 {
    if distances.iter().all(|distance| *distance > 1) {
        return 1;
    }
    let fits = |step: u64| {
        let near = |distance: &&u64| (**distance + 1) % step <= 2;
        distances.iter().filter(near).count() * 100 >= distances.len() * 99
    };
    let Some(least) = distances.iter().filter(|distance| **distance > 4).min() else {
        return 1;
    };
    let candidates = [*least, *least + 1];
    candidates
        .into_iter()
        .rev()
        .find(|step| fits(*step))
        .unwrap_or(1)
}

/// What the kernel has charged to this process, all its threads together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Nanoseconds.
    pub user: f64,
    pub system: f64,
    /// Times that a thread gave up its processor to wait.
    pub sleeps: u64,
}

impl Usage {
    /// The account up to now.
    pub fn now() -> Self {
        // SAFETY: all bits zero is a value of this plain C structure.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: `usage` is writable and of the type that the call fills in.
        unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
        let nanos = |time: libc::timeval| time.tv_sec as f64 * 1e9 + time.tv_usec as f64 * 1e3;
        Self {
            user: nanos(usage.ru_utime),
            system: nanos(usage.ru_stime),
            sleeps: usage.ru_nvcsw.cast_unsigned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(bytes: usize, ahead: bool) -> Shared {
        let file = tempfile::tempfile().unwrap();
        file.set_len(bytes as u64).unwrap();
        Shared::map(&file, bytes, ahead).unwrap()
    }

    #[test]
    fn copies_of_all_lengths_arrive() {
        let data: Vec<u8> = (0..8000_u32).map(|i| (i * 7 % 251) as u8).collect();
        for ahead in [false, true] {
            let shared = shared(16 << 10, ahead);
            for len in [0, 1, 63, 64, 65, 1023, 1024, 1025, 1087, 4096, 8000] {
                let mut out = vec![0; len];
                shared.copy_in(3, &data[..len]);
                shared.copy_out(3, &mut out);
                assert_eq!(out, data[..len], "{len} bytes");
            }
        }
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn nothing_is_copied_past_the_end() {
        shared(4096, false).copy_in(4090, &[0; 7]);
    }

    #[test]
    fn too_short_a_file_is_refused() {
        let file = tempfile::tempfile().unwrap();
        assert!(Shared::map(&file, 4096, true).is_err());
    }

    #[test]
    fn the_step_of_a_coarse_counter_is_found() {
        let coarse = [vec![26; 900], vec![25, 1, 27, 52, 78, 77, 104]].concat();
        assert_eq!(step(&coarse), 26);
        let fine = [vec![18; 500], vec![20; 300], vec![22, 24, 31, 45]].concat();
        assert_eq!(step(&fine), 1);
        assert_eq!(step(&[]), 1);
    }

    #[test]
    fn work_is_accounted_and_the_clock_goes() {
        let (before, clock) = (Usage::now(), Clock::calibrate());
        let (begin, stamp) = (Instant::now(), clock.now());
        while begin.elapsed() < Duration::from_millis(5) {}
        assert!(clock.nanos(clock.now() - stamp) > 1e6);
        let after = Usage::now();
        assert!(after.user + after.system > before.user + before.system);
    }
}

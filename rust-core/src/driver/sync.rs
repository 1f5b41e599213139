//! The synchronisation types of the thread hand-offs: loom's under its model checker.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};

/// Makes a locked instruction that comes before it in the program a full barrier.
#[inline]
pub(crate) fn full_barrier_after_locked() {
    // On x86 it is one; only the compiler has to be told.
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
    #[cfg(all(not(target_arch = "x86_64"), not(loom)))]
    std::sync::atomic::fence(Ordering::SeqCst);
    #[cfg(loom)]
    loom::sync::atomic::fence(Ordering::SeqCst);
}

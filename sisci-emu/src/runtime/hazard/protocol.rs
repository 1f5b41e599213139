//! The hand-off between who uses an object and who takes it away, apart from where both keep their
//! things: so that `tests/models.rs` can run it under loom, whose types then stand in `atomics`.

use super::atomics::{AtomicPtr, AtomicUsize, Mutex, Ordering, lock};
use std::ptr::NonNull;

/// Says in `slot` that what `place` points to is used; `None` if that is null. `barrier` orders the
/// store to the slot before the loads behind it, against the one of [`Limbo::retire`].
#[inline]
pub fn hold<T>(slot: &AtomicUsize, place: &AtomicPtr<T>, barrier: impl Fn()) -> Option<NonNull<T>> {
    loop {
        let pointer = place.load(Ordering::Acquire);
        let object = NonNull::new(pointer)?;
        slot.store(pointer.addr(), Ordering::Release);
        barrier();
        if place.load(Ordering::Acquire) == pointer {
            return Some(object);
        }
    }
}

/// Ends a use. True: something waits for its last user, who is to sweep.
#[inline]
#[must_use]
pub fn let_go<R>(slot: &AtomicUsize, limbo: &Limbo<R>, barrier: impl Fn()) -> bool {
    slot.store(0, Ordering::Release);
    barrier();
    limbo.waiting.load(Ordering::Relaxed) != 0
}

/// Objects that were taken away while somebody used them, each with its address.
pub struct Limbo<R> {
    pub(super) objects: Mutex<Vec<(usize, R)>>,
    /// How many there are.
    pub(super) waiting: AtomicUsize,
}

impl<R> Limbo<R> {
    /// Keeps an object that was just taken from its place alive as long as somebody holds it.
    /// `barrier` makes all users catch up.
    pub fn retire(
        &self,
        address: usize,
        object: impl FnOnce() -> R,
        is_held: impl Fn(usize) -> bool,
        barrier: impl Fn(),
    ) {
        barrier();
        if !is_held(address) {
            return;
        }
        let mut objects = lock(&self.objects);
        objects.push((address, object()));
        self.waiting.store(objects.len(), Ordering::Relaxed);
        drop(objects);
        // Who lets go from now on sees that something waits.
        barrier();
        self.sweep(is_held);
    }

    /// Frees what nobody holds any more.
    #[cold]
    pub fn sweep(&self, is_held: impl Fn(usize) -> bool) {
        let mut objects = lock(&self.objects);
        let (held, free) = std::mem::take(&mut *objects)
            .into_iter()
            .partition::<Vec<_>, _>(|(address, _)| is_held(*address));
        self.waiting.store(held.len(), Ordering::Relaxed);
        *objects = held;
        drop(objects);
        // Outside of the lock: what ends here may look up others.
        drop(free);
    }
}

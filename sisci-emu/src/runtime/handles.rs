//! Handles that can be checked: a stale, foreign or made-up one is an error, never a crash.
//!
//! A handle has the width of a pointer but is none. Its bits are the kind of object (8), the
//! generation of the table slot (32) and the slot's index (24), so it is never null, and a slot that
//! is used again answers to the new handle only.
//!
//! Slots never move and are never freed, so a lookup takes no lock (see [`crate::runtime::hazard`]).

use crate::runtime::hazard::{self, Hold};
use crate::runtime::log::report;
use crate::runtime::sync::lock;
use crate::{Code, Result};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The live objects of one kind. `C` is the incomplete struct behind the handle in the C interface.
pub struct Table<T, C> {
    kind: u8,
    /// Part `n` has `FIRST_PART << n` slots.
    parts: [OnceLock<Box<[Slot<T>]>>; PARTS],
    /// Changes one after the other.
    change: Mutex<Indices>,
    handle: PhantomData<fn() -> (C, T)>,
}

struct Indices {
    used: usize,
    free: Vec<usize>,
}

struct Slot<T> {
    /// Grows with every object that leaves, before its place is empty.
    generation: AtomicU32,
    /// From an `Arc`.
    object: AtomicPtr<T>,
}

const INDEX_BITS: u32 = 24;
const KIND_SHIFT: u32 = 56;
const FIRST_PART: usize = 64;
const PARTS: usize = INDEX_BITS as usize - FIRST_PART.ilog2() as usize;

impl<T: Send + Sync + 'static, C> Table<T, C> {
    /// An empty table; `kind` differs from that of every other table, and from 0.
    pub const fn new(kind: u8) -> Self {
        Self {
            kind,
            parts: [const { OnceLock::new() }; PARTS],
            change: Mutex::new(Indices {
                used: 0,
                free: Vec::new(),
            }),
            handle: PhantomData,
        }
    }

    /// Adds an object and gives its handle.
    ///
    /// # Errors
    /// `API_NOSPC` if the table is full (16 million objects).
    pub fn insert(&self, object: Arc<T>) -> Result<*mut C> {
        let mut change = lock(&self.change);
        let index = match change.free.pop() {
            Some(index) => index,
            None if change.used < FIRST_PART * ((1 << PARTS) - 1) => {
                change.used += 1;
                change.used - 1
            }
            None => return Err(Code::SCI_ERR_API_NOSPC),
        };
        let (part, at) = place(index);
        let slots = self.parts[part]
            .get_or_init(|| (0..FIRST_PART << part).map(|_| Slot::default()).collect());
        let slot = &slots[at];
        let generation = slot.generation.load(Ordering::Relaxed);
        slot.object
            .store(Arc::into_raw(object).cast_mut(), Ordering::Release);
        let bits =
            usize::from(self.kind) << KIND_SHIFT | (generation as usize) << INDEX_BITS | index;
        Ok(std::ptr::without_provenance_mut(bits))
    }

    /// The object behind a handle, for the time of a call. Costs a few stores and no lock.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if there is none.
    #[inline]
    pub fn look(&self, handle: *mut C) -> Result<Guard<T>> {
        let found = self.index(handle);
        let (index, generation) = found.ok_or_else(|| refused(handle))?;
        let slot = self.slot(index).ok_or_else(|| refused(handle))?;
        let guard = match Hold::new(&slot.object) {
            Some(held) => held.map(|(hold, object)| Guard::Held {
                _hold: hold,
                object,
            }),
            None => self.share(slot).map(Guard::Shared),
        };
        // What is held now belongs to the generation that is seen now, or was there before it.
        guard
            .filter(|_| slot.generation.load(Ordering::Acquire) == generation)
            .ok_or_else(|| refused(handle))
    }

    /// The object behind a handle, for as long as the caller likes.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if there is none.
    pub fn get(&self, handle: *mut C) -> Result<Arc<T>> {
        Ok(self.look(handle)?.to_shared())
    }

    /// Makes a handle stale. `None` if it was already.
    pub fn remove(&self, handle: *mut C) -> Option<Arc<T>> {
        let (index, generation) = self.index(handle)?;
        let slot = self.slot(index)?;
        let mut change = lock(&self.change);
        if slot.generation.load(Ordering::Relaxed) != generation {
            return None;
        }
        let object = slot.clear()?;
        change.free.push(index);
        drop(change);
        hazard::retire(&object);
        Some(object)
    }

    /// Makes all handles stale and gives the objects.
    pub fn drain(&self) -> Vec<Arc<T>> {
        let mut change = lock(&self.change);
        let mut objects = Vec::new();
        for index in 0..change.used {
            if let Some(object) = self.slot(index).and_then(Slot::clear) {
                change.free.push(index);
                objects.push(object);
            }
        }
        drop(change);
        objects.iter().for_each(hazard::retire);
        objects
    }

    fn slot(&self, index: usize) -> Option<&Slot<T>> {
        let (part, at) = place(index);
        self.parts.get(part)?.get()?.get(at)
    }

    /// For threads that can't hold more: nothing leaves while the lock is held.
    #[cold]
    fn share(&self, slot: &Slot<T>) -> Option<Arc<T>> {
        let _change = lock(&self.change);
        let object = NonNull::new(slot.object.load(Ordering::Acquire))?;
        // SAFETY: in its place, where it stays as long as the lock is held.
        Some(unsafe { share(object) })
    }

    /// Slot and generation, if the handle is of this kind at all.
    #[inline]
    fn index(&self, handle: *mut C) -> Option<(usize, u32)> {
        let bits = handle.addr();
        let index = bits & ((1 << INDEX_BITS) - 1);
        let generation = (bits >> INDEX_BITS) as u32;
        (bits >> KIND_SHIFT == usize::from(self.kind)).then_some((index, generation))
    }
}

/// Part of an index, and the place in it.
#[inline]
fn place(index: usize) -> (usize, usize) {
    let above = index / FIRST_PART + 1;
    let part = above.ilog2() as usize;
    (part, index - FIRST_PART * ((1 << part) - 1))
}

impl<T> Slot<T> {
    /// Takes the object out. The table's lock is held by the caller.
    fn clear(&self) -> Option<Arc<T>> {
        let object = NonNull::new(self.object.load(Ordering::Relaxed))?;
        let generation = self.generation.load(Ordering::Relaxed);
        self.generation
            .store(generation.wrapping_add(1), Ordering::Release);
        self.object.store(std::ptr::null_mut(), Ordering::Release);
        // SAFETY: came from `into_raw`; the place is empty now, so it is taken once.
        Some(unsafe { Arc::from_raw(object.as_ptr().cast_const()) })
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            generation: AtomicU32::new(0),
            object: AtomicPtr::default(),
        }
    }
}

/// A new reference to what came from an `Arc`.
///
/// # Safety
/// It must be alive.
unsafe fn share<T>(object: NonNull<T>) -> Arc<T> {
    let pointer = object.as_ptr().cast_const();
    // SAFETY: the caller's promise; the new count belongs to the value given back.
    unsafe {
        Arc::increment_strong_count(pointer);
        Arc::from_raw(pointer)
    }
}

/// An object that can't go away during a call.
pub enum Guard<T> {
    /// Seen by those who take objects away.
    Held {
        /// What they see.
        _hold: Hold,
        /// The object.
        object: NonNull<T>,
    },
    /// Counted.
    Shared(Arc<T>),
}

impl<T> Guard<T> {
    /// A reference that outlives the call.
    pub fn to_shared(&self) -> Arc<T> {
        match self {
            // SAFETY: held.
            Self::Held { object, .. } => unsafe { share(*object) },
            Self::Shared(object) => Arc::clone(object),
        }
    }
}

impl<T> Deref for Guard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            // SAFETY: held, and never changed except through what is made for that.
            Self::Held { object, .. } => unsafe { object.as_ref() },
            Self::Shared(object) => object,
        }
    }
}

/// The code for a handle that nothing is behind.
#[cold]
fn refused<C>(handle: *mut C) -> Code {
    if handle.is_null() {
        report!(Debug, "a handle is null");
    } else {
        report!(Debug, "handle {handle:p} is stale, of another kind or none");
    }
    Code::SCI_ERR_ILLEGAL_PARAMETER
}

/// Where an object remembers its own handle, which its callbacks are given.
pub struct OwnHandle<C>(OnceLock<usize>, PhantomData<fn() -> C>);

impl<C> OwnHandle<C> {
    /// Remembers the handle; the first one counts.
    pub fn set(&self, handle: *mut C) {
        let _ = self.0.set(handle.addr());
    }

    /// The handle; null before it is known.
    pub fn get(&self) -> *mut C {
        std::ptr::without_provenance_mut(self.0.get().copied().unwrap_or(0))
    }
}

impl<C> Default for OwnHandle<C> {
    fn default() -> Self {
        Self(OnceLock::new(), PhantomData)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Opaque;

    #[test]
    fn only_live_handles_of_the_own_kind_are_answered() {
        let table: Table<u32, Opaque> = Table::new(1);
        let other: Table<u32, Opaque> = Table::new(2);
        let handle = table.insert(Arc::new(7)).unwrap();
        assert_eq!(table.get(handle).as_deref(), Ok(&7));
        assert!(other.get(handle).is_err());
        assert!(table.get(std::ptr::null_mut()).is_err());
        assert!(
            table
                .get(std::ptr::without_provenance_mut(0x7fff_1234_5678))
                .is_err()
        );

        assert_eq!(table.remove(handle).as_deref(), Some(&7));
        assert!(table.remove(handle).is_none());
        let next = table.insert(Arc::new(8)).unwrap();
        assert_ne!(next, handle);
        assert!(table.get(handle).is_err());
        assert_eq!(table.drain().len(), 1);
        assert!(table.get(next).is_err());
    }

    #[test]
    fn places_fill_all_parts_without_a_gap() {
        let mut expected = (0, 0);
        for index in 0..FIRST_PART * 31 {
            assert_eq!(place(index), expected, "{index}");
            expected.1 += 1;
            if expected.1 == FIRST_PART << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(place((1 << INDEX_BITS) - FIRST_PART - 1).0, PARTS - 1);
    }

    #[test]
    fn many_objects_at_once_within_one_thread() {
        let table: Table<u32, Opaque> = Table::new(3);
        let handles: Vec<_> = (0..200)
            .map(|n| table.insert(Arc::new(n)).unwrap())
            .collect();
        // More than a thread has room for: the others are counted.
        let held: Vec<_> = handles
            .iter()
            .map(|handle| table.look(*handle).unwrap())
            .collect();
        assert!(handles.iter().all(|handle| table.remove(*handle).is_some()));
        assert!(held.iter().zip(0..).all(|(object, n)| **object == n));
    }

    /// Looks up and removes at the same time; a lookup gives the object of its handle or nothing.
    #[test]
    fn lookups_race_with_removals() {
        use std::sync::atomic::{AtomicBool, AtomicUsize};
        static ALIVE: AtomicUsize = AtomicUsize::new(0);
        struct Checked(usize);
        impl Drop for Checked {
            fn drop(&mut self) {
                self.0 = usize::MAX;
                ALIVE.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let table: Table<Checked, Opaque> = Table::new(4);
        let (shown, end) = (AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !end.load(Ordering::Relaxed) {
                        let handle =
                            std::ptr::without_provenance_mut(shown.load(Ordering::Acquire));
                        if let Ok(object) = table.look(handle) {
                            assert_eq!(object.0 as u32, (handle.addr() >> INDEX_BITS) as u32);
                            assert_eq!(object.to_shared().0, object.0);
                        }
                    }
                });
            }
            for generation in 0..20_000 {
                ALIVE.fetch_add(1, Ordering::Relaxed);
                let handle = table.insert(Arc::new(Checked(generation))).unwrap();
                shown.store(handle.addr(), Ordering::Release);
                assert!(table.remove(handle).is_some());
                assert!(table.look(handle).is_err());
            }
            end.store(true, Ordering::Relaxed);
        });
        assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    }
}

//! Handles that can be checked: a stale, foreign or made-up one is an error, never a crash.
//!
//! A handle has the width of a pointer but is none. Its bits are the kind of object (8), the
//! generation of the table slot (32) and the slot's index (24), so it is never null, and a slot that
//! is used again answers to the new handle only.

use crate::{Code, Result};
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// The live objects of one kind. `C` is the incomplete struct behind the handle in the C interface.
pub struct Table<T, C> {
    kind: u8,
    slots: RwLock<Slots<T>>,
    handle: PhantomData<fn() -> C>,
}

struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
}

struct Slot<T> {
    generation: u32,
    object: Option<Arc<T>>,
}

const INDEX_BITS: u32 = 24;
const KIND_SHIFT: u32 = 56;

impl<T, C> Table<T, C> {
    /// An empty table; `kind` differs from that of every other table, and from 0.
    pub const fn new(kind: u8) -> Self {
        let slots = Slots {
            slots: Vec::new(),
            free: Vec::new(),
        };
        Self {
            kind,
            slots: RwLock::new(slots),
            handle: PhantomData,
        }
    }

    /// Adds an object and gives its handle.
    ///
    /// # Errors
    /// `API_NOSPC` if the table is full (16 million objects).
    pub fn insert(&self, object: Arc<T>) -> Result<*mut C> {
        let mut table = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let index = match table.free.pop() {
            Some(index) => index,
            None if table.slots.len() < 1 << INDEX_BITS => {
                table.slots.push(Slot {
                    generation: 0,
                    object: None,
                });
                table.slots.len() - 1
            }
            None => return Err(Code::SCI_ERR_API_NOSPC),
        };
        let slot = &mut table.slots[index];
        slot.object = Some(object);
        let bits =
            usize::from(self.kind) << KIND_SHIFT | (slot.generation as usize) << INDEX_BITS | index;
        Ok(std::ptr::without_provenance_mut(bits))
    }

    /// The object behind a handle.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if there is none.
    pub fn get(&self, handle: *mut C) -> Result<Arc<T>> {
        let table = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let slot = self.index(handle).and_then(|(index, generation)| {
            table
                .slots
                .get(index)
                .filter(|slot| slot.generation == generation)
        });
        slot.and_then(|slot| slot.object.clone())
            .ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)
    }

    /// Makes a handle stale. `None` if it was already.
    pub fn remove(&self, handle: *mut C) -> Option<Arc<T>> {
        let mut table = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let (index, generation) = self.index(handle)?;
        let slot = table
            .slots
            .get_mut(index)
            .filter(|slot| slot.generation == generation)?;
        let object = slot.object.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        table.free.push(index);
        Some(object)
    }

    /// Makes all handles stale and gives the objects.
    pub fn drain(&self) -> Vec<Arc<T>> {
        let mut table = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let table = &mut *table;
        let mut objects = Vec::new();
        for (index, slot) in table.slots.iter_mut().enumerate() {
            if let Some(object) = slot.object.take() {
                slot.generation = slot.generation.wrapping_add(1);
                table.free.push(index);
                objects.push(object);
            }
        }
        objects
    }

    /// Slot and generation, if the handle is of this kind at all.
    fn index(&self, handle: *mut C) -> Option<(usize, u32)> {
        let bits = handle.addr();
        let index = bits & ((1 << INDEX_BITS) - 1);
        let generation = (bits >> INDEX_BITS) as u32;
        (bits >> KIND_SHIFT == usize::from(self.kind)).then_some((index, generation))
    }
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
}

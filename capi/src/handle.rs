//! Handles: numbers that name an object, so that a wrong one is found and not followed.
//!
//! A number holds the kind of the object, its place in a table, and how often that place was used
//! before. A closed handle, one of another kind and one that never was therefore differ from all
//! that are open; a place would have to be used 2^32 times before a number came again.
//!
//! Each place has a lock, taken by whoever is inside a call. It is never waited for: two threads in
//! one connection are a mistake of the program, and it is told so.

use crate::failure::Failure;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

/// Places of the first piece of a table; each further piece has twice as many.
const FIRST: usize = 64;
/// Pieces of a table, for all places that [`PLACE_BITS`] can name.
const PIECES: usize = 18;
const PLACE_BITS: u32 = 24;
const USE_BITS: u32 = 32;

/// All objects of one kind.
pub(crate) struct Table<T> {
    kind: usize,
    name: &'static str,
    // Pieces never move, so that a place is found without a lock.
    pieces: [OnceLock<Box<[Place<T>]>>; PIECES],
    free: Mutex<Free>,
}

struct Place<T> {
    /// The handle of what is here; 0 if nothing is. Changes only under the lock.
    key: AtomicUsize,
    object: Mutex<Option<T>>,
}

#[derive(Default)]
struct Free {
    places: Vec<(usize, usize)>,
    used: usize,
}

/// An object that this thread is inside of.
pub(crate) struct Inside<'a, T>(MutexGuard<'a, Option<T>>);

impl<T> Inside<'_, T> {
    pub(crate) fn object(&mut self) -> Option<&mut T> {
        self.0.as_mut()
    }
}

impl<T> Table<T> {
    /// A table whose handles differ from those of other kinds; `name` is for messages.
    pub(crate) const fn new(kind: u8, name: &'static str) -> Self {
        Self {
            kind: kind as usize,
            name,
            pieces: [const { OnceLock::new() }; PIECES],
            free: Mutex::new(Free {
                places: Vec::new(),
                used: 0,
            }),
        }
    }

    /// Gives `object` a handle.
    pub(crate) fn insert(&self, object: T) -> Result<usize, Failure> {
        let (number, uses) = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.places.pop().unwrap_or_else(|| {
                free.used += 1;
                (free.used - 1, 0)
            })
        };
        let Some(place) = self.place(number) else {
            return Err(Failure::internal("more handles than there can be"));
        };
        let key = self.kind << (PLACE_BITS + USE_BITS) | uses << PLACE_BITS | number;
        let mut slot = place.object.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(object);
        place.key.store(key, Ordering::Release);
        Ok(key)
    }

    /// Goes inside the object of `key`.
    pub(crate) fn enter(&self, key: usize) -> Result<Inside<'_, T>, Failure> {
        let place = self.find(key)?;
        match place.object.try_lock() {
            Ok(guard) if place.key.load(Ordering::Acquire) == key => Ok(Inside(guard)),
            Ok(_) => Err(self.stale(key)),
            Err(TryLockError::WouldBlock) => Err(self.busy()),
            Err(TryLockError::Poisoned(_)) => Err(Failure::internal(
                "a defect has ended this object before; it can only be closed",
            )),
        }
    }

    /// Takes the object of `key` away, unless somebody is inside or `may` says no. The second value
    /// is true if a panic has been inside: then the object had better not be used.
    pub(crate) fn remove(
        &self,
        key: usize,
        may: impl FnOnce(&T) -> Result<(), Failure>,
    ) -> Result<(T, bool), Failure> {
        let place = self.find(key)?;
        let (mut guard, broken) = match place.object.try_lock() {
            Ok(guard) => (guard, false),
            Err(TryLockError::WouldBlock) => return Err(self.busy()),
            Err(TryLockError::Poisoned(poisoned)) => (poisoned.into_inner(), true),
        };
        if place.key.load(Ordering::Acquire) != key {
            return Err(self.stale(key));
        }
        let Some(object) = guard.take() else {
            return Err(self.stale(key));
        };
        if let Err(failure) = may(&object) {
            *guard = Some(object);
            return Err(failure);
        }
        place.key.store(0, Ordering::Release);
        place.object.clear_poison();
        drop(guard);
        let uses = ((key >> PLACE_BITS) + 1) & ((1 << USE_BITS) - 1);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.places.push((key & ((1 << PLACE_BITS) - 1), uses));
        Ok((object, broken))
    }

    fn find(&self, key: usize) -> Result<&Place<T>, Failure> {
        if key == 0 {
            return Err(Failure::handle(format!(
                "no {}: the handle is null",
                self.name
            )));
        }
        let number = key & ((1 << PLACE_BITS) - 1);
        let known = key >> (PLACE_BITS + USE_BITS) == self.kind;
        let place = Self::piece_of(number)
            .and_then(|(piece, at)| self.pieces[piece].get()?.get(at))
            .filter(|place| known && place.key.load(Ordering::Acquire) == key);
        place.ok_or_else(|| self.stale(key))
    }

    /// The place with this number, made if need be.
    fn place(&self, number: usize) -> Option<&Place<T>> {
        let (piece, at) = Self::piece_of(number)?;
        let places = self.pieces[piece].get_or_init(|| {
            let fresh = || Place {
                key: AtomicUsize::new(0),
                object: Mutex::new(None),
            };
            std::iter::repeat_with(fresh).take(FIRST << piece).collect()
        });
        places.get(at)
    }

    /// Piece 0 holds numbers 0 to 63, piece 1 the next 128, and so on.
    fn piece_of(number: usize) -> Option<(usize, usize)> {
        let piece = (number / FIRST + 1).ilog2() as usize;
        let before = FIRST * ((1 << piece) - 1);
        (piece < PIECES).then_some((piece, number - before))
    }

    fn stale(&self, key: usize) -> Failure {
        Failure::handle(format!("{key:#x} is no open {}", self.name))
    }

    fn busy(&self) -> Failure {
        Failure::busy(format!("another thread is inside this {}", self.name))
    }
}

/// Ends an object that [`Table::remove`] gave. What a panic left behind may panic again and once more
/// while that unwinds, which would end the program: it only says its `last_words`, and is not dropped.
pub(crate) fn end<T>(object: T, broken: bool, last_words: impl FnOnce(&mut T)) {
    let mut object = ManuallyDrop::new(object);
    if broken {
        last_words(&mut object);
    } else {
        drop(ManuallyDrop::into_inner(object));
    }
}

impl<T> Table<Arc<T>> {
    /// A share of the object of `key`, for objects that several threads may use at once.
    pub(crate) fn share(&self, key: usize) -> Result<Arc<T>, Failure> {
        let place = self.find(key)?;
        let guard = place.object.lock().unwrap_or_else(PoisonError::into_inner);
        if place.key.load(Ordering::Acquire) != key {
            return Err(self.stale(key));
        }
        guard.clone().ok_or_else(|| self.stale(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ntb_code;

    fn code<T>(result: Result<T, Failure>) -> ntb_code {
        result
            .err()
            .map_or(ntb_code::NTB_OK, |failure| failure.code)
    }

    #[test]
    fn a_closed_handle_stays_closed_when_its_place_is_used_again() {
        let table = Table::new(1, "thing");
        let first = table.insert(1).unwrap();
        assert_eq!(table.enter(first).unwrap().object(), Some(&mut 1));
        assert_eq!(table.remove(first, |_| Ok(())).unwrap(), (1, false));
        let second = table.insert(2).unwrap();
        assert_ne!(first, second);
        assert_eq!(code(table.enter(first)), ntb_code::NTB_ERR_HANDLE);
        assert_eq!(
            code(table.remove(first, |_| Ok(()))),
            ntb_code::NTB_ERR_HANDLE
        );
        assert_eq!(table.enter(second).unwrap().object(), Some(&mut 2));
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        let (things, others) = (Table::new(1, "thing"), Table::new(2, "other"));
        let thing = things.insert(0).unwrap();
        let other = others.insert(0).unwrap();
        for wrong in [
            0,
            other,
            thing + 1,
            thing ^ 1 << 24,
            usize::MAX,
            0x7fff_dead_beef,
        ] {
            assert_eq!(
                code(things.enter(wrong)),
                ntb_code::NTB_ERR_HANDLE,
                "{wrong:#x}"
            );
        }
    }

    #[test]
    fn a_second_thread_is_turned_away_and_a_refused_removal_changes_nothing() {
        let table = Table::new(1, "thing");
        let key = table.insert(0).unwrap();
        let inside = table.enter(key).unwrap();
        std::thread::scope(|scope| {
            let others =
                scope.spawn(|| (code(table.enter(key)), code(table.remove(key, |_| Ok(())))));
            let busy = ntb_code::NTB_ERR_BUSY;
            assert_eq!(others.join().unwrap(), (busy, busy));
        });
        drop(inside);
        let refuse = |_: &i32| Err(Failure::busy("not now".into()));
        assert_eq!(code(table.remove(key, refuse)), ntb_code::NTB_ERR_BUSY);
        assert!(table.remove(key, |_| Ok(())).is_ok());
    }

    #[test]
    fn after_a_panic_an_object_can_only_be_closed() {
        let table = Table::new(1, "thing");
        let key = table.insert(0).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _inside = table.enter(key);
            panic!("a defect");
        }));
        assert!(panicked.is_err());
        assert_eq!(code(table.enter(key)), ntb_code::NTB_ERR_INTERNAL);
        assert_eq!(table.remove(key, |_| Ok(())).unwrap(), (0, true));
        let next = table.insert(1).unwrap();
        assert!(table.enter(next).is_ok(), "the place is whole again");
    }

    #[test]
    fn what_a_panic_left_is_ended_without_being_dropped() {
        struct Broken;
        impl Drop for Broken {
            fn drop(&mut self) {
                panic!("a second one");
            }
        }
        let ended = std::panic::catch_unwind(|| end(Broken, true, |_| panic!("in its last words")));
        assert!(ended.is_err(), "and this program goes on");
        let mut said = false;
        end(Broken, true, |_| said = true);
        assert!(said);
        let (thing, watch) = (Arc::new(()), Arc::new(()));
        let seen = Arc::downgrade(&thing);
        end((thing, watch), false, |_| {
            panic!("a whole one says nothing")
        });
        assert!(seen.upgrade().is_none(), "dropped");
    }

    #[test]
    fn many_objects_have_handles_of_their_own() {
        let table = Table::new(1, "thing");
        let keys: Vec<_> = (0..1000).map(|i| table.insert(i).unwrap()).collect();
        for (i, key) in keys.iter().enumerate() {
            assert_eq!(table.enter(*key).unwrap().object(), Some(&mut i.clone()));
        }
        let last = FIRST * ((1 << PIECES) - 1) - 1;
        assert_eq!(
            Table::<i32>::piece_of(last),
            Some((PIECES - 1, (FIRST << (PIECES - 1)) - 1))
        );
        assert_eq!(Table::<i32>::piece_of(last + 1), None);
    }
}

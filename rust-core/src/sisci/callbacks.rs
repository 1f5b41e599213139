//! Rust functions behind the callback arguments of C.
//!
//! The library gets a number instead of a pointer. No public text says whether the removal of a
//! handle waits for a callback that runs; with a number it need not: one that comes late finds nothing.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::without_provenance_mut;
use std::sync::{Arc, PoisonError, RwLock};

/// The functions of one kind, by number.
pub(super) struct Callbacks<F: ?Sized>(RwLock<Numbered<F>>);

struct Numbered<F: ?Sized> {
    last: usize,
    functions: BTreeMap<usize, Arc<F>>,
}

impl<F: ?Sized> Callbacks<F> {
    pub(super) const fn new() -> Self {
        Self(RwLock::new(Numbered {
            last: 0,
            functions: BTreeMap::new(),
        }))
    }

    /// Adds a function; it can be called until what this returns is dropped.
    pub(super) fn add(&'static self, function: Arc<F>) -> Registration<F> {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.last += 1;
        let number = table.last;
        table.functions.insert(number, function);
        Registration {
            table: self,
            number,
        }
    }

    /// The function behind a callback's argument.
    pub(super) fn get(&self, argument: *mut c_void) -> Option<Arc<F>> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.functions.get(&argument.addr()).cloned()
    }

    /// The same for a function that is called once.
    pub(super) fn take(&self, argument: *mut c_void) -> Option<Arc<F>> {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.functions.remove(&argument.addr())
    }
}

/// A function that can be called.
pub(super) struct Registration<F: ?Sized + 'static> {
    table: &'static Callbacks<F>,
    number: usize,
}

impl<F: ?Sized> Registration<F> {
    /// What to give the library.
    pub(super) fn argument(&self) -> *mut c_void {
        without_provenance_mut(self.number)
    }

    /// Leaves it to the callback to remove the function.
    pub(super) fn until_called(self) {
        std::mem::forget(self);
    }
}

impl<F: ?Sized> Drop for Registration<F> {
    fn drop(&mut self) {
        // Dropped behind the lock: a function may own handles with registrations of their own.
        let function = self.table.take(self.argument());
        drop(function);
    }
}

impl<F: ?Sized> std::fmt::Debug for Registration<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "callback {}", self.number)
    }
}

/// Calls into Rust from the library, which no panic may unwind into.
pub(super) fn guarded(call: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(call));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_callback_finds_nothing() {
        static TABLE: Callbacks<dyn Fn() -> u32 + Send + Sync> = Callbacks::new();
        let first = TABLE.add(Arc::new(|| 1));
        let second = TABLE.add(Arc::new(|| 2));
        let (one, two) = (first.argument(), second.argument());
        assert_eq!(TABLE.get(one).map(|call| call()), Some(1));
        drop(first);
        assert!(TABLE.get(one).is_none());
        second.until_called();
        assert_eq!(TABLE.take(two).map(|call| call()), Some(2));
        assert!(TABLE.take(two).is_none());
        assert!(TABLE.get(std::ptr::null_mut()).is_none());
    }
}

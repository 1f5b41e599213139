//! Who makes the last write into the peer's memory.
//!
//! A peer that closes may reuse its memory once we promise (by `Bye`) not to write there any
//! more. The promise must not be given while the endpoint's thread is in the middle of a copy,
//! and must be given exactly once, by whichever of two threads comes last: the endpoint's, or
//! the control thread that received the peer's `Bye`.

use super::sync::{AtomicU8, Ordering, full_barrier_after_locked};

const WRITING: u8 = 1;
const CLOSED: u8 = 2;

/// The gate to the peer's memory of one connection.
#[derive(Debug)]
pub(crate) struct WriteGate(AtomicU8);

impl WriteGate {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// Asks to write. False: closed, nothing may be written any more.
    ///
    /// Only the endpoint's own thread calls this, and never twice without [`Self::leave`].
    #[inline]
    pub(crate) fn enter(&self) -> bool {
        self.0
            .compare_exchange(0, WRITING, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// Ends what [`Self::enter`] began. True: the gate was closed meanwhile, and it is now the
    /// caller's duty to promise the end.
    ///
    /// A full barrier: what was written into the peer's memory is ordered before every later load,
    /// which the look whether the peer sleeps relies on.
    #[inline]
    #[must_use]
    pub(crate) fn leave(&self) -> bool {
        // The bit is set, so this clears it, in one locked instruction.
        let before = self.0.fetch_sub(WRITING, Ordering::SeqCst);
        full_barrier_after_locked();
        before & CLOSED != 0
    }

    /// Closes the gate. True: nobody is writing and this call closed it, so it is the caller's
    /// duty to promise the end. False: somebody else's.
    #[must_use]
    pub(crate) fn close(&self) -> bool {
        self.0.fetch_or(CLOSED, Ordering::AcqRel) == 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_promise_is_given_once() {
        let gate = WriteGate::new();
        assert!(gate.enter());
        assert!(!gate.close(), "the writer will promise");
        assert!(gate.leave());
        assert!(!gate.enter() && !gate.close());
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};

    /// Whatever the interleaving, exactly one thread promises, and no write follows the promise.
    #[test]
    fn loom_one_promise_and_no_write_after_it() {
        loom::model(|| {
            let gate = Arc::new(WriteGate::new());
            let promises = Arc::new(AtomicU32::new(0));
            let memory = Arc::new(loom::cell::UnsafeCell::new(0));
            let closer = {
                let (gate, promises, memory) = (gate.clone(), promises.clone(), memory.clone());
                loom::thread::spawn(move || {
                    if gate.close() {
                        promises.fetch_add(1, Relaxed);
                        // The peer reuses the memory: a race with the writer would be found.
                        // SAFETY: the promise was given, nobody writes any more.
                        memory.with_mut(|cell| unsafe { *cell = 7 });
                    }
                })
            };
            if gate.enter() {
                // SAFETY: inside the gate nobody else touches the memory.
                memory.with_mut(|cell| unsafe { *cell = 1 });
                if gate.leave() {
                    promises.fetch_add(1, Relaxed);
                }
            }
            closer.join().unwrap();
            assert_eq!(promises.load(Relaxed), 1);
        });
    }
}

//! "The descriptor is readable already": spares the second signal its system call.
//!
//! The danger is the lost wake: a signal that is swallowed because the latch still looks set
//! while the drain already took the earlier one away. The order *read the counter, then clear*,
//! with the rule that the drainer looks for work after the drain, closes it: a swallowed signal
//! came before the clear, and its work is visible to whoever saw the clear happen. The opposite
//! danger is a descriptor that stays readable with a clear latch, so that no drain would ever
//! read it: the latch is therefore cleared only by a drain that really took a signal.

use super::sync::{AtomicBool, Ordering};

/// Set by signallers, cleared by the one thread that drains.
#[derive(Debug)]
pub(crate) struct Latch(AtomicBool);

impl Latch {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Sets the latch; true if it was clear, so that the caller must make the system call.
    pub(crate) fn set(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Clears the latch; everything that a swallowed signaller did before is visible afterwards.
    pub(crate) fn clear(&self) {
        // A read-modify-write, not a plain store: it reads the latest swap and so synchronises
        // with the signaller that was swallowed.
        self.0.swap(false, Ordering::AcqRel);
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicU32;

    /// The work that a signaller did is either seen after the drain, or the descriptor is
    /// readable again (the counter is not zero). Else the sleeper would miss it.
    #[test]
    fn loom_no_signal_is_lost_in_a_drain() {
        loom::model(|| {
            let latch = Arc::new(Latch::new());
            let counter = Arc::new(AtomicU32::new(0));
            let work = Arc::new(AtomicU32::new(0));
            let signaller = {
                let (latch, counter, work) = (latch.clone(), counter.clone(), work.clone());
                loom::thread::spawn(move || {
                    for _ in 0..2 {
                        work.fetch_add(1, Ordering::Release);
                        if latch.set() {
                            counter.fetch_add(1, Ordering::AcqRel);
                        }
                    }
                })
            };
            let mut seen = 0;
            if latch.is_set() {
                if counter.swap(0, Ordering::AcqRel) > 0 {
                    latch.clear();
                }
                seen = work.load(Ordering::Acquire);
            }
            signaller.join().unwrap();
            let readable = counter.load(Ordering::Acquire) > 0;
            assert!(
                !readable || latch.is_set(),
                "readable, and no drain would read it"
            );
            assert!(
                seen == 2 || readable,
                "seen {seen}, descriptor not readable"
            );
        });
    }
}

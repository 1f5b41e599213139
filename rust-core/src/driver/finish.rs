//! Finishing handshakes with processes that we are not connected to yet.
//!
//! Connecting to the memory and doorbell of another process waits for that process, or until the adapter finds
//! that it does not answer, which takes seconds for one that is stopped. The control thread must never wait, so
//! such a handshake is finished on a thread of its own. Those with known processes need no such thread.

use super::handshake::Agreed;
use super::listener::Pending;
use super::sys;
use super::transport::Inner;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Threads at once. Processes that don't answer keep no more of them than this from the others, which wait
/// meanwhile, at most their connect timeout.
const THREADS_MOST: usize = 4;

/// Handshakes that wait for a thread, and how many threads there are.
#[derive(Debug, Default)]
pub(crate) struct Finishers {
    state: Mutex<State>,
    /// A thread has ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<(Pending, Agreed)>,
    threads: usize,
}

impl Finishers {
    /// Finishes this handshake some time, on another thread. Without one the peer's control channel is
    /// closed, which it takes for a refusal.
    pub(crate) fn take(&self, inner: &Arc<Inner>, pending: Pending, agreed: Agreed) {
        let mut state = self.lock();
        state.waiting.push_back((pending, agreed));
        if state.threads >= THREADS_MOST {
            return;
        }
        state.threads += 1;
        drop(state);
        let inner = Arc::clone(inner);
        let thread = std::thread::Builder::new().name("ntb-accept".into());
        if thread.spawn(move || work(&inner)).is_err() {
            let mut state = self.lock();
            state.threads -= 1;
            let given_up = (state.threads == 0).then(|| std::mem::take(&mut state.waiting));
            // Closed outside of the lock.
            drop(state);
            drop(given_up);
        }
    }

    /// The next handshake; `None` ends the thread that asked.
    fn next(&self) -> Option<(Pending, Agreed)> {
        let mut state = self.lock();
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.threads -= 1;
            self.ended.notify_all();
        }
        next
    }

    /// Gives up what waits, and waits for the threads: as long as the library takes to connect.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        let given_up = std::mem::take(&mut state.waiting);
        while state.threads > 0 {
            let woken = self.ended.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        drop(given_up);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn work(inner: &Arc<Inner>) {
    sys::block_signals();
    while let Some((pending, agreed)) = inner.finishers.next() {
        // A defect of ours ends the handshake that it struck.
        let _ = catch_unwind(AssertUnwindSafe(|| pending.finish(inner, agreed)));
    }
}

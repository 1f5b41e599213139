//! Small pieces of synchronisation that several objects share.

use crate::{Code, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Locks even after a panic of another holder: every critical section leaves a usable state.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until `deadline` (for ever without one). False once the deadline is over.
pub fn wait_until<'a, T>(
    condition: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Option<Instant>,
) -> (MutexGuard<'a, T>, bool) {
    let Some(deadline) = deadline else {
        return (
            condition
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner),
            true,
        );
    };
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return (guard, false);
    }
    let (guard, _) = condition
        .wait_timeout(guard, left)
        .unwrap_or_else(PoisonError::into_inner);
    (guard, true)
}

/// The time limit of a SISCI call: milliseconds, or all bits set for none.
pub fn deadline(timeout_ms: u32) -> Option<Instant> {
    let limit = Duration::from_millis(timeout_ms.into());
    (timeout_ms != u32::MAX).then(|| Instant::now() + limit)
}

/// Counts what hangs on an object, and refuses its end while anything does.
#[derive(Debug, Default)]
pub struct Uses(Mutex<UsesState>);

#[derive(Debug, Default)]
struct UsesState {
    count: usize,
    closed: bool,
}

impl Uses {
    /// One more use, until the value is dropped.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` after the end of the object: its handle is stale by now.
    pub fn acquire(self: &Arc<Self>) -> Result<Use> {
        let mut state = lock(&self.0);
        if state.closed {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        state.count += 1;
        Ok(Use(Arc::clone(self)))
    }

    /// Ends the object if nothing uses it.
    ///
    /// # Errors
    /// `BUSY`; `ILLEGAL_PARAMETER` if it has ended already.
    pub fn close(&self) -> Result<()> {
        self.close_if(|count| count == 0)
    }

    /// Ends the object whatever uses it.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if it has ended already.
    pub fn close_anyway(&self) -> Result<()> {
        self.close_if(|_| true)
    }

    /// Uses at the moment.
    pub fn count(&self) -> usize {
        lock(&self.0).count
    }

    fn close_if(&self, allowed: impl FnOnce(usize) -> bool) -> Result<()> {
        let mut state = lock(&self.0);
        if state.closed {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        if !allowed(state.count) {
            return Err(Code::SCI_ERR_BUSY);
        }
        state.closed = true;
        Ok(())
    }
}

/// One use of an object, see [`Uses`].
#[derive(Debug)]
pub struct Use(Arc<Uses>);

impl Drop for Use {
    fn drop(&mut self) {
        lock(&self.0.0).count -= 1;
    }
}

/// A use that ends when the object is removed, not when the last thread has let go of it.
#[derive(Debug)]
pub struct Lease<T = Use>(Mutex<Option<T>>);

impl<T> Lease<T> {
    /// Holds `held` until [`Lease::end`].
    pub fn new(held: T) -> Self {
        Self(Mutex::new(Some(held)))
    }

    /// Lets go, once.
    pub fn end(&self) {
        let held = lock(&self.0).take();
        drop(held);
    }
}

/// Events that wait for somebody who asks: bounded, as the driver's queue is.
#[derive(Debug)]
pub struct EventQueue<T> {
    state: Mutex<EventState<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct EventState<T> {
    events: VecDeque<T>,
    overflow: bool,
    cancelled: bool,
}

/// Events kept per object before the queue overflows.
const MAX_EVENTS: usize = 32;

impl<T> EventQueue<T> {
    /// Adds an event, or marks the overflow.
    pub fn push(&self, event: T) {
        let mut state = lock(&self.state);
        if state.events.len() == MAX_EVENTS {
            state.overflow = true;
        } else {
            state.events.push_back(event);
        }
        self.changed.notify_one();
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// `TIMEOUT`; `CANCELLED` once the object is removed; `OVERFLOW` once after events were lost.
    pub fn wait(&self, timeout_ms: u32) -> Result<T> {
        let deadline = deadline(timeout_ms);
        let mut state = lock(&self.state);
        loop {
            if state.cancelled {
                return Err(Code::SCI_ERR_CANCELLED);
            }
            if let Some(event) = state.events.pop_front() {
                return Ok(event);
            }
            if std::mem::take(&mut state.overflow) {
                return Err(Code::SCI_ERR_OVERFLOW);
            }
            let (guard, in_time) = wait_until(&self.changed, state, deadline);
            state = guard;
            if !in_time {
                return Err(Code::SCI_ERR_TIMEOUT);
            }
        }
    }

    /// Ends all waits, now and later.
    pub fn cancel(&self) {
        lock(&self.state).cancelled = true;
        self.changed.notify_all();
    }
}

impl<T> Default for EventQueue<T> {
    fn default() -> Self {
        let state = EventState {
            events: VecDeque::new(),
            overflow: false,
            cancelled: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_ends_only_when_unused() {
        let uses = Arc::new(Uses::default());
        let one = uses.acquire().unwrap();
        assert_eq!(uses.close(), Err(Code::SCI_ERR_BUSY));
        drop(one);
        assert_eq!(uses.close(), Ok(()));
        assert_eq!(uses.close(), Err(Code::SCI_ERR_ILLEGAL_PARAMETER));
        assert!(uses.acquire().is_err());
    }

    #[test]
    fn events_come_in_order_and_an_overflow_is_told_once() {
        let queue = EventQueue::default();
        for number in 0..MAX_EVENTS + 3 {
            queue.push(number);
        }
        for number in 0..MAX_EVENTS {
            assert_eq!(queue.wait(0), Ok(number));
        }
        assert_eq!(queue.wait(0), Err(Code::SCI_ERR_OVERFLOW));
        assert_eq!(queue.wait(0), Err(Code::SCI_ERR_TIMEOUT));
        queue.cancel();
        assert_eq!(queue.wait(u32::MAX), Err(Code::SCI_ERR_CANCELLED));
    }
}

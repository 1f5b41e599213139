//! A counter in shared memory that threads sleep on: the shortest way to wake one in another process.
//!
//! | Offset | Bytes | What |
//! |---|---|---|
//! | 0 | 4 | rings so far, modulo 2³²; what is slept on |
//! | 64 | 4 | threads that sleep, or are about to |
//!
//! A ring costs a system call only if somebody sleeps. Unlike an [`crate::runtime::event::Event`] it
//! has no descriptor that an event loop could watch.

use crate::runtime::budget::Budget;
use crate::runtime::memory::{Mapping, SharedMemory, from_errno};
use crate::{Code, Result};
use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

const RINGS: usize = 0;
const SLEEPERS: usize = 64;
const BYTES: usize = 128;

/// The counter as one process sees it.
pub struct Signal(Arc<Mapping>);

impl Signal {
    /// A new one, and the descriptor for those who ring.
    ///
    /// # Errors
    /// `NOSPC`, `API_NOSPC`.
    pub fn create(budget: &Arc<Budget>) -> Result<(Self, SharedMemory)> {
        let memory = SharedMemory::create("sisci-signal", BYTES, budget)?;
        Ok((Self(memory.whole()?), memory))
    }

    /// Takes over what an owner handed out.
    ///
    /// # Errors
    /// `CONNECTION_REFUSED` if it is none.
    pub fn received(descriptor: OwnedFd) -> Result<Self> {
        let memory = SharedMemory::received(descriptor, 0, BYTES as u64)?;
        Ok(Self(memory.whole()?))
    }

    /// Rings so far. To be read before looking for what a ring announces.
    #[inline]
    pub fn rings(&self) -> u32 {
        self.word(RINGS).load(Ordering::SeqCst)
    }

    /// Counts one ring and wakes one sleeper, if there is any.
    #[inline]
    pub fn ring(&self) {
        let rings = self.word(RINGS);
        rings.fetch_add(1, Ordering::SeqCst);
        // A sleeper counts itself before the kernel compares the rings: either it is seen here, or it
        // doesn't fall asleep.
        if self.word(SLEEPERS).load(Ordering::SeqCst) > 0 {
            let _ = futex::wake(rings, Flags::empty(), 1);
        }
    }

    /// Sleeps unless the count has left `seen`; may end without a ring.
    ///
    /// # Errors
    /// `TIMEOUT` at the deadline (never without one), `SYSTEM`.
    pub fn wait(&self, seen: u32, deadline: Option<Instant>) -> Result<()> {
        let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Code::SCI_ERR_TIMEOUT);
        }
        let limit = left.and_then(|left| left.try_into().ok());
        let sleepers = self.word(SLEEPERS);
        sleepers.fetch_add(1, Ordering::SeqCst);
        let woken = futex::wait(self.word(RINGS), Flags::empty(), seen, limit.as_ref());
        sleepers.fetch_sub(1, Ordering::SeqCst);
        match woken {
            Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(Errno::TIMEDOUT) => Err(Code::SCI_ERR_TIMEOUT),
            Err(errno) => Err(from_errno(errno)),
        }
    }

    fn word(&self, offset: usize) -> &AtomicU32 {
        self.0.half_word(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn pair() -> (Signal, Signal) {
        let (owner, memory) = Signal::create(&Budget::new(None)).unwrap();
        let ringer = Signal::received(memory.descriptor().unwrap()).unwrap();
        (owner, ringer)
    }

    #[test]
    fn a_ring_before_the_sleep_ends_it() {
        let (owner, ringer) = pair();
        let seen = owner.rings();
        ringer.ring();
        assert_eq!(owner.wait(seen, None), Ok(()));
        let soon = Instant::now() + Duration::from_millis(2);
        let mut waited = Ok(());
        while waited.is_ok() {
            waited = owner.wait(owner.rings(), Some(soon));
        }
        assert_eq!(waited, Err(Code::SCI_ERR_TIMEOUT));
    }

    /// Two threads hand a ball to and fro, each asleep or about to sleep when it comes.
    #[test]
    fn no_ring_is_lost() {
        use std::sync::atomic::AtomicU64;
        let ((here, there), (one, two)) = (pair(), pair());
        let ball = AtomicU64::new(0);
        let play = |from: u64, mine: &Signal, other: &Signal| {
            for turn in (from..2000).step_by(2) {
                loop {
                    let seen = mine.rings();
                    if ball.load(Ordering::Acquire) == turn {
                        break;
                    }
                    mine.wait(seen, None).unwrap();
                }
                ball.store(turn + 1, Ordering::Release);
                other.ring();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| play(0, &here, &two));
            play(1, &one, &there);
        });
        assert_eq!(ball.load(Ordering::Relaxed), 2000);
    }

    #[test]
    fn other_descriptors_are_refused() {
        let file = rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).unwrap();
        assert!(Signal::received(file).is_err());
    }
}

//! The descriptor of an endpoint or listener: an eventfd that is readable while there may be
//! something to do, and the sleep on it.

use super::error::Error;
use super::latch::Latch;
use super::sys;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::RwLock;
use std::time::Instant;

/// An eventfd that several threads signal and one thread drains.
///
/// The descriptor is closed by [`Self::close`] and not before nor after: BeeGFS keeps a pointer
/// to the socket in its epoll set for exactly as long as the descriptor is open, and a duplicate
/// would keep a dangling one there.
#[derive(Debug)]
pub(crate) struct Notify {
    fd: RwLock<Option<OwnedFd>>,
    raw: RawFd,
    latch: Latch,
}

impl Notify {
    pub(crate) fn new() -> Result<Self, Error> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(Error::os("eventfd"))?;
        Ok(Self {
            raw: fd.as_raw_fd(),
            fd: RwLock::new(Some(fd)),
            latch: Latch::new(),
        })
    }

    /// The number of the descriptor; valid until [`Self::close`].
    pub(crate) fn raw_fd(&self) -> RawFd {
        self.raw
    }

    /// Makes the descriptor readable and wakes whoever sleeps on it.
    pub(crate) fn signal(&self) {
        // Already readable: the system call, and the wake in it, would be for nothing.
        if !self.latch.set() {
            return;
        }
        if let Some(fd) = self.lock().as_ref() {
            // The counter can't overflow (the latch allows one signal per drain), so the only
            // failure is a descriptor that a foreign close() took; the waiter then sees it.
            let _ = rustix::io::write(fd, &1u64.to_ne_bytes());
        }
    }

    /// Makes the descriptor unreadable. Look for work **after** this, not before.
    pub(crate) fn drain(&self) {
        if !self.latch.is_set() {
            return;
        }
        let taken = match self.lock().as_ref() {
            Some(fd) => rustix::io::read(fd, &mut [0u8; 8]).is_ok(),
            None => true,
        };
        // Not there yet: a signaller is between its latch and its write. The latch stays set,
        // so that the write which is about to come is drained by the next call.
        if taken {
            self.latch.clear();
        }
    }

    /// Sleeps until signalled, or until `deadline`; true if signalled. Does not drain.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Result<bool, Error> {
        let guard = self.lock();
        let Some(fd) = guard.as_ref() else {
            return Ok(true);
        };
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let timeout = left.map(sys::timespec);
            let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)];
            match poll(&mut fds, timeout.as_ref()) {
                Ok(count) => return Ok(count > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(Error::os("poll")(errno)),
            }
        }
    }

    /// Runs `act` on the descriptor, which stays open meanwhile; `None` if it is closed.
    pub(crate) fn with_fd<T>(&self, act: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
        self.lock().as_ref().map(|fd| act(fd.as_fd()))
    }

    /// Closes the descriptor; later signals go nowhere.
    pub(crate) fn close(&self) {
        let mut guard = self
            .fd
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *guard = None;
    }

    fn lock(&self) -> std::sync::RwLockReadGuard<'_, Option<OwnedFd>> {
        self.fd
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn stays_readable_until_drained() {
        let notify = Notify::new().unwrap();
        let now = || Some(Instant::now());
        assert!(!notify.wait(now()).unwrap());
        notify.signal();
        notify.signal();
        assert!(notify.wait(now()).unwrap() && notify.wait(now()).unwrap());
        notify.drain();
        assert!(!notify.wait(now()).unwrap());
        notify.signal();
        assert!(notify.wait(now()).unwrap());
        notify.close();
        notify.signal();
    }
}

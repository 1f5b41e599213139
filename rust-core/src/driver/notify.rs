//! The descriptor of an endpoint or listener: readable while there may be something to do, and the
//! sleep on it.
//!
//! A listener's is an eventfd. An endpoint's is an epoll set with two members, so that either kind
//! of wake-up reaches the sleeper without a thread in between: the eventfd, which our own threads
//! signal, and the control channel, over which the peer may ring.

use super::error::Error;
use super::latch::Latch;
use super::sys;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::RwLock;
use std::time::Instant;

/// A descriptor that several threads signal and one thread drains.
///
/// The descriptor is closed by [`Self::close`] and not before nor after: BeeGFS keeps a pointer
/// to the socket in its epoll set for exactly as long as the descriptor is open, and a duplicate
/// would keep a dangling one there.
#[derive(Debug)]
pub(crate) struct Notify {
    fds: RwLock<Option<Fds>>,
    raw: RawFd,
    latch: Latch,
}

#[derive(Debug)]
struct Fds {
    event: OwnedFd,
    /// The set that `event` is a member of, if there is one: then this is what is polled.
    set: Option<OwnedFd>,
}

impl Fds {
    fn polled(&self) -> BorrowedFd<'_> {
        self.set.as_ref().unwrap_or(&self.event).as_fd()
    }
}

impl Notify {
    /// A descriptor of our own threads' signals only.
    pub(crate) fn new() -> Result<Self, Error> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(Error::os("eventfd"))?;
        Ok(Self::from_fds(Fds { event, set: None }))
    }

    /// A descriptor that a socket can join.
    pub(crate) fn new_set() -> Result<Self, Error> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(Error::os("eventfd"))?;
        let set = epoll::create(CreateFlags::CLOEXEC).map_err(Error::os("epoll"))?;
        epoll::add(&set, &event, EventData::new_u64(0), EventFlags::IN)
            .map_err(Error::os("epoll"))?;
        Ok(Self::from_fds(Fds {
            event,
            set: Some(set),
        }))
    }

    fn from_fds(fds: Fds) -> Self {
        Self {
            raw: fds.polled().as_raw_fd(),
            fds: RwLock::new(Some(fds)),
            latch: Latch::new(),
        }
    }

    /// From now on the descriptor is readable as well while `socket` is.
    pub(crate) fn join(&self, socket: impl AsFd) -> Result<(), Error> {
        match self.lock().as_ref().and_then(|fds| fds.set.as_ref()) {
            Some(set) => epoll::add(set, socket, EventData::new_u64(1), EventFlags::IN)
                .map_err(Error::os("epoll")),
            None => Ok(()),
        }
    }

    /// Ends [`Self::join`]; for a socket that will stay readable.
    pub(crate) fn part(&self, socket: impl AsFd) {
        if let Some(set) = self.lock().as_ref().and_then(|fds| fds.set.as_ref()) {
            let _ = epoll::delete(set, socket);
        }
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
        if let Some(fds) = self.lock().as_ref() {
            // The counter can't overflow (the latch allows one signal per drain), so the only
            // failure is a descriptor that a foreign close() took; the waiter then sees it.
            let _ = rustix::io::write(&fds.event, &1u64.to_ne_bytes());
        }
    }

    /// Makes the descriptor unreadable. Look for work **after** this, not before.
    pub(crate) fn drain(&self) {
        if !self.latch.is_set() {
            return;
        }
        let taken = match self.lock().as_ref() {
            Some(fds) => rustix::io::read(&fds.event, &mut [0u8; 8]).is_ok(),
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
        let Some(fds) = guard.as_ref() else {
            return Ok(true);
        };
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let timeout = left.map(sys::timespec);
            let mut polled = [PollFd::from_borrowed_fd(fds.polled(), PollFlags::IN)];
            match poll(&mut polled, timeout.as_ref()) {
                Ok(count) => return Ok(count > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(Error::os("poll")(errno)),
            }
        }
    }

    /// Runs `act` on the descriptor, which stays open meanwhile; `None` if it is closed.
    pub(crate) fn with_fd<T>(&self, act: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
        self.lock().as_ref().map(|fds| act(fds.polled()))
    }

    /// Closes the descriptor; later signals go nowhere.
    pub(crate) fn close(&self) {
        let mut guard = self
            .fds
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *guard = None;
    }

    fn lock(&self) -> std::sync::RwLockReadGuard<'_, Option<Fds>> {
        self.fds
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

    #[test]
    fn a_set_is_readable_for_its_socket_too() {
        let notify = Notify::new_set().unwrap();
        let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let now = || Some(Instant::now());
        notify.join(&ours).unwrap();
        assert!(!notify.wait(now()).unwrap());
        std::io::Write::write_all(&mut theirs, b"x").unwrap();
        assert!(notify.wait(now()).unwrap());
        notify.drain();
        assert!(notify.wait(now()).unwrap(), "its bytes are still there");
        notify.part(&ours);
        assert!(!notify.wait(now()).unwrap());
        notify.signal();
        assert!(notify.wait(now()).unwrap());
    }
}

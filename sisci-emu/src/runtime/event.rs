//! A counter that wakes another process: one system call rings it, wherever the waiter is.

use crate::runtime::memory::from_errno;
use crate::{Code, Result};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd};
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

/// The counter; its descriptor can be handed to other processes.
#[derive(Debug)]
pub struct Event(OwnedFd);

impl Event {
    /// A counter at 0.
    ///
    /// # Errors
    /// `API_NOSPC` without a free descriptor, `NOSPC` without memory.
    pub fn new() -> Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        eventfd(0, flags).map(Self).map_err(from_errno)
    }

    /// Adds one.
    pub fn ring(&self) {
        self.ring_times(1);
    }

    /// Adds `times`, in one step.
    pub fn ring_times(&self, times: u64) {
        // The only failure is a full counter, which is rung already.
        let _ = rustix::io::write(&self.0, &times.to_ne_bytes());
    }

    /// Rings since the last call; sets the counter to 0.
    pub fn take(&self) -> u64 {
        let mut bytes = [0; 8];
        match rustix::io::read(&self.0, &mut bytes) {
            Ok(_) => u64::from_ne_bytes(bytes),
            Err(_) => 0,
        }
    }

    /// Waits for a ring without taking it.
    ///
    /// # Errors
    /// `TIMEOUT` at the deadline (never without one), `SYSTEM`.
    pub fn wait(&self, deadline: Option<Instant>) -> Result<()> {
        loop {
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            let limit = left.and_then(|left| Timespec::try_from(left).ok());
            let mut events = [PollFd::new(&self.0, PollFlags::IN)];
            match rustix::event::poll(&mut events, limit.as_ref()) {
                Ok(0) => return Err(Code::SCI_ERR_TIMEOUT),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(from_errno(errno)),
            }
        }
    }

    /// Another descriptor of the counter, to be handed out.
    ///
    /// # Errors
    /// `API_NOSPC` without a free descriptor.
    pub fn descriptor(&self) -> Result<OwnedFd> {
        self.0.try_clone().map_err(|_| Code::SCI_ERR_API_NOSPC)
    }
}

impl From<OwnedFd> for Event {
    fn from(received: OwnedFd) -> Self {
        Self(received)
    }
}

impl AsFd for Event {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

//! What a data interrupt wakes: the thread of its callback, or those who wait for it.

use crate::runtime::budget::Budget;
use crate::runtime::event::Event;
use crate::runtime::memory::SharedMemory;
use crate::runtime::signal::Signal;
use crate::{Code, Result};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// The owner's side.
pub enum Waking {
    /// The thread of the callbacks, which watches many descriptors.
    Thread(Event),
    /// Threads of the program, each in one call; the memory is handed out.
    Waiters(Signal, SharedMemory),
}

impl Waking {
    /// For a callback.
    ///
    /// # Errors
    /// As [`Event::new`].
    pub fn thread() -> Result<Self> {
        Event::new().map(Self::Thread)
    }

    /// For waiters.
    ///
    /// # Errors
    /// As [`Signal::create`].
    pub fn waiters(budget: &Arc<Budget>) -> Result<Self> {
        Signal::create(budget).map(|(signal, memory)| Self::Waiters(signal, memory))
    }

    /// Wakes whoever there is.
    pub fn ring(&self) {
        match self {
            Self::Thread(event) => event.ring(),
            Self::Waiters(signal, _) => signal.ring(),
        }
    }

    /// What a thread can watch.
    pub fn event(&self) -> Option<&Event> {
        match self {
            Self::Thread(event) => Some(event),
            Self::Waiters(..) => None,
        }
    }

    /// Which of the two it is, for [`Ringer::received`].
    pub fn encode(&self) -> u64 {
        u64::from(matches!(self, Self::Waiters(..)))
    }

    /// The descriptor for [`Ringer::received`].
    ///
    /// # Errors
    /// `API_NOSPC` without a free descriptor.
    pub fn descriptor(&self) -> Result<OwnedFd> {
        match self {
            Self::Thread(event) => event.descriptor(),
            Self::Waiters(_, memory) => memory.descriptor(),
        }
    }
}

/// The side of those who trigger.
pub enum Ringer {
    /// Rings a thread that watches descriptors.
    Thread(Event),
    /// Wakes a waiter.
    Waiters(Signal),
}

impl Ringer {
    /// Takes over what an owner handed out.
    ///
    /// # Errors
    /// `CONNECTION_REFUSED` if it is neither.
    pub fn received(which: u64, descriptor: OwnedFd) -> Result<Self> {
        match which {
            0 => Ok(Self::Thread(descriptor.into())),
            1 => Signal::received(descriptor).map(Self::Waiters),
            _ => Err(Code::SCI_ERR_CONNECTION_REFUSED),
        }
    }

    /// Wakes the owner.
    #[inline]
    pub fn ring(&self) {
        match self {
            Self::Thread(event) => event.ring(),
            Self::Waiters(signal) => signal.ring(),
        }
    }
}

//! The data interrupt on which the blocking calls of one connection sleep.
//!
//! The process's doorbell is a callback on a thread of the library, which then wakes the sleeper: two
//! wake-ups. A thread that blocks in a receive or send needs no such detour, it can wait for an
//! interrupt itself. Interrupts are scarce, so a connection gets one of its own only once it has slept
//! a few times, and only a configured number of them exist ([`Places`]).
//!
//! The alarm is never relied on alone: whatever else may end a sleep (the control thread finds the peer
//! gone, a doorbell takes another way) triggers it from within the process.

use super::doorbell::DOORBELL_BYTES;
use super::error::Error;
use super::sync::{AtomicBool, Ordering, full_barrier_after_locked};
use crate::sisci::{AwaitedDoorbell, Device, DeviceError, RemoteDoorbell, Rung};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

/// How many more alarms this process may have.
#[derive(Debug)]
pub(crate) struct Places(AtomicU32);

impl Places {
    pub(crate) fn new(most: u32) -> Arc<Self> {
        Arc::new(Self(AtomicU32::new(most)))
    }

    fn take(self: &Arc<Self>) -> Option<Place> {
        let less = |left: u32| left.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken.ok().map(|_| Place(Arc::clone(self)))
    }
}

#[derive(Debug)]
struct Place(Arc<Places>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// An interrupt to sleep on, and our own way to trigger it.
#[derive(Debug)]
pub(crate) struct Alarm {
    bed: Bed,
    ours: RemoteDoorbell,
    doorbell: AwaitedDoorbell,
    _place: Place,
}

impl Alarm {
    /// `None` if there are as many as there may be.
    ///
    /// # Errors
    /// [`Error::Device`] if the adapter has no more, or does not let us trigger our own.
    pub(crate) fn create(
        device: &Arc<Device>,
        places: &Arc<Places>,
    ) -> Result<Option<Self>, Error> {
        let Some(place) = places.take() else {
            return Ok(None);
        };
        let doorbell = AwaitedDoorbell::create(device)?;
        let ours = RemoteDoorbell::connect(device, device.node(), doorbell.number())?;
        Ok(Some(Self {
            bed: Bed::new(),
            ours,
            doorbell,
            _place: place,
        }))
    }

    /// What stands in the peer's `BELL` word.
    pub(crate) fn word(&self) -> u64 {
        u64::from(self.doorbell.number()) + 1
    }

    /// To be called before the look that decides to sleep.
    pub(crate) fn lie_down(&self) {
        self.bed.lie_down();
    }

    /// The sleep is over, or was called off.
    pub(crate) fn get_up(&self) {
        self.bed.get_up();
    }

    /// Sleeps until triggered, or until `deadline`; true if triggered, maybe long ago.
    ///
    /// # Errors
    /// [`DeviceError`]: the interrupt can't be slept on any more.
    pub(crate) fn sleep(&self, deadline: Option<Instant>) -> Result<bool, DeviceError> {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        self.doorbell.wait(left)
    }

    /// Ends the sleep of another thread of ours, if there is one. To be called after what it is
    /// woken for was stored.
    pub(crate) fn wake(&self) {
        if self.bed.is_taken() {
            // A full queue wakes as well.
            let _ = self.ours.ring(&mut [0; DOORBELL_BYTES]);
        }
    }
}

/// Whether a thread sleeps, or is about to and has not looked for the last time.
#[derive(Debug)]
struct Bed(AtomicBool);

impl Bed {
    fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    fn lie_down(&self) {
        self.0.swap(true, Ordering::SeqCst);
        full_barrier_after_locked();
    }

    fn get_up(&self) {
        self.0.store(false, Ordering::Release);
    }

    fn is_taken(&self) -> bool {
        super::sync::fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed)
    }
}

/// The peer's alarm, as far as we know it.
#[derive(Debug, Default)]
pub(crate) enum PeerAlarm {
    /// It has not been needed.
    #[default]
    Unknown,
    Known(RemoteDoorbell),
    /// There is none that we can trigger. The peer is not asked again: it names the number.
    Unreachable,
}

impl PeerAlarm {
    /// Triggers the alarm that `word` (from the `BELL` word) names on `node`; false if it can't be, so
    /// that the doorbell has to go another way. Connects to it on first use.
    pub(crate) fn ring(
        &mut self,
        device: &Arc<Device>,
        node: u32,
        word: impl FnOnce() -> u64,
        doorbell: &mut [u8; DOORBELL_BYTES],
    ) -> bool {
        if matches!(self, Self::Unknown) {
            let number = word().checked_sub(1).and_then(|n| u32::try_from(n).ok());
            let connected = number.map(|number| RemoteDoorbell::connect(device, node, number));
            *self = match connected {
                Some(Ok(alarm)) => Self::Known(alarm),
                _ => Self::Unreachable,
            };
        }
        let Self::Known(alarm) = self else {
            return false;
        };
        match alarm.ring(doorbell) {
            // Full of doorbells that the sleeper has not taken: it will find them.
            Ok(Rung::Yes | Rung::QueueFull) => true,
            Err(_) => {
                *self = Self::Unreachable;
                false
            }
        }
    }
}

/// When a connection that has slept `sleeps` times is to get an alarm, or to ask again: not for one
/// exchange, and ever more rarely where there is none to be had.
pub(crate) fn is_due(sleeps: u32) -> bool {
    const FIRST: u32 = 8;
    sleeps >= FIRST && sleeps.is_power_of_two()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn places_come_back() {
        let places = Places::new(2);
        let (one, two) = (places.take(), places.take());
        assert!(one.is_some() && two.is_some() && places.take().is_none());
        drop(one);
        assert!(places.take().is_some());
        assert!(Places::new(0).take().is_none());
    }

    #[test]
    fn an_alarm_is_for_those_who_sleep_often() {
        let due: Vec<u32> = (0..100).filter(|sleeps| is_due(*sleeps)).collect();
        assert_eq!(due, [8, 16, 32, 64]);
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicU32;

    /// A sleeper that doesn't see the work is woken.
    #[test]
    fn loom_nobody_sleeps_through_an_alarm() {
        loom::model(|| {
            let bed = Arc::new(Bed::new());
            let (work, rung) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
            let waker = {
                let (bed, work, rung) = (bed.clone(), work.clone(), rung.clone());
                loom::thread::spawn(move || {
                    work.store(1, Ordering::Relaxed);
                    if bed.is_taken() {
                        rung.store(1, Ordering::Relaxed);
                    }
                })
            };
            bed.lie_down();
            let asleep = work.load(Ordering::Relaxed) == 0;
            waker.join().unwrap();
            assert!(!asleep || rung.load(Ordering::Relaxed) == 1);
        });
    }
}

//! Incoming doorbells: from the number that a doorbell carries to the connection it names.
//!
//! A doorbell is a hint ("look at your words"), so a wrong, late or invented one does no harm:
//! an unknown number is ignored, a wrong one wakes somebody who finds nothing.

use super::alarm::Alarm;
use super::notify::Notify;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

/// Bytes of a doorbell: slot and epoch, 32 bits each, little-endian.
pub(crate) const DOORBELL_BYTES: usize = 8;

/// Whom a doorbell wakes.
#[derive(Debug)]
pub(crate) struct Bell {
    pub(crate) notify: Notify,
    /// Doorbells that came in, on any way.
    pub(crate) rung: AtomicU64,
    /// The endpoint's, once it has one.
    alarm: Mutex<Weak<Alarm>>,
}

impl Bell {
    pub(crate) fn new(notify: Notify) -> Self {
        Self {
            notify,
            rung: AtomicU64::new(0),
            alarm: Mutex::default(),
        }
    }

    /// From now on [`Self::signal`] ends sleeps on `alarm` as well.
    pub(crate) fn hear(&self, alarm: &Arc<Alarm>) {
        *self.alarm.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(alarm);
    }

    /// Makes the descriptor readable and wakes the endpoint's thread, wherever it sleeps. For other
    /// threads than that one.
    pub(crate) fn signal(&self) {
        self.notify.signal();
        // Woken outside of the lock, and dropped there if the endpoint went meanwhile.
        let alarm = {
            let alarm = self.alarm.lock();
            alarm.unwrap_or_else(PoisonError::into_inner).upgrade()
        };
        if let Some(alarm) = alarm {
            alarm.wake();
        }
    }
}

/// The doorbell that names a connection.
pub(crate) fn encode(slot: u32, epoch: u32) -> [u8; DOORBELL_BYTES] {
    let mut bytes = [0; DOORBELL_BYTES];
    bytes[..4].copy_from_slice(&slot.to_le_bytes());
    bytes[4..].copy_from_slice(&epoch.to_le_bytes());
    bytes
}

#[derive(Debug, Default)]
struct Slot {
    epoch: u32,
    bell: Weak<Bell>,
}

/// The table of connections by slot number.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    table: RwLock<Vec<Slot>>,
    free: Mutex<Vec<u32>>,
}

impl Slots {
    /// Gives `bell` a number: slot and epoch.
    pub(crate) fn add(&self, bell: Weak<Bell>) -> (u32, u32) {
        let reused = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = reused
            && let Some(entry) = table.get_mut(slot as usize)
        {
            entry.bell = bell;
            return (slot, entry.epoch);
        }
        table.push(Slot { epoch: 0, bell });
        ((table.len() - 1) as u32, 0)
    }

    /// Takes the number back; doorbells that still carry it are ignored from now on.
    pub(crate) fn remove(&self, slot: u32) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = table.get_mut(slot as usize) {
            entry.bell = Weak::new();
            entry.epoch = entry.epoch.wrapping_add(1);
            self.free
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(slot);
        }
    }

    /// A doorbell came in, on a thread of the SISCI library.
    pub(crate) fn ring(&self, doorbell: &[u8]) {
        let Ok(bytes) = <[u8; DOORBELL_BYTES]>::try_from(doorbell) else {
            return;
        };
        let number = u64::from_le_bytes(bytes);
        let (slot, epoch) = (number as u32, (number >> 32) as u32);
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = table.get(slot as usize) else {
            return;
        };
        if entry.epoch == epoch
            && let Some(bell) = entry.bell.upgrade()
        {
            bell.rung.fetch_add(1, Ordering::Relaxed);
            bell.signal();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn bell() -> Arc<Bell> {
        Arc::new(Bell::new(Notify::new().unwrap()))
    }

    #[test]
    fn doorbells_reach_their_connection_and_no_other() {
        let (slots, one, two) = (Slots::default(), bell(), bell());
        let (slot, epoch) = slots.add(Arc::downgrade(&one));
        slots.ring(&encode(slot, epoch));
        assert_eq!(one.rung.load(Ordering::Relaxed), 1);
        slots.remove(slot);
        assert_eq!(
            slots.add(Arc::downgrade(&two)),
            (slot, epoch + 1),
            "the slot is reused"
        );
        slots.ring(&encode(slot, epoch));
        slots.ring(&encode(slot + 1, 0));
        slots.ring(b"short");
        assert_eq!(
            (
                one.rung.load(Ordering::Relaxed),
                two.rung.load(Ordering::Relaxed)
            ),
            (1, 0)
        );
    }
}

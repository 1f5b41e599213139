//! Transfer checks of an endpoint: whether what was stored through its window has arrived.
//!
//! A store is posted: it leaves and nobody answers. A check asks the library whether everything since the
//! check before has arrived, for a round trip and more (2 to 3 µs), so it is paid per large piece.

use super::error::Error;
use crate::sisci::{Delivery, DeviceError, RemoteMap, TransferCheck};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a piece is stored again before its connection counts as broken.
pub(crate) const TRIES: u32 = 8;
/// How long the library may take to find out what became of the stores.
const PATIENCE: Duration = Duration::from_secs(1);

/// What became of the stores since the last verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of them are in the peer's memory.
    Arrived,
    /// Some may be missing or damaged: store them again.
    Lost,
    /// Nothing arrives any more.
    Broken,
}

/// The check of one endpoint's window.
#[derive(Debug)]
pub(crate) struct Cover(TransferCheck);

impl Cover {
    /// # Errors
    /// [`Error::Device`] where the adapter has no more checks.
    pub(crate) fn new(map: &Arc<RemoteMap>) -> Result<Self, Error> {
        Ok(Self(TransferCheck::create(map)?))
    }

    /// From here on stores are watched; what was lost before doesn't count. False if nothing arrives
    /// any more.
    pub(crate) fn begin(&self) -> bool {
        self.settle(self.0.start()) != Verdict::Broken
    }

    /// Waits for the stores since [`Self::begin`] or the last verdict. They are watched on, unless the
    /// way is broken.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.0.check() {
            Ok(Delivery::Complete) => Verdict::Arrived,
            // After anything else the check has to be armed again.
            other => match self.settle(other) {
                Verdict::Broken => Verdict::Broken,
                _ => Verdict::Lost,
            },
        }
    }

    /// Arms the check until that works.
    fn settle(&self, mut last: Result<Delivery, DeviceError>) -> Verdict {
        let begin = Instant::now();
        loop {
            match last {
                Ok(Delivery::Complete) => return Verdict::Arrived,
                Ok(Delivery::Broken) | Err(_) => return Verdict::Broken,
                Ok(Delivery::Lost | Delivery::Pending) => {}
            }
            if begin.elapsed() > PATIENCE {
                return Verdict::Broken;
            }
            last = self.0.start();
        }
    }
}

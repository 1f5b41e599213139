//! Exported memory: a few large segments, and channels cut out of them.
//!
//! Segments, maps and interrupts are scarce on real adapters and slow to create, so a process
//! exports segments of [`SEGMENT_BYTES`] and a peer maps each one once. All of it together stays
//! under the configured limit.

mod extents;

use self::extents::Extents;
use super::error::Error;
use crate::sisci::{Device, LocalSegment};
use crate::window::{LocalChannel, Memory};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Usual size of a segment, in bytes; a single larger channel gets one of its own size.
const SEGMENT_BYTES: u64 = 16 << 20;
/// How long memory rests whose peer vanished without promising not to write any more: longer
/// than any posted write is on its way.
const QUARANTINE: Duration = Duration::from_secs(1);

/// All memory that this process exports.
#[derive(Debug)]
pub(crate) struct Arena {
    device: Arc<Device>,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    segments: Vec<Exported>,
    quarantine: Vec<(Instant, Place)>,
    used: u64,
}

#[derive(Debug)]
struct Exported {
    segment: Arc<LocalSegment>,
    memory: Memory,
    free: Extents,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    segment: usize,
    offset: u64,
    bytes: u64,
}

/// How much memory is exported and used, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) exported: u64,
    pub(crate) used: u64,
    pub(crate) limit: u64,
}

impl Arena {
    pub(crate) fn new(device: Arc<Device>, limit: u64) -> Self {
        Self {
            device,
            limit,
            state: Mutex::default(),
        }
    }

    /// Memory for one channel of `bytes` bytes (rounded up to pages).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] at the limit; [`Error::Device`] if the adapter refuses.
    pub(crate) fn lease(self: &Arc<Self>, bytes: u64) -> Result<Lease, Error> {
        let bytes = bytes.next_multiple_of(extents::PAGE);
        let mut state = self.lock();
        state.end_quarantine(Instant::now());
        let place = match state.take(bytes) {
            Some(place) => place,
            None => {
                self.grow(&mut state, bytes)?;
                state.take(bytes).ok_or(Error::OutOfMemory {
                    wanted: bytes,
                    used: state.used,
                    limit: self.limit,
                })?
            }
        };
        state.used += bytes;
        let exported = &state.segments[place.segment];
        Ok(Lease {
            memory: exported
                .memory
                .part(place.offset, bytes)
                .expect("an extent lies inside its segment"),
            export: Arc::clone(&exported.segment),
            place,
            clean: false,
            arena: Arc::clone(self),
        })
    }

    pub(crate) fn usage(&self) -> Usage {
        let state = self.lock();
        Usage {
            exported: state.exported(),
            used: state.used,
            limit: self.limit,
        }
    }

    fn grow(&self, state: &mut State, wanted: u64) -> Result<(), Error> {
        let left = self.limit - state.exported();
        let bytes = SEGMENT_BYTES.max(wanted).min(left);
        if bytes < wanted {
            return Err(Error::OutOfMemory {
                wanted,
                used: state.used,
                limit: self.limit,
            });
        }
        let segment = Arc::new(LocalSegment::export(&self.device, bytes)?);
        let memory = segment.memory();
        state.segments.push(Exported {
            segment,
            memory,
            free: Extents::new(bytes),
        });
        Ok(())
    }

    fn give_back(&self, place: Place, clean: bool) {
        let mut state = self.lock();
        state.used -= place.bytes;
        if clean {
            state.segments[place.segment]
                .free
                .give(place.offset, place.bytes);
        } else {
            state.quarantine.push((Instant::now() + QUARANTINE, place));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn exported(&self) -> u64 {
        self.segments
            .iter()
            .map(|exported| exported.segment.bytes())
            .sum()
    }

    fn take(&mut self, bytes: u64) -> Option<Place> {
        self.segments
            .iter_mut()
            .enumerate()
            .find_map(|(segment, exported)| {
                let offset = exported.free.take(bytes)?;
                Some(Place {
                    segment,
                    offset,
                    bytes,
                })
            })
    }

    fn end_quarantine(&mut self, now: Instant) {
        let segments = &mut self.segments;
        self.quarantine.retain(|(until, place)| {
            let rests = *until > now;
            if !rests {
                segments[place.segment].free.give(place.offset, place.bytes);
            }
            rests
        });
    }
}

/// Memory of one channel; returns to the arena when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    arena: Arc<Arena>,
    memory: Memory,
    place: Place,
    export: Arc<LocalSegment>,
    clean: bool,
}

impl Lease {
    /// The channel in this memory, its control block cleared: to be called before a peer knows
    /// of it, and once.
    pub(crate) fn channel(&self) -> LocalChannel {
        LocalChannel::new(self.memory.clone())
    }

    /// SISCI id of the segment.
    pub(crate) fn segment(&self) -> u32 {
        self.export.id()
    }

    /// Size of the segment in bytes.
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.export.bytes()
    }

    /// The segment itself, as DMA needs it.
    pub(crate) fn export(&self) -> &Arc<LocalSegment> {
        &self.export
    }

    /// The bytes, for what no peer writes into.
    pub(crate) fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// Where the memory begins in its segment, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.place.offset
    }

    /// The peer promised not to write here any more (or never knew of it): reusable at once.
    pub(crate) fn mark_clean(&mut self) {
        self.clean = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.arena.give_back(self.place, self.clean);
    }
}

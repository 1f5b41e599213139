//! What bulk transfers need, shared by all connections of a process: DMA queues and prepared memory.
//!
//! A *lane* is a staging area in exported memory, cut into slots, with a DMA queue for each: the data of a
//! send is copied into one slot while the engine moves another. A send has a lane for itself until all is
//! published, so a few serve many connections. They are made when the first bulk send needs one, and
//! given back when no connection is left that has used them, or when memory is short. Where a lane
//! can't be had the send goes on without it.

use super::arena::{Arena, Lease};
use super::spin::{Limits, Spinner};
use super::tuning::Tuning;
use crate::sisci::{
    Device, DeviceError, Direction, DmaLimits, DmaQueue, DmaState, Engine, LocalSegment,
    RemoteSegment, Transfer,
};
use crate::window::Staging;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Lanes of a process. With more sends than these at once the cable is the limit.
const LANES_MOST: usize = 4;
/// Fewer pieces at once don't overlap copy and transfer.
const SLOTS_LEAST: usize = 2;
/// After memory or queues were short, how long nobody asks again: asking takes a while.
const REST: Duration = Duration::from_secs(1);

/// All lanes of a process.
#[derive(Debug)]
pub(crate) struct BulkPool {
    device: Arc<Device>,
    arena: Arc<Arena>,
    piece: usize,
    slots: usize,
    /// How long a send spins for the end of a transfer before it sleeps.
    spin: Limits,
    limits: OnceLock<Option<DmaLimits>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Lane>,
    /// Lanes that exist.
    lanes: usize,
    /// Connections that have used one.
    users: usize,
    rest_until: Option<Instant>,
}

impl BulkPool {
    /// No lane yet. On the emulator nobody spins for the engine: there it is a thread of this process,
    /// and whoever waits for it through the library does its work.
    pub(crate) fn new(
        arena: &Arc<Arena>,
        device: &Arc<Device>,
        tuning: &Tuning,
        mut spin: Limits,
    ) -> Self {
        if device.is_emulated() {
            spin.most = Duration::ZERO;
        }
        Self {
            device: Arc::clone(device),
            arena: Arc::clone(arena),
            piece: tuning.bulk_piece,
            slots: tuning.bulk_slots,
            spin,
            limits: OnceLock::new(),
            state: Mutex::default(),
        }
    }

    /// Counts a connection as a user of lanes until the value is dropped.
    pub(crate) fn user(self: &Arc<Self>) -> BulkUser {
        self.lock().users += 1;
        BulkUser(Arc::clone(self))
    }

    /// What offsets and sizes in the peer's memory have to be multiples of.
    pub(crate) fn alignment(&self) -> usize {
        let align = |limits: DmaLimits| limits.size_alignment.max(limits.offset_alignment);
        self.limits().map_or(1, align) as usize
    }

    /// Gives back what is not in use: somebody needs the memory more.
    pub(crate) fn trim(&self) {
        let mut state = self.lock();
        let idle = std::mem::take(&mut state.idle);
        state.lanes -= idle.len();
        drop(state);
        drop(idle);
    }

    fn limits(&self) -> Option<DmaLimits> {
        *self.limits.get_or_init(|| self.device.dma_limits().ok())
    }

    /// An idle lane or a new one; `None` if all are in use, or memory or queues are short.
    fn take(&self) -> Option<Lane> {
        let mut state = self.lock();
        if let Some(lane) = state.idle.pop() {
            return Some(lane);
        }
        let resting = state.rest_until.is_some_and(|until| until > Instant::now());
        if resting || state.lanes >= LANES_MOST {
            return None;
        }
        // Its place is taken; made without the lock, since that takes a while.
        state.lanes += 1;
        drop(state);
        let made = self.make();
        if made.is_none() {
            let mut state = self.lock();
            state.lanes -= 1;
            state.rest_until = Some(Instant::now() + REST);
        }
        made
    }

    fn make(&self) -> Option<Lane> {
        let limits = self.limits()?;
        let (alignment, most) = (self.alignment(), limits.most as usize);
        let piece = self.piece.min(most);
        let piece = piece - piece % alignment;
        if piece == 0 {
            return None;
        }
        let queue = || DmaQueue::create(&self.device, Engine::Any);
        let queues: Vec<_> = (0..self.slots).map_while(|_| queue().ok()).collect();
        if queues.len() < SLOTS_LEAST {
            return None;
        }
        let stride = piece.next_multiple_of(alignment.max(STRIDE));
        let mut lease = self.arena.lease((stride * queues.len()) as u64).ok()?;
        // Its memory is nobody's but ours.
        lease.mark_clean();
        Some(Lane {
            staging: Staging::new(lease.memory()),
            segment: Arc::clone(lease.export()),
            offset: lease.offset(),
            queues,
            piece,
            stride,
            spinner: Spinner::new(self.spin),
            _lease: lease,
        })
    }

    /// Takes a lane back, or drops it if nobody is left who could use it.
    fn give(&self, lane: Lane) {
        let mut state = self.lock();
        let keep = state.users > 0 && lane.is_at_rest();
        if keep {
            state.idle.push(lane);
            return;
        }
        state.lanes -= 1;
        drop(state);
        if lane.stops() {
            drop(lane);
        } else {
            // The engine goes on reading its memory, which is nobody else's as long as that lasts.
            std::mem::forget(lane);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Slots begin at a page.
const STRIDE: usize = 4096;

/// A connection that uses lanes.
#[derive(Debug)]
pub(crate) struct BulkUser(Arc<BulkPool>);

impl BulkUser {
    /// A lane for one send; `None` if none can be had.
    pub(crate) fn lane(&self) -> Option<LaneGuard> {
        let lane = self.0.take()?;
        Some(LaneGuard {
            pool: Arc::clone(&self.0),
            lane: Some(lane),
        })
    }
}

impl Drop for BulkUser {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.users -= 1;
        let last = state.users == 0;
        drop(state);
        if last {
            self.0.trim();
        }
    }
}

/// A lane in use; returns to the pool when dropped.
#[derive(Debug)]
pub(crate) struct LaneGuard {
    pool: Arc<BulkPool>,
    lane: Option<Lane>,
}

impl std::ops::Deref for LaneGuard {
    type Target = Lane;
    fn deref(&self) -> &Lane {
        self.lane.as_ref().expect("there until it is dropped")
    }
}

impl std::ops::DerefMut for LaneGuard {
    fn deref_mut(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("there until it is dropped")
    }
}

impl Drop for LaneGuard {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.pool.give(lane);
        }
    }
}

/// Prepared memory in slots, and a queue for each.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Before the lease: the last transfer of each ends before its memory goes.
    queues: Vec<DmaQueue>,
    staging: Staging,
    segment: Arc<LocalSegment>,
    /// Of the staging area in its segment, in bytes.
    offset: u64,
    piece: usize,
    stride: usize,
    spinner: Spinner,
    _lease: Lease,
}

impl Lane {
    /// Pieces that may be under way at once.
    pub(crate) fn slots(&self) -> usize {
        self.queues.len()
    }

    /// Most bytes of a piece.
    pub(crate) fn piece(&self) -> usize {
        self.piece
    }

    /// Copies a piece into a slot, whose last transfer has to be over. False if it doesn't fit.
    #[must_use]
    pub(crate) fn load(&self, slot: usize, data: &[u8]) -> bool {
        data.len() <= self.piece && self.staging.copy_in((slot * self.stride) as u64, data)
    }

    /// Starts to move what is in a slot to `offset` of the peer's segment.
    pub(crate) fn start(
        &self,
        slot: usize,
        bytes: usize,
        (remote, offset): (&Arc<RemoteSegment>, u64),
    ) -> Result<(), DeviceError> {
        self.queues[slot].start(Transfer {
            local: Arc::clone(&self.segment),
            local_offset: self.offset + (slot * self.stride) as u64,
            remote: Arc::clone(remote),
            remote_offset: offset,
            bytes: bytes as u64,
            direction: Direction::Write,
        })
    }

    /// How the transfer of a slot stands.
    pub(crate) fn state(&self, slot: usize) -> DmaState {
        self.queues[slot].state()
    }

    /// Waits for the end of a slot's transfer, spinning and then asleep for up to `nap`, and says how
    /// it stands.
    pub(crate) fn wait(&mut self, slot: usize, nap: Duration) -> DmaState {
        let queue = &self.queues[slot];
        let over = || Some(queue.state()).filter(|state| *state != DmaState::Running);
        if let Some(state) = self.spinner.spin(over) {
            return state;
        }
        let begin = Instant::now();
        // A timeout is no more than "still running".
        let state = queue.wait(Some(nap)).unwrap_or_else(|_| queue.state());
        self.spinner.slept(begin.elapsed());
        state
    }

    /// Stops the transfer of a slot. True once the engine touches nothing of it any more.
    pub(crate) fn stop(&self, slot: usize) -> bool {
        self.queues[slot].stop()
    }

    fn is_at_rest(&self) -> bool {
        let running = |queue: &DmaQueue| queue.state() == DmaState::Running;
        !self.queues.iter().any(running)
    }

    /// Stops what runs, within a bounded time; false if the engine can't be stopped.
    fn stops(&self) -> bool {
        self.queues.iter().filter(|queue| !queue.stop()).count() == 0
    }
}

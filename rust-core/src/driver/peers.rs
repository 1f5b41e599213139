//! Other processes: their mapped memory and doorbells.

use super::error::Error;
use super::link::Link;
use super::payload::Window;
use crate::proto::fault::PeerFault;
use crate::proto::layout::{RING_MAX, channel_bytes};
use crate::proto::wire::Channel;
use crate::sisci::{Device, RemoteDoorbell, RemoteMap, RemoteSegment, SegmentEvent};
use crate::window::{Memory, RemoteChannel};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A process on some node, told from its successors by the random number it chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ProcessKey {
    node: u32,
    instance: u64,
    interrupt: u32,
}

impl ProcessKey {
    fn of(node: u32, channel: &Channel) -> Self {
        Self {
            node,
            instance: channel.instance,
            interrupt: channel.interrupt,
        }
    }
}

/// The processes that we have connections with.
#[derive(Debug)]
pub(crate) struct Peers {
    device: Arc<Device>,
    processes: Mutex<HashMap<ProcessKey, Weak<PeerProcess>>>,
}

/// What we hold of another process: its doorbell and its segments, each mapped once and for as
/// long as there is a connection with it.
#[derive(Debug)]
pub(crate) struct PeerProcess {
    device: Arc<Device>,
    node: u32,
    doorbell: RemoteDoorbell,
    segments: Mutex<HashMap<u32, Arc<Mapped>>>,
    way: Arc<Way>,
}

/// The way to a process. Bytes that vanish on it are missed by nobody but the library, which tells
/// when the link goes down; a connection can't go on after that, even if the link comes back.
#[derive(Debug, Default)]
struct Way {
    cut: AtomicBool,
    links: Mutex<Vec<Weak<Link>>>,
}

impl Way {
    /// Ends the connection if the way is cut, now or later.
    fn carry(&self, link: &Arc<Link>) {
        let mut links = lock(&self.links);
        links.retain(|link| link.strong_count() > 0);
        links.push(Arc::downgrade(link));
        drop(links);
        if self.is_cut() {
            link.lose_way();
        }
    }

    /// On a thread of the library.
    fn heard(&self, event: SegmentEvent) {
        // Stores of a peer that lives may vanish and later ones arrive: then no goodbye helps.
        let lose = match event {
            SegmentEvent::NotOperational => Link::lose_way,
            SegmentEvent::Lost => Link::lose_process,
            _ => return,
        };
        self.cut.store(true, Ordering::SeqCst);
        let links = std::mem::take(&mut *lock(&self.links));
        for link in links.iter().filter_map(Weak::upgrade) {
            lose(&link);
        }
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
struct Mapped {
    map: Arc<RemoteMap>,
    memory: Memory,
}

/// A channel of another process, mapped.
#[derive(Debug)]
pub(crate) struct PeerChannel {
    pub(crate) process: Arc<PeerProcess>,
    /// Its words and its ring, by pointer.
    pub(crate) remote: RemoteChannel,
    /// The same place as the library knows it.
    pub(crate) window: Window,
    /// Bytes of its ring.
    pub(crate) ring: u64,
    /// Slot and epoch, which its doorbell names.
    pub(crate) bell: (u32, u32),
}

impl Peers {
    pub(crate) fn new(device: Arc<Device>) -> Self {
        Self {
            device,
            processes: Mutex::default(),
        }
    }

    /// Maps the peer's channel (described by a *checked* [`Channel`]) and connects to its
    /// doorbell, or finds both done already.
    ///
    /// # Errors
    /// [`Error::Device`] if the fabric can't reach it; [`Error::PeerFault`] if the segment is
    /// smaller than the peer claims.
    pub(crate) fn open(&self, node: u32, channel: &Channel) -> Result<PeerChannel, Error> {
        let process = self.process(node, channel)?;
        let mapped = process.segment(channel.segment)?;
        let memory = mapped.part(channel)?;
        Ok(PeerChannel {
            process,
            remote: RemoteChannel::new(memory),
            window: Window::new(&mapped.map, channel),
            ring: channel.ring,
            bell: (channel.slot, channel.epoch),
        })
    }

    /// Whether [`Self::open`] would find everything done, and so not wait for the other process.
    pub(crate) fn knows(&self, node: u32, channel: &Channel) -> bool {
        let known = self.known(&ProcessKey::of(node, channel));
        known.is_some_and(|process| lock(&process.segments).contains_key(&channel.segment))
    }

    fn known(&self, key: &ProcessKey) -> Option<Arc<PeerProcess>> {
        let known = lock(&self.processes).get(key).and_then(Weak::upgrade);
        known.filter(|known| !known.way.is_cut())
    }

    fn process(&self, node: u32, channel: &Channel) -> Result<Arc<PeerProcess>, Error> {
        let key = ProcessKey::of(node, channel);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        // Connecting may take a while (a peer that is just starting or dying): not under the
        // lock. Two threads may both connect; the later one wins the table, both handles work.
        let process = Arc::new(PeerProcess {
            device: Arc::clone(&self.device),
            node,
            doorbell: RemoteDoorbell::connect(&self.device, node, channel.interrupt)?,
            segments: Mutex::default(),
            way: Arc::default(),
        });
        let mut processes = lock(&self.processes);
        processes.retain(|_, process| process.strong_count() > 0);
        processes.insert(key, Arc::downgrade(&process));
        Ok(process)
    }
}

impl PeerProcess {
    /// The doorbell of that process.
    pub(crate) fn doorbell(&self) -> &RemoteDoorbell {
        &self.doorbell
    }

    /// Ends the connection when the link to the process fails.
    pub(crate) fn carry(&self, link: &Arc<Link>) {
        self.way.carry(link);
    }

    fn segment(&self, id: u32) -> Result<Arc<Mapped>, Error> {
        if let Some(known) = lock(&self.segments).get(&id) {
            return Ok(Arc::clone(known));
        }
        let way = Arc::clone(&self.way);
        let watcher = move |event| way.heard(event);
        let segment = RemoteSegment::connect_watched(&self.device, self.node, id, watcher)?;
        // A window is scarce: nobody exports more than one ring of the largest size needs.
        let (value, limit) = (segment.bytes(), channel_bytes(RING_MAX));
        if value > limit {
            let field = "segment size";
            return Err(PeerFault::BadChannel {
                field,
                value,
                limit,
            }
            .into());
        }
        let (map, memory) = segment.map()?;
        let mapped = Arc::new(Mapped { map, memory });
        lock(&self.segments).insert(id, Arc::clone(&mapped));
        Ok(mapped)
    }
}

impl Mapped {
    /// The channel's part of the memory.
    fn part(&self, channel: &Channel) -> Result<Memory, Error> {
        let bytes = channel_bytes(channel.ring);
        self.memory.part(channel.offset, bytes).ok_or_else(|| {
            let value = channel.offset.saturating_add(bytes);
            PeerFault::BadChannel {
                field: "end",
                value,
                limit: self.map.bytes(),
            }
            .into()
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

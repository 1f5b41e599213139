//! A process's presence on the fabric.

use super::arena::Arena;
use super::config::{Config, Wakeup};
use super::control::Control;
use super::doorbell::{Bell, Slots};
use super::endpoint::Endpoint;
use super::error::Error;
use super::handshake::{self, Offer};
use super::link::Link;
use super::listener::Listener;
use super::notify::Notify;
use super::peers::{Peers, Verdicts};
use super::secret;
use super::stats::Totals;
use super::status::StatusSocket;
use crate::report::{Direction, Report};
use crate::sisci::{Device, LocalDoorbell};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Two flights of a posted write over a bridge, with room to spare: one way takes 0.55 to 1.1 µs on
/// PXH810 and MXH930 adapters, more behind a full queue.
const FLIGHT: Duration = Duration::from_micros(10);

/// The transport: adapter, exported memory, doorbell and control thread of this process.
///
/// Starting it loads the SISCI library and starts one thread, so a daemon does it after it has
/// forked. Endpoints and listeners keep what they need of it alive; dropping it only ends the
/// control thread, and with it accepting and the notice of lost peers.
#[derive(Debug)]
pub struct Transport {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

/// What endpoints, listeners and the control thread share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) device: Arc<Device>,
    pub(crate) instance: u64,
    /// Longest time that a store and its answer are on their way to a peer's memory.
    pub(crate) flight: Duration,
    /// How sleeping peers are woken.
    pub(crate) wakeup: Wakeup,
    pub(crate) arena: Arc<Arena>,
    pub(crate) doorbell: LocalDoorbell,
    pub(crate) slots: Arc<Slots>,
    pub(crate) peers: Peers,
    pub(crate) verdicts: Verdicts,
    pub(crate) control: Control,
    pub(crate) totals: Totals,
    pub(crate) started: Instant,
    links: Mutex<Vec<Weak<Link>>>,
    refusals: Mutex<Refusals>,
    next_id: AtomicU64,
}

#[derive(Debug, Default)]
struct Refusals {
    count: u64,
    last: String,
}

/// Why a peer is not reached over NTB: take another path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The reason, for people.
    pub reason: String,
    /// True if it differs from the last one for this peer: worth a line in the log.
    pub is_new: bool,
}

impl Transport {
    /// Opens the adapter and starts the control thread.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting out of range, [`Error::Library`] and [`Error::Device`] if
    /// there is no usable library, adapter or driver.
    pub fn start(config: Config) -> Result<Self, Error> {
        let config = config.checked()?;
        let device = Device::open(config.library.as_os_str(), config.adapter)?;
        let slots = Arc::new(Slots::default());
        let ringing = Arc::clone(&slots);
        let doorbell = LocalDoorbell::create(&device, move |bytes| ringing.ring(bytes))?;
        let inner = Arc::new(Inner {
            instance: u64::from_le_bytes(secret::random()?),
            flight: if device.is_emulated() {
                Duration::ZERO
            } else {
                FLIGHT
            },
            wakeup: config.wakeup.resolve(device.is_emulated()),
            arena: Arc::new(Arena::new(Arc::clone(&device), config.memory_limit)),
            doorbell,
            slots,
            peers: Peers::new(Arc::clone(&device)),
            verdicts: Verdicts::new(config.retry),
            control: Control::new()?,
            totals: Totals::default(),
            started: Instant::now(),
            links: Mutex::default(),
            refusals: Mutex::default(),
            next_id: AtomicU64::new(1),
            device,
            config,
        });
        // Statistics are a convenience: a folder that can't be written stops nobody.
        if let Ok(status) = StatusSocket::open() {
            inner.control.watch_status(&Arc::new(status))?;
        }
        let running = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("ntb-control".into())
            .spawn(move || running.control.run(&running))
            .map_err(Error::io("starting the control thread"))?;
        Ok(Self {
            inner,
            thread: Some(thread),
        })
    }

    /// Node id of this host.
    pub fn node(&self) -> u32 {
        self.inner.device.node()
    }

    /// Listens for connections on a control port; port 0 picks one.
    ///
    /// # Errors
    /// [`Error::Io`] if the address can't be bound.
    pub fn listen(&self, address: SocketAddr) -> Result<Listener, Error> {
        Listener::bind(&self.inner, address)
    }

    /// Connects to the control port of a peer. Blocks for at most the connect timeout.
    ///
    /// # Errors
    /// Any: the peer does not answer, refuses, speaks another version, can't be reached over the
    /// fabric, or our memory limit is used up.
    pub fn connect(&self, peer: SocketAddr) -> Result<Endpoint, Error> {
        let inner = &self.inner;
        let deadline = Instant::now() + inner.config.connect_timeout;
        let mut stream = TcpStream::connect_timeout(&peer, inner.config.connect_timeout)
            .map_err(Error::io("connecting to the NTB port"))?;
        let _ = stream.set_nodelay(true);
        let seat = inner.seat()?;
        let offer = Offer::new(inner, inner.config.ring_bytes, seat.number())?;
        let agreed = handshake::connect(inner, &mut stream, offer.ours, deadline)?;
        stream
            .set_nonblocking(true)
            .map_err(Error::io("control channel"))?;
        Endpoint::open(inner, seat, offer, &agreed, stream, peer, Direction::Out)
    }

    /// [`Self::connect`] for a caller with another path: a failure is remembered for the retry
    /// time, during which the peer is not bothered again.
    ///
    /// # Errors
    /// [`Skip`] with the reason.
    pub fn connect_or_skip(&self, peer: SocketAddr) -> Result<Endpoint, Skip> {
        if let Some(reason) = self.inner.verdicts.standing(peer) {
            return Err(Skip {
                reason,
                is_new: false,
            });
        }
        match self.connect(peer) {
            Ok(endpoint) => {
                self.inner.verdicts.succeeded(peer);
                Ok(endpoint)
            }
            Err(error) => {
                let reason = error.to_string();
                let is_new = self.inner.verdicts.failed(peer, &reason);
                Err(Skip { reason, is_new })
            }
        }
    }

    /// What this process does on the fabric, with all counters.
    pub fn report(&self) -> Report {
        super::status::report(&self.inner)
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.inner.control.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Inner {
    /// A number for a new connection, under which doorbells reach it.
    pub(crate) fn seat(&self) -> Result<Seat, Error> {
        let bell = Arc::new(Bell {
            notify: Notify::new_set()?,
            rung: AtomicU64::new(0),
        });
        let number = self.slots.add(Arc::downgrade(&bell));
        Ok(Seat {
            slots: Arc::clone(&self.slots),
            number,
            bell,
        })
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers a connection, for statistics.
    pub(crate) fn register(&self, link: &Arc<Link>) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| link.strong_count() > 0);
        links.push(Arc::downgrade(link));
    }

    /// The connections that somebody still holds, broken ones included.
    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let held = |link: &Arc<Link>| !link.orphaned.load(Ordering::Acquire);
        links
            .iter()
            .filter_map(Weak::upgrade)
            .filter(held)
            .collect()
    }

    /// Remembers that a peer was refused, for statistics.
    pub(crate) fn count_refusal(&self, peer: SocketAddr, error: &Error) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.count += 1;
        refusals.last = format!("{peer}: {error}");
    }

    /// Number of refused handshakes and the last of them.
    pub(crate) fn refusals(&self) -> (u64, String) {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        (refusals.count, refusals.last.clone())
    }
}

/// A slot number and its bell; the number returns when this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    slots: Arc<Slots>,
    number: (u32, u32),
    bell: Arc<Bell>,
}

impl Seat {
    /// Slot and epoch.
    pub(crate) fn number(&self) -> (u32, u32) {
        self.number
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.slots.remove(self.number.0);
    }
}

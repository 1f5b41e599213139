//! A process's presence on the fabric.

use super::alarm::Places;
use super::arena::Arena;
use super::bulk::BulkPool;
use super::config::{Config, Wakeup};
use super::control::Control;
use super::dial::dial;
use super::doorbell::{Bell, Slots};
use super::endpoint::{Endpoint, Ends};
use super::error::Error;
use super::finish::Finishers;
use super::handshake::{self, Offer};
use super::link::Link;
use super::listener::Listener;
use super::notify::Notify;
use super::peers::Peers;
pub use super::reach::Skip;
use super::reach::{Attempt, Reach};
use super::secret;
use super::spin;
use super::stats::Totals;
use super::status::StatusSocket;
use super::sys;
use super::tuning::{Family, Tuning};
use crate::report::{Direction, Report};
use crate::sisci::{Device, LocalDoorbell};
use std::io;
use std::net::{IpAddr, SocketAddr};
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
/// forked. Endpoints and listeners keep what they need of it alive; dropping it only ends its
/// threads, and with the control thread accepting and the notice of lost peers. That waits for
/// attempts in the background, at most the connect timeout.
#[derive(Debug)]
pub struct Transport {
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
    /// Threads of attempts in the background; those that have ended go when the next one comes.
    scouts: Mutex<Vec<JoinHandle<()>>>,
}

/// What endpoints, listeners and the control thread share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) device: Arc<Device>,
    pub(crate) instance: u64,
    /// Longest time that a store and its answer are on their way to a peer's memory.
    pub(crate) flight: Duration,
    pub(crate) spin: spin::Limits,
    /// Whether payload goes through the library, which delays it by a timing model.
    pub(crate) paced: bool,
    /// Which way a message takes.
    pub(crate) tuning: Tuning,
    /// How sleeping peers are woken.
    pub(crate) wakeup: Wakeup,
    pub(crate) arena: Arc<Arena>,
    pub(crate) bulk: Arc<BulkPool>,
    pub(crate) doorbell: LocalDoorbell,
    pub(crate) slots: Arc<Slots>,
    pub(crate) alarms: Arc<Places>,
    pub(crate) peers: Peers,
    pub(crate) reach: Arc<Reach>,
    pub(crate) control: Control,
    pub(crate) totals: Totals,
    pub(crate) finishers: Finishers,
    pub(crate) started: Instant,
    links: Mutex<Vec<Weak<Link>>>,
    refusals: Mutex<Refusals>,
    next_id: AtomicU64,
}

#[derive(Debug, Default)]
struct Refusals {
    count: u64,
    last: String,
    accept_pauses: u64,
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
        let arena = Arc::new(Arena::new(Arc::clone(&device), config.memory_limit));
        let tuning = config.tuning.apply(Family::defaults(&device)).checked()?;
        let spin = spin::Limits::new(config.spin, config.spin_share);
        let bulk = BulkPool::new(&arena, &device, &tuning, spin);
        let inner = Arc::new(Inner {
            instance: u64::from_le_bytes(secret::random()?),
            flight: if device.is_emulated() {
                Duration::ZERO
            } else {
                FLIGHT
            },
            spin,
            paced: device.timing_model().is_some(),
            tuning,
            wakeup: config.wakeup.resolve(device.is_emulated()),
            arena,
            bulk: Arc::new(bulk),
            doorbell,
            slots,
            alarms: Places::new(config.interrupts),
            peers: Peers::new(Arc::clone(&device)),
            reach: Reach::new(config.retry, config.connect_timeout),
            control: Control::new()?,
            totals: Totals::default(),
            finishers: Finishers::default(),
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
            scouts: Mutex::default(),
        })
    }

    /// Node id of this host.
    pub fn node(&self) -> u32 {
        self.inner.device.node()
    }

    /// Which way messages take: the settings on top of what suits the adapter.
    pub fn tuning(&self) -> Tuning {
        self.inner.tuning
    }

    /// Listens for connections on a control port; port 0 picks one. The address `::` takes IPv4 as
    /// well.
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
        connect(&self.inner, peer, None)
    }

    /// [`Self::connect`] for a caller with another path. A peer that could not be reached is
    /// skipped at once; it is tried again in the background, on a thread of its own, whenever
    /// somebody wants it or asks for it after a pause of at most the retry time. Only a peer that
    /// refused is asked again right here, as that costs one round trip and it may have been restarted.
    /// While one thread connects, others that want the same peer wait for the outcome, at most the
    /// connect timeout.
    ///
    /// With a `source`, the control channel leaves from this local address.
    ///
    /// # Errors
    /// [`Skip`] with the reason.
    pub fn connect_or_skip(
        &self,
        peer: SocketAddr,
        source: Option<IpAddr>,
    ) -> Result<Endpoint, Skip> {
        let attempt = match self.inner.reach.turn(peer) {
            Ok(attempt) => attempt,
            Err(skip) => {
                self.scout(peer, source);
                return Err(skip);
            }
        };
        match try_connect(&self.inner, &attempt, source) {
            Ok(endpoint) => {
                attempt.succeeded();
                Ok(endpoint)
            }
            Err(error) => Err(attempt.failed(&error)),
        }
    }

    /// Whether connecting to `peer` over NTB is worth while. Never waits: where nothing is known,
    /// or the pause after a failure is over, the peer is tried in the background, and a later call
    /// has the answer.
    pub fn is_reachable(&self, peer: SocketAddr, source: Option<IpAddr>) -> bool {
        self.scout(peer, source);
        self.inner.reach.is_reached(peer)
    }

    /// Tries a peer in the background, if that is due.
    fn scout(&self, peer: SocketAddr, source: Option<IpAddr>) {
        let Some(attempt) = self.inner.reach.scout(peer) else {
            return;
        };
        let inner = Arc::clone(&self.inner);
        let thread = std::thread::Builder::new()
            .name("ntb-scout".into())
            .spawn(move || explore(&inner, attempt, source));
        // Without a thread the attempt was dropped, and is due again.
        if let Ok(thread) = thread {
            let mut scouts = self.scouts.lock().unwrap_or_else(PoisonError::into_inner);
            scouts.retain(|scout| !scout.is_finished());
            scouts.push(thread);
        }
    }

    /// What this process does on the fabric, with all counters.
    pub fn report(&self) -> Report {
        super::status::report(&self.inner)
    }
}

fn connect(
    inner: &Arc<Inner>,
    peer: SocketAddr,
    source: Option<IpAddr>,
) -> Result<Endpoint, Error> {
    connect_within(inner, peer, source, inner.config.connect_timeout)
}

fn try_connect(
    inner: &Arc<Inner>,
    attempt: &Attempt,
    source: Option<IpAddr>,
) -> Result<Endpoint, Error> {
    let limit = attempt.dial_limit(inner.config.connect_timeout);
    connect_within(inner, attempt.peer(), source, limit)
}

/// Connects; `dialling` bounds the time until the peer's port has accepted.
fn connect_within(
    inner: &Arc<Inner>,
    peer: SocketAddr,
    source: Option<IpAddr>,
    dialling: Duration,
) -> Result<Endpoint, Error> {
    let deadline = Instant::now() + inner.config.connect_timeout;
    let mut stream = dial(peer, source, dialling).map_err(|error| undialled(error, dialling))?;
    let _ = stream.set_nodelay(true);
    let seat = inner.seat()?;
    let offer = Offer::new(inner, inner.config.ring_bytes, seat.number())?;
    let agreed = handshake::connect(inner, &mut stream, offer.ours, deadline)?;
    stream
        .set_nonblocking(true)
        .map_err(Error::io("control channel"))?;
    let there = inner.peers.open(agreed.node, &agreed.theirs)?;
    let ends = Ends { offer, there };
    Endpoint::open(inner, seat, ends, agreed.node, stream, peer, Direction::Out)
}

/// Why no control channel came about. Silence is no failure of the system, and has no error number
/// where it was our own limit that passed.
fn undialled(error: io::Error, after: Duration) -> Error {
    let what = "connecting to the NTB port";
    if error.kind() == io::ErrorKind::TimedOut {
        Error::TimedOut { what, after }
    } else {
        Error::io(what)(error)
    }
}

/// Makes a whole connection and gives it up again: only that proves that the next one will work.
fn explore(inner: &Arc<Inner>, attempt: Attempt, source: Option<IpAddr>) {
    sys::block_signals();
    match try_connect(inner, &attempt, source) {
        Ok(mut endpoint) => {
            endpoint.shutdown();
            attempt.succeeded();
        }
        Err(error) => drop(attempt.failed(&error)),
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.inner.control.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // They use the SISCI library, which may be unloaded after us.
        let scouts = self
            .scouts
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        for scout in scouts.drain(..) {
            let _ = scout.join();
        }
        self.inner.finishers.close();
    }
}

impl Inner {
    /// A number for a new connection, under which doorbells reach it.
    pub(crate) fn seat(&self) -> Result<Seat, Error> {
        let bell = Arc::new(Bell::new(Notify::new_set()?));
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

    /// Remembers that nobody could be accepted for a while; counted as a refusal once, as long as it
    /// lasts.
    pub(crate) fn count_pause(&self, error: &io::Error, is_first: bool) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.accept_pauses += 1;
        if is_first {
            refusals.count += 1;
            refusals.last = format!("accepting pauses: {error}");
        }
    }

    /// Number of refused handshakes, the last of them, and how often accepting paused.
    pub(crate) fn refusals(&self) -> (u64, String, u64) {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        (
            refusals.count,
            refusals.last.clone(),
            refusals.accept_pauses,
        )
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

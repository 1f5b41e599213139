//! Incoming connections.

mod pending;
mod refusals;

use super::control::Token;
use super::endpoint::Endpoint;
use super::error::Error;
use super::notify::Notify;
use super::transport::Inner;
pub(crate) use pending::{Pending, Progress};
use refusals::Refusals;
use rustix::net::{self, AddressFamily, Shutdown, SocketFlags, SocketType, sockopt};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Handshakes under way at once. One more ends the oldest, so that silent peers neither pile up nor keep
/// others out: an honest one is done long before as many have come after it.
const PENDING_MAX: usize = 128;
/// TCP connections that the kernel accepts before we do.
const TCP_BACKLOG: i32 = 128;
/// Finished connections that wait to be accepted; more are turned away.
const BACKLOG_MAX: usize = 128;

/// Accepts NTB connections on a control port.
///
/// Dropping it closes the port; connections that were not accepted and handshakes under way are closed.
#[derive(Debug)]
pub struct Listener {
    inner: Arc<Inner>,
    core: Arc<ListenerCore>,
    token: Token,
}

/// The part of a listener that the control thread works on.
#[derive(Debug)]
pub(crate) struct ListenerCore {
    socket: TcpListener,
    address: SocketAddr,
    notify: Notify,
    ready: Mutex<VecDeque<Endpoint>>,
    pending: AtomicUsize,
    /// The last try to accept failed for a lack of something.
    short: AtomicBool,
    /// `None` unless somebody wants to hear of them.
    refusals: Mutex<Option<Refusals>>,
}

/// What there is to accept.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A handshake to be done.
    Handshake(Box<Pending>),
    /// Nobody waits.
    Nobody,
    /// Somebody waits, and this process lacks what it takes (descriptors, mostly): the socket stays
    /// readable, so it must not be watched for a while. True for the first time in a row.
    Short(io::Error, bool),
}

impl Listener {
    pub(crate) fn bind(inner: &Arc<Inner>, address: SocketAddr) -> Result<Self, Error> {
        let socket = bind(address).map_err(Error::io("binding the NTB port"))?;
        socket
            .set_nonblocking(true)
            .map_err(Error::io("NTB port"))?;
        let address = socket.local_addr().map_err(Error::io("NTB port"))?;
        let core = Arc::new(ListenerCore {
            socket,
            address,
            notify: Notify::new()?,
            ready: Mutex::default(),
            pending: AtomicUsize::new(0),
            short: AtomicBool::new(false),
            refusals: Mutex::default(),
        });
        let token = inner.control.watch_listener(&core)?;
        Ok(Self {
            inner: Arc::clone(inner),
            core,
            token,
        })
    }

    /// A descriptor that is readable while a connection may wait. Drained by [`Self::pending`]. For polling
    /// only; see also [`AsFd`](std::os::fd::AsFd).
    pub fn raw_fd(&self) -> RawFd {
        self.core.notify.raw_fd()
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.core.address
    }

    /// True if [`Self::accept`] would give a connection, or [`Self::refused`] a text; if not, the
    /// descriptor is drained. Never blocks.
    pub fn pending(&self) -> bool {
        self.core.notify.drain();
        let is_told = |refusals: &Refusals| refusals.is_any_new();
        let waiting =
            !self.core.ready().is_empty() || self.core.refusals().as_ref().is_some_and(is_told);
        if waiting {
            self.core.notify.signal();
        }
        waiting
    }

    /// The next connection; `None` if none waits. Never blocks.
    pub fn accept(&self) -> Option<Endpoint> {
        self.core.ready().pop_front()
    }

    /// From now on peers that are refused are told by [`Self::refused`]. The descriptor is readable for them as well
    /// then, and [`Self::wait`] returns: whoever loops over these must ask for refusals, too.
    pub fn tell_refusals(&self) {
        self.core.refusals().get_or_insert_default();
    }

    /// A peer that was refused, and why: for a log, so each kind of reason comes once for each host until a
    /// connection with it was made, and at most every ten minutes. `None` if there is nothing new. Never blocks.
    pub fn refused(&self) -> Option<String> {
        self.core.refusals().as_mut().and_then(Refusals::next)
    }

    /// Sleeps until a connection waits or `deadline` has passed; true if one may wait.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses to wait.
    pub fn wait(&self, deadline: Option<Instant>) -> Result<bool, Error> {
        self.core.notify.wait(deadline)
    }

    /// Closes the port and the descriptor, ends handshakes under way and closes connections that were
    /// not accepted; afterwards nobody waits. Dropping it does the same.
    pub fn close(&self) {
        self.inner.control.forget(self.token);
        // The control thread may be at it right now, and a handshake under way holds on to the
        // socket; the port is free at once.
        let _ = net::shutdown(&self.core.socket, Shutdown::Both);
        self.inner.control.end_handshakes(&self.core);
        self.core.notify.close();
        // The connections leave the lock before they are closed.
        let ready = std::mem::take(&mut *self.core.ready());
        drop(ready);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.close();
    }
}

impl ListenerCore {
    pub(crate) fn socket(&self) -> &TcpListener {
        &self.socket
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// True if more handshakes are under way than may be.
    pub(crate) fn is_crowded(&self) -> bool {
        self.pending.load(Ordering::Relaxed) > PENDING_MAX
    }

    /// The next TCP connection.
    pub(crate) fn accept(self: &Arc<Self>, inner: &Inner) -> Incoming {
        loop {
            match self.socket.accept() {
                Ok((stream, peer)) => {
                    self.short.store(false, Ordering::Relaxed);
                    if stream.set_nonblocking(true).is_err() {
                        return Incoming::Nobody;
                    }
                    let _ = stream.set_nodelay(true);
                    // A socket for both families shows IPv4 peers in mapped form.
                    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                    self.pending.fetch_add(1, Ordering::Relaxed);
                    let core = Arc::clone(self);
                    let pending = Pending::new(stream, peer, core, inner);
                    return Incoming::Handshake(Box::new(pending));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A connection that ended before it was taken; the next one may be fine.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                // The last one is a listener that was closed meanwhile.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::InvalidInput
                    ) =>
                {
                    return Incoming::Nobody;
                }
                Err(error) => {
                    let is_first = !self.short.swap(true, Ordering::Relaxed);
                    return Incoming::Short(error, is_first);
                }
            }
        }
    }

    /// Counts a peer that was refused, and tells whoever accepts.
    fn refused(&self, inner: &Inner, peer: SocketAddr, error: &Error) {
        inner.count_refusal(peer, error);
        let mut refusals = self.refusals();
        if refusals.as_mut().is_some_and(|all| all.add(peer, error)) {
            // Under the lock, as in `deliver`.
            self.notify.signal();
        }
    }

    fn refusals(&self) -> MutexGuard<'_, Option<Refusals>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the peer by `announce` and queues the connection, as one step for whoever accepts:
    /// a peer that knows that it is connected finds itself in the queue, and nobody uses the
    /// connection before the peer was told.
    fn deliver(
        &self,
        endpoint: Endpoint,
        peer: SocketAddr,
        announce: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut ready = self.ready();
        if let Err(error) = self.has_room(&ready) {
            // The endpoint must not be closed under the lock.
            drop(ready);
            return Err(error);
        }
        // Before the peer can know: what goes wrong with it from now on is news again.
        if let Some(refusals) = &mut *self.refusals() {
            refusals.forget(peer.ip());
        }
        if let Err(error) = announce() {
            drop(ready);
            return Err(error);
        }
        ready.push_back(endpoint);
        // Under the lock: a signal that came after the connection was already taken would leave
        // the descriptor readable with nobody waiting.
        self.notify.signal();
        Ok(())
    }

    /// An error if as many connections wait as may.
    fn has_room(&self, ready: &VecDeque<Endpoint>) -> Result<(), Error> {
        let waiting = BACKLOG_MAX;
        match ready.len() {
            0..BACKLOG_MAX => Ok(()),
            _ => Err(Error::Busy { waiting }),
        }
    }

    fn ready(&self) -> MutexGuard<'_, VecDeque<Endpoint>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP socket that listens. `::` takes IPv4 as well, whatever `net.ipv6.bindv6only` says: peers know
/// this host by either kind of address, and there is one listener for all of them.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if address.ip() != IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        return TcpListener::bind(address);
    }
    let flags = SocketFlags::CLOEXEC;
    let socket = net::socket_with(AddressFamily::INET6, SocketType::STREAM, flags, None)?;
    // What the standard library does as well: connections of an earlier listener may linger.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_ipv6_v6only(&socket, false)?;
    net::bind(&socket, &address)?;
    net::listen(&socket, TCP_BACKLOG)?;
    Ok(socket.into())
}

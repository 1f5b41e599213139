//! Incoming connections.

use super::control::Token;
use super::endpoint::{Endpoint, Ends};
use super::error::Error;
use super::handshake::{self, Acceptor, Agreed, Offer, Step};
use super::notify::Notify;
use super::transport::Inner;
use crate::proto::wire::{MESSAGE_MAX, Message};
use crate::report::Direction;
use rustix::net::{self, AddressFamily, Shutdown, SocketFlags, SocketType, sockopt};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
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

    /// True if [`Self::accept`] would give a connection; if not, the descriptor is drained.
    /// Never blocks.
    pub fn pending(&self) -> bool {
        self.core.notify.drain();
        let waiting = !self.core.ready().is_empty();
        if waiting {
            self.core.notify.signal();
        }
        waiting
    }

    /// The next connection; `None` if none waits. Never blocks.
    pub fn accept(&self) -> Option<Endpoint> {
        self.core.ready().pop_front()
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
                    return Incoming::Handshake(Box::new(Pending {
                        stream: Some(stream),
                        peer,
                        core: Arc::clone(self),
                        bytes: [0; MESSAGE_MAX],
                        len: 0,
                        state: Some(Acceptor::Hello),
                        deadline: Instant::now() + inner.config.connect_timeout,
                    }));
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

    /// Tells the peer by `announce` and queues the connection, as one step for whoever accepts:
    /// a peer that knows that it is connected finds itself in the queue, and nobody uses the
    /// connection before the peer was told.
    fn deliver(
        &self,
        endpoint: Endpoint,
        announce: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut ready = self.ready();
        if let Err(error) = self.has_room(&ready) {
            // The endpoint must not be closed under the lock.
            drop(ready);
            return Err(error);
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

/// A handshake under way on the acceptor's side.
#[derive(Debug)]
pub(crate) struct Pending {
    /// `None` once it was handed to the connection.
    stream: Option<TcpStream>,
    peer: SocketAddr,
    core: Arc<ListenerCore>,
    bytes: [u8; MESSAGE_MAX],
    len: usize,
    state: Option<Acceptor>,
    deadline: Instant,
}

/// How far a handshake came.
#[derive(Debug)]
pub(crate) enum Progress {
    Wait,
    Failed,
    Agreed(Agreed),
}

impl Pending {
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.stream
            .as_ref()
            .expect("taken only by `finish`, which consumes the handshake")
    }

    pub(crate) fn came_to(&self, core: &Arc<ListenerCore>) -> bool {
        Arc::ptr_eq(&self.core, core)
    }

    /// Reads what has come and moves on. A refusal has been sent where that makes sense.
    pub(crate) fn advance(&mut self, inner: &Inner) -> Progress {
        match self.try_advance(inner) {
            Ok(progress) => progress,
            Err(error) => {
                let _ = self.stream().write(handshake::refuse(&error).as_bytes());
                inner.count_refusal(self.peer, &error);
                Progress::Failed
            }
        }
    }

    fn try_advance(&mut self, inner: &Inner) -> Result<Progress, Error> {
        loop {
            match self
                .stream
                .as_ref()
                .map(|mut stream| stream.read(&mut self.bytes[self.len..]))
            {
                None | Some(Ok(0)) => return Ok(Progress::Failed),
                Some(Ok(count)) => self.len += count,
                Some(Err(error)) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(Progress::Wait),
                    io::ErrorKind::Interrupted => continue,
                    _ => return Ok(Progress::Failed),
                },
            }
            let Some((message, used)) = Message::decode(&self.bytes[..self.len])? else {
                continue;
            };
            self.bytes.copy_within(used..self.len, 0);
            self.len -= used;
            let state = self.state.take().unwrap_or(Acceptor::Hello);
            match state.handle(inner.config.secret.as_deref(), message)? {
                Step::Agreed(agreed) => return Ok(Progress::Agreed(agreed)),
                Step::Reply(packet, next) => {
                    let sent = self.stream().write(packet.as_bytes());
                    sent.map_err(Error::io("control channel, sending"))?;
                    self.state = Some(next);
                }
            }
        }
    }

    /// Time is up.
    pub(crate) fn give_up(&mut self, inner: &Inner) {
        let after = inner.config.connect_timeout;
        let error = Error::TimedOut {
            what: "handshake",
            after,
        };
        let _ = self.stream().write(handshake::refuse(&error).as_bytes());
    }

    /// The peer is genuine: allocates, maps, answers, and hands the connection over.
    pub(crate) fn finish(mut self, inner: &Arc<Inner>, agreed: Agreed) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        if Instant::now() >= self.deadline {
            // It has waited for its turn, and its peer has given up by now.
            self.stream = Some(stream);
            return self.give_up(inner);
        }
        if let Err(error) = self.open(inner, &stream, &agreed) {
            let _ = (&stream).write(handshake::refuse(&error).as_bytes());
            inner.count_refusal(self.peer, &error);
        }
    }

    fn open(&self, inner: &Arc<Inner>, stream: &TcpStream, agreed: &Agreed) -> Result<(), Error> {
        self.core.has_room(&self.core.ready())?;
        // Before any memory of ours: a hello may describe what does not exist.
        let there = inner.peers.open(agreed.node, &agreed.theirs)?;
        let seat = inner.seat()?;
        // The connecting side's ring size holds in both directions.
        let offer = Offer::new(inner, agreed.theirs.ring, seat.number())?;
        let accept = Message::Accept {
            node: inner.device.node(),
            channel: offer.ours,
        };
        let control = stream.try_clone().map_err(Error::io("control channel"))?;
        let (peer, direction) = (self.peer, Direction::In);
        let ends = Ends { offer, there };
        let endpoint = Endpoint::open(inner, seat, ends, agreed.node, control, peer, direction)?;
        self.core.deliver(endpoint, || send_whole(stream, &accept))
    }
}

fn send_whole(mut stream: &TcpStream, message: &Message) -> Result<(), Error> {
    let packet = message.encode();
    let sent = stream
        .write(packet.as_bytes())
        .map_err(Error::io("control channel"))?;
    if sent < packet.as_bytes().len() {
        return Err(Error::Lost("the peer does not read the control channel"));
    }
    Ok(())
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.core.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

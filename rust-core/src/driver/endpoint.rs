//! One side of a connection.

use super::config::Wakeup;
use super::control::Token;
use super::doorbell;
use super::error::Error;
use super::handshake::{Agreed, Offer};
use super::link::{Link, LinkParts, Loss};
use super::peers::PeerProcess;
use super::spin::Spinner;
use super::transport::{Inner, Seat};
use crate::proto::fault::PeerFault;
use crate::proto::ring::{Consumer, Producer};
use crate::proto::wake::DoorbellGate;
use crate::report::Direction;
use crate::sisci::Rung;
use crate::window::{Barriers, LocalChannel, RemoteChannel};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Payload copied before the peer is told of it, in bytes: small enough that the peer starts to
/// copy out while we still copy in, large enough that the index line does not bounce.
const PUBLISH_SMALL: usize = 2 << 10;
/// The same for messages above [`LARGE`].
const PUBLISH_LARGE: usize = 16 << 10;
/// From this size on a message is large, in bytes.
const LARGE: usize = 16 << 10;
/// Bytes sent before a sleeping peer is woken, if there are more: a peer that is woken by the first
/// piece of a message finds only that and sleeps again, but of a long one it can copy the beginning
/// while we copy the rest.
const ANNOUNCE: usize = 64 << 10;
/// Tries at a full doorbell queue before the control channel is used.
const RING_TRIES: u32 = 100;
/// What a receive gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// This many bytes, at least 1 (0 only for an empty buffer).
    Data(usize),
    /// The peer closed the connection and everything before that was received.
    End,
}

/// A connected stream socket over NTB.
///
/// Used by one thread at a time; it may move between threads. Not for concurrent send and
/// receive. Dropping it closes the connection and its descriptor.
#[derive(Debug)]
pub struct Endpoint {
    inner: Arc<Inner>,
    link: Arc<Link>,
    token: Token,
    _seat: Seat,
    process: Arc<PeerProcess>,
    doorbell: [u8; doorbell::DOORBELL_BYTES],
    barriers: Barriers,
    local: LocalChannel,
    remote: RemoteChannel,
    tx: Producer,
    rx: Consumer,
    /// For the peer's receiver and for its sender.
    data_gate: DoorbellGate,
    credit_gate: DoorbellGate,
    /// The wait word of our receiver that stands in the peer's memory.
    rx_armed: u64,
    /// Sleeps that were called off; the peer may have rung for each of them.
    called_off: u32,
    /// Since when the owner waits on the descriptor.
    armed_since: Option<Instant>,
    /// Since when bytes from before the peer's goodbye are missing.
    tail_since: Option<Instant>,
    recv_spin: Spinner,
    send_spin: Spinner,
}

mod wait;

impl Endpoint {
    pub(crate) fn open(
        inner: &Arc<Inner>,
        seat: Seat,
        offer: Offer,
        agreed: &Agreed,
        control: TcpStream,
        peer: SocketAddr,
        direction: Direction,
    ) -> Result<Self, Error> {
        let (process, remote) = inner.peers.open(agreed.node, &agreed.theirs)?;
        let link = Arc::new(Link::new(LinkParts {
            id: inner.next_id(),
            peer,
            node: agreed.node,
            direction,
            ring_bytes: offer.ours.ring,
            bell: Arc::clone(seat.bell()),
            control,
            lease: offer.lease,
        }));
        inner.register(&link);
        process.carry(&link);
        inner.totals.opened(peer.ip(), &link.counters);
        link.join_channel()?;
        let token = inner.control.watch_link(&link)?;
        let spin = inner.config.spin;
        Ok(Self {
            inner: Arc::clone(inner),
            link,
            token,
            _seat: seat,
            process,
            doorbell: doorbell::encode(agreed.theirs.slot, agreed.theirs.epoch),
            barriers: Barriers::new(inner.device.write_combining_flush()),
            local: offer.local,
            remote,
            tx: Producer::new(agreed.theirs.ring),
            rx: Consumer::new(offer.ours.ring),
            data_gate: DoorbellGate::default(),
            credit_gate: DoorbellGate::for_sender(),
            // What a fresh channel holds: the peer rings for our first byte.
            rx_armed: 0,
            called_off: 0,
            armed_since: None,
            tail_since: None,
            recv_spin: Spinner::new(spin),
            send_spin: Spinner::new(spin),
        })
    }

    /// Sends all of `data`; returns when all of it is in the peer's memory or on its way there,
    /// so that `data` may be reused. Blocks while the peer's ring is full.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if the peer takes nothing for the send timeout, [`Error::Closed`],
    /// [`Error::Lost`] or [`Error::PeerFault`] if the connection is dead. After an error an
    /// unknown part of `data` has been sent.
    pub fn send(&mut self, mut data: &[u8]) -> Result<(), Error> {
        let publish = if data.len() > LARGE {
            PUBLISH_LARGE
        } else {
            PUBLISH_SMALL
        };
        while !data.is_empty() {
            if self.tx.writable() == 0 {
                self.await_credit()?;
            }
            let sent = self.write(&data[..data.len().min(ANNOUNCE)], publish)?;
            data = &data[sent..];
            self.announce();
        }
        Ok(())
    }

    /// Receives at least one byte into `buffer`, waiting up to `timeout` (`None`: for ever).
    ///
    /// # Errors
    /// [`Error::TimedOut`]; [`Error::Lost`] or [`Error::PeerFault`] if the connection is dead.
    pub fn recv(
        &mut self,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<Received, Error> {
        if buffer.is_empty() {
            return Ok(Received::Data(0));
        }
        if !self.look()? && !self.rx.at_end() {
            self.await_data(timeout)?;
        }
        if self.rx.readable() == 0 {
            return Ok(Received::End);
        }
        self.pull(buffer).map(Received::Data)
    }

    /// How many bytes can be received without waiting. If none, the descriptor is drained and
    /// the peer asked to ring, so that it becomes readable with the next byte.
    ///
    /// Looks for up to the spin time first, where that has paid off lately: a server asks after
    /// each answer, and a next request that comes at once is spared two wake-ups.
    ///
    /// # Errors
    /// [`Error::Closed`] at the end of the stream, [`Error::Lost`] or [`Error::PeerFault`] if the
    /// connection is dead.
    pub fn readable(&mut self) -> Result<u64, Error> {
        if self.look()? {
            if let Some(since) = self.armed_since.take() {
                self.recv_spin.slept(since.elapsed());
            }
        } else if !self.rx.at_end() && !self.spin_for_data()? {
            self.link.drain();
            self.arm_receiver();
            if self.look()? {
                self.disarm_receiver();
            } else {
                self.armed_since = Some(Instant::now());
            }
        }
        if self.awaits_tail()? {
            // Nobody will ring for what comes after a goodbye: the owner must look again.
            self.link.bell.notify.signal();
        }
        if self.rx.readable() == 0 && self.rx.at_end() {
            // Stays readable: the owner must come back to find the end again.
            self.link.bell.notify.signal();
            return Err(self.closed());
        }
        Ok(self.rx.readable())
    }

    /// Tells the peer that nothing more will be sent, and stops sending. What the peer has sent
    /// can still be received. May be called again.
    pub fn shutdown(&mut self) {
        self.link.end_writing();
    }

    /// The connection's descriptor: unique, the same for its whole life, readable while bytes or
    /// the end may wait. For polling only; see [`Self::readable`].
    pub fn raw_fd(&self) -> RawFd {
        self.link.bell.notify.raw_fd()
    }

    /// Address and port of the control channel's other end.
    pub fn peer(&self) -> SocketAddr {
        self.link.peer
    }

    /// Node id of the peer.
    pub fn peer_node(&self) -> u32 {
        self.link.node
    }

    /// Size of one direction's ring in bytes.
    pub fn ring_bytes(&self) -> u64 {
        self.link.ring_bytes
    }

    /// Copies what has room of `data` into the peer's ring and publishes it piece by piece. Nobody is
    /// woken.
    fn write(&mut self, data: &[u8], publish: usize) -> Result<usize, Error> {
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        let mut sent = 0;
        for piece in data.chunks(publish) {
            let pushed = self.push(piece);
            sent += pushed;
            if pushed < piece.len() {
                break;
            }
        }
        self.leave();
        self.link.counters.bytes_out.add(sent as u64);
        Ok(sent)
    }

    /// Copies one piece and publishes it. Only inside of the gate.
    fn push(&mut self, data: &[u8]) -> usize {
        let mut sent = 0;
        while let Some(span) = self.tx.reserve(data.len() - sent) {
            if !self.remote.copy_in(span, &data[sent..sent + span.len]) {
                break;
            }
            self.tx.commit(span.len);
            sent += span.len;
        }
        self.barriers.payload_before_index();
        self.remote.set_tail(self.tx.tail());
        self.barriers.index_left();
        sent
    }

    /// Wakes the peer's receiver if it sleeps and has not been rung for that. Comes after
    /// [`Self::leave`], which orders our index before this look.
    fn announce(&mut self) {
        if self
            .data_gate
            .should_ring(self.local.rx_wait(), self.tx.tail())
        {
            self.ring();
        }
    }

    /// Copies what is there into `buffer` and gives the room back.
    fn pull(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut taken = 0;
        while let Some(span) = self.rx.span(buffer.len() - taken) {
            if !self
                .local
                .copy_out(span, &mut buffer[taken..taken + span.len])
            {
                break;
            }
            self.rx.consume(span.len);
            taken += span.len;
        }
        self.link.counters.bytes_in.add(taken as u64);
        if let Some(credit) = self.rx.credit_due() {
            self.give_credit(credit);
        }
        Ok(taken)
    }

    fn give_credit(&mut self, credit: u64) {
        // A peer that said goodbye needs no credit.
        if !self.link.gate.enter() {
            return;
        }
        self.rx.grant(credit);
        self.remote.set_credit(credit);
        self.barriers.index_left();
        self.leave();
        if self.credit_gate.should_ring(self.local.tx_wait(), credit) {
            self.ring();
        }
    }

    /// Ends a remote write, as a full barrier; gives the promise that the control thread left to us.
    fn leave(&self) {
        self.link.sent.store(self.tx.tail(), Ordering::Release);
        if self.link.gate.leave() {
            self.link.say_bye();
        }
    }

    #[cold]
    fn ring(&mut self) {
        self.link.counters.doorbells_out.add(1);
        if self.inner.wakeup == Wakeup::Control {
            return self.link.post_wake();
        }
        for _ in 0..RING_TRIES {
            match self.process.doorbell().ring(&mut self.doorbell) {
                Ok(Rung::Yes) => return,
                Ok(Rung::QueueFull) => std::thread::yield_now(),
                Err(_) => break,
            }
        }
        self.link.post_wake();
    }

    #[cold]
    fn fault(&self, fault: PeerFault) -> Error {
        self.link.lose(Loss::WordFault);
        Error::PeerFault(fault)
    }

    #[cold]
    fn dead(&self) -> Error {
        match self.link.loss() {
            Some(loss) => Error::Lost(loss.text()),
            None if self.link.peer_end().is_some() => self.closed(),
            None => Error::Lost(Loss::Local.text()),
        }
    }

    #[cold]
    fn closed(&self) -> Error {
        Error::Closed {
            received: self.rx.head(),
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.link.end_writing();
        self.link.bell.notify.close();
        self.link.orphaned.store(true, Ordering::Release);
        self.inner
            .totals
            .closed(self.link.peer.ip(), &self.link.counters);
        self.inner.control.orphan(self.token);
    }
}

//! One side of a connection.

use super::alarm::{Alarm, PeerAlarm};
use super::bulk::BulkUser;
use super::check::Cover;
use super::control::Token;
use super::doorbell;
use super::error::Error;
use super::handshake::Offer;
use super::link::{Link, LinkParts, Loss};
use super::payload::{Payload, Window};
use super::peers::{PeerChannel, PeerProcess};
use super::spin::Spinner;
use super::transport::{Inner, Seat};
use super::tuning::Tuning;
use crate::proto::class::{Class, Thresholds};
use crate::proto::connection::Connection;
use crate::proto::fault::PeerFault;
use crate::proto::ring::Piece;
use crate::proto::wait::{Seen, Wait};
use crate::report::Direction;
use crate::window::{Barriers, LocalChannel, RemoteChannel};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use breath::Breath;
pub use in_place::Lent;

/// Bytes sent before a sleeping peer is woken, if there are as many more: a peer that is woken by the first
/// piece of a message finds only that and sleeps again, but of a long one it can copy the beginning
/// while we copy the rest.
const ANNOUNCE: usize = 64 << 10;
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
    payload: Payload,
    /// Watches what is stored, where that is worth its price.
    cover: Option<Cover>,
    /// Once a message went by DMA.
    bulk: Option<BulkUser>,
    conn: Connection,
    /// Sleeps that were called off; the peer may have rung for each of them.
    called_off: u32,
    /// Since when the owner waits on the descriptor.
    armed_since: Option<Instant>,
    recv_spin: Spinner,
    send_spin: Spinner,
    breath: Breath,
    /// What our blocking calls sleep on, once they have slept a few times.
    alarm: Option<Arc<Alarm>>,
    peer_alarm: PeerAlarm,
    /// Sleeps of blocking calls while there was no alarm.
    sleeps: u32,
    /// The control thread reads the control channel.
    read_elsewhere: bool,
    /// Bytes at the head that the owner reads where they lie.
    lent: usize,
    /// Position up to which the peer sends without waiting for us, as far as the owner said.
    expected_to: u64,
}

mod breath;
mod bulk;
mod covered;
mod in_place;
mod sleep;
mod wait;

/// What is published at once of a message that the processor copies.
#[derive(Debug, Clone, Copy)]
enum Pieces {
    /// This many bytes.
    Of(usize),
    /// What a transfer check has found to be there.
    Checked,
}

impl Pieces {
    #[inline]
    fn of(tuning: &Tuning, size: usize) -> Self {
        match tuning.check_from {
            Some(from) if size >= from => Self::Checked,
            _ if size >= tuning.large_from => Self::Of(tuning.publish_large),
            _ => Self::Of(tuning.publish_small),
        }
    }
}

/// The check of a window, where messages are checked at all.
fn cover(window: &Window, inner: &Inner) -> Result<Option<Cover>, Error> {
    let wanted = inner.tuning.check_from.is_some();
    wanted.then(|| Cover::new(window.map())).transpose()
}

/// The memory of a connection: our channel, and the peer's.
#[derive(Debug)]
pub(crate) struct Ends {
    pub(crate) offer: Offer,
    pub(crate) there: PeerChannel,
}

impl Endpoint {
    pub(crate) fn open(
        inner: &Arc<Inner>,
        seat: Seat,
        ends: Ends,
        node: u32,
        control: TcpStream,
        peer: SocketAddr,
        direction: Direction,
    ) -> Result<Self, Error> {
        let Ends { offer, there } = ends;
        let PeerChannel {
            process,
            remote,
            window,
            ring,
            bell: (slot, epoch),
        } = there;
        let cover = cover(&window, inner)?;
        let link = Arc::new(Link::new(LinkParts {
            id: inner.next_id(),
            peer,
            node,
            direction,
            ring_bytes: offer.ours.ring,
            bell: Arc::clone(seat.bell()),
            control,
            lease: offer.lease,
        }));
        // What remembers the connection comes after everything that may fail.
        link.join_channel()?;
        let token = inner.control.watch_link(&link)?;
        inner.register(&link);
        process.carry(&link);
        inner.totals.opened(peer.ip(), &link.counters);
        let spin = inner.spin;
        let thresholds = Thresholds {
            inline_max: inner.tuning.inline_max,
            bulk_from: inner.tuning.bulk_from,
        };
        Ok(Self {
            inner: Arc::clone(inner),
            link,
            token,
            _seat: seat,
            process,
            doorbell: doorbell::encode(slot, epoch),
            barriers: Barriers::new(inner.device.write_combining_flush()),
            local: offer.local,
            remote,
            cover,
            payload: Payload::new(window, inner.paced),
            bulk: None,
            conn: Connection::new(ring, offer.ours.ring, thresholds),
            called_off: 0,
            armed_since: None,
            recv_spin: Spinner::new(spin),
            send_spin: Spinner::new(spin),
            breath: Breath::default(),
            alarm: None,
            peer_alarm: PeerAlarm::default(),
            sleeps: 0,
            read_elsewhere: false,
            lent: 0,
            expected_to: 0,
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
        self.take_back();
        self.breath.sent();
        let class = self.class(data.len())?;
        if class == Class::Inline && self.send_line(data)? {
            return Ok(());
        }
        let pieces = Pieces::of(&self.inner.tuning, data.len());
        while !data.is_empty() {
            if self.conn.tx.writable() == 0 {
                self.await_credit(data.len())?;
            }
            let sent = match class {
                Class::Bulk => self.send_bulk(data, pieces)?,
                _ => self.send_eager(data, pieces)?,
            };
            data = &data[sent..];
            // A short rest comes at once: whoever is woken before it takes our processor, finds it
            // missing and sleeps again. 64 KiB and a header are a usual message.
            let goes_on = (1..ANNOUNCE).contains(&data.len()) && self.conn.tx.writable() > 0;
            if !goes_on {
                self.announce();
            }
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
        self.take_back();
        if self.conn.rx.readable() == 0 && !self.inner.spin.most.is_zero() {
            self.breath.take();
        }
        if self.look()? != Seen::Something {
            self.await_data(timeout)?;
        }
        if self.conn.rx.readable() == 0 {
            return Ok(Received::End);
        }
        let taken = self.pull(buffer)?;
        self.breath.received(taken);
        Ok(Received::Data(taken))
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
        self.readable_after(Wait::tell())
    }

    /// [`Self::readable`] without looking for long: for an owner that has something else to do.
    ///
    /// # Errors
    /// Those of [`Self::readable`].
    pub fn readable_at_once(&mut self) -> Result<u64, Error> {
        self.readable_after(Wait::tell_at_once())
    }

    fn readable_after(&mut self, wait: Wait) -> Result<u64, Error> {
        self.take_back();
        if self.look()? == Seen::Something {
            if let Some(since) = self.armed_since.take() {
                self.recv_spin.slept(since.elapsed());
            }
        } else if !self.carry_out(wait)? {
            self.armed_since = Some(Instant::now());
        }
        if self.awaits_missing()? {
            // Nobody will ring for what comes after a goodbye: the owner must look again.
            self.link.bell.notify.signal();
        }
        if self.conn.rx.readable() == 0 && self.conn.rx.at_end() {
            // Stays readable: the owner must come back to find the end again.
            self.link.bell.notify.signal();
            return Err(self.closed());
        }
        Ok(self.conn.rx.readable())
    }

    /// Tells the peer that nothing more will be sent, and stops sending. What the peer has sent
    /// can still be received. The peer answers with its own goodbye, so what it sends afterwards fails
    /// there with [`Error::Closed`]: there is no half-closed connection. May be called again.
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

    /// Counters and state of this moment. Cheap enough for each message of a log, not for each byte.
    pub fn status(&self) -> crate::report::Endpoint {
        super::status::endpoint(&self.link)
    }

    /// The way of a message of `bytes` bytes.
    #[inline]
    fn class(&mut self, bytes: usize) -> Result<Class, Error> {
        let class = self.conn.class(bytes, &self.local);
        class.map_err(|fault| self.fault(fault))
    }

    /// Sends all of `data` in a line; false (and nothing sent) if it needs the ring.
    #[inline]
    fn send_line(&mut self, data: &[u8]) -> Result<bool, Error> {
        let Some(slot) = self.conn.line(data.len()) else {
            return Ok(false);
        };
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        let stored = self.payload.line(&self.remote, slot, data);
        if stored {
            let words = self.remote.words(&self.barriers);
            self.conn.publish_line(data.len(), &words);
        }
        self.leave();
        if stored {
            self.link.counters.bytes_out.add(data.len() as u64);
            self.announce();
        }
        Ok(stored)
    }

    /// Sends what has room of `data`, or a part of that, copied by the processor.
    #[inline]
    fn send_eager(&mut self, data: &[u8], pieces: Pieces) -> Result<usize, Error> {
        match pieces {
            Pieces::Of(publish) => self.write(&data[..data.len().min(ANNOUNCE)], publish),
            Pieces::Checked => self.write_covered(data),
        }
    }

    /// Copies what has room of `data` into the peer's ring and publishes it piece by piece. Nobody is
    /// woken.
    fn write(&mut self, data: &[u8], publish: usize) -> Result<usize, Error> {
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        let mut sent = 0;
        for piece in data.chunks(publish) {
            let pushed = self.store(piece);
            self.publish(self.conn.tx.tail());
            sent += pushed;
            if pushed < piece.len() {
                break;
            }
        }
        self.leave();
        self.link.counters.bytes_out.add(sent as u64);
        if sent < data.len() && self.conn.tx.writable() > 0 {
            // There is room, and the library refused.
            return Err(self.undelivered(Loss::LinkDown));
        }
        Ok(sent)
    }

    /// Copies what has room of `data` into the peer's ring. Only inside of the gate.
    #[inline]
    fn store(&mut self, data: &[u8]) -> usize {
        let mut sent = 0;
        while let Some(span) = self.conn.tx.reserve(data.len() - sent) {
            let piece = &data[sent..sent + span.len];
            if !self.payload.ring(&self.remote, span, piece) {
                break;
            }
            self.conn.tx.commit(span.len);
            sent += span.len;
        }
        sent
    }

    /// Tells the peer of what was stored up to `position`. Only inside of the gate.
    #[inline]
    fn publish(&mut self, position: u64) {
        let words = self.remote.words(&self.barriers);
        self.conn.publish(position, &words);
    }

    /// The same in the middle of a write that goes on: whoever sleeps is woken.
    fn publish_and_announce(&mut self, position: u64) {
        self.publish(position);
        self.barriers.publish_before_check();
        self.announce();
    }

    /// Wakes the peer's receiver or sender if it sleeps and has not been rung for that. Comes after
    /// [`Self::leave`], which orders what was published before this look.
    #[inline]
    fn announce(&mut self) {
        for waiter in self.conn.bells(&self.local).into_iter().flatten() {
            self.ring(waiter);
        }
    }

    /// Copies what is there into `buffer` and gives the room back.
    fn pull(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut taken = 0;
        while let Some(piece) = self.conn.rx.piece(buffer.len() - taken) {
            let to = &mut buffer[taken..taken + piece.len()];
            let copied = match piece {
                Piece::Ring(span) => self.local.copy_out(span, to),
                Piece::Line { slot, from, .. } => self.local.copy_out_line(slot, from, to),
            };
            if !copied {
                break;
            }
            self.conn.rx.consume(piece.len());
            taken += piece.len();
        }
        self.link.counters.bytes_in.add(taken as u64);
        self.give_credit_if_due();
        Ok(taken)
    }

    #[inline]
    fn give_credit_if_due(&mut self) {
        if self.conn.rx.credit_due().is_some() {
            self.give_credit();
        }
    }

    fn give_credit(&mut self) {
        // A peer that said goodbye needs no credit.
        if !self.link.gate.enter() {
            return;
        }
        let words = self.remote.words(&self.barriers);
        self.conn.publish_credit(&words);
        self.leave();
        self.announce();
    }

    /// Ends a remote write, as a full barrier; gives the promise that the control thread left to us.
    fn leave(&self) {
        self.link
            .sent
            .store(self.conn.tx.published(), Ordering::Release);
        if self.link.gate.leave() {
            self.link.say_bye();
        }
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
            received: self.conn.rx.head(),
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let link = &self.link;
        if let (Direction::Out, Some(loss)) = (link.direction, link.loss()) {
            self.inner.reach.broke(link.peer, link.opened, loss);
        }
        self.link.end_writing();
        self.link.bell.notify.close();
        self.link.orphaned.store(true, Ordering::Release);
        self.inner
            .totals
            .closed(self.link.peer.ip(), &self.link.counters);
        self.inner.control.orphan(self.token);
    }
}

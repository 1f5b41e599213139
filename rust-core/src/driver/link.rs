//! What the two sides of this process know about one connection: the endpoint's thread, and the
//! control thread that watches its control channel.

use super::arena::Lease;
use super::doorbell::Bell;
use super::error::Error;
use super::gate::WriteGate;
use super::stats::Counters;
use crate::proto::fault::PeerFault;
use crate::proto::wire::{HEADER, MESSAGE_MAX, Message};
use crate::report::Direction;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Reads of one control channel before others get their turn. A peer that floods its channel must
/// not hold the control thread.
const READS_AT_ONCE: usize = 16;
/// The peer has not said where its stream ends.
const NO_END: u64 = u64::MAX;

/// Why a connection is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Loss {
    /// The control channel ended without a goodbye.
    PeerGone = 1,
    /// The control channel carried something that breaks the protocol.
    ControlFault = 2,
    /// A word in our channel broke the protocol.
    WordFault = 3,
    /// Our side ended it.
    Local = 4,
    /// The link to the peer's node failed: what was on its way may be missing.
    LinkDown = 5,
    /// Transfers to the peer fail however often they are repeated.
    NotDelivered = 6,
}

impl Loss {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::PeerGone => "the peer's process or host is gone",
            Self::ControlFault => "the peer broke the protocol of the control channel",
            Self::WordFault => "the peer broke the protocol of the shared memory",
            Self::Local => "closed on this side",
            Self::LinkDown => "the NTB link to the peer's node failed",
            Self::NotDelivered => "transfers to the peer's memory fail again and again",
        }
    }
}

/// Who reads the control channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The endpoint's thread: it is awake and looks at its words afterwards.
    Owner,
    /// The control thread: the endpoint's may sleep and has to be woken.
    ControlThread,
}

/// A connection, shared by its endpoint and the control thread.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) node: u32,
    pub(crate) direction: Direction,
    pub(crate) opened: Instant,
    pub(crate) ring_bytes: u64,
    pub(crate) bell: Arc<Bell>,
    pub(crate) gate: WriteGate,
    pub(crate) counters: Arc<Counters>,
    /// The endpoint is gone; only the farewell is left.
    pub(crate) orphaned: AtomicBool,
    /// Position after our last byte; what `Bye` says.
    pub(crate) sent: AtomicU64,
    control: TcpStream,
    said_bye: AtomicBool,
    inbox: Mutex<Inbox>,
    peer_end: AtomicU64,
    loss: AtomicU8,
    lease: Mutex<Option<Lease>>,
}

/// Bytes of the control channel that are not a whole message yet.
#[derive(Debug)]
struct Inbox {
    bytes: [u8; MESSAGE_MAX],
    len: usize,
}

/// The parts of a link that are fixed when the handshake ends.
pub(crate) struct LinkParts {
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) node: u32,
    pub(crate) direction: Direction,
    pub(crate) ring_bytes: u64,
    pub(crate) bell: Arc<Bell>,
    pub(crate) control: TcpStream,
    pub(crate) lease: Lease,
}

impl Link {
    pub(crate) fn new(parts: LinkParts) -> Self {
        Self {
            id: parts.id,
            peer: parts.peer,
            node: parts.node,
            direction: parts.direction,
            opened: Instant::now(),
            ring_bytes: parts.ring_bytes,
            bell: parts.bell,
            gate: WriteGate::new(),
            counters: Arc::default(),
            orphaned: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            control: parts.control,
            said_bye: AtomicBool::new(false),
            inbox: Mutex::new(Inbox {
                bytes: [0; MESSAGE_MAX],
                len: 0,
            }),
            peer_end: AtomicU64::new(NO_END),
            loss: AtomicU8::new(0),
            lease: Mutex::new(Some(parts.lease)),
        }
    }

    pub(crate) fn control(&self) -> &TcpStream {
        &self.control
    }

    /// Where the peer's stream ends, once it said so.
    pub(crate) fn peer_end(&self) -> Option<u64> {
        let end = self.peer_end.load(Ordering::Acquire);
        (end != NO_END).then_some(end)
    }

    /// Why the connection is dead, if it is.
    pub(crate) fn loss(&self) -> Option<Loss> {
        match self.loss.load(Ordering::Acquire) {
            1 => Some(Loss::PeerGone),
            2 => Some(Loss::ControlFault),
            3 => Some(Loss::WordFault),
            4 => Some(Loss::Local),
            5 => Some(Loss::LinkDown),
            6 => Some(Loss::NotDelivered),
            _ => None,
        }
    }

    /// Declares the connection dead (the first reason stays) and wakes its owner.
    pub(crate) fn lose(&self, loss: Loss) {
        let _ = self
            .loss
            .compare_exchange(0, loss as u8, Ordering::AcqRel, Ordering::Relaxed);
        self.end_writing();
        self.bell.signal();
    }

    /// Declares the connection dead because its link failed.
    pub(crate) fn lose_way(&self) {
        self.lose_without_goodbye(Loss::LinkDown);
    }

    /// Declares the connection dead. There is no goodbye: the peer must not take an end for orderly
    /// before which bytes may be missing.
    pub(crate) fn lose_without_goodbye(&self, loss: Loss) {
        self.said_bye.store(true, Ordering::Release);
        self.lose(loss);
        let _ = self.control.shutdown(Shutdown::Both);
    }

    /// The peer's process is gone from the fabric. If it said goodbye before, its stream has ended in
    /// order: what it sent before has arrived, or is found missing by the position of its end.
    pub(crate) fn lose_process(&self) {
        self.read_control(Reader::ControlThread);
        if self.peer_end().is_none() {
            self.lose_way();
        }
    }

    /// No remote write after this; says goodbye unless a writer is inside and will do it.
    pub(crate) fn end_writing(&self) {
        if self.gate.close() {
            self.say_bye();
        }
    }

    /// Promises the peer that nothing will be written any more. Called once, by whoever the gate
    /// obliged.
    pub(crate) fn say_bye(&self) {
        if !self.said_bye.swap(true, Ordering::AcqRel) {
            let end = self.sent.load(Ordering::Acquire);
            self.give_up_unless(self.post(Message::Bye { end }).is_ok());
            let _ = self.control.shutdown(Shutdown::Write);
        }
    }

    /// Wakes the peer over the control channel. A channel that is full of unread wake-ups needs no
    /// other one.
    pub(crate) fn post_wake(&self) {
        match self.post(Message::Wake) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            posted => self.give_up_unless(posted.is_ok()),
        }
    }

    /// Sends a control message without blocking. All of it: a part would garble what follows.
    fn post(&self, message: Message) -> io::Result<()> {
        let packet = message.encode();
        match (&self.control).write(packet.as_bytes())? {
            sent if sent == packet.as_bytes().len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    /// A peer that lets the channel fill up has stopped reading and is as good as gone.
    fn give_up_unless(&self, posted: bool) {
        if !posted {
            let _ = self.control.shutdown(Shutdown::Both);
        }
    }

    /// Makes the endpoint's descriptor readable with the control channel.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn join_channel(&self) -> Result<(), Error> {
        self.bell.notify.join(&self.control)
    }

    /// Drains the endpoint's descriptor: signals of our own threads, and what the peer sent over
    /// the control channel. Look for work **after** this, not before.
    ///
    /// The channel comes first: the control thread may be about to signal for a wake-up that it has
    /// read there, long after what that announced was received. It does so before it lets the inbox go.
    pub(crate) fn drain(&self) {
        self.read_control(Reader::Owner);
        self.bell.notify.drain();
    }

    /// Makes the descriptor readable if there is an end to tell: whoever signalled it may have done so
    /// before a drain. Not for between two sleeps, of which it would make one that never ends.
    pub(crate) fn tell_end(&self) {
        if self.loss().is_some() || self.peer_end().is_some() {
            self.bell.notify.signal();
        }
    }

    /// Reads what the control channel has, at most [`READS_AT_ONCE`] times: the rest is still
    /// there for the next call. True once the channel is finished: both sides said goodbye, or it
    /// broke.
    ///
    /// The endpoint's thread calls it when it finds nothing to receive, the control thread at the
    /// channel's end.
    pub(crate) fn read_control(&self, reader: Reader) -> bool {
        let finished = self.read_inbox(reader);
        if finished {
            // At its end it would be readable for ever. What there is to know has been signalled.
            self.bell.notify.part(&self.control);
        }
        finished
    }

    fn read_inbox(&self, reader: Reader) -> bool {
        let mut inbox = self.inbox();
        for _ in 0..READS_AT_ONCE {
            let Inbox { bytes, len } = &mut *inbox;
            let room = bytes.len() - *len;
            match (&self.control).read(&mut bytes[*len..]) {
                Ok(0) => {
                    if self.peer_end().is_none() {
                        self.lose(Loss::PeerGone);
                    }
                    return true;
                }
                Ok(count) => {
                    *len += count;
                    if let Err(_fault) = self.take_messages(&mut inbox, reader) {
                        self.lose(Loss::ControlFault);
                        let _ = self.control.shutdown(Shutdown::Both);
                        return true;
                    }
                    if count < room && reader == Reader::Owner {
                        // That was all; an end behind it keeps the descriptor readable.
                        return false;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    if self.peer_end().is_none() {
                        self.lose(Loss::PeerGone);
                    }
                    return true;
                }
            }
        }
        false
    }

    fn take_messages(&self, inbox: &mut Inbox, reader: Reader) -> Result<(), PeerFault> {
        while let Some((message, used)) = Message::decode(&inbox.bytes[..inbox.len])? {
            inbox.bytes.copy_within(used..inbox.len, 0);
            inbox.len -= used;
            match message {
                Message::Bye { end } if self.peer_end().is_none() && end != NO_END => {
                    self.peer_end.store(end, Ordering::Release);
                    self.end_writing();
                    self.bell.signal();
                }
                Message::Wake => {
                    self.bell.rung.fetch_add(1, Ordering::Relaxed);
                    if reader == Reader::ControlThread {
                        self.bell.signal();
                    }
                }
                other => return Err(PeerFault::UnexpectedMessage { kind: other.kind() }),
            }
        }
        // A message is at most the inbox; a full inbox without one can't happen, but must not
        // turn into a zero-length read that looks like the end of the stream.
        if inbox.len >= MESSAGE_MAX - HEADER {
            return Err(PeerFault::UnexpectedMessage { kind: 0 });
        }
        Ok(())
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let clean = self.peer_end().is_some();
        let lease = self.lease.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(lease) = lease.as_mut().filter(|_| clean) {
            lease.mark_clean();
        }
    }
}

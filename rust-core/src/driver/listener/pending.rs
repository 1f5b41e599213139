//! A handshake under way on the acceptor's side.

use super::ListenerCore;
use crate::driver::endpoint::{Endpoint, Ends};
use crate::driver::error::Error;
use crate::driver::handshake::{self, Acceptor, Agreed, Offer, Step};
use crate::driver::transport::Inner;
use crate::proto::wire::{MESSAGE_MAX, Message};
use crate::report::Direction;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

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
    /// Begins with a connection that the core has counted as pending.
    pub(super) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        core: Arc<ListenerCore>,
        inner: &Inner,
    ) -> Self {
        Self {
            stream: Some(stream),
            peer,
            core,
            bytes: [0; MESSAGE_MAX],
            len: 0,
            state: Some(Acceptor::Hello),
            deadline: Instant::now() + inner.config.connect_timeout,
        }
    }

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
                self.core.refused(inner, self.peer, &error);
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
                None => return Ok(Progress::Failed),
                Some(Ok(0)) => return self.ended(),
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

    /// The peer has closed the control channel.
    fn ended(&self) -> Result<Progress, Error> {
        match self.state {
            // It checks our proof before it sends its own, and goes without a word if that is wrong.
            Some(Acceptor::Proof { .. }) => Err(Error::Authentication(
                "the peer left when it had our proof of the shared secret: its own may differ",
            )),
            _ => Ok(Progress::Failed),
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
            self.core.refused(inner, self.peer, &error);
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
        self.core
            .deliver(endpoint, peer, || send_whole(stream, &accept))
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

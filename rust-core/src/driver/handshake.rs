//! How two processes agree on a connection.
//!
//! ```text
//! connector                               acceptor
//!   Hello(versions, node, channel)  ─────▶  checks, authenticates, only then allocates
//!   ◀───── Challenge(nonce, proof)          only with a shared secret
//!   Proof ───────────────────────────────▶
//!   ◀───── Accept(node, channel) or Refuse(why)
//! ```
//!
//! The connector's side blocks its caller within the connect timeout. The acceptor's side is a
//! state machine that the control thread feeds, so that a silent or slow peer delays nobody.

use super::arena::Lease;
use super::error::Error;
use super::secret::{self, Side};
use super::transport::Inner;
use crate::proto::fault::PeerFault;
use crate::proto::layout::channel_bytes;
use crate::proto::wire::{
    Channel, MESSAGE_MAX, Message, Nonce, Packet, Reason, RefusalCode, VERSION, VERSION_MIN,
};
use crate::window::LocalChannel;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What a handshake agreed on.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) node: u32,
    pub(crate) theirs: Channel,
}

/// Our channel, reserved and ready to be described to the peer.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) lease: Lease,
    /// Cleared here and never again: the peer may write as soon as it has the description.
    pub(crate) local: LocalChannel,
    pub(crate) ours: Channel,
}

impl Offer {
    /// Reserves a channel with a ring of `ring` bytes for the connection in slot `slot`.
    pub(crate) fn new(inner: &Inner, ring: u64, slot: (u32, u32)) -> Result<Self, Error> {
        let lease = inner.arena.lease(channel_bytes(ring)).or_else(|_| {
            // Connections come before the speed of long messages.
            inner.bulk.trim();
            inner.arena.lease(channel_bytes(ring))
        })?;
        let ours = Channel {
            instance: inner.instance,
            segment: lease.segment(),
            interrupt: inner.doorbell.number(),
            slot: slot.0,
            epoch: slot.1,
            segment_bytes: lease.segment_bytes(),
            offset: lease.offset(),
            ring,
        };
        let local = lease.channel();
        Ok(Self { lease, local, ours })
    }
}

/// The connector's side, up to the acceptor's answer.
pub(crate) fn connect(
    inner: &Inner,
    stream: &mut TcpStream,
    ours: Channel,
    deadline: Instant,
) -> Result<Agreed, Error> {
    let nonce = secret::random()?;
    let node = inner.device.node();
    let hello = Message::Hello {
        version_min: VERSION_MIN,
        version: VERSION,
        node,
        nonce,
        channel: ours,
    };
    let hello = hello.encode();
    let mut io = Blocking {
        stream,
        deadline,
        timeout: inner.config.connect_timeout,
    };
    io.send(&hello)?;
    let mut answer = io.receive()?;
    if let Some(key) = &inner.config.secret {
        let Message::Challenge { nonce, proof } = answer else {
            return Err(refusal(answer, "the peer asks for no secret"));
        };
        secret::check(key, Side::Acceptor, hello.as_bytes(), &nonce, &proof)
            .map_err(|_| Error::Authentication("the peer does not know our secret"))?;
        let proof = secret::prove(key, Side::Connector, hello.as_bytes(), &nonce);
        io.send(&Message::Proof { proof }.encode())?;
        answer = io.receive()?;
    }
    match answer {
        Message::Accept { node, channel } => Ok(Agreed {
            node,
            theirs: channel.checked()?,
        }),
        Message::Challenge { .. } => Err(Error::Authentication(
            "the peer asks for a secret, we have none",
        )),
        other => Err(refusal(other, "unexpected answer")),
    }
}

fn refusal(answer: Message, otherwise: &'static str) -> Error {
    match answer {
        Message::Refuse {
            version_min,
            version,
            code: RefusalCode::Version,
            ..
        } => Error::Incompatible {
            ours: (VERSION_MIN, VERSION),
            theirs: (version_min, version),
        },
        Message::Refuse { code, reason, .. } => Error::Refused {
            code,
            reason: reason.as_str().to_owned(),
        },
        Message::Accept { .. } => Error::Authentication(otherwise),
        other => PeerFault::UnexpectedMessage { kind: other.kind() }.into(),
    }
}

/// A stream whose every operation ends at one deadline.
struct Blocking<'a> {
    stream: &'a mut TcpStream,
    deadline: Instant,
    timeout: Duration,
}

impl Blocking<'_> {
    fn send(&mut self, packet: &Packet) -> Result<(), Error> {
        let left = self.left()?;
        self.stream
            .set_write_timeout(Some(left))
            .map_err(Error::io("control channel"))?;
        self.stream
            .write_all(packet.as_bytes())
            .map_err(Error::io("control channel, sending"))
    }

    fn receive(&mut self) -> Result<Message, Error> {
        let mut bytes = [0; MESSAGE_MAX];
        let mut len = 0;
        loop {
            if let Some((message, _)) = Message::decode(&bytes[..len])? {
                return Ok(message);
            }
            // Not a byte of what comes behind it: a peer that has accepted may say goodbye at once.
            let end = len + Message::missing(&bytes[..len])?;
            let left = self.left()?;
            self.stream
                .set_read_timeout(Some(left))
                .map_err(Error::io("control channel"))?;
            match self.stream.read(&mut bytes[len..end]) {
                Ok(0) => return Err(Error::Lost("the peer closed the control channel")),
                Ok(count) => len += count,
                Err(error) => match error.kind() {
                    std::io::ErrorKind::Interrupted => {}
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
                        return Err(self.timed_out());
                    }
                    _ => return Err(Error::io("control channel, receiving")(error)),
                },
            }
        }
    }

    fn left(&self) -> Result<Duration, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(self.timed_out())
        } else {
            Ok(left)
        }
    }

    fn timed_out(&self) -> Error {
        Error::TimedOut {
            what: "handshake",
            after: self.timeout,
        }
    }
}

/// The acceptor's side of one handshake.
#[derive(Debug)]
pub(crate) enum Acceptor {
    /// Waits for the hello.
    Hello,
    /// Waits for the proof.
    Proof {
        /// The hello as it came, which the proof covers.
        hello: Box<Packet>,
        /// Our nonce.
        nonce: Nonce,
        /// What the hello offered.
        agreed: Agreed,
    },
}

/// What the acceptor's side wants next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this and wait for the next message.
    Reply(Box<Packet>, Acceptor),
    /// The peer is genuine and its channel plausible.
    Agreed(Agreed),
}

impl Acceptor {
    /// Takes the peer's next message.
    pub(crate) fn handle(self, secret: Option<&[u8]>, message: Message) -> Result<Step, Error> {
        match (self, message) {
            (
                Self::Hello,
                Message::ForeignHello {
                    version_min,
                    version,
                },
            ) => {
                let theirs = (version_min, version);
                Err(Error::Incompatible {
                    ours: (VERSION_MIN, VERSION),
                    theirs,
                })
            }
            (Self::Hello, Message::Hello { node, channel, .. }) => {
                let agreed = Agreed {
                    node,
                    theirs: channel.checked()?,
                };
                let Some(key) = secret else {
                    return Ok(Step::Agreed(agreed));
                };
                let (hello, nonce) = (message.encode(), secret::random()?);
                let proof = secret::prove(key, Side::Acceptor, hello.as_bytes(), &nonce);
                let challenge = Message::Challenge { nonce, proof }.encode();
                let hello = Box::new(hello);
                Ok(Step::Reply(
                    Box::new(challenge),
                    Self::Proof {
                        hello,
                        nonce,
                        agreed,
                    },
                ))
            }
            (
                Self::Proof {
                    hello,
                    nonce,
                    agreed,
                },
                Message::Proof { proof },
            ) => {
                let key = secret.unwrap_or_default();
                secret::check(key, Side::Connector, hello.as_bytes(), &nonce, &proof)
                    .map_err(|_| Error::Authentication("wrong proof of the shared secret"))?;
                Ok(Step::Agreed(agreed))
            }
            (_, other) => Err(PeerFault::UnexpectedMessage { kind: other.kind() }.into()),
        }
    }
}

/// The message that tells a peer why it gets no connection.
pub(crate) fn refuse(error: &Error) -> Packet {
    let code = match error {
        Error::Incompatible { .. } => RefusalCode::Version,
        Error::Authentication(_) => RefusalCode::Authentication,
        Error::OutOfMemory { .. } => RefusalCode::Memory,
        Error::Device(_) => RefusalCode::Fabric,
        _ => RefusalCode::Other,
    };
    let reason = Reason::new(error.to_string().as_bytes());
    Message::Refuse {
        version_min: VERSION_MIN,
        version: VERSION,
        code,
        reason,
    }
    .encode()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn channel() -> Channel {
        Channel {
            instance: 1,
            segment: 2,
            interrupt: 3,
            slot: 4,
            epoch: 5,
            segment_bytes: 1 << 20,
            offset: 0,
            ring: 65536,
        }
    }

    fn hello() -> Message {
        let (version_min, version) = (VERSION_MIN, VERSION);
        Message::Hello {
            version_min,
            version,
            node: 8,
            nonce: [1; 16],
            channel: channel(),
        }
    }

    #[test]
    fn without_a_secret_the_hello_is_enough() {
        let step = Acceptor::Hello.handle(None, hello()).unwrap();
        assert!(matches!(step, Step::Agreed(Agreed { node: 8, .. })));
    }

    #[test]
    fn with_a_secret_both_sides_prove_it() {
        let Step::Reply(packet, next) = Acceptor::Hello.handle(Some(b"key"), hello()).unwrap()
        else {
            panic!("no challenge")
        };
        let (Message::Challenge { nonce, proof }, _) =
            Message::decode(packet.as_bytes()).unwrap().unwrap()
        else {
            panic!("no challenge")
        };
        let hello = hello().encode();
        let hello = hello.as_bytes();
        secret::check(b"key", Side::Acceptor, hello, &nonce, &proof).unwrap();
        let proof = secret::prove(b"key", Side::Connector, hello, &nonce);
        let step = next.handle(Some(b"key"), Message::Proof { proof }).unwrap();
        assert!(matches!(step, Step::Agreed(_)));
    }

    #[test]
    fn everything_else_is_refused() {
        let refused = |acceptor: Acceptor, message| acceptor.handle(None, message).unwrap_err();
        let foreign = Message::ForeignHello {
            version_min: 8,
            version: 9,
        };
        assert!(matches!(
            refused(Acceptor::Hello, foreign),
            Error::Incompatible { theirs: (8, 9), .. }
        ));
        assert!(matches!(
            refused(Acceptor::Hello, Message::Wake),
            Error::PeerFault(_)
        ));
        let Step::Reply(_, next) = Acceptor::Hello.handle(Some(b"key"), hello()).unwrap() else {
            panic!("no challenge")
        };
        let wrong = next.handle(Some(b"key"), Message::Proof { proof: [0; 32] });
        assert!(matches!(wrong.unwrap_err(), Error::Authentication(_)));
    }
}

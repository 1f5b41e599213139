//! Messages of the control channel: fixed sizes, little-endian, checked before use.
//!
//! Each message is a header of [`HEADER`] bytes (magic, version, kind, body length, zero) and a
//! body whose length follows from its kind. The byte tables stand in `docs/protocol.md`.

mod channel;
mod packet;
mod refusal;

pub use channel::Channel;
pub use packet::Packet;
pub use refusal::{REASON_MAX, Reason, RefusalCode};

use super::fault::PeerFault;
use packet::Fields;

/// First word of every message: the bytes `NTBC`.
pub const MAGIC: u32 = u32::from_le_bytes(*b"NTBC");
/// The protocol version that this code speaks.
pub const VERSION: u16 = 2;
/// The oldest version that it still accepts.
pub const VERSION_MIN: u16 = 2;
/// Bytes of the header.
pub const HEADER: usize = 16;
/// Bytes of the largest message, header included.
pub const MESSAGE_MAX: usize = 256;

/// Random bytes that make every proof unique.
pub type Nonce = [u8; 16];
/// HMAC-SHA-256 under the shared secret.
pub type Proof = [u8; 32];

/// A control message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant's text explains its fields")]
pub enum Message {
    /// Connector to acceptor, first: who I am and where you may write.
    Hello {
        version_min: u16,
        version: u16,
        node: u32,
        nonce: Nonce,
        channel: Channel,
    },
    /// A hello of a version that we don't speak. Only its versions can be read.
    ForeignHello { version_min: u16, version: u16 },
    /// Acceptor: prove that you know the secret; here is my proof.
    Challenge { nonce: Nonce, proof: Proof },
    /// Connector: my proof.
    Proof { proof: Proof },
    /// Acceptor, last: where the connector may write. The connection is open.
    Accept { node: u32, channel: Channel },
    /// Either side: no connection, and why.
    Refuse {
        version_min: u16,
        version: u16,
        code: RefusalCode,
        reason: Reason,
    },
    /// Either side: I have written up to `end` and will not write any more, neither payload nor
    /// control words.
    Bye { end: u64 },
    /// Either side: look at your words. A doorbell that goes over the control channel.
    Wake,
}

const HELLO: u16 = 1;
const CHALLENGE: u16 = 2;
const PROOF: u16 = 3;
const ACCEPT: u16 = 4;
const REFUSE: u16 = 5;
const BYE: u16 = 6;
const WAKE: u16 = 7;

fn body_bytes(kind: u16) -> Option<usize> {
    Some(match kind {
        HELLO => 8 + 16 + Channel::BYTES,
        CHALLENGE => 16 + 32,
        PROOF => 32,
        ACCEPT => 8 + Channel::BYTES,
        REFUSE => 8 + REASON_MAX,
        BYE => 8,
        WAKE => 0,
        _ => return None,
    })
}

impl Message {
    /// The message as bytes.
    pub fn encode(&self) -> Packet {
        match self {
            Self::Hello {
                version_min,
                version,
                node,
                nonce,
                channel,
            } => {
                let mut packet = Packet::new(*version, HELLO);
                packet.put(&version_min.to_le_bytes());
                packet.put(&[0; 2]);
                packet.put(&node.to_le_bytes());
                packet.put(nonce);
                packet.put_channel(channel);
                packet
            }
            Self::ForeignHello {
                version_min,
                version,
            } => {
                let mut packet = Packet::new(*version, HELLO);
                packet.put(&version_min.to_le_bytes());
                packet
            }
            Self::Challenge { nonce, proof } => {
                let mut packet = Packet::new(VERSION, CHALLENGE);
                packet.put(nonce);
                packet.put(proof);
                packet
            }
            Self::Proof { proof } => {
                let mut packet = Packet::new(VERSION, PROOF);
                packet.put(proof);
                packet
            }
            Self::Accept { node, channel } => {
                let mut packet = Packet::new(VERSION, ACCEPT);
                packet.put(&node.to_le_bytes());
                packet.put(&[0; 4]);
                packet.put_channel(channel);
                packet
            }
            Self::Refuse {
                version_min,
                version,
                code,
                reason,
            } => {
                let mut packet = Packet::new(*version, REFUSE);
                packet.put(&version_min.to_le_bytes());
                packet.put(&(*code as u16).to_le_bytes());
                packet.put(&(reason.len as u32).to_le_bytes());
                packet.put(&reason.bytes);
                packet
            }
            Self::Bye { end } => {
                let mut packet = Packet::new(VERSION, BYE);
                packet.put(&end.to_le_bytes());
                packet
            }
            Self::Wake => Packet::new(VERSION, WAKE),
        }
    }

    /// Reads one message from the front of `bytes`: `Ok(None)` while it is incomplete, else the
    /// message and its length in bytes.
    ///
    /// # Errors
    /// [`PeerFault`] as soon as the header shows that this can't become a valid message.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, PeerFault> {
        let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
            return check_start(bytes).map(|()| None);
        };
        let mut fields = Fields(header);
        let (magic, version, kind) = (fields.u32(), fields.u16(), fields.u16());
        if magic != MAGIC {
            return Err(PeerFault::BadMagic { found: magic });
        }
        if kind == HELLO && version != VERSION {
            // Of other versions only the header and the first two bytes of the body are known.
            let Some(version_min) = rest.get(..2) else {
                return Ok(None);
            };
            let version_min = Fields(version_min).u16();
            return Ok(Some((
                Self::ForeignHello {
                    version_min,
                    version,
                },
                bytes.len(),
            )));
        }
        let found = fields.u32();
        let Some(expected) = body_bytes(kind) else {
            return Err(PeerFault::UnexpectedMessage { kind });
        };
        if found as usize != expected {
            return Err(PeerFault::BadLength {
                kind,
                found,
                expected: expected as u32,
            });
        }
        let Some(body) = rest.get(..expected) else {
            return Ok(None);
        };
        Ok(Some((
            Self::from_body(version, kind, Fields(body)),
            HEADER + expected,
        )))
    }

    /// How many bytes are missing until [`Self::decode`] gives the message that begins with `bytes`, or knows
    /// more: so much can be read without taking anything of the message behind it.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn missing(bytes: &[u8]) -> Result<usize, PeerFault> {
        if Self::decode(bytes)?.is_some() {
            return Ok(0);
        }
        let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
            return Ok(HEADER - bytes.len());
        };
        let (version, kind) = (Fields(&header[4..]).u16(), Fields(&header[6..]).u16());
        let body = match kind {
            HELLO if version != VERSION => 2,
            _ => body_bytes(kind).unwrap_or(0),
        };
        Ok(body.saturating_sub(rest.len()))
    }

    fn from_body(version: u16, kind: u16, mut body: Fields<'_>) -> Self {
        match kind {
            HELLO => {
                let version_min = body.u16();
                let _zero = body.u16();
                let (node, nonce, channel) = (body.u32(), body.take(), body.channel());
                Self::Hello {
                    version_min,
                    version,
                    node,
                    nonce,
                    channel,
                }
            }
            CHALLENGE => Self::Challenge {
                nonce: body.take(),
                proof: body.take(),
            },
            PROOF => Self::Proof { proof: body.take() },
            ACCEPT => {
                let node = body.u32();
                let _zero = body.u32();
                Self::Accept {
                    node,
                    channel: body.channel(),
                }
            }
            REFUSE => {
                let (version_min, code) = (body.u16(), RefusalCode::from_wire(body.u16()));
                let len = (body.u32() as usize).min(REASON_MAX);
                let text: [u8; REASON_MAX] = body.take();
                Self::Refuse {
                    version_min,
                    version,
                    code,
                    reason: Reason::new(&text[..len]),
                }
            }
            BYE => Self::Bye { end: body.u64() },
            _ => Self::Wake,
        }
    }

    /// The number that stands for this kind of message on the wire.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Hello { .. } | Self::ForeignHello { .. } => HELLO,
            Self::Challenge { .. } => CHALLENGE,
            Self::Proof { .. } => PROOF,
            Self::Accept { .. } => ACCEPT,
            Self::Refuse { .. } => REFUSE,
            Self::Bye { .. } => BYE,
            Self::Wake => WAKE,
        }
    }
}

/// Garbage is refused at its first wrong byte, not after a whole header has dribbled in.
fn check_start(bytes: &[u8]) -> Result<(), PeerFault> {
    let magic = MAGIC.to_le_bytes();
    let seen = bytes.len().min(magic.len());
    if bytes[..seen] == magic[..seen] {
        return Ok(());
    }
    let mut found = [0; 4];
    found[..seen].copy_from_slice(&bytes[..seen]);
    Err(PeerFault::BadMagic {
        found: u32::from_le_bytes(found),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> Channel {
        Channel {
            instance: 7,
            segment: 1,
            interrupt: 2,
            slot: 3,
            epoch: 4,
            segment_bytes: 1 << 20,
            offset: 4096,
            ring: 65536,
        }
    }

    fn samples() -> [Message; 8] {
        [
            Message::Hello {
                version_min: 1,
                version: VERSION,
                node: 8,
                nonce: [9; 16],
                channel: channel(),
            },
            Message::Challenge {
                nonce: [1; 16],
                proof: [2; 32],
            },
            Message::Proof { proof: [3; 32] },
            Message::Accept {
                node: 4,
                channel: channel(),
            },
            Message::Refuse {
                version_min: 2,
                version: 3,
                code: RefusalCode::Version,
                reason: Reason::new(b"too old"),
            },
            Message::Bye { end: u64::MAX },
            Message::Wake,
            Message::ForeignHello {
                version_min: 7,
                version: 9,
            },
        ]
    }

    #[test]
    fn what_is_missing_ends_with_the_message() {
        for message in samples() {
            let packet = message.encode();
            let (bytes, behind) = (packet.as_bytes(), [0xff; 40]);
            let stream = [bytes, &behind].concat();
            let mut read = 0;
            loop {
                match Message::missing(&stream[..read]).unwrap() {
                    0 => break,
                    more => read += more,
                }
            }
            assert_eq!(read, bytes.len(), "{message:?}");
        }
        assert!(Message::missing(b"GET / HTTP/1.1\r\n").is_err());
        // Of another version as much as can be known.
        let mut foreign = samples()[0].encode().as_bytes().to_vec();
        foreign[4] += 1;
        assert_eq!(Message::missing(&foreign[..HEADER]), Ok(2));
        assert_eq!(Message::missing(&foreign[..HEADER + 2]), Ok(0));
    }

    #[test]
    fn every_message_survives_the_wire_and_every_prefix_is_incomplete() {
        for message in samples() {
            let packet = message.encode();
            let bytes = packet.as_bytes();
            assert_eq!(Message::decode(bytes), Ok(Some((message, bytes.len()))));
            for cut in 0..bytes.len() {
                assert_eq!(
                    Message::decode(&bytes[..cut]),
                    Ok(None),
                    "{message:?} cut at {cut}"
                );
            }
        }
    }

    #[test]
    fn garbage_is_refused_at_its_first_byte() {
        assert!(matches!(
            Message::decode(b"G"),
            Err(PeerFault::BadMagic { .. })
        ));
        let mut bytes = [0; 64];
        bytes[..4].copy_from_slice(b"NTBC");
        assert_eq!(
            Message::decode(&bytes),
            Err(PeerFault::UnexpectedMessage { kind: 0 })
        );
        bytes[6] = 6;
        bytes[8] = 9;
        let expected = PeerFault::BadLength {
            kind: 6,
            found: 9,
            expected: 8,
        };
        assert_eq!(Message::decode(&bytes), Err(expected));
    }

    #[test]
    fn channels_outside_the_limits_are_refused() {
        assert!(channel().checked().is_ok());
        for broken in [
            Channel {
                ring: 0,
                ..channel()
            },
            Channel {
                ring: 4097,
                ..channel()
            },
            Channel {
                ring: 1 << 40,
                ..channel()
            },
            Channel {
                offset: 5,
                ..channel()
            },
            Channel {
                offset: u64::MAX - 4095,
                ..channel()
            },
            Channel {
                segment_bytes: 4096,
                ..channel()
            },
        ] {
            assert!(broken.checked().is_err(), "{broken:?}");
        }
    }
}

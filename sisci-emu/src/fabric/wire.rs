//! Messages between processes, one datagram each, little-endian.
//!
//! | Message | Bytes | From | When |
//! |---|---|---|---|
//! | [`Request`] | 28 | connector | first |
//! | [`Reply`] | 24 and descriptors | owner | answer; a refusal ends the connection |
//! | [`Notice`] | 8 | owner | any time later |
//! | [`BYE`] | 4 | connector | last; the owner answers by closing |
//!
//! An end without a goodbye is the death of the other side.

use crate::fabric::dir::VERSION;
use crate::runtime::descriptors::seen;
use crate::{Code, Result};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Asks for a connection to what has number `id` of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Version of the sender.
    pub version: u32,
    /// See [`crate::fabric::node::Kind`].
    pub kind: u32,
    /// Segment id or interrupt number.
    pub id: u32,
    /// Node that the sender is.
    pub node: u32,
    /// Process id of the sender, for messages only.
    pub pid: u32,
    /// What the kind makes of it: which of several owners, or what is asked for. Mostly 0.
    pub argument: u32,
}

impl Request {
    /// A request of this version.
    pub fn new(kind: u32, id: u32, node: u32, argument: u32) -> Self {
        Self {
            version: VERSION,
            kind,
            id,
            node,
            pid: std::process::id(),
            argument,
        }
    }

    /// The message.
    pub fn encode(&self) -> [u8; 28] {
        let mut bytes = [0; 28];
        let words = [self.version, self.kind, self.id, self.node];
        put(&mut bytes, &words);
        put(&mut bytes[16..], &[self.pid, self.argument]);
        bytes
    }

    /// `None` for anything that is no request.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [version, kind, id, node, pid, argument, 0] = words(bytes)? else {
            return None;
        };
        Some(Self {
            version,
            kind,
            id,
            node,
            pid,
            argument,
        })
    }
}

/// The owner's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `OK`, or why not.
    pub code: Code,
    /// Size of a segment in bytes.
    pub size: u64,
    /// Where its bytes begin in the memory that is handed out.
    pub start: u64,
}

impl Reply {
    /// The message.
    pub fn encode(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        put(&mut bytes, &[self.code.0, 0]);
        for (place, number) in [(8, self.size), (16, self.start)] {
            put(&mut bytes[place..], &[number as u32, (number >> 32) as u32]);
        }
        bytes
    }

    /// `None` for anything that is no reply.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [code, 0, size, size_high, start, start_high] = words(bytes)? else {
            return None;
        };
        let long = |low, high| u64::from(high) << 32 | u64::from(low);
        Some(Self {
            code: Code(code),
            size: long(size, size_high),
            start: long(start, start_high),
        })
    }
}

/// What the owner tells about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// No new connections; this one goes on.
    Withdrawn,
    /// This connection has ended.
    Ended,
    /// Something happened to a segment that this connection is another handle of.
    Event {
        /// The reason as SISCI counts them, less than 256.
        reason: u32,
        /// Adapter of the owner, less than 256.
        adapter: u32,
        /// Node that did it.
        node: u32,
    },
}

impl Notice {
    /// The message.
    pub fn encode(self) -> [u8; 8] {
        let mut bytes = [0; 8];
        let words = match self {
            Self::Withdrawn => [1, 0],
            Self::Ended => [2, 0],
            Self::Event {
                reason,
                adapter,
                node,
            } => [3 | reason << 8 | adapter << 16, node],
        };
        put(&mut bytes, &words);
        bytes
    }

    /// `None` for anything that is no notice.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match words(bytes)? {
            [1, 0] => Some(Self::Withdrawn),
            [2, 0] => Some(Self::Ended),
            [word, node] if word & 0xFF00_00FF == 3 => Some(Self::Event {
                reason: word >> 8 & 0xFF,
                adapter: word >> 16,
                node,
            }),
            _ => None,
        }
    }
}

/// [`Request::kind`] of a tool that has changed the state of the fabric. The answer comes when the
/// change has taken effect; its size is the generation of the state, and the connection ends.
pub const CONTROL: u32 = 100;
/// [`Request::kind`] of a tool that asks for a report. The answer comes with a file that holds it.
pub const REPORT: u32 = 101;

/// The connector's goodbye.
pub const BYE: [u8; 4] = *b"bye\n";

/// No message is longer.
pub const MAX_MESSAGE: usize = 32;
/// Descriptors that a reply carries at most.
pub const MAX_DESCRIPTORS: usize = 2;

/// What a receive gave.
#[derive(Debug, Default)]
pub struct Received {
    /// The message; empty at the end of the connection.
    pub bytes: Vec<u8>,
    /// Descriptors that came with it.
    pub descriptors: Vec<OwnedFd>,
}

/// Sends one message. A peer that is gone is an error, not a signal; a full one too, not a wait.
///
/// # Errors
/// What the system says.
pub fn send(
    socket: impl AsFd,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> rustix::io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags).map(drop)
}

/// Receives one message; waits for it if `wait` says so, as long as the socket's own limit.
///
/// # Errors
/// What the system says; `AGAIN` if there is none (in time).
pub fn receive(socket: impl AsFd, wait: bool) -> rustix::io::Result<Received> {
    let mut bytes = [0; MAX_MESSAGE];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut flags = RecvFlags::CMSG_CLOEXEC;
    flags.set(RecvFlags::DONTWAIT, !wait);
    let message = loop {
        let room = &mut [IoSliceMut::new(&mut bytes)];
        match rustix::net::recvmsg(&socket, room, &mut control, flags) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut descriptors = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = part {
            descriptors.extend(rights.inspect(seen));
        }
    }
    Ok(Received {
        bytes: bytes[..message.bytes].to_vec(),
        descriptors,
    })
}

/// Checks the versions of a request.
///
/// # Errors
/// `INCONSISTENT_VERSIONS`
pub fn check_version(request: &Request) -> Result<()> {
    if request.version == VERSION {
        Ok(())
    } else {
        Err(Code::SCI_ERR_INCONSISTENT_VERSIONS)
    }
}

/// Writes words to the front of `bytes`.
fn put(bytes: &mut [u8], words: &[u32]) {
    for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// Reads exactly `N` words.
fn words<const N: usize>(bytes: &[u8]) -> Option<[u32; N]> {
    let mut words = [0; N];
    let (chunks, rest) = bytes.as_chunks::<4>();
    if chunks.len() != N || !rest.is_empty() {
        return None;
    }
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u32::from_le_bytes(*chunk);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_way() {
        let request = Request::new(1, 77, 8, 3);
        assert_eq!(Request::decode(&request.encode()), Some(request));
        let reply = Reply {
            code: Code::SCI_ERR_BUSY,
            size: 0x1_2345_6789,
            start: 0x2_3456_7890,
        };
        assert_eq!(Reply::decode(&reply.encode()), Some(reply));
        let event = Notice::Event {
            reason: 5,
            adapter: 1,
            node: 8,
        };
        for notice in [Notice::Withdrawn, Notice::Ended, event] {
            assert_eq!(Notice::decode(&notice.encode()), Some(notice));
        }
    }

    #[test]
    fn other_bytes_are_no_messages() {
        assert_eq!(Request::decode(b""), None);
        assert_eq!(Request::decode(&[255; 28]), None);
        assert_eq!(Reply::decode(&BYE), None);
        assert_eq!(Notice::decode(&[9; 8]), None);
    }
}

//! What can go wrong, by whose doing it is.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::code::Code;
use crate::codec::DecodeError;
use crate::node::NodeType;

/// Why a request got no good answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's text names its fields")]
pub enum Error {
    /// No TCP connection came about.
    #[error("cannot connect to {server}")]
    Connect {
        server: SocketAddr,
        source: io::Error,
    },
    /// No NTB connection came about.
    #[error("no NTB connection to {server} (its control port): {reason}{hint}")]
    NoNtb {
        server: SocketAddr,
        reason: String,
        hint: &'static str,
    },
    /// The server ended the connection before it answered anything.
    #[error("{server} closed the connection without an answer: {hint}")]
    Unheard {
        server: SocketAddr,
        hint: &'static str,
    },
    /// The connection ended in the middle.
    #[error("connection to {server} lost: {reason}")]
    Lost { server: SocketAddr, reason: String },
    /// Nothing came in time.
    #[error("{server} did not answer for {after:?}")]
    TimedOut { server: SocketAddr, after: Duration },
    /// Bytes that are no message of BeeGFS.
    #[error("{server} does not speak BeeGFS's protocol ({0}): another port, or another version", server = .1)]
    Strange(DecodeError, SocketAddr),
    /// A message that has other fields than expected.
    #[error("message {kind} of {server} is not as expected, another version?")]
    Malformed {
        server: SocketAddr,
        kind: u16,
        source: DecodeError,
    },
    /// A message of another kind than the one that answers the request.
    #[error("{server} answered with message {got}, not {expected}: another version?")]
    Unexpected {
        server: SocketAddr,
        expected: u16,
        got: u16,
    },
    /// The server wants to be asked later.
    #[error("{server} asks to try again later: {text}")]
    TryAgain { server: SocketAddr, text: String },
    /// The server said no.
    #[error("{server}: {what}: {code}")]
    Refused {
        server: SocketAddr,
        what: &'static str,
        code: Code,
    },
    /// Another kind of server than the one that was asked for.
    #[error("{server} is a {found} server, not a {expected} server: another port is needed")]
    WrongService {
        server: SocketAddr,
        expected: NodeType,
        found: NodeType,
    },
    /// What a server stored differs from what was sent, or is too little.
    #[error("{server}: wrong contents of {chunk} at byte {offset}")]
    Contents {
        server: SocketAddr,
        chunk: String,
        offset: u64,
    },
    /// Less was written or read than asked for.
    #[error("{server}: {done} of {wanted} bytes were {what} at byte {offset}")]
    Short {
        server: SocketAddr,
        what: &'static str,
        offset: u64,
        done: u64,
        wanted: u64,
    },
    /// An address or number that the cluster does not have.
    #[error("{0}")]
    NotFound(String),
}

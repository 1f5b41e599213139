//! Errors, by whose fault they are.

use crate::proto::fault::PeerFault;
use crate::proto::wire::RefusalCode;
use std::io;
use std::time::Duration;

/// What can go wrong. "No data yet" is not an error, see [`super::Received`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's text names its fields")]
pub enum Error {
    /// The peer broke the protocol; the connection is dead.
    #[error("peer fault: {0}")]
    PeerFault(#[from] PeerFault),
    /// No protocol version in common.
    #[error(
        "protocol versions differ: we speak {} to {}, the peer {} to {}",
        ours.0, ours.1, theirs.0, theirs.1
    )]
    Incompatible {
        ours: (u16, u16),
        theirs: (u16, u16),
    },
    /// The peer refused the connection.
    #[error("refused by the peer ({code:?}): {reason}")]
    Refused { code: RefusalCode, reason: String },
    /// The peer can't prove that it knows our secret, or has none.
    #[error("authentication failed: {0}")]
    Authentication(&'static str),
    /// The peer closed the connection, after `received` bytes.
    #[error("closed by the peer after {received} bytes")]
    Closed { received: u64 },
    /// The connection broke: peer process, host or link is gone.
    #[error("connection lost: {0}")]
    Lost(&'static str),
    /// Nothing happened in time.
    #[error("{what} timed out after {after:?}")]
    TimedOut { what: &'static str, after: Duration },
    /// The memory limit is used up.
    #[error("out of NTB memory: {wanted} bytes wanted, {used} of {limit} bytes in use")]
    OutOfMemory { wanted: u64, used: u64, limit: u64 },
    /// The acceptor does not take its connections.
    #[error("{waiting} connections wait to be accepted already")]
    Busy { waiting: usize },
    /// A call into the SISCI library failed.
    #[error(transparent)]
    Device(#[from] crate::sisci::DeviceError),
    /// The SISCI library can't be used.
    #[error(transparent)]
    Library(#[from] sisci_sys::LoadError),
    /// A setting is outside its range.
    #[error("{name} is {value}, must be {range}")]
    Setting {
        name: &'static str,
        value: u64,
        range: String,
    },
    /// A table of settings can't be read.
    #[error("{table}: {reason}")]
    Table { table: String, reason: String },
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        what: &'static str,
        source: io::Error,
    },
}

/// Whose fault an [`Error`] is: what to change so that it does not come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The program that calls this crate, or its settings.
    Caller,
    /// The other side: it broke the protocol, refused, or speaks another version.
    Peer,
    /// Nobody's: the connection ended or got no answer. Another one may do better.
    Connection,
    /// This host: adapter, library, memory, operating system.
    Host,
}

impl Error {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::PeerFault(_)
            | Self::Incompatible { .. }
            | Self::Refused { .. }
            | Self::Authentication(_) => Fault::Peer,
            Self::Closed { .. } | Self::Lost(_) | Self::TimedOut { .. } => Fault::Connection,
            Self::OutOfMemory { .. }
            | Self::Busy { .. }
            | Self::Device(_)
            | Self::Library(_)
            | Self::Io { .. } => Fault::Host,
            Self::Setting { .. } | Self::Table { .. } => Fault::Caller,
        }
    }

    /// Wraps an operating-system error with what was being done.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }

    /// The same for calls that give a bare error number.
    pub(crate) fn os(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Io {
            what,
            source: errno.into(),
        }
    }
}

//! Why a peer is not reached.

use crate::driver::error::Error;
use crate::driver::link::Loss;
use crate::proto::wire::RefusalCode;
use std::fmt;
use std::io::ErrorKind;

/// Kinds of reasons. Texts differ from attempt to attempt; a log wants to hear of a kind once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::driver) enum Cause {
    NoListener,
    Ended,
    NoAnswer,
    Fabric,
    Undelivered,
    Rules,
    Memory,
    Secret,
    Version,
    Other,
}

impl Cause {
    pub(in crate::driver) fn of(error: &Error) -> Self {
        match error {
            Error::Io { source, .. } => match source.kind() {
                ErrorKind::ConnectionRefused => Self::NoListener,
                ErrorKind::TimedOut
                | ErrorKind::WouldBlock
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable => Self::NoAnswer,
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe => Self::Ended,
                _ => Self::Other,
            },
            Error::TimedOut { .. } => Self::NoAnswer,
            Error::Lost(_) | Error::Closed { .. } => Self::Ended,
            Error::Device(_) => Self::Fabric,
            Error::OutOfMemory { .. } => Self::Memory,
            Error::Authentication(_) => Self::Secret,
            Error::Incompatible { .. } => Self::Version,
            Error::PeerFault(_) => Self::Rules,
            Error::Refused { code, .. } => match code {
                RefusalCode::Fabric => Self::Fabric,
                RefusalCode::Memory => Self::Memory,
                RefusalCode::Authentication => Self::Secret,
                RefusalCode::Version => Self::Version,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// Why a connection was lost; `None` if that says nothing about the next one.
    pub(super) fn of_loss(loss: Loss) -> Option<Self> {
        match loss {
            Loss::PeerGone => Some(Self::Ended),
            Loss::ControlFault | Loss::WordFault => Some(Self::Rules),
            Loss::LinkDown => Some(Self::Fabric),
            Loss::NotDelivered => Some(Self::Undelivered),
            Loss::Local => None,
        }
    }

    /// Whether the peer itself answered, and at once: so it looks when a daemon restarts.
    pub(super) fn comes_at_once(self) -> bool {
        matches!(self, Self::NoListener | Self::Ended)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoListener => "it does not listen for NTB connections",
            Self::Ended => "it ends connections",
            Self::NoAnswer => "its NTB port does not answer",
            Self::Fabric => "the NTB link is down or does not lead there",
            Self::Undelivered => "what is sent to it over NTB does not arrive",
            Self::Rules => "it breaks the protocol, or another program has its NTB port",
            Self::Memory => "no NTB memory is left",
            Self::Secret => "the shared secrets differ",
            Self::Version => "it speaks another version of the protocol",
            Self::Other => "connecting failed",
        })
    }
}

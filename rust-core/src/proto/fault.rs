//! The rules that a peer can break, one variant per rule, with the numbers.

use core::fmt;

/// The other side broke a written rule of `docs/protocol.md`. Ends the connection.
///
/// Positions are absolute byte counts of one direction of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's text explains its fields")]
pub enum PeerFault {
    /// The tail went back: `claimed` is before `seen`.
    TailWentBack { claimed: u64, seen: u64 },
    /// The tail claims more bytes than the credit that was given: `claimed` beyond `limit`.
    TailBeyondCredit { claimed: u64, limit: u64 },
    /// The credit allows more than the ring holds: `claimed` beyond `limit`.
    CreditBeyondRing { claimed: u64, limit: u64 },
    /// A line ends beyond the credit that was given: at `claimed`, beyond `limit`.
    LineBeyondCredit { claimed: u64, limit: u64 },
    /// A line claims to hold this many bytes; it holds 1 to `limit`.
    LineLength { claimed: u64, limit: u64 },
    /// A line of `length` bytes that ends at `end` has a byte in it, at `position`, that was read
    /// already or that the tail has behind it while the line goes on.
    LineOverlaps {
        end: u64,
        length: u64,
        position: u64,
    },
    /// The stream was closed at a position that contradicts the tail.
    ClosedAtWrongPosition { claimed: u64, tail: u64, limit: u64 },
    /// A control message does not start with the protocol's magic.
    BadMagic { found: u32 },
    /// A control message has a kind that is unknown or not allowed in this state.
    UnexpectedMessage { kind: u16 },
    /// A control message has the wrong length for its kind, in bytes.
    BadLength {
        kind: u16,
        found: u32,
        expected: u32,
    },
    /// A field of the peer's channel description is outside its limits.
    BadChannel {
        field: &'static str,
        value: u64,
        limit: u64,
    },
    /// The proof of the shared secret is wrong.
    BadProof,
}

impl fmt::Display for PeerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TailWentBack { claimed, seen } => {
                write!(f, "tail went back to byte {claimed} after byte {seen}")
            }
            Self::TailBeyondCredit { claimed, limit } => {
                write!(
                    f,
                    "tail at byte {claimed} is beyond the credit of byte {limit}"
                )
            }
            Self::CreditBeyondRing { claimed, limit } => {
                write!(
                    f,
                    "credit up to byte {claimed} is beyond the ring's end at byte {limit}"
                )
            }
            Self::LineBeyondCredit { claimed, limit } => {
                write!(
                    f,
                    "line up to byte {claimed} is beyond the credit of byte {limit}"
                )
            }
            Self::LineLength { claimed, limit } => {
                write!(f, "line of {claimed} bytes, must be 1 to {limit}")
            }
            Self::LineOverlaps {
                end,
                length,
                position,
            } => write!(
                f,
                "line of {length} bytes up to byte {end} has byte {position} inside, which was sent before it"
            ),
            Self::ClosedAtWrongPosition {
                claimed,
                tail,
                limit,
            } => write!(
                f,
                "stream closed at byte {claimed}, but its tail is at {tail} and its credit at {limit}"
            ),
            Self::BadMagic { found } => {
                write!(f, "does not speak this protocol (first word {found:#010x})")
            }
            Self::UnexpectedMessage { kind } => write!(f, "unexpected control message {kind}"),
            Self::BadLength {
                kind,
                found,
                expected,
            } => {
                write!(
                    f,
                    "control message {kind} has {found} bytes instead of {expected}"
                )
            }
            Self::BadChannel {
                field,
                value,
                limit,
            } => {
                write!(f, "channel field {field} is {value:#x}, limit {limit:#x}")
            }
            Self::BadProof => f.write_str("wrong proof of the shared secret"),
        }
    }
}

impl core::error::Error for PeerFault {}

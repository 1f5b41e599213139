//! Why a connection was refused, for programs and for people.

/// Bytes of the reason text in a refusal.
pub const REASON_MAX: usize = 160;

/// Why a connection was refused; carried as a number so that old and new sides understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum RefusalCode {
    /// No protocol version in common.
    Version = 1,
    /// The secrets differ, or only one side has one.
    Authentication = 2,
    /// The memory limit or a resource of the adapter is used up.
    Memory = 3,
    /// The segment or interrupt of the other side can't be reached over the fabric.
    Fabric = 4,
    /// Anything else, see the text.
    Other = 5,
}

impl RefusalCode {
    pub(super) fn from_wire(raw: u16) -> Self {
        match raw {
            1 => Self::Version,
            2 => Self::Authentication,
            3 => Self::Memory,
            4 => Self::Fabric,
            _ => Self::Other,
        }
    }
}

/// Text of a refusal: printable ASCII, at most [`REASON_MAX`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    pub(super) bytes: [u8; REASON_MAX],
    pub(super) len: usize,
}

impl Reason {
    /// Clips `text` and replaces whatever isn't printable ASCII, on sending and on receiving.
    pub fn new(text: &[u8]) -> Self {
        let mut bytes = [0; REASON_MAX];
        let len = text.len().min(REASON_MAX);
        for (to, from) in bytes.iter_mut().zip(&text[..len]) {
            *to = if matches!(from, b' '..=b'~') {
                *from
            } else {
                b'?'
            };
        }
        Self { bytes, len }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

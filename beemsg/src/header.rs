//! What stands before every message. Layout: `net/message/NetMessage.h`.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | length of header and payload |
//! | 4 | 2 | feature flags of this kind of message |
//! | 6 | 1 | flags that an older receiver may ignore |
//! | 7 | 1 | flags of the protocol |
//! | 8 | 8 | data version (0) and the letters `BGFS` |
//! | 16 | 2 | kind of message |
//! | 18 | 2 | storage target whose queue the message joins |
//! | 20 | 4 | user id, for statistics |
//! | 24 | 8, 8 | sequence numbers of mirrored metadata requests |

use crate::codec::{DecodeError, Reader, Writer};

/// Bytes of a header.
pub const HEADER_BYTES: usize = 40;

/// The same in 7.4 and 8: it does not tell the families apart.
const PREFIX: u64 = 0x4247_4653 << 32;

/// No particular user.
const USER: u32 = u32::MAX;

/// The fields that matter to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bytes of header and payload.
    pub length: u32,
    /// What the features of a message mean depends on its kind.
    pub features: u16,
    /// Kind of message.
    pub kind: u16,
    /// Storage target, not group; 0: none.
    pub target: u16,
}

impl Header {
    /// Writes the header of a message whose length is not known yet.
    pub fn begin(writer: &mut Writer, kind: u16, features: u16, target: u16) {
        writer.u32(0);
        writer.u16(features);
        writer.u16(0);
        writer.u64(PREFIX);
        writer.u16(kind);
        writer.u16(target);
        writer.u32(USER);
        writer.u64(0);
        writer.u64(0);
    }

    /// Fills in the length of the message, which is all of `writer`.
    pub fn end(writer: &mut Writer) {
        writer.patch_u32(0, writer.len() as u32);
    }

    /// # Errors
    /// If these are not the first bytes of a message of BeeGFS.
    pub fn read(bytes: &[u8; HEADER_BYTES]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let length = reader.u32()?;
        let features = reader.u16()?;
        reader.u16()?;
        let prefix = reader.u64()?;
        if prefix != PREFIX {
            return Err(DecodeError::Value {
                field: "the mark of a message",
                value: prefix,
            });
        }
        if (length as usize) < HEADER_BYTES {
            return Err(DecodeError::Value {
                field: "the length of a message",
                value: length.into(),
            });
        }
        Ok(Self {
            length,
            features,
            kind: reader.u16()?,
            target: reader.u16()?,
        })
    }

    /// Bytes behind the header.
    pub fn payload(&self) -> usize {
        self.length as usize - HEADER_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes() -> [u8; HEADER_BYTES] {
        let mut writer = Writer::default();
        Header::begin(&mut writer, 3009, 0x24, 101);
        Header::end(&mut writer);
        writer.into_bytes().try_into().unwrap()
    }

    #[test]
    fn a_header_has_its_fields_where_they_belong() {
        let bytes = bytes();
        assert_eq!(bytes[..8], [40, 0, 0, 0, 0x24, 0, 0, 0]);
        assert_eq!(bytes[8..16], *b"\0\0\0\0SFGB");
        assert_eq!(bytes[16..24], [0xc1, 0x0b, 101, 0, 255, 255, 255, 255]);
        assert_eq!(bytes[24..], [0; 16]);
        let header = Header::read(&bytes).unwrap();
        assert_eq!((header.kind, header.target), (3009, 101));
        assert_eq!((header.features, header.payload()), (0x24, 0));
    }

    #[test]
    fn strangers_are_recognised() {
        let mut other = bytes();
        other[12] = b'H';
        assert!(Header::read(&other).is_err());
        let mut short = bytes();
        short[0] = 39;
        assert!(Header::read(&short).is_err());
    }
}

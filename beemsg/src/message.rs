//! What a request and a reply have in common.

use crate::codec::{DecodeError, Reader, Writer};
use crate::family::Family;
use crate::header::Header;

/// A message that is answered.
pub trait Request {
    /// The message that answers it.
    type Reply: Reply;

    /// Number of the kind (`net/message/NetMessageTypes.h`).
    const KIND: u16;

    /// Feature flags; what they mean depends on the kind.
    fn features(&self) -> u16 {
        0
    }

    /// The storage target whose queue it joins; 0: none.
    fn target(&self) -> u16 {
        0
    }

    /// Writes what follows the header.
    fn payload(&self, writer: &mut Writer);
}

/// The answer to a request.
pub trait Reply: Sized {
    /// Number of the kind.
    const KIND: u16;

    /// Reads what follows the header.
    ///
    /// # Errors
    /// If the bytes are no such message of this family.
    fn read(reader: &mut Reader<'_>, family: Family) -> Result<Self, DecodeError>;
}

/// A whole message, in the memory of `buffer`.
pub fn encode<R: Request>(request: &R, buffer: Vec<u8>) -> Vec<u8> {
    let mut writer = Writer::reuse(buffer);
    Header::begin(&mut writer, R::KIND, request.features(), request.target());
    request.payload(&mut writer);
    Header::end(&mut writer);
    writer.into_bytes()
}

/// Reads a payload to its last byte.
///
/// # Errors
/// If the payload is too short, too long or means nothing.
pub fn decode<R: Reply>(payload: &[u8], family: Family) -> Result<R, DecodeError> {
    let mut reader = Reader::new(payload);
    let reply = R::read(&mut reader, family)?;
    reader.finish()?;
    Ok(reply)
}

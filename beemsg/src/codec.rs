//! Bytes of messages: integers in little-endian order, strings with length and final zero,
//! sequences. Layout: `toolkit/serialization/Serialization.h`.

/// Why bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each variant's text names its fields")]
pub enum DecodeError {
    /// The message ends too early.
    #[error("{wanted} bytes wanted at offset {offset}, {left} left")]
    TooShort {
        offset: usize,
        wanted: usize,
        left: usize,
    },
    /// Something is left after the last field.
    #[error("{left} bytes too many at offset {offset}")]
    TooLong { offset: usize, left: usize },
    /// A field has a value that means nothing.
    #[error("{field} is {value}")]
    Value { field: &'static str, value: u64 },
}

/// Writes a message.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Takes the memory of `bytes`, emptied.
    pub fn reuse(mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        Self { bytes }
    }

    /// An unsigned integer of 8 bits.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// An unsigned integer of 16 bits.
    pub fn u16(&mut self, value: u16) {
        self.raw(&value.to_le_bytes());
    }

    /// An unsigned integer of 32 bits.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// A signed integer of 32 bits.
    pub fn i32(&mut self, value: i32) {
        self.raw(&value.to_le_bytes());
    }

    /// An unsigned integer of 64 bits.
    pub fn u64(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    /// A signed integer of 64 bits.
    pub fn i64(&mut self, value: i64) {
        self.raw(&value.to_le_bytes());
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A string: length in 32 bits, bytes, a zero.
    pub fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.raw(text.as_bytes());
        self.u8(0);
    }

    /// A string as [`Self::text`], filled with zeros so that it takes a multiple of 4 bytes.
    pub fn text_aligned(&mut self, text: &str) {
        let begin = self.bytes.len();
        self.text(text);
        let taken = self.bytes.len() - begin;
        self.bytes.resize(begin + taken.next_multiple_of(4), 0);
    }

    /// A list of numbers with its length in bytes and its count before it.
    pub fn numbers(&mut self, list: &[u16]) {
        self.u32(8 + 2 * list.len() as u32);
        self.u32(list.len() as u32);
        list.iter().for_each(|number| self.u16(*number));
    }

    /// Replaces 32 bits that were written before.
    ///
    /// # Panics
    /// If `offset` is not at least 4 bytes before the end.
    pub fn patch_u32(&mut self, offset: usize, value: u32) {
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Number of bytes so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a message that somebody else wrote: every length is checked against what is there.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// From the first byte of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::TooShort`], as all others of this type.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let left = self.bytes.len() - self.offset;
        if count > left {
            return Err(DecodeError::TooShort {
                offset: self.offset,
                wanted: count,
                left,
            });
        }
        let bytes = &self.bytes[self.offset..self.offset + count];
        self.offset += count;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.raw(N)?);
        Ok(array)
    }

    /// # Errors
    /// If the message ends before.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// # Errors
    /// If the message ends before.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// # Errors
    /// If the message ends before.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// # Errors
    /// If the message ends before.
    pub fn i32(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// # Errors
    /// If the message ends before.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// # Errors
    /// If the message ends before.
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// A string; what is no UTF-8 in it is replaced.
    ///
    /// # Errors
    /// If the message ends before, or no zero follows the string.
    pub fn text(&mut self) -> Result<String, DecodeError> {
        let length = self.u32()? as usize;
        let bytes = self.raw(length)?;
        match self.u8()? {
            0 => Ok(String::from_utf8_lossy(bytes).into_owned()),
            other => Err(DecodeError::Value {
                field: "the byte behind a string",
                value: other.into(),
            }),
        }
    }

    /// A string as [`Writer::text_aligned`] writes it.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn text_aligned(&mut self) -> Result<String, DecodeError> {
        let begin = self.offset;
        let text = self.text()?;
        let taken = self.offset - begin;
        self.raw(taken.next_multiple_of(4) - taken)?;
        Ok(text)
    }

    /// A sequence: its length in bytes (if `has_length`), the number of elements, the elements.
    ///
    /// # Errors
    /// What `element` gives, or if the length is not that of the elements.
    pub fn sequence<T>(
        &mut self,
        has_length: bool,
        mut element: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let begin = self.offset;
        let length = if has_length { Some(self.u32()?) } else { None };
        let count = self.u32()?;
        // A peer's count reserves nothing: the bytes have to be there.
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(element(self)?);
        }
        let taken = self.offset - begin;
        match length {
            Some(length) if length as usize != taken => Err(DecodeError::Value {
                field: "the length of a sequence",
                value: length.into(),
            }),
            _ => Ok(elements),
        }
    }

    /// Passes over what nobody needs.
    pub fn skip_rest(&mut self) {
        self.offset = self.bytes.len();
    }

    /// # Errors
    /// [`DecodeError::TooLong`] if something is left.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.bytes.len() - self.offset {
            0 => Ok(()),
            left => Err(DecodeError::TooLong {
                offset: self.offset,
                left,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_little_endian() {
        let mut writer = Writer::default();
        writer.u8(1);
        writer.u16(0x0203);
        writer.u32(0x0405_0607);
        writer.i32(-2);
        writer.u64(0x08);
        writer.i64(-1);
        let bytes = writer.into_bytes();
        assert_eq!(bytes[..7], [1, 3, 2, 7, 6, 5, 4]);
        assert_eq!(bytes[7..11], [0xfe, 0xff, 0xff, 0xff]);
        let mut reader = Reader::new(&bytes);
        assert_eq!(
            (reader.u8(), reader.u16(), reader.u32()),
            (Ok(1), Ok(0x0203), Ok(0x0405_0607))
        );
        assert_eq!(
            (reader.i32(), reader.u64(), reader.i64()),
            (Ok(-2), Ok(8), Ok(-1))
        );
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn aligned_strings_take_multiples_of_four() {
        for (text, length) in [("", 8), ("abc", 8), ("abcd", 12), ("abcdefg", 12)] {
            let mut writer = Writer::default();
            writer.text_aligned(text);
            let bytes = writer.into_bytes();
            assert_eq!(bytes.len(), length, "{text:?}");
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.text_aligned().as_deref(), Ok(text));
            assert_eq!(reader.finish(), Ok(()));
        }
    }

    #[test]
    fn a_length_that_lies_is_refused() {
        let short = [9, 0, 0, 0, b'a', 0];
        assert_eq!(
            Reader::new(&short).text(),
            Err(DecodeError::TooShort {
                offset: 4,
                wanted: 9,
                left: 2
            })
        );
        let unended = [1, 0, 0, 0, b'a', 7];
        assert!(Reader::new(&unended).text().is_err());
        let many = [255; 12];
        assert!(Reader::new(&many).sequence(false, Reader::u16).is_err());
        let longer = [99, 0, 0, 0, 1, 0, 0, 0, 5, 0];
        assert!(Reader::new(&longer).sequence(true, Reader::u16).is_err());
        assert_eq!(
            Reader::new(&longer[4..]).sequence(false, Reader::u16),
            Ok(vec![5])
        );
        assert!(Reader::new(&[0]).finish().is_err());
    }
}

//! The messages about chunks.

use super::Chunk;
use crate::codec::{DecodeError, Reader, Writer};
use crate::family::Family;
use crate::message::{Reply, Request};

/// Open for reading and writing.
const ACCESS: u32 = 4;
/// The path information names owner and folder: the layout of chunks since 2014.
const PATH_HAS_PARENT: i32 = 1;

impl Chunk {
    /// Flags that say how the target's number is meant.
    fn mirror_features(&self, group: u16, secondary: u16) -> u16 {
        match self.place.mirror {
            None => 0,
            Some((_, false)) => group,
            Some((_, true)) => group | secondary,
        }
    }

    /// The target as the payload names it: of a mirrored chunk the group.
    fn number(&self) -> u16 {
        self.place
            .mirror
            .map_or(self.place.target, |(group, _)| group)
    }

    fn path(&self, writer: &mut Writer) {
        writer.i32(PATH_HAS_PARENT);
        writer.u32(0);
        writer.text_aligned(&self.parent);
    }
}

/// What requests for bytes have in common.
fn range(chunk: &Chunk, offset: u64, count: u64, writer: &mut Writer) {
    writer.u64(offset);
    writer.u64(count);
    writer.u32(ACCESS);
    writer.text_aligned(&chunk.handle);
    writer.u32(chunk.session);
    chunk.path(writer);
    writer.u16(chunk.number());
}

pub(super) struct Write<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) offset: u64,
    pub(super) count: u64,
}

impl Request for Write<'_> {
    type Reply = Written;
    const KIND: u16 = 3009;

    fn features(&self) -> u16 {
        let no_io = if self.chunk.io { 0 } else { 4 };
        let forward = if self.chunk.forward { 32 } else { 0 };
        no_io | forward | self.chunk.mirror_features(8, 16)
    }

    fn target(&self) -> u16 {
        self.chunk.place.target
    }

    fn payload(&self, writer: &mut Writer) {
        range(self.chunk, self.offset, self.count, writer);
    }
}

pub(super) struct Written(pub(super) i64);

impl Reply for Written {
    const KIND: u16 = 3010;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i64()?))
    }
}

pub(super) struct Read<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) offset: u64,
    pub(super) count: u64,
}

/// The answer to a read is no message but data.
impl Request for Read<'_> {
    type Reply = Written;
    const KIND: u16 = 3019;

    fn features(&self) -> u16 {
        let no_io = if self.chunk.io { 0 } else { 2 };
        no_io | self.chunk.mirror_features(4, 8)
    }

    fn target(&self) -> u16 {
        self.chunk.place.target
    }

    fn payload(&self, writer: &mut Writer) {
        range(self.chunk, self.offset, self.count, writer);
    }
}

pub(super) struct Close<'a> {
    pub(super) chunk: &'a Chunk,
}

impl Request for Close<'_> {
    type Reply = Closed;
    const KIND: u16 = 3007;

    fn features(&self) -> u16 {
        self.chunk.mirror_features(4, 8)
    }

    fn target(&self) -> u16 {
        self.chunk.place.target
    }

    fn payload(&self, writer: &mut Writer) {
        writer.u32(self.chunk.session);
        writer.text_aligned(&self.chunk.handle);
        self.chunk.path(writer);
        writer.u16(self.chunk.number());
    }
}

pub(super) struct Closed {
    pub(super) size: i64,
    pub(super) result: i32,
}

impl Reply for Closed {
    const KIND: u16 = 3008;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        let size = reader.i64()?;
        // Blocks, times of modification and access, version of the attributes.
        reader.raw(4 * 8)?;
        Ok(Self {
            size,
            result: reader.i32()?,
        })
    }
}

pub(super) struct Remove<'a> {
    pub(super) chunk: &'a Chunk,
}

impl Request for Remove<'_> {
    type Reply = Removed;
    const KIND: u16 = 2011;

    fn features(&self) -> u16 {
        self.chunk.mirror_features(1, 2)
    }

    fn target(&self) -> u16 {
        self.chunk.place.target
    }

    fn payload(&self, writer: &mut Writer) {
        writer.text_aligned(&self.chunk.entry);
        self.chunk.path(writer);
        writer.u16(self.chunk.number());
    }
}

pub(super) struct Removed(pub(super) i32);

impl Reply for Removed {
    const KIND: u16 = 2012;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i32()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Place;
    use crate::message::encode;

    fn chunk(mirror: Option<(u16, bool)>) -> Chunk {
        let place = Place {
            target: 101,
            mirror,
        };
        Chunk::new(place, 0x0102_0304, "0-1-1", "1-2-1")
    }

    #[test]
    fn a_write_has_its_fields_where_they_belong() {
        let bytes = encode(
            &Write {
                chunk: &chunk(None),
                offset: 0x1000,
                count: 0x20,
            },
            Vec::new(),
        );
        let expected = [
            &[0, 0x10, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0][..],
            &[4, 0, 0, 0],
            b"\x07\0\0\x000#1-2-1\0",
            &[4, 3, 2, 1],
            &[1, 0, 0, 0, 0, 0, 0, 0],
            b"\x05\0\0\x000-1-1\0\0\0",
            &[101, 0],
        ]
        .concat();
        assert_eq!(bytes[40..], expected);
        assert_eq!(bytes[0], 40 + expected.len() as u8);
        assert_eq!(bytes[16..20], [0xc1, 0x0b, 101, 0]);
    }

    #[test]
    fn flags_say_how_the_target_is_meant() {
        let features = |chunk: &Chunk| {
            let (offset, count) = (0, 1);
            let write = Write {
                chunk,
                offset,
                count,
            };
            let read = Read {
                chunk,
                offset,
                count,
            };
            let other = [Close { chunk }.features(), Remove { chunk }.features()];
            ([write.features(), read.features()], other, chunk.number())
        };
        assert_eq!(features(&chunk(None)), ([0, 0], [0, 0], 101));
        let plain = chunk(None).without_io();
        assert_eq!(features(&plain), ([4, 2], [0, 0], 101));
        let primary = chunk(Some((7, false))).forwarding();
        assert_eq!(features(&primary), ([8 | 32, 4], [4, 1], 7));
        let secondary = chunk(Some((7, true)));
        assert_eq!(features(&secondary), ([8 | 16, 4 | 8], [4 | 8, 1 | 2], 7));
    }

    #[test]
    fn the_queue_is_the_targets_also_for_a_group() {
        let chunk = chunk(Some((7, false)));
        let bytes = encode(&Remove { chunk: &chunk }, Vec::new());
        assert_eq!(bytes[18..20], [101, 0]);
        assert_eq!(bytes[bytes.len() - 2..], [7, 0]);
    }
}

//! Where the chunks of a file are, and having them moved to another storage target.
//!
//! Sources: `net/message/storage/attribs/GetEntryInfo…`, `storage/striping/`, `storage/PathInfo.h`,
//! `toolkit/StorageTk.h` (paths of chunks), `storage/FileEvent.h` and
//! `net/message/storage/chunkbalancing/` (BeeGFS 8.2 and later).

use crate::chunk::{Chunk, Place};
use crate::codec::{DecodeError, Reader, Writer};
use crate::connection::Connection;
use crate::error::Error;
use crate::family::Family;
use crate::message::{Reply, Request};
use crate::meta::{Entry, agreed};

/// Bit in the type of a stripe pattern: the number of a storage pool is left out.
const WITHOUT_POOL: u32 = 1 << 24;
/// The only part of a path that says where chunks are: owner and parent folder at the creation.
const PATH_HAS_PARENT: i32 = 1;
/// A chunk is moved from a target to a target, not from one mirror group to another.
const BETWEEN_TARGETS: u8 = 1;
/// The request holds what is told to listeners of events.
const HAS_EVENT: u16 = 1;
/// The event that the stripe pattern has changed.
const PATTERN_CHANGED: u32 = 18;

/// Where the chunks of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Storage targets (or mirror groups) in the order of the stripes.
    pub targets: Vec<u16>,
    /// Bytes of a stripe on one target.
    pub chunk_size: u32,
    /// Owner of the file when it was made.
    owner: u32,
    /// Folder of the file when it was made.
    parent: String,
}

impl Layout {
    /// Asks the metadata server of `file`, to which `connection` leads.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason, for example while its chunks are being moved;
    /// others if the connection fails.
    pub fn of(file: &Entry, connection: &mut Connection) -> Result<Self, Error> {
        let Described(result, layout) = connection.call(&Describe(file))?;
        agreed(connection, "asking where a file's chunks are", result).map(|()| layout)
    }

    /// The chunk that `file` has on a target, for a client of this number.
    pub fn chunk(&self, file: &Entry, target: u16, session: u32) -> Chunk {
        let mirror = None;
        Chunk::new(Place { target, mirror }, session, &self.parent, &file.id)
    }

    /// The path of each chunk of `file` below the folder of a target's chunks.
    pub fn path(&self, file: &Entry) -> String {
        // Ids are a counter, seconds since 1970 and the number of a node, all in hexadecimal digits. What is
        // left of the time without its last four digits, and the first of these, are folders.
        let time = self.parent.split('-').nth(1).unwrap_or_default();
        let (month, day) = match time.len().checked_sub(4) {
            None => (time, "0"),
            Some(0) => ("0", &time[..1]),
            Some(place) => (&time[..place], &time[place..=place]),
        };
        let Self { owner, parent, .. } = self;
        format!("u{owner:X}/{month}/{day}/{parent}/{}", file.id)
    }

    /// Asks the metadata server of `file` to move a chunk. It only takes the order: [`Self::of`] tells
    /// when it is done. BeeGFS 8.2 and later.
    ///
    /// # Errors
    /// As [`Self::of`]. An older server closes the connection.
    pub fn move_chunk(
        &self,
        file: &Entry,
        from: u16,
        to: u16,
        connection: &mut Connection,
    ) -> Result<(), Error> {
        let path = &self.path(file);
        let Taken(result) = connection.call(&Move {
            file,
            path,
            from,
            to,
        })?;
        agreed(connection, "moving a chunk", result)
    }
}

struct Describe<'a>(&'a Entry);

impl Request for Describe<'_> {
    type Reply = Described;
    const KIND: u16 = 2045;

    fn payload(&self, writer: &mut Writer) {
        self.0.write(writer);
    }
}

struct Described(i32, Layout);

impl Reply for Described {
    const KIND: u16 = 2046;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        let result = reader.i32()?;
        let _length = reader.u32()?;
        let kind = reader.u32()?;
        let chunk_size = reader.u32()?;
        if kind & WITHOUT_POOL == 0 {
            let _pool = reader.u16()?;
        }
        let _wanted = reader.u32()?;
        let targets = reader.sequence(true, Reader::u16)?;
        let (owner, parent) = match reader.i32()? & PATH_HAS_PARENT {
            0 => (0, String::new()),
            _ => (reader.u32()?, reader.text_aligned()?),
        };
        reader.skip_rest();
        let layout = Layout {
            targets,
            chunk_size,
            owner,
            parent,
        };
        Ok(Self(result, layout))
    }
}

struct Move<'a> {
    file: &'a Entry,
    path: &'a str,
    from: u16,
    to: u16,
}

impl Request for Move<'_> {
    type Reply = Taken;
    const KIND: u16 = 2127;

    fn features(&self) -> u16 {
        HAS_EVENT
    }

    fn payload(&self, writer: &mut Writer) {
        writer.u8(BETWEEN_TARGETS);
        writer.text(self.path);
        writer.numbers(&[self.from]);
        writer.numbers(&[self.to]);
        self.file.write(writer);
        writer.u32(PATTERN_CHANGED);
        writer.text(&self.file.name);
        let has_second_path = 0;
        writer.u8(has_second_path);
    }
}

struct Taken(i32);

impl Reply for Taken {
    const KIND: u16 = 2128;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i32()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{decode, encode};

    /// A description as a server writes it.
    fn described(kind: u32) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.i32(0);
        writer.u32(36);
        writer.u32(kind);
        writer.u32(512 << 10);
        if kind & WITHOUT_POOL == 0 {
            writer.u16(1);
        }
        writer.u32(1);
        writer.numbers(&[101, 201]);
        writer.i32(PATH_HAS_PARENT);
        writer.u32(0);
        writer.text_aligned("3-65A1B2C3-1");
        writer.raw(b"what follows is of no interest");
        writer.into_bytes()
    }

    #[test]
    fn a_layout_is_read_with_and_without_a_pool() {
        for kind in [1, 1 | WITHOUT_POOL] {
            let Described(result, layout) = decode(&described(kind), Family::Eight).unwrap();
            assert_eq!((result, layout.chunk_size), (0, 512 << 10));
            assert_eq!(layout.targets, [101, 201]);
            assert_eq!(layout.parent, "3-65A1B2C3-1");
        }
    }

    #[test]
    fn chunks_lie_where_the_time_in_the_parents_id_says() {
        let mut file = Entry::root(1, false);
        file.id = "7-65A1B2C4-1".to_owned();
        let path = |parent: &str| {
            let layout = Layout {
                targets: Vec::new(),
                chunk_size: 0,
                owner: 0x1F,
                parent: parent.to_owned(),
            };
            layout.path(&file)
        };
        let expected = "u1F/65A1/B/3-65A1B2C3-1/7-65A1B2C4-1";
        assert_eq!(path("3-65A1B2C3-1"), expected);
        assert_eq!(path("3-B2C3-1"), "u1F/0/B/3-B2C3-1/7-65A1B2C4-1");
        assert_eq!(path("3-2C3-1"), "u1F/2C3/0/3-2C3-1/7-65A1B2C4-1");
    }

    #[test]
    fn an_order_has_its_fields_where_they_belong() {
        let file = Entry::root(3, false);
        let bytes = encode(
            &Move {
                file: &file,
                path: "u0/a",
                from: 101,
                to: 201,
            },
            Vec::new(),
        );
        assert_eq!(bytes[16..18], 2127_u16.to_le_bytes());
        let begin = b"\x01\x04\0\0\0u0/a\0\x0a\0\0\0\x01\0\0\0\x65\0\x0a\0\0\0\x01\0\0\0\xc9\0";
        assert_eq!(bytes[40..40 + begin.len()], *begin);
        let end = b"\x12\0\0\0\0\0\0\0\0\0";
        assert_eq!(bytes[bytes.len() - end.len()..], *end);
    }
}

//! Folders and empty files: enough to fill a file system and to make metadata servers talk to each
//! other. Sources: `storage/EntryInfo.h`, `net/message/storage/creating/` (also of removing),
//! `net/message/storage/moving/`.

use crate::code::Code;
use crate::codec::{DecodeError, Reader, Writer};
use crate::connection::Connection;
use crate::error::Error;
use crate::family::Family;
use crate::message::{Reply, Request};

const FOLDER: u32 = 1;
const FILE: u32 = 2;
/// Bit in the features of an entry: metadata servers mirror it.
const MIRRORED: i32 = 2;
/// The request to make a file says how it is striped.
const HAS_STRIPES: u16 = 1;
/// Bytes of a stripe, where they are said.
const STRIPE: u32 = 512 << 10;
/// Permissions of what is made.
const MODE: i32 = 0o777;
const FILE_MODE: i32 = 0o644 | 0o100_000;
const FOLDER_MODE: i32 = MODE | 0o040_000;
const UMASK: i32 = 0;

/// A folder or file, as metadata servers name it to each other and to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: u32,
    features: i32,
    /// Id of the folder that it is in.
    pub parent: String,
    /// Its own id.
    pub id: String,
    /// Its name in that folder.
    pub name: String,
    /// The metadata server that has it, or the mirror group.
    pub owner: u32,
}

impl Entry {
    /// The root folder, which this metadata server has, or this mirror group.
    pub fn root(owner: u32, is_mirrored: bool) -> Self {
        Self {
            kind: FOLDER,
            features: if is_mirrored { MIRRORED } else { 0 },
            parent: String::new(),
            id: "root".to_owned(),
            name: String::new(),
            owner,
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u32(self.kind);
        writer.i32(self.features);
        writer.text_aligned(&self.parent);
        writer.text_aligned(&self.id);
        writer.text_aligned(&self.name);
        writer.u32(self.owner);
        writer.u16(0);
    }

    /// Whether [`Self::owner`] is a mirror group of metadata servers.
    pub fn is_mirrored(&self) -> bool {
        self.features & MIRRORED != 0
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let entry = Self {
            kind: reader.u32()?,
            features: reader.i32()?,
            parent: reader.text_aligned()?,
            id: reader.text_aligned()?,
            name: reader.text_aligned()?,
            owner: reader.u32()?,
        };
        reader.u16()?;
        Ok(entry)
    }

    /// Makes a folder in this one, on the metadata server `on`; `connection` is to this folder's.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason; others if the connection fails.
    pub fn make_folder(
        &self,
        connection: &mut Connection,
        name: &str,
        on: u16,
    ) -> Result<Self, Error> {
        let parent = self;
        let Made(result, entry) = connection.call(&MakeFolder { parent, name, on })?;
        agreed(connection, "making a folder", result).map(|()| entry)
    }

    /// Makes an empty file in this folder; `connection` is to this folder's server.
    ///
    /// # Errors
    /// As [`Self::make_folder`].
    pub fn make_file(&self, connection: &mut Connection, name: &str) -> Result<Self, Error> {
        self.make_file_on(connection, name, None)
    }

    /// The same; a storage target is wished for all of its contents.
    ///
    /// # Errors
    /// As [`Self::make_folder`].
    pub fn make_file_on(
        &self,
        connection: &mut Connection,
        name: &str,
        target: Option<u16>,
    ) -> Result<Self, Error> {
        let parent = self;
        let MadeFile(Made(result, entry)) = connection.call(&MakeFile {
            parent,
            name,
            target,
        })?;
        agreed(connection, "making a file", result).map(|()| entry)
    }

    /// Removes a file of this folder, with its chunks; `connection` is to this folder's server.
    ///
    /// # Errors
    /// As [`Self::make_folder`].
    pub fn remove_file(&self, connection: &mut Connection, name: &str) -> Result<(), Error> {
        let folder = self;
        let Removed(result) = connection.call(&Remove { folder, name })?;
        agreed(connection, "removing a file", result)
    }

    /// Moves a file of this folder to another one; `connection` is to this folder's server.
    ///
    /// # Errors
    /// As [`Self::make_folder`].
    pub fn move_file(
        &self,
        connection: &mut Connection,
        name: &str,
        to: &Self,
        new_name: &str,
    ) -> Result<(), Error> {
        let from = self;
        let Renamed(result) = connection.call(&Rename {
            from,
            name,
            to,
            new_name,
        })?;
        agreed(connection, "moving a file", result)
    }

    /// Gives a file of another folder a second name in this one; `connection` is to this folder's
    /// server.
    ///
    /// # Errors
    /// As [`Self::make_folder`].
    pub fn link_file(
        &self,
        connection: &mut Connection,
        file: &Self,
        folder: &Self,
        name: &str,
    ) -> Result<(), Error> {
        let Linked(result) = connection.call(&Link {
            file,
            folder,
            to: self,
            name,
        })?;
        agreed(connection, "linking a file", result)
    }
}

/// # Errors
/// [`Error::Refused`] unless the result is success.
pub(crate) fn agreed(
    connection: &Connection,
    what: &'static str,
    result: i32,
) -> Result<(), Error> {
    match Code(result.into()) {
        Code::SUCCESS => Ok(()),
        code => Err(Error::Refused {
            server: connection.server(),
            what,
            code,
        }),
    }
}

/// Owner, group, and permissions of something new.
fn attributes(mode: i32, writer: &mut Writer) {
    writer.u32(0);
    writer.u32(0);
    writer.i32(mode);
    writer.i32(UMASK);
}

struct MakeFolder<'a> {
    parent: &'a Entry,
    name: &'a str,
    on: u16,
}

impl Request for MakeFolder<'_> {
    type Reply = Made;
    const KIND: u16 = 2001;

    fn payload(&self, writer: &mut Writer) {
        attributes(FOLDER_MODE, writer);
        self.parent.write(writer);
        writer.text_aligned(self.name);
        writer.numbers(&[self.on]);
    }
}

struct Made(i32, Entry);

impl Reply for Made {
    const KIND: u16 = 2002;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i32()?, Entry::read(reader)?))
    }
}

struct MakeFile<'a> {
    parent: &'a Entry,
    name: &'a str,
    target: Option<u16>,
}

impl Request for MakeFile<'_> {
    type Reply = MadeFile;
    const KIND: u16 = 2005;

    fn features(&self) -> u16 {
        self.target.map_or(0, |_| HAS_STRIPES)
    }

    fn payload(&self, writer: &mut Writer) {
        attributes(FILE_MODE, writer);
        if self.target.is_some() {
            let targets = 1;
            writer.u32(targets);
            writer.u32(STRIPE);
        }
        self.parent.write(writer);
        writer.text_aligned(self.name);
        writer.numbers(self.target.as_slice());
    }
}

/// As [`Made`], under another number.
struct MadeFile(Made);

impl Reply for MadeFile {
    const KIND: u16 = 2006;

    fn read(reader: &mut Reader<'_>, family: Family) -> Result<Self, DecodeError> {
        Made::read(reader, family).map(Self)
    }
}

struct Remove<'a> {
    folder: &'a Entry,
    name: &'a str,
}

impl Request for Remove<'_> {
    type Reply = Removed;
    const KIND: u16 = 2007;

    fn payload(&self, writer: &mut Writer) {
        self.folder.write(writer);
        writer.text_aligned(self.name);
    }
}

struct Removed(i32);

impl Reply for Removed {
    const KIND: u16 = 2008;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i32()?))
    }
}

struct Rename<'a> {
    from: &'a Entry,
    name: &'a str,
    to: &'a Entry,
    new_name: &'a str,
}

impl Request for Rename<'_> {
    type Reply = Renamed;
    const KIND: u16 = 2023;

    fn payload(&self, writer: &mut Writer) {
        writer.u32(FILE);
        self.from.write(writer);
        self.to.write(writer);
        writer.text_aligned(self.name);
        writer.text_aligned(self.new_name);
    }
}

struct Renamed(i32);

impl Reply for Renamed {
    const KIND: u16 = 2024;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i32()?))
    }
}

struct Link<'a> {
    file: &'a Entry,
    folder: &'a Entry,
    to: &'a Entry,
    name: &'a str,
}

impl Request for Link<'_> {
    type Reply = Linked;
    const KIND: u16 = 2071;

    fn payload(&self, writer: &mut Writer) {
        self.file.write(writer);
        self.to.write(writer);
        writer.text_aligned(self.name);
        self.folder.write(writer);
        writer.text_aligned(&self.file.name);
    }
}

struct Linked(i32);

impl Reply for Linked {
    const KIND: u16 = 2072;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        Ok(Self(reader.i32()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{decode, encode};

    #[test]
    fn an_entry_has_its_fields_where_they_belong() {
        let mut writer = Writer::default();
        Entry::root(3, false).write(&mut writer);
        let expected = [
            &[1, 0, 0, 0, 0, 0, 0, 0][..],
            &[0; 8],
            b"\x04\0\0\0root\0\0\0\0",
            &[0; 8],
            &[3, 0, 0, 0, 0, 0],
        ];
        assert_eq!(writer.into_bytes(), expected.concat());
    }

    #[test]
    fn what_was_made_is_read() {
        let root = Entry::root(3, false);
        let mut writer = Writer::default();
        writer.i32(0);
        root.write(&mut writer);
        let Made(result, entry) = decode(&writer.into_bytes(), Family::Seven).unwrap();
        assert_eq!((result, entry), (0, root));
    }

    #[test]
    fn a_folder_is_wished_on_a_server() {
        let root = Entry::root(3, false);
        let request = MakeFolder {
            parent: &root,
            name: "abc",
            on: 7,
        };
        let bytes = encode(&request, Vec::new());
        assert_eq!(bytes[16..18], 2001_u16.to_le_bytes());
        let end = b"\x03\0\0\0abc\0\x0a\0\0\0\x01\0\0\0\x07\0";
        assert_eq!(bytes[bytes.len() - end.len()..], *end);
    }
}

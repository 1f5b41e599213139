//! Chunks: the part of a file that a storage target has. A server makes a chunk when it is first
//! written to; nothing has to be opened, and the metadata server does not hear of it.
//!
//! Sources: `net/message/session/rw/`, `net/message/session/opening/CloseChunkFile…`,
//! `net/message/storage/creating/UnlinkLocalFile…`, `storage/PathInfo.h`.

mod wire;

use crate::code::Code;
use crate::connection::Connection;
use crate::error::Error;

use wire::{Close, Closed, Read, Remove, Removed, Write, Written};

/// Bytes of the length before each piece of what is read.
const LENGTH_BYTES: usize = size_of::<i64>();

/// Where chunks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The storage target that gets the requests.
    pub target: u16,
    /// If the chunk is mirrored: the group's number, and whether `target` is its secondary.
    pub mirror: Option<(u16, bool)>,
}

/// A chunk on a target.
#[derive(Debug, Clone)]
pub struct Chunk {
    place: Place,
    /// Number under which the server keeps the open file.
    session: u32,
    parent: String,
    entry: String,
    handle: String,
    io: bool,
    forward: bool,
}

impl Chunk {
    /// The chunk of a file. Ids of files and folders have the shape `COUNTER-TIME-NODE` with
    /// hexadecimal numbers; `parent` decides in which folder of the target it stands. `session`
    /// is any number, but the same client's for all its files.
    pub fn new(place: Place, session: u32, parent: &str, entry: &str) -> Self {
        Self {
            place,
            session,
            parent: parent.to_owned(),
            entry: entry.to_owned(),
            handle: format!("0#{entry}"),
            io: true,
            forward: false,
        }
    }

    /// The server leaves its disk alone: writes are taken and thrown away, reads send whatever is
    /// in the server's memory. The chunk must exist for reads, a write makes it.
    pub fn without_io(mut self) -> Self {
        self.io = false;
        self
    }

    /// The server sends what is written to its mirror, too. For a primary of a group only.
    pub fn forwarding(mut self) -> Self {
        self.forward = true;
        self
    }

    /// Id of the file.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Writes `data` at `offset`, both in bytes.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason, [`Error::Short`] if it wrote less; others if
    /// the connection fails. A server closes the connection if it does not have the target.
    pub fn write(
        &self,
        connection: &mut Connection,
        offset: u64,
        data: &[u8],
    ) -> Result<(), Error> {
        connection.send_request(&Write {
            chunk: self,
            offset,
            count: data.len() as u64,
        })?;
        connection.send(data)?;
        let Written(result) = connection.reply()?;
        let server = connection.server();
        if let Some(code) = Code::of_result(result) {
            let what = "write";
            return Err(Error::Refused { server, what, code });
        }
        let (done, wanted) = (result.cast_unsigned(), data.len() as u64);
        if done == wanted {
            return Ok(());
        }
        Err(Error::Short {
            server,
            what: "written",
            offset,
            done,
            wanted,
        })
    }

    /// Reads from `offset` on; returns how many bytes of `buffer` were filled, fewer only at the
    /// end of the chunk.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason; others if the connection fails.
    pub fn read(
        &self,
        connection: &mut Connection,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, Error> {
        connection.send_request(&Read {
            chunk: self,
            offset,
            count: buffer.len() as u64,
        })?;
        let mut filled = 0;
        loop {
            // Each piece is preceded by its length; 0 ends the data, less is an error.
            let mut length = [0; LENGTH_BYTES];
            connection.recv_exact(&mut length)?;
            connection.set_heard();
            let length = i64::from_le_bytes(length);
            let server = connection.server();
            if let Some(code) = Code::of_result(length) {
                let what = "read";
                return Err(Error::Refused { server, what, code });
            }
            if length == 0 {
                return Ok(filled);
            }
            let room = buffer.len() - filled;
            let length = usize::try_from(length)
                .ok()
                .filter(|length| *length <= room);
            let Some(length) = length else {
                return Err(Error::Lost {
                    server,
                    reason: "more data than were asked for".to_owned(),
                });
            };
            connection.expect(length + LENGTH_BYTES);
            connection.recv_exact(&mut buffer[filled..filled + length])?;
            filled += length;
        }
    }

    /// Closes the chunk on the server; with its mirror, if it has one. Returns its size in bytes.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason; others if the connection fails.
    pub fn close(&self, connection: &mut Connection) -> Result<u64, Error> {
        let Closed { size, result } = connection.call(&Close { chunk: self })?;
        match result {
            0 => Ok(size.max(0).cast_unsigned()),
            code => Err(Error::Refused {
                server: connection.server(),
                what: "close",
                code: Code(code.into()),
            }),
        }
    }

    /// Removes the chunk; with its mirror, if it has one. One that does not exist is fine.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reason; others if the connection fails.
    pub fn remove(&self, connection: &mut Connection) -> Result<(), Error> {
        let Removed(result) = connection.call(&Remove { chunk: self })?;
        match Code(result.into()) {
            Code::SUCCESS | Code::PATH_NOT_EXISTS => Ok(()),
            code => Err(Error::Refused {
                server: connection.server(),
                what: "remove",
                code,
            }),
        }
    }
}

//! A storage server and management daemon in memory, for tests: it understands what a client of
//! chunks sends, and nothing more. Written against the layouts, not with the client's code for
//! them, so that the two check each other.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ntb_core::driver::{Endpoint, Listener, Received};

use crate::codec::{DecodeError, Reader, Writer};
use crate::family::Family;
use crate::header::{HEADER_BYTES, Header};
use crate::node::NodeType;

/// Reads are answered in pieces of so many bytes at most.
const PIECE: usize = 48 << 10;
/// Longest request that is taken, in bytes.
const REQUEST_MOST: usize = 64 << 10;

/// How a responder behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Which family it speaks.
    pub family: Family,
    /// The number that clients have to show; `None`: no authentication.
    pub secret: Option<u64>,
    /// Its only storage target; also the group 1 of a mirror.
    pub target: u16,
    /// Whether the management side calls the target offline.
    pub offline: bool,
    /// Number in node lists: 1 metadata, 2 storage.
    pub node_type: i32,
    /// Closes the connection on which this many reads and writes were answered.
    pub dies_after: Option<u64>,
    /// Flips a bit of each byte that is read.
    pub corrupts: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            family: Family::Eight,
            secret: None,
            target: 101,
            offline: false,
            node_type: 2,
            dies_after: None,
            corrupts: false,
        }
    }
}

/// The server. Its threads end with their connections, the one that accepts with the process.
#[derive(Debug)]
pub struct Responder {
    behaviour: Behaviour,
    address: SocketAddr,
    chunks: Mutex<HashMap<String, Vec<u8>>>,
    /// Requests for bytes that the client wanted without I/O, and those that were to be forwarded.
    without_io: AtomicU64,
    forwarded: AtomicU64,
}

/// What the server needs of a connection.
trait Peer {
    fn take(&mut self, buffer: &mut [u8]) -> Option<()>;
    fn give(&mut self, bytes: &[u8]) -> Option<()>;
}

impl Peer for TcpStream {
    fn take(&mut self, buffer: &mut [u8]) -> Option<()> {
        self.read_exact(buffer).ok()
    }

    fn give(&mut self, bytes: &[u8]) -> Option<()> {
        self.write_all(bytes).ok()
    }
}

impl Peer for Endpoint {
    fn take(&mut self, mut buffer: &mut [u8]) -> Option<()> {
        while !buffer.is_empty() {
            match self.recv(buffer, None).ok()? {
                Received::Data(count) => buffer = &mut buffer[count..],
                Received::End => return None,
            }
        }
        Some(())
    }

    fn give(&mut self, bytes: &[u8]) -> Option<()> {
        self.send(bytes).ok()
    }
}

impl Responder {
    /// Listens on a port of the loopback interface.
    ///
    /// # Panics
    /// If the system has no port or thread for it.
    pub fn start(behaviour: Behaviour) -> Arc<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let server = Arc::new(Self {
            behaviour,
            address: listener.local_addr().expect("a bound port"),
            chunks: Mutex::default(),
            without_io: AtomicU64::new(0),
            forwarded: AtomicU64::new(0),
        });
        let running = Arc::clone(&server);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // As BeeGFS: an answer in several pieces must not wait for acknowledgements.
                let _ = stream.set_nodelay(true);
                let server = Arc::clone(&running);
                std::thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// Takes NTB connections as well, from now on.
    pub fn listen_on(self: &Arc<Self>, listener: Listener) {
        let server = Arc::clone(self);
        std::thread::spawn(move || {
            while listener.wait(None).is_ok() {
                while listener.pending() {
                    let Some(endpoint) = listener.accept() else {
                        break;
                    };
                    let server = Arc::clone(&server);
                    std::thread::spawn(move || server.serve(endpoint));
                }
            }
        });
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Number of chunks and their bytes.
    pub fn stored(&self) -> (usize, usize) {
        let chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        (chunks.len(), chunks.values().map(Vec::len).sum())
    }

    /// Requests for bytes without I/O, and to be forwarded.
    pub fn flagged(&self) -> (u64, u64) {
        let [io, forwarded] = [&self.without_io, &self.forwarded];
        (
            io.load(Ordering::Relaxed),
            forwarded.load(Ordering::Relaxed),
        )
    }

    /// Until the client ends, or breaks a rule.
    fn serve(&self, mut peer: impl Peer) -> Option<()> {
        let mut authenticated = self.behaviour.secret.is_none();
        let mut answered = 0;
        loop {
            let mut bytes = [0; HEADER_BYTES];
            peer.take(&mut bytes)?;
            let header = Header::read(&bytes).ok()?;
            let mut payload = vec![0; header.payload().min(REQUEST_MOST)];
            peer.take(&mut payload)?;
            let reader = Reader::new(&payload);
            match header.kind {
                4007 => authenticated = Some(u64_of(reader).ok()?) == self.behaviour.secret,
                _ if !authenticated => return None,
                3009 | 3019 => {
                    let range = Range::read(reader).ok()?;
                    self.count_flags(&header);
                    if header.kind == 3009 {
                        self.write(&mut peer, &header, &range)?;
                    } else {
                        self.read(&mut peer, &header, &range)?;
                    }
                    answered += 1;
                    if self.behaviour.dies_after == Some(answered) {
                        return None;
                    }
                }
                kind => {
                    let (kind, answer) = self.answer(kind, reader).ok()?;
                    let mut writer = Writer::default();
                    Header::begin(&mut writer, kind, 0, 0);
                    writer.raw(&answer.into_bytes());
                    Header::end(&mut writer);
                    peer.give(&writer.into_bytes())?;
                }
            }
        }
    }

    fn count_flags(&self, header: &Header) {
        let is_write = header.kind == 3009;
        if header.features & if is_write { 4 } else { 2 } != 0 {
            self.without_io.fetch_add(1, Ordering::Relaxed);
        }
        if is_write && header.features & 32 != 0 {
            self.forwarded.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// As BeeGFS: a target that is not there ends the connection.
    fn write(&self, peer: &mut impl Peer, header: &Header, range: &Range) -> Option<()> {
        self.has(header).then_some(())?;
        let mut data = vec![0; range.count];
        peer.take(&mut data)?;
        let mut chunks = self.chunks.lock().ok()?;
        let chunk = chunks.entry(range.handle.clone()).or_default();
        if header.features & 4 == 0 {
            let end = range.offset + range.count;
            chunk.resize(chunk.len().max(end), 0);
            chunk[range.offset..end].copy_from_slice(&data);
        }
        drop(chunks);
        let mut writer = Writer::default();
        Header::begin(&mut writer, 3010, 0, 0);
        writer.i64(range.count as i64);
        Header::end(&mut writer);
        peer.give(&writer.into_bytes())
    }

    fn read(&self, peer: &mut impl Peer, header: &Header, range: &Range) -> Option<()> {
        if !self.has(header) {
            return peer.give(&(-15_i64).to_le_bytes());
        }
        let chunks = self.chunks.lock().ok()?;
        let chunk = chunks.get(&range.handle);
        let mut data = match chunk {
            Some(_) if header.features & 2 != 0 => vec![0; range.count],
            Some(chunk) => {
                let end = chunk.len().min(range.offset + range.count);
                chunk[range.offset.min(end)..end].to_vec()
            }
            None => Vec::new(),
        };
        drop(chunks);
        if self.behaviour.corrupts {
            data.iter_mut().for_each(|byte| *byte ^= 0x10);
        }
        for piece in data.chunks(PIECE) {
            peer.give(&(piece.len() as i64).to_le_bytes())?;
            peer.give(piece)?;
        }
        peer.give(&[0; 8])
    }

    fn has(&self, header: &Header) -> bool {
        header.target == self.behaviour.target
    }

    /// The kind and payload of the answer to anything else.
    fn answer(&self, kind: u16, mut reader: Reader<'_>) -> Result<(u16, Writer), DecodeError> {
        let mut writer = Writer::default();
        let Behaviour {
            target, offline, ..
        } = self.behaviour;
        let answer = match kind {
            1019 => {
                writer.raw(&[0; 16]);
                writer.i32(self.behaviour.node_type);
                writer.text("responder");
                writer.text_aligned("");
                writer.u32(1);
                1020
            }
            1017 => {
                self.nodes(reader.i32()?, &mut writer);
                1018
            }
            1025 => {
                writer.u32(1);
                writer.u16(target);
                writer.u32(1);
                1026
            }
            1049 => {
                list(&mut writer, &target.to_le_bytes());
                list(&mut writer, &[if offline { 2 } else { 0 }]);
                list(&mut writer, &[0]);
                1050
            }
            1047 if reader.i32()? == NodeType::Storage.number() => {
                list(&mut writer, &[1, 0]);
                list(&mut writer, &target.to_le_bytes());
                list(&mut writer, &[99, 0]);
                1048
            }
            1047 => {
                (0..3).for_each(|_| writer.numbers(&[]));
                1048
            }
            3007 => {
                reader.u32()?;
                let handle = reader.text_aligned()?;
                let chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
                let size = chunks.get(&handle).map_or(0, Vec::len);
                writer.i64(size as i64);
                writer.raw(&[0; 32]);
                writer.i32(0);
                3008
            }
            2011 => {
                let handle = format!("0#{}", reader.text_aligned()?);
                let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
                writer.i32(if chunks.remove(&handle).is_some() {
                    0
                } else {
                    8
                });
                2012
            }
            other => {
                writer.i32(0);
                writer.text(&format!("nobody answers message {other} here"));
                4009
            }
        };
        Ok((answer, writer))
    }

    /// One node, or none of another type than our own.
    fn nodes(&self, node_type: i32, writer: &mut Writer) {
        let eight = self.behaviour.family == Family::Eight;
        let count = u32::from(node_type == self.behaviour.node_type);
        writer.u32(count);
        if count == 1 {
            writer.text("responder");
            if eight {
                writer.u32(8 + 24);
            }
            writer.u32(1);
            if eight {
                writer.u8(4);
            }
            writer.raw(&[127, 0, 0, 1]);
            writer.raw(b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            writer.raw(if eight { &[0; 3] } else { &[0; 4] });
            writer.u32(1);
            writer.u16(self.address.port());
            writer.u16(self.address.port());
            writer.u8(node_type as u8);
        }
        writer.u32(0);
        writer.u8(0);
    }
}

fn u64_of(mut reader: Reader<'_>) -> Result<u64, DecodeError> {
    reader.u64()
}

/// A list with one element, with its length before it.
fn list(writer: &mut Writer, element: &[u8]) {
    writer.u32(8 + element.len() as u32);
    writer.u32(1);
    writer.raw(element);
}

/// What a request for bytes says.
struct Range {
    offset: usize,
    count: usize,
    handle: String,
}

impl Range {
    fn read(mut reader: Reader<'_>) -> Result<Self, DecodeError> {
        let range = Self {
            offset: reader.u64()? as usize,
            count: reader.u64()? as usize,
            handle: {
                reader.u32()?;
                reader.text_aligned()?
            },
        };
        let _session = reader.u32()?;
        if reader.i32()? & 1 != 0 {
            reader.u32()?;
            reader.text_aligned()?;
        }
        let _target = reader.u16()?;
        reader.finish()?;
        Ok(range)
    }
}

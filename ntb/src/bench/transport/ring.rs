//! The bare ring: what is possible between two processes without an API, and the measure for ours.
//!
//! One byte ring per direction in a memory file: absolute positions on lines of their own, the
//! opposite position cached. The same copies as any stream socket makes, from the caller's buffer
//! into the ring and out of it again.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::Context;
use rustix::fs::{MemfdFlags, memfd_create};

use super::sleeper::Sleeper;
use super::{Stream, Transport, socket};
use crate::bench::sys::Shared;
use crate::bench::wire::{Kind, Setup};

/// Words of a direction, each on lines of its own.
const TAIL: usize = 0;
const HEAD: usize = 128;
const READER_SLEEPS: usize = 256;
const WRITER_SLEEPS: usize = 384;
/// Where the payload begins.
const DATA: usize = 4096;

/// Bytes copied before they are published, for messages up to [`LARGE`] and above.
const PUBLISH_SMALL: usize = 2 << 10;
const PUBLISH_LARGE: usize = 16 << 10;
const LARGE: usize = 16 << 10;

/// Makes streams out of shared memory: how two processes come to share it.
pub trait Layout: Stream + Sized {
    /// Bytes of memory for both directions together.
    fn bytes(setup: &Setup) -> usize;
    /// The end of `memory` that accepted, or the one that connected.
    fn open(setup: &Setup, memory: Shared, accepted: bool, alive: UnixStream) -> Self;
}

/// Connections of bare rings: a Unix socket passes on where the memory file is.
#[derive(Debug)]
pub struct Rings<S> {
    setup: Setup,
    path: PathBuf,
    listener: Option<UnixListener>,
    stream: std::marker::PhantomData<S>,
}

impl<S: Layout> Rings<S> {
    pub fn new(setup: &Setup) -> Self {
        Self {
            setup: setup.clone(),
            path: socket::socket_path(setup),
            listener: None,
            stream: std::marker::PhantomData,
        }
    }

    fn map(&self, file: &File) -> anyhow::Result<Shared> {
        let ahead = self.setup.kind == Kind::RingPrefetch;
        Shared::map(file, S::bytes(&self.setup), ahead)
    }
}

impl<S: Layout> Transport for Rings<S> {
    type Stream = S;

    fn listen(&mut self) -> anyhow::Result<String> {
        self.listener = Some(UnixListener::bind(&self.path).context("binding the ring's socket")?);
        Ok(self.path.display().to_string())
    }

    fn connect(&mut self, address: &str) -> anyhow::Result<S> {
        let mut socket = UnixStream::connect(address).context("connecting to the ring")?;
        let mut name = [0; 64];
        let len = socket.read(&mut name).context("the ring's memory")?;
        let name = std::str::from_utf8(&name[..len])?;
        let file = File::options().read(true).write(true).open(name);
        let memory = self.map(&file.with_context(|| format!("opening {name}"))?)?;
        socket.write_all(b"!").context("the ring's socket")?;
        Ok(S::open(&self.setup, memory, false, socket))
    }

    fn accept(&mut self) -> anyhow::Result<S> {
        let (mut socket, _) = self.listener.as_ref().context("not listening")?.accept()?;
        let file = File::from(memfd_create("ntb-bench-ring", MemfdFlags::CLOEXEC)?);
        file.set_len(S::bytes(&self.setup) as u64)?;
        let name = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        socket.write_all(name.as_bytes())?;
        let mut opened = [0];
        socket.read_exact(&mut opened).context("the ring's peer")?;
        Ok(S::open(&self.setup, self.map(&file)?, true, socket))
    }
}

/// One end of a pair of byte rings.
#[derive(Debug)]
pub struct Ring {
    memory: Shared,
    tx_base: usize,
    rx_base: usize,
    capacity: u64,
    sleeper: Sleeper,
    /// Ours, and the peer's as we saw it last: written, and freed.
    tail: u64,
    freed: u64,
    /// Ours: read, and told; the peer's as we saw it last.
    head: u64,
    told: u64,
    written: u64,
    _alive: UnixStream,
}

impl Layout for Ring {
    fn bytes(setup: &Setup) -> usize {
        2 * (DATA + setup.ring_bytes as usize)
    }

    fn open(setup: &Setup, memory: Shared, accepted: bool, alive: UnixStream) -> Self {
        let other = Self::bytes(setup) / 2;
        let (tx_base, rx_base) = if accepted { (0, other) } else { (other, 0) };
        Self {
            memory,
            tx_base,
            rx_base,
            capacity: setup.ring_bytes,
            sleeper: Sleeper::new(setup.mode),
            tail: 0,
            freed: 0,
            head: 0,
            told: 0,
            written: 0,
            _alive: alive,
        }
    }
}

impl Ring {
    /// Bytes from `position` to the ring's end.
    fn until_wrap(&self, position: u64) -> u64 {
        self.capacity - position % self.capacity
    }
}

impl Stream for Ring {
    #[inline]
    fn send(&mut self, mut data: &[u8]) -> anyhow::Result<()> {
        let publish = if data.len() > LARGE {
            PUBLISH_LARGE
        } else {
            PUBLISH_SMALL
        };
        while !data.is_empty() {
            if self.tail - self.freed == self.capacity {
                let (tx, base, full) = (&self.memory, self.tx_base, self.freed);
                let flag = tx.half(base + WRITER_SLEEPS);
                self.freed = self.sleeper.wait(flag, || {
                    let freed = tx.word(base + HEAD).load(Ordering::Acquire);
                    (freed != full).then_some(freed)
                });
            }
            let room = self.capacity - (self.tail - self.freed);
            let len = room.min(self.until_wrap(self.tail)) as usize;
            let len = len.min(data.len()).min(publish);
            let at = self.tx_base + DATA + (self.tail % self.capacity) as usize;
            self.memory.copy_in(at, &data[..len]);
            self.tail += len as u64;
            self.memory
                .word(self.tx_base + TAIL)
                .store(self.tail, Ordering::Release);
            self.sleeper
                .wake(self.memory.half(self.tx_base + READER_SLEEPS));
            data = &data[len..];
        }
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        if self.written == self.head {
            let (rx, base, empty) = (&self.memory, self.rx_base, self.head);
            let flag = rx.half(base + READER_SLEEPS);
            self.written = self.sleeper.wait(flag, || {
                let written = rx.word(base + TAIL).load(Ordering::Acquire);
                (written != empty).then_some(written)
            });
        }
        let len = (self.written - self.head).min(self.until_wrap(self.head)) as usize;
        let len = len.min(buffer.len());
        let at = self.rx_base + DATA + (self.head % self.capacity) as usize;
        self.memory.copy_out(at, &mut buffer[..len]);
        self.head += len as u64;
        // A quarter at a time: the writer needs it only when the ring is full.
        if self.head - self.told >= self.capacity / 4 {
            self.told = self.head;
            self.memory
                .word(self.rx_base + HEAD)
                .store(self.head, Ordering::Release);
            self.sleeper
                .wake(self.memory.half(self.rx_base + WRITER_SLEEPS));
        }
        Ok(len)
    }
}

//! The bare ring for small messages: each 64-byte line holds its payload and the word that says
//! that it is there, so that one line crosses from core to core and no other.

use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;

use super::Stream;
use super::ring::Layout;
use super::sleeper::Sleeper;
use crate::bench::sys::Shared;
use crate::bench::wire::Setup;

/// Lines of one direction.
pub const LINES: u64 = 16 << 10;
const LINE: usize = 64;
/// Payload of a line; the word stands behind it.
const PAYLOAD: usize = 56;

/// Words of a direction, as in the byte ring.
const HEAD: usize = 0;
const READER_SLEEPS: usize = 128;
const WRITER_SLEEPS: usize = 256;
const DATA: usize = 4096;

/// One end of a pair of line rings.
#[derive(Debug)]
pub struct LineRing {
    memory: Shared,
    tx_base: usize,
    rx_base: usize,
    sleeper: Sleeper,
    /// Lines written, and freed by the peer as we saw it last.
    tail: u64,
    freed: u64,
    /// Lines read, and told to the peer.
    head: u64,
    told: u64,
    /// Bytes taken out of the line at `head`.
    taken: usize,
    _alive: UnixStream,
}

impl Layout for LineRing {
    fn bytes(_setup: &Setup) -> usize {
        2 * (DATA + LINES as usize * LINE)
    }

    fn open(setup: &Setup, memory: Shared, accepted: bool, alive: UnixStream) -> Self {
        let other = Self::bytes(setup) / 2;
        let (tx_base, rx_base) = if accepted { (0, other) } else { (other, 0) };
        Self {
            memory,
            tx_base,
            rx_base,
            sleeper: Sleeper::new(setup.mode),
            tail: 0,
            freed: 0,
            head: 0,
            told: 0,
            taken: 0,
            _alive: alive,
        }
    }
}

/// Where line `number` lies in its direction.
fn place(number: u64) -> usize {
    DATA + (number % LINES) as usize * LINE
}

/// What the word of line `number` says once `len` bytes of payload are there. The number makes
/// it differ from what an earlier lap left.
fn word(number: u64, len: usize) -> u64 {
    (number + 1) << 8 | len as u64
}

impl Stream for LineRing {
    #[inline]
    fn send(&mut self, data: &[u8]) -> anyhow::Result<()> {
        for part in data.chunks(PAYLOAD) {
            if self.tail - self.freed == LINES {
                let (tx, base, full) = (&self.memory, self.tx_base, self.freed);
                let flag = tx.half(base + WRITER_SLEEPS);
                self.freed = self.sleeper.wait(flag, || {
                    let freed = tx.word(base + HEAD).load(Ordering::Acquire);
                    (freed != full).then_some(freed)
                });
            }
            let at = self.tx_base + place(self.tail);
            self.memory.copy_in(at, part);
            self.memory
                .word(at + PAYLOAD)
                .store(word(self.tail, part.len()), Ordering::Release);
            self.tail += 1;
            self.sleeper
                .wake(self.memory.half(self.tx_base + READER_SLEEPS));
        }
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = self.rx_base + place(self.head);
            let (rx, number) = (&self.memory, self.head + 1);
            let look = || {
                let word = rx.word(at + PAYLOAD).load(Ordering::Acquire);
                (word >> 8 == number).then_some((word & 0xff) as usize)
            };
            let present = match look() {
                Some(present) => present,
                None if filled > 0 => break,
                None => self
                    .sleeper
                    .wait(rx.half(self.rx_base + READER_SLEEPS), look),
            };
            let len = (present - self.taken).min(buffer.len() - filled);
            self.memory
                .copy_out(at + self.taken, &mut buffer[filled..filled + len]);
            filled += len;
            self.taken += len;
            if self.taken == present {
                self.taken = 0;
                self.head += 1;
                self.give_back();
            }
        }
        Ok(filled)
    }
}

impl LineRing {
    /// Tells the writer of a quarter of the ring at a time.
    #[inline]
    fn give_back(&mut self) {
        if self.head - self.told >= LINES / 4 {
            self.told = self.head;
            self.memory
                .word(self.rx_base + HEAD)
                .store(self.head, Ordering::Release);
            self.sleeper
                .wake(self.memory.half(self.rx_base + WRITER_SLEEPS));
        }
    }
}

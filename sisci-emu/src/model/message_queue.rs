//! The bounded queue behind a data interrupt: one for each connection, in shared memory.
//!
//! | Offset | Bytes | What | Written by |
//! |---|---|---|---|
//! | 0 | 8 | messages ever put in | producer |
//! | 64 | 8 | messages ever taken out | consumer |
//! | 128 | 64 times 264 | slots: length (8), bytes (256) | producer |
//!
//! A message counts once the first word says so, and that word is stored last: a producer that is
//! killed at any point leaves whole messages only.

use crate::runtime::budget::Budget;
use crate::runtime::memory::{Mapping, SharedMemory};
use crate::{Code, Result};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The longest message in bytes.
pub const MAX_LENGTH: usize = 256;
/// Messages that wait at most, for each connection.
pub const CAPACITY: u64 = 64;

const PUT: usize = 0;
const TAKEN: usize = 64;
const SLOTS: usize = 128;
const LENGTH_BYTES: usize = 8;
const SLOT_SIZE: usize = LENGTH_BYTES + MAX_LENGTH;
const SIZE: usize = SLOTS + SLOT_SIZE * CAPACITY as usize;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    bytes: [u8; MAX_LENGTH],
    length: usize,
}

impl Message {
    /// The bytes that were sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The connector's end.
pub struct Producer {
    window: Arc<Mapping>,
    put: u64,
}

impl Producer {
    /// Takes over the memory of a queue that the owner handed out.
    ///
    /// # Errors
    /// `CONNECTION_REFUSED` if it is none.
    pub fn new(descriptor: OwnedFd) -> Result<Self> {
        let memory = SharedMemory::received(descriptor, 0, SIZE as u64)?;
        Ok(Self {
            window: memory.whole()?,
            put: 0,
        })
    }

    /// Puts a message in. It must not be longer than [`MAX_LENGTH`].
    ///
    /// # Errors
    /// `NOSPC` if the queue is full.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let taken = self.window.word(TAKEN).load(Ordering::Acquire);
        if self.put.wrapping_sub(taken) >= CAPACITY {
            return Err(Code::SCI_ERR_NOSPC);
        }
        let slot = slot(self.put);
        self.window.store(slot, &(bytes.len() as u64).to_ne_bytes());
        self.window.store(slot + LENGTH_BYTES, bytes);
        self.put += 1;
        self.window.word(PUT).store(self.put, Ordering::Release);
        Ok(())
    }
}

/// The owner's end.
pub struct Consumer {
    window: Arc<Mapping>,
    taken: u64,
}

impl Consumer {
    /// A new queue, and the descriptor for the producer.
    ///
    /// # Errors
    /// `NOSPC`, `API_NOSPC`.
    pub fn create(budget: &Arc<Budget>) -> Result<(Self, OwnedFd)> {
        let memory = SharedMemory::create("sisci-data-interrupt", SIZE, budget)?;
        let consumer = Self {
            window: memory.whole()?,
            taken: 0,
        };
        Ok((consumer, memory.descriptor()?))
    }

    /// Length of the next message.
    ///
    /// # Errors
    /// If the producer has written what no producer writes.
    pub fn next_length(&self) -> std::result::Result<Option<usize>, Scribbled> {
        let waiting = self
            .window
            .word(PUT)
            .load(Ordering::Acquire)
            .wrapping_sub(self.taken);
        if waiting == 0 {
            return Ok(None);
        }
        let mut length = [0; LENGTH_BYTES];
        self.window.load(slot(self.taken), &mut length);
        let length = u64::from_ne_bytes(length);
        if waiting > CAPACITY || length > MAX_LENGTH as u64 {
            return Err(Scribbled);
        }
        Ok(Some(length as usize))
    }

    /// Takes the next message out.
    ///
    /// # Errors
    /// As [`Consumer::next_length`].
    pub fn pop(&mut self) -> std::result::Result<Option<Message>, Scribbled> {
        let Some(length) = self.next_length()? else {
            return Ok(None);
        };
        let mut bytes = [0; MAX_LENGTH];
        self.window
            .load(slot(self.taken) + LENGTH_BYTES, &mut bytes[..length]);
        self.taken += 1;
        self.window.word(TAKEN).store(self.taken, Ordering::Release);
        Ok(Some(Message { bytes, length }))
    }
}

/// A producer broke the rules of the queue; nothing in it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scribbled;

fn slot(number: u64) -> usize {
    SLOTS + SLOT_SIZE * (number % CAPACITY) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Consumer, Producer) {
        let (consumer, descriptor) = Consumer::create(&Budget::new(None)).unwrap();
        (consumer, Producer::new(descriptor).unwrap())
    }

    #[test]
    fn messages_keep_order_and_boundaries_over_many_rounds() {
        let (mut consumer, mut producer) = pair();
        for round in 0..1000usize {
            let message = vec![round as u8; round % MAX_LENGTH + 1];
            producer.push(&message).unwrap();
            if round % 3 == 0 {
                producer.push(b"x").unwrap();
            }
            assert_eq!(consumer.pop().unwrap().unwrap().bytes(), message);
            if round % 3 == 0 {
                assert_eq!(consumer.pop().unwrap().unwrap().bytes(), b"x");
            }
            assert_eq!(consumer.pop(), Ok(None));
        }
    }

    #[test]
    fn a_full_queue_refuses_and_recovers() {
        let (mut consumer, mut producer) = pair();
        for _ in 0..CAPACITY {
            producer.push(b"m").unwrap();
        }
        assert_eq!(producer.push(b"m"), Err(Code::SCI_ERR_NOSPC));
        consumer.pop().unwrap();
        assert_eq!(producer.push(b"m"), Ok(()));
    }

    #[test]
    fn scribbling_is_noticed() {
        let (mut consumer, mut producer) = pair();
        producer.push(b"m").unwrap();
        producer
            .window
            .word(PUT)
            .store(u64::MAX / 2, Ordering::Release);
        assert_eq!(consumer.pop(), Err(Scribbled));
        producer.window.word(PUT).store(1, Ordering::Release);
        producer.window.store(slot(0), &[255; 8]);
        assert_eq!(consumer.next_length(), Err(Scribbled));
    }
}

//! The bounded queue behind a data interrupt: one for each connection, in shared memory.
//!
//! | Offset | Bytes | What | Written by |
//! |---|---|---|---|
//! | 0 | 8 | messages ever put in | producer |
//! | 64 | 8 | messages ever taken out | consumer |
//! | 128 | depth times (8 + room) | slots: length (8), bytes | producer |
//!
//! Depth and room are settings of the fabric; the owner tells the connector which it has used.
//!
//! A message counts once the first word says so, and that word is stored last: a producer that is
//! killed at any point leaves whole messages only.

use crate::runtime::budget::Budget;
use crate::runtime::limits::{Limits, reached};
use crate::runtime::log::report;
use crate::runtime::memory::{Mapping, SharedMemory};
use crate::{Code, Result};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const PUT: usize = 0;
const TAKEN: usize = 64;
const SLOTS: usize = 128;
const LENGTH_BYTES: usize = 8;

/// How large a queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Messages that wait at most.
    pub depth: u32,
    /// Bytes of the longest message.
    pub room: u32,
}

impl Shape {
    /// What the settings of the fabric say.
    pub fn current() -> Self {
        let limits = Limits::current();
        Self {
            depth: limits.queue_depth as u32,
            room: limits.message_bytes as u32,
        }
    }

    /// As one word of a message.
    pub fn encode(self) -> u64 {
        u64::from(self.depth) << 32 | u64::from(self.room)
    }

    /// `None` for what no owner says.
    pub fn decode(word: u64) -> Option<Self> {
        let shape = Self {
            depth: (word >> 32) as u32,
            room: word as u32,
        };
        let fits = (1..=1 << 16).contains(&shape.depth) && (1..=1 << 12).contains(&shape.room);
        fits.then_some(shape)
    }

    fn slot_size(self) -> usize {
        LENGTH_BYTES + (self.room as usize).next_multiple_of(LENGTH_BYTES)
    }

    fn slot(self, number: u64) -> usize {
        SLOTS + self.slot_size() * (number % u64::from(self.depth)) as usize
    }

    fn size(self) -> usize {
        SLOTS + self.slot_size() * self.depth as usize
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// The bytes that were sent.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The connector's end.
pub struct Producer {
    window: Arc<Mapping>,
    shape: Shape,
    put: u64,
}

impl Producer {
    /// Takes over the memory of a queue that the owner handed out.
    ///
    /// # Errors
    /// `CONNECTION_REFUSED` if it is none.
    pub fn new(descriptor: OwnedFd, shape: Shape) -> Result<Self> {
        let memory = SharedMemory::received(descriptor, 0, shape.size() as u64)?;
        Ok(Self {
            window: memory.whole()?,
            shape,
            put: 0,
        })
    }

    /// Puts a message in.
    ///
    /// # Errors
    /// `NOSPC` if the queue is full, `ILLEGAL_PARAMETER` for a message that has no room.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let (depth, room) = (u64::from(self.shape.depth), self.shape.room);
        if bytes.len() > room as usize {
            let limit = u64::from(room);
            return Err(reached(
                "limits.message_bytes",
                limit,
                Code::SCI_ERR_ILLEGAL_PARAMETER,
            ));
        }
        let taken = self.window.word(TAKEN).load(Ordering::Acquire);
        if self.put.wrapping_sub(taken) >= depth {
            report!(
                Debug,
                "{depth} messages wait in the data interrupt (limits.queue_depth in fabric.toml)"
            );
            return Err(Code::SCI_ERR_NOSPC);
        }
        let slot = self.shape.slot(self.put);
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
    shape: Shape,
    taken: u64,
}

impl Consumer {
    /// A new queue, and the descriptor for the producer.
    ///
    /// # Errors
    /// `NOSPC`, `API_NOSPC`.
    pub fn create(budget: &Arc<Budget>, shape: Shape) -> Result<(Self, OwnedFd)> {
        let memory = SharedMemory::create("sisci-data-interrupt", shape.size(), budget)?;
        let consumer = Self {
            window: memory.whole()?,
            shape,
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
        self.window.load(self.shape.slot(self.taken), &mut length);
        let length = u64::from_ne_bytes(length);
        if waiting > self.shape.depth.into() || length > self.shape.room.into() {
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
        let mut bytes = vec![0; length];
        self.window
            .load(self.shape.slot(self.taken) + LENGTH_BYTES, &mut bytes);
        self.taken += 1;
        self.window.word(TAKEN).store(self.taken, Ordering::Release);
        Ok(Some(Message(bytes)))
    }
}

/// A producer broke the rules of the queue; nothing in it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scribbled;

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { depth: 5, room: 37 };

    #[test]
    fn a_shape_survives_the_way_and_a_bad_one_is_refused() {
        assert_eq!(Shape::decode(SHAPE.encode()), Some(SHAPE));
        for bad in [0, 1, 1 << 32, u64::MAX, (1 << 32) + 4097] {
            assert_eq!(Shape::decode(bad), None);
        }
        let (_, mut producer) = pair();
        assert_eq!(
            producer.push(&[0; 38]),
            Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
        );
    }

    fn pair() -> (Consumer, Producer) {
        let (consumer, descriptor) = Consumer::create(&Budget::new(None), SHAPE).unwrap();
        (consumer, Producer::new(descriptor, SHAPE).unwrap())
    }

    #[test]
    fn messages_keep_order_and_boundaries_over_many_rounds() {
        let (mut consumer, mut producer) = pair();
        for round in 0..1000usize {
            let message = vec![round as u8; round % SHAPE.room as usize + 1];
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
        for _ in 0..SHAPE.depth {
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
        producer.window.store(SHAPE.slot(0), &[255; 8]);
        assert_eq!(consumer.next_length(), Err(Scribbled));
    }
}

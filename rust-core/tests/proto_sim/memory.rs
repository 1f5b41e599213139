//! A channel's memory: what its owner sees, and the peer's stores that are still on their way.
//!
//! A store becomes visible at any time up to its delay, payload in pieces of any size. Which of two stores comes
//! first is open, except where a barrier was between them, for two stores to the same place, and
//! for words in ordinary memory, whose stores have release order.

use crate::random::Random;
use ntb_core::proto::layout::RING;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// Size of each ring in bytes: the smallest, so that it is full now and then.
pub const RING_BYTES: u64 = 4096;

/// What lies between the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fabric {
    /// Memory of one machine: stores of words have release order, a fence empties the store buffer.
    Shared,
    /// A bridge behind write-combining buffers: only a flush orders, and a fence hastens nothing.
    Bridge,
}

/// Longest way of a store, in ns.
const DELAY: u64 = 1_000;
/// Longest way of a piece that DMA moves, in ns.
const DMA_DELAY: u64 = 30_000;

#[derive(Debug)]
struct Store {
    at: usize,
    bytes: Vec<u8>,
    /// Stores of a later epoch become visible after this one.
    epoch: u64,
    due: u64,
}

impl Store {
    fn overlaps(&self, other: &Self) -> bool {
        self.at < other.at + other.bytes.len() && other.at < self.at + self.bytes.len()
    }
}

/// One channel.
#[derive(Debug)]
pub struct Memory {
    fabric: Fabric,
    seen: RefCell<Vec<u8>>,
    under_way: RefCell<VecDeque<Store>>,
    dma: RefCell<Vec<Store>>,
    epoch: Cell<u64>,
    now: Cell<u64>,
    random: RefCell<Random>,
}

impl Memory {
    pub fn new(fabric: Fabric, random: Random) -> Self {
        Self {
            fabric,
            seen: RefCell::new(vec![0; RING + RING_BYTES as usize]),
            under_way: RefCell::default(),
            dma: RefCell::default(),
            epoch: Cell::new(0),
            now: Cell::new(0),
            random: RefCell::new(random),
        }
    }

    /// Time goes on: what is due becomes visible.
    pub fn advance(&self, now: u64) {
        self.now.set(now);
        let mut under_way = self.under_way.borrow_mut();
        while under_way.front().is_some_and(|store| store.due <= now) {
            self.show(under_way.pop_front().unwrap());
        }
        let mut dma = self.dma.borrow_mut();
        for store in std::mem::take(&mut *dma) {
            if store.due <= now {
                self.show(store);
            } else {
                dma.push(store);
            }
        }
    }

    /// When the next store is due.
    pub fn next_due(&self) -> Option<u64> {
        let (under_way, dma) = (self.under_way.borrow(), self.dma.borrow());
        let due = under_way.iter().chain(dma.iter()).map(|store| store.due);
        due.min()
    }

    /// Stores under way vanish: their source died.
    pub fn lose_some(&self) {
        let count = self.random.borrow_mut().below(8) as usize;
        let mut under_way = self.under_way.borrow_mut();
        let kept = under_way.len().saturating_sub(count);
        under_way.truncate(kept);
        self.dma.borrow_mut().clear();
    }

    /// Something that is under way may become visible.
    pub fn stir(&self) {
        let mut random = self.random.borrow_mut();
        while random.one_in(2) {
            let mut under_way = self.under_way.borrow_mut();
            let may_come = |index: usize| {
                let store = &under_way[index];
                let mut before = under_way.iter().take(index);
                before.all(|other| other.epoch == store.epoch && !other.overlaps(store))
            };
            let candidates: Vec<usize> = (0..under_way.len().min(12))
                .filter(|index| may_come(*index))
                .collect();
            if candidates.is_empty() {
                break;
            }
            let index = candidates[random.below(candidates.len() as u64) as usize];
            let store = under_way.remove(index).unwrap();
            self.show(store);
        }
        let mut dma = self.dma.borrow_mut();
        if !dma.is_empty() && random.one_in(8) {
            let index = random.below(dma.len() as u64) as usize;
            let store = dma.swap_remove(index);
            self.show(store);
        }
    }

    fn show(&self, store: Store) {
        let end = store.at + store.bytes.len();
        self.seen.borrow_mut()[store.at..end].copy_from_slice(&store.bytes);
    }

    /// The owner loads a word. Others may become visible before it.
    pub fn load(&self, at: usize) -> u64 {
        self.stir();
        let seen = self.seen.borrow();
        u64::from_le_bytes(seen[at..at + 8].try_into().unwrap())
    }

    /// The owner copies payload out.
    pub fn read(&self, at: usize, len: usize) -> Vec<u8> {
        self.stir();
        self.seen.borrow()[at..at + len].to_vec()
    }

    /// The peer stores a word: never seen in parts.
    pub fn store_word(&self, at: usize, word: u64) {
        if self.fabric == Fabric::Shared {
            self.next_epoch();
        }
        self.push(at, word.to_le_bytes().to_vec());
    }

    /// The peer stores payload, in pieces.
    pub fn write(&self, at: usize, bytes: &[u8]) {
        for (at, piece) in self.pieces(at, bytes) {
            self.push(at, piece);
        }
    }

    /// The peer's engine moves payload, in no order with anything else.
    pub fn write_by_dma(&self, at: usize, bytes: &[u8]) {
        for (at, bytes) in self.pieces(at, bytes) {
            let delay = self.random.borrow_mut().below(DMA_DELAY);
            let (epoch, due) = (0, self.now.get() + delay);
            let store = Store {
                at,
                bytes,
                epoch,
                due,
            };
            self.dma.borrow_mut().push(store);
        }
    }

    /// Whether the peer's engine is done.
    pub fn dma_is_done(&self) -> bool {
        self.dma.borrow().is_empty()
    }

    /// The peer empties its write-combining buffers.
    pub fn flush(&self) {
        if self.fabric == Fabric::Bridge {
            self.next_epoch();
        }
    }

    /// The peer makes a full fence.
    pub fn fence(&self) {
        if self.fabric == Fabric::Shared {
            for store in self.under_way.borrow_mut().drain(..) {
                self.show(store);
            }
        }
    }

    fn next_epoch(&self) {
        self.epoch.set(self.epoch.get() + 1);
    }

    fn push(&self, at: usize, bytes: Vec<u8>) {
        let (epoch, due) = (self.epoch.get(), self.now.get() + DELAY);
        let store = Store {
            at,
            bytes,
            epoch,
            due,
        };
        self.under_way.borrow_mut().push_back(store);
    }

    fn pieces(&self, at: usize, bytes: &[u8]) -> Vec<(usize, Vec<u8>)> {
        let mut pieces = Vec::new();
        let mut done = 0;
        while done < bytes.len() {
            let most = (bytes.len() - done) as u64;
            let len = 1 + self.random.borrow_mut().below(most.min(700)) as usize;
            pieces.push((at + done, bytes[done..done + len].to_vec()));
            done += len;
        }
        pieces
    }
}

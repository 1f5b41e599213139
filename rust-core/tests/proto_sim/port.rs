//! What one side does to the two memories, and how it may do it wrong.

use crate::memory::Memory;
use ntb_core::proto::layout::{
    CREDIT, LINE_CREDIT, LINE_END, LINE_LENGTH, LINES, RX_WAIT, TAIL, TAIL_CREDIT, TX_WAIT,
};
use ntb_core::proto::ring::Slot;
use ntb_core::proto::wake::NOBODY_WAITS;
use ntb_core::proto::words::{Incoming, Outgoing};
use std::cell::Cell;

/// A mistake that a driver or the protocol could make. The simulation has to find each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// No write-combining buffer is ever emptied.
    NoFlush,
    /// The end of the next line is loaded before the tail, not after it.
    LineBeforeTail,
    /// Nothing between the wait word and the second look.
    NoSettling,
    /// No second look after arming.
    NoSecondLook,
    /// No fence between an index and the look whether the peer sleeps.
    NoFence,
    /// Room is given back before its bytes were copied out.
    CreditBeforeCopy,
    /// A sender that waits is not rung for a credit.
    NoBellForCredit,
    /// DMA is taken for done as soon as it was started.
    DmaNotAwaited,
    /// A sleep has no end but a doorbell.
    NoRecheck,
}

/// One side's view of both channels.
pub struct Port<'a> {
    pub mine: &'a Memory,
    pub theirs: &'a Memory,
    pub mistake: Option<Mistake>,
    ends: Cell<Option<[u64; LINES]>>,
}

impl<'a> Port<'a> {
    pub fn new(mine: &'a Memory, theirs: &'a Memory, mistake: Option<Mistake>) -> Self {
        Self {
            mine,
            theirs,
            mistake,
            ends: Cell::new(None),
        }
    }

    pub fn fence(&self) {
        self.theirs.fence();
    }

    fn end_of(&self, slot: Slot) -> u64 {
        self.mine.load(slot.offset() + LINE_END)
    }
}

impl Incoming for Port<'_> {
    fn tail(&self) -> u64 {
        if self.mistake == Some(Mistake::LineBeforeTail) {
            let ends = std::array::from_fn(|line| self.end_of(Slot::of(line as u64)));
            self.ends.set(Some(ends));
        }
        self.mine.load(TAIL)
    }
    fn tail_credit(&self) -> u64 {
        self.mine.load(TAIL_CREDIT)
    }
    fn credit(&self) -> u64 {
        self.mine.load(CREDIT)
    }
    fn line_end(&self, slot: Slot) -> u64 {
        match self.ends.take() {
            Some(ends) => ends[slot.index()],
            None => self.end_of(slot),
        }
    }
    fn line_credit(&self, slot: Slot) -> u64 {
        self.mine.load(slot.offset() + LINE_CREDIT)
    }
    fn line_length(&self, slot: Slot) -> u64 {
        self.mine.load(slot.offset() + LINE_LENGTH)
    }
    fn rx_wait(&self) -> u64 {
        self.mine.load(RX_WAIT)
    }
    fn tx_wait(&self) -> u64 {
        match self.mistake {
            Some(Mistake::NoBellForCredit) => NOBODY_WAITS,
            _ => self.mine.load(TX_WAIT),
        }
    }
}

impl Outgoing for Port<'_> {
    fn set_tail(&self, position: u64) {
        self.theirs.store_word(TAIL, position);
    }
    fn set_tail_credit(&self, credit: u64) {
        self.theirs.store_word(TAIL_CREDIT, credit);
    }
    fn set_credit(&self, credit: u64) {
        self.theirs.store_word(CREDIT, credit);
    }
    fn set_line(&self, slot: Slot, credit: u64, length: u64) {
        self.theirs.store_word(slot.offset() + LINE_CREDIT, credit);
        self.theirs.store_word(slot.offset() + LINE_LENGTH, length);
    }
    fn set_line_end(&self, slot: Slot, end: u64) {
        self.theirs.store_word(slot.offset() + LINE_END, end);
    }
    fn set_rx_wait(&self, word: u64) {
        self.theirs.store_word(RX_WAIT, word);
    }
    fn set_tx_wait(&self, word: u64) {
        self.theirs.store_word(TX_WAIT, word);
    }
    fn flush(&self) {
        if self.mistake != Some(Mistake::NoFlush) {
            self.theirs.flush();
        }
    }
}

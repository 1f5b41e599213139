//! The way from this node to another: is it up, what happens to what goes over it.
//!
//! Every operation that would cross the bridge asks its route first.

use crate::Result;

/// What becomes of one transfer by a library call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFate {
    /// It arrives.
    Deliver,
    /// It vanishes; a check tells.
    Drop,
    /// It arrives with one byte changed; a check tells.
    Corrupt,
}

/// What becomes of one DMA transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmaFate {
    /// It runs.
    Run,
    /// It stays POSTED until it is aborted.
    Stick,
    /// It ends in ERROR after this share of its bytes, in percent.
    Fail(u8),
}

/// What becomes of one trigger of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerFate {
    /// It arrives.
    Deliver,
    /// It is lost.
    Lose,
    /// It arrives together with the next one.
    Merge,
}

/// The way to one node.
#[derive(Debug)]
pub struct Route {
    peer: u32,
}

impl Route {
    /// The way to `peer`.
    pub fn new(peer: u32) -> Self {
        Self { peer }
    }

    /// The node at its end.
    pub fn peer(&self) -> u32 {
        self.peer
    }

    /// Accepts a new connection or a trigger.
    ///
    /// # Errors
    /// `NO_LINK_ACCESS` with the own link down, `NO_REMOTE_LINK_ACCESS` with the peer's,
    /// `NODE_NOT_RESPONDING` for a node that is gone.
    pub fn check(&self) -> Result<()> {
        Ok(())
    }

    /// True while stores arrive.
    pub fn is_up(&self) -> bool {
        true
    }

    /// Decides about one transfer by a library call, and counts it.
    pub fn transfer(&self) -> TransferFate {
        TransferFate::Deliver
    }

    /// Decides about one DMA transfer, and counts it.
    pub fn dma(&self) -> DmaFate {
        DmaFate::Run
    }

    /// Decides about one trigger, and counts it.
    pub fn trigger(&self) -> TriggerFate {
        TriggerFate::Deliver
    }

    /// Errors on the way so far; a sequence compares the number with that at its start.
    pub fn errors(&self) -> u64 {
        0
    }
}

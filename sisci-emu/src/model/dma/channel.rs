//! Channels of the DMA engine that a program reserves.
//!
//! Every queue has a thread of its own here, so a channel makes nothing faster. It belongs to one
//! process of the node, or to those that share it.

use super::DmaQueue;
use crate::fabric::node::{Claim, Kind};
use crate::model::device::Device;
use crate::model::tables::DMA_CHANNELS;
use crate::runtime::log::report;
use crate::runtime::sync::{Lease, Use, Uses, lock};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_dma_type_t as Type;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex};

/// Channels of an adapter.
pub const CHANNELS: u32 = 4;
/// Stands for any channel.
const ANY: u32 = u32::MAX;

/// A reserved channel.
pub struct DmaChannel {
    adapter: u32,
    claim: Lease<Claim>,
    /// Queues that were assigned.
    queues: Arc<Uses>,
    /// Segments that were prepared, by the address of their handle.
    prepared: Mutex<HashMap<usize, Use>>,
    device: Lease,
}

impl DmaChannel {
    /// Reserves channel `id`, or any, and gives its handle.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a type or a channel that isn't there, `BUSY` if it is taken.
    pub fn request(
        device: &Device,
        adapter: u32,
        kind: Type,
        id: u32,
        shared: bool,
    ) -> Result<c::sci_dma_channel_t> {
        let known = Type::SCI_DMA_TYPE_DONTCARE.0..=Type::SCI_DMA_TYPE_TRANSPARENT.0;
        if !known.contains(&kind.0) || (id != ANY && id >= CHANNELS) {
            report!(Debug, "there is no DMA channel {id} of type {}", kind.0);
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let resource = device.resource()?;
        let member = device.member();
        let claim = |id| {
            let claim = if shared {
                let claimed = member.claim_shared(adapter, Kind::DmaChannel, Some(id));
                claimed.map(|(claim, _)| claim)
            } else {
                member.claim(adapter, Kind::DmaChannel, Some(id))
            };
            match claim {
                Err(Code::SCI_ERR_SEGMENTID_USED) => None,
                other => Some(other),
            }
        };
        let mut wanted = if id == ANY { 0..CHANNELS } else { id..id + 1 };
        let claim = wanted.find_map(claim).unwrap_or(Err(Code::SCI_ERR_BUSY))?;
        DMA_CHANNELS.insert(Arc::new(Self {
            adapter,
            claim: Lease::new(claim),
            queues: Arc::default(),
            prepared: Mutex::default(),
            device: Lease::new(resource),
        }))
    }

    /// Lets the transfers of a queue run by this channel.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a queue of another adapter; `ILLEGAL_OPERATION` while it works.
    pub fn assign(&self, queue: &DmaQueue) -> Result<()> {
        if queue.adapter() != self.adapter {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        queue.assign(self.queues.acquire()?)
    }

    /// Gives the channel back.
    ///
    /// # Errors
    /// `BUSY` while a queue is assigned.
    pub fn give_back(handle: *mut c::sci_dma_channel) -> Result<()> {
        let channel = DMA_CHANNELS.get(handle)?;
        channel.queues.close()?;
        DMA_CHANNELS.remove(handle);
        channel.release();
        Ok(())
    }

    /// The end of the library, or of the channel.
    pub fn release(&self) {
        lock(&self.prepared).clear();
        self.claim.end();
        self.device.end();
    }

    /// Keeps a segment ready for this channel. Again is the same as once.
    ///
    /// # Errors
    /// What `hold` says.
    pub fn prepare<T>(&self, segment: *mut T, hold: impl FnOnce() -> Result<Use>) -> Result<()> {
        let mut prepared = lock(&self.prepared);
        if let Entry::Vacant(place) = prepared.entry(segment.addr()) {
            place.insert(hold()?);
        }
        Ok(())
    }

    /// Ends [`DmaChannel::prepare`].
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if the segment wasn't prepared.
    pub fn unprepare<T>(&self, segment: *mut T) -> Result<()> {
        let held = lock(&self.prepared).remove(&segment.addr());
        held.map(drop).ok_or(Code::SCI_ERR_ILLEGAL_OPERATION)
    }
}

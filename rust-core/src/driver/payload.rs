//! How the bytes of a stream get into the peer's memory.
//!
//! Payload is stored through a pointer, except on an emulated fabric with a timing model: a model delays
//! what goes through the library and can't see stores by pointer, so there the library copies. The
//! words of the channel are stored by pointer in both cases. On hardware an index that is posted right
//! behind its payload arrives with it; here it is stored when the model says that the payload arrives.

use crate::proto::layout::{LINE_DATA, LINE_PAYLOAD, RING};
use crate::proto::ring::{Slot, Span};
use crate::proto::wire::Channel;
use crate::sisci::{RemoteMap, RemoteSegment};
use crate::window::RemoteChannel;
use std::sync::Arc;

/// The peer's channel as the library knows it: a place in a mapped segment.
#[derive(Debug)]
pub(crate) struct Window {
    map: Arc<RemoteMap>,
    /// Of the channel in the segment, in bytes.
    offset: u64,
}

impl Window {
    /// The place of a *checked* channel in the segment that `map` shows all of.
    pub(crate) fn new(map: &Arc<RemoteMap>, channel: &Channel) -> Self {
        Self {
            map: Arc::clone(map),
            offset: channel.offset,
        }
    }

    /// Copies `from` to `offset` of the channel by the library, which takes its time with it. False if
    /// the library refuses; on a link that is down the bytes vanish.
    pub(crate) fn write(&self, offset: usize, from: &[u8]) -> bool {
        let offset = self.offset + offset as u64;
        self.map.write(offset, from, None).is_ok()
    }

    /// The window, for checks of what is stored through it.
    pub(crate) fn map(&self) -> &Arc<RemoteMap> {
        &self.map
    }

    /// The segment and where a ring's byte lies in it, for DMA.
    pub(crate) fn ring_in_segment(&self, offset: usize) -> (&Arc<RemoteSegment>, u64) {
        (self.map.segment(), self.offset + (RING + offset) as u64)
    }
}

/// The way of an endpoint's payload.
#[derive(Debug)]
pub(crate) struct Payload {
    window: Window,
    /// Whether the library copies.
    paced: bool,
}

impl Payload {
    pub(crate) fn new(window: Window, paced: bool) -> Self {
        Self { window, paced }
    }

    /// Copies `from` into the ring of the peer's channel at `span`, which must be as long; false if the
    /// span is not inside the ring or the library refuses.
    #[inline]
    #[must_use]
    pub(crate) fn ring(&self, remote: &RemoteChannel, span: Span, from: &[u8]) -> bool {
        if !self.paced {
            return remote.copy_in(span, from);
        }
        span.len == from.len() && self.window.write(RING + span.offset, from)
    }

    /// Copies `from` into the line in `slot` of the peer's channel, whose words are not touched;
    /// false if a line has no room for it or the library refuses.
    #[inline]
    #[must_use]
    pub(crate) fn line(&self, remote: &RemoteChannel, slot: Slot, from: &[u8]) -> bool {
        if !self.paced {
            return remote.copy_in_line(slot, from);
        }
        from.len() <= LINE_PAYLOAD && self.window.write(slot.offset() + LINE_DATA, from)
    }

    /// The peer's channel as the library knows it.
    pub(crate) fn window(&self) -> &Window {
        &self.window
    }
}

//! What an actor owns.

use super::events::Events;
use sisci_sys::*;

/// A segment of its own.
pub struct Local {
    pub handle: sci_local_segment_t,
    pub map: Option<sci_map_t>,
    pub has_callback: bool,
}

/// A connection to somebody's segment.
pub struct Remote {
    pub handle: sci_remote_segment_t,
    pub has_callback: bool,
    /// The life of the process that owns the segment.
    pub owner: u32,
    pub map: Option<(sci_map_t, *mut u8)>,
    pub sequence: Option<sci_sequence_t>,
    /// An event said so.
    pub ended: bool,
}

/// A place that objects of one kind have one after the other.
pub struct Slot<T> {
    pub thing: Option<T>,
    pub events: &'static Events,
}

impl<T> Slot<T> {
    /// So many empty places.
    pub fn row(count: usize) -> Vec<Self> {
        let empty = || Self {
            thing: None,
            events: Events::new(),
        };
        std::iter::repeat_with(empty).take(count).collect()
    }
}

/// An interrupt of its own, with or without data.
pub struct Bell<H> {
    pub handle: H,
    pub has_callback: bool,
}

//! Which way a message takes into the peer's memory.

/// The ways, from the smallest messages to the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// In a line, position included: one place for the peer to look at instead of two.
    Inline,
    /// Copied into the ring by the processor.
    Eager,
    /// Moved into the ring by DMA from prepared memory.
    Bulk,
}

/// The sizes at which the way changes, in bytes; which they are depends on the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Largest message that goes inline.
    pub inline_max: usize,
    /// From this size on a message goes by DMA; `None`: never.
    pub bulk_from: Option<usize>,
}

impl Class {
    /// The way of a message of `bytes` bytes. `idle`: the peer has read all that was sent before.
    ///
    /// A line pays when the peer waits for just this message. In a stream of small messages it does
    /// not: bytes that follow each other in the ring share cache lines and one tail, and there
    /// are few lines.
    #[inline]
    pub fn choose(bytes: usize, idle: bool, thresholds: Thresholds) -> Self {
        if bytes <= thresholds.inline_max && idle {
            Self::Inline
        } else if thresholds.bulk_from.is_some_and(|from| bytes >= from) {
            Self::Bulk
        } else {
            Self::Eager
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_idle_is_inline_and_large_is_bulk() {
        let by = |bytes, idle, bulk_from| {
            let thresholds = Thresholds {
                inline_max: 56,
                bulk_from,
            };
            Class::choose(bytes, idle, thresholds)
        };
        assert_eq!(by(56, true, None), Class::Inline);
        assert_eq!(by(56, false, None), Class::Eager, "a stream");
        assert_eq!(by(57, true, None), Class::Eager);
        assert_eq!(by(4095, true, Some(4096)), Class::Eager);
        assert_eq!(by(4096, true, Some(4096)), Class::Bulk);
        assert_eq!(by(usize::MAX, true, None), Class::Eager);
    }
}

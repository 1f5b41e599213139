//! Which parts of a segment are free: first fit over sorted extents, neighbours joined.
//!
//! A process has a few hundred channels at most times and they are made and given back rarely;
//! the cost is a walk over the free extents.

use std::collections::BTreeMap;

/// Everything is a multiple of this many bytes.
pub(super) const PAGE: u64 = 4096;

/// Free extents of a segment: offset → length, in bytes.
#[derive(Debug)]
pub(super) struct Extents(BTreeMap<u64, u64>);

impl Extents {
    /// A segment of `bytes` bytes, all free.
    pub(super) fn new(bytes: u64) -> Self {
        Self(BTreeMap::from([(0, bytes - bytes % PAGE)]))
    }

    /// The offset of `bytes` bytes (a multiple of [`PAGE`]) that are not free any more.
    pub(super) fn take(&mut self, bytes: u64) -> Option<u64> {
        let (&offset, &len) = self.0.iter().find(|(_, len)| **len >= bytes)?;
        self.0.remove(&offset);
        if len > bytes {
            self.0.insert(offset + bytes, len - bytes);
        }
        Some(offset)
    }

    /// Takes back what [`Self::take`] gave.
    pub(super) fn give(&mut self, offset: u64, bytes: u64) {
        let (mut start, mut len) = (offset, bytes);
        if let Some((&before, &before_len)) = self.0.range(..offset).next_back()
            && before + before_len == offset
        {
            self.0.remove(&before);
            (start, len) = (before, before_len + len);
        }
        if let Some(after_len) = self.0.remove(&(offset + bytes)) {
            len += after_len;
        }
        self.0.insert(start, len);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is taken and given back: extents never overlap, and in the end everything is
        /// one free piece again.
        #[test]
        fn nothing_overlaps_and_everything_comes_back(
            ops in prop::collection::vec((1u64..20, any::<prop::sample::Index>(), any::<bool>()), 1..200)
        ) {
            let total = 64 * PAGE;
            let mut extents = Extents::new(total + 5);
            let mut taken: Vec<(u64, u64)> = Vec::new();
            for (pages, which, give) in ops {
                if give && !taken.is_empty() {
                    let (offset, bytes) = taken.swap_remove(which.index(taken.len()));
                    extents.give(offset, bytes);
                } else if let Some(offset) = extents.take(pages * PAGE) {
                    let bytes = pages * PAGE;
                    prop_assert!(offset + bytes <= total && offset % PAGE == 0);
                    for &(other, len) in &taken {
                        prop_assert!(offset + bytes <= other || other + len <= offset);
                    }
                    taken.push((offset, bytes));
                }
            }
            for (offset, bytes) in taken {
                extents.give(offset, bytes);
            }
            prop_assert_eq!(extents.take(total), Some(0));
        }
    }
}

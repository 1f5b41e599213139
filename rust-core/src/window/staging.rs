//! Memory of ours that DMA takes from or stores into.

use super::Memory;

/// A local segment as plain bytes, copied in and out.
#[derive(Debug)]
pub struct Staging(Memory);

impl Staging {
    /// The bytes of `memory`, which must be that of a local segment: of a remote one they could
    /// be read here as well, at the price of a round trip each.
    pub fn new(memory: Memory) -> Self {
        Self(memory)
    }

    /// Copies `from` to `offset`; false (and nothing copied) if it does not fit there.
    #[must_use]
    pub fn copy_in(&self, offset: u64, from: &[u8]) -> bool {
        let Some(to) = self.0.bytes_at(offset, from.len()) else {
            return false;
        };
        // SAFETY: `bytes_at` checked that `from.len()` bytes from there are inside the mapped
        // memory; `from` is a distinct Rust buffer. On concurrent stores see the module text.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        true
    }

    /// Copies from `offset` to `to`; false (and nothing copied) if there are fewer bytes.
    #[must_use]
    pub fn copy_out(&self, offset: u64, to: &mut [u8]) -> bool {
        let Some(from) = self.0.bytes_at(offset, to.len()) else {
            return false;
        };
        // SAFETY: as for `copy_in`.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::NonNull;
    use std::sync::Arc;

    #[repr(align(128))]
    struct Lines([u8; 256]);

    #[test]
    fn copies_stay_inside() {
        let mut lines = Box::new(Lines([0; 256]));
        let base = NonNull::from(&mut lines.0).cast();
        // SAFETY: aligned memory of 256 bytes that outlives the staging.
        let staging = Staging::new(unsafe { Memory::new(base, 256, Arc::new(())) });
        assert!(staging.copy_in(253, b"end"));
        let mut back = [0; 3];
        assert!(staging.copy_out(253, &mut back));
        assert_eq!(&back, b"end");
        for offset in [254, 256, u64::MAX] {
            assert!(!staging.copy_in(offset, b"end"), "{offset}");
            assert!(!staging.copy_out(offset, &mut back), "{offset}");
        }
        assert!(staging.copy_in(256, b""));
        drop(staging);
        assert_eq!(&lines.0[253..], b"end");
    }
}

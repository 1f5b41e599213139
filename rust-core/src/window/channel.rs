//! A channel in memory, seen from its owner and from its peer.

use crate::proto::layout::{self, RING};
use crate::proto::ring::Span;
use std::any::Any;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A mapped piece of memory and whatever keeps it mapped.
#[derive(Clone)]
pub struct Memory {
    base: NonNull<u8>,
    bytes: usize,
    // Dropped with the last channel: unmaps the segment.
    _owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: `base` is only dereferenced by the accessors below, which use atomics for words and
// byte copies for payload; any thread may do both. The owner that keeps it mapped is Send + Sync.
unsafe impl Send for Memory {}
// SAFETY: as for Send; no accessor hands out a reference into the memory.
unsafe impl Sync for Memory {}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} bytes)", self.bytes)
    }
}

impl Memory {
    /// Memory of `bytes` bytes at `base`, mapped as long as `owner` lives.
    ///
    /// # Safety
    /// `base` must be aligned to 128 bytes and valid for reads (local memory) or writes (remote
    /// and local memory) of `bytes` bytes until the last clone of `owner` is dropped.
    pub unsafe fn new(base: NonNull<u8>, bytes: usize, owner: Arc<dyn Any + Send + Sync>) -> Self {
        Self {
            base,
            bytes,
            _owner: owner,
        }
    }

    /// The part of `bytes` bytes at `offset`; `None` if it does not lie inside or is not aligned
    /// to a line.
    pub fn part(&self, offset: u64, bytes: u64) -> Option<Self> {
        let (offset, bytes) = (usize::try_from(offset).ok()?, usize::try_from(bytes).ok()?);
        let end = offset.checked_add(bytes)?;
        if end > self.bytes || !offset.is_multiple_of(layout::LINE) {
            return None;
        }
        // SAFETY: `offset <= end <= self.bytes`, so the result stays in (or one past) the memory
        // that `new` was promised.
        let base = unsafe { self.base.add(offset) };
        Some(Self {
            base,
            bytes,
            _owner: Arc::clone(&self._owner),
        })
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(
            offset + 8 <= self.bytes && offset.is_multiple_of(8),
            "not a word of the channel"
        );
        #[allow(
            clippy::cast_ptr_alignment,
            reason = "`base` is 128-byte aligned, `offset` by 8"
        )]
        let word = self.base.as_ptr().wrapping_add(offset).cast::<AtomicU64>();
        // SAFETY: inside the memory by the assertion; `base` is 128-byte aligned by `new` and
        // `part` and `offset` by 8, so the word is aligned; an atomic may be shared and its
        // lifetime is that of `self`, which keeps the memory mapped.
        unsafe { &*word }
    }

    /// Where `len` bytes from `offset` on lie, if they lie inside the memory.
    pub(super) fn bytes_at(&self, offset: u64, len: usize) -> Option<*mut u8> {
        let start = usize::try_from(offset).ok()?;
        let inside = start.checked_add(len)? <= self.bytes;
        inside.then(|| self.base.as_ptr().wrapping_add(start))
    }

    /// Where ring bytes of `span` lie, if they lie inside the memory.
    fn ring(&self, span: Span, len: usize) -> Option<*mut u8> {
        let start = RING.checked_add(span.offset)?;
        let inside = span.len == len && start.checked_add(len)? <= self.bytes;
        inside.then(|| self.base.as_ptr().wrapping_add(start))
    }
}

/// Our end of a channel: memory that we export and the peer writes into.
#[derive(Debug)]
pub struct LocalChannel(Memory);

impl LocalChannel {
    /// The channel at `memory`, its control block set to zero: nothing sent, peer asleep.
    /// Must happen before the peer learns of the channel.
    pub fn new(memory: Memory) -> Self {
        let channel = Self(memory);
        for offset in [
            layout::TAIL,
            layout::CREDIT,
            layout::RX_WAIT,
            layout::TX_WAIT,
        ] {
            channel.0.word(offset).store(0, Ordering::Release);
        }
        channel
    }

    /// Bytes that the peer claims to have written.
    #[inline]
    pub fn tail(&self) -> u64 {
        self.load(layout::TAIL)
    }

    /// Position up to which the peer claims that we may write.
    #[inline]
    pub fn credit(&self) -> u64 {
        self.load(layout::CREDIT)
    }

    /// The peer's receiver asks to be woken once our tail is above this.
    #[inline]
    pub fn rx_wait(&self) -> u64 {
        self.load(layout::RX_WAIT)
    }

    /// The peer's sender asks to be woken once our credit is above this.
    #[inline]
    pub fn tx_wait(&self) -> u64 {
        self.load(layout::TX_WAIT)
    }

    /// Copies the bytes of `span` to `to`, which must be as long; false (and nothing copied) if
    /// the span is not inside the ring.
    #[inline]
    #[must_use]
    pub fn copy_out(&self, span: Span, to: &mut [u8]) -> bool {
        let Some(from) = self.0.ring(span, to.len()) else {
            return false;
        };
        // SAFETY: `ring` checked that `to.len()` bytes from there are inside the mapped memory;
        // `to` is a distinct Rust buffer. On a concurrent store by the peer see the module text.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
        true
    }

    #[inline]
    fn load(&self, offset: usize) -> u64 {
        u64::from_le(self.0.word(offset).load(Ordering::Acquire))
    }
}

/// The peer's end of a channel: memory behind the bridge, written and never read.
#[derive(Debug)]
pub struct RemoteChannel(Memory);

impl RemoteChannel {
    /// The peer's channel at `memory`.
    pub fn new(memory: Memory) -> Self {
        Self(memory)
    }

    /// Stores the number of bytes written so far.
    #[inline]
    pub fn set_tail(&self, position: u64) {
        self.store(layout::TAIL, position);
    }

    /// Stores the position up to which the peer may write.
    #[inline]
    pub fn set_credit(&self, position: u64) {
        self.store(layout::CREDIT, position);
    }

    /// Stores our receiver's wait word.
    #[inline]
    pub fn set_rx_wait(&self, word: u64) {
        self.store(layout::RX_WAIT, word);
    }

    /// Stores our sender's wait word.
    #[inline]
    pub fn set_tx_wait(&self, word: u64) {
        self.store(layout::TX_WAIT, word);
    }

    /// Copies `from` into the ring at `span`, which must be as long; false (and nothing written)
    /// if the span is not inside the ring.
    #[inline]
    #[must_use]
    pub fn copy_in(&self, span: Span, from: &[u8]) -> bool {
        let Some(to) = self.0.ring(span, from.len()) else {
            return false;
        };
        // SAFETY: `ring` checked that `from.len()` bytes from there are inside the mapped window;
        // `from` is a distinct Rust buffer.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        true
    }

    #[inline]
    fn store(&self, offset: usize, value: u64) {
        self.0.word(offset).store(value.to_le(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory on the heap, aligned as a segment is.
    fn memory(bytes: usize) -> Memory {
        #[repr(C, align(4096))]
        struct Page([u8; 4096]);
        let pages: Vec<Page> = (0..bytes.div_ceil(4096)).map(|_| Page([0; 4096])).collect();
        let base = NonNull::new(pages.as_ptr().cast_mut().cast()).unwrap();
        // SAFETY: the vector is page-aligned, `bytes` long, and owned by the returned value.
        unsafe { Memory::new(base, bytes, Arc::new(pages) as Arc<dyn Any + Send + Sync>) }
    }

    #[test]
    fn words_and_payload_arrive() {
        let memory = memory(8192);
        let (local, remote) = (
            LocalChannel::new(memory.clone()),
            RemoteChannel::new(memory),
        );
        let span = Span {
            offset: 4090,
            len: 6,
        };
        assert!(remote.copy_in(span, b"abcdef"));
        remote.set_tail(4096);
        remote.set_rx_wait(17);
        let mut out = [0; 6];
        assert!(local.copy_out(span, &mut out));
        assert_eq!((&out, local.tail(), local.rx_wait()), (b"abcdef", 4096, 17));
    }

    #[test]
    fn nothing_is_touched_outside() {
        let memory = memory(8192);
        assert!(memory.part(4096, 4097).is_none());
        assert!(memory.part(u64::MAX, 2).is_none());
        let remote = RemoteChannel::new(memory);
        assert!(!remote.copy_in(
            Span {
                offset: 4095,
                len: 2
            },
            b"ab"
        ));
        assert!(
            !remote.copy_in(Span { offset: 0, len: 3 }, b"ab"),
            "length differs from span"
        );
    }
}

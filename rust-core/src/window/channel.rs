//! A channel in memory, seen from its owner and from its peer.

use super::Barriers;
use crate::proto::layout::{self, RING};
use crate::proto::ring::{Slot, Span};
use crate::proto::words::{Incoming, Outgoing};
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
// byte copies for payload; any thread may do both. `place` gives an address away, and says what it is
// good for. The owner that keeps it mapped is Send + Sync.
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
    #[inline]
    fn ring(&self, span: Span, len: usize) -> Option<*mut u8> {
        let start = RING.checked_add(span.offset)?;
        let inside = span.len == len && start.checked_add(len)? <= self.bytes;
        inside.then(|| self.base.as_ptr().wrapping_add(start))
    }

    /// Where `len` payload bytes of a line from byte `from` on lie, if they lie inside the line and
    /// the memory.
    #[inline]
    fn line(&self, slot: Slot, from: usize, len: usize) -> Option<*mut u8> {
        if from.checked_add(len)? > layout::LINE_PAYLOAD {
            return None;
        }
        let start = slot.offset() + layout::LINE_DATA + from;
        let inside = start + len <= self.bytes;
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
        // All of the control block: the ring's bytes need no clearing, nobody reads them before a
        // word says that they have come.
        for offset in (0..RING).step_by(8) {
            channel.0.word(offset).store(0, Ordering::Release);
        }
        channel
    }

    /// The data interrupt that the peer claims to sleep on: 1 plus its number, or 0.
    pub fn bell(&self) -> u64 {
        self.load(layout::BELL)
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

    /// Where the bytes of `span` lie, for as long as this channel lives; `None` if the span is not inside
    /// the ring. For those who give the address to the kernel: what is there, the peer can change.
    #[inline]
    pub fn place(&self, span: Span) -> Option<NonNull<u8>> {
        self.0.ring(span, span.len).and_then(NonNull::new)
    }

    /// Copies payload of the line in `slot` from byte `from` on to `to`; false (and nothing copied)
    /// if a line has fewer bytes.
    #[inline]
    #[must_use]
    pub fn copy_out_line(&self, slot: Slot, from: usize, to: &mut [u8]) -> bool {
        let Some(from) = self.0.line(slot, from, to.len()) else {
            return false;
        };
        // SAFETY: `line` checked that `to.len()` bytes from there are inside the mapped memory;
        // `to` is a distinct Rust buffer. On a concurrent store by the peer see the module text.
        unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
        true
    }

    #[inline]
    fn load(&self, offset: usize) -> u64 {
        u64::from_le(self.0.word(offset).load(Ordering::Acquire))
    }
}

impl Incoming for LocalChannel {
    #[inline]
    fn tail(&self) -> u64 {
        self.load(layout::TAIL)
    }

    #[inline]
    fn tail_credit(&self) -> u64 {
        self.load(layout::TAIL_CREDIT)
    }

    #[inline]
    fn credit(&self) -> u64 {
        self.load(layout::CREDIT)
    }

    #[inline]
    fn line_end(&self, slot: Slot) -> u64 {
        self.load(slot.offset() + layout::LINE_END)
    }

    #[inline]
    fn line_credit(&self, slot: Slot) -> u64 {
        self.load(slot.offset() + layout::LINE_CREDIT)
    }

    #[inline]
    fn line_length(&self, slot: Slot) -> u64 {
        self.load(slot.offset() + layout::LINE_LENGTH)
    }

    #[inline]
    fn rx_wait(&self) -> u64 {
        self.load(layout::RX_WAIT)
    }

    #[inline]
    fn tx_wait(&self) -> u64 {
        self.load(layout::TX_WAIT)
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

    /// The words of the channel, ordered by `barriers`.
    #[inline]
    pub fn words<'a>(&'a self, barriers: &'a Barriers) -> RemoteWords<'a> {
        RemoteWords {
            channel: self,
            barriers,
        }
    }

    /// Stores 1 plus the number of the data interrupt that we sleep on.
    pub fn set_bell(&self, word: u64) {
        self.store(layout::BELL, word);
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

    /// Copies `from` to the begin of the payload of the line in `slot`; false (and nothing written)
    /// if a line has no room for it.
    #[inline]
    #[must_use]
    pub fn copy_in_line(&self, slot: Slot, from: &[u8]) -> bool {
        let Some(to) = self.0.line(slot, 0, from.len()) else {
            return false;
        };
        // SAFETY: `line` checked that `from.len()` bytes from there are inside the mapped window;
        // `from` is a distinct Rust buffer.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        true
    }

    #[inline]
    fn store(&self, offset: usize, value: u64) {
        self.0.word(offset).store(value.to_le(), Ordering::Release);
    }
}

/// The words of the peer's channel, for writing.
#[derive(Debug, Clone, Copy)]
pub struct RemoteWords<'a> {
    channel: &'a RemoteChannel,
    barriers: &'a Barriers,
}

impl Outgoing for RemoteWords<'_> {
    #[inline]
    fn set_tail(&self, position: u64) {
        self.channel.store(layout::TAIL, position);
    }

    #[inline]
    fn set_tail_credit(&self, credit: u64) {
        self.channel.store(layout::TAIL_CREDIT, credit);
    }

    #[inline]
    fn set_credit(&self, credit: u64) {
        self.channel.store(layout::CREDIT, credit);
    }

    #[inline]
    fn set_line(&self, slot: Slot, credit: u64, length: u64) {
        let line = slot.offset();
        self.channel.store(line + layout::LINE_CREDIT, credit);
        self.channel.store(line + layout::LINE_LENGTH, length);
    }

    #[inline]
    fn set_line_end(&self, slot: Slot, end: u64) {
        self.channel.store(slot.offset() + layout::LINE_END, end);
    }

    #[inline]
    fn set_rx_wait(&self, word: u64) {
        self.channel.store(layout::RX_WAIT, word);
    }

    #[inline]
    fn set_tx_wait(&self, word: u64) {
        self.channel.store(layout::TX_WAIT, word);
    }

    #[inline]
    fn flush(&self) {
        self.barriers.flush();
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
        let barriers = Barriers::new(None);
        let words = remote.words(&barriers);
        words.set_tail_credit(18);
        words.set_tail(4096);
        words.set_rx_wait(17);
        let mut out = [0; 6];
        assert!(local.copy_out(span, &mut out));
        assert_eq!((&out, local.tail(), local.rx_wait()), (b"abcdef", 4096, 17));
        assert_eq!((local.tail_credit(), local.credit()), (18, 0));
    }

    #[test]
    fn lines_arrive_and_stay_in_their_slots() {
        let memory = memory(8192);
        let (local, remote) = (
            LocalChannel::new(memory.clone()),
            RemoteChannel::new(memory),
        );
        let barriers = Barriers::new(None);
        let words = remote.words(&barriers);
        let (slot, other) = (Slot::of(7), Slot::of(8));
        assert!(remote.copy_in_line(slot, b"abcdef"));
        words.set_line(slot, 5, 6);
        words.set_line_end(slot, 4);
        let mut out = [0; 3];
        assert!(local.copy_out_line(slot, 2, &mut out));
        assert_eq!(&out, b"cde");
        let line = |slot| {
            let words = (local.line_end(slot), local.line_credit(slot));
            (words, local.line_length(slot))
        };
        assert_eq!(line(slot), ((4, 5), 6));
        assert_eq!(line(other), ((0, 0), 0));
        assert!(!remote.copy_in_line(slot, &[0; layout::LINE_PAYLOAD + 1]));
        assert!(!local.copy_out_line(slot, layout::LINE_PAYLOAD - 2, &mut out));
        assert!(!local.copy_out_line(slot, usize::MAX, &mut out));
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

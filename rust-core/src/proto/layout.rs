//! Where the words of a channel lie.
//!
//! A *channel* is one side's memory of a connection: a control block, then the ring into which
//! the peer writes its stream. Everything in it is written by the peer and read by its owner.
//! All words are 64-bit little-endian. What is written together lies together in a piece of 128 bytes
//! and nothing else does, so that no two writers and no spinning reader share one (adjacent-line
//! prefetch included).
//!
//! | offset | word      | written by            | meaning                                          |
//! |-------:|-----------|-----------------------|--------------------------------------------------|
//! | 0      | `TAIL`    | the peer's producer   | bytes written into this ring since the start     |
//! | 8      | `TAIL_CREDIT` | the peer's producer | as `CREDIT`, stored along with the tail       |
//! | 128    | `CREDIT`  | the peer's consumer   | position up to which the owner may write         |
//! | 256    | `RX_WAIT` | the peer's consumer   | ring its doorbell once the owner's tail is above |
//! | 384    | `TX_WAIT` | the peer's producer   | ring its doorbell once the owner's credit is above |
//! | 512    | `BELL`    | the peer's owner      | 1 + number of the data interrupt that it sleeps on |
//! | 1024   | lines     | the peer's producer   | 8 lines of 128 bytes, see below                  |
//! | 4096   | ring      | the peer's producer   | payload                                          |
//!
//! A line holds its end ([`LINE_END`]), a credit ([`LINE_CREDIT`]), its length ([`LINE_LENGTH`]) and
//! payload ([`LINE_DATA`]). The words come first, so that a short one touches one cache line of 64
//! bytes only.
//!
//! The ring starts on a page, as DMA engines want it. Both wait words hold
//! [`super::wake::NOBODY_WAITS`] when nobody sleeps; zero-filled memory means "wake me for the
//! first byte", the right state for a fresh connection whose owner sleeps in `epoll_wait`.

/// Offset of the tail word, in bytes.
pub const TAIL: usize = 0;
/// Offset of the credit that is stored along with the tail, in bytes.
pub const TAIL_CREDIT: usize = 8;
/// Offset of the credit word, in bytes.
pub const CREDIT: usize = 128;
/// Offset of the word by which the peer's receiver asks to be woken, in bytes.
pub const RX_WAIT: usize = 256;
/// Offset of the word by which the peer's blocked sender asks to be woken, in bytes.
pub const TX_WAIT: usize = 384;
/// Offset of the word that names the data interrupt on which the peer's blocking calls sleep: its
/// number plus one, 0 as long as there is none. Stored before the first wait word that refers to it.
pub const BELL: usize = 512;
/// Offset of the first line, in bytes.
pub const LINES_AT: usize = 1024;
/// Number of lines.
pub const LINES: usize = 8;
/// Offset of the position after a line's last byte, in the line, in bytes.
pub const LINE_END: usize = 0;
/// Offset of the credit in a line, in bytes.
pub const LINE_CREDIT: usize = 8;
/// Offset of the number of payload bytes in a line, in bytes.
pub const LINE_LENGTH: usize = 16;
/// Offset of the payload in a line, in bytes.
pub const LINE_DATA: usize = 24;
/// Bytes of payload that a line holds at most.
pub const LINE_PAYLOAD: usize = LINE - LINE_DATA;
/// Offset of the ring and size of the control block, in bytes.
pub const RING: usize = 4096;
/// Size of a line that one writer owns, in bytes.
pub const LINE: usize = 128;

/// Smallest ring, in bytes.
pub const RING_MIN: u64 = 4096;
/// Largest ring, in bytes.
pub const RING_MAX: u64 = 256 << 20;

/// Bytes that a channel with a ring of `ring` bytes takes.
pub const fn channel_bytes(ring: u64) -> u64 {
    RING as u64 + ring
}

/// The ring size for `num` buffers of `size` bytes: their product, rounded up to a power of two
/// and clipped to [`RING_MIN`]..=[`RING_MAX`].
pub fn ring_bytes(size: u64, num: u64) -> u64 {
    size.saturating_mul(num)
        .clamp(RING_MIN, RING_MAX)
        .next_power_of_two()
}

const _: () = {
    assert!(TAIL.is_multiple_of(LINE) && CREDIT.is_multiple_of(LINE));
    assert!(RX_WAIT.is_multiple_of(LINE) && TX_WAIT.is_multiple_of(LINE));
    assert!(BELL.is_multiple_of(LINE) && BELL + LINE <= LINES_AT);
    assert!(LINES_AT.is_multiple_of(LINE) && LINES_AT + LINES * LINE <= RING);
    assert!(RING_MAX.is_power_of_two() && RING_MIN.is_power_of_two());
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ring_sizes_are_powers_of_two_within_limits() {
        assert_eq!(ring_bytes(65536, 16), 1 << 20);
        assert_eq!(ring_bytes(8192, 70), 1 << 20);
        assert_eq!(ring_bytes(0, 0), RING_MIN);
        assert_eq!(ring_bytes(u64::MAX, 3), RING_MAX);
    }
}

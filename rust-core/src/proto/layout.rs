//! Where the words of a channel lie.
//!
//! A *channel* is one side's memory of a connection: a control block, then the ring into which
//! the peer writes its stream. Everything in it is written by the peer and read by its owner.
//! All words are 64-bit little-endian, each alone in a 128-byte line, so that no two writers and
//! no spinning reader share a line (adjacent-line prefetch included).
//!
//! | offset | word      | written by            | meaning                                          |
//! |-------:|-----------|-----------------------|--------------------------------------------------|
//! | 0      | `TAIL`    | the peer's producer   | bytes written into this ring since the start     |
//! | 128    | `CREDIT`  | the peer's consumer   | position up to which the owner may write         |
//! | 256    | `RX_WAIT` | the peer's consumer   | ring its doorbell once the owner's tail is above |
//! | 384    | `TX_WAIT` | the peer's producer   | ring its doorbell once the owner's credit is above |
//! | 4096   | ring      | the peer's producer   | payload                                          |
//!
//! The ring starts on a page, as DMA engines want it. Both wait words hold
//! [`super::wake::NOBODY_WAITS`] when nobody sleeps; zero-filled memory means "wake me for the
//! first byte", the right state for a fresh connection whose owner sleeps in `epoll_wait`.

/// Offset of the tail word, in bytes.
pub const TAIL: usize = 0;
/// Offset of the credit word, in bytes.
pub const CREDIT: usize = 128;
/// Offset of the word by which the peer's receiver asks to be woken, in bytes.
pub const RX_WAIT: usize = 256;
/// Offset of the word by which the peer's blocked sender asks to be woken, in bytes.
pub const TX_WAIT: usize = 384;
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
    assert!(TX_WAIT + LINE <= RING && RING_MAX.is_power_of_two() && RING_MIN.is_power_of_two());
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

    /// The table in `docs/protocol.md` is the public promise; it must not drift from the code.
    #[test]
    fn the_document_shows_the_same_offsets() {
        let document = include_str!("../../../docs/protocol.md");
        for (name, offset) in [
            ("TAIL", TAIL),
            ("CREDIT", CREDIT),
            ("RX_WAIT", RX_WAIT),
            ("TX_WAIT", TX_WAIT),
        ] {
            let found = document.lines().any(|line| {
                let mut cells = line.split('|').map(str::trim).skip(1);
                cells.next() == Some(&format!("{offset}")[..])
                    && cells.next() == Some(&format!("`{name}`")[..])
            });
            assert!(
                found,
                "docs/protocol.md lacks the row for {name} at offset {offset}"
            );
        }
    }
}

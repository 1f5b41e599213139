//! What is in the messages, and how much of it is looked at.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// Bytes of a cache line.
const LINE: usize = 64;

/// A prime, so that the pattern's period divides no message or ring size.
const PATTERN: usize = 65_521;

/// How much of each message is written before it is sent and checked after it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// First and last byte.
    Ends,
    /// One word of every cache line: the sender has produced, the receiver has consumed the data.
    Lines,
    /// Every byte.
    All,
}

impl Check {
    /// Writes message `number` into `message`, as far as this check goes.
    #[inline]
    pub fn fill(self, message: &mut [u8], number: u64) {
        match self {
            Self::Ends => {
                let [low, ..] = number.to_le_bytes();
                if let Some(first) = message.first_mut() {
                    *first = low;
                }
                if let Some(last) = message.last_mut() {
                    *last = low;
                }
            }
            Self::Lines => {
                let word = number.to_le_bytes();
                for line in message.chunks_mut(LINE) {
                    let len = line.len().min(word.len());
                    line[..len].copy_from_slice(&word[..len]);
                }
            }
            Self::All => {
                let mut at = 0;
                while at < message.len() {
                    let part = pattern(number, at);
                    let len = part.len().min(message.len() - at);
                    message[at..at + len].copy_from_slice(&part[..len]);
                    at += len;
                }
            }
        }
    }

    /// Whether `chunk`, found at `offset` of message `number` of `size` bytes, is what
    /// [`Self::fill`] wrote there.
    #[inline]
    pub fn holds(self, chunk: &[u8], offset: usize, size: usize, number: u64) -> bool {
        match self {
            Self::Ends => {
                let [low, ..] = number.to_le_bytes();
                let first = offset > 0 || chunk.first() == Some(&low);
                let last = offset + chunk.len() < size || chunk.last() == Some(&low);
                first && last
            }
            Self::Lines => {
                let skip = offset.next_multiple_of(LINE) - offset;
                let lines = chunk.get(skip..).unwrap_or_default().chunks(LINE);
                // One sum, no branch a line: this is a consumer that reads, not one that decides.
                let wrong = lines.fold(0, |wrong, line| match line.first_chunk::<8>() {
                    Some(word) => wrong | (u64::from_le_bytes(*word) ^ number),
                    None => wrong,
                });
                wrong == 0
            }
            Self::All => {
                let mut at = 0;
                while at < chunk.len() {
                    let part = pattern(number, offset + at);
                    let len = part.len().min(chunk.len() - at);
                    if chunk[at..at + len] != part[..len] {
                        return false;
                    }
                    at += len;
                }
                true
            }
        }
    }
}

/// The bytes of message `number` from `offset` on, up to the end of the period.
fn pattern(number: u64, offset: usize) -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[4]
        };
        (0..PATTERN).map(|_| next()).collect()
    });
    let start = (number % PATTERN as u64) as usize * 31 + offset;
    &bytes[start % PATTERN..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: [Check; 3] = [Check::Ends, Check::Lines, Check::All];

    #[test]
    fn what_was_filled_holds_in_any_pieces() {
        for check in CHECKS {
            for size in [1, 7, 8, 63, 64, 65, 4096, 200_000] {
                let mut message = vec![0; size];
                for number in [0, 1, 255, 70_000] {
                    check.fill(&mut message, number);
                    for step in [1, 50, 64, 1000, size] {
                        let mut at = 0;
                        while at < size {
                            let end = size.min(at + step);
                            let holds = check.holds(&message[at..end], at, size, number);
                            assert!(holds, "{check:?} {size} {number} {at}..{end}");
                            at = end;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn another_message_and_a_wrong_byte_are_found() {
        for check in CHECKS {
            let mut message = vec![0; 4096];
            check.fill(&mut message, 3);
            assert!(!check.holds(&message, 0, 4096, 4), "{check:?}");
            message[4095 * usize::from(check == Check::Ends)] ^= 0x40;
            assert!(!check.holds(&message, 0, 4096, 3), "{check:?}");
        }
        let mut message = vec![0; 100_000];
        Check::All.fill(&mut message, 9);
        message[77_777] ^= 1;
        assert!(!Check::All.holds(&message, 0, 100_000, 9));
    }
}

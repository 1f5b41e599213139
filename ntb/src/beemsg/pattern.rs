//! What is in the chunks: bytes that depend on the file and on their place in it, so that lost,
//! repeated and exchanged blocks are noticed.

/// Bytes of a word of the pattern.
const WORD: usize = 8;

/// The contents of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    seed: u64,
}

impl Pattern {
    /// The pattern of a file of a run.
    pub fn new(run: u64, file: u64) -> Self {
        let seed = mix(run ^ mix(file.wrapping_add(1)));
        Self { seed }
    }

    /// Fills `buffer` with what the file has from `offset` on.
    pub fn fill(self, offset: u64, buffer: &mut [u8]) {
        let shift = (offset % WORD as u64) as usize;
        let mut index = offset / WORD as u64;
        let mut rest = buffer;
        if shift != 0 {
            let (first, others) = rest.split_at_mut(rest.len().min(WORD - shift));
            let word = self.word(index);
            first.copy_from_slice(&word[shift..shift + first.len()]);
            rest = others;
            index += 1;
        }
        for (piece, index) in rest.chunks_mut(WORD).zip(index..) {
            piece.copy_from_slice(&self.word(index)[..piece.len()]);
        }
    }

    /// Where `found`, read from `offset`, differs first; `expected` is memory of at least its size.
    pub fn difference(self, offset: u64, found: &[u8], expected: &mut [u8]) -> Option<u64> {
        let expected = &mut expected[..found.len()];
        self.fill(offset, expected);
        if expected == found {
            return None;
        }
        let same = found.iter().zip(&*expected).take_while(|(a, b)| a == b);
        Some(offset + same.count() as u64)
    }

    /// Odd multiples of an irrational, so that neighbours differ in all bytes.
    #[inline]
    fn word(self, index: u64) -> [u8; WORD] {
        let value = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.seed;
        value.to_le_bytes()
    }
}

/// Spreads close numbers far apart (the finalizer of SplitMix64).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_parts_of_the_whole() {
        let pattern = Pattern::new(7, 1);
        let mut whole = [0; 100];
        pattern.fill(1000, &mut whole);
        for (from, to) in [(0, 1), (3, 4), (3, 30), (8, 16), (13, 100), (99, 100)] {
            let mut piece = vec![0; to - from];
            pattern.fill(1000 + from as u64, &mut piece);
            assert_eq!(piece, whole[from..to], "{from} to {to}");
        }
    }

    #[test]
    fn files_runs_and_places_differ() {
        let block = |run, file, offset| {
            let mut block = [0; 64];
            Pattern::new(run, file).fill(offset, &mut block);
            block
        };
        let first = block(1, 0, 0);
        for other in [block(1, 1, 0), block(2, 0, 0), block(1, 0, 64)] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_wrong_byte_is_found() {
        let pattern = Pattern::new(1, 2);
        let mut block = [0; 64];
        pattern.fill(500, &mut block);
        let mut memory = [0; 64];
        assert_eq!(pattern.difference(500, &block, &mut memory), None);
        block[40] ^= 1;
        assert_eq!(pattern.difference(500, &block, &mut memory), Some(540));
    }
}

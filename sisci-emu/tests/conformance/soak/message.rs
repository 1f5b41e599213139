//! Messages that show whether they arrived whole.

use super::random::Random;

/// The longest that every library takes.
pub const LONGEST: u32 = 50;

/// A message whose bytes follow from the first.
pub fn make(random: &mut Random) -> Vec<u8> {
    let (first, length) = (random.below(256) as u8, 1 + random.below(LONGEST));
    (0..length)
        .map(|index| first.wrapping_add(index as u8))
        .collect()
}

/// True if nothing was mixed up.
pub fn is_whole(message: &[u8]) -> bool {
    (1..=LONGEST as usize).contains(&message.len())
        && message
            .windows(2)
            .all(|pair| pair[1] == pair[0].wrapping_add(1))
}

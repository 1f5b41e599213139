//! When a doorbell is rung: only for a peer that said it sleeps, and once per sleep.
//!
//! A waiting side writes a *wait word* into the other side's channel: the position that it has
//! seen. The other side rings when its own position moves above that word. Because the word
//! changes with every byte that the waiter consumes, "already rung for this word" is all that is
//! needed to ring once per sleep; repeated, lost or late stores of the word do no harm.

/// Wait word of a side that does not sleep.
pub const NOBODY_WAITS: u64 = u64::MAX;

/// The word by which a side asks to be woken once the peer's position is above `position`.
pub const fn wait_word(position: u64) -> u64 {
    // `NOBODY_WAITS` as a position is out of reach; keep the two apart all the same.
    if position == NOBODY_WAITS {
        NOBODY_WAITS - 1
    } else {
        position
    }
}

/// Decides whether to ring for one direction; remembers for which word it rang.
#[derive(Debug, Default)]
pub struct DoorbellGate {
    rung_for: Option<u64>,
}

impl DoorbellGate {
    /// A gate for the peer's sender. It starts with credit for a whole ring and never waits at
    /// position 0, so the zero of a fresh channel is no request to be woken.
    pub fn for_sender() -> Self {
        Self { rung_for: Some(0) }
    }

    /// True if the peer sleeps (`word`, loaded once from our memory) and `position` is above
    /// what it has seen. The gate then counts as rung: the caller must ring.
    ///
    /// The peer chooses `word`; the worst it can do is to be rung once per call, or never.
    pub fn should_ring(&mut self, word: u64, position: u64) -> bool {
        if word == NOBODY_WAITS || word >= position || self.rung_for == Some(word) {
            return false;
        }
        self.rung_for = Some(word);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_once_per_sleep() {
        let mut gate = DoorbellGate::default();
        assert!(!gate.should_ring(NOBODY_WAITS, 10), "awake");
        assert!(gate.should_ring(0, 10), "fresh channel: asleep at 0");
        assert!(!gate.should_ring(0, 20), "already rung for this sleep");
        assert!(!gate.should_ring(20, 20), "has seen everything");
        assert!(gate.should_ring(20, 21), "slept again");
    }
}

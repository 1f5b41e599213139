//! When a doorbell is rung, and where: only for a peer that said it sleeps, and once per sleep.
//!
//! A waiting side writes a *wait word* into the other side's channel: the position that it has
//! seen, and in the highest bit [where it waits](Waiter). The other side rings when its own position
//! moves above that word. Because the word changes with every byte that the waiter consumes,
//! "already rung for this word" is all that is needed to ring once per sleep; repeated, lost or late
//! stores of the word do no harm.

/// Wait word of a side that does not sleep.
pub const NOBODY_WAITS: u64 = u64::MAX;

/// Bit of a wait word: its waiter is [`Waiter::OnInterrupt`].
const ON_INTERRUPT: u64 = 1 << 63;

/// Where a side waits, and so how it has to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiter {
    /// On the descriptor of its endpoint, as event loops do: the doorbell goes to the process.
    OnDescriptor,
    /// In a blocking call, on a data interrupt that belongs to its endpoint and is named by the
    /// `BELL` word: the doorbell goes there and wakes the sleeper with nothing in between.
    OnInterrupt,
}

/// The word by which a side asks to be woken once the peer's position is above `position`.
pub const fn wait_word(position: u64, waiter: Waiter) -> u64 {
    let bit = match waiter {
        Waiter::OnDescriptor => 0,
        Waiter::OnInterrupt => ON_INTERRUPT,
    };
    // Positions of this height are out of reach; keep the word apart from the bit and from
    // `NOBODY_WAITS` all the same.
    let highest = ON_INTERRUPT - 2;
    let position = if position > highest {
        highest
    } else {
        position
    };
    position | bit
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

    /// Where the peer sleeps, if it does (`word`, loaded once from our memory) and `position` is
    /// above what it has seen. The gate then counts as rung: the caller must ring.
    ///
    /// The peer chooses `word`; the worst it can do is to be rung once per call, or never, or in the
    /// wrong place.
    pub fn should_ring(&mut self, word: u64, position: u64) -> Option<Waiter> {
        let seen = word & !ON_INTERRUPT;
        if word == NOBODY_WAITS || seen >= position || self.rung_for == Some(word) {
            return None;
        }
        self.rung_for = Some(word);
        Some(if word == seen {
            Waiter::OnDescriptor
        } else {
            Waiter::OnInterrupt
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Waiter::{OnDescriptor, OnInterrupt};
    use super::*;

    #[test]
    fn rings_once_per_sleep() {
        let mut gate = DoorbellGate::default();
        assert_eq!(gate.should_ring(NOBODY_WAITS, 10), None, "awake");
        assert_eq!(
            gate.should_ring(0, 10),
            Some(OnDescriptor),
            "fresh channel: asleep at 0"
        );
        assert_eq!(gate.should_ring(0, 20), None, "already rung for this sleep");
        assert_eq!(gate.should_ring(20, 20), None, "has seen everything");
        assert_eq!(gate.should_ring(20, 21), Some(OnDescriptor), "slept again");
    }

    #[test]
    fn rings_where_the_waiter_is() {
        let mut gate = DoorbellGate::default();
        let word = wait_word(20, OnInterrupt);
        assert_eq!(gate.should_ring(word, 20), None, "has seen everything");
        assert_eq!(gate.should_ring(word, 21), Some(OnInterrupt));
        assert_eq!(gate.should_ring(word, 22), None, "already rung");
        let word = wait_word(20, OnDescriptor);
        assert_eq!(
            gate.should_ring(word, 22),
            Some(OnDescriptor),
            "went to wait elsewhere"
        );
    }

    #[test]
    fn no_position_looks_like_another_word() {
        for position in [0, 1, ON_INTERRUPT - 2, ON_INTERRUPT, u64::MAX] {
            let (there, here) = (
                wait_word(position, OnInterrupt),
                wait_word(position, OnDescriptor),
            );
            assert!(there != NOBODY_WAITS && here != NOBODY_WAITS);
            assert_eq!(there ^ here, ON_INTERRUPT);
        }
    }
}

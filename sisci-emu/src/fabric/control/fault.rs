//! Faults: what happens, on which way, how often.

use crate::runtime::words::Words;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What a fault does to operations from one node to another. The node that calls is the sender,
/// whichever way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A transfer vanishes; a check tells.
    Drop,
    /// A transfer arrives with one byte changed; a check tells.
    Corrupt,
    /// A DMA transfer ends in `ERROR` half-way.
    DmaFail,
    /// A DMA transfer stays `POSTED` until it is aborted.
    DmaStick,
    /// A trigger of an interrupt is lost.
    InterruptLose,
    /// A trigger of an interrupt arrives together with the next one.
    InterruptMerge,
    /// A data interrupt is lost with its message.
    MessageLose,
    /// A check of a sequence says `RETRIABLE` although nothing was lost.
    SequenceError,
}

impl Kind {
    /// All kinds, in the order of their names above.
    pub const ALL: [Self; 8] = [
        Self::Drop,
        Self::Corrupt,
        Self::DmaFail,
        Self::DmaStick,
        Self::InterruptLose,
        Self::InterruptMerge,
        Self::MessageLose,
        Self::SequenceError,
    ];

    /// The name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Corrupt => "corrupt",
            Self::DmaFail => "dma-fail",
            Self::DmaStick => "dma-stick",
            Self::InterruptLose => "interrupt-lose",
            Self::InterruptMerge => "interrupt-merge",
            Self::MessageLose => "message-lose",
            Self::SequenceError => "sequence-error",
        }
    }
}

/// Which of the operations a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The next so many, at least one.
    Count(u64),
    /// The last of every so many, at least one.
    Every(u64),
    /// Each with this probability.
    Chance {
        /// From 0 to 1.
        probability: f64,
        /// The same seed strikes the same operations, counted from the order of the fault on.
        seed: u64,
    },
}

impl When {
    /// True if it can be ordered.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Count(count) | Self::Every(count) => *count > 0,
            Self::Chance { probability, .. } => (0.0..=1.0).contains(probability),
        }
    }

    /// Whether operation `number`, counted from 0, is struck.
    fn strikes(&self, number: u64) -> bool {
        match *self {
            Self::Count(count) => number < count,
            Self::Every(step) => step > 0 && (number + 1).is_multiple_of(step),
            Self::Chance { probability, seed } => fraction(seed, number) < probability,
        }
    }
}

/// A number from 0 to below 1 that only depends on its arguments (splitmix64).
fn fraction(seed: u64, number: u64) -> f64 {
    let mut word = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^= word >> 31;
    (word >> 11) as f64 / (1u64 << 53) as f64
}

/// A fault as it was ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its number; never given twice in a fabric.
    pub id: u32,
    /// What happens.
    pub kind: Kind,
    /// Node whose operations it strikes.
    pub from: u32,
    /// Node that they are meant for.
    pub to: u32,
    /// Which of them.
    pub when: When,
}

/// How far a fault has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Operations it was asked about.
    pub seen: u64,
    /// Operations it struck.
    pub struck: u64,
}

const SEEN: usize = 0;
const STRUCK: usize = 1;
const WORDS: usize = 2;

/// A fault and its counters, which all processes share. Each operation takes one number from the
/// first counter, so none is struck twice and none left out, and a process that is killed holds
/// nothing.
#[derive(Debug)]
pub struct Active {
    fault: Fault,
    counters: Words,
}

impl Active {
    /// Makes the counters of a new fault.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(dir: &Path, fault: Fault) -> std::io::Result<Self> {
        let counters = Words::create(&file(dir, fault.id), WORDS)?;
        Ok(Self { fault, counters })
    }

    /// Finds the counters of a fault.
    ///
    /// # Errors
    /// What the system says; `InvalidData` if the file is none of ours.
    pub fn open(dir: &Path, fault: Fault) -> std::io::Result<Self> {
        let counters = Words::open(&file(dir, fault.id), WORDS)?;
        Ok(Self { fault, counters })
    }

    /// What was ordered.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Asks about one operation: true if it is struck.
    pub fn strikes(&self) -> bool {
        if self.is_spent() {
            return false;
        }
        let number = self.counters.word(SEEN).fetch_add(1, Ordering::AcqRel);
        let struck = self.fault.when.strikes(number);
        if struck {
            self.counters.word(STRUCK).fetch_add(1, Ordering::AcqRel);
        }
        struck
    }

    /// True once it strikes no more.
    pub fn is_spent(&self) -> bool {
        let seen = || self.counters.word(SEEN).load(Ordering::Acquire);
        matches!(self.fault.when, When::Count(count) if seen() >= count)
    }

    /// How far it has come. A count can't be more than what was ordered.
    pub fn progress(&self) -> Progress {
        let read = |word| self.counters.word(word).load(Ordering::Acquire);
        let seen = match self.fault.when {
            When::Count(count) => read(SEEN).min(count),
            _ => read(SEEN),
        };
        Progress {
            seen,
            struck: read(STRUCK),
        }
    }
}

/// Where the counters of a fault are.
pub fn file(dir: &Path, id: u32) -> PathBuf {
    dir.join(format!("fault-{id}"))
}

/// The fault that a file belongs to, if it is named like one.
pub fn number_of(name: &str) -> Option<u32> {
    name.strip_prefix("fault-")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(when: When) -> (tempfile::TempDir, Active, Active) {
        let dir = tempfile::tempdir().unwrap();
        let fault = Fault {
            id: 7,
            kind: Kind::Drop,
            from: 4,
            to: 8,
            when,
        };
        let one = Active::create(dir.path(), fault.clone()).unwrap();
        let two = Active::open(dir.path(), fault).unwrap();
        (dir, one, two)
    }

    #[test]
    fn a_count_is_used_up_exactly_once_by_all_together() {
        let (_dir, one, two) = active(When::Count(1000));
        let strikes = |active: &Active| (0..5000).filter(|_| active.strikes()).count();
        let sum: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = [&one, &two, &one, &two]
                .map(|active| scope.spawn(move || strikes(active)))
                .into_iter()
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(sum, 1000);
        assert!(one.is_spent());
        let all = Progress {
            seen: 1000,
            struck: 1000,
        };
        assert_eq!(two.progress(), all);
    }

    #[test]
    fn every_third_is_the_last_of_three() {
        let (_dir, one, two) = active(When::Every(3));
        let struck: Vec<_> = (0..4)
            .flat_map(|_| [one.strikes(), two.strikes()])
            .collect();
        assert_eq!(
            struck,
            [false, false, true, false, false, true, false, false]
        );
    }

    #[test]
    fn chances_depend_on_the_seed_only() {
        let run = |seed, probability| -> Vec<bool> {
            let (_dir, one, _) = active(When::Chance { probability, seed });
            (0..2000).map(|_| one.strikes()).collect()
        };
        assert_eq!(run(1, 0.3), run(1, 0.3));
        assert_ne!(run(1, 0.3), run(2, 0.3));
        let struck = run(1, 0.3).iter().filter(|struck| **struck).count();
        assert!((450..750).contains(&struck), "{struck} of 2000");
        assert!(run(5, 0.0).iter().all(|struck| !struck));
        assert!(run(5, 1.0).iter().all(|struck| *struck));
    }

    #[test]
    fn senseless_orders_are_told_apart() {
        for bad in [
            When::Count(0),
            When::Every(0),
            When::Chance {
                probability: f64::NAN,
                seed: 0,
            },
            When::Chance {
                probability: 1.5,
                seed: 0,
            },
        ] {
            assert!(!bad.is_valid(), "{bad:?}");
        }
        assert_eq!(number_of("fault-12"), Some(12));
        assert_eq!(number_of("fault-x"), None);
    }

    #[test]
    fn names_are_those_of_the_file() {
        for kind in Kind::ALL {
            let text = toml::Value::try_from(kind).unwrap();
            assert_eq!(text.as_str(), Some(kind.name()));
        }
    }
}

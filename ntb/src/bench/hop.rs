//! How long a store takes from one core to the other, measured between the measurements.
//!
//! A hypervisor may move virtual processors while a run is under way: a hop then takes 60 ns at one time
//! and 270 ns at another, and everything that crosses the cores changes with it. What is compared has
//! to be measured in one such state.

use sisci::runtime::hop;

use super::place::{self, Cores};

/// From this ratio on two hops are of different states; within one they differ by a fifth.
const OTHER: f64 = 1.7;

/// Hops that were seen.
#[derive(Debug)]
pub struct Hops {
    cores: Cores,
    least: u64,
    most: u64,
}

impl Hops {
    pub fn new(cores: Cores) -> Self {
        Self {
            cores,
            least: u64::MAX,
            most: 0,
        }
    }

    /// A hop now, in ns; `None` on one core, or if it can't be measured.
    pub fn look(&mut self) -> Option<u64> {
        let hop = measure(self.cores)?;
        self.least = self.least.min(hop);
        self.most = self.most.max(hop);
        Some(hop)
    }

    /// What a reader has to know: nothing if all were of one state.
    pub fn note(&self, repeated: usize) -> Option<String> {
        let moved = self.most > 0 && differ(Some(self.least), Some(self.most));
        moved.then(|| {
            format!(
                "a hop between the cores took {} to {} ns in this run: the machine moved them; cases in \
                 the middle of which it did were measured again ({repeated})",
                self.least, self.most
            )
        })
    }
}

/// True if the machine is known to have changed between two hops.
pub fn differ(one: Option<u64>, other: Option<u64>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    one.max(other) as f64 >= one.min(other) as f64 * OTHER
}

fn measure(cores: Cores) -> Option<u64> {
    if cores.first == cores.second {
        return None;
    }
    hop::between(&place::only(cores.first), &place::only(cores.second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_is_measured_between_two_cores_only() {
        let cores = Cores::choose().unwrap();
        let mut hops = Hops::new(cores);
        let hop = hops.look();
        assert_eq!(hops.note(0), None, "there was one");
        assert!(cores.first == cores.second || hop.is_none_or(|hop| hop < 1_000_000));
        let one = Cores {
            first: cores.first,
            second: cores.first,
        };
        assert_eq!(Hops::new(one).look(), None);
    }

    #[test]
    fn states_differ_by_more_than_noise() {
        assert!(differ(Some(60), Some(270)) && differ(Some(270), Some(60)));
        assert!(!differ(Some(60), Some(75)));
        assert!(!differ(None, Some(75)) && !differ(Some(75), None));
        let hops = Hops {
            cores: Cores {
                first: 0,
                second: 1,
            },
            least: 60,
            most: 270,
        };
        assert!(hops.note(3).unwrap().contains("60 to 270 ns"));
    }
}

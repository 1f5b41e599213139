//! Which cores the two processes run on.

use std::path::Path;

use anyhow::{Context, bail};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::wire::{Placement, Role};

/// Cores for the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cores {
    pub first: usize,
    pub second: usize,
}

impl Cores {
    /// The first core that we may use, and the next that shares no execution units with it.
    /// Both are the same where there is only one.
    ///
    /// # Errors
    /// If the kernel does not tell which cores we may use.
    pub fn choose() -> anyhow::Result<Self> {
        let allowed = allowed()?;
        let first = *allowed.first().context("no core to run on")?;
        let siblings = siblings(Path::new("/sys/devices/system/cpu"), first);
        let second = allowed
            .iter()
            .copied()
            .find(|core| !siblings.contains(core));
        Ok(Self {
            first,
            second: second.unwrap_or(first),
        })
    }

    /// Two cores that the user named, as `0,2`.
    ///
    /// # Errors
    /// If that isn't two numbers of cores that we may use.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let numbers = text.split(',').map(|part| part.trim().parse::<usize>());
        let numbers: Vec<usize> = numbers
            .collect::<Result<_, _>>()
            .with_context(|| format!("{text:?}: two core numbers are wanted, as 0,1"))?;
        let [first, second] = numbers[..] else {
            bail!("{text:?}: two core numbers are wanted, as 0,1");
        };
        let allowed = allowed()?;
        if let Some(core) = [first, second].iter().find(|core| !allowed.contains(core)) {
            bail!("core {core} is none of those that this process may use ({allowed:?})");
        }
        Ok(Self { first, second })
    }

    /// The core of one side.
    pub fn of(self, placement: Placement, role: Role) -> Option<usize> {
        match (placement, role) {
            (Placement::Unpinned, _) => None,
            (Placement::TwoCores, Role::Responder) => Some(self.second),
            (Placement::TwoCores | Placement::OneCore, _) => Some(self.first),
        }
    }
}

/// Keeps the calling thread, and threads that it starts from now on, on one core.
///
/// # Errors
/// If the kernel refuses.
pub fn pin(core: usize) -> anyhow::Result<()> {
    sched_setaffinity(None, &only(core)).with_context(|| format!("pinning to core {core}"))
}

/// The set of one core.
pub fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}

/// The cores that this process may use, in order.
fn allowed() -> anyhow::Result<Vec<usize>> {
    let set = sched_getaffinity(None).context("asking for the cores")?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|core| set.is_set(*core))
        .collect())
}

/// The cores that share execution units with this one, itself included.
fn siblings(folder: &Path, core: usize) -> Vec<usize> {
    let file = folder.join(format!("cpu{core}/topology/thread_siblings_list"));
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut cores = core_list(text.trim());
    cores.push(core);
    cores
}

/// The kernel's way to write sets of cores: `0,4-6`.
fn core_list(text: &str) -> Vec<usize> {
    let mut cores = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
            cores.extend(first..=last);
        }
    }
    cores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_lists_are_read() {
        assert_eq!(core_list("0,4-6"), [0, 4, 5, 6]);
        assert!(core_list("").is_empty());
    }

    #[test]
    fn siblings_share_a_core() {
        let folder = tempfile::tempdir().unwrap();
        let topology = folder.path().join("cpu2/topology");
        std::fs::create_dir_all(&topology).unwrap();
        std::fs::write(topology.join("thread_siblings_list"), "2,10\n").unwrap();
        assert_eq!(siblings(folder.path(), 2), [2, 10, 2]);
        assert_eq!(siblings(folder.path(), 3), [3], "nothing known");
    }

    #[test]
    fn wrong_cores_are_refused() {
        for text in ["", "0", "0,1,2", "a,b", "0,99999"] {
            assert!(Cores::parse(text).is_err(), "{text:?}");
        }
        let cores = Cores {
            first: 3,
            second: 5,
        };
        let of = |placement| {
            let side = |role| cores.of(placement, role);
            (side(Role::Initiator), side(Role::Responder))
        };
        assert_eq!(of(Placement::TwoCores), (Some(3), Some(5)));
        assert_eq!(of(Placement::OneCore), (Some(3), Some(3)));
        assert_eq!(of(Placement::Unpinned), (None, None));
    }
}

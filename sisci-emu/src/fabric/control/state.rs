//! The state of links, nodes and faults, and the file that holds it.

use super::fault::{self, Active, Fault};
use crate::runtime::access;
use crate::runtime::config::is_node_id;
use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Version of the file.
pub const FORMAT: u32 = 1;
/// Faults in force at the same time.
pub const MAX_FAULTS: usize = 64;
/// How long another tool may hold the lock; it needs it for one small file.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
/// Longer files are not ours.
const MAX_BYTES: u64 = 1 << 20;

const FILE: &str = "control.toml";
const LOCK: &str = "control.lock";

/// Everything that was done to a fabric and not undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// See [`FORMAT`].
    pub format: u32,
    /// Changes so far.
    pub generation: u64,
    /// Number of the next fault.
    pub next_fault: u32,
    /// Links that were ever taken down.
    #[serde(rename = "link", default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Nodes whose cable was ever pulled, or that were ever gone.
    #[serde(rename = "node", default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node>,
    /// Faults in force.
    #[serde(rename = "fault", default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// The link between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The lower id first.
    pub nodes: [u32; 2],
    /// True while it is down.
    pub down: bool,
    /// How often it went down: a process that was stopped meanwhile sees that it has missed something.
    pub downs: u64,
    /// Time of the last change, in seconds since 1970.
    pub since: u64,
}

/// A node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its id.
    pub id: u32,
    /// True while its own cable is out.
    pub down: bool,
    /// How often the cable was pulled.
    pub downs: u64,
    /// True while it is gone.
    pub gone: bool,
    /// How often it went.
    pub absences: u64,
    /// Time of the last change, in seconds since 1970.
    pub since: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            format: FORMAT,
            generation: 0,
            next_fault: 1,
            links: Vec::new(),
            nodes: Vec::new(),
            faults: Vec::new(),
        }
    }
}

impl State {
    /// Reads the state of a fabric. Without a file nothing was done to it.
    ///
    /// # Errors
    /// What the system says; `InvalidData` with a text for a file that is none of ours.
    pub fn load(dir: &Path) -> std::io::Result<Self> {
        let path = dir.join(FILE);
        let text = match read_bounded(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            other => other?,
        };
        Self::parse(&text).map_err(|reason| {
            let message = format!("{}: {reason}", path.display());
            Error::new(ErrorKind::InvalidData, message)
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let state: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if state.format != FORMAT {
            return Err(format!(
                "format {} is not this library's, which is {FORMAT}",
                state.format
            ));
        }
        state.check()?;
        Ok(state)
    }

    /// What a file must hold beyond its form.
    fn check(&self) -> Result<(), String> {
        let links = self.links.iter().flat_map(|link| link.nodes);
        let nodes = self.nodes.iter().map(|node| node.id);
        let ends = self.faults.iter().flat_map(|fault| [fault.from, fault.to]);
        if let Some(bad) = links.chain(nodes).chain(ends).find(|id| !is_node_id(*id)) {
            return Err(format!("{bad} is no node id"));
        }
        if self.faults.len() > MAX_FAULTS {
            return Err(format!("more than {MAX_FAULTS} faults"));
        }
        let bad = |fault: &&Fault| !fault.when.is_valid();
        match self.faults.iter().find(bad) {
            Some(fault) => Err(format!("fault {} can never strike", fault.id)),
            None => Ok(()),
        }
    }

    /// The link between two nodes, if it was ever down.
    pub fn link(&self, a: u32, b: u32) -> Option<&Link> {
        let nodes = pair(a, b);
        self.links.iter().find(|link| link.nodes == nodes)
    }

    /// A node, if anything was ever done to it.
    pub fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// Takes the link between two nodes down or up. False if it is so already.
    pub fn set_link(&mut self, a: u32, b: u32, down: bool) -> bool {
        let nodes = pair(a, b);
        let index = self.links.iter().position(|link| link.nodes == nodes);
        let index = index.unwrap_or_else(|| {
            self.links.push(Link {
                nodes,
                down: false,
                downs: 0,
                since: now(),
            });
            self.links.len() - 1
        });
        let link = &mut self.links[index];
        let changed = link.down != down;
        if changed {
            (link.down, link.since) = (down, now());
            link.downs += u64::from(down);
        }
        changed
    }

    /// Pulls or plugs a node's cable. False if it is so already.
    pub fn set_cable(&mut self, id: u32, down: bool) -> bool {
        let node = self.entry(id);
        let changed = node.down != down;
        if changed {
            (node.down, node.since) = (down, now());
            node.downs += u64::from(down);
        }
        changed
    }

    /// Makes a node go or come back. False if it is so already.
    pub fn set_gone(&mut self, id: u32, gone: bool) -> bool {
        let node = self.entry(id);
        let changed = node.gone != gone;
        if changed {
            (node.gone, node.since) = (gone, now());
            node.absences += u64::from(gone);
        }
        changed
    }

    fn entry(&mut self, id: u32) -> &mut Node {
        let index = self.nodes.iter().position(|node| node.id == id);
        let index = index.unwrap_or_else(|| {
            self.nodes.push(Node {
                id,
                down: false,
                downs: 0,
                gone: false,
                absences: 0,
                since: now(),
            });
            self.nodes.len() - 1
        });
        &mut self.nodes[index]
    }
}

/// Changes the state of a fabric: reads it, lets `change` work on it, and replaces the file, all
/// under a lock. The state that counts now comes back with what `change` gave.
///
/// # Errors
/// As [`State::load`]; `TimedOut` while another tool holds the lock; `change`'s own.
pub fn update<T>(
    dir: &Path,
    change: impl FnOnce(&mut State) -> std::io::Result<T>,
) -> std::io::Result<(T, State)> {
    let _lock = lock(dir)?;
    let mut state = State::load(dir)?;
    let before = state.clone();
    let value = change(&mut state)?;
    if state != before {
        state.generation += 1;
        write(dir, &state)?;
    }
    remove_leftovers(dir, &state);
    Ok((value, state))
}

/// Removes drafts and counters that no state names. The lock is held by the caller.
fn remove_leftovers(dir: &Path, state: &State) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for name in entries.flatten().map(|entry| entry.file_name()) {
        let Some(name) = name.to_str() else { continue };
        let forgotten = fault::number_of(name)
            .is_some_and(|id| state.faults.iter().all(|fault| fault.id != id));
        let draft = name.starts_with("control.draft-")
            || name.contains(".draft-") && name.starts_with("fault-");
        if forgotten || draft {
            let _ = std::fs::remove_file(dir.join(name));
        }
    }
}

/// Leaves out faults that strike no more, so that there is room for others.
pub fn drop_spent(dir: &Path, state: &mut State) {
    let is_alive =
        |fault: &Fault| Active::open(dir, fault.clone()).is_ok_and(|active| !active.is_spent());
    state.faults.retain(is_alive);
}

fn write(dir: &Path, state: &State) -> std::io::Result<()> {
    let draft = dir.join(format!("control.draft-{}", std::process::id()));
    let text = toml::to_string(state).map_err(Error::other)?;
    let mut file = access::create(&draft)?;
    file.write_all(b"# Changed by `ntb emu`; see docs/emulator.md.\n")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, dir.join(FILE))
}

fn lock(dir: &Path) -> std::io::Result<File> {
    let file = access::open_or_make(&dir.join(LOCK))?;
    let deadline = Instant::now() + LOCK_LIMIT;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let message = format!("another tool holds {LOCK} for more than {LOCK_LIMIT:?}");
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn read_bounded(path: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Where the state of a fabric is.
pub fn path(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// Two nodes, the lower one first.
pub fn pair(a: u32, b: u32) -> [u32; 2] {
    [a.min(b), a.max(b)]
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fabric::control::fault::{Kind, When};

    fn full() -> State {
        let mut state = State::default();
        state.set_link(8, 4, true);
        state.set_cable(12, true);
        state.set_gone(16, true);
        let chance = When::Chance {
            probability: 0.25,
            seed: 9,
        };
        for (id, when) in [When::Count(3), When::Every(2), chance]
            .into_iter()
            .enumerate()
        {
            state.faults.push(Fault {
                id: id as u32 + 1,
                kind: Kind::ALL[id],
                from: 4,
                to: 8,
                when,
            });
        }
        state
    }

    #[test]
    fn states_survive_the_file() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(State::load(dir.path()).unwrap(), State::default());
        let ((), written) = update(dir.path(), |state| {
            *state = full();
            Ok(())
        })
        .unwrap();
        assert_eq!(written.generation, 1);
        assert_eq!(State::load(dir.path()).unwrap(), written);
        let ((), same) = update(dir.path(), |_| Ok(())).unwrap();
        assert_eq!(same.generation, 1, "nothing changed");
    }

    #[test]
    fn downs_are_counted_and_repetitions_are_not() {
        let mut state = State::default();
        assert!(state.set_link(4, 8, true));
        assert!(!state.set_link(8, 4, true));
        assert!(state.set_link(4, 8, false));
        assert!(state.set_link(4, 8, true));
        assert_eq!(state.link(8, 4).unwrap().downs, 2);
        assert!(!state.set_gone(8, false));
        assert!(state.set_gone(8, true));
        assert_eq!(state.node(8).unwrap().absences, 1);
    }

    #[test]
    fn damaged_files_are_refused_with_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let good = toml::to_string(&full()).unwrap();
        for (bad, reason) in [
            ("", "missing field"),
            ("\u{1}", ""),
            (&good.replace("format = 1", "format = 2"), "format 2"),
            (&good.replace("id = 12", "id = 13"), "13 is no node id"),
            (&good.replace("count = 3", "count = 0"), "never strike"),
            (&format!("surprise = 1\n{good}"), "surprise"),
            (&good[..good.len() / 2], ""),
        ] {
            std::fs::write(path(dir.path()), bad).unwrap();
            let error = State::load(dir.path()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{bad}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn changers_wait_for_each_other_and_leftovers_go() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("control.draft-1"), "x").unwrap();
        std::fs::write(dir.path().join("fault-9"), "x").unwrap();
        std::thread::scope(|scope| {
            for node in [4, 8, 12, 16] {
                let dir = dir.path();
                scope.spawn(move || {
                    for round in 0..20 {
                        update(dir, |state| Ok(state.set_cable(node, round % 2 == 0))).unwrap();
                    }
                });
            }
        });
        let state = State::load(dir.path()).unwrap();
        assert_eq!(state.generation, 80);
        assert!(state.nodes.iter().all(|node| node.downs == 10));
        let mut names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [LOCK, FILE]);
    }
}

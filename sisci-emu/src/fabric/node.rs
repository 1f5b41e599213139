//! The folder of one node: its processes, its host, and who owns which number.

use crate::fabric::entry::Entry;
use crate::fabric::ids::Ids;
use crate::fabric::usage::Usage;
use crate::runtime::access;
use crate::runtime::log::report;
use crate::{Code, Result};
use rustix::fs::FlockOperation;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

mod membership;

pub use membership::{Claim, Membership, Reservation, Sharing};

/// Counts what the processes of a node hold.
const USAGE: &str = "usage";

/// The folder of a node.
#[derive(Clone, Debug)]
pub struct NodeDir {
    path: PathBuf,
    node: u32,
    unknown: bool,
}

/// What numbers are given out for; each kind counts for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Kind {
    /// Segment ids.
    Segment = 1,
    /// Numbers of interrupts without data.
    Interrupt,
    /// Numbers of interrupts that carry data.
    DataInterrupt,
    /// Further handles of a segment, under the number of the segment.
    SegmentShare,
    /// Groups of broadcast segments.
    Group,
    /// Further handles of a broadcast segment, under the number of its group.
    GroupShare,
    /// Numbers of data interrupts of a group.
    GroupInterrupt,
    /// DMA channels.
    DmaChannel,
}

impl Kind {
    /// The kind of this number in a message.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u32 == number)
    }

    /// True for what a connection to another node crosses the bridge for.
    pub fn crosses(self) -> bool {
        matches!(
            self,
            Self::Segment | Self::Interrupt | Self::DataInterrupt | Self::GroupInterrupt
        )
    }

    /// Kind and number in the name of a file of [`NodeDir`].
    pub fn parse_entry(name: &str) -> Option<(Self, u32)> {
        let (prefix, number) = name.rsplit_once('-')?;
        let kind = Self::ALL.into_iter().find(|kind| kind.prefix() == prefix)?;
        Some((kind, number.parse().ok()?))
    }

    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Segment,
        Self::Interrupt,
        Self::DataInterrupt,
        Self::SegmentShare,
        Self::Group,
        Self::GroupShare,
        Self::GroupInterrupt,
        Self::DmaChannel,
    ];

    /// The name in files and reports.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Segment | Self::SegmentShare => "segment",
            Self::Interrupt => "interrupt",
            Self::DataInterrupt => "data-interrupt",
            Self::Group | Self::GroupShare => "group",
            Self::GroupInterrupt => "group-interrupt",
            Self::DmaChannel => "dma-channel",
        }
    }
}

/// Who owns a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Where the process answers.
    pub socket: PathBuf,
    /// Which of several owners in that process.
    pub index: u32,
}

impl NodeDir {
    /// The folder of `node` in `fabric`; it needn't exist.
    pub fn new(fabric: &Path, node: u32) -> Self {
        Self {
            path: fabric.join(format!("node-{node}")),
            node,
            unknown: false,
        }
    }

    /// The same, as a node that the fabric doesn't have (or has).
    #[must_use]
    pub fn with_unknown(self, unknown: bool) -> Self {
        Self { unknown, ..self }
    }

    /// Why nothing can be found there while no process lives: a host that is up without the program,
    /// or no host.
    pub fn absence(&self) -> Code {
        if self.unknown {
            Code::SCI_ERR_NO_SUCH_NODEID
        } else {
            Code::SCI_ERR_NO_SUCH_SEGMENT
        }
    }

    /// Enters the node as a process of `host`.
    ///
    /// # Errors
    /// `SYSTEM` if the files can't be made or another host owns the node; the log says which.
    pub fn join(&self, host: &str) -> Result<Membership> {
        self.try_join(host).map_err(|error| {
            report!(Error, "cannot become node {}: {error}", self.node);
            Code::SCI_ERR_SYSTEM
        })
    }

    fn try_join(&self, host: &str) -> std::io::Result<Membership> {
        access::make_folder(&self.path)?;
        let _lock = self.lock()?;
        self.remove_stale()?;
        for process in self.processes()? {
            let owner = std::fs::read_to_string(self.path.join(format!("{process}.proc")))?;
            if owner != host {
                return Err(std::io::Error::other(format!(
                    "it belongs to host {owner:?} (process {process}), this process runs on host \
                     {host:?}; give this host another SISCI_EMU_NODE"
                )));
            }
        }
        self.register(host)
    }

    /// Makes the `.proc` file. The lock is held by the caller.
    fn register(&self, host: &str) -> std::io::Result<Membership> {
        let pid = std::process::id();
        for number in 0.. {
            let process = format!("{pid}-{number}");
            let path = self.path.join(format!("{process}.proc"));
            match access::options().create_new(true).open(&path) {
                Ok(mut file) => {
                    access::widen(&path)?;
                    // Waits only for those who look at this moment whether the process lives.
                    rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
                    file.write_all(host.as_bytes())?;
                    // A dead process may have had the name.
                    let usage = self.path.join(USAGE);
                    if usage.exists() {
                        Usage::open(&usage)?.forget(&process)?;
                    }
                    return Ok(Membership {
                        dir: self.clone(),
                        process,
                        ids: Ids::default(),
                        _alive: file,
                    });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("some number is free")
    }

    /// The owners of a number: one, several if they share it, or none.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn owners(&self, kind: Kind, id: u32) -> std::io::Result<Vec<Owner>> {
        let entry = Entry::read(&self.entry(kind, id))?;
        let owner = |(process, index): &(String, u32)| Owner {
            socket: self.socket(process),
            index: *index,
        };
        Ok(entry.owners.iter().map(owner).collect())
    }

    /// Name of the host that the node belongs to; `None` if no process of it lives.
    pub fn host(&self) -> Option<String> {
        let processes = self.processes().ok()?;
        let process = processes.iter().find(|process| self.lives(process))?;
        std::fs::read_to_string(self.path.join(format!("{process}.proc"))).ok()
    }

    /// True if a process of this node lives.
    pub fn is_alive(&self) -> bool {
        self.processes()
            .is_ok_and(|found| found.iter().any(|process| self.lives(process)))
    }

    /// Removes the files of dead processes; for use after one was met.
    pub fn clean(&self) {
        let cleaned = self.lock().and_then(|_lock| self.remove_stale());
        if let Err(error) = cleaned {
            report!(Warn, "cannot clean {}: {error}", self.path.display());
        }
    }

    fn socket(&self, process: &str) -> PathBuf {
        self.path.join(format!("{process}.sock"))
    }

    fn entry(&self, kind: Kind, id: u32) -> PathBuf {
        self.path.join(format!("{}-{id}", kind.prefix()))
    }

    fn lock(&self) -> std::io::Result<File> {
        let path = self.path.join("lock");
        let file = access::open_or_make(&path)?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    }

    /// Names of all registered processes, dead ones included.
    fn processes(&self) -> std::io::Result<Vec<String>> {
        let names = self.names()?;
        let processes = names.iter().filter_map(|name| name.strip_suffix(".proc"));
        Ok(processes.map(str::to_owned).collect())
    }

    fn names(&self) -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    /// True if the process holds the lock on its file.
    fn lives(&self, process: &str) -> bool {
        is_held(&self.path.join(format!("{process}.proc")))
    }

    /// Removes what belongs to dead processes. The lock is held by the caller: a new process makes
    /// its file and locks it in one critical section.
    fn remove_stale(&self) -> std::io::Result<()> {
        let processes = self.processes()?;
        let (alive, dead): (Vec<_>, Vec<_>) = processes
            .into_iter()
            .partition(|process| self.lives(process));
        for name in self.names()? {
            let path = self.path.join(&name);
            let lives = match name.rsplit_once('.') {
                Some((process, "proc" | "sock")) => alive.iter().any(|found| found == process),
                _ if name == "lock" || name == USAGE => continue,
                _ => Entry::read(&path)?.has_any(&alive),
            };
            if !lives {
                report!(
                    Debug,
                    "node {}: {name} is left from a dead process",
                    self.node
                );
                remove(&path)?;
            }
        }
        if !dead.is_empty() {
            report!(
                Info,
                "node {}: cleaned up after {}",
                self.node,
                dead.join(", ")
            );
        }
        Ok(())
    }
}

/// True if somebody holds the lock on a `.proc` file.
pub fn is_held(path: &Path) -> bool {
    let file = match File::open(path) {
        Ok(file) => file,
        // Somebody else's, made when the fabric was not open to us: not ours to judge.
        Err(error) => return error.kind() == ErrorKind::PermissionDenied,
    };
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared).is_err()
}

/// Removes a file that may be gone already.
fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn numbers_belong_to_one_process_of_the_node() {
        let fabric = tempfile::tempdir().unwrap();
        let node = NodeDir::new(fabric.path(), 8);
        assert!(!node.is_alive());
        let join = || Arc::new(node.join("host").unwrap());
        let (one, two) = (join(), join());
        assert_ne!(one.socket(), two.socket());
        assert!(node.is_alive());

        let claim = one.claim(Kind::Segment, 5).unwrap();
        assert_eq!(
            two.claim(Kind::Segment, 5).unwrap_err(),
            Code::SCI_ERR_SEGMENTID_USED
        );
        assert!(two.claim(Kind::Interrupt, 5).is_ok());
        assert_eq!(
            two.claim_first(Kind::Segment, 5..=9, Sharing::Alone)
                .unwrap()
                .id(),
            6
        );
        let owner = Owner {
            socket: one.socket(),
            index: 0,
        };
        assert_eq!(node.owners(Kind::Segment, 5).unwrap(), [owner]);
        drop(claim);
        assert_eq!(node.owners(Kind::Segment, 5).unwrap(), []);
        assert!(two.claim(Kind::Segment, 5).is_ok());
    }

    #[test]
    fn shared_numbers_have_several_owners() {
        let fabric = tempfile::tempdir().unwrap();
        let node = NodeDir::new(fabric.path(), 8);
        let join = || Arc::new(node.join("host").unwrap());
        let (one, two) = (join(), join());
        let first = one.claim_as(Kind::Interrupt, 5, Sharing::Join(1)).unwrap();
        let second = two.claim_as(Kind::Interrupt, 5, Sharing::Join(7)).unwrap();
        assert!(two.claim(Kind::Interrupt, 5).is_err());
        assert!(two.claim_as(Kind::Interrupt, 5, Sharing::Open(8)).is_err());
        assert_eq!(node.owners(Kind::Interrupt, 5).unwrap().len(), 2);
        drop(first);
        let left = node.owners(Kind::Interrupt, 5).unwrap();
        assert_eq!((left.len(), left[0].index), (1, 7));
        drop(second);
        let alone = one.claim(Kind::Interrupt, 5).unwrap();
        assert!(two.claim_as(Kind::Interrupt, 5, Sharing::Join(1)).is_err());
        drop(alone);
    }

    #[test]
    fn a_living_node_has_one_host() {
        let fabric = tempfile::tempdir().unwrap();
        let node = NodeDir::new(fabric.path(), 8);
        let first = node.join("host-a").unwrap();
        assert_eq!(node.join("host-b").unwrap_err(), Code::SCI_ERR_SYSTEM);
        drop(first);
        assert!(node.join("host-b").is_ok());
    }

    #[test]
    fn what_the_dead_leave_is_removed() {
        let fabric = tempfile::tempdir().unwrap();
        let node = NodeDir::new(fabric.path(), 8);
        let alive = Arc::new(node.join("host").unwrap());
        let kept = alive.claim(Kind::Segment, 1).unwrap();
        let folder = fabric.path().join("node-8");
        std::fs::write(folder.join("999999-0.proc"), "other host").unwrap();
        std::fs::write(folder.join("999999-0.sock"), "").unwrap();
        std::fs::write(folder.join("segment-2"), "999999-0").unwrap();
        std::fs::write(folder.join("segment-3"), "").unwrap();

        drop(node.join("host").unwrap());
        let mut names = node.names().unwrap();
        names.sort();
        let process = format!("{}.proc", alive.process);
        assert_eq!(names, [process.as_str(), "lock", "segment-1"]);
        drop(kept);
    }
}

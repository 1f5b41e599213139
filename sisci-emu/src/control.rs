//! Faults on demand, for tools and tests: what `ntb emu` does, as a library.
//!
//! ```no_run
//! use sisci::control::{Fabric, FaultKind, When};
//!
//! # fn main() -> Result<(), sisci::control::Error> {
//! let fabric = Fabric::open("/dev/shm/my-fabric")?;
//! fabric.set_link(4, 8, false)?; // every process of both nodes knows when this returns
//! fabric.set_link(4, 8, true)?;
//! fabric.inject(FaultKind::Drop, 4, 8, When::Count(3))?;
//! fabric.clear_faults()?;
//! # Ok(())
//! # }
//! ```
//!
//! A change is in a file of the fabric's folder before any process hears of it. So it holds for
//! processes that start later too, until it is taken back, and whoever is killed in between leaves
//! the old state or the new one.

pub use crate::fabric::control::fault::{Fault, Kind as FaultKind, Progress, When};
pub use crate::fabric::control::report::Connection;
pub use crate::fabric::control::state::{Link, MAX_FAULTS, Node, State};
pub use status::{Cleaned, FaultStatus, NodeStatus, Process, Silent, SilentProcess, Status};

use crate::fabric::control::census::{self, NodeCensus};
use crate::fabric::control::fault::Active;
use crate::fabric::control::push::{self, Door, Outcome};
use crate::fabric::control::{state, view};
use crate::fabric::dir;
use crate::fabric::node::NodeDir;
use crate::runtime::access;
use crate::runtime::config::{self, is_node_id};
use crate::runtime::settings::{self, Settings};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

mod status;

/// Why a fabric can't be looked at or changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is no fabric.
    #[error(
        "no fabric in {}: it is made by the first process that uses it (SISCI_EMU_DIR names it)",
        dir.display()
    )]
    NoFabric {
        /// The folder.
        dir: PathBuf,
    },
    /// The fabric belongs to another version of the emulator.
    #[error("the fabric in {} is of version {found}, this tool is of version {}", dir.display(), dir::VERSION)]
    Version {
        /// The folder.
        dir: PathBuf,
        /// Its version.
        found: String,
    },
    /// The folder can't be used.
    #[error("{}: {source}", dir.display())]
    Io {
        /// The folder.
        dir: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Settings that can't hold.
    #[error("{0}")]
    Settings(String),
    /// A number that no node has.
    #[error("{0} is no node id: multiples of 4 from 4 to 248 are")]
    NoNode(u32),
    /// Two nodes where there has to be a way between them.
    #[error("node {0} reaches itself without a link")]
    SameNode(u32),
    /// A fault that could never strike.
    #[error("a count and a step are at least 1, a probability is from 0 to 1")]
    BadFault,
    /// There is no room for another fault.
    #[error("there are {MAX_FAULTS} faults in force already")]
    TooManyFaults,
    /// No such fault.
    #[error("there is no fault {0}")]
    NoFault(u32),
}

/// What a call gives.
pub type Result<T> = std::result::Result<T, Error>;

/// A fabric, seen from outside: opening one makes no process a node.
#[derive(Clone, Debug)]
pub struct Fabric {
    dir: PathBuf,
}

impl Fabric {
    /// The fabric in a folder.
    ///
    /// # Errors
    /// [`Error::NoFabric`], [`Error::Version`], [`Error::Io`] without permission.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref().to_owned();
        let version = match std::fs::read_to_string(dir.join("version")) {
            Ok(version) => version,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Err(Error::NoFabric { dir });
            }
            Err(source) => return Err(Error::Io { dir, source }),
        };
        let found = version.trim().to_owned();
        if found != dir::VERSION.to_string() {
            return Err(Error::Version { dir, found });
        }
        // What this process makes there is for the same users as the rest.
        if let Ok(settings) = Settings::load(&dir) {
            access::set(settings.access);
        }
        Ok(Self { dir })
    }

    /// Makes a fabric with these settings, the text of its `fabric.toml`. Processes that run already
    /// keep the settings that they have read.
    ///
    /// # Errors
    /// [`Error::Settings`] for a bad text, or if there are settings and `replace` is not set;
    /// [`Error::Version`], [`Error::Io`].
    pub fn create(dir: impl AsRef<Path>, settings: &str, replace: bool) -> Result<Self> {
        let path = dir.as_ref();
        let io = |source| Error::Io {
            dir: path.to_owned(),
            source,
        };
        let checked = Settings::check(settings, path).map_err(Error::Settings)?;
        let file = path.join(settings::FILE);
        if file.exists() && !replace {
            return Err(Error::Settings(format!(
                "{} is there already",
                file.display()
            )));
        }
        access::set(checked.access);
        access::make_folder(path).map_err(io)?;
        let draft = path.join(format!("{}.{}", settings::FILE, std::process::id()));
        access::create(&draft)
            .and_then(|mut draft| draft.write_all(settings.as_bytes()))
            .and_then(|()| std::fs::rename(&draft, &file))
            .map_err(io)?;
        if !path.join("version").exists() {
            dir::open(path)
                .and_then(|_| dir::share(path, checked.access))
                .map_err(|code| Error::Settings(sisci_sys::error_name(code).to_owned()))?;
        }
        Self::open(path)
    }

    /// The folder that programs use which are started here: `SISCI_EMU_DIR`, or the user's own.
    pub fn default_dir() -> PathBuf {
        let named = std::env::var_os("SISCI_EMU_DIR").filter(|dir| !dir.is_empty());
        named.map_or_else(config::default_dir, PathBuf::from)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes the link between two nodes down, or up again. Down: stores of either node to the other
    /// vanish, loads give all ones, checks fail, connections hear `NOT_OPERATIONAL`. Up: the memory
    /// is back as it is now, connections hear `OPERATIONAL`.
    ///
    /// Returns when every process has carried it out, after 3 s at most. To do what is done already
    /// is no error.
    ///
    /// # Errors
    /// [`Error::NoNode`], [`Error::SameNode`], [`Error::Io`].
    pub fn set_link(&self, a: u32, b: u32, up: bool) -> Result<Silent> {
        check_way(a, b)?;
        self.change(|state| Ok(state.set_link(a, b, !up)))
            .map(|(_, silent)| silent)
    }

    /// Pulls the cable of a node, or plugs it in: all its links at once.
    ///
    /// # Errors
    /// As [`Fabric::set_link`].
    pub fn set_node_link(&self, node: u32, up: bool) -> Result<Silent> {
        check_node(node)?;
        self.change(|state| Ok(state.set_cable(node, !up)))
            .map(|(_, silent)| silent)
    }

    /// Makes a node go, as if its machine were switched off, or come back. Connections with it are
    /// lost on both sides, and stay so when it is back.
    ///
    /// # Errors
    /// As [`Fabric::set_link`].
    pub fn set_node_gone(&self, node: u32, gone: bool) -> Result<Silent> {
        check_node(node)?;
        self.change(|state| Ok(state.set_gone(node, gone)))
            .map(|(_, silent)| silent)
    }

    /// Orders a fault for what node `from` does towards node `to`, and gives its number. It is in
    /// force when this returns. Faults that are used up make room for it.
    ///
    /// # Errors
    /// [`Error::BadFault`], [`Error::TooManyFaults`]; else as [`Fabric::set_link`].
    pub fn inject(&self, kind: FaultKind, from: u32, to: u32, when: When) -> Result<(u32, Silent)> {
        check_way(from, to)?;
        if !when.is_valid() {
            return Err(Error::BadFault);
        }
        let dir = &self.dir;
        let (id, silent) = self.change(|state| {
            if state.faults.len() >= MAX_FAULTS {
                state::drop_spent(dir, state);
            }
            if state.faults.len() >= MAX_FAULTS {
                return Ok(None);
            }
            let id = state.next_fault;
            let fault = Fault {
                id,
                kind,
                from,
                to,
                when,
            };
            // The counters are there before anybody is told of the fault.
            Active::create(dir, fault.clone())?;
            state.next_fault = id.wrapping_add(1);
            state.faults.push(fault);
            Ok(Some(id))
        })?;
        Ok((id.ok_or(Error::TooManyFaults)?, silent))
    }

    /// Takes a fault back.
    ///
    /// # Errors
    /// [`Error::NoFault`], [`Error::Io`].
    pub fn clear_fault(&self, id: u32) -> Result<Silent> {
        let (found, silent) = self.change(|state| {
            let before = state.faults.len();
            state.faults.retain(|fault| fault.id != id);
            Ok(state.faults.len() < before)
        })?;
        if found {
            Ok(silent)
        } else {
            Err(Error::NoFault(id))
        }
    }

    /// Takes all faults back, and tells how many. Links and nodes stay as they are.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn clear_faults(&self) -> Result<(usize, Silent)> {
        self.change(|state| Ok(std::mem::take(&mut state.faults).len()))
    }

    /// Faults in force, with their progress.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn faults(&self) -> Result<Vec<FaultStatus>> {
        let state = self.state()?;
        let look = |fault: Fault| {
            let active = Active::open(&self.dir, fault.clone()).map_err(|error| self.io(error))?;
            Ok(FaultStatus {
                fault,
                progress: active.progress(),
                spent: active.is_spent(),
            })
        };
        state.faults.into_iter().map(look).collect()
    }

    /// Links, nodes and faults as they were set.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn state(&self) -> Result<State> {
        State::load(&self.dir).map_err(|error| self.io(error))
    }

    /// Nodes that have a living process.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn living_nodes(&self) -> Result<Vec<u32>> {
        let mut nodes = self.census()?;
        nodes.retain(|_, census| census.processes.values().any(|process| process.alive));
        Ok(nodes.into_keys().collect())
    }

    /// Everything there is. Processes are asked for their connections; one that doesn't answer
    /// within 3 s is shown without them.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn status(&self) -> Result<Status> {
        let state = self.state()?;
        let mut census = self.census()?;
        let ids: Vec<u32> = census.keys().copied().collect();
        for node in &state.nodes {
            census.entry(node.id).or_default();
        }
        let mut reports = self.reports(&census);
        let nodes = census.iter().map(|(id, census)| {
            let changed = state.node(*id);
            NodeStatus {
                id: *id,
                gone: changed.is_some_and(|node| node.gone),
                link_down: changed.is_some_and(|node| node.down),
                operational: view::is_operational(&state, *id, &ids),
                processes: processes(*id, census, &mut reports),
            }
        });
        Ok(Status {
            dir: self.dir.clone(),
            generation: state.generation,
            nodes: nodes.collect(),
            links: state.links,
            faults: self.faults()?,
        })
    }

    /// Removes what killed processes and killed tools have left.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub fn clean(&self) -> Result<Cleaned> {
        let before = self.count_files()?;
        for id in census::node_ids(&self.dir).map_err(|error| self.io(error))? {
            NodeDir::new(&self.dir, id).clean();
        }
        state::update(&self.dir, |_| Ok(())).map_err(|error| self.io(error))?;
        let after = self.count_files()?;
        Ok(Cleaned {
            files: before.saturating_sub(after),
        })
    }

    fn count_files(&self) -> Result<usize> {
        let count = |dir: &Path| std::fs::read_dir(dir).map(Iterator::count);
        let mut files = count(&self.dir).map_err(|error| self.io(error))?;
        for id in census::node_ids(&self.dir).map_err(|error| self.io(error))? {
            files += count(&self.dir.join(format!("node-{id}"))).unwrap_or(0);
        }
        Ok(files)
    }

    /// Changes the state and has every process carry it out, also if nothing changed: one may have
    /// been silent the last time.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut State) -> std::io::Result<T>,
    ) -> Result<(T, Silent)> {
        let (value, state) = state::update(&self.dir, change).map_err(|error| self.io(error))?;
        let census = self.census()?;
        let doors: Vec<Door> = doors(&census).collect();
        let outcomes = push::notify(&doors, state.generation);
        let silent = doors.iter().zip(outcomes).filter_map(|(door, outcome)| {
            let Outcome::Silent(reason) = outcome else {
                return None;
            };
            let (node, pid) = (door.node, door.pid);
            Some(SilentProcess { node, pid, reason })
        });
        Ok((value, Silent(silent.collect())))
    }

    fn reports(&self, census: &BTreeMap<u32, NodeCensus>) -> Reports {
        let doors: Vec<Door> = doors(census).collect();
        let outcomes = push::collect(&doors);
        doors
            .into_iter()
            .zip(outcomes)
            .map(|(door, outcome)| {
                let answer = match outcome {
                    Outcome::Answer(report) => Ok(report.connections),
                    Outcome::Gone => Ok(Vec::new()),
                    Outcome::Silent(reason) => Err(reason),
                };
                (door.socket, answer)
            })
            .collect()
    }

    fn census(&self) -> Result<BTreeMap<u32, NodeCensus>> {
        census::take(&self.dir).map_err(|error| self.io(error))
    }

    fn io(&self, source: std::io::Error) -> Error {
        let dir = self.dir.clone();
        Error::Io { dir, source }
    }
}

/// Connections by the socket of their process, or why they are not known.
type Reports = BTreeMap<PathBuf, std::result::Result<Vec<Connection>, String>>;

fn doors(census: &BTreeMap<u32, NodeCensus>) -> impl Iterator<Item = Door> + '_ {
    let processes = census.values().flat_map(|node| node.processes.values());
    let alive = processes.filter(|process| process.alive);
    alive.map(|process| process.door.clone())
}

fn processes(id: u32, census: &NodeCensus, reports: &mut Reports) -> Vec<Process> {
    use crate::fabric::node::Kind;
    let of_node = census.processes.iter().map(|(name, process)| {
        let numbers = |wanted: Kind| {
            let exports = census.exports.iter();
            let own = exports.filter(|(kind, _, owner)| *kind == wanted && owner == name);
            own.map(|(_, number, _)| *number).collect()
        };
        let report = reports.remove(&process.door.socket);
        let (connections, silent) = match report.unwrap_or_else(|| Ok(Vec::new())) {
            Ok(connections) => (connections, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        debug_assert_eq!(process.door.node, id);
        Process {
            pid: process.door.pid,
            host: process.host.clone(),
            alive: process.alive,
            segments: numbers(Kind::Segment),
            interrupts: numbers(Kind::Interrupt),
            data_interrupts: numbers(Kind::DataInterrupt),
            connections,
            silent,
        }
    });
    of_node.collect()
}

fn check_node(node: u32) -> Result<()> {
    if is_node_id(node) {
        Ok(())
    } else {
        Err(Error::NoNode(node))
    }
}

fn check_way(a: u32, b: u32) -> Result<()> {
    check_node(a)?;
    check_node(b)?;
    if a == b {
        return Err(Error::SameNode(a));
    }
    Ok(())
}

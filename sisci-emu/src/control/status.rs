//! What there is in a fabric, as tools and tests see it.

use super::{Connection, Fault, Link, Progress};
use serde::Serialize;
use std::path::PathBuf;

/// Processes that lived but did not confirm a change; empty if all did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silent(pub Vec<SilentProcess>);

/// A process that did not confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SilentProcess {
    /// Its node.
    pub node: u32,
    /// Its process id.
    pub pid: u32,
    /// Why, as far as it is known.
    pub reason: String,
}

/// A process of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// Its process id, as it sees it.
    pub pid: u32,
    /// Its host.
    pub host: String,
    /// False for one that was killed, whose files are still there.
    pub alive: bool,
    /// Ids of its segments.
    pub segments: Vec<u32>,
    /// Numbers of its interrupts.
    pub interrupts: Vec<u32>,
    /// Numbers of its data interrupts.
    pub data_interrupts: Vec<u32>,
    /// Its connections with other nodes, and those it made to its own.
    pub connections: Vec<Connection>,
    /// Why the connections are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
}

/// A node and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeStatus {
    /// Its id.
    pub id: u32,
    /// True while it is made to be gone.
    pub gone: bool,
    /// True while its own cable is out.
    pub link_down: bool,
    /// What its adapter answers to `LINK_OPERATIONAL`.
    pub operational: bool,
    /// Its processes.
    pub processes: Vec<Process>,
}

/// A fault and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultStatus {
    /// As it was ordered.
    #[serde(flatten)]
    pub fault: Fault,
    /// Operations it was asked about, and those it struck.
    #[serde(flatten)]
    pub progress: Progress,
    /// True once it strikes no more.
    pub spent: bool,
}

/// Everything there is in a fabric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// The folder.
    pub dir: PathBuf,
    /// Changes to links, nodes and faults so far.
    pub generation: u64,
    /// Nodes that have processes or were changed.
    pub nodes: Vec<NodeStatus>,
    /// Links that were ever taken down.
    pub links: Vec<Link>,
    /// Faults in force.
    pub faults: Vec<FaultStatus>,
}

/// What a cleaning removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Files of dead processes.
    pub files: usize,
}

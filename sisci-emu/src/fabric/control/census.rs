//! Who is in a fabric, as its folder says.

use super::push::Door;
use crate::fabric::entry::Entry;
use crate::fabric::node::{self, Kind};
use crate::runtime::config::is_node_id;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// One node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeCensus {
    /// Its processes by their names in the folder, dead ones too.
    pub processes: BTreeMap<String, ProcessCensus>,
    /// What is exported: kind, number and name of the owner.
    pub exports: Vec<(Kind, u32, String)>,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessCensus {
    /// Its host.
    pub host: String,
    /// False for one that was killed and not cleaned up after.
    pub alive: bool,
    /// Where it answers.
    pub door: Door,
}

/// Looks at all nodes.
///
/// # Errors
/// If the folder can't be read.
pub fn take(dir: &Path) -> std::io::Result<BTreeMap<u32, NodeCensus>> {
    let mut nodes = BTreeMap::new();
    for id in node_ids(dir)? {
        let folder = dir.join(format!("node-{id}"));
        match look(&folder, id) {
            // Removed meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            found => drop(nodes.insert(id, found?)),
        }
    }
    Ok(nodes)
}

/// Nodes that ever had a process, in order.
///
/// # Errors
/// If the folder can't be read.
pub fn node_ids(dir: &Path) -> std::io::Result<Vec<u32>> {
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix("node-"));
        let id = id.and_then(|id| id.parse().ok());
        ids.extend(id.filter(|id| is_node_id(*id)));
    }
    ids.sort_unstable();
    Ok(ids)
}

fn look(folder: &Path, id: u32) -> std::io::Result<NodeCensus> {
    let mut census = NodeCensus::default();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if let Some(process) = name.strip_suffix(".proc") {
            let door = Door {
                node: id,
                pid: pid_of(process),
                socket: path.with_extension("sock"),
            };
            let found = ProcessCensus {
                host: std::fs::read_to_string(&path).unwrap_or_default(),
                alive: node::is_held(&path),
                door,
            };
            census.processes.insert(process.to_owned(), found);
        } else if let Some((kind, number)) = Kind::parse_entry(name) {
            let entry = Entry::read(&path).unwrap_or_default();
            let owners = entry.owners.into_iter();
            let exports = owners.map(|(owner, _)| (kind, number, owner));
            census.exports.extend(exports);
        }
    }
    census
        .exports
        .sort_by_key(|(kind, number, _)| (*kind as u32, *number));
    Ok(census)
}

/// The process id in a name of the form `<pid>-<n>`; 0 in any other.
pub fn pid_of(process: &str) -> u32 {
    let pid = process.split('-').next();
    pid.and_then(|pid| pid.parse().ok()).unwrap_or(0)
}

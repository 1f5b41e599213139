//! The environment that makes a process a node.
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `SISCI_EMU_DIR` | folder of the fabric; processes that share it can reach each other | `/dev/shm/sisci-emu-<uid>` |
//! | `SISCI_EMU_NODE` | node id of this process: a multiple of 4 from 4 to 248; several, with commas between them, are one for each adapter from 0 on | 4 |
//! | `SISCI_EMU_NODES` | the nodes of the fabric, with commas between them: connecting to another one is `SCI_ERR_NO_SUCH_NODEID` | all ids |
//! | `SISCI_EMU_HOST` | the host this process runs on; a node belongs to one host at a time | host name and network namespace |
//! | `SISCI_EMU_MEMORY_LIMIT` | MiB that this process may export; more is `SCI_ERR_NOSPC` | none |
//! | `SISCI_EMU_TOLERATE` | what is otherwise refused, with commas: `map-query` (questions about a map asked of a remote segment), `unaligned-memory` (registered memory that starts inside of a page), `remove-connected` (removing a segment without maps although peers are connected) | nothing |
//! | `SISCI_EMU_LOG` | `error`, `warn`, `info` or `debug`, to standard error | `warn` |

use crate::runtime::log::Level;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Node ids are multiples of this.
pub const NODE_STEP: u32 = 4;
/// The highest node id; the one after it stands for a multicast group.
pub const NODE_MAX: u32 = 248;

/// What the environment says, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Folder of the fabric.
    pub dir: PathBuf,
    /// Own node ids, one for each adapter; at least one.
    pub nodes: Vec<u32>,
    /// All nodes of the fabric, if they are listed.
    pub known: Option<Vec<u32>>,
    /// Name of the host that owns the node.
    pub host: String,
    /// Bytes that this process may export.
    pub memory_limit: Option<u64>,
    /// What is accepted although it is refused otherwise.
    pub tolerated: Vec<Tolerance>,
    /// How much is logged.
    pub log: Level,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// A text that names the variable, its value and what it may hold.
    pub fn from_env() -> Result<Self, String> {
        Self::from_lookup(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let refused = |name: &str, value: &str, range: &str| format!("{name}={value}: {range}");
        let dir = lookup("SISCI_EMU_DIR").map_or_else(default_dir, PathBuf::from);
        let nodes = match lookup("SISCI_EMU_NODE") {
            None => vec![NODE_STEP],
            Some(text) => node_list(&text, MAX_ADAPTERS).ok_or_else(|| {
                refused(
                    "SISCI_EMU_NODE",
                    &text,
                    "must be a multiple of 4 from 4 to 248, or up to 16 different ones with commas",
                )
            })?,
        };
        let known = match lookup("SISCI_EMU_NODES") {
            None => None,
            Some(text) => Some(node_list(&text, usize::MAX).ok_or_else(|| {
                let range = "must be different multiples of 4 from 4 to 248, with commas";
                refused("SISCI_EMU_NODES", &text, range)
            })?),
        };
        let memory_limit = match lookup("SISCI_EMU_MEMORY_LIMIT") {
            None => None,
            Some(text) => {
                let bytes = text
                    .parse()
                    .ok()
                    .and_then(|mib: u64| mib.checked_mul(1 << 20));
                Some(bytes.ok_or_else(|| {
                    refused("SISCI_EMU_MEMORY_LIMIT", &text, "must be a number of MiB")
                })?)
            }
        };
        let tolerated = match lookup("SISCI_EMU_TOLERATE") {
            None => Vec::new(),
            Some(text) => {
                let parsed = text.split(',').map(|word| Tolerance::parse(word.trim()));
                let parsed: Option<_> = parsed.collect();
                parsed.ok_or_else(|| {
                    refused(
                        "SISCI_EMU_TOLERATE",
                        &text,
                        "may name map-query, unaligned-memory and remove-connected, with commas",
                    )
                })?
            }
        };
        let log = match lookup("SISCI_EMU_LOG") {
            None => Level::Warn,
            Some(text) => Level::parse(&text).ok_or_else(|| {
                refused("SISCI_EMU_LOG", &text, "must be error, warn, info or debug")
            })?,
        };
        let host = lookup("SISCI_EMU_HOST").unwrap_or_else(this_host);
        Ok(Self {
            dir,
            nodes,
            known,
            host,
            memory_limit,
            tolerated,
            log,
        })
    }
}

/// What programs differ in: the strict way is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// Questions about a map that name it as a remote segment are answered.
    MapQuery,
    /// Registered memory may start inside of a page.
    UnalignedMemory,
    /// Peers that are connected don't keep a segment from being removed; they are disconnected.
    RemoveConnected,
}

impl Tolerance {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "map-query" => Some(Self::MapQuery),
            "remove-connected" => Some(Self::RemoveConnected),
            "unaligned-memory" => Some(Self::UnalignedMemory),
            _ => None,
        }
    }
}

/// Adapters that a host has at most.
pub const MAX_ADAPTERS: usize = 16;

/// At most so many node ids with commas between them, each once.
fn node_list(text: &str, most: usize) -> Option<Vec<u32>> {
    let mut nodes = Vec::new();
    for word in text.split(',') {
        let node = word.trim().parse().ok().filter(|node| is_node_id(*node))?;
        if nodes.contains(&node) || nodes.len() == most {
            return None;
        }
        nodes.push(node);
    }
    Some(nodes)
}

/// The user's own fabric.
pub fn default_dir() -> PathBuf {
    let uid = rustix::process::getuid().as_raw();
    format!("/dev/shm/sisci-emu-{uid}").into()
}

/// True for the ids that a node can have.
pub fn is_node_id(node: u32) -> bool {
    node.is_multiple_of(NODE_STEP) && (NODE_STEP..=NODE_MAX).contains(&node)
}

/// Host name and network namespace: namespaces of one machine count as hosts of their own.
fn this_host() -> String {
    let uname = rustix::system::uname();
    let namespace = std::fs::metadata("/proc/self/ns/net").map_or(0, |found| found.ino());
    format!("{}-net{namespace}", uname.nodename().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Config::from_lookup(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_empty_environment_is_node_4_of_the_users_own_fabric() {
        let config = read(&[]).unwrap();
        assert_eq!(
            (config.nodes, config.memory_limit, config.log),
            (vec![4], None, Level::Warn)
        );
        let config = read(&[]).unwrap();
        assert!(config.dir.starts_with("/dev/shm"), "{config:?}");
        assert!(config.host.contains("-net"), "{config:?}");
        let two = read(&[("SISCI_EMU_NODE", "4, 68")]).unwrap();
        assert_eq!(two.nodes, [4, 68]);
    }

    #[test]
    fn bad_values_are_named() {
        for node in ["0", "5", "252", "x", "-4", "4,", "4,4", "4;8"] {
            let error = read(&[("SISCI_EMU_NODE", node)]).unwrap_err();
            assert!(
                error.contains(&format!("SISCI_EMU_NODE={node}:")),
                "{error}"
            );
        }
        assert!(read(&[("SISCI_EMU_LOG", "loud")]).is_err());
        assert!(read(&[("SISCI_EMU_TOLERATE", "map-query,all")]).is_err());
        assert!(read(&[("SISCI_EMU_MEMORY_LIMIT", "1 GiB")]).is_err());
        assert_eq!(
            read(&[("SISCI_EMU_MEMORY_LIMIT", "2")])
                .unwrap()
                .memory_limit,
            Some(2 << 20)
        );
    }
}

//! What the management daemon knows of a cluster.

use std::net::SocketAddr;
use std::time::Duration;

use crate::chunk::Place;
use crate::connection::Connection;
use crate::error::Error;
use crate::family::Family;
use crate::meta::Entry;
use crate::node::{Node, NodeType};
use crate::path::Path;
use crate::request::{GetGroups, GetNodes, GetStates, GetTargets, Group, Reachability, State};
use crate::secret::Secret;

/// A cluster, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Of which family its management daemon is.
    pub family: Family,
    /// Metadata servers.
    pub meta: Vec<Node>,
    /// The metadata server of the root directory, or the mirror group; 0: unknown.
    pub root: u32,
    /// Whether `root` is a mirror group.
    pub root_is_mirrored: bool,
    /// States of metadata servers.
    pub meta_states: Vec<(u16, State)>,
    /// Mirror groups of metadata servers.
    pub meta_groups: Vec<Group>,
    /// Storage servers.
    pub storage: Vec<Node>,
    /// Storage targets with the number of their server.
    pub targets: Vec<(u16, u32)>,
    /// States of storage targets.
    pub states: Vec<(u16, State)>,
    /// Mirror groups of storage targets.
    pub groups: Vec<Group>,
}

impl Cluster {
    /// Asks the management daemon, over TCP: it has no other path. Without a family, both are
    /// tried.
    ///
    /// # Errors
    /// Those of [`Connection::call`]; of the newer family, if both fail.
    pub fn ask(
        server: SocketAddr,
        family: Option<Family>,
        secret: Option<&Secret>,
        timeout: Duration,
    ) -> Result<Self, Error> {
        first_that_answers(family, |family| {
            let connection = Connection::open(&Path::tcp(), server, family, secret, timeout)?;
            Self::ask_on(connection, family)
        })
    }

    fn ask_on(mut connection: Connection, family: Family) -> Result<Self, Error> {
        let meta = connection.call(&GetNodes(NodeType::Meta))?;
        Ok(Self {
            family,
            meta: meta.nodes,
            root: meta.root,
            root_is_mirrored: meta.root_is_mirrored,
            meta_states: connection.call(&GetStates(NodeType::Meta))?.0,
            meta_groups: connection.call(&GetGroups(NodeType::Meta))?.0,
            storage: connection.call(&GetNodes(NodeType::Storage))?.nodes,
            targets: connection.call(&GetTargets)?.0,
            states: connection.call(&GetStates(NodeType::Storage))?.0,
            groups: connection.call(&GetGroups(NodeType::Storage))?.0,
        })
    }

    /// Where chunks of a target go. Without a number, the target with the least.
    ///
    /// # Errors
    /// If there is no such target, or it is offline.
    pub fn target(&self, number: Option<u16>) -> Result<(SocketAddr, Place), Error> {
        let numbers = || self.targets.iter().map(|(target, _)| *target);
        let Some(target) = number.or_else(|| numbers().min()) else {
            return Err(Error::NotFound("the cluster has no storage target".into()));
        };
        let place = Place {
            target,
            mirror: None,
        };
        Ok((self.server_of(target)?, place))
    }

    /// Where chunks of a mirror group go: to its primary.
    ///
    /// # Errors
    /// If there is no such group, or its primary is offline.
    pub fn group(&self, number: u16) -> Result<(SocketAddr, Place), Error> {
        let group = self.groups.iter().find(|group| group.number == number);
        let Some(group) = group else {
            let known = list(self.groups.iter().map(|group| group.number));
            let text = format!("the cluster has no storage mirror group {number}; known: {known}");
            return Err(Error::NotFound(text));
        };
        let place = Place {
            target: group.primary,
            mirror: Some((number, false)),
        };
        Ok((self.server_of(group.primary)?, place))
    }

    /// How a storage target is; `None`: not known.
    pub fn state(&self, target: u16) -> Option<State> {
        state_in(&self.states, target)
    }

    /// How a metadata server is; `None`: not known.
    pub fn meta_state(&self, server: u32) -> Option<State> {
        state_in(&self.meta_states, u16::try_from(server).ok()?)
    }

    /// Whether a metadata server is known to be offline.
    pub fn is_offline(&self, server: u32) -> bool {
        self.meta_state(server)
            .is_some_and(|state| state.reachability == Reachability::Offline)
    }

    /// The root directory.
    pub fn root(&self) -> Entry {
        Entry::root(self.root, self.root_is_mirrored)
    }

    /// The metadata server to which requests for an entry go: its owner, or the primary of the mirror group
    /// that owns it.
    ///
    /// # Errors
    /// If the management daemon knows no such group.
    pub fn server_of_entry(&self, entry: &Entry) -> Result<u32, Error> {
        if !entry.is_mirrored() {
            return Ok(entry.owner);
        }
        let mut groups = self.meta_groups.iter();
        let group = groups.find(|group| u32::from(group.number) == entry.owner);
        let primary = group.map(|group| group.primary.into());
        primary.ok_or_else(|| {
            let known = list(self.meta_groups.iter().map(|group| group.number));
            Error::NotFound(format!(
                "the cluster has no mirror group {} of metadata servers; known: {known}",
                entry.owner
            ))
        })
    }

    fn server_of(&self, target: u16) -> Result<SocketAddr, Error> {
        let not_found = |text| Err(Error::NotFound(text));
        let Some((_, number)) = self.targets.iter().find(|(known, _)| *known == target) else {
            let known = list(self.targets.iter().map(|(target, _)| *target));
            return not_found(format!(
                "the cluster has no target {target}; known: {known}"
            ));
        };
        let node = self.storage.iter().find(|node| node.number == *number);
        let Some((node, address)) = node.and_then(|node| Some((node, node.addresses.first()?)))
        else {
            return not_found(format!(
                "the storage server {number} of target {target} is not known, or has no address"
            ));
        };
        let server = SocketAddr::new(*address, node.port);
        if self.state(target).map(|state| state.reachability) == Some(Reachability::Offline) {
            return not_found(format!(
                "target {target} is offline (storage server {} at {server})",
                node.name
            ));
        }
        Ok(server)
    }
}

/// Asks a server of a known type who it is, over TCP, and so finds out its family.
///
/// # Errors
/// Those of [`Connection::identify`]; of the newer family, if both fail.
pub fn family_of(
    server: SocketAddr,
    expected: NodeType,
    family: Option<Family>,
    secret: Option<&Secret>,
    timeout: Duration,
) -> Result<Family, Error> {
    first_that_answers(family, |family| {
        let mut connection = Connection::open(&Path::tcp(), server, family, secret, timeout)?;
        connection.identify(expected)?;
        Ok(family)
    })
}

/// Tries a family, or all; another one is only tried after failures that it could cure.
fn first_that_answers<T>(
    family: Option<Family>,
    mut ask: impl FnMut(Family) -> Result<T, Error>,
) -> Result<T, Error> {
    if let Some(family) = family {
        return ask(family);
    }
    let mut first = None;
    for family in Family::ALL {
        match ask(family) {
            Err(error @ (Error::Unheard { .. } | Error::Malformed { .. })) => {
                first.get_or_insert(error);
            }
            outcome => return outcome,
        }
    }
    Err(first.expect("there are families"))
}

fn state_in(states: &[(u16, State)], wanted: u16) -> Option<State> {
    let mut states = states.iter();
    let found = states.find(|(number, _)| *number == wanted);
    found.map(|(_, state)| *state)
}

fn list(numbers: impl Iterator<Item = u16>) -> String {
    let texts: Vec<String> = numbers.map(|number| number.to_string()).collect();
    if texts.is_empty() {
        return "none".to_owned();
    }
    texts.join(", ")
}

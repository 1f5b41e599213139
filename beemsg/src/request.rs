//! Questions to any server, and to the management daemon.
//!
//! Sources: `net/message/nodes/`, `net/message/control/`, `nodes/TargetStateInfo.h`.

use crate::codec::{DecodeError, Reader, Writer};
use crate::family::Family;
use crate::message::{Reply, Request};
use crate::node::{Node, NodeType};

/// Kind of the message that shows the secret; it is not answered.
pub const AUTHENTICATE: u16 = 4007;

/// Kind of the answer that stands for any other: a control code and a text.
pub const GENERIC: u16 = 4009;

/// Asks a server who it is.
#[derive(Debug)]
pub struct WhoAreYou;

/// Who a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IAm {
    /// What it does.
    pub node_type: NodeType,
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u32,
}

impl Request for WhoAreYou {
    type Reply = IAm;
    const KIND: u16 = 1019;

    fn payload(&self, _: &mut Writer) {}
}

impl Reply for IAm {
    const KIND: u16 = 1020;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        let _instance = reader.u64()?;
        let _interfaces_version = reader.u64()?;
        let node_type = NodeType::from_number(reader.i32()?)?;
        let name = reader.text()?;
        let _acknowledgement = reader.text_aligned()?;
        let number = reader.u32()?;
        reader.skip_rest();
        Ok(Self {
            node_type,
            name,
            number,
        })
    }
}

/// Asks for all nodes of a type.
#[derive(Debug)]
pub struct GetNodes(pub NodeType);

/// Nodes, and who has the root directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nodes {
    /// In the order of their numbers.
    pub nodes: Vec<Node>,
    /// Metadata server (or group) of the root directory; 0: unknown.
    pub root: u32,
    /// Whether `root` is a mirror group.
    pub root_is_mirrored: bool,
}

impl Request for GetNodes {
    type Reply = Nodes;
    const KIND: u16 = 1017;

    fn payload(&self, writer: &mut Writer) {
        writer.i32(self.0.number());
    }
}

impl Reply for Nodes {
    const KIND: u16 = 1018;

    fn read(reader: &mut Reader<'_>, family: Family) -> Result<Self, DecodeError> {
        Ok(Self {
            nodes: reader.sequence(false, |reader| Node::read(reader, family))?,
            root: reader.u32()?,
            root_is_mirrored: reader.u8()? != 0,
        })
    }
}

/// Asks which storage node has which target.
#[derive(Debug)]
pub struct GetTargets;

/// Target numbers, each with the number of its storage node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets(pub Vec<(u16, u32)>);

impl Request for GetTargets {
    type Reply = Targets;
    const KIND: u16 = 1025;

    fn payload(&self, _: &mut Writer) {}
}

impl Reply for Targets {
    const KIND: u16 = 1026;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        let pair = |reader: &mut Reader<'_>| Ok((reader.u16()?, reader.u32()?));
        Ok(Self(reader.sequence(false, pair)?))
    }
}

/// Asks how targets are: storage targets, or metadata nodes.
#[derive(Debug)]
pub struct GetStates(pub NodeType);

/// Whether a target answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachability {
    /// It does.
    Online,
    /// It may not: nothing was heard of it for some time.
    ProbablyOffline,
    /// It does not.
    Offline,
}

/// Whether a target's data are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// They are.
    Good,
    /// Its mirror has newer data.
    NeedsResync,
    /// They aren't.
    Bad,
}

/// How a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether it answers.
    pub reachability: Reachability,
    /// Whether its data are good.
    pub consistency: Consistency,
}

/// States by target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct States(pub Vec<(u16, State)>);

impl Request for GetStates {
    type Reply = States;
    const KIND: u16 = 1049;

    fn payload(&self, writer: &mut Writer) {
        writer.i32(self.0.number());
    }
}

impl Reply for States {
    const KIND: u16 = 1050;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        let targets = reader.sequence(true, Reader::u16)?;
        let reachabilities = reader.sequence(true, reachability)?;
        let consistencies = reader.sequence(true, consistency)?;
        same_length(targets.len(), &[reachabilities.len(), consistencies.len()])?;
        let states = reachabilities.into_iter().zip(consistencies);
        let states = states.map(|(reachability, consistency)| State {
            reachability,
            consistency,
        });
        Ok(Self(targets.into_iter().zip(states).collect()))
    }
}

fn reachability(reader: &mut Reader<'_>) -> Result<Reachability, DecodeError> {
    match reader.u8()? {
        0 => Ok(Reachability::Online),
        1 => Ok(Reachability::ProbablyOffline),
        2 => Ok(Reachability::Offline),
        other => Err(DecodeError::Value {
            field: "the reachability of a target",
            value: other.into(),
        }),
    }
}

fn consistency(reader: &mut Reader<'_>) -> Result<Consistency, DecodeError> {
    match reader.u8()? {
        0 => Ok(Consistency::Good),
        1 => Ok(Consistency::NeedsResync),
        2 => Ok(Consistency::Bad),
        other => Err(DecodeError::Value {
            field: "the consistency of a target",
            value: other.into(),
        }),
    }
}

/// Asks for mirror groups: of storage targets, or of metadata nodes.
#[derive(Debug)]
pub struct GetGroups(pub NodeType);

/// Two targets with the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Number of the group.
    pub number: u16,
    /// The target that clients talk to.
    pub primary: u16,
    /// The target that the primary forwards to.
    pub secondary: u16,
}

/// Mirror groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups(pub Vec<Group>);

impl Request for GetGroups {
    type Reply = Groups;
    const KIND: u16 = 1047;

    fn payload(&self, writer: &mut Writer) {
        writer.i32(self.0.number());
    }
}

impl Reply for Groups {
    const KIND: u16 = 1048;

    fn read(reader: &mut Reader<'_>, _: Family) -> Result<Self, DecodeError> {
        let numbers = reader.sequence(true, Reader::u16)?;
        let primaries = reader.sequence(true, Reader::u16)?;
        let secondaries = reader.sequence(true, Reader::u16)?;
        same_length(numbers.len(), &[primaries.len(), secondaries.len()])?;
        let mut groups = Vec::with_capacity(numbers.len());
        for ((number, primary), secondary) in numbers.into_iter().zip(primaries).zip(secondaries) {
            groups.push(Group {
                number,
                primary,
                secondary,
            });
        }
        Ok(Self(groups))
    }
}

/// Lists whose elements belong together by position.
fn same_length(first: usize, others: &[usize]) -> Result<(), DecodeError> {
    match others.iter().find(|other| **other != first) {
        Some(other) => Err(DecodeError::Value {
            field: "the length of a list beside another",
            value: *other as u64,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{decode, encode};

    #[test]
    fn questions_have_their_kind_and_type() {
        let bytes = encode(&GetNodes(NodeType::Storage), Vec::new());
        assert_eq!(bytes[..4], [44, 0, 0, 0]);
        assert_eq!(bytes[16..18], 1017_u16.to_le_bytes());
        assert_eq!(bytes[40..], [2, 0, 0, 0]);
        assert_eq!(encode(&GetTargets, bytes)[..4], [40, 0, 0, 0]);
    }

    #[test]
    fn targets_and_groups_are_read() {
        let targets = [1, 0, 0, 0, 101, 0, 2, 0, 0, 0];
        assert_eq!(decode(&targets, Family::Seven), Ok(Targets(vec![(101, 2)])));
        let list = |value: u8| [10, 0, 0, 0, 1, 0, 0, 0, value, 0];
        let groups = [list(1), list(101), list(201)].concat();
        let expected = Group {
            number: 1,
            primary: 101,
            secondary: 201,
        };
        assert_eq!(decode(&groups, Family::Eight), Ok(Groups(vec![expected])));
        let uneven = [&list(1)[..], &list(101), &[8, 0, 0, 0, 0, 0, 0, 0]].concat();
        assert!(decode::<Groups>(&uneven, Family::Eight).is_err());
    }

    #[test]
    fn states_are_read_and_unknown_ones_refused() {
        let bytes = |reachability, consistency| {
            let targets = [10, 0, 0, 0, 1, 0, 0, 0, 101, 0];
            let list = |value| [9, 0, 0, 0, 1, 0, 0, 0, value];
            [&targets[..], &list(reachability), &list(consistency)].concat()
        };
        let state = State {
            reachability: Reachability::Offline,
            consistency: Consistency::NeedsResync,
        };
        assert_eq!(
            decode(&bytes(2, 1), Family::Seven),
            Ok(States(vec![(101, state)]))
        );
        assert!(decode::<States>(&bytes(3, 0), Family::Seven).is_err());
        assert!(decode::<States>(&bytes(0, 3), Family::Seven).is_err());
    }

    #[test]
    fn a_server_says_who_it_is() {
        let mut writer = Writer::default();
        writer.u64(0);
        writer.u64(0);
        writer.i32(2);
        writer.text("storage1");
        writer.text_aligned("");
        writer.u32(5);
        writer.raw(b"what follows is of no interest");
        let read = decode::<IAm>(&writer.into_bytes(), Family::Eight).unwrap();
        assert_eq!((read.node_type, read.number), (NodeType::Storage, 5));
    }
}

//! Groups: segments of several nodes that are written together.
//!
//! All members of a group use one memory, so a store by one is seen by all. It lives as long as any
//! member. Nobody is told who else is in a group, and a connection to it has no events.

use crate::fabric::link::{ClientLink, Ending, Export, Grant, ServerLink};
use crate::fabric::member::Member;
use crate::fabric::node::Kind;
use crate::model::backing::Backing;
use crate::model::segment_core::{Core, Nature};
use crate::runtime::config::{NODE_MAX, NODE_STEP};
use crate::runtime::limits::Limits;
use crate::runtime::log::report;
use crate::runtime::memory::SharedMemory;
use crate::{Code, Result};
use std::sync::Arc;

/// The node id that stands for all members of a group.
pub const NODE: u32 = sisci_sys::DIS_BROADCAST_NODEID_GROUP_ALL;

/// What is asked of a member, in the argument of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Ask {
    /// The memory, for a new member.
    Join = 0,
    /// The memory, for a sender, if the member is available.
    Connect = 1,
}

/// Makes this node a member of a group: a segment that its memory belongs to.
///
/// # Errors
/// `ILLEGAL_PARAMETER` for a number that no group has, or a size that the group hasn't;
/// `SEGMENTID_USED` if the node is a member already; `NOSPC`.
pub fn join(member: Arc<Member>, group: u32, alone: bool, size: usize) -> Result<Arc<Core>> {
    check_group(group)?;
    let mut claims = vec![member.claim_everywhere(Kind::Group, group)?];
    if alone {
        claims.push(member.claim_everywhere(Kind::Segment, group)?);
    }
    // Two first members would have a memory each.
    let _turn = member.shares().turn();
    let memory = match ask_members(&member, group, Ask::Join, true) {
        Some(memory) => memory?,
        None => SharedMemory::create("sisci-group", size, member.budget())?,
    };
    if memory.size() != size {
        report!(
            Warn,
            "group {group} has {} bytes, not {size}: all members need the same size",
            memory.size()
        );
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let backing = Some(Backing::new(memory));
    let nature = Nature::Group(alone);
    let core = Core::new(Arc::clone(&member), group, nature, size, claims, backing);
    for (adapter, _) in member.nodes().enumerate() {
        let door: Arc<dyn Export> = Arc::new(Door(Arc::clone(&core)));
        member.publish(adapter as u32, Kind::Group, group, 0, door);
    }
    Ok(core)
}

/// The memory of a group that has an available member.
///
/// # Errors
/// `NO_SUCH_SEGMENT` if it has none; `ILLEGAL_PARAMETER` for a number that no group has.
pub fn connect(member: &Member, group: u32) -> Result<SharedMemory> {
    check_group(group)?;
    ask_members(member, group, Ask::Connect, false).unwrap_or(Err(Code::SCI_ERR_NO_SUCH_SEGMENT))
}

/// Accepts the node id of all members.
///
/// # Errors
/// `ILLEGAL_NODEID`
pub fn check_node(node: u32) -> Result<()> {
    if node == NODE {
        return Ok(());
    }
    report!(Debug, "with BROADCAST the node is {NODE}, not {node}");
    Err(Code::SCI_ERR_ILLEGAL_NODEID)
}

fn check_group(group: u32) -> Result<()> {
    let groups = Limits::current().groups;
    if u64::from(group) < groups {
        return Ok(());
    }
    report!(
        Debug,
        "there are {groups} groups (limits.groups in fabric.toml) from 0 on, {group} is none"
    );
    Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
}

/// All node ids that there can be.
pub fn all_nodes() -> impl Iterator<Item = u32> {
    (NODE_STEP..=NODE_MAX).step_by(NODE_STEP as usize)
}

/// Asks one member after the other for the memory. `None` if there is none that gives it; one that
/// doesn't answer is passed.
fn ask_members(
    member: &Member,
    group: u32,
    what: Ask,
    others: bool,
) -> Option<Result<SharedMemory>> {
    let own = |node| member.nodes().any(|own| own == node);
    for node in all_nodes().filter(|node| !(others && own(*node))) {
        let folder = member.node_dir(node);
        if folder
            .owners(Kind::Group, group)
            .is_ok_and(|owners| owners.is_empty())
        {
            continue;
        }
        let from = member.node(0);
        if let Ok((_, mut grant)) = ClientLink::ask(&folder, Kind::Group, group, from, what as u32)
        {
            let memory = grant.descriptors.pop()?;
            return Some(SharedMemory::received(memory, grant.start, grant.size));
        }
    }
    None
}

/// Where a member is asked.
struct Door(Arc<Core>);

impl Export for Door {
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        let join = link.argument() == Ask::Join as u32;
        if join || self.0.is_available(link.adapter()) {
            self.0.grant()
        } else {
            Err(Code::SCI_ERR_NO_SUCH_SEGMENT)
        }
    }

    fn disconnected(&self, _: &ServerLink, _: Ending) {}
}

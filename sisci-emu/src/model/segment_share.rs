//! Further handles of a segment, in other processes of the node.
//!
//! The process that created the segment keeps it, even when its own handle is gone. Others hold a
//! connection for each of their handles, and ask it to do what changes the segment.

use crate::fabric::link::{ClientLink, Ending, Export, Follower, Grant, ServerLink};
use crate::fabric::member::Member;
use crate::fabric::node::Kind;
use crate::model::flags::{SCI_FLAG_FORCE_DISCONNECT, SCI_FLAG_NOTIFY};
use crate::model::segment_core::Core;
use crate::runtime::memory::SharedMemory;
use crate::{Code, Result};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

/// What a handle asks the segment for; travels in the argument of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Attach,
    Prepare(u32),
    SetAvailable(u32),
    SetUnavailable(u32, u32),
    IsPrepared(u32),
    Leave(bool),
}

const NOTIFY: u32 = 1 << 16;
const FORCE: u32 = 1 << 17;

impl Ask {
    fn encode(self) -> u32 {
        match self {
            Self::Attach => 0,
            Self::Prepare(adapter) => 1 | adapter << 8,
            Self::SetAvailable(adapter) => 2 | adapter << 8,
            Self::SetUnavailable(adapter, flags) => {
                let bit = |flag, bit| if flags & flag == 0 { 0 } else { bit };
                let notify = bit(SCI_FLAG_NOTIFY, NOTIFY);
                3 | adapter << 8 | notify | bit(SCI_FLAG_FORCE_DISCONNECT, FORCE)
            }
            Self::IsPrepared(adapter) => 4 | adapter << 8,
            Self::Leave(force) => 5 | if force { FORCE } else { 0 },
        }
    }

    /// `None` for what no process of this version asks; `adapters` are there.
    fn decode(word: u32, adapters: u32) -> Option<Self> {
        let adapter = word >> 8 & 0xFF;
        if adapter >= adapters {
            return None;
        }
        let bit = |bit, flag| if word & bit == 0 { 0 } else { flag };
        match word & 0xFF {
            0 => Some(Self::Attach),
            1 => Some(Self::Prepare(adapter)),
            2 => Some(Self::SetAvailable(adapter)),
            3 => {
                let notify = bit(NOTIFY, SCI_FLAG_NOTIFY);
                let flags = notify | bit(FORCE, SCI_FLAG_FORCE_DISCONNECT);
                Some(Self::SetUnavailable(adapter, flags))
            }
            4 => Some(Self::IsPrepared(adapter)),
            5 => Some(Self::Leave(word & FORCE != 0)),
            _ => None,
        }
    }
}

/// Where further handles are asked for.
pub struct Door(pub Arc<Core>);

impl Export for Door {
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        let core = &self.0;
        let ask = Ask::decode(link.argument(), core.adapter_count());
        let ask = ask.ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
        core.check_sharer(link)?;
        match ask {
            Ask::Attach => return core.attach(link),
            Ask::Prepare(adapter) => core.prepare(adapter)?,
            Ask::SetAvailable(adapter) => core.set_available(adapter)?,
            Ask::SetUnavailable(adapter, flags) => core.set_unavailable(adapter, flags)?,
            Ask::IsPrepared(adapter) if core.is_prepared(adapter) => {}
            Ask::IsPrepared(_) => return Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED),
            Ask::Leave(force) => core.check_leave(force)?,
        }
        Ok(Grant::default())
    }

    fn disconnected(&self, link: &ServerLink, _: Ending) {
        self.0.detach(link);
    }
}

/// A handle's connection to a segment that another handle created.
pub struct Attachment {
    member: Arc<Member>,
    kind: Kind,
    id: u32,
    link: Arc<ClientLink>,
    memory: SharedMemory,
    /// Adapters that the segment is known to be prepared for, one bit each.
    prepared: AtomicU32,
}

impl Attachment {
    /// Attaches to a shared segment of the own node, or to the own member of a group.
    ///
    /// # Errors
    /// `NO_SUCH_SEGMENT`; `ACCESS` if it is not shared.
    pub fn new(member: Arc<Member>, kind: Kind, id: u32) -> Result<Self> {
        let (link, mut grant) = ask(&member, kind, id, Ask::Attach)?;
        let memory = grant
            .descriptors
            .pop()
            .ok_or(Code::SCI_ERR_CONNECTION_REFUSED)?;
        Ok(Self {
            memory: SharedMemory::received(memory, grant.start, grant.size)?,
            member,
            kind,
            id,
            link,
            prepared: AtomicU32::new(0),
        })
    }

    /// The segment's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Tells `follower` what happens to the segment from now on.
    ///
    /// # Errors
    /// As [`ClientLink::follow`].
    pub fn follow(&self, follower: Weak<dyn Follower>) -> Result<()> {
        let route = self.member.route(0, self.member.node(0));
        self.link.follow(follower, &route, self.member.service())
    }

    /// The segment's memory.
    pub fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// See [`Core::prepare`].
    ///
    /// # Errors
    /// As there.
    pub fn prepare(&self, adapter: u32) -> Result<()> {
        self.ask(Ask::Prepare(adapter))
    }

    /// See [`Core::is_prepared`]; what was once prepared stays so.
    pub fn is_prepared(&self, adapter: u32) -> bool {
        let bit = 1 << adapter;
        if self.prepared.load(Ordering::Relaxed) & bit != 0 {
            return true;
        }
        let prepared = self.ask(Ask::IsPrepared(adapter)).is_ok();
        if prepared {
            self.prepared.fetch_or(bit, Ordering::Relaxed);
        }
        prepared
    }

    /// See [`Core::set_available`].
    ///
    /// # Errors
    /// As there.
    pub fn set_available(&self, adapter: u32) -> Result<()> {
        self.ask(Ask::SetAvailable(adapter))
    }

    /// See [`Core::set_unavailable`].
    ///
    /// # Errors
    /// As there.
    pub fn set_unavailable(&self, adapter: u32, flags: u32) -> Result<()> {
        self.ask(Ask::SetUnavailable(adapter, flags))
    }

    /// Accepts that this handle goes.
    ///
    /// # Errors
    /// `BUSY` for the last one while peers are connected.
    pub fn check_leave(&self, force: bool) -> Result<()> {
        match self.ask(Ask::Leave(force)) {
            Err(Code::SCI_ERR_BUSY) => Err(Code::SCI_ERR_BUSY),
            // A segment that is gone can always be left.
            _ => Ok(()),
        }
    }

    /// Gives the handle up.
    pub fn leave(&self) {
        self.link.close(self.member.service());
    }

    fn ask(&self, what: Ask) -> Result<()> {
        ask(&self.member, self.kind, self.id, what).map(drop)
    }
}

/// Each question has a connection of its own, which ends with the answer.
fn ask(member: &Member, kind: Kind, id: u32, what: Ask) -> Result<(Arc<ClientLink>, Grant)> {
    let node = member.node(0);
    ClientLink::ask(&member.node_dir(node), kind, id, node, what.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_survive_the_way() {
        let both = SCI_FLAG_NOTIFY | SCI_FLAG_FORCE_DISCONNECT;
        for ask in [
            Ask::Attach,
            Ask::Prepare(1),
            Ask::SetAvailable(0),
            Ask::SetUnavailable(1, both),
            Ask::IsPrepared(1),
            Ask::Leave(true),
            Ask::Leave(false),
        ] {
            assert_eq!(Ask::decode(ask.encode(), 2), Some(ask));
        }
        assert_eq!(Ask::decode(Ask::Prepare(2).encode(), 2), None);
        assert_eq!(Ask::decode(99, 2), None);
    }
}

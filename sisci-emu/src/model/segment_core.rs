//! What all handles of a segment share: its id, its memory, who may connect and who is connected.

use crate::fabric::control::view::Change;
use crate::fabric::link::{Ending, Export, Grant, ServerLink};
use crate::fabric::member::{HostClaim, Member};
use crate::fabric::node::Kind;
use crate::fabric::wire::Notice;
use crate::model::backing::Backing;
use crate::model::flags::{SCI_FLAG_FORCE_DISCONNECT, SCI_FLAG_NOTIFY};
use crate::model::local_segment::{Event, LocalSegment};
use crate::runtime::config::Tolerance;
use crate::runtime::log::report;
use crate::runtime::memory::SharedMemory;
use crate::runtime::process;
use crate::runtime::sync::{Lease, lock};
use crate::{Code, Result};
use sisci_sys::sci_segment_cb_reason_t as Reason;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

/// What a segment is besides memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Peers connect to it by its id.
    Ordinary,
    /// Nobody connects to it.
    Private,
    /// A member of a group; `true` if peers may also connect to it alone.
    Group(bool),
}

/// A segment.
pub struct Core {
    this: Weak<Self>,
    member: Arc<Member>,
    id: u32,
    nature: Nature,
    /// Asked for; an empty segment may get less.
    size: usize,
    backing: OnceLock<Backing>,
    state: Mutex<State>,
    claims: Lease<Vec<HostClaim>>,
}

#[derive(Default)]
struct State {
    /// One bit for each adapter.
    prepared: u32,
    available: u32,
    shared: bool,
    links: HashMap<u64, Arc<ServerLink>>,
    /// The handle that created it, while there is one.
    owner: Option<Weak<LocalSegment>>,
    /// Further handles.
    attached: HashMap<u64, Arc<ServerLink>>,
    ended: bool,
}

impl Core {
    /// A segment with its ids and, unless it is empty, its memory.
    pub fn new(
        member: Arc<Member>,
        id: u32,
        nature: Nature,
        size: usize,
        claims: Vec<HostClaim>,
        backing: Option<Backing>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            member,
            id,
            nature,
            size,
            backing: backing.map_or_else(OnceLock::new, OnceLock::from),
            state: Mutex::default(),
            claims: Lease::new(claims),
        })
    }

    /// Makes the handle that created it known, and lets others ask for more handles.
    pub fn open(&self, owner: Weak<LocalSegment>) {
        lock(&self.state).owner = Some(owner);
        let (Some(this), Some(kind)) = (self.this.upgrade(), self.share_kind()) else {
            return;
        };
        let doors = (0..self.adapter_count()).map(|adapter| (adapter, Arc::clone(&this)));
        for (adapter, core) in doors {
            let door: Arc<dyn Export> = Arc::new(super::segment_share::Door(core));
            self.member.publish(adapter, kind, self.id, 0, door);
        }
    }

    /// The kind under which further handles are asked for.
    fn share_kind(&self) -> Option<Kind> {
        match self.nature {
            Nature::Ordinary => Some(Kind::SegmentShare),
            Nature::Group(_) => Some(Kind::GroupShare),
            Nature::Private => None,
        }
    }

    /// Adapters of this host.
    pub fn adapter_count(&self) -> u32 {
        self.member.nodes().count() as u32
    }

    /// The segment's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        self.backing
            .get()
            .map_or(self.size, |backing| backing.memory().size())
    }

    /// The memory.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` for an empty segment that has none yet.
    pub fn memory(&self) -> Result<&SharedMemory> {
        let backing = self.backing.get().ok_or_else(|| {
            report!(Debug, "segment {} is empty and has no memory yet", self.id);
            Code::SCI_ERR_ILLEGAL_OPERATION
        })?;
        Ok(backing.memory())
    }

    /// Gives an empty segment its memory.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if it has some; `OUT_OF_RANGE` for more than it was created for; what
    /// `make` says.
    pub fn fill(&self, size: usize, make: impl FnOnce(&Member) -> Result<Backing>) -> Result<()> {
        let state = lock(&self.state);
        if self.backing.get().is_some() || state.ended {
            report!(Debug, "segment {} has memory already", self.id);
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        if size == 0 {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        if size > self.size {
            report!(
                Debug,
                "segment {} was created for {} bytes",
                self.id,
                self.size
            );
            return Err(Code::SCI_ERR_OUT_OF_RANGE);
        }
        let _ = self.backing.set(make(&self.member)?);
        drop(state);
        Ok(())
    }

    /// Makes the memory reachable for an adapter. Again is the same as once.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` for an empty segment.
    pub fn prepare(&self, adapter: u32) -> Result<()> {
        self.memory()?;
        lock(&self.state).prepared |= 1 << adapter;
        Ok(())
    }

    /// True after [`Core::prepare`].
    pub fn is_prepared(&self, adapter: u32) -> bool {
        lock(&self.state).prepared & 1 << adapter != 0
    }

    /// Lets peers connect through an adapter.
    ///
    /// # Errors
    /// `SEGMENT_NOT_PREPARED`; `ILLEGAL_OPERATION` for a private segment.
    pub fn set_available(&self, adapter: u32) -> Result<()> {
        let mut state = lock(&self.state);
        if self.nature == Nature::Private {
            report!(Debug, "segment {} is private", self.id);
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        if state.prepared & 1 << adapter == 0 {
            report!(
                Debug,
                "segment {} is not prepared for adapter {adapter}",
                self.id
            );
            return Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED);
        }
        state.available |= 1 << adapter;
        drop(state);
        if self.nature != Nature::Group(false) {
            let export = self.this.upgrade().ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
            self.member
                .publish(adapter, Kind::Segment, self.id, 0, export);
        }
        Ok(())
    }

    /// True while peers may connect through an adapter.
    pub fn is_available(&self, adapter: u32) -> bool {
        lock(&self.state).available & 1 << adapter != 0
    }

    /// Refuses new connections through an adapter. With `NOTIFY` connected peers hear of it, with
    /// `FORCE_DISCONNECT` they lose the connection.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if the segment is not available there.
    pub fn set_unavailable(&self, adapter: u32, flags: u32) -> Result<()> {
        let force = flags & SCI_FLAG_FORCE_DISCONNECT != 0;
        let mut state = lock(&self.state);
        if state.available & 1 << adapter == 0 {
            report!(
                Debug,
                "segment {} is not available by adapter {adapter}",
                self.id
            );
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        state.available &= !(1 << adapter);
        let here = |link: &Arc<ServerLink>| link.adapter() == adapter;
        let links: Vec<_> = state
            .links
            .values()
            .filter(|link| here(link))
            .cloned()
            .collect();
        if force {
            state.links.retain(|_, link| !here(link));
        }
        drop(state);
        if self.nature != Nature::Group(false) {
            self.member.unpublish(adapter, Kind::Segment, self.id, 0);
        }
        for link in links {
            if force {
                link.break_off();
                self.emit(Event {
                    reason: Reason::SCI_CB_DISCONNECT,
                    node: link.node(),
                    adapter,
                });
            } else if flags & SCI_FLAG_NOTIFY != 0 {
                link.notify(Notice::Withdrawn);
            }
        }
        Ok(())
    }

    /// Lets other processes of the node have handles too. Again is the same as once.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` for a private segment, which nobody could find.
    pub fn share(&self) -> Result<()> {
        if self.nature == Nature::Private {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        lock(&self.state).shared = true;
        Ok(())
    }

    /// Lets another handle in.
    ///
    /// # Errors
    /// `ACCESS` if the segment is not shared, or for a process of another host.
    pub fn attach(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        self.check_sharer(link)?;
        let grant = self.grant()?;
        lock(&self.state)
            .attached
            .insert(link.number(), Arc::clone(link));
        report!(
            Debug,
            "process {} attached to segment {}",
            link.pid(),
            self.id
        );
        Ok(grant)
    }

    /// Accepts a process that may have a handle.
    ///
    /// # Errors
    /// `ACCESS`
    pub fn check_sharer(&self, link: &ServerLink) -> Result<()> {
        let own = self.member.nodes().any(|node| node == link.node());
        let state = lock(&self.state);
        if !own || !state.shared || state.ended {
            report!(
                Debug,
                "segment {} is not shared with process {}",
                self.id,
                link.pid()
            );
            return Err(Code::SCI_ERR_ACCESS);
        }
        Ok(())
    }

    /// Another handle is gone. The last one takes the segment with it.
    pub fn detach(&self, link: &ServerLink) {
        let mut state = lock(&self.state);
        let known = state.attached.remove(&link.number()).is_some();
        let last = state.owner.is_none() && state.attached.is_empty();
        drop(state);
        if known && last {
            self.end();
        }
    }

    /// Accepts that one of several handles goes: the last one only if nobody is connected.
    ///
    /// # Errors
    /// `BUSY`
    pub fn check_leave(&self, force: bool) -> Result<()> {
        let state = lock(&self.state);
        self.check_links(&state, force)
    }

    fn check_links(&self, state: &State, force: bool) -> Result<()> {
        let handles = usize::from(state.owner.is_some()) + state.attached.len();
        let connected = !state.links.is_empty() && handles <= 1;
        let tolerated = || {
            process::current().is_ok_and(|process| process.tolerates(Tolerance::RemoveConnected))
        };
        if connected && !force && !tolerated() {
            report!(
                Debug,
                "segment {} has {} connections",
                self.id,
                state.links.len()
            );
            return Err(Code::SCI_ERR_BUSY);
        }
        Ok(())
    }

    /// The handle that created it goes, if `close` agrees. The segment goes on if there are other
    /// handles, unless forced.
    ///
    /// # Errors
    /// `BUSY` for the last handle while peers are connected; what `close` says.
    pub fn leave(&self, force: bool, close: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut state = lock(&self.state);
        self.check_links(&state, force)?;
        close()?;
        state.owner = None;
        let over = force || state.attached.is_empty();
        if over {
            state.available = 0;
        }
        drop(state);
        if over {
            self.end();
        }
        Ok(())
    }

    /// Ends the segment for everybody.
    fn end(&self) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.ended, true) {
            return;
        }
        state.available = 0;
        let links = std::mem::take(&mut state.links);
        let attached = std::mem::take(&mut state.attached);
        drop(state);
        let kinds: &[Kind] = match self.nature {
            Nature::Ordinary => &[Kind::Segment, Kind::SegmentShare],
            Nature::Private => &[],
            Nature::Group(false) => &[Kind::Group, Kind::GroupShare],
            Nature::Group(true) => &[Kind::Segment, Kind::Group, Kind::GroupShare],
        };
        for adapter in 0..self.adapter_count() {
            for kind in kinds {
                self.member.unpublish(adapter, *kind, self.id, 0);
            }
        }
        links
            .values()
            .chain(attached.values())
            .for_each(|link| link.break_off());
        if let Some(backing) = self.backing.get() {
            backing.end();
        }
        self.claims.end();
    }

    /// The memory for a peer.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` without memory, `API_NOSPC`.
    pub fn grant(&self) -> Result<Grant> {
        let memory = self.memory()?;
        Ok(Grant {
            size: memory.size() as u64,
            start: memory.start() as u64,
            descriptors: vec![memory.descriptor()?],
        })
    }

    /// Tells all handles.
    fn emit(&self, event: Event) {
        let state = lock(&self.state);
        let owner = state.owner.clone();
        let attached: Vec<_> = state.attached.values().cloned().collect();
        drop(state);
        if let Some(owner) = owner.and_then(|owner| owner.upgrade()) {
            owner.emit(event);
        }
        let notice = Notice::Event {
            reason: event.reason.0,
            adapter: event.adapter,
            node: event.node,
        };
        attached.iter().for_each(|link| link.notify(notice));
    }
}

impl Export for Core {
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        let mut state = lock(&self.state);
        if state.available & 1 << link.adapter() == 0 {
            return Err(Code::SCI_ERR_NO_SUCH_SEGMENT);
        }
        let grant = self.grant()?;
        state.links.insert(link.number(), Arc::clone(link));
        drop(state);
        report!(
            Debug,
            "node {} (pid {}) uses segment {}",
            link.node(),
            link.pid(),
            self.id
        );
        self.emit(Event {
            reason: Reason::SCI_CB_CONNECT,
            node: link.node(),
            adapter: link.adapter(),
        });
        Ok(grant)
    }

    fn disconnected(&self, link: &ServerLink, ending: Ending) {
        lock(&self.state).links.remove(&link.number());
        let reason = match ending {
            Ending::Orderly => Reason::SCI_CB_DISCONNECT,
            Ending::Lost => Reason::SCI_CB_LOST,
        };
        report!(
            Debug,
            "node {} (pid {}) left segment {}",
            link.node(),
            link.pid(),
            self.id
        );
        self.emit(Event {
            reason,
            node: link.node(),
            adapter: link.adapter(),
        });
    }

    fn way_changed(&self, link: &ServerLink, change: Change) {
        let reason = match change {
            Change::Down => Reason::SCI_CB_NOT_OPERATIONAL,
            Change::Up => Reason::SCI_CB_OPERATIONAL,
            Change::Lost => Reason::SCI_CB_LOST,
        };
        self.emit(Event {
            reason,
            node: link.node(),
            adapter: link.adapter(),
        });
    }
}

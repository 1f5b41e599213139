//! Segments that this process owns.

use crate::fabric::control::view::Change;
use crate::fabric::link::{Ending, Export, Grant, ServerLink};
use crate::fabric::member::Member;
use crate::fabric::node::{Claim, Kind};
use crate::fabric::wire::Notice;
use crate::model::adapter::ADAPTER;
use crate::model::callback::Callback;
use crate::model::device::Device;
use crate::model::flags::{SCI_FLAG_FORCE_DISCONNECT, SCI_FLAG_FORCE_REMOVE, SCI_FLAG_NOTIFY};
use crate::model::tables::LOCAL_SEGMENTS;
use crate::runtime::handles::OwnHandle;
use crate::runtime::log::report;
use crate::runtime::memory::SharedMemory;
use crate::runtime::sync::{EventQueue, Lease, Use, Uses, lock};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, Weak};

/// The program's function for what happens to a segment, never null.
pub type Function = unsafe extern "C" fn(
    *mut c_void,
    c::sci_local_segment_t,
    Reason,
    u32,
    u32,
    Code,
) -> c::sci_callback_action_t;

/// Something that a peer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub reason: Reason,
    /// Whose node it came from.
    pub node: u32,
}

/// A segment with its memory.
pub struct LocalSegment {
    this: Weak<Self>,
    handle: OwnHandle<c::sci_local_segment>,
    member: Arc<Member>,
    id: u32,
    private: bool,
    claim: Lease<Option<Claim>>,
    memory: SharedMemory,
    state: Mutex<State>,
    /// Maps and transfers.
    uses: Arc<Uses>,
    callback: Option<Callback<Function>>,
    events: EventQueue<Event>,
    device: Lease,
}

#[derive(Default)]
struct State {
    prepared: bool,
    available: bool,
    links: HashMap<u64, Arc<ServerLink>>,
}

/// How a segment gets its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// This one.
    Fixed(u32),
    /// The first free one from here on.
    From(u32),
    /// None: nobody will connect. The number is only told back.
    Private(u32),
}

/// Ids that are tried for [`Id::From`].
const AUTO_IDS: u32 = 65_536;

impl LocalSegment {
    /// Allocates a segment of `size` bytes and gives its handle.
    ///
    /// # Errors
    /// `SEGMENTID_USED`, `NOSPC`, `ILLEGAL_PARAMETER` for an empty one.
    pub fn create(
        device: &Device,
        id: Id,
        size: usize,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<c::sci_local_segment_t> {
        if size == 0 {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let member = Arc::clone(device.member());
        let resource = device.resource()?;
        let (claim, id) = claim(&member, id)?;
        let memory = SharedMemory::create("sisci-segment", size, member.budget())?;
        let callback =
            callback.map(|(function, argument)| Callback::new(function, argument, &member));
        let callback = callback.transpose()?;
        let segment = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            handle: OwnHandle::default(),
            member,
            id,
            private: claim.is_none(),
            claim: Lease::new(claim),
            memory,
            state: Mutex::default(),
            uses: Arc::default(),
            callback,
            events: EventQueue::default(),
            device: Lease::new(resource),
        });
        let handle = LOCAL_SEGMENTS.insert(Arc::clone(&segment))?;
        segment.handle.set(handle);
        Ok(handle)
    }

    /// Makes the memory reachable for the adapter. Again is the same as once.
    pub fn prepare(&self) {
        lock(&self.state).prepared = true;
    }

    /// True after [`LocalSegment::prepare`].
    pub fn is_prepared(&self) -> bool {
        lock(&self.state).prepared
    }

    /// Lets peers connect.
    ///
    /// # Errors
    /// `SEGMENT_NOT_PREPARED`; `ILLEGAL_OPERATION` for a private segment.
    pub fn set_available(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if self.private {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        if !state.prepared {
            return Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED);
        }
        state.available = true;
        drop(state);
        let export = self.this.upgrade().ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
        self.member.publish(Kind::Segment, self.id, export);
        Ok(())
    }

    /// Refuses new connections. With `NOTIFY` connected peers hear of it, with `FORCE_DISCONNECT`
    /// they lose the connection.
    ///
    /// # Errors
    /// `ILLEGAL_OPERATION` if the segment is not available.
    pub fn set_unavailable(&self, flags: u32) -> Result<()> {
        let mut state = lock(&self.state);
        if !std::mem::take(&mut state.available) {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        let links: Vec<_> = if flags & SCI_FLAG_FORCE_DISCONNECT != 0 {
            state.links.drain().map(|(_, link)| link).collect()
        } else {
            state.links.values().cloned().collect()
        };
        drop(state);
        self.member.unpublish(Kind::Segment, self.id);
        for link in links {
            if flags & SCI_FLAG_FORCE_DISCONNECT != 0 {
                link.break_off();
            } else if flags & SCI_FLAG_NOTIFY != 0 {
                link.notify(Notice::Withdrawn);
            }
        }
        Ok(())
    }

    /// Frees the segment. With `FORCE_REMOVE` connected peers lose the connection, and maps stay
    /// until they are unmapped.
    ///
    /// # Errors
    /// `BUSY` while peers are connected, maps exist or transfers run.
    pub fn remove(&self, flags: u32) -> Result<()> {
        let mut state = lock(&self.state);
        if flags & SCI_FLAG_FORCE_REMOVE != 0 {
            self.uses.close_anyway()?;
        } else if state.links.is_empty() {
            self.uses.close()?;
        } else {
            return Err(Code::SCI_ERR_BUSY);
        }
        state.available = false;
        let links = std::mem::take(&mut state.links);
        drop(state);
        LOCAL_SEGMENTS.remove(self.handle.get());
        self.member.unpublish(Kind::Segment, self.id);
        links.values().for_each(|link| link.break_off());
        if let Some(callback) = &self.callback {
            callback.cancel();
        }
        self.events.cancel();
        self.memory.end_share();
        self.claim.end();
        self.device.end();
        Ok(())
    }

    /// The end of the library.
    pub fn release(&self) {
        let _ = self.remove(SCI_FLAG_FORCE_REMOVE);
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// `TIMEOUT`, `CANCELLED`, `OVERFLOW`; `ILLEGAL_OPERATION` if a callback gets the events.
    pub fn wait_event(&self, timeout_ms: u32) -> Result<Event> {
        if self.callback.is_some() {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        self.events.wait(timeout_ms)
    }

    /// The segment's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The memory.
    pub fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// Counts a map or a transfer.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the segment is removed.
    pub fn acquire(&self) -> Result<Use> {
        self.uses.acquire()
    }

    fn emit(&self, reason: Reason, node: u32) {
        let event = Event { reason, node };
        let Some(callback) = &self.callback else {
            return self.events.push(event);
        };
        if let Some(this) = self.this.upgrade() {
            callback.thread().submit(move || this.deliver(event));
        }
    }

    fn deliver(&self, event: Event) {
        let Some(callback) = &self.callback else {
            return;
        };
        let handle = self.handle.get();
        callback.run(|function, argument| {
            // SAFETY: the program gave this function for this purpose, and gets its own argument.
            unsafe {
                function(
                    argument,
                    handle,
                    event.reason,
                    event.node,
                    ADAPTER,
                    Code::SCI_ERR_OK,
                )
            }
        });
    }
}

impl Export for LocalSegment {
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        let mut state = lock(&self.state);
        if !state.available {
            return Err(Code::SCI_ERR_NO_SUCH_SEGMENT);
        }
        let descriptor = self.memory.descriptor()?;
        state.links.insert(link.number(), Arc::clone(link));
        drop(state);
        report!(
            Debug,
            "node {} (pid {}) uses segment {}",
            link.node(),
            link.pid(),
            self.id
        );
        self.emit(Reason::SCI_CB_CONNECT, link.node());
        Ok(Grant {
            size: self.memory.size() as u64,
            descriptors: vec![descriptor],
        })
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
        self.emit(reason, link.node());
    }

    fn way_changed(&self, link: &ServerLink, change: Change) {
        let reason = match change {
            Change::Down => Reason::SCI_CB_NOT_OPERATIONAL,
            Change::Up => Reason::SCI_CB_OPERATIONAL,
            Change::Lost => Reason::SCI_CB_LOST,
        };
        self.emit(reason, link.node());
    }
}

/// Takes the id on this node.
fn claim(member: &Member, id: Id) -> Result<(Option<Claim>, u32)> {
    let claim = match id {
        Id::Private(id) => return Ok((None, id)),
        Id::Fixed(id) => member.claim(Kind::Segment, id)?,
        Id::From(first) => {
            let last = first.saturating_add(AUTO_IDS - 1);
            member.claim_first(Kind::Segment, first..=last)?
        }
    };
    let id = claim.id();
    Ok((Some(claim), id))
}

//! Handles of segments of this node.

use crate::fabric::link::{Ending, Follower};
use crate::fabric::member::Member;
use crate::fabric::node::Kind;
use crate::fabric::node::Reservation;
use crate::fabric::usage::Resource;
use crate::model::backing::Backing;
use crate::model::broadcast;
use crate::model::callback::Callback;
use crate::model::device::Device;
use crate::model::flags::*;
use crate::model::segment_core::{Core, Nature};
use crate::model::segment_share::Attachment;
use crate::model::tables::LOCAL_SEGMENTS;
use crate::runtime::handles::OwnHandle;
use crate::runtime::memory::SharedMemory;
use crate::runtime::sync::{EventQueue, Lease, Use, Uses};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use std::ffi::c_void;
use std::sync::{Arc, Weak};

/// The program's function for what happens to a segment, never null.
pub type Function = unsafe extern "C" fn(
    *mut c_void,
    c::sci_local_segment_t,
    Reason,
    u32,
    u32,
    Code,
) -> c::sci_callback_action_t;

/// The program's function with its argument, if it wants one.
pub type Wanted = Option<(Function, *mut c_void)>;

/// Something that a peer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub reason: Reason,
    /// Whose node it came from.
    pub node: u32,
    /// By which own adapter.
    pub adapter: u32,
}

/// A handle of a segment.
pub struct LocalSegment {
    this: Weak<Self>,
    handle: OwnHandle<c::sci_local_segment>,
    body: Body,
    /// Maps and transfers.
    uses: Arc<Uses>,
    callback: Option<Callback<Function>>,
    events: EventQueue<Event>,
    device: Lease,
    /// Of the segments that the node may have; an attached one is counted where it was created.
    counted: Lease<Option<Reservation>>,
}

/// Where the segment is.
enum Body {
    /// Here.
    Own(Arc<Core>),
    /// Where it was created.
    Attached(Attachment),
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
    /// That of a group; `true` if peers may also connect to this member alone.
    Group(u32, bool),
}

/// Ids that are tried for [`Id::From`].
const AUTO_IDS: u32 = 65_536;

impl LocalSegment {
    /// Creates a segment of `size` bytes, without memory if it shall be `empty`, and gives its handle.
    ///
    /// # Errors
    /// `SEGMENTID_USED`, `NOSPC`, `ILLEGAL_PARAMETER` for a size of 0.
    pub fn create(
        device: &Device,
        id: Id,
        size: usize,
        empty: bool,
        callback: Wanted,
    ) -> Result<c::sci_local_segment_t> {
        if size == 0 {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let member = Arc::clone(device.member());
        let counted = member.reserve(0, Resource::Segments, 1)?;
        let ordinary = |member: &Member| {
            let memory = || SharedMemory::create("sisci-segment", size, member.budget());
            if empty {
                Ok(None)
            } else {
                memory().map(|memory| Some(Backing::new(memory)))
            }
        };
        let core = match id {
            Id::Private(id) => {
                let backing = ordinary(&member)?;
                Core::new(member, id, Nature::Private, size, Vec::new(), backing)
            }
            Id::Group(id, alone) => broadcast::join(member, id, alone, size)?,
            Id::Fixed(id) => {
                let claim = member.claim_everywhere(Kind::Segment, id)?;
                let backing = ordinary(&member)?;
                Core::new(member, id, Nature::Ordinary, size, vec![claim], backing)
            }
            Id::From(first) => {
                let ids = first..=first.saturating_add(AUTO_IDS - 1);
                let claim = member.claim_first_everywhere(Kind::Segment, ids)?;
                let id = claim.first().map_or(first, |claim| claim.id());
                let backing = ordinary(&member)?;
                Core::new(member, id, Nature::Ordinary, size, vec![claim], backing)
            }
        };
        let segment = Self::insert(device, Body::Own(Arc::clone(&core)), callback, counted)?;
        core.open(segment.this.clone());
        Ok(segment.handle.get())
    }

    /// Gives another handle of a shared segment of this node. Gives also its size.
    ///
    /// # Errors
    /// `NO_SUCH_SEGMENT`; `ACCESS` if it is not shared.
    pub fn attach(
        device: &Device,
        id: u32,
        group: bool,
        callback: Wanted,
    ) -> Result<(c::sci_local_segment_t, usize)> {
        let kind = if group {
            Kind::GroupShare
        } else {
            Kind::SegmentShare
        };
        let attachment = Attachment::new(Arc::clone(device.member()), kind, id)?;
        let segment = Self::insert(device, Body::Attached(attachment), callback, None)?;
        let follower: Weak<dyn Follower> = segment.this.clone();
        if let Body::Attached(attachment) = &segment.body
            && let Err(code) = attachment.follow(follower)
        {
            segment.release();
            return Err(code);
        }
        Ok((segment.handle.get(), segment.size()))
    }

    fn insert(
        device: &Device,
        body: Body,
        callback: Wanted,
        counted: Option<Reservation>,
    ) -> Result<Arc<Self>> {
        let resource = device.resource()?;
        let armed = |(function, argument)| Callback::new(function, argument, device.member());
        let callback = callback.map(armed).transpose()?;
        let segment = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            handle: OwnHandle::default(),
            body,
            uses: Arc::default(),
            callback,
            events: EventQueue::default(),
            device: Lease::new(resource),
            counted: Lease::new(counted),
        });
        segment
            .handle
            .set(LOCAL_SEGMENTS.insert(Arc::clone(&segment))?);
        Ok(segment)
    }

    /// See [`Core::prepare`].
    ///
    /// # Errors
    /// As there.
    pub fn prepare(&self, adapter: u32) -> Result<()> {
        match &self.body {
            Body::Own(core) => core.prepare(adapter),
            Body::Attached(attachment) => attachment.prepare(adapter),
        }
    }

    /// True after [`LocalSegment::prepare`] by any handle.
    pub fn is_prepared(&self, adapter: u32) -> bool {
        match &self.body {
            Body::Own(core) => core.is_prepared(adapter),
            Body::Attached(attachment) => attachment.is_prepared(adapter),
        }
    }

    /// See [`Core::set_available`].
    ///
    /// # Errors
    /// As there.
    pub fn set_available(&self, adapter: u32) -> Result<()> {
        match &self.body {
            Body::Own(core) => core.set_available(adapter),
            Body::Attached(attachment) => attachment.set_available(adapter),
        }
    }

    /// See [`Core::set_unavailable`].
    ///
    /// # Errors
    /// As there.
    pub fn set_unavailable(&self, adapter: u32, flags: u32) -> Result<()> {
        match &self.body {
            Body::Own(core) => core.set_unavailable(adapter, flags),
            Body::Attached(attachment) => attachment.set_unavailable(adapter, flags),
        }
    }

    /// See [`Core::share`]; a handle of a shared segment shares nothing new.
    ///
    /// # Errors
    /// As there.
    pub fn share(&self) -> Result<()> {
        match &self.body {
            Body::Own(core) => core.share(),
            Body::Attached(_) => Ok(()),
        }
    }

    /// Gives an empty segment its memory.
    ///
    /// # Errors
    /// As [`Core::fill`]; `ILLEGAL_OPERATION` for a handle that attached.
    pub fn fill(&self, size: usize, make: impl FnOnce(&Member) -> Result<Backing>) -> Result<()> {
        match &self.body {
            Body::Own(core) => core.fill(size, make),
            Body::Attached(_) => Err(Code::SCI_ERR_ILLEGAL_OPERATION),
        }
    }

    /// Gives the handle up, and the last one frees the segment. With `FORCE_REMOVE` connected peers
    /// lose the connection, and maps stay until they are unmapped.
    ///
    /// # Errors
    /// `BUSY` while maps exist or transfers run by this handle, or peers are connected.
    pub fn remove(&self, flags: u32) -> Result<()> {
        let force = flags & SCI_FLAG_FORCE_REMOVE != 0;
        let close = || {
            if force {
                self.uses.close_anyway()
            } else {
                self.uses.close()
            }
        };
        match &self.body {
            Body::Own(core) => core.leave(force, close)?,
            Body::Attached(attachment) => {
                attachment.check_leave(force)?;
                close()?;
                attachment.leave();
            }
        }
        LOCAL_SEGMENTS.remove(self.handle.get());
        if let Some(callback) = &self.callback {
            callback.cancel();
        }
        self.events.cancel();
        self.counted.end();
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
        match &self.body {
            Body::Own(core) => core.id(),
            Body::Attached(attachment) => attachment.id(),
        }
    }

    /// Size in bytes.
    pub fn size(&self) -> usize {
        match &self.body {
            Body::Own(core) => core.size(),
            Body::Attached(attachment) => attachment.memory().size(),
        }
    }

    /// The memory.
    ///
    /// # Errors
    /// As [`Core::memory`].
    pub fn memory(&self) -> Result<&SharedMemory> {
        match &self.body {
            Body::Own(core) => core.memory(),
            Body::Attached(attachment) => Ok(attachment.memory()),
        }
    }

    /// Counts a map or a transfer.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the segment is removed.
    pub fn acquire(&self) -> Result<Use> {
        self.uses.acquire()
    }

    /// Tells the program.
    pub fn emit(&self, event: Event) {
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
                    event.adapter,
                    Code::SCI_ERR_OK,
                )
            }
        });
    }
}

/// What a handle that attached hears from where the segment is.
impl Follower for LocalSegment {
    fn withdrawn(&self) {}

    fn event(&self, reason: u32, adapter: u32, node: u32) {
        self.emit(Event {
            reason: Reason(reason),
            node,
            adapter,
        });
    }

    fn ended(&self, ending: Ending) {
        let reason = match ending {
            Ending::Orderly => Reason::SCI_CB_DISCONNECT,
            Ending::Lost => Reason::SCI_CB_LOST,
        };
        self.emit(Event {
            reason,
            node: 0,
            adapter: 0,
        });
    }
}

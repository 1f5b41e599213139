//! Connections to segments of other processes, or of the own one.

use crate::fabric::control::view::Change;
use crate::fabric::link::{ClientLink, Ending, Follower};
use crate::fabric::member::Member;
use crate::fabric::node::Kind;
use crate::fabric::route::{Attachment, Route, Traveller};
use crate::model::adapter;
use crate::model::broadcast;
use crate::model::callback::Callback;
use crate::model::device::Device;
use crate::model::tables::REMOTE_SEGMENTS;
use crate::model::windows::{self, Windows};
use crate::runtime::handles::OwnHandle;
use crate::runtime::memory::SharedMemory;
use crate::runtime::sync::{EventQueue, Lease, Use, Uses};
use crate::{Code, Result};
use sisci_sys as c;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// The program's function for what happens to a connection, never null.
pub type Function = unsafe extern "C" fn(
    *mut c_void,
    c::sci_remote_segment_t,
    Reason,
    Code,
) -> c::sci_callback_action_t;

/// A connected segment.
pub struct RemoteSegment {
    this: Weak<Self>,
    handle: OwnHandle<c::sci_remote_segment>,
    member: Arc<Member>,
    node: u32,
    adapter: u32,
    id: u32,
    /// None to a group.
    link: Option<Arc<ClientLink>>,
    memory: Arc<SharedMemory>,
    windows: Arc<Windows>,
    route: Arc<Route>,
    /// Place on the route of a connection to a group; others have theirs at the link.
    attachment: OnceLock<Attachment>,
    /// A connection to a group was lost with the own node.
    lost: AtomicBool,
    /// Maps and transfers.
    uses: Arc<Uses>,
    maps: Arc<Uses>,
    callback: Option<Callback<Function>>,
    events: EventQueue<Reason>,
    device: Lease,
}

impl RemoteSegment {
    /// Connects through an adapter and gives the handle.
    ///
    /// # Errors
    /// `NO_SUCH_SEGMENT` for an unknown or unavailable one; else as [`ClientLink::connect`].
    pub fn connect(
        device: &Device,
        node: u32,
        id: u32,
        adapter: u32,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<c::sci_remote_segment_t> {
        let member = device.member();
        let node = adapter::resolve_node(member, adapter, node)?;
        member.route(adapter, node).check()?;
        let (owner, from) = (member.node_dir(node), member.node(adapter));
        let (link, mut grant) = ClientLink::connect(&owner, Kind::Segment, id, from)?;
        let refused = Code::SCI_ERR_CONNECTION_REFUSED;
        let descriptor = grant.descriptors.pop().ok_or(refused)?;
        let memory = SharedMemory::received(descriptor, grant.start, grant.size)?;
        let to = (node, adapter, id);
        let segment = Self::insert(device, to, Some(link), memory, callback)?;
        let follower: Weak<dyn Follower> = segment.this.clone();
        if let Some(link) = &segment.link
            && let Err(code) = link.follow(follower, &segment.route, segment.member.service())
        {
            segment.release();
            return Err(code);
        }
        Ok(segment.handle.get())
    }

    /// Connects to all members of a group. The only events are those of the own link.
    ///
    /// # Errors
    /// As [`broadcast::connect`].
    pub fn connect_group(
        device: &Device,
        group: u32,
        adapter: u32,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<c::sci_remote_segment_t> {
        let memory = broadcast::connect(device.member(), group)?;
        let to = (broadcast::NODE, adapter, group);
        let segment = Self::insert(device, to, None, memory, callback)?;
        let traveller: Weak<dyn Traveller> = segment.this.clone();
        match segment.route.attach(traveller) {
            Ok(place) => drop(segment.attachment.set(place)),
            Err(code) => {
                segment.release();
                return Err(code);
            }
        }
        Ok(segment.handle.get())
    }

    fn insert(
        device: &Device,
        (node, adapter, id): (u32, u32, u32),
        link: Option<Arc<ClientLink>>,
        memory: SharedMemory,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<Arc<Self>> {
        let member = Arc::clone(device.member());
        let resource = device.resource()?;
        let armed = |(function, argument)| Callback::new(function, argument, &member);
        let callback = callback.map(armed).transpose()?;
        let route = member.route(adapter, node);
        let memory = Arc::new(memory);
        let windows = Windows::new(Arc::clone(&memory));
        let segment = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            handle: OwnHandle::default(),
            member,
            node,
            adapter,
            id,
            link,
            memory,
            windows,
            route,
            attachment: OnceLock::new(),
            lost: AtomicBool::new(false),
            uses: Arc::default(),
            maps: Arc::default(),
            callback,
            events: EventQueue::default(),
            device: Lease::new(resource),
        });
        segment
            .handle
            .set(REMOTE_SEGMENTS.insert(Arc::clone(&segment))?);
        Ok(segment)
    }

    /// Ends the connection.
    ///
    /// # Errors
    /// `BUSY` while maps exist or transfers run.
    pub fn disconnect(&self) -> Result<()> {
        self.uses.close()?;
        self.end();
        Ok(())
    }

    /// The end of the library.
    pub fn release(&self) {
        if self.uses.close_anyway().is_ok() {
            self.end();
        }
    }

    fn end(&self) {
        REMOTE_SEGMENTS.remove(self.handle.get());
        if let Some(link) = &self.link {
            link.close(self.member.service());
        }
        if let Some(callback) = &self.callback {
            callback.cancel();
        }
        self.events.cancel();
        self.device.end();
    }

    /// Waits for the next event of the connection.
    ///
    /// # Errors
    /// `TIMEOUT`, `CANCELLED`, `OVERFLOW`; `ILLEGAL_OPERATION` if a callback gets the events.
    pub fn wait_event(&self, timeout_ms: u32) -> Result<Reason> {
        if self.callback.is_some() {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        self.events.wait(timeout_ms)
    }

    /// The owner's node.
    pub fn node(&self) -> u32 {
        self.node
    }

    /// The own adapter that it is connected by.
    pub fn adapter(&self) -> u32 {
        self.adapter
    }

    /// True if it is a group.
    pub fn is_group(&self) -> bool {
        self.node == broadcast::NODE
    }

    /// True if the owner is on this node.
    pub fn is_own_node(&self) -> bool {
        self.member.nodes().any(|node| node == self.node)
    }

    /// The way to it.
    pub fn route(&self) -> &Arc<Route> {
        &self.route
    }

    /// The windows that the program has onto it.
    pub fn windows(&self) -> &Arc<Windows> {
        &self.windows
    }

    /// The segment's id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// This process as part of the fabric.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// The owner's memory.
    pub fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// False once the owner is gone or has ended the connection; asks the system.
    pub fn is_connected(&self) -> bool {
        let link = self.link.as_ref();
        link.map_or_else(|| !self.is_lost(), |link| link.is_alive())
    }

    /// Cheap form of [`RemoteSegment::is_connected`]: an end counts once the library has seen it.
    pub fn seems_connected(&self) -> bool {
        let link = self.link.as_ref();
        link.map_or_else(|| !self.is_lost(), |link| link.seems_alive())
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// True while stores arrive: the connection is there, and the way to the owner up.
    pub fn is_reachable(&self) -> bool {
        self.is_connected() && self.route.is_up()
    }

    /// True while maps exist.
    pub fn is_mapped(&self) -> bool {
        self.maps.count() > 0
    }

    /// Counts a transfer.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the connection was given up.
    pub fn acquire(&self) -> Result<Use> {
        self.uses.acquire()
    }

    /// Counts a map.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if the connection was given up.
    pub fn acquire_map(&self) -> Result<(Use, Use)> {
        Ok((self.uses.acquire()?, self.maps.acquire()?))
    }

    fn emit(&self, reason: Reason) {
        let Some(callback) = &self.callback else {
            return self.events.push(reason);
        };
        if let Some(this) = self.this.upgrade() {
            callback.thread().submit(move || this.deliver(reason));
        }
    }

    fn deliver(&self, reason: Reason) {
        let Some(callback) = &self.callback else {
            return;
        };
        let handle = self.handle.get();
        callback.run(|function, argument| {
            // SAFETY: the program gave this function for this purpose, and gets its own argument.
            unsafe { function(argument, handle, reason, Code::SCI_ERR_OK) }
        });
    }
}

impl Follower for RemoteSegment {
    fn withdrawn(&self) {
        self.emit(Reason::SCI_CB_DISCONNECT);
    }

    fn ended(&self, ending: Ending) {
        self.emit(match ending {
            Ending::Orderly => Reason::SCI_CB_DISCONNECT,
            Ending::Lost => Reason::SCI_CB_LOST,
        });
    }

    fn way_changed(&self, change: Change) {
        match change {
            Change::Down => {
                self.windows.hide(windows::Reason::Down);
                self.emit(Reason::SCI_CB_NOT_OPERATIONAL);
            }
            Change::Up => {
                self.windows.show(windows::Reason::Down);
                self.emit(Reason::SCI_CB_OPERATIONAL);
            }
            Change::Lost => self.windows.hide(windows::Reason::Lost),
        }
    }

    fn swallow(&self, vanish: bool) {
        if vanish {
            self.windows.hide(windows::Reason::Fault);
        } else {
            self.windows.show(windows::Reason::Fault);
        }
    }
}

/// A connection to a group has no link that would travel for it.
impl Traveller for RemoteSegment {
    fn changed(&self, change: Change) {
        self.way_changed(change);
        if change == Change::Lost {
            self.lost.store(true, Ordering::Release);
            self.emit(Reason::SCI_CB_LOST);
        }
    }
}

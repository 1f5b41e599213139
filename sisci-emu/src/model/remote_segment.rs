//! Connections to segments of other processes, or of the own one.

use crate::fabric::control::view::Change;
use crate::fabric::link::{ClientLink, Ending, Follower};
use crate::fabric::member::Member;
use crate::fabric::node::Kind;
use crate::fabric::route::Route;
use crate::model::adapter;
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
use std::sync::{Arc, Weak};

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
    id: u32,
    link: Arc<ClientLink>,
    memory: Arc<SharedMemory>,
    windows: Arc<Windows>,
    route: Arc<Route>,
    /// Maps and transfers.
    uses: Arc<Uses>,
    maps: Arc<Uses>,
    callback: Option<Callback<Function>>,
    events: EventQueue<Reason>,
    device: Lease,
}

impl RemoteSegment {
    /// Connects and gives the handle.
    ///
    /// # Errors
    /// `NO_SUCH_SEGMENT` for an unknown or unavailable one; else as [`ClientLink::connect`].
    pub fn connect(
        device: &Device,
        node: u32,
        id: u32,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<c::sci_remote_segment_t> {
        adapter::check_node(node)?;
        let member = Arc::clone(device.member());
        let resource = device.resource()?;
        let callback =
            callback.map(|(function, argument)| Callback::new(function, argument, &member));
        let callback = callback.transpose()?;
        let route = member.route(node);
        route.check()?;
        let owner = member.node_dir(node);
        let (link, mut grant) = ClientLink::connect(&owner, Kind::Segment, id, member.node())?;
        let descriptor = grant
            .descriptors
            .pop()
            .ok_or(Code::SCI_ERR_CONNECTION_REFUSED)?;
        let memory = Arc::new(SharedMemory::received(descriptor, grant.size)?);
        let windows = Windows::new(Arc::clone(&memory));
        let segment = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            handle: OwnHandle::default(),
            member,
            node,
            id,
            link,
            memory,
            windows,
            route,
            uses: Arc::default(),
            maps: Arc::default(),
            callback,
            events: EventQueue::default(),
            device: Lease::new(resource),
        });
        let handle = REMOTE_SEGMENTS.insert(Arc::clone(&segment))?;
        segment.handle.set(handle);
        let follower: Weak<dyn Follower> = segment.this.clone();
        if let Err(code) = segment.follow(follower) {
            segment.release();
            return Err(code);
        }
        Ok(handle)
    }

    fn follow(&self, follower: Weak<dyn Follower>) -> Result<()> {
        let service = self.member.service();
        self.link.follow(follower, &self.route, service)
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
        self.link.close(self.member.service());
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

    /// The owner's memory.
    pub fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// False once the owner is gone or has ended the connection; asks the system.
    pub fn is_connected(&self) -> bool {
        self.link.is_alive()
    }

    /// Cheap form of [`RemoteSegment::is_connected`]: an end counts once the library has seen it.
    pub fn seems_connected(&self) -> bool {
        self.link.seems_alive()
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

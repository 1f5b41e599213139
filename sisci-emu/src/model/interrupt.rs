//! Interrupts without data.

use crate::fabric::link::{ClientLink, Ending, Export, Grant, ServerLink};
use crate::fabric::member::Member;
use crate::fabric::node::{Claim, Kind};
use crate::fabric::route::{Route, TriggerFate};
use crate::model::adapter;
use crate::model::callback::Callback;
use crate::model::device::Device;
use crate::model::tables::{LOCAL_INTERRUPTS, REMOTE_INTERRUPTS};
use crate::runtime::event::Event;
use crate::runtime::handles::OwnHandle;
use crate::runtime::memory::from_errno;
use crate::runtime::reactor::{Source, Token};
use crate::runtime::sync::{Lease, Use, deadline, lock};
use crate::runtime::timing;
use crate::{Code, Result};
use sisci_sys as c;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The program's function for an interrupt, never null.
pub type Function =
    unsafe extern "C" fn(*mut c_void, c::sci_local_interrupt_t, Code) -> c::sci_callback_action_t;

/// Numbers given out where the program asks for none.
const NUMBERS: RangeInclusive<u32> = 1..=65_535;

/// Takes the number that is asked for, or a free one.
///
/// # Errors
/// `INTNO_USED`, `SYSTEM`.
pub fn claim_number(member: &Member, kind: Kind, fixed: Option<u32>) -> Result<Claim> {
    match fixed {
        Some(number) => member.claim(kind, number),
        None => member.claim_first(kind, NUMBERS),
    }
}

/// An interrupt that peers can trigger.
pub struct LocalInterrupt {
    handle: OwnHandle<c::sci_local_interrupt>,
    member: Arc<Member>,
    number: u32,
    claim: Lease<Claim>,
    counting: bool,
    event: Event,
    state: Mutex<State>,
    callback: Option<Callback<Function>>,
    token: OnceLock<Token>,
    device: Lease,
}

#[derive(Default)]
struct State {
    removed: bool,
    /// Counted triggers that nobody has waited for yet.
    pending: u64,
    links: HashMap<u64, Arc<ServerLink>>,
}

impl LocalInterrupt {
    /// Creates an interrupt; peers can connect at once. Gives its handle and its number.
    ///
    /// A counting one delivers every trigger; otherwise triggers that come before the first of
    /// them is delivered are one.
    ///
    /// # Errors
    /// `INTNO_USED`, `API_NOSPC`, `SYSTEM`.
    pub fn create(
        device: &Device,
        fixed: Option<u32>,
        counting: bool,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<(c::sci_local_interrupt_t, u32)> {
        let member = Arc::clone(device.member());
        let resource = device.resource()?;
        let claim = claim_number(&member, Kind::Interrupt, fixed)?;
        let number = claim.id();
        let callback =
            callback.map(|(function, argument)| Callback::new(function, argument, &member));
        let interrupt = Arc::new(Self {
            handle: OwnHandle::default(),
            member,
            number,
            claim: Lease::new(claim),
            counting,
            event: Event::new()?,
            state: Mutex::default(),
            callback: callback.transpose()?,
            token: OnceLock::new(),
            device: Lease::new(resource),
        });
        let handle = LOCAL_INTERRUPTS.insert(Arc::clone(&interrupt))?;
        interrupt.handle.set(handle);
        if let Some(callback) = &interrupt.callback {
            let source: Arc<dyn Source> = Arc::clone(&interrupt) as _;
            match callback.thread().watch_rings(source) {
                Ok(token) => drop(interrupt.token.set(token)),
                Err(errno) => {
                    interrupt.release();
                    return Err(from_errno(errno));
                }
            }
        }
        let export: Arc<dyn Export> = Arc::clone(&interrupt) as _;
        interrupt.member.publish(Kind::Interrupt, number, export);
        Ok((handle, number))
    }

    /// Removes the interrupt. Connected peers lose the connection, a waiter gets `CANCELLED`.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn remove(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.removed, true) {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let links = std::mem::take(&mut state.links);
        drop(state);
        LOCAL_INTERRUPTS.remove(self.handle.get());
        self.member.unpublish(Kind::Interrupt, self.number);
        links.values().for_each(|link| link.break_off());
        if let Some(callback) = &self.callback {
            self.token
                .get()
                .into_iter()
                .for_each(|token| callback.thread().forget(*token));
            callback.cancel();
        }
        self.event.ring();
        self.claim.end();
        self.device.end();
        Ok(())
    }

    /// The end of the library.
    pub fn release(&self) {
        let _ = self.remove();
    }

    /// Waits for a trigger, or takes one that came before.
    ///
    /// # Errors
    /// `TIMEOUT`, `CANCELLED`; `ILLEGAL_OPERATION` if a callback gets the triggers.
    pub fn wait(&self, timeout_ms: u32) -> Result<()> {
        if self.callback.is_some() {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        }
        let deadline = deadline(timeout_ms);
        loop {
            let mut state = lock(&self.state);
            if state.removed {
                // For the next waiter.
                self.event.ring();
                return Err(Code::SCI_ERR_CANCELLED);
            }
            let rings = self.event.take();
            let rings = if self.counting { rings } else { rings.min(1) };
            state.pending += rings;
            if state.pending > 0 {
                state.pending -= 1;
                if state.pending > 0 {
                    // Wakes another waiter, or lets the next wait begin with what is there.
                    state.pending -= 1;
                    self.event.ring();
                }
                return Ok(());
            }
            drop(state);
            self.event.wait(deadline)?;
        }
    }
}

impl Source for LocalInterrupt {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }

    fn ready(self: Arc<Self>) -> bool {
        let Some(callback) = &self.callback else {
            return false;
        };
        let calls = if self.counting { self.event.take() } else { 1 };
        for _ in 0..calls {
            callback.run(|function, argument| {
                // SAFETY: the program gave this function for this purpose, with its argument.
                unsafe { function(argument, self.handle.get(), Code::SCI_ERR_OK) }
            });
        }
        callback.is_armed()
    }
}

impl Export for LocalInterrupt {
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        let mut state = lock(&self.state);
        if state.removed {
            return Err(Code::SCI_ERR_NO_SUCH_INTNO);
        }
        let descriptor = self.event.descriptor()?;
        state.links.insert(link.number(), Arc::clone(link));
        Ok(Grant {
            size: 0,
            descriptors: vec![descriptor],
        })
    }

    fn disconnected(&self, link: &ServerLink, _: Ending) {
        lock(&self.state).links.remove(&link.number());
    }
}

/// A connection to an interrupt.
pub struct RemoteInterrupt {
    member: Arc<Member>,
    link: Arc<ClientLink>,
    route: Arc<Route>,
    event: Event,
    /// Triggers that arrive with the next one.
    held: AtomicU64,
    _device: Use,
}

impl RemoteInterrupt {
    /// Connects and gives the handle.
    ///
    /// # Errors
    /// `NO_SUCH_INTNO`; else as [`ClientLink::connect`].
    pub fn connect(device: &Device, node: u32, number: u32) -> Result<c::sci_remote_interrupt_t> {
        adapter::check_node(node)?;
        let member = Arc::clone(device.member());
        let resource = device.resource()?;
        let route = member.route(node);
        route.check()?;
        let owner = member.node_dir(node);
        let (link, mut grant) =
            ClientLink::connect(&owner, Kind::Interrupt, number, member.node())?;
        let event = grant
            .descriptors
            .pop()
            .ok_or(Code::SCI_ERR_CONNECTION_REFUSED)?
            .into();
        link.watch(&route, member.service())?;
        REMOTE_INTERRUPTS.insert(Arc::new(Self {
            member,
            link,
            route,
            event,
            held: AtomicU64::new(0),
            _device: resource,
        }))
    }

    /// Triggers.
    ///
    /// # Errors
    /// `NOT_CONNECTED` once the interrupt is removed or its owner gone; as [`Route::check`].
    pub fn trigger(&self) -> Result<()> {
        self.route.check()?;
        if !self.link.seems_alive() {
            return Err(Code::SCI_ERR_NOT_CONNECTED);
        }
        match self.route.trigger() {
            TriggerFate::Deliver => {
                timing::before_trigger();
                self.event
                    .ring_times(1 + self.held.swap(0, Ordering::AcqRel));
            }
            TriggerFate::Merge => drop(self.held.fetch_add(1, Ordering::AcqRel)),
            TriggerFate::Lose => {}
        }
        Ok(())
    }

    /// Ends the connection.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn disconnect(handle: c::sci_remote_interrupt_t) -> Result<()> {
        let interrupt = REMOTE_INTERRUPTS
            .remove(handle)
            .ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
        interrupt.release();
        Ok(())
    }

    /// Says goodbye; the handle is stale already.
    pub fn release(&self) {
        self.link.close(self.member.service());
    }
}

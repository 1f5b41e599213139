//! Interrupts without data.

use crate::fabric::link::{Ending, Export, Grant, ServerLink};
use crate::fabric::member::Member;
use crate::fabric::node::{Claim, Kind};
use crate::fabric::usage::Resource;
use crate::model::adapter;
use crate::model::callback::Callback;
use crate::model::device::{Device, Held};
use crate::model::tables::{LOCAL_INTERRUPTS, REMOTE_INTERRUPTS};
use crate::model::targets::{Scope, Sent, Targets};
use crate::runtime::event::Event;
use crate::runtime::handles::OwnHandle;
use crate::runtime::memory::from_errno;
use crate::runtime::reactor::{Source, Token};
use crate::runtime::sync::{Lease, Use, deadline, lock};
use crate::{Code, Result};
use sisci_sys as c;
use std::collections::HashMap;
use std::ffi::c_void;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, OnceLock};

/// The program's function for an interrupt, never null.
pub type Function =
    unsafe extern "C" fn(*mut c_void, c::sci_local_interrupt_t, Code) -> c::sci_callback_action_t;

/// Where peers find an interrupt of either kind.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    /// Own adapter.
    pub adapter: u32,
    /// Kind of interrupt.
    pub kind: Kind,
    /// Its number.
    pub number: u32,
    /// Which of several owners of the number; 0 if there is one.
    pub index: u32,
}

impl Address {
    /// Lets peers connect.
    pub fn publish(&self, member: &Member, export: Arc<dyn Export>) {
        member.publish(self.adapter, self.kind, self.number, self.index, export);
        self.gone(member);
    }

    /// Lets nobody connect any more.
    pub fn unpublish(&self, member: &Member) {
        member.unpublish(self.adapter, self.kind, self.number, self.index);
    }

    /// Tells those who trigger that the owners of a shared number have changed.
    pub fn gone(&self, member: &Member) {
        if self.index != 0 {
            member.shares().change();
        }
    }
}

/// What an interrupt does besides waking one handle.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Every trigger counts.
    pub counting: bool,
    /// Others may have the number too.
    pub shared: bool,
}

/// An interrupt that peers can trigger.
pub struct LocalInterrupt {
    handle: OwnHandle<c::sci_local_interrupt>,
    member: Arc<Member>,
    address: Address,
    claim: Lease<Claim>,
    counting: bool,
    event: Event,
    state: Mutex<State>,
    callback: Option<Callback<Function>>,
    token: OnceLock<Token>,
    device: Lease<Held>,
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
        adapter: u32,
        fixed: Option<u32>,
        how: How,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<(c::sci_local_interrupt_t, u32)> {
        let member = Arc::clone(device.member());
        let resource = device.limited(adapter, Resource::Interrupts)?;
        let (claim, index) = if how.shared {
            member.claim_shared(adapter, Kind::Interrupt, fixed)?
        } else {
            (member.claim(adapter, Kind::Interrupt, fixed)?, 0)
        };
        let address = Address {
            adapter,
            kind: Kind::Interrupt,
            number: claim.id(),
            index,
        };
        let callback =
            callback.map(|(function, argument)| Callback::new(function, argument, &member));
        let interrupt = Arc::new(Self {
            handle: OwnHandle::default(),
            member,
            address,
            claim: Lease::new(claim),
            counting: how.counting,
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
        address.publish(&interrupt.member, export);
        Ok((handle, address.number))
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
        self.address.unpublish(&self.member);
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
        self.address.gone(&self.member);
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
            descriptors: vec![descriptor],
            ..Grant::default()
        })
    }

    fn disconnected(&self, link: &ServerLink, _: Ending) {
        lock(&self.state).links.remove(&link.number());
    }
}

/// A connection to an interrupt.
pub struct RemoteInterrupt {
    targets: Targets<Event>,
    _device: Use,
}

impl RemoteInterrupt {
    /// Connects through an adapter and gives the handle.
    ///
    /// # Errors
    /// `NO_SUCH_INTNO`; else as [`Targets::connect`].
    pub fn connect(
        device: &Device,
        node: u32,
        number: u32,
        adapter: u32,
    ) -> Result<c::sci_remote_interrupt_t> {
        let member = device.member();
        let scope = Scope::Node(adapter::resolve_node(member, adapter, node)?);
        let resource = device.resource()?;
        let take = |mut grant: Grant| {
            let event = grant.descriptors.pop();
            Ok(event.ok_or(Code::SCI_ERR_CONNECTION_REFUSED)?.into())
        };
        let targets = Targets::connect(member, Kind::Interrupt, number, adapter, scope, take)?;
        REMOTE_INTERRUPTS.insert(Arc::new(Self {
            targets,
            _device: resource,
        }))
    }

    /// Triggers all that share the number.
    ///
    /// # Errors
    /// `NOT_CONNECTED` once the interrupt is removed or its owner gone; as [`crate::fabric::route::Route::check`].
    pub fn trigger(&self) -> Result<()> {
        self.targets.trigger(|event, sent| {
            if let Sent::Times(count) = sent {
                event.ring_times(count);
            }
            Ok(())
        })
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
        self.targets.close();
    }
}

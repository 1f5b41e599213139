//! The way from this node to another: is it up, what happens to what goes over it.
//!
//! Every operation that would cross the bridge asks its route first. While nothing was done to the
//! fabric, an answer costs two loads.

use crate::Result;
use crate::fabric::control::fault::{Active, Fault, Kind, When};
use crate::fabric::control::view::{Change, View, Way};
use crate::fabric::node::Kind as NumberKind;
use crate::runtime::sync::lock;
use crate::runtime::void;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// What becomes of one transfer by a library call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFate {
    /// It arrives.
    Deliver,
    /// It vanishes; a check tells.
    Drop,
    /// It arrives with one byte changed; a check tells.
    Corrupt,
}

/// What becomes of one DMA transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DmaFate {
    /// It runs.
    Run,
    /// It stays POSTED until it is aborted.
    Stick,
    /// It ends in ERROR after this share of its bytes, in percent.
    Fail(u8),
}

/// What becomes of one trigger of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerFate {
    /// It arrives.
    Deliver,
    /// It is lost.
    Lose,
    /// It arrives together with the next one.
    Merge,
}

/// A DMA transfer that fails does so after this share of its bytes, in percent.
const FAILED_AT: u8 = 50;

/// What hangs on a route: a connection. It is told what happens, in order, one thing at a time.
pub trait Traveller: Send + Sync {
    /// The way has changed. After [`Change::Lost`] nothing more comes.
    fn changed(&self, change: Change);

    /// Stores through maps vanish from now on, or arrive again, without anybody being told but a
    /// check.
    fn swallow(&self, _vanish: bool) {}

    /// What it is, for a report.
    fn describe(&self) -> Option<Description> {
        None
    }
}

/// A connection, as reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// True at the side that connected.
    pub outgoing: bool,
    /// What it is connected to.
    pub kind: NumberKind,
    /// Segment id or interrupt number.
    pub id: u32,
    /// Process at the other end, where it is known.
    pub pid: Option<u32>,
}

/// The way to one node.
pub struct Route {
    peer: u32,
    way: AtomicU8,
    epoch: AtomicU64,
    errors: AtomicU64,
    /// True while there are faults; they are asked only then.
    faulty: AtomicBool,
    faults: Mutex<Vec<Arc<Active>>>,
    /// True while stores by pointer vanish for a fault.
    swallowing: AtomicBool,
    /// Errors at the last time that stores vanished and it was told.
    settled: AtomicU64,
    inner: Mutex<Inner>,
    /// Held while travellers are told.
    turn: Mutex<()>,
}

struct Inner {
    view: View,
    next: u64,
    travellers: HashMap<u64, Weak<dyn Traveller>>,
}

impl Route {
    /// The way to `peer`, as it looks now.
    pub fn new(peer: u32, view: View, faults: Vec<Arc<Active>>) -> Arc<Self> {
        let route = Arc::new(Self {
            peer,
            way: AtomicU8::new(view.way as u8),
            epoch: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            faulty: AtomicBool::new(false),
            faults: Mutex::default(),
            swallowing: AtomicBool::new(false),
            settled: AtomicU64::new(0),
            inner: Mutex::new(Inner {
                view,
                next: 0,
                travellers: HashMap::new(),
            }),
            turn: Mutex::new(()),
        });
        route.set_faults(faults);
        route
    }

    /// The node at its end.
    pub fn peer(&self) -> u32 {
        self.peer
    }

    /// Accepts a new connection or a trigger.
    ///
    /// # Errors
    /// `NO_LINK_ACCESS` with the own link down, `NO_REMOTE_LINK_ACCESS` with the peer's,
    /// `NODE_NOT_RESPONDING` for a node that is gone.
    pub fn check(&self) -> Result<()> {
        self.way().check()
    }

    /// True while stores arrive.
    pub fn is_up(&self) -> bool {
        self.way() == Way::Up
    }

    /// Where it ends.
    pub fn way(&self) -> Way {
        Way::from_number(self.way.load(Ordering::Acquire))
    }

    /// How often it went down or up; a sequence compares the number with that at its last look.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Errors on the way so far; a sequence compares the number with that at its start.
    pub fn errors(&self) -> u64 {
        self.errors.load(Ordering::Acquire)
    }

    /// Decides about one transfer by a library call, and counts it.
    pub fn transfer(&self) -> TransferFate {
        if !self.is_up() {
            return TransferFate::Drop;
        }
        let fate = match self.strike(&[Kind::Drop, Kind::Corrupt]) {
            None => TransferFate::Deliver,
            Some(kind) => {
                self.errors.fetch_add(1, Ordering::AcqRel);
                if kind == Kind::Drop {
                    TransferFate::Drop
                } else {
                    TransferFate::Corrupt
                }
            }
        };
        if self.swallowing.load(Ordering::Acquire) {
            self.swallow_while_due(false);
        }
        fate
    }

    /// Decides about one DMA transfer, and counts it.
    pub fn dma(&self) -> DmaFate {
        match self.strike(&[Kind::DmaFail, Kind::DmaStick]) {
            None => DmaFate::Run,
            Some(Kind::DmaStick) => DmaFate::Stick,
            Some(_) => DmaFate::Fail(FAILED_AT),
        }
    }

    /// Decides about one trigger of an interrupt, and counts it.
    pub fn trigger(&self) -> TriggerFate {
        match self.strike(&[Kind::InterruptLose, Kind::InterruptMerge]) {
            None => TriggerFate::Deliver,
            Some(Kind::InterruptMerge) => TriggerFate::Merge,
            Some(_) => TriggerFate::Lose,
        }
    }

    /// Decides about one data interrupt, and counts it: true if it is lost.
    pub fn loses_message(&self) -> bool {
        self.strike(&[Kind::MessageLose]).is_some()
    }

    /// Decides about one check of a sequence, and counts it. Errors that it makes are in
    /// [`Route::errors`] afterwards.
    pub fn checked(&self) {
        if !self.faulty.load(Ordering::Acquire) {
            return;
        }
        if self.strike(&[Kind::SequenceError]).is_some() {
            self.errors.fetch_add(1, Ordering::AcqRel);
        }
        if self.swallowing.load(Ordering::Acquire) {
            let told = self.settle();
            self.swallow_while_due(told);
        }
    }

    /// Counts the stores through pointers until here as one transfer that vanished, unless a library
    /// call already was the one. False if the fault had no more to give.
    fn settle(&self) -> bool {
        let errors = self.errors();
        if self.settled.swap(errors, Ordering::AcqRel) != errors {
            return true;
        }
        let struck = self.strike(&[Kind::Drop]).is_some();
        if struck {
            let errors = self.errors.fetch_add(1, Ordering::AcqRel) + 1;
            self.settled.store(errors, Ordering::Release);
        }
        struck
    }

    /// The first fault of these kinds that strikes the next operation.
    fn strike(&self, kinds: &[Kind]) -> Option<Kind> {
        if !self.faulty.load(Ordering::Acquire) {
            return None;
        }
        let faults = lock(&self.faults);
        let mut asked = faults
            .iter()
            .filter(|active| kinds.contains(&active.fault().kind));
        asked
            .find(|active| active.strikes())
            .map(|active| active.fault().kind)
    }

    /// Hangs a connection on the route, until the value is dropped.
    ///
    /// # Errors
    /// As [`Route::check`].
    pub fn attach(self: &Arc<Self>, traveller: Weak<dyn Traveller>) -> Result<Attachment> {
        let mut inner = lock(&self.inner);
        inner.view.way.check()?;
        let number = inner.next;
        inner.next += 1;
        inner.travellers.insert(number, traveller.clone());
        drop(inner);
        if self.swallowing.load(Ordering::Acquire) {
            let _turn = lock(&self.turn);
            if let Some(traveller) = traveller.upgrade() {
                traveller.swallow(self.swallowing.load(Ordering::Acquire));
            }
        }
        Ok(Attachment {
            route: Arc::clone(self),
            number,
        })
    }

    /// Everything that hangs on it.
    pub fn travellers(&self) -> Vec<Arc<dyn Traveller>> {
        let inner = lock(&self.inner);
        inner
            .travellers
            .values()
            .filter_map(Weak::upgrade)
            .collect()
    }

    /// Does what it takes to look like `next`: tells the travellers, and returns when each of them
    /// has done its part.
    pub fn update(self: &Arc<Self>, next: View, faults: Vec<Arc<Active>>) {
        let _turn = lock(&self.turn);
        let mut inner = lock(&self.inner);
        let changes = inner.view.changes_to(&next);
        inner.view = next;
        let travellers: Vec<_> = inner
            .travellers
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        if changes.contains(&Change::Lost) {
            inner.travellers.clear();
        }
        drop(inner);
        if next.way != Way::Up {
            self.way.store(next.way as u8, Ordering::Release);
        }
        for change in changes {
            self.carry_out(*change, next.way, &travellers);
        }
        self.way.store(next.way as u8, Ordering::Release);
        self.set_faults(faults);
        let due = self.is_drop_due();
        self.set_swallowing(due, false);
        if due {
            // Another process may use up the rest.
            let route: Arc<dyn void::Tick> = Arc::clone(self) as _;
            void::tick(&route);
        }
    }

    fn carry_out(&self, change: Change, next: Way, travellers: &[Arc<dyn Traveller>]) {
        if change == Change::Down {
            // From here on library calls know; what was on its way may be lost.
            let way = if next == Way::Up {
                Way::RemoteLinkDown
            } else {
                next
            };
            self.way.store(way as u8, Ordering::Release);
            self.errors.fetch_add(1, Ordering::AcqRel);
        }
        self.epoch.fetch_add(1, Ordering::AcqRel);
        travellers
            .iter()
            .for_each(|traveller| traveller.changed(change));
    }

    fn set_faults(&self, faults: Vec<Arc<Active>>) {
        let mut held = lock(&self.faults);
        self.faulty.store(!faults.is_empty(), Ordering::Release);
        *held = faults;
    }

    /// Lets stores by pointer vanish no longer once the count of drops is used up, by whatever
    /// process. `told` says that a check has told of all that vanished.
    fn swallow_while_due(&self, told: bool) {
        if !self.is_drop_due() {
            let _turn = lock(&self.turn);
            self.set_swallowing(self.is_drop_due(), told);
        }
    }

    /// The turn is held.
    fn set_swallowing(&self, vanish: bool, told: bool) {
        if self.swallowing.swap(vanish, Ordering::AcqRel) == vanish {
            return;
        }
        let errors = self.errors();
        let settled = self.settled.swap(errors, Ordering::AcqRel);
        if !vanish && !told && settled == errors {
            // Something may have vanished that no check knows of.
            self.errors.fetch_add(1, Ordering::AcqRel);
        }
        for traveller in self.travellers() {
            traveller.swallow(vanish);
        }
    }

    fn is_drop_due(&self) -> bool {
        let counts =
            |fault: &Fault| fault.kind == Kind::Drop && matches!(fault.when, When::Count(_));
        let faults = lock(&self.faults);
        let mut drops = faults.iter().filter(|active| counts(active.fault()));
        drops.any(|active| !active.is_spent())
    }
}

impl void::Tick for Route {
    fn tick(&self) -> bool {
        self.swallow_while_due(false);
        self.swallowing.load(Ordering::Acquire)
    }
}

/// A connection's place on its route.
pub struct Attachment {
    route: Arc<Route>,
    number: u64,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        lock(&self.route.inner).travellers.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;

//! A thread that does everything at random, and what it owns.

use super::events::{on_local, on_remote, unset};
use super::node::Shared;
use super::random::Random;
use super::things::{Bell, Local, Remote, Slot};
use crate::sci::{ADAPTER, Answer, call};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Bytes of every segment.
pub const SIZE: usize = 64 << 10;

/// Numbers that a place may use, from 100 on.
const PLACE: usize = 8;

/// How long an event may take.
const TOLD: Duration = Duration::from_secs(10);

/// The thread.
pub struct Actor<'a> {
    pub shared: &'a Shared,
    pub random: Random,
    /// Own index in the process.
    index: usize,
    /// Own index in the node: which numbers are ours.
    place: usize,
    pub locals: Vec<Slot<Local>>,
    pub remotes: Vec<Slot<Remote>>,
    pub bells: Vec<Slot<Bell<sci_local_interrupt_t>>>,
    pub mailboxes: Vec<Slot<Bell<sci_local_data_interrupt_t>>>,
    pub triggers: Vec<Option<sci_remote_interrupt_t>>,
    pub senders: Vec<Option<sci_remote_data_interrupt_t>>,
    pub queue: Slot<(sci_dma_queue_t, sci_local_segment_t)>,
    /// Deaths that were looked after.
    mourned: usize,
}

impl<'a> Actor<'a> {
    pub fn new(shared: &'a Shared, index: usize, place: usize, seed: u64) -> Self {
        Self {
            shared,
            random: Random::new(seed),
            index,
            place,
            locals: Slot::row(4),
            remotes: Slot::row(6),
            bells: Slot::row(2),
            mailboxes: Slot::row(2),
            triggers: vec![None; 3],
            senders: vec![None; 3],
            queue: Slot::row(1).remove(0),
            mourned: 0,
        }
    }

    /// The answer, if it is one of those that may come.
    pub fn may<T>(&self, what: &str, answer: Answer<T>, codes: &[Code]) -> Option<T> {
        match answer {
            Ok(value) => Some(value),
            Err(code) if codes.contains(&code) => None,
            Err(code) => panic!("life {}: {what}: {}", self.shared.life, error_name(code)),
        }
    }

    /// Does one thing.
    pub fn step(&mut self) {
        self.shared.calls[self.index].fetch_add(1, Ordering::Relaxed);
        match self.random.below(20) {
            0..=3 => self.local(),
            4..=9 => self.remote(),
            10..=11 => self.transfer(),
            12..=14 => self.ring(),
            15..=17 => self.mail(),
            _ => self.look(),
        }
        self.mourn();
    }

    /// A number of ours.
    pub fn number(&self, slot: usize) -> u32 {
        (100 + self.place * PLACE + slot) as u32
    }

    /// A node, and a number that somebody there may have.
    pub fn somewhere(&mut self, slots: usize) -> (u32, u32) {
        let node = 4 * (1 + self.random.below(self.shared.nodes));
        let places = if node == 4 { 4 } else { 2 };
        let (place, slot) = (self.random.index(places), self.random.index(slots));
        (node, (100 + place * PLACE + slot) as u32)
    }

    fn local(&mut self) {
        let slot = self.random.index(self.locals.len());
        let choice = self.random.below(6);
        let Some(local) = &self.locals[slot].thing else {
            self.create(slot);
            return;
        };
        let (sci, constants) = (self.shared.sci, self.shared.sci.constants());
        let (handle, map) = (local.handle, local.map);
        match choice {
            0 => {
                let flags = [constants.flag_notify, constants.flag_force_disconnect];
                let flag = flags[self.random.index(2)].unwrap_or(0);
                self.may(
                    "withdraw",
                    sci.set_unavailable(handle, flag),
                    &[Code::SCI_ERR_ILLEGAL_OPERATION],
                );
            }
            1 => {
                self.may(
                    "offer",
                    sci.set_available(handle),
                    &[Code::SCI_ERR_ILLEGAL_OPERATION],
                );
            }
            2 if map.is_none() => {
                let made = self.may("map", sci.map_local(handle, 0, SIZE), &[]);
                if let Some(local) = &mut self.locals[slot].thing {
                    local.map = made.map(|(map, _)| map);
                }
            }
            3 if !local.has_callback => {
                let (mut node, mut adapter) = (0, 0);
                let wait = sci.functions().wait_for_local_segment_event;
                let event = call!(error => wait(handle, &mut node, &mut adapter, 1, 0, &mut error));
                self.may(
                    "wait for an event",
                    event,
                    &[Code::SCI_ERR_TIMEOUT, Code::SCI_ERR_OVERFLOW],
                );
            }
            _ => self.remove(slot),
        }
    }

    fn create(&mut self, slot: usize) {
        let (sci, has_callback) = (self.shared.sci, self.random.below(3) > 0);
        let argument = self.locals[slot].events.begin();
        let (callback, flags): (sci_cb_local_segment_t, _) = if has_callback {
            (Some(on_local), sci.constants().flag_use_callback)
        } else {
            (None, 0)
        };
        let (mut handle, create) = (unset(), sci.functions().create_segment);
        let device = self.device();
        // The number is ours alone: whoever had it before has removed it, or is dead.
        let made = call!(error => create(
            device, &mut handle, self.number(slot), SIZE, callback, argument, flags, &mut error
        ));
        self.may("create a segment", made, &[]);
        self.may("prepare", sci.prepare(handle), &[]);
        let (map, near) = self
            .may("map", sci.map_local(handle, 0, 64), &[])
            .expect("a map");
        // SAFETY: the first word of the map that was just made.
        unsafe { near.cast_life().write_volatile(self.shared.life) };
        self.may("unmap", sci.unmap(map), &[]);
        self.may("offer", sci.set_available(handle), &[]);
        self.locals[slot].thing = Some(Local {
            handle,
            map: None,
            has_callback,
        });
    }

    fn remove(&mut self, slot: usize) {
        let (sci, constants) = (self.shared.sci, self.shared.sci.constants());
        let Some(local) = self.locals[slot].thing.take() else {
            return;
        };
        if let Some(map) = local.map {
            self.may("unmap", sci.unmap(map), &[]);
        }
        if self.random.once_in(2) {
            let removed = sci.remove_segment(local.handle, 0);
            if self.may("remove", removed, &[Code::SCI_ERR_BUSY]).is_some() {
                self.locals[slot].events.end();
                return;
            }
        }
        let forced = sci.remove_segment(local.handle, constants.flag_force_remove);
        self.may("remove by force", forced, &[]);
        self.locals[slot].events.end();
    }

    fn remote(&mut self) {
        let slot = self.random.index(self.remotes.len());
        if self.remotes[slot].thing.is_some() {
            self.use_remote(slot);
        } else {
            self.connect(slot);
        }
    }

    fn connect(&mut self, slot: usize) {
        let (sci, has_callback) = (self.shared.sci, self.random.below(3) > 0);
        let (node, id) = self.somewhere(4);
        let argument = self.remotes[slot].events.begin();
        let (callback, flags): (sci_cb_remote_segment_t, _) = if has_callback {
            (Some(on_remote), sci.constants().flag_use_callback)
        } else {
            (None, 0)
        };
        let (mut handle, connect) = (unset(), sci.functions().connect_segment);
        let device = self.device();
        let connected = call!(error => connect(
            device, &mut handle, node, id, ADAPTER, callback, argument, 0, flags, &mut error
        ));
        let refused = [
            Code::SCI_ERR_NO_SUCH_SEGMENT,
            Code::SCI_ERR_NO_SUCH_NODEID,
            Code::SCI_ERR_NODE_NOT_RESPONDING,
            Code::SCI_ERR_CONNECTION_REFUSED,
        ];
        if self.may("connect", connected, &refused).is_none() {
            self.remotes[slot].events.end();
            return;
        }
        let mapped = sci.map_remote(handle, 0, SIZE);
        let Some((map, far)) = self.may("map", mapped, &[Code::SCI_ERR_NOT_CONNECTED]) else {
            self.may("disconnect", sci.disconnect(handle), &[]);
            self.remotes[slot].events.end();
            return;
        };
        // SAFETY: the first word of the map that was just made.
        let owner = unsafe { far.cast_life().read_volatile() };
        self.remotes[slot].thing = Some(Remote {
            handle,
            has_callback,
            owner,
            map: Some((map, far)),
            sequence: None,
            ended: false,
        });
    }

    pub fn device(&self) -> sci_desc_t {
        self.shared.device.load(Ordering::Relaxed)
    }

    /// Whoever is connected to the dead has to hear of it.
    fn mourn(&mut self) {
        let dead: Vec<u32> = self.shared.killed.lock().unwrap()[self.mourned..].to_vec();
        self.mourned += dead.len();
        for life in dead {
            for slot in 0..self.remotes.len() {
                let of_dead = |remote: &Remote| remote.owner == life;
                if self.remotes[slot].thing.as_ref().is_some_and(of_dead) {
                    self.await_end(slot, life);
                }
            }
        }
    }

    fn await_end(&mut self, slot: usize, life: u32) {
        let begin = Instant::now();
        while !self.has_ended(slot) {
            assert!(
                begin.elapsed() < TOLD,
                "nobody told life {} that life {life} is dead",
                self.shared.life
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn has_ended(&mut self, slot: usize) -> bool {
        let Some(remote) = &self.remotes[slot].thing else {
            return true;
        };
        if remote.has_callback {
            return self.remotes[slot].events.ended.load(Ordering::SeqCst);
        }
        let ended = remote.ended || self.next_event(remote.handle);
        if let Some(remote) = &mut self.remotes[slot].thing {
            remote.ended = ended;
        }
        ended
    }

    /// True if the next event of the connection is its end.
    pub fn next_event(&self, handle: sci_remote_segment_t) -> bool {
        let (mut status, wait) = (
            Code(0),
            self.shared.sci.functions().wait_for_remote_segment_event,
        );
        let event = call!(error => wait(handle, &mut status, 1, 0, &mut error));
        let event = self.may(
            "wait for an event",
            event,
            &[Code::SCI_ERR_TIMEOUT, Code::SCI_ERR_OVERFLOW],
        );
        event.is_some_and(|reason| {
            [
                sci_segment_cb_reason_t::SCI_CB_LOST,
                sci_segment_cb_reason_t::SCI_CB_DISCONNECT,
            ]
            .contains(&reason)
        })
    }

    /// Gives up all connections.
    pub fn part(&mut self) {
        for slot in 0..self.remotes.len() {
            self.disconnect(slot);
        }
        self.end_transfers();
        self.hang_up();
    }

    /// Gives up everything.
    pub fn give_up_all(&mut self) {
        self.part();
        for slot in 0..self.locals.len() {
            self.remove(slot);
        }
    }

    /// Takes down what nobody is connected to any more.
    pub fn take_down(&mut self) {
        let sci = self.shared.sci;
        for slot in 0..self.locals.len() {
            let Some(local) = self.locals[slot].thing.take() else {
                continue;
            };
            if let Some(map) = local.map {
                self.may("unmap", sci.unmap(map), &[]);
            }
            let begin = Instant::now();
            let users = || self.locals[slot].events.users.load(Ordering::SeqCst);
            while local.has_callback && users() > 0 {
                assert!(
                    begin.elapsed() < TOLD,
                    "life {}: {} users were never said to be gone",
                    self.shared.life,
                    users()
                );
                std::thread::sleep(Duration::from_millis(1));
            }
            while self
                .may(
                    "remove",
                    sci.remove_segment(local.handle, 0),
                    &[Code::SCI_ERR_BUSY],
                )
                .is_none()
            {
                assert!(
                    begin.elapsed() < TOLD,
                    "a connection is left without a user"
                );
                std::thread::sleep(Duration::from_millis(1));
            }
            self.locals[slot].events.end();
        }
    }
}

/// The place of the owner's life in a segment.
trait Life {
    fn cast_life(self) -> *mut u32;
}

impl Life for *mut u8 {
    fn cast_life(self) -> *mut u32 {
        let word: *mut u32 = self.cast::<std::ffi::c_void>().cast();
        assert!(word.is_aligned());
        word
    }
}

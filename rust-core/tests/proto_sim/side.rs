//! One side: carries out what the protocol says, one small step at a time.

use crate::memory::{Fabric, RING_BYTES};
use crate::port::{Mistake, Port};
use crate::random::Random;
use ntb_core::proto::class::{Class, Thresholds};
use ntb_core::proto::connection::{Connection, Ending, Look};
use ntb_core::proto::layout::{LINE_DATA, RING};
use ntb_core::proto::ring::Piece;
use ntb_core::proto::wait::{Answer, Doorbells, Seen, Step, Wait};
use ntb_core::proto::wake::Waiter;
use std::collections::VecDeque;
use std::time::Duration;

/// How long a store and its answer take at most, over a bridge.
const FLIGHT: u64 = 2_500;
const MILLISECOND: u64 = 1_000_000;

/// A piece of a side's work.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// Send this many bytes, in messages of at most as many as the second number.
    Send(u64, u64),
    /// Receive this many bytes, into buffers of at most as many as the second number.
    Receive(u64, u64),
    /// Do something else for this long.
    Think(u64),
    /// Say goodbye.
    Close,
    /// Die without a word.
    Die,
    /// Receive to the end.
    Drain,
}

/// What it is doing.
#[derive(Debug)]
enum Task {
    Free,
    /// A message of which this much is left.
    Send(u64),
    Publish(u64),
    PublishLine(u64, u64),
    AwaitDma(u64),
    /// Look whether the peer sleeps, then go on with this message.
    Announce(Option<u64>),
    /// Into a buffer of this size.
    Receive(u64),
    Copy(Piece, u64),
    /// Room of a piece was given back, and its bytes are still to be copied.
    CopyLate(Piece),
    Wait(Waiting),
    /// An event loop waits on the descriptor.
    Told,
    Over,
}

/// A wait under way.
#[derive(Debug)]
struct Waiting {
    wait: Wait,
    answer: Answer,
    /// What is left of the message that waits for credit.
    message: Option<u64>,
    /// For an event loop.
    tells: bool,
    /// Bytes, or room for them, that the sleep is for.
    wanted: u64,
}

/// How it ended for one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Closed,
    Died,
    /// The peer's end was found, or its loss.
    End,
    Lost,
}

/// What a step asks the world for.
#[derive(Debug, Default)]
pub struct Effects {
    pub rings: Vec<Waiter>,
    pub bye: Option<u64>,
    pub died: bool,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub lines: u64,
    pub eager: u64,
    pub bulk: u64,
    pub sleeps: u64,
    pub timeouts: u64,
    pub bells_lost: u64,
    pub ends: u64,
    pub losses: u64,
}

#[derive(Debug)]
pub struct Side {
    number: u64,
    fabric: Fabric,
    doorbells: Doorbells,
    pub conn: Connection,
    work: VecDeque<Work>,
    task: Task,
    random: Random,
    pub sent: u64,
    pub received: u64,
    /// Until when it is busy with something else.
    pub busy: u64,
    pub asleep: Option<(Waiter, u64)>,
    woken: bool,
    on_descriptor: bool,
    on_interrupt: bool,
    pub peer_end: Option<u64>,
    pub lost: bool,
    pub outcome: Option<Outcome>,
    pub counts: Counts,
}

/// The byte at a position of a side's stream.
fn byte(side: u64, position: u64) -> u8 {
    let mixed = (position + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (side << 40));
    (mixed >> 56) as u8
}

impl Side {
    pub fn new(
        number: u64,
        fabric: Fabric,
        doorbells: Doorbells,
        work: VecDeque<Work>,
        thresholds: Thresholds,
        random: Random,
    ) -> Self {
        Self {
            number,
            fabric,
            doorbells,
            conn: Connection::new(RING_BYTES, RING_BYTES, thresholds),
            work,
            task: Task::Free,
            random,
            sent: 0,
            received: 0,
            busy: 0,
            asleep: None,
            woken: false,
            on_descriptor: false,
            on_interrupt: false,
            peer_end: None,
            lost: false,
            outcome: None,
            counts: Counts::default(),
        }
    }

    /// A doorbell arrives.
    pub fn ring(&mut self, place: Waiter) {
        match place {
            Waiter::OnDescriptor => self.on_descriptor = true,
            Waiter::OnInterrupt => self.on_interrupt = true,
        }
        if self.asleep.is_some_and(|(asleep, _)| asleep == place) {
            self.wake(true);
        }
    }

    /// The control channel says something: heard wherever it sleeps.
    pub fn hear(&mut self) {
        self.ring(Waiter::OnDescriptor);
        self.ring(Waiter::OnInterrupt);
    }

    /// Its sleep ends, by a doorbell or else by time.
    pub fn wake(&mut self, woken: bool) {
        self.asleep = None;
        self.woken = woken;
    }

    /// Whether there is what it sleeps for.
    pub fn oversleeps(&mut self, port: &Port) -> Result<bool, String> {
        let Task::Wait(Waiting {
            message, wanted, ..
        }) = &self.task
        else {
            return Ok(false);
        };
        let (message, wanted) = (*message, *wanted);
        if self.is_cut() || self.seen(port, message, 0)? != Seen::Something {
            return Ok(false);
        }
        let (there, most) = match message {
            Some(_) => (self.conn.tx.writable(), self.conn.tx.capacity() / 2),
            None => {
                self.conn.look_for_more(port).map_err(fault)?;
                (self.conn.rx.readable(), self.conn.rx.capacity() / 4)
            }
        };
        Ok(there >= wanted.min(most))
    }

    /// Whether it is between an index and the look at the peer's wait words.
    pub fn is_announcing(&self) -> bool {
        matches!(self.task, Task::Announce(_))
    }

    fn ending(&self) -> Ending {
        match (self.peer_end, self.lost) {
            (Some(end), _) => Ending::Goodbye(end),
            (None, true) => Ending::Lost,
            (None, false) => Ending::Open,
        }
    }

    /// Nothing may be written any more.
    fn is_cut(&self) -> bool {
        self.peer_end.is_some() || self.lost
    }

    /// One step.
    pub fn step(&mut self, port: &Port, now: u64) -> Result<Effects, String> {
        let mut effects = Effects::default();
        self.task = match std::mem::replace(&mut self.task, Task::Over) {
            Task::Free => self.begin(now, &mut effects),
            Task::Send(left) => self.send(port, left)?,
            Task::Publish(left) => {
                self.conn.publish(self.conn.tx.tail(), port);
                Task::Announce(Some(left))
            }
            Task::PublishLine(left, len) => {
                self.conn.publish_line(len as usize, port);
                Task::Announce(Some(left))
            }
            Task::AwaitDma(left) => {
                let done =
                    port.theirs.dma_is_done() || port.mistake == Some(Mistake::DmaNotAwaited);
                if done {
                    Task::Publish(left)
                } else {
                    Task::AwaitDma(left)
                }
            }
            Task::Announce(left) => {
                self.announce(port, &mut effects);
                left.map_or(Task::Free, Task::Send)
            }
            Task::Receive(room) => self.receive(port, room)?,
            Task::Copy(piece, room) => self.copy(port, piece, room, now)?,
            Task::CopyLate(piece) => {
                self.copy_out(port, piece)?;
                Task::Announce(None)
            }
            Task::Wait(waiting) => self.wait(port, waiting, now)?,
            Task::Told => {
                self.on_descriptor = false;
                Task::Free
            }
            Task::Over => Task::Over,
        };
        Ok(effects)
    }

    fn begin(&mut self, now: u64, effects: &mut Effects) -> Task {
        if self.is_cut() && !matches!(self.work.front(), Some(Work::Receive(..) | Work::Drain)) {
            // Nothing more can be sent; what came is still there.
            self.work = VecDeque::from([Work::Drain]);
        }
        match self.work.front_mut() {
            Some(Work::Send(0, _) | Work::Receive(0, _)) => {
                self.work.pop_front();
                Task::Free
            }
            Some(Work::Send(left, most)) => {
                let message = 1 + self.random.below((*left).min(*most));
                *left -= message;
                Task::Send(message)
            }
            Some(Work::Receive(left, most)) => {
                let room = 1 + self.random.below((*left).min(*most));
                Task::Receive(room)
            }
            Some(Work::Drain) => Task::Receive(1 + self.random.below(3000)),
            Some(Work::Think(time)) => {
                self.busy = now + *time;
                self.work.pop_front();
                Task::Free
            }
            Some(Work::Close) => {
                effects.bye = Some(self.conn.tx.published());
                self.end(Outcome::Closed)
            }
            Some(Work::Die) | None => {
                effects.died = true;
                self.end(Outcome::Died)
            }
        }
    }

    fn end(&mut self, outcome: Outcome) -> Task {
        self.outcome = Some(outcome);
        Task::Over
    }

    fn send(&mut self, port: &Port, left: u64) -> Result<Task, String> {
        if left == 0 || self.is_cut() {
            return Ok(Task::Free);
        }
        let class = self.conn.class(left as usize, port).map_err(fault)?;
        if class == Class::Inline
            && let Some(slot) = self.conn.line(left as usize)
        {
            self.counts.lines += 1;
            let bytes = self.next_bytes(left as usize);
            port.theirs.write(slot.offset() + LINE_DATA, &bytes);
            return Ok(Task::PublishLine(0, left));
        }
        self.conn.tx.look(port).map_err(fault)?;
        if self.conn.tx.writable() == 0 {
            return Ok(Task::Wait(Waiting {
                wait: Wait::send(Duration::from_secs(180), self.doorbells),
                answer: Answer::Done,
                message: Some(left),
                tells: false,
                wanted: 1,
            }));
        }
        let piece = 1 + self.random.below(left);
        let Some(span) = self.conn.tx.reserve(piece as usize) else {
            return Err("no span though there is room".into());
        };
        let bytes = self.next_bytes(span.len);
        let left = left - span.len as u64;
        self.conn.tx.commit(span.len);
        if class == Class::Bulk {
            self.counts.bulk += 1;
            port.theirs.write_by_dma(RING + span.offset, &bytes);
            return Ok(Task::AwaitDma(left));
        }
        self.counts.eager += 1;
        port.theirs.write(RING + span.offset, &bytes);
        Ok(Task::Publish(left))
    }

    fn next_bytes(&mut self, len: usize) -> Vec<u8> {
        let from = self.sent;
        self.sent += len as u64;
        (from..self.sent).map(|at| byte(self.number, at)).collect()
    }

    fn announce(&mut self, port: &Port, effects: &mut Effects) {
        if port.mistake != Some(Mistake::NoFence) {
            port.fence();
        }
        effects
            .rings
            .extend(self.conn.bells(port).into_iter().flatten());
    }

    fn receive(&mut self, port: &Port, room: u64) -> Result<Task, String> {
        let seen = self.look(port)?;
        if seen == Look::Data && self.random.one_in(4) {
            self.conn.look_for_more(port).map_err(fault)?;
        }
        Ok(match seen {
            Look::Data => match self.conn.rx.piece(room as usize) {
                Some(piece) => Task::Copy(piece, room),
                None => return Err("data, but no piece of it".into()),
            },
            Look::Nothing | Look::Missing => {
                let tells = self.random.one_in(4);
                let timeout = Duration::from_millis(1 + self.random.below(20));
                let wait = match tells {
                    true => Wait::tell(),
                    false => {
                        let timeout = self.random.one_in(3).then_some(timeout);
                        Wait::receive(timeout, self.doorbells)
                    }
                };
                Task::Wait(Waiting {
                    wait,
                    answer: Answer::Done,
                    message: None,
                    tells,
                    wanted: 1,
                })
            }
            Look::End => {
                self.counts.ends += 1;
                if self.look(port)? != Look::End || Some(self.received) != self.peer_end {
                    return Err(format!("an end that is none, at {}", self.received));
                }
                self.end(Outcome::End)
            }
            Look::Lost => {
                self.counts.losses += 1;
                self.end(Outcome::Lost)
            }
        })
    }

    fn look(&mut self, port: &Port) -> Result<Look, String> {
        let ending = self.ending();
        self.conn.look(port, || ending).map_err(fault)
    }

    fn copy(&mut self, port: &Port, piece: Piece, room: u64, now: u64) -> Result<Task, String> {
        if port.mistake == Some(Mistake::CreditBeforeCopy) {
            self.conn.rx.consume(piece.len());
            self.conn.publish_credit(port);
            // The peer has time to use it.
            self.busy = now + self.random.below(20_000);
            return Ok(Task::CopyLate(piece));
        }
        self.copy_out(port, piece)?;
        self.conn.rx.consume(piece.len());
        if !self.is_cut() && self.conn.publish_credit(port) {
            return Ok(Task::Announce(None));
        }
        let left = room - piece.len() as u64;
        Ok(match self.conn.rx.piece(left as usize) {
            Some(next) => Task::Copy(next, left),
            None => Task::Free,
        })
    }

    fn copy_out(&mut self, port: &Port, piece: Piece) -> Result<(), String> {
        let bytes = match piece {
            Piece::Ring(span) => port.mine.read(RING + span.offset, span.len),
            Piece::Line { slot, from, len } => {
                port.mine.read(slot.offset() + LINE_DATA + from, len)
            }
        };
        for found in bytes {
            let expected = byte(1 - self.number, self.received);
            if found != expected {
                let at = self.received;
                return Err(format!("byte {at} is {found:#x} and not {expected:#x}"));
            }
            self.received += 1;
        }
        if let Some(Work::Receive(left, _)) = self.work.front_mut() {
            *left -= piece.len() as u64;
        }
        Ok(())
    }

    fn wait(&mut self, port: &Port, waiting: Waiting, now: u64) -> Result<Task, String> {
        let Waiting {
            mut wait,
            answer,
            message,
            tells,
            mut wanted,
        } = waiting;
        let answer = match answer {
            Answer::Woken(_) => {
                self.on_descriptor = false;
                Answer::Woken(self.woken)
            }
            other => other,
        };
        let second = matches!(answer, Answer::Done);
        let step = wait.next(answer, || Duration::from_nanos(now));
        let answer = match step {
            Step::Spin => {
                let mut seen = Seen::Nothing;
                for _ in 0..self.random.below(3) {
                    seen = self.seen(port, message, now)?;
                }
                Answer::Seen(seen)
            }
            Step::Choose => {
                self.on_interrupt = false;
                Answer::Place(if self.random.one_in(2) {
                    Waiter::OnInterrupt
                } else {
                    Waiter::OnDescriptor
                })
            }
            Step::Drain => {
                self.on_descriptor = false;
                Answer::Done
            }
            Step::Arm(place) => {
                wanted = match (message, self.work.front()) {
                    (Some(left), _) => left,
                    // Bytes that are known to come; an event loop is told of the first.
                    (None, Some(Work::Receive(left, _))) if !wait.is_for_owner() => {
                        1 + self.random.below(*left)
                    }
                    _ => 1,
                };
                if self.is_cut() {
                    // The gate is closed, and a sender has nothing to wait for.
                    if message.is_some() {
                        return Ok(Task::Free);
                    }
                } else if message.is_some() {
                    let word = self.conn.sender_word(place, wanted);
                    self.conn.publish_sender_word(word, port);
                } else if let Some(word) = self.conn.receiver_word(place, wanted) {
                    self.conn.publish_receiver_word(word, port);
                }
                Answer::Done
            }
            Step::Settle => {
                if port.mistake != Some(Mistake::NoSettling) {
                    port.fence();
                    if self.fabric == Fabric::Bridge {
                        self.busy = now + FLIGHT;
                    }
                }
                Answer::Done
            }
            Step::Look if second && port.mistake == Some(Mistake::NoSecondLook) => {
                Answer::Seen(Seen::Nothing)
            }
            Step::Look => Answer::Seen(self.seen(port, message, now)?),
            Step::CallOff => {
                if message.is_none() && !self.is_cut() {
                    self.conn.call_receiver_off(port);
                }
                Answer::Done
            }
            Step::Sleep(place, until) => {
                self.counts.sleeps += 1;
                let until = match port.mistake {
                    Some(Mistake::NoRecheck) => u64::MAX,
                    _ => until.map_or(u64::MAX, |until| until.as_nanos() as u64),
                };
                self.sleep(place, until);
                Answer::Woken(true)
            }
            Step::Found => return Ok(message.map_or(Task::Free, Task::Send)),
            Step::Nothing if message.is_some() => return Err("a send timed out".into()),
            Step::Nothing if tells => {
                let missing = self.conn.rx.missing_end().is_some();
                // Nobody rings for what is missing: an event loop is sent round again.
                self.sleep(
                    Waiter::OnDescriptor,
                    if missing { now + MILLISECOND } else { u64::MAX },
                );
                return Ok(Task::Told);
            }
            Step::Nothing => {
                self.counts.timeouts += 1;
                return Ok(Task::Free);
            }
        };
        Ok(Task::Wait(Waiting {
            wait,
            answer,
            message,
            tells,
            wanted,
        }))
    }

    fn sleep(&mut self, place: Waiter, until: u64) {
        let rung = match place {
            Waiter::OnDescriptor => self.on_descriptor,
            Waiter::OnInterrupt => self.on_interrupt,
        };
        if rung {
            self.wake(true);
        } else {
            self.asleep = Some((place, until));
        }
    }

    fn seen(&mut self, port: &Port, message: Option<u64>, now: u64) -> Result<Seen, String> {
        if message.is_some() {
            self.conn.tx.look(port).map_err(fault)?;
            let some = self.conn.tx.writable() > 0 || self.is_cut();
            return Ok(if some { Seen::Something } else { Seen::Nothing });
        }
        let look = self.look(port)?;
        if now > 0 {
            let now = Duration::from_nanos(now);
            self.conn.await_missing(now).map_err(fault)?;
        }
        Ok(match look {
            Look::Nothing => Seen::Nothing,
            Look::Missing => Seen::Unannounced,
            _ => Seen::Something,
        })
    }
}

fn fault(fault: ntb_core::proto::fault::PeerFault) -> String {
    format!("an honest peer is blamed: {fault}")
}

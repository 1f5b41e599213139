//! Both sides and everything between them under one scheduler: which of them goes on, what becomes
//! visible, which doorbell arrives, all follows from the seed.

use crate::memory::{Fabric, Memory};
use crate::port::{Mistake, Port};
use crate::random::Random;
use crate::side::{Counts, Outcome, Side, Work};
use ntb_core::proto::class::Thresholds;
use ntb_core::proto::wait::Doorbells;
use ntb_core::proto::wake::Waiter;
use std::collections::VecDeque;

const MICROSECOND: u64 = 1_000;
const SECOND: u64 = 1_000_000_000;
/// More than any run needs.
const STEPS_MOST: u64 = 400_000;
const TIME_MOST: u64 = 600 * SECOND;

/// What is under way beside the memory.
#[derive(Debug, Clone, Copy)]
enum Message {
    Bell(Waiter),
    Bye(u64),
    Loss,
}

#[derive(Debug)]
pub struct World {
    now: u64,
    memories: [Memory; 2],
    sides: [Side; 2],
    /// Arrival, receiver, message.
    messages: Vec<(u64, usize, Message)>,
    random: Random,
    mistake: Option<Mistake>,
    /// Interrupts get lost.
    lossy: bool,
    lost_bell: [bool; 2],
    died: bool,
}

/// Small questions and answers, for more lines than there are slots.
fn dialogue(works: &mut [VecDeque<Work>; 2], random: &mut Random) {
    for turn in 0..2 * random.below(12) as usize {
        let bytes = 1 + random.below(60);
        works[turn % 2].push_back(Work::Send(bytes, bytes));
        works[1 - turn % 2].push_back(Work::Receive(bytes, 1 + random.below(80)));
    }
}

/// What the two do: they take turns in sending, and one of them ends it, in order or not.
fn works(random: &mut Random) -> [VecDeque<Work>; 2] {
    let mut works = [VecDeque::new(), VecDeque::new()];
    for _ in 0..1 + random.below(6) {
        let from = random.below(2) as usize;
        let kind = random.below(5);
        if kind == 4 {
            dialogue(&mut works, random);
            continue;
        }
        // Requests of a line, messages of any size, streams of small ones, streams longer than the ring.
        let (bytes, most) = match kind {
            0 => (1 + random.below(100), 104),
            1 => (1 + random.below(6000), 6000),
            2 => (1 + random.below(3000), 1 + random.below(150)),
            _ => (1 + random.below(20_000), 1 + random.below(9000)),
        };
        let room = 1 + random.below(5000);
        works[from].push_back(Work::Send(bytes, most));
        works[1 - from].push_back(Work::Receive(bytes, room));
        for work in &mut works {
            if random.one_in(3) {
                work.push_back(Work::Think(random.below(3000 * MICROSECOND)));
            }
        }
    }
    let last = random.below(2) as usize;
    works[1 - last].push_back(Work::Drain);
    let end = match random.below(4) {
        0 => Work::Die,
        _ => Work::Close,
    };
    if random.one_in(3) {
        // In the middle, whatever the other one expects.
        let keep = random.below(works[last].len() as u64 + 1) as usize;
        works[last].truncate(keep);
        if let Some(Work::Send(left, _)) = works[last].back_mut() {
            *left = *left / 2 + 1;
        }
    }
    works[last].push_back(end);
    works
}

impl World {
    pub fn new(seed: u64, fabric: Fabric, mistake: Option<Mistake>) -> Self {
        let mut random = Random::new(seed);
        let [first, second] = works(&mut random);
        let lossy = random.one_in(3);
        let doorbells = if lossy {
            Doorbells::MayBeLost
        } else {
            Doorbells::Arrive
        };
        let mut side = |number, work| {
            let thresholds = Thresholds {
                inline_max: random.below(105) as usize,
                bulk_from: random.one_in(2).then_some(1000),
            };
            Side::new(number, fabric, doorbells, work, thresholds, random.fork())
        };
        let sides = [side(0, first), side(1, second)];
        Self {
            now: 1,
            memories: [(); 2].map(|()| Memory::new(fabric, random.fork())),
            sides,
            messages: Vec::new(),
            lossy,
            random,
            mistake,
            lost_bell: [false; 2],
            died: false,
        }
    }

    /// Runs to the end; what went wrong if anything did.
    pub fn run(mut self) -> Result<Counts, String> {
        for _ in 0..STEPS_MOST {
            if self.sides.iter().all(|side| side.outcome.is_some()) {
                return self.verdict();
            }
            for memory in &self.memories {
                memory.advance(self.now);
            }
            self.deliver();
            self.end_sleeps()?;
            let ready: Vec<usize> = (0..2).filter(|side| self.is_ready(*side)).collect();
            if ready.is_empty() {
                self.now = self.next_event().ok_or_else(|| self.hang())?;
                if self.now > TIME_MOST {
                    return Err(self.hang());
                }
                continue;
            }
            let side = ready[self.random.below(ready.len() as u64) as usize];
            // Now and then one side makes many steps while the other is not scheduled.
            let steps = if self.random.one_in(4) {
                1 + self.random.below(12)
            } else {
                1
            };
            for _ in 0..steps {
                if !self.is_ready(side) {
                    break;
                }
                self.step(side)?;
                self.now += self.random.below(150);
            }
        }
        Err(self.hang())
    }

    fn step(&mut self, number: usize) -> Result<(), String> {
        for memory in &self.memories {
            memory.advance(self.now);
        }
        let port = Port::new(
            &self.memories[number],
            &self.memories[1 - number],
            self.mistake,
        );
        let effects = self.sides[number].step(&port, self.now)?;
        for place in effects.rings {
            self.ring(1 - number, place);
        }
        if let Some(end) = effects.bye {
            let at = self.now + self.random.below(40 * MICROSECOND);
            self.messages.push((at, 1 - number, Message::Bye(end)));
        }
        if effects.died {
            self.died = true;
            self.memories[1 - number].lose_some();
            let at = self.now + self.random.below(SECOND);
            self.messages.push((at, 1 - number, Message::Loss));
        }
        Ok(())
    }

    fn ring(&mut self, to: usize, place: Waiter) {
        // The control channel is TCP; interrupts may get lost.
        if place == Waiter::OnInterrupt && self.lossy && self.random.one_in(2) {
            self.lost_bell[to] = true;
            self.sides[to].counts.bells_lost += 1;
            return;
        }
        let at = self.now + self.random.below(60 * MICROSECOND);
        self.messages.push((at, to, Message::Bell(place)));
    }

    fn deliver(&mut self) {
        let (now, sides) = (self.now, &mut self.sides);
        self.messages.retain(|(at, to, message)| {
            if *at > now {
                return true;
            }
            match *message {
                Message::Bell(place) => sides[*to].ring(place),
                Message::Bye(end) => {
                    sides[*to].peer_end = Some(end);
                    sides[*to].hear();
                }
                Message::Loss => {
                    sides[*to].lost = true;
                    sides[*to].hear();
                }
            }
            false
        });
    }

    /// Ends the sleeps whose time is up. Nobody may have slept beside what he waited for, unless a
    /// doorbell for it was lost or is on its way.
    fn end_sleeps(&mut self) -> Result<(), String> {
        for number in 0..2 {
            let over = self.sides[number]
                .asleep
                .is_some_and(|(_, until)| until <= self.now);
            if !over {
                continue;
            }
            let rung = self.messages.iter().any(|(_, to, _)| *to == number);
            let about_to = self.sides[1 - number].is_announcing();
            let excused = rung || about_to || self.died || self.lost_bell[number];
            self.lost_bell[number] = false;
            let (mine, theirs) = (&self.memories[number], &self.memories[1 - number]);
            let port = Port::new(mine, theirs, self.mistake);
            if !excused && self.sides[number].oversleeps(&port)? {
                return Err(format!("side {number} was not woken for what is there"));
            }
            self.sides[number].wake(false);
        }
        Ok(())
    }

    fn is_ready(&self, side: usize) -> bool {
        let side = &self.sides[side];
        side.outcome.is_none() && side.asleep.is_none() && side.busy <= self.now
    }

    fn next_event(&self) -> Option<u64> {
        let stores = self.memories.iter().filter_map(Memory::next_due);
        let messages = self.messages.iter().map(|(at, ..)| *at);
        let live = || self.sides.iter().filter(|side| side.outcome.is_none());
        let busy = live()
            .filter(|side| side.asleep.is_none())
            .map(|side| side.busy);
        let sleeps = live().filter_map(|side| Some(side.asleep?.1));
        let sleeps = sleeps.filter(|until| *until < u64::MAX);
        let events = stores.chain(messages).chain(busy).chain(sleeps);
        events.filter(|at| *at > self.now).min()
    }

    fn verdict(&self) -> Result<Counts, String> {
        for (side, peer) in [(0, 1), (1, 0)] {
            let (side, peer) = (&self.sides[side], &self.sides[peer]);
            let told = peer.conn.tx.published();
            let complete = side.received == told;
            match (side.outcome, peer.outcome) {
                (Some(Outcome::End), Some(Outcome::Closed)) if !complete => {
                    return Err(format!("ended after {} of {told} bytes", side.received));
                }
                (Some(Outcome::Lost), _) if side.received > told => {
                    return Err("more came than was sent".into());
                }
                _ => {}
            }
        }
        let [a, b] = [0, 1].map(|side| self.sides[side].counts);
        Ok(Counts {
            lines: a.lines + b.lines,
            eager: a.eager + b.eager,
            bulk: a.bulk + b.bulk,
            sleeps: a.sleeps + b.sleeps,
            timeouts: a.timeouts + b.timeouts,
            bells_lost: a.bells_lost + b.bells_lost,
            ends: a.ends + b.ends,
            losses: a.losses + b.losses,
        })
    }

    fn hang(&self) -> String {
        let [a, b] = &self.sides;
        format!("nothing goes on at {} ns: {a:?} {b:?}", self.now)
    }
}

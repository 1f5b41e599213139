//! Waiting for the peer: what to do, one step after the other.
//!
//! ```text
//!   spin ─▶ choose a place ─▶ arm ─▶ settle ─▶ look again ─▶ sleep ─▶ look ─┐
//!              ▲                                                            │
//!              └────────────── nothing, and there is time left ─────────────┘
//! ```
//!
//! Arming is a store into the peer's memory. It and the peer's own store may be on their way at the
//! same time, so that neither sees the other's: *settling* is what makes the second look find what the
//! peer stored without ringing. In shared memory a full fence does it; over a bridge one has to wait as
//! long as a store and its answer take at most.
//!
//! A doorbell that is lost, or that overtakes what it announces, costs time and nothing else: where
//! doorbells can be lost no sleep is longer than [`RECHECK_MOST`], and after a wake-up that was for
//! nothing the next one is short. Where none can be lost a sleep needs no end, which spares a timer.

use super::wake::Waiter;
use core::time::Duration;

/// The first sleep after a wake-up that found nothing; each further one is twice as long.
pub const RECHECK: Duration = Duration::from_millis(1);
/// Longest sleep where doorbells can be lost. Bounds what that costs.
pub const RECHECK_MOST: Duration = Duration::from_secs(1);

/// What the driver has to do, and what it answers with the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look for a while, if it is worth that: [`Answer::Seen`].
    Spin,
    /// Choose where to sleep, and prepare for it: [`Answer::Place`].
    Choose,
    /// Take back what has made the descriptor readable, before it is asked for again.
    Drain,
    /// Store the wait word for this place into the peer's memory.
    Arm(Waiter),
    /// Make sure that what the peer stored before it could see the wait word is visible.
    Settle,
    /// Look: [`Answer::Seen`].
    Look,
    /// Call the sleep off that was prepared and armed.
    CallOff,
    /// Sleep until woken, at most to this time if there is one: [`Answer::Woken`].
    Sleep(Waiter, Option<Duration>),
    /// The end: there is something.
    Found,
    /// The end: there was nothing. If the purpose was to receive or to be told, the descriptor will
    /// become readable.
    Nothing,
}

/// What came of the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// There is nothing to say, or it is the first call.
    Done,
    /// Whether there is what was waited for.
    Seen(Seen),
    /// Where the sleep will be.
    Place(Waiter),
    /// How the sleep ended: true by a wake-up, false by time.
    Woken(bool),
}

/// What a look showed, as far as waiting is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// What was waited for, or an end.
    Something,
    /// Nothing; the peer will ring.
    Nothing,
    /// Nothing yet, and nobody will ring for it.
    Unannounced,
}

/// What may happen to a doorbell on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doorbells {
    /// It arrives, some time.
    Arrive,
    /// It may be lost.
    MayBeLost,
}

/// What is waited for, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Bytes, in a blocking call.
    Receive,
    /// Credit, in a blocking call.
    Send,
    /// Bytes, by an event loop that watches the descriptor afterwards.
    Tell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Spinning,
    Choosing,
    Draining,
    Arming,
    Settling,
    LookingAgain,
    CallingOff,
    Sleeping,
    LookingAfter,
}

/// One wait.
#[derive(Debug)]
pub struct Wait {
    purpose: Purpose,
    state: State,
    timeout: Option<Duration>,
    /// When the spinning had been in vain; `None` before.
    begun: Option<Duration>,
    place: Waiter,
    doorbells: Doorbells,
    /// Longest next sleep, as long as it is below the most or doorbells may be lost.
    recheck: Duration,
    /// Time is up: what is armed now is for the descriptor.
    last: bool,
}

impl Wait {
    /// For bytes, at most `timeout` long.
    pub fn receive(timeout: Option<Duration>, doorbells: Doorbells) -> Self {
        Self::new(Purpose::Receive, timeout, doorbells)
    }

    /// For credit, at most `timeout` long.
    pub fn send(timeout: Duration, doorbells: Doorbells) -> Self {
        Self::new(Purpose::Send, Some(timeout), doorbells)
    }

    /// For bytes, without sleeping: in the end there is something, or the descriptor will say so.
    pub fn tell() -> Self {
        Self::new(Purpose::Tell, None, Doorbells::Arrive)
    }

    /// The same without spinning.
    pub fn tell_at_once() -> Self {
        Self {
            state: State::Spinning,
            ..Self::tell()
        }
    }

    fn new(purpose: Purpose, timeout: Option<Duration>, doorbells: Doorbells) -> Self {
        Self {
            purpose,
            state: State::Begin,
            timeout,
            begun: None,
            place: Waiter::OnDescriptor,
            doorbells,
            recheck: RECHECK_MOST,
            last: false,
        }
    }

    /// Since when this is more than spinning.
    pub fn begun(&self) -> Option<Duration> {
        self.begun
    }

    /// Whether what is armed now is for an owner that watches the descriptor: it is told of the next
    /// byte, while a sleeper may wait for more.
    pub fn is_for_owner(&self) -> bool {
        self.last || self.purpose == Purpose::Tell
    }

    /// The next step. `now` is the time since any fixed moment, asked for only where it matters.
    #[inline]
    pub fn next(&mut self, answer: Answer, now: impl FnOnce() -> Duration) -> Step {
        match self.state {
            State::Begin => self.go(State::Spinning, Step::Spin),
            State::Spinning if answer == Answer::Seen(Seen::Something) => Step::Found,
            State::Spinning => {
                self.begun = Some(now());
                match self.purpose {
                    Purpose::Tell => self.go(State::Draining, Step::Drain),
                    _ => self.go(State::Choosing, Step::Choose),
                }
            }
            _ => self.next_slow(answer, now),
        }
    }

    #[cold]
    fn next_slow(&mut self, answer: Answer, now: impl FnOnce() -> Duration) -> Step {
        let found = answer == Answer::Seen(Seen::Something);
        match self.state {
            State::Begin | State::Spinning => Step::Spin,
            State::Choosing => self.arm(match answer {
                Answer::Place(place) => place,
                _ => Waiter::OnDescriptor,
            }),
            State::Draining => self.arm(Waiter::OnDescriptor),
            State::Arming => self.go(State::Settling, Step::Settle),
            State::Settling => self.go(State::LookingAgain, Step::Look),
            State::LookingAgain if found => self.go(State::CallingOff, Step::CallOff),
            State::LookingAgain if self.last || self.purpose == Purpose::Tell => Step::Nothing,
            State::LookingAgain => {
                if answer == Answer::Seen(Seen::Unannounced) {
                    self.recheck = self.recheck.min(RECHECK);
                }
                self.sleep(now())
            }
            State::CallingOff => Step::Found,
            State::Sleeping => {
                self.recheck = match answer {
                    Answer::Woken(true) => RECHECK,
                    _ => (self.recheck * 2).min(RECHECK_MOST),
                };
                self.go(State::LookingAfter, Step::Look)
            }
            State::LookingAfter if found => Step::Found,
            State::LookingAfter if !self.is_over(now()) => self.go(State::Choosing, Step::Choose),
            State::LookingAfter if self.purpose == Purpose::Send => Step::Nothing,
            State::LookingAfter => {
                self.last = true;
                self.arm(Waiter::OnDescriptor)
            }
        }
    }

    #[inline]
    fn go(&mut self, state: State, step: Step) -> Step {
        self.state = state;
        step
    }

    fn arm(&mut self, place: Waiter) -> Step {
        self.place = place;
        self.go(State::Arming, Step::Arm(place))
    }

    fn sleep(&mut self, now: Duration) -> Step {
        let bounded = self.recheck < RECHECK_MOST || self.doorbells == Doorbells::MayBeLost;
        let until = bounded.then(|| now.saturating_add(self.recheck));
        let until = match (self.deadline(), until) {
            (Some(end), Some(until)) => Some(end.min(until)),
            (end, until) => end.or(until),
        };
        self.go(State::Sleeping, Step::Sleep(self.place, until))
    }

    fn is_over(&self, now: Duration) -> bool {
        self.deadline().is_some_and(|deadline| now >= deadline)
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.begun?.saturating_add(self.timeout?))
    }
}

#[cfg(test)]
mod tests {
    use super::Doorbells::{Arrive, MayBeLost};
    use super::Waiter::{OnDescriptor, OnInterrupt};
    use super::*;

    const NOTHING: Answer = Answer::Seen(Seen::Nothing);
    const SOMETHING: Answer = Answer::Seen(Seen::Something);

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Gives the answers, each at its time in milliseconds, and compares the steps.
    fn expect(wait: &mut Wait, script: &[(Answer, u64, Step)]) {
        for (number, (answer, at, step)) in script.iter().enumerate() {
            assert_eq!(wait.next(*answer, || millis(*at)), *step, "step {number}");
        }
    }

    #[test]
    fn what_is_found_by_spinning_needs_no_clock() {
        let mut wait = Wait::receive(None, MayBeLost);
        let no_clock = || panic!("the clock was read");
        assert_eq!(wait.next(Answer::Done, no_clock), Step::Spin);
        assert_eq!(wait.next(SOMETHING, no_clock), Step::Found);
    }

    #[test]
    fn a_receive_looks_again_before_it_sleeps_and_leaves_the_descriptor_armed() {
        expect(
            &mut Wait::receive(Some(millis(10)), MayBeLost),
            &[
                (Answer::Done, 0, Step::Spin),
                (NOTHING, 0, Step::Choose),
                (Answer::Place(OnInterrupt), 0, Step::Arm(OnInterrupt)),
                (Answer::Done, 0, Step::Settle),
                (Answer::Done, 0, Step::Look),
                (NOTHING, 1, Step::Sleep(OnInterrupt, Some(millis(10)))),
                // Woken for nothing: the next sleep is short.
                (Answer::Woken(true), 5, Step::Look),
                (NOTHING, 5, Step::Choose),
                (Answer::Place(OnInterrupt), 5, Step::Arm(OnInterrupt)),
                (Answer::Done, 5, Step::Settle),
                (Answer::Done, 5, Step::Look),
                (NOTHING, 5, Step::Sleep(OnInterrupt, Some(millis(6)))),
                (Answer::Woken(false), 10, Step::Look),
                (NOTHING, 10, Step::Arm(OnDescriptor)),
                (Answer::Done, 10, Step::Settle),
                (Answer::Done, 10, Step::Look),
                (NOTHING, 10, Step::Nothing),
            ],
        );
    }

    #[test]
    fn what_comes_while_arming_calls_the_sleep_off() {
        for mut wait in [
            Wait::receive(None, MayBeLost),
            Wait::send(millis(9), MayBeLost),
        ] {
            expect(
                &mut wait,
                &[
                    (Answer::Done, 0, Step::Spin),
                    (NOTHING, 0, Step::Choose),
                    (Answer::Place(OnDescriptor), 0, Step::Arm(OnDescriptor)),
                    (Answer::Done, 0, Step::Settle),
                    (Answer::Done, 0, Step::Look),
                    (SOMETHING, 0, Step::CallOff),
                    (Answer::Done, 0, Step::Found),
                ],
            );
        }
    }

    #[test]
    fn a_lost_doorbell_costs_a_second_at_most_and_no_one_rings_for_what_is_missing() {
        for (seen, sleep) in [(Seen::Nothing, RECHECK_MOST), (Seen::Unannounced, RECHECK)] {
            expect(
                &mut Wait::receive(None, MayBeLost),
                &[
                    (Answer::Done, 0, Step::Spin),
                    (NOTHING, 0, Step::Choose),
                    (Answer::Place(OnInterrupt), 0, Step::Arm(OnInterrupt)),
                    (Answer::Done, 0, Step::Settle),
                    (Answer::Done, 0, Step::Look),
                    (
                        Answer::Seen(seen),
                        3,
                        Step::Sleep(OnInterrupt, Some(millis(3) + sleep)),
                    ),
                ],
            );
        }
    }

    #[test]
    fn where_doorbells_arrive_a_sleep_needs_no_end_unless_one_came_early() {
        let sleep = |until| Step::Sleep(OnDescriptor, until);
        expect(
            &mut Wait::receive(None, Arrive),
            &[
                (Answer::Done, 0, Step::Spin),
                (NOTHING, 0, Step::Choose),
                (Answer::Place(OnDescriptor), 0, Step::Arm(OnDescriptor)),
                (Answer::Done, 0, Step::Settle),
                (Answer::Done, 0, Step::Look),
                (NOTHING, 3, sleep(None)),
                (Answer::Woken(true), 9, Step::Look),
                (NOTHING, 9, Step::Choose),
                (Answer::Place(OnDescriptor), 9, Step::Arm(OnDescriptor)),
                (Answer::Done, 9, Step::Settle),
                (Answer::Done, 9, Step::Look),
                (NOTHING, 9, sleep(Some(millis(10)))),
            ],
        );
    }

    #[test]
    fn an_event_loop_is_told_without_a_sleep() {
        let begin = [
            (Answer::Done, 0, Step::Spin),
            (NOTHING, 0, Step::Drain),
            (Answer::Done, 0, Step::Arm(OnDescriptor)),
            (Answer::Done, 0, Step::Settle),
            (Answer::Done, 0, Step::Look),
        ];
        let mut wait = Wait::tell();
        expect(&mut wait, &begin);
        expect(&mut wait, &[(NOTHING, 0, Step::Nothing)]);
        let mut wait = Wait::tell();
        expect(&mut wait, &begin);
        expect(
            &mut wait,
            &[
                (SOMETHING, 0, Step::CallOff),
                (Answer::Done, 0, Step::Found),
            ],
        );
        let mut wait = Wait::tell_at_once();
        let drain = [(Answer::Done, 0, Step::Drain)];
        expect(&mut wait, &[&drain, &begin[2..]].concat());
        expect(&mut wait, &[(NOTHING, 0, Step::Nothing)]);
    }

    #[test]
    fn a_send_ends_when_its_time_is_up() {
        expect(
            &mut Wait::send(millis(10), MayBeLost),
            &[
                (Answer::Done, 0, Step::Spin),
                (NOTHING, 5, Step::Choose),
                (Answer::Place(OnDescriptor), 5, Step::Arm(OnDescriptor)),
                (Answer::Done, 5, Step::Settle),
                (Answer::Done, 5, Step::Look),
                (NOTHING, 5, Step::Sleep(OnDescriptor, Some(millis(15)))),
                (Answer::Woken(false), 15, Step::Look),
                (NOTHING, 15, Step::Nothing),
            ],
        );
    }
}

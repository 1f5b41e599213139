//! Waiting: carries out the steps of [`Wait`], for the peer's bytes or for room in its ring.

use super::Endpoint;
use crate::driver::error::Error;
use crate::driver::link::{Link, Loss};
use crate::proto::connection::{Ending, Look};
use crate::proto::wait::{Answer, Doorbells, Seen, Step, Wait};
use crate::proto::wake::{NOBODY_WAITS, Waiter};
use std::time::{Duration, Instant};

/// Sleeps called off before unread wake-ups are looked for.
const CALLED_OFF_MOST: u32 = 64;

/// How the connection stands apart from its words.
#[inline]
fn ending(link: &Link) -> Ending {
    match (link.peer_end(), link.loss()) {
        (Some(end), _) => Ending::Goodbye(end),
        (None, Some(_)) => Ending::Lost,
        (None, None) => Ending::Open,
    }
}

impl Endpoint {
    /// Says that the peer sends at least `bytes` bytes, from the next one that is to be received, before
    /// it waits for anything of us. A receive that has to sleep for them is then woken for many at once,
    /// not for the first few: each wake-up costs the sender as much as some 100 KiB.
    ///
    /// Receives return as before, with one byte or more. If fewer bytes come than were announced, one
    /// that sleeps returns late: when its time is up, or the connection ends.
    pub fn expect(&mut self, bytes: u64) {
        self.expected_to = (self.conn.rx.head() + self.lent as u64).saturating_add(bytes);
    }

    /// How many bytes the owner knows to come; at least one.
    #[inline]
    fn expected(&self) -> u64 {
        self.expected_to.saturating_sub(self.conn.rx.head()).max(1)
    }

    /// Takes the peer's words and, failing data, its end.
    #[inline]
    pub(super) fn look(&mut self) -> Result<Seen, Error> {
        let link = &self.link;
        match self.conn.look(&self.local, || ending(link)) {
            Ok(Look::Data | Look::End) => Ok(Seen::Something),
            Ok(Look::Nothing) => Ok(Seen::Nothing),
            Ok(Look::Missing) => Ok(Seen::Unannounced),
            Ok(Look::Lost) => Err(self.lost()),
            Err(fault) => Err(self.fault(fault)),
        }
    }

    #[cold]
    fn lost(&self) -> Error {
        Error::Lost(self.link.loss().map_or(Loss::PeerGone.text(), Loss::text))
    }

    /// Receives into the connection until there is something to pull, or the end.
    pub(super) fn await_data(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        if self.carry_out(Wait::receive(timeout, self.doorbells()))? {
            return Ok(());
        }
        let (what, after) = ("receive", timeout.unwrap_or_default());
        Err(Error::TimedOut { what, after })
    }

    /// Waits until the peer's ring has room. If that takes a sleep, until it has some for `wanted` bytes.
    pub(super) fn await_credit(&mut self, wanted: usize) -> Result<(), Error> {
        self.take_credit()?;
        if self.conn.tx.writable() > 0 {
            return Ok(());
        }
        let after = self.inner.config.send_timeout;
        let mut wait = Wait::send(after, self.doorbells());
        let mut answer = Answer::Done;
        let mut drained = false;
        loop {
            answer = match wait.next(answer, || self.link.opened.elapsed()) {
                Step::Spin => Answer::Seen(self.spin_for_credit()?),
                Step::Choose => {
                    let waiter = self.lie_down();
                    drained |= waiter == Waiter::OnDescriptor;
                    Answer::Place(waiter)
                }
                Step::Arm(waiter) => self.arm_sender(waiter, wanted)?,
                Step::Settle => self.settle(),
                Step::Look => Answer::Seen(self.look_for_credit()?),
                Step::CallOff => self.get_up(),
                Step::Sleep(waiter, until) => self.sleep(waiter, until)?,
                Step::Drain => Answer::Done,
                Step::Found => break,
                Step::Nothing => {
                    let what = "send";
                    return Err(Error::TimedOut { what, after });
                }
            };
        }
        if let Some(begun) = wait.begun() {
            self.send_spin.slept(self.link.opened.elapsed() - begun);
            self.link.counters.send_slept.add(1);
        } else {
            self.link.counters.send_polled.add(1);
        }
        if drained {
            // A wake-up that came late must not pile up, and one may have been for received bytes:
            // leave the descriptor readable.
            self.link.drain();
            self.link.bell.notify.signal();
        }
        Ok(())
    }

    /// Waits for bytes; true if there are some, or the end.
    pub(super) fn carry_out(&mut self, mut wait: Wait) -> Result<bool, Error> {
        let mut answer = Answer::Done;
        let mut blocks = false;
        let found = loop {
            answer = match wait.next(answer, || self.link.opened.elapsed()) {
                Step::Spin => Answer::Seen(self.spin_for_data()?),
                Step::Choose => {
                    blocks = true;
                    Answer::Place(self.lie_down())
                }
                Step::Drain => {
                    self.link.drain();
                    self.link.tell_end();
                    Answer::Done
                }
                Step::Arm(waiter) => {
                    let wanted = if wait.is_for_owner() {
                        1
                    } else {
                        self.expected()
                    };
                    self.arm_receiver(waiter, wanted)
                }
                Step::Settle => self.settle(),
                Step::Look => {
                    let seen = self.look()?;
                    self.awaits_missing()?;
                    Answer::Seen(seen)
                }
                Step::CallOff => {
                    self.get_up();
                    let answer = self.call_receiver_off();
                    if !blocks {
                        // It was drained, and the peer may not ring for what came since: the owner may
                        // go back to its event loop without receiving it.
                        self.link.bell.notify.signal();
                    }
                    answer
                }
                Step::Sleep(waiter, until) => self.sleep(waiter, until)?,
                Step::Found => break true,
                Step::Nothing => break false,
            };
        };
        match wait.begun() {
            None => self.link.counters.recv_polled.add(1),
            Some(begun) if blocks => {
                self.link.tell_end();
                self.link.counters.recv_slept.add(1);
                if found {
                    self.recv_spin.slept(self.link.opened.elapsed() - begun);
                }
            }
            Some(_) => {}
        }
        Ok(found)
    }

    /// Within a host nothing is lost: a bridge has a time of flight. Under a timing model the emulator is
    /// treated as one.
    fn doorbells(&self) -> Doorbells {
        if self.inner.flight.is_zero() && !self.inner.paced {
            Doorbells::Arrive
        } else {
            Doorbells::MayBeLost
        }
    }

    /// Looks for a while.
    fn spin_for_data(&mut self) -> Result<Seen, Error> {
        let (link, local, conn) = (&self.link, &self.local, &mut self.conn);
        let found = self
            .recv_spin
            .spin(|| match conn.look(local, || ending(link)) {
                Ok(Look::Nothing | Look::Missing) => None,
                other => Some(other),
            });
        match found {
            None => Ok(Seen::Nothing),
            Some(Ok(Look::Lost)) => Err(self.lost()),
            Some(Ok(_)) => Ok(Seen::Something),
            Some(Err(fault)) => Err(self.fault(fault)),
        }
    }

    fn spin_for_credit(&mut self) -> Result<Seen, Error> {
        let (link, local, tx) = (&self.link, &self.local, &mut self.conn.tx);
        let found = self.send_spin.spin(|| match tx.look(local) {
            Ok(()) if tx.writable() == 0 && link.loss().is_none() => None,
            outcome => Some(outcome),
        });
        match found {
            None => Ok(Seen::Nothing),
            Some(outcome) => outcome
                .map(|()| Seen::Something)
                .map_err(|fault| self.fault(fault)),
        }
    }

    fn look_for_credit(&mut self) -> Result<Seen, Error> {
        self.take_credit()?;
        if self.conn.tx.writable() > 0 {
            return Ok(Seen::Something);
        }
        if self.link.loss().is_some() || self.link.peer_end().is_some() {
            // Nobody takes what we send.
            self.get_up();
            return Err(self.dead());
        }
        Ok(Seen::Nothing)
    }

    pub(super) fn take_credit(&mut self) -> Result<(), Error> {
        let taken = self.conn.tx.look(&self.local);
        taken.map_err(|fault| self.fault(fault))
    }

    /// True while the peer has said goodbye and its last bytes have not arrived.
    pub(super) fn awaits_missing(&mut self) -> Result<bool, Error> {
        if self.conn.rx.missing_end().is_none() {
            return Ok(false);
        }
        let awaits = self.conn.await_missing(self.link.opened.elapsed());
        awaits.map_err(|fault| self.fault(fault))
    }

    /// Asks the peer to ring once it has sent `wanted` bytes, unless it has been asked already.
    fn arm_receiver(&mut self, waiter: Waiter, wanted: u64) -> Answer {
        if waiter == Waiter::OnDescriptor {
            self.hear_messages(false);
        }
        if let Some(word) = self.conn.receiver_word(waiter, wanted) {
            self.set_rx_wait(word);
        }
        Answer::Done
    }

    /// Asks the peer to ring once there is room for `wanted` bytes.
    fn arm_sender(&mut self, waiter: Waiter, wanted: usize) -> Result<Answer, Error> {
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        let word = self.conn.sender_word(waiter, wanted as u64);
        let words = self.remote.words(&self.barriers);
        self.conn.publish_sender_word(word, &words);
        self.leave();
        Ok(Answer::Done)
    }

    /// A full fence, then the time of flight of a store and its answer; none in shared memory.
    fn settle(&self) -> Answer {
        self.barriers.publish_before_check();
        let flight = self.inner.flight;
        if !flight.is_zero() {
            let begin = Instant::now();
            while begin.elapsed() < flight {
                std::hint::spin_loop();
            }
        }
        Answer::Done
    }

    /// Doorbells that are under way already pile up in the control channel, which must not fill up.
    fn call_receiver_off(&mut self) -> Answer {
        self.set_rx_wait(NOBODY_WAITS);
        self.called_off += 1;
        if self.called_off >= CALLED_OFF_MOST {
            self.called_off = 0;
            self.link.drain();
            // There is something to receive: the descriptor has to say so.
            self.link.bell.notify.signal();
        }
        Answer::Done
    }

    fn set_rx_wait(&mut self, word: u64) {
        if self.link.gate.enter() {
            let words = self.remote.words(&self.barriers);
            self.conn.publish_receiver_word(word, &words);
            self.leave();
        }
    }
}

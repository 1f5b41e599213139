//! Waiting: for the peer's bytes, and for room in the peer's ring.
//!
//! The order is always *spin, arm, look again, sleep*. Arming is a store into the peer's memory;
//! what makes the second look reliable is in [`Endpoint::settle`].

use super::Endpoint;
use crate::driver::error::Error;
use crate::driver::link::{Link, Loss};
use crate::proto::fault::PeerFault;
use crate::proto::ring::Consumer;
use crate::proto::wake::{NOBODY_WAITS, wait_word};
use crate::window::LocalChannel;
use std::time::{Duration, Instant};

/// Longest sleep after a wake-up that found nothing, at first; doubled up to [`RECHECK_MOST`].
const RECHECK: Duration = Duration::from_millis(1);
const RECHECK_MOST: Duration = Duration::from_millis(100);

/// How long bytes that came before a goodbye may take longer than it. They go over the bridge in
/// microseconds; a peer that announces bytes which it never wrote must not keep us waiting.
const TAIL_OF_STREAM: Duration = Duration::from_secs(1);

/// Sleeps called off before unread wake-ups are looked for.
const CALLED_OFF_MOST: u32 = 64;

/// What a look at the peer's words showed.
enum Look {
    Data,
    Nothing,
    End,
    Lost(Loss),
    Fault(PeerFault),
}

impl Endpoint {
    /// Looks for a while; true if something came, data or the end.
    pub(super) fn spin_for_data(&mut self) -> Result<bool, Error> {
        let (link, local, rx) = (&self.link, &self.local, &mut self.rx);
        let found = self
            .recv_spin
            .spin(|| match Self::look_at(link, local, rx) {
                Look::Nothing => None,
                other => Some(other),
            });
        match found {
            Some(Look::Lost(loss)) => Err(Error::Lost(loss.text())),
            Some(Look::Fault(fault)) => Err(self.fault(fault)),
            Some(_) => {
                self.link.counters.recv_polled.add(1);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Takes the peer's tail and, failing data, its end. True if there is data.
    pub(super) fn look(&mut self) -> Result<bool, Error> {
        match Self::look_at(&self.link, &self.local, &mut self.rx) {
            Look::Data => Ok(true),
            Look::Nothing | Look::End => Ok(false),
            Look::Lost(loss) => Err(Error::Lost(loss.text())),
            Look::Fault(fault) => Err(self.fault(fault)),
        }
    }

    fn look_at(link: &Link, local: &LocalChannel, rx: &mut Consumer) -> Look {
        if rx.readable() > 0 {
            return Look::Data;
        }
        // The reasons to stop are read before the tail: what they came after is then seen.
        let (loss, end) = (link.loss(), link.peer_end());
        if let Err(fault) = rx.accept_tail(local.tail()) {
            return Look::Fault(fault);
        }
        if rx.readable() > 0 {
            return Look::Data;
        }
        match (end, loss) {
            (Some(end), _) if !rx.at_end() => match rx.accept_end(end) {
                Ok(()) if rx.at_end() => Look::End,
                // The last bytes are still on their way.
                Ok(()) => Look::Nothing,
                Err(fault) => Look::Fault(fault),
            },
            (Some(_), _) => Look::End,
            (None, Some(loss)) => Look::Lost(loss),
            (None, None) => Look::Nothing,
        }
    }

    pub(super) fn await_data(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        if self.spin_for_data()? {
            return Ok(());
        }
        self.link.counters.recv_slept.add(1);
        let begin = Instant::now();
        let deadline = timeout.map(|timeout| begin + timeout);
        let mut recheck = None;
        loop {
            self.arm_receiver();
            if self.look()? || self.rx.at_end() {
                self.disarm_receiver();
                break;
            }
            if self.awaits_tail()? {
                // Nobody will ring for what comes after a goodbye.
                recheck.get_or_insert(RECHECK);
            }
            self.sleep(deadline, &mut recheck)?;
            if self.look()? || self.rx.at_end() {
                break;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                let after = timeout.unwrap_or_default();
                return Err(Error::TimedOut {
                    what: "receive",
                    after,
                });
            }
        }
        self.recv_spin.slept(begin.elapsed());
        Ok(())
    }

    /// True while the peer has said goodbye and its last bytes have not arrived.
    pub(super) fn awaits_tail(&mut self) -> Result<bool, Error> {
        let Some(fault) = self.rx.missing_end() else {
            return Ok(false);
        };
        let since = *self.tail_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= TAIL_OF_STREAM {
            return Err(self.fault(fault));
        }
        Ok(true)
    }

    pub(super) fn await_credit(&mut self) -> Result<(), Error> {
        let (local, tx) = (&self.local, &mut self.tx);
        if let Err(fault) = tx.accept_credit(local.credit()) {
            return Err(self.fault(fault));
        }
        if tx.writable() > 0 {
            return Ok(());
        }
        let link = &self.link;
        let found = self
            .send_spin
            .spin(|| match tx.accept_credit(local.credit()) {
                Ok(()) if tx.writable() == 0 && link.loss().is_none() => None,
                outcome => Some(outcome),
            });
        if let Some(outcome) = found {
            outcome.map_err(|fault| self.fault(fault))?;
            self.link.counters.send_polled.add(1);
            return Ok(());
        }
        self.link.counters.send_slept.add(1);
        let begin = Instant::now();
        let after = self.inner.config.send_timeout;
        let mut recheck = None;
        while self.tx.writable() == 0 {
            self.arm_sender()?;
            if self.tx.writable() > 0 {
                break;
            }
            if begin.elapsed() >= after {
                return Err(Error::TimedOut {
                    what: "send",
                    after,
                });
            }
            self.sleep(Some(begin + after), &mut recheck)?;
            self.take_credit()?;
            if self.link.loss().is_some() || self.link.peer_end().is_some() {
                return Err(self.dead());
            }
        }
        self.send_spin.slept(begin.elapsed());
        // A wake-up that came late must not pile up, and one may have been for received bytes:
        // leave the descriptor readable.
        self.link.drain();
        self.link.bell.notify.signal();
        Ok(())
    }

    fn take_credit(&mut self) -> Result<(), Error> {
        self.tx
            .accept_credit(self.local.credit())
            .map_err(|fault| self.fault(fault))
    }

    /// Asks the peer to ring for the next byte, unless it has been asked already.
    pub(super) fn arm_receiver(&mut self) {
        let word = wait_word(self.rx.head());
        if self.rx_armed != word {
            self.set_rx_wait(word);
        }
        self.settle();
    }

    /// Between a wait word and the look that decides to sleep. The peer may have stored its
    /// index just before our word reached it and not have rung: that store must have arrived
    /// when we look. In shared memory a fence does it, over a bridge its time of flight.
    fn settle(&self) {
        self.barriers.publish_before_check();
        let flight = self.inner.flight;
        if !flight.is_zero() {
            let begin = Instant::now();
            while begin.elapsed() < flight {
                std::hint::spin_loop();
            }
        }
    }

    /// Calls a sleep off: spares the peer a doorbell that nobody waits for, if it is not under way
    /// already. Those that are pile up in the control channel, which must not fill up.
    pub(super) fn disarm_receiver(&mut self) {
        self.set_rx_wait(NOBODY_WAITS);
        self.called_off += 1;
        if self.called_off >= CALLED_OFF_MOST {
            self.called_off = 0;
            self.link.drain();
            // There is something to receive: the descriptor has to say so.
            self.link.bell.notify.signal();
        }
    }

    fn set_rx_wait(&mut self, word: u64) {
        if self.link.gate.enter() {
            self.remote.set_rx_wait(word);
            self.barriers.index_left();
            self.leave();
            self.rx_armed = word;
        }
    }

    /// Asks the peer to ring for the next credit and looks once more.
    fn arm_sender(&mut self) -> Result<(), Error> {
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        self.remote.set_tx_wait(wait_word(self.tx.limit()));
        self.barriers.index_left();
        self.leave();
        self.settle();
        self.take_credit()
    }

    /// Sleeps on the descriptor and drains it. A wake-up that turns out to be for nothing makes
    /// the next sleep a short one: the doorbell may have overtaken what it announced.
    fn sleep(
        &self,
        deadline: Option<Instant>,
        recheck: &mut Option<Duration>,
    ) -> Result<(), Error> {
        let bounded = recheck.map(|recheck| Instant::now() + recheck);
        let until = match (deadline, bounded) {
            (Some(deadline), Some(bounded)) => Some(deadline.min(bounded)),
            (deadline, bounded) => deadline.or(bounded),
        };
        if self.link.bell.notify.wait(until)? {
            self.link.drain();
            *recheck = Some(RECHECK);
        } else if let Some(short) = recheck {
            *short = (*short * 2).min(RECHECK_MOST);
        }
        Ok(())
    }
}

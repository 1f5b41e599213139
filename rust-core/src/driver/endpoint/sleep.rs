//! Where a blocking call sleeps, and how the peer's is ended.

use super::Endpoint;
use crate::driver::alarm::{self, Alarm};
use crate::driver::config::Wakeup;
use crate::driver::error::Error;
use crate::proto::wait::Answer;
use crate::proto::wake::Waiter;
use crate::sisci::Rung;
use std::sync::Arc;
use std::time::Duration;

/// Tries at a full doorbell queue before the control channel is used.
const RING_TRIES: u32 = 100;

impl Endpoint {
    /// Chooses where a blocking call sleeps and prepares for it. What ends the sleep is looked for
    /// after this; then comes [`Self::sleep`] or [`Self::get_up`].
    pub(super) fn lie_down(&mut self) -> Waiter {
        let Some(alarm) = self.alarm() else {
            return Waiter::OnDescriptor;
        };
        alarm.lie_down();
        self.hear_messages(true);
        Waiter::OnInterrupt
    }

    /// The sleep is called off.
    pub(super) fn get_up(&self) -> Answer {
        if let Some(alarm) = &self.alarm {
            alarm.get_up();
        }
        Answer::Done
    }

    /// Sleeps where `waiter` says, until woken or until this time of the connection, if there is one.
    pub(super) fn sleep(
        &mut self,
        waiter: Waiter,
        until: Option<Duration>,
    ) -> Result<Answer, Error> {
        // A time beyond all clocks is none.
        let until = until.and_then(|until| self.link.opened.checked_add(until));
        let woken = match (&self.alarm, waiter) {
            (Some(alarm), Waiter::OnInterrupt) => {
                let slept = alarm.sleep(until);
                alarm.get_up();
                if slept.is_err() {
                    // The peer asks for the number of an alarm once, so a new one would never ring.
                    (self.alarm, self.sleeps) = (None, u32::MAX);
                } else {
                    self.link
                        .counters
                        .alarms_in
                        .add(u64::from(slept == Ok(true)));
                }
                slept.unwrap_or(true)
            }
            _ => {
                let woken = self.link.bell.notify.wait(until)?;
                if woken {
                    self.link.drain();
                }
                woken
            }
        };
        Ok(Answer::Woken(woken))
    }

    /// Whether messages of the control channel are read by the control thread: they don't end a sleep
    /// on the alarm. On the descriptor the owner is woken by them and reads them itself.
    pub(super) fn hear_messages(&mut self, elsewhere: bool) {
        if self.read_elsewhere != elsewhere {
            self.read_elsewhere = elsewhere;
            let control = &self.inner.control;
            control.read_for(self.token, &self.link, elsewhere);
        }
    }

    /// The alarm; asks for one now and then while there is none.
    fn alarm(&mut self) -> Option<&Alarm> {
        if self.alarm.is_none() {
            self.sleeps = self.sleeps.saturating_add(1);
            if alarm::is_due(self.sleeps) {
                self.alarm = self.new_alarm();
            }
        }
        self.alarm.as_deref()
    }

    #[cold]
    fn new_alarm(&self) -> Option<Arc<Alarm>> {
        // An adapter without room for it is no error: there are the other ways.
        let created = Alarm::create(&self.inner.device, &self.inner.alarms);
        let alarm = Arc::new(created.ok().flatten()?);
        if !self.link.gate.enter() {
            return None;
        }
        self.link.bell.hear(&alarm);
        self.remote.set_bell(alarm.word());
        // Before any wait word that refers to it.
        self.barriers.flush();
        self.leave();
        Some(alarm)
    }

    /// Wakes the peer where it said that it waits.
    #[cold]
    pub(super) fn ring(&mut self, waiter: Waiter) {
        self.link.counters.doorbells_out.add(1);
        if waiter == Waiter::OnInterrupt {
            let (device, node, local) = (&self.inner.device, self.link.node, &self.local);
            let theirs = &mut self.peer_alarm;
            if theirs.ring(device, node, || local.bell(), &mut self.doorbell) {
                return;
            }
        }
        if self.inner.wakeup == Wakeup::Control {
            return self.link.post_wake();
        }
        for _ in 0..RING_TRIES {
            match self.process.doorbell().ring(&mut self.doorbell) {
                Ok(Rung::Yes) => return,
                Ok(Rung::QueueFull) => std::thread::yield_now(),
                Err(_) => break,
            }
        }
        self.link.post_wake();
    }
}

//! One side of a connection: both directions of its stream, how it ends, and whom to wake.
//!
//! ```text
//!            ┌──────── loss ─────────▶ lost      what has come is read, then an error
//!   open ────┤
//!            └─ goodbye at position p ─▶ missing  bytes before p are still on their way
//!                                         │ all come ─▶ ended    everything is read, then the end
//!                                         └ a second ─▶ fault
//! ```

use super::class::{Class, Thresholds};
use super::fault::PeerFault;
use super::ring::{Consumer, Producer, Slot};
use super::wake::{DoorbellGate, NOBODY_WAITS, Waiter, wait_word};
use super::words::{Incoming, Outgoing};
use core::time::Duration;

/// How long bytes that came before a goodbye may take longer than it. They go over the bridge in
/// microseconds; a peer that announces bytes which it never wrote must not keep us waiting.
pub const MISSING_MOST: Duration = Duration::from_secs(1);

/// What is known of the connection's end from elsewhere than the words. Has to be read before them:
/// what came before it is then seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It goes on.
    Open,
    /// The peer said goodbye: its stream ends at this position.
    Goodbye(u64),
    /// The peer is gone, or may be.
    Lost,
}

/// What a look showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// There are bytes to read.
    Data,
    /// There are none.
    Nothing,
    /// There are none, but some have to come: the peer has said goodbye and will not ring any more.
    Missing,
    /// The stream has ended and all of it was read.
    End,
    /// The connection was lost and what had come was read.
    Lost,
}

/// One side of a connection.
#[derive(Debug)]
pub struct Connection {
    /// What we send.
    pub tx: Producer,
    /// What we receive.
    pub rx: Consumer,
    thresholds: Thresholds,
    /// For the peer's receiver and for its sender.
    data_gate: DoorbellGate,
    credit_gate: DoorbellGate,
    /// Something came since we last sent: the peer's last words may hold a credit.
    turned: bool,
    /// We gave a credit, for which the peer's sender may wait.
    gave_credit: bool,
    /// The wait word of our receiver that stands in the peer's memory.
    armed: u64,
    /// Since when bytes from before the peer's goodbye are missing.
    missing_since: Option<Duration>,
}

impl Connection {
    /// A fresh connection; both rings, theirs and ours, are powers of two in bytes.
    pub fn new(theirs: u64, ours: u64, thresholds: Thresholds) -> Self {
        Self {
            tx: Producer::new(theirs),
            rx: Consumer::new(ours),
            thresholds,
            data_gate: DoorbellGate::default(),
            credit_gate: DoorbellGate::for_sender(),
            turned: false,
            gave_credit: false,
            // What a fresh channel holds: the peer rings for our first byte.
            armed: 0,
            missing_since: None,
        }
    }

    /// Looks for something to read, and failing that for the end. Costs nothing while there is
    /// something left of the last look.
    ///
    /// # Errors
    /// [`PeerFault`] if a word or the goodbye breaks a rule.
    #[inline]
    pub fn look(
        &mut self,
        words: &impl Incoming,
        ending: impl FnOnce() -> Ending,
    ) -> Result<Look, PeerFault> {
        if self.rx.readable() > 0 {
            return Ok(Look::Data);
        }
        let ending = ending();
        if let Some(credit) = self.rx.look(words)? {
            self.tx.accept_credit(credit)?;
        }
        if self.rx.readable() > 0 {
            self.turned = true;
            return Ok(Look::Data);
        }
        match ending {
            Ending::Open => Ok(Look::Nothing),
            Ending::Lost => Ok(Look::Lost),
            Ending::Goodbye(end) => {
                if !self.rx.at_end() {
                    self.rx.accept_end(end)?;
                }
                Ok(if self.rx.at_end() {
                    Look::End
                } else {
                    Look::Missing
                })
            }
        }
    }

    /// Looks for more, also while there is something left of the last look.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn look_for_more(&mut self, words: &impl Incoming) -> Result<(), PeerFault> {
        if let Some(credit) = self.rx.look(words)? {
            self.tx.accept_credit(credit)?;
        }
        self.turned |= self.rx.readable() > 0;
        Ok(())
    }

    /// True while [`Look::Missing`] may still come to a good end.
    ///
    /// # Errors
    /// [`PeerFault::ClosedAtWrongPosition`] if it has lasted for [`MISSING_MOST`].
    pub fn await_missing(&mut self, now: Duration) -> Result<bool, PeerFault> {
        let Some(fault) = self.rx.missing_end() else {
            return Ok(false);
        };
        let since = *self.missing_since.get_or_insert(now);
        if now.saturating_sub(since) >= MISSING_MOST {
            return Err(fault);
        }
        Ok(true)
    }

    /// The way of a message of `bytes` bytes.
    ///
    /// # Errors
    /// [`PeerFault::CreditBeyondRing`]
    #[inline]
    pub fn class(&mut self, bytes: usize, words: &impl Incoming) -> Result<Class, PeerFault> {
        if bytes <= self.thresholds.inline_max && core::mem::take(&mut self.turned) {
            self.tx.accept_credit(words.tail_credit())?;
        }
        let idle = self.tx.is_idle();
        Ok(Class::choose(bytes, idle, self.thresholds))
    }

    /// Tells the peer of what was stored in its ring up to `position`, and of our credit.
    /// [`Self::bells`] comes after it, and a full fence between them.
    #[inline]
    pub fn publish(&mut self, position: u64, out: &impl Outgoing) {
        let credit = self.grant();
        self.tx.publish(position, credit, out);
    }

    /// Publishes once more what was lost on its way. The payload has to be there.
    pub fn publish_again(&mut self, out: &impl Outgoing) {
        let credit = self.grant();
        self.tx.publish_again(credit, out);
    }

    /// The slot for a line of `len` bytes, if there is one: store the payload there, then call
    /// [`Self::publish_line`].
    #[inline]
    pub fn line(&self, len: usize) -> Option<Slot> {
        self.tx.line(len)
    }

    /// As [`Self::publish`], for a line whose `len` bytes of payload were stored.
    #[inline]
    pub fn publish_line(&mut self, len: usize, out: &impl Outgoing) {
        let credit = self.grant();
        self.tx.publish_line(len, credit, out);
    }

    /// Publishes a credit by itself, if one is due. True if it did: then as after
    /// [`Self::publish`].
    #[inline]
    pub fn publish_credit(&mut self, out: &impl Outgoing) -> bool {
        if self.rx.credit_due().is_none() {
            return false;
        }
        out.set_credit(self.grant());
        out.flush();
        true
    }

    #[inline]
    fn grant(&mut self) -> u64 {
        let credit = self.rx.credit();
        self.gave_credit |= self.rx.grant(credit);
        credit
    }

    /// Where to ring the peer after something was published, if it sleeps: its receiver, and its sender if
    /// it was given credit. Each word is looked at once, so that a peer that goes on changing it gets one
    /// doorbell. One that arms after this look finds by itself what was published before.
    #[inline]
    pub fn bells(&mut self, words: &impl Incoming) -> [Option<Waiter>; 2] {
        let published = self.tx.published();
        let data = self.data_gate.should_ring(words.rx_wait(), published);
        if !core::mem::take(&mut self.gave_credit) {
            return [data, None];
        }
        let granted = self.rx.granted();
        let credit = self.credit_gate.should_ring(words.tx_wait(), granted);
        [data, credit]
    }

    /// The word by which our receiver asks to be woken once the peer has published `wanted` bytes, or a
    /// quarter of the ring if that is less; `None` if it stands in the peer's memory already.
    ///
    /// A sender stops when it is out of credit, and ours is less than a quarter behind once everything
    /// is read: it gets past three quarters, so nobody waits for a byte that can't be sent.
    pub fn receiver_word(&self, waiter: Waiter, wanted: u64) -> Option<u64> {
        let wanted = wanted.clamp(1, self.rx.capacity() / 4);
        let word = wait_word(self.rx.head() + (wanted - 1), waiter);
        (self.armed != word).then_some(word)
    }

    /// The word by which our sender asks to be woken once there is room for `wanted` bytes, or for half
    /// of the ring if that is less. A receiver that has read everything gives at least three quarters.
    pub fn sender_word(&self, waiter: Waiter, wanted: u64) -> u64 {
        let wanted = wanted.clamp(1, self.tx.capacity() / 2);
        wait_word(self.tx.limit() + (wanted - 1), waiter)
    }

    /// Stores a word of [`Self::receiver_word`], or [`NOBODY_WAITS`].
    pub fn publish_receiver_word(&mut self, word: u64, out: &impl Outgoing) {
        self.armed = word;
        out.set_rx_wait(word);
        out.flush();
    }

    /// Stores a word of [`Self::sender_word`].
    pub fn publish_sender_word(&self, word: u64, out: &impl Outgoing) {
        out.set_tx_wait(word);
        out.flush();
    }

    /// Spares the peer a doorbell that nobody waits for, if it is not under way already.
    pub fn call_receiver_off(&mut self, out: &impl Outgoing) {
        self.publish_receiver_word(NOBODY_WAITS, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    const RING: u64 = 4096;

    /// The words of a peer that changes its mind with each look.
    #[derive(Default)]
    struct Restless {
        looks: Cell<u64>,
    }

    impl Restless {
        fn next(&self) -> u64 {
            self.looks.set(self.looks.get() + 1);
            self.looks.get()
        }
    }

    impl Incoming for Restless {
        fn tail(&self) -> u64 {
            0
        }
        fn tail_credit(&self) -> u64 {
            0
        }
        fn credit(&self) -> u64 {
            0
        }
        fn line_end(&self, _slot: Slot) -> u64 {
            0
        }
        fn line_credit(&self, _slot: Slot) -> u64 {
            0
        }
        fn line_length(&self, _slot: Slot) -> u64 {
            0
        }
        fn rx_wait(&self) -> u64 {
            self.next()
        }
        fn tx_wait(&self) -> u64 {
            self.next()
        }
    }

    /// What we store goes nowhere.
    struct Nowhere;

    impl Outgoing for Nowhere {
        fn set_tail(&self, _position: u64) {}
        fn set_tail_credit(&self, _credit: u64) {}
        fn set_credit(&self, _credit: u64) {}
        fn set_line(&self, _slot: Slot, _credit: u64, _length: u64) {}
        fn set_line_end(&self, _slot: Slot, _end: u64) {}
        fn set_rx_wait(&self, _word: u64) {}
        fn set_tx_wait(&self, _word: u64) {}
        fn flush(&self) {}
    }

    #[test]
    fn a_word_that_changes_all_the_time_is_rung_for_once() {
        let thresholds = Thresholds {
            inline_max: 0,
            bulk_from: None,
        };
        let mut conn = Connection::new(RING, RING, thresholds);
        let peer = Restless::default();
        for _ in 0..10 {
            let span = conn.tx.reserve(100).expect("the ring has room");
            conn.tx.commit(span.len);
            conn.publish(conn.tx.tail(), &Nowhere);
            let before = peer.looks.get();
            assert_eq!(conn.bells(&peer), [Some(Waiter::OnDescriptor), None]);
            assert_eq!(peer.looks.get() - before, 1);
        }
    }
}

//! Taking breath in a stream of small messages.
//!
//! Each look at the tail takes its cache line from the sender, who has to fetch it back for the next
//! message. A receiver that is faster than the sender looks after every message, so that the line
//! crosses twice for each; if it waits for some messages to gather, the line crosses twice for all of
//! them. On the development machine that makes 1.2 to 1.6 times as many messages of 64 bytes. A request
//! or an answer never waits: who has sent since looks at once.

use std::time::{Duration, Instant};

/// How long to wait before the next look: what a small message may come later by. About the time in
/// which a handful of messages gather.
const BREATH: Duration = Duration::from_nanos(500);
/// Receives of at most this many bytes count.
const SMALL: usize = 512;
/// So many in a row, without a send between them, are a stream.
const STREAM: u32 = 8;

/// Whether what is received is a stream of small messages.
#[derive(Debug, Default)]
pub(super) struct Breath {
    /// Small receives since the last send or larger receive.
    in_a_row: u32,
}

impl Breath {
    /// A message was sent.
    #[inline]
    pub(super) fn sent(&mut self) {
        self.in_a_row = 0;
    }

    /// This many bytes were received at once.
    #[inline]
    pub(super) fn received(&mut self, bytes: usize) {
        self.in_a_row = match bytes {
            ..=SMALL => self.in_a_row.saturating_add(1),
            _ => 0,
        };
    }

    /// Waits, in a stream. To be called when everything that came has been received.
    #[inline]
    pub(super) fn take(&self) {
        if self.in_a_row >= STREAM {
            wait();
        }
    }
}

#[cold]
fn wait() {
    let begun = Instant::now();
    while begun.elapsed() < BREATH {
        std::hint::spin_loop();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_many_small_ones_without_an_answer_are_a_stream() {
        let mut breath = Breath::default();
        let mut after = |receives: &[usize], sent: bool| {
            if sent {
                breath.sent();
            }
            receives.iter().for_each(|bytes| breath.received(*bytes));
            breath.in_a_row >= STREAM
        };
        assert!(!after(&[64; STREAM as usize - 1], false));
        assert!(after(&[1], false));
        assert!(!after(&[SMALL; STREAM as usize - 1], true), "answered");
        assert!(after(&[SMALL], false));
        assert!(!after(&[SMALL + 1], false), "a large one");
    }
}

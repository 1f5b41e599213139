//! Whom to try over NTB. Peers out of reach cost nobody any time, and peers that come into reach
//! are noticed.
//!
//! Of each peer one of three things is known:
//!
//! | | a connection is wanted | somebody asks whether NTB works again |
//! |---|---|---|
//! | nothing | tried by one thread; the others wait for its outcome | tried in the background |
//! | it was reached | the same | yes |
//! | it was not | skipped at once, with the reason | tried in the background when the pause is over |
//!
//! So at most one attempt per peer is under way, and only the first one ever makes anybody wait.
//! The pause after a failure doubles from a sixteenth of the retry time up to the whole. It stays short
//! for a port that refuses: asking costs next to nothing, and a daemon that restarts looks like that.

use super::error::Error;
use crate::proto::wire::RefusalCode;
use crate::report;
use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Attempts in the background at the same time, of all peers.
const SCOUTS_MAX: usize = 8;

/// How often the pause doubles before it is the whole retry time.
const DOUBLINGS: u32 = 4;

/// Why a peer is not reached over NTB: take another path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The reason, for people.
    pub reason: String,
    /// True if this kind of reason was not given before in this stretch of being out of reach:
    /// worth a line in the log.
    pub is_new: bool,
}

/// Kinds of reasons. Texts differ from attempt to attempt; a log wants to hear of a kind once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    NoListener,
    NoAnswer,
    Fabric,
    Memory,
    Secret,
    Version,
    Other,
}

/// What is known about all peers.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Longest pause after a failure.
    retry: Duration,
    /// Longest wait for another thread's attempt.
    patience: Duration,
    table: Mutex<Table>,
    /// An attempt has ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Table {
    peers: HashMap<SocketAddr, Peer>,
    scouts: usize,
}

#[derive(Debug, Default)]
struct Peer {
    state: State,
    /// An attempt is under way.
    busy: bool,
    /// Causes that were told since the peer was last in reach for longer than a pause.
    told: Vec<Cause>,
    /// Failures in a row.
    failures: u32,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Unknown,
    Reached {
        since: Instant,
    },
    Failed {
        reason: String,
        /// Nobody has heard of the reason yet.
        is_new: bool,
        at: Instant,
        pause: Duration,
    },
}

/// The right to try a peer. Dropped without an outcome, it changes nothing.
#[derive(Debug)]
pub(crate) struct Attempt {
    reach: Arc<Reach>,
    peer: SocketAddr,
    is_scout: bool,
}

impl Reach {
    pub(crate) fn new(retry: Duration, patience: Duration) -> Arc<Self> {
        Arc::new(Self {
            retry,
            patience,
            table: Mutex::default(),
            ended: Condvar::new(),
        })
    }

    /// The right to connect to `peer` now, or why to take another path. Waits while another
    /// thread tries.
    pub(crate) fn turn(self: &Arc<Self>, peer: SocketAddr) -> Result<Attempt, Skip> {
        let deadline = Instant::now() + self.patience;
        let mut table = self.lock();
        loop {
            let known = table.peers.entry(peer).or_default();
            if let Some(skip) = known.skip() {
                return Err(skip);
            }
            if !known.busy {
                known.busy = true;
                return Ok(self.attempt(peer, false));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Skip {
                    reason: "another connection to it takes its time".into(),
                    is_new: false,
                });
            }
            let woken = self.ended.wait_timeout(table, left);
            table = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether `peer` is in reach.
    pub(crate) fn is_reached(&self, peer: SocketAddr) -> bool {
        let table = self.lock();
        let known = table.peers.get(&peer);
        known.is_some_and(|known| matches!(known.state, State::Reached { .. }))
    }

    /// The right to try `peer` in the background, if that is worth while now.
    pub(crate) fn scout(self: &Arc<Self>, peer: SocketAddr) -> Option<Attempt> {
        let mut table = self.lock();
        if table.scouts >= SCOUTS_MAX {
            return None;
        }
        let known = table.peers.entry(peer).or_default();
        let is_due = match &known.state {
            State::Unknown => true,
            State::Reached { .. } => false,
            State::Failed { at, pause, .. } => at.elapsed() >= *pause,
        };
        if !is_due || known.busy {
            return None;
        }
        known.busy = true;
        table.scouts += 1;
        Some(self.attempt(peer, true))
    }

    pub(crate) fn report(&self) -> Vec<report::Skip> {
        let mut skips: Vec<_> = self
            .lock()
            .peers
            .iter()
            .filter_map(|(peer, known)| match &known.state {
                State::Failed { reason, at, .. } => Some(report::Skip {
                    peer: peer.to_string(),
                    reason: reason.clone(),
                    age_secs: at.elapsed().as_secs_f64(),
                }),
                _ => None,
            })
            .collect();
        skips.sort_by(|a, b| a.peer.cmp(&b.peer));
        skips
    }

    fn attempt(self: &Arc<Self>, peer: SocketAddr, is_scout: bool) -> Attempt {
        Attempt {
            reach: Arc::clone(self),
            peer,
            is_scout,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer {
    /// Why not to try it now; a reason is new once.
    fn skip(&mut self) -> Option<Skip> {
        let State::Failed { reason, is_new, .. } = &mut self.state else {
            return None;
        };
        Some(Skip {
            reason: reason.clone(),
            is_new: std::mem::take(is_new),
        })
    }

    fn fail(&mut self, error: &Error, retry: Duration) {
        // A peer that comes and goes is one story, until it was there for a while.
        if let State::Reached { since } = self.state
            && since.elapsed() >= retry
        {
            self.told.clear();
            self.failures = 0;
        }
        let cause = Cause::of(error);
        let is_new = !self.told.contains(&cause);
        if is_new {
            self.told.push(cause);
        }
        let unheard = matches!(self.state, State::Failed { is_new: true, .. });
        if cause != Cause::NoListener {
            self.failures = self.failures.saturating_add(1);
        }
        let doublings = (DOUBLINGS + 1).saturating_sub(self.failures.max(1));
        self.state = State::Failed {
            reason: format!("{cause} ({error})"),
            is_new: is_new || unheard,
            at: Instant::now(),
            pause: retry / (1 << doublings),
        };
    }
}

impl Attempt {
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) fn succeeded(self) {
        self.with_peer(|peer, _| {
            // Since when counts from the first success.
            if !matches!(peer.state, State::Reached { .. }) {
                let since = Instant::now();
                peer.state = State::Reached { since };
            }
        });
    }

    /// Remembers the failure; the answer is for whoever wanted the connection.
    pub(crate) fn failed(self, error: &Error) -> Skip {
        self.with_peer(|peer, retry| {
            peer.fail(error, retry);
            // A scout's caller is nobody: the next one who asks hears of it.
            match self.is_scout {
                true => None,
                false => peer.skip(),
            }
        })
        .unwrap_or_else(|| Skip {
            reason: error.to_string(),
            is_new: false,
        })
    }

    fn with_peer<T>(&self, change: impl FnOnce(&mut Peer, Duration) -> T) -> T {
        let mut table = self.reach.lock();
        change(table.peers.entry(self.peer).or_default(), self.reach.retry)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut table = self.reach.lock();
        table.scouts -= usize::from(self.is_scout);
        if let Some(known) = table.peers.get_mut(&self.peer) {
            known.busy = false;
        }
        drop(table);
        self.reach.ended.notify_all();
    }
}

impl Cause {
    fn of(error: &Error) -> Self {
        match error {
            Error::Io { source, .. } => match source.kind() {
                ErrorKind::ConnectionRefused => Self::NoListener,
                ErrorKind::TimedOut
                | ErrorKind::WouldBlock
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable => Self::NoAnswer,
                _ => Self::Other,
            },
            Error::TimedOut { .. } => Self::NoAnswer,
            Error::Device(_) => Self::Fabric,
            Error::OutOfMemory { .. } => Self::Memory,
            Error::Authentication(_) => Self::Secret,
            Error::Incompatible { .. } => Self::Version,
            Error::Refused { code, .. } => match code {
                RefusalCode::Fabric => Self::Fabric,
                RefusalCode::Memory => Self::Memory,
                RefusalCode::Authentication => Self::Secret,
                RefusalCode::Version => Self::Version,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoListener => "it does not listen for NTB connections",
            Self::NoAnswer => "its NTB port does not answer",
            Self::Fabric => "the NTB link is down or does not lead there",
            Self::Memory => "no NTB memory is left",
            Self::Secret => "the shared secrets differ",
            Self::Version => "it speaks another version of the protocol",
            Self::Other => "connecting failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_secs(3600);

    fn peer() -> SocketAddr {
        "10.0.0.3:9003".parse().unwrap()
    }

    fn io_error(kind: ErrorKind) -> Error {
        Error::io("connecting")(io::Error::from(kind))
    }

    #[test]
    fn a_kind_of_reason_is_new_once() {
        let reach = Reach::new(LONG, LONG);
        let first = reach.turn(peer()).unwrap();
        let skip = first.failed(&io_error(ErrorKind::ConnectionRefused));
        assert!(
            skip.is_new && skip.reason.contains("does not listen"),
            "{skip:?}"
        );
        let again = reach.turn(peer()).unwrap_err();
        assert!(!again.is_new && again.reason == skip.reason);
        assert!(reach.scout(peer()).is_none(), "the pause is not over");
        assert_eq!(reach.report().len(), 1);
    }

    #[test]
    fn what_a_scout_finds_is_told_to_the_next_who_asks() {
        let reach = Reach::new(Duration::ZERO, LONG);
        let told = |kind| {
            let scout = reach.scout(peer()).expect("due");
            assert!(reach.scout(peer()).is_none(), "one at a time");
            scout.failed(&io_error(kind));
            reach.turn(peer()).unwrap_err().is_new
        };
        assert!(told(ErrorKind::ConnectionRefused));
        assert!(told(ErrorKind::TimedOut), "another kind");
        // A host that restarts for ever makes two lines, not one with each change.
        assert!(!told(ErrorKind::ConnectionRefused));
        assert!(!told(ErrorKind::TimedOut));

        reach.scout(peer()).expect("due").succeeded();
        assert!(reach.is_reached(peer()) && reach.report().is_empty());
        assert!(reach.scout(peer()).is_none(), "no need");
        let attempt = reach.turn(peer()).expect("in reach");
        let skip = attempt.failed(&io_error(ErrorKind::TimedOut));
        assert!(skip.is_new, "a new stretch");
    }

    #[test]
    fn pauses_grow_up_to_the_retry_time() {
        let mut known = Peer::default();
        let pauses: Vec<_> = (0..7)
            .map(|_| {
                known.fail(&io_error(ErrorKind::TimedOut), Duration::from_secs(16));
                match &known.state {
                    State::Failed { pause, .. } => pause.as_secs(),
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 16, 16]);
    }

    #[test]
    fn a_port_that_refuses_is_asked_again_soon() {
        let mut known = Peer::default();
        for _ in 0..7 {
            let refused = io_error(ErrorKind::ConnectionRefused);
            known.fail(&refused, Duration::from_secs(16));
            let State::Failed { pause, .. } = known.state else {
                panic!("{known:?}");
            };
            assert_eq!(pause.as_secs(), 1);
        }
    }

    /// Many threads want a peer at once: each attempt runs alone, and after the one that fails
    /// there is no other.
    #[test]
    fn threads_that_want_a_peer_try_it_one_by_one() {
        let reach = Reach::new(LONG, LONG);
        let (running, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let skipped = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| match reach.turn(peer()) {
                    Ok(attempt) => {
                        assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                        let fails = tried.fetch_add(1, Ordering::SeqCst) == 4;
                        running.fetch_sub(1, Ordering::SeqCst);
                        if fails {
                            attempt.failed(&io_error(ErrorKind::TimedOut));
                        } else {
                            attempt.succeeded();
                        }
                    }
                    Err(_) => drop(skipped.fetch_add(1, Ordering::SeqCst)),
                });
            }
        });
        assert_eq!(tried.load(Ordering::SeqCst), 5);
        assert_eq!(skipped.load(Ordering::SeqCst), 11);
    }

    #[test]
    fn a_dropped_attempt_lets_the_next_one_through_and_patience_ends() {
        let reach = Reach::new(LONG, Duration::from_millis(1));
        let attempt = reach.turn(peer()).unwrap();
        let skip = reach.turn(peer()).unwrap_err();
        assert!(!skip.is_new, "no verdict on the peer: {skip:?}");
        drop(attempt);
        assert!(reach.turn(peer()).is_ok());
    }
}

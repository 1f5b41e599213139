//! Whom to try over NTB. Peers out of reach cost nobody any time, and peers that come into reach
//! are noticed.
//!
//! Of each peer one of three things is known:
//!
//! | | a connection is wanted | somebody asks whether NTB works again |
//! |---|---|---|
//! | nothing | tried by one thread; the others wait for its outcome | tried in the background |
//! | it was reached | the same | yes |
//! | it answered that it is not there | tried by one thread; the others wait for its outcome, then skip | tried in the background when the pause is over |
//! | it was not reached otherwise | skipped at once, with the reason | tried in the background when the pause is over |
//!
//! So at most one attempt per peer is under way, and only the first one ever makes anybody wait for long.
//! The pause after a failure doubles from a sixteenth of the retry time up to the whole.
//!
//! A port that refuses, or a daemon that ends in the middle of a handshake, is what a restart looks like.
//! Such an answer comes at once, so asking again costs a caller next to nothing (one round trip), and his
//! is the very first connection after the restart: what he begins on TCP may be a resync of hours. Should
//! the peer have become silent meanwhile, [`QUICK`] bounds what that costs, once.
//!
//! A connection that was made and then lost, because what it sent did not arrive, counts as a failure too:
//! a fabric may let connect and yet not deliver, and who only asks for a new connection would never leave it.

pub(super) mod cause;

use super::error::Error;
use super::link::Loss;
use crate::report;
use cause::Cause;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Attempts in the background at the same time, of all peers.
const SCOUTS_MAX: usize = 8;

/// How often the pause doubles before it is the whole retry time.
const DOUBLINGS: u32 = 4;

/// How long a peer that refused a moment ago may take to accept the next control channel, or refuse it.
/// Its kernel does both, so this is generous; but it must not be noticed beside a TCP connect.
const QUICK: Duration = Duration::from_millis(250);

/// Connections in a row that were made and ended with their peer's process, or by its will. One or two are
/// a restart, more are a peer that ends whatever goes over NTB, for example since its own sends fail.
const ENDS_MOST: u32 = 3;

/// Why a peer is not reached over NTB: take another path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The reason, for people.
    pub reason: String,
    /// True if this kind of reason was not given before in this stretch of being out of reach:
    /// worth a line in the log.
    pub is_new: bool,
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
    /// When a connection was lost the last time.
    broke: Option<Instant>,
    /// Connections in a row that the peer ended.
    ends: u32,
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
        /// It answered at once, so it may be asked again in passing.
        answers: bool,
    },
}

/// The right to try a peer. Dropped without an outcome, it changes nothing.
#[derive(Debug)]
pub(crate) struct Attempt {
    reach: Arc<Reach>,
    peer: SocketAddr,
    kind: Kind,
}

/// For whom a peer is tried, and how much time that may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A connection is wanted.
    Wanted,
    /// The same, of a peer that refused the last time.
    Again,
    /// Nobody waits.
    Scout,
}

/// What to do for a connection.
#[derive(Debug)]
enum Turn {
    Skip(Skip),
    Try(Kind),
    /// For the outcome of the attempt that is under way, so long at most.
    Wait(Duration),
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
        let begin = Instant::now();
        let mut has_waited = false;
        let mut table = self.lock();
        loop {
            let known = table.peers.entry(peer).or_default();
            let patience = match known.turn(has_waited) {
                Turn::Skip(skip) => return Err(skip),
                Turn::Try(kind) => {
                    known.busy = true;
                    return Ok(self.attempt(peer, kind));
                }
                Turn::Wait(patience) => patience.min(self.patience),
            };
            let left = patience.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(known.skip().unwrap_or_else(|| Skip {
                    reason: "another connection to it takes its time".into(),
                    is_new: false,
                }));
            }
            let woken = self.ended.wait_timeout(table, left);
            table = woken.unwrap_or_else(PoisonError::into_inner).0;
            has_waited = table.peers.get(&peer).is_some_and(|known| !known.busy);
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
        Some(self.attempt(peer, Kind::Scout))
    }

    /// A connection to `peer` was lost that we had made at `opened`. That connecting works does not say
    /// that bytes arrive: where they don't, the next connections take another path for a pause.
    pub(crate) fn broke(&self, peer: SocketAddr, opened: Instant, loss: Loss) {
        let mut table = self.lock();
        if let Some(known) = table.peers.get_mut(&peer) {
            known.lose(opened, loss, self.retry);
        }
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

    fn attempt(self: &Arc<Self>, peer: SocketAddr, kind: Kind) -> Attempt {
        Attempt {
            reach: Arc::clone(self),
            peer,
            kind,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer {
    /// What somebody does who wants a connection, and may have waited for an attempt that has just ended.
    fn turn(&mut self, has_waited: bool) -> Turn {
        let answers = match self.state {
            State::Failed { answers, .. } => Some(answers),
            _ => None,
        };
        match answers {
            // The outcome is good for all who waited for it: they don't try one by one.
            Some(true) if has_waited => self.skip().map_or(Turn::Try(Kind::Again), Turn::Skip),
            Some(true) if self.busy => Turn::Wait(QUICK),
            Some(true) => Turn::Try(Kind::Again),
            Some(false) => self.skip().map_or(Turn::Try(Kind::Wanted), Turn::Skip),
            None if self.busy => Turn::Wait(Duration::MAX),
            None => Turn::Try(Kind::Wanted),
        }
    }

    /// Why it was not reached; a reason is new once.
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
        let cause = Cause::of(error);
        self.note(cause, &error.to_string(), cause.comes_at_once(), retry);
    }

    /// A connection was lost.
    fn lose(&mut self, opened: Instant, loss: Loss, retry: Duration) {
        // One incident ends many connections, and those of before are found later.
        let is_old = self.broke.is_some_and(|broke| opened <= broke);
        if is_old || !matches!(self.state, State::Reached { .. }) {
            return;
        }
        self.broke = Some(Instant::now());
        self.settle(retry);
        let Some(cause) = Cause::of_loss(loss) else {
            return;
        };
        if cause == Cause::Ended {
            self.ends += 1;
            if self.ends < ENDS_MOST {
                return;
            }
        }
        self.note(cause, loss.text(), false, retry);
    }

    /// A peer that comes and goes is one story, until it was there for a while.
    fn settle(&mut self, retry: Duration) {
        if let State::Reached { since } = self.state
            && since.elapsed() >= retry
        {
            self.told.clear();
            self.failures = 0;
            self.ends = 0;
        }
    }

    fn note(&mut self, cause: Cause, text: &str, answers: bool, retry: Duration) {
        self.settle(retry);
        let is_new = !self.told.contains(&cause);
        if is_new {
            self.told.push(cause);
        }
        let unheard = matches!(self.state, State::Failed { is_new: true, .. });
        if !answers {
            self.failures = self.failures.saturating_add(1);
        }
        let doublings = (DOUBLINGS + 1).saturating_sub(self.failures.max(1));
        self.state = State::Failed {
            reason: format!("{cause} ({text})"),
            is_new: is_new || unheard,
            at: Instant::now(),
            pause: retry / (1 << doublings),
            answers,
        };
    }
}

impl Attempt {
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Bound of opening the control channel, where `usual` is that of a peer of which nothing is known.
    pub(crate) fn dial_limit(&self, usual: Duration) -> Duration {
        match self.kind {
            Kind::Again => QUICK.min(usual),
            Kind::Wanted | Kind::Scout => usual,
        }
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
            match self.kind {
                Kind::Scout => None,
                Kind::Wanted | Kind::Again => peer.skip(),
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
        table.scouts -= usize::from(self.kind == Kind::Scout);
        if let Some(known) = table.peers.get_mut(&self.peer) {
            known.busy = false;
        }
        drop(table);
        self.reach.ended.notify_all();
    }
}

#[cfg(test)]
mod tests;

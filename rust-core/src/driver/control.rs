//! The one thread of a transport: accepts, finishes handshakes, watches for the end of control
//! channels (what they carry before is the endpoints' to read) and serves statistics. Its cost does not depend on the number of idle connections.

use super::error::Error;
use super::link::{Link, Loss, Reader};
use super::listener::{Incoming, ListenerCore, Pending, Progress};
use super::notify::Notify;
use super::status::StatusSocket;
use super::sys;
use super::transport::Inner;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Events taken from the kernel at once.
const EVENTS: usize = 64;
/// How long a closed connection waits for the peer's goodbye before its memory is taken back.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long a listening socket rests that can't accept who waits.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Something with a descriptor that the control thread watches.
#[derive(Debug, Clone)]
enum Source {
    Waker,
    Listener(Arc<ListenerCore>),
    Pending(Arc<Mutex<Option<Pending>>>),
    Link(Arc<Link>),
    Status(Arc<StatusSocket>),
}

/// What the control thread watches; other threads add to it.
#[derive(Debug)]
pub(crate) struct Control {
    epoll: OwnedFd,
    waker: Notify,
    next: AtomicU64,
    stop: AtomicBool,
    sources: Mutex<HashMap<u64, Source>>,
    deadlines: Mutex<Vec<(Instant, u64)>>,
}

/// The number under which the control thread knows a source.
pub(crate) type Token = u64;

impl Control {
    pub(crate) fn new() -> Result<Self, Error> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(Error::os("epoll"))?;
        let this = Self {
            epoll,
            waker: Notify::new()?,
            next: AtomicU64::new(1),
            stop: AtomicBool::new(false),
            sources: Mutex::default(),
            deadlines: Mutex::default(),
        };
        this.waker
            .with_fd(|waker| this.add(waker, Source::Waker))
            .transpose()?;
        Ok(this)
    }

    pub(crate) fn watch_listener(&self, core: &Arc<ListenerCore>) -> Result<Token, Error> {
        self.add(core.socket().as_fd(), Source::Listener(Arc::clone(core)))
    }

    pub(crate) fn watch_status(&self, status: &Arc<StatusSocket>) -> Result<Token, Error> {
        self.add(status.as_fd(), Source::Status(Arc::clone(status)))
    }

    pub(crate) fn watch_link(&self, link: &Arc<Link>) -> Result<Token, Error> {
        // Its messages are the endpoint's to read: a wake-up that went through this thread would
        // be two. Only its end is ours, which comes right after a goodbye as well.
        let flags = EventFlags::RDHUP;
        self.add_for(
            link.control().as_fd(),
            Source::Link(Arc::clone(link)),
            flags,
        )
    }

    /// Whether this thread reads the messages of a link as well: while its endpoint's thread sleeps
    /// where they don't wake it.
    pub(crate) fn read_for(&self, token: Token, link: &Link, messages: bool) {
        let flags = if messages {
            EventFlags::IN | EventFlags::RDHUP
        } else {
            EventFlags::RDHUP
        };
        self.watch_for(token, link.control(), flags);
    }

    /// Changes what a source is watched for. Fails once it is forgotten; then nobody waits for it.
    fn watch_for(&self, token: Token, source: impl AsFd, events: EventFlags) {
        let _ = epoll::modify(&self.epoll, source, EventData::new_u64(token), events);
    }

    /// Stops watching; the source's descriptor may be closed afterwards.
    pub(crate) fn forget(&self, token: Token) {
        if let Some(source) = self.sources().remove(&token) {
            source.with_fd(|fd| {
                let _ = epoll::delete(&self.epoll, fd);
            });
        }
    }

    /// The endpoint of this link is gone: watch until the peer says goodbye, but not for ever.
    pub(crate) fn orphan(&self, token: Token) {
        if self.sources().contains_key(&token) {
            self.deadlines().push((Instant::now() + FAREWELL, token));
            self.waker.signal();
        }
    }

    /// Ends the thread's loop.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.waker.signal();
    }

    /// Addresses of all listeners, for statistics.
    pub(crate) fn listeners(&self) -> Vec<String> {
        let sources = self.sources();
        let address = |source: &Source| match source {
            Source::Listener(core) => Some(core.address().to_string()),
            _ => None,
        };
        sources.values().filter_map(address).collect()
    }

    /// The loop of the control thread.
    pub(crate) fn run(&self, inner: &Arc<Inner>) {
        sys::block_signals();
        let mut events = Vec::with_capacity(EVENTS);
        while !self.stop.load(Ordering::Acquire) {
            events.clear();
            let timeout = self.next_deadline().map(sys::timespec);
            match epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                timeout.as_ref(),
            ) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // Only a closed or foreign descriptor can do this, and there is no way on.
                Err(_) => return,
            }
            for event in &events {
                let token = event.data.u64();
                if !survives(|| self.handle(inner, token)) {
                    self.abandon(token);
                }
            }
            survives(|| self.expire(inner));
        }
    }

    /// What it watched for was struck by a defect of ours. A handshake or connection ends by that; who
    /// listens goes on, as everybody needs it.
    #[cold]
    fn abandon(&self, token: Token) {
        let source = self.sources().get(&token).cloned();
        match source {
            Some(Source::Link(link)) => {
                link.lose_without_goodbye(Loss::Local);
                self.forget(token);
            }
            Some(Source::Pending(pending)) => {
                // Its lock first, as everywhere: whoever closes the listener takes both as well.
                let mut slot = pending.lock().unwrap_or_else(PoisonError::into_inner);
                self.forget_locked(token, &slot);
                *slot = None;
            }
            _ => {}
        }
    }

    fn handle(&self, inner: &Arc<Inner>, token: Token) {
        let Some(source) = self.sources().get(&token).cloned() else {
            return;
        };
        match source {
            Source::Waker => self.waker.drain(),
            Source::Listener(core) => self.accept(inner, token, &core),
            Source::Status(status) => {
                if let Err(error) = status.serve(inner) {
                    inner.count_pause(&error, false);
                    self.rest(token, status.as_fd());
                }
            }
            Source::Pending(pending) => self.advance(inner, token, &pending),
            Source::Link(link) => {
                if link.read_control(Reader::ControlThread) {
                    self.forget(token);
                }
            }
        }
    }

    /// Takes connections that wait, each of which becomes a handshake of its own; no more at once
    /// than events, so that a flood of them leaves time for everything else.
    fn accept(&self, inner: &Arc<Inner>, token: Token, core: &Arc<ListenerCore>) {
        for _ in 0..EVENTS {
            let pending = match core.accept(inner) {
                Incoming::Handshake(pending) => *pending,
                Incoming::Nobody => return,
                Incoming::Short(error, is_first) => {
                    inner.count_pause(&error, is_first);
                    return self.rest(token, core.socket().as_fd());
                }
            };
            let deadline = pending.deadline();
            let pending = Arc::new(Mutex::new(Some(pending)));
            let source = Source::Pending(Arc::clone(&pending));
            let guard = pending.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(waiting) = guard.as_ref() else {
                continue;
            };
            if let Ok(token) = self.add(waiting.stream().as_fd(), source) {
                self.deadlines().push((deadline, token));
            }
            drop(guard);
            if core.is_crowded() {
                self.end_oldest_handshake(core);
            }
        }
    }

    /// Looks away for a while from a source that can't be served: it would be ready for ever.
    fn rest(&self, token: Token, source: BorrowedFd<'_>) {
        self.watch_for(token, source, EventFlags::empty());
        self.deadlines()
            .push((Instant::now() + ACCEPT_PAUSE, token));
    }

    /// Closes the handshake with this listener that has been under way for longest.
    #[cold]
    fn end_oldest_handshake(&self, core: &Arc<ListenerCore>) {
        // All have the same time, so that their deadlines are in the order in which they came.
        let tokens: Vec<_> = self.deadlines().iter().map(|(_, token)| *token).collect();
        for token in tokens {
            let source = self.sources().get(&token).cloned();
            let Some(Source::Pending(pending)) = source else {
                continue;
            };
            let mut slot = pending.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.as_ref().is_some_and(|waiting| waiting.came_to(core)) {
                self.forget_locked(token, &slot);
                *slot = None;
                return;
            }
        }
    }

    /// Closes all handshakes with a listener that goes away.
    pub(crate) fn end_handshakes(&self, core: &Arc<ListenerCore>) {
        let pending = |(token, source): (&Token, &Source)| match source {
            Source::Pending(pending) => Some((*token, Arc::clone(pending))),
            _ => None,
        };
        let all: Vec<_> = self.sources().iter().filter_map(pending).collect();
        for (token, pending) in all {
            let mut slot = pending.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.as_ref().is_some_and(|waiting| waiting.came_to(core)) {
                self.forget_locked(token, &slot);
                *slot = None;
            }
        }
    }

    fn advance(&self, inner: &Arc<Inner>, token: Token, pending: &Mutex<Option<Pending>>) {
        let mut slot = pending.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = slot.as_mut() else { return };
        match waiting.advance(inner) {
            Progress::Wait => {}
            Progress::Failed => {
                self.forget_locked(token, &slot);
                *slot = None;
            }
            Progress::Agreed(agreed) => {
                self.forget_locked(token, &slot);
                let Some(waiting) = slot.take() else { return };
                drop(slot);
                if inner.peers.knows(agreed.node, &agreed.theirs) {
                    waiting.finish(inner, agreed);
                } else {
                    inner.finishers.take(inner, waiting, agreed);
                }
            }
        }
    }

    /// [`Self::forget`] for a pending handshake whose lock the caller holds.
    fn forget_locked(&self, token: Token, pending: &Option<Pending>) {
        self.sources().remove(&token);
        if let Some(pending) = pending {
            let _ = epoll::delete(&self.epoll, pending.stream());
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let deadlines = self.deadlines();
        let next = deadlines.iter().map(|(at, _)| *at).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    fn expire(&self, inner: &Arc<Inner>) {
        let now = Instant::now();
        let due: Vec<Token> = {
            let mut deadlines = self.deadlines();
            let due = deadlines
                .iter()
                .filter(|(at, _)| *at <= now)
                .map(|(_, token)| *token);
            let due = due.collect();
            let sources = self.sources();
            // Finished sources are forgotten here as well, so that the list stays short.
            deadlines.retain(|(at, token)| *at > now && sources.contains_key(token));
            due
        };
        for token in due {
            let source = self.sources().get(&token).cloned();
            match source {
                Some(Source::Pending(pending)) => {
                    let mut slot = pending.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(waiting) = slot.as_mut() {
                        waiting.give_up(inner);
                    }
                    self.forget_locked(token, &slot);
                    *slot = None;
                }
                Some(Source::Link(link)) if link.orphaned.load(Ordering::Acquire) => {
                    self.forget(token);
                }
                Some(Source::Listener(core)) => {
                    self.watch_for(token, core.socket(), EventFlags::IN);
                }
                Some(Source::Status(status)) => {
                    self.watch_for(token, status.as_fd(), EventFlags::IN);
                }
                _ => {}
            }
        }
    }

    fn add(&self, fd: BorrowedFd<'_>, source: Source) -> Result<Token, Error> {
        self.add_for(fd, source, EventFlags::IN)
    }

    fn add_for(
        &self,
        fd: BorrowedFd<'_>,
        source: Source,
        events: EventFlags,
    ) -> Result<Token, Error> {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        self.sources().insert(token, source);
        let added = epoll::add(&self.epoll, fd, EventData::new_u64(token), events);
        if let Err(errno) = added {
            self.sources().remove(&token);
            return Err(Error::os("epoll")(errno));
        }
        Ok(token)
    }

    fn sources(&self) -> MutexGuard<'_, HashMap<u64, Source>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deadlines(&self) -> MutexGuard<'_, Vec<(Instant, u64)>> {
        self.deadlines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what must not take the thread down; false if it panicked. All locks that it may have held are taken
/// again whether poisoned or not, and what they guard is given up ([`Control::abandon`]).
fn survives(act: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(act)).is_ok()
}

impl Source {
    fn with_fd(&self, act: impl FnOnce(BorrowedFd<'_>)) {
        match self {
            Self::Waker => {}
            Self::Listener(core) => act(core.socket().as_fd()),
            Self::Link(link) => act(link.control().as_fd()),
            Self::Status(status) => act(status.as_fd()),
            Self::Pending(pending) => {
                let pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(pending) = pending.as_ref() {
                    act(pending.stream().as_fd());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_survived_and_its_handshake_given_up() {
        let control = Control::new().unwrap();
        let pending = Arc::new(Mutex::new(None));
        let fd = Notify::new().unwrap();
        let token = fd
            .with_fd(|fd| control.add(fd, Source::Pending(Arc::clone(&pending))))
            .unwrap()
            .unwrap();
        let survived = survives(|| {
            let _held = pending.lock().unwrap();
            panic!("on purpose");
        });
        assert!(!survived && pending.is_poisoned());
        control.abandon(token);
        assert!(!control.sources().contains_key(&token));
        assert!(survives(|| ()));
    }
}

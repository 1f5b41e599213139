//! A thread that waits for descriptors and runs what belongs to them.
//!
//! The library has two: one for connections, which never runs foreign code and so always answers,
//! and one for the callbacks of the program, which may block in them as long as they like.

use crate::runtime::log::report;
use crate::runtime::sync::lock;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::io::Errno;
use std::collections::{HashMap, VecDeque};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{JoinHandle, ThreadId};

/// Something with a descriptor that becomes readable.
pub trait Source: Send + Sync {
    /// What is waited for.
    fn descriptor(&self) -> BorrowedFd<'_>;

    /// Runs on the reactor's thread when the descriptor is readable or at its end. False if there
    /// is nothing more to come.
    fn ready(self: Arc<Self>) -> bool;
}

/// Names a watched source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(u64);

type Job = Box<dyn FnOnce() + Send>;

/// The thread and what it waits for.
pub struct Reactor {
    epoll: OwnedFd,
    wake: OwnedFd,
    next: AtomicU64,
    sources: Mutex<HashMap<u64, Arc<dyn Source>>>,
    jobs: Mutex<VecDeque<Job>>,
    stop: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
    id: OnceLock<ThreadId>,
}

/// Token of the descriptor that says "look at jobs and stop".
const WAKE: u64 = 0;

impl Reactor {
    /// Starts a thread of this name (at most 15 bytes), with all signals blocked.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(name: &str) -> std::io::Result<Arc<Self>> {
        let reactor = Arc::new(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            next: AtomicU64::new(WAKE + 1),
            sources: Mutex::default(),
            jobs: Mutex::default(),
            stop: AtomicBool::new(false),
            thread: Mutex::new(None),
            id: OnceLock::new(),
        });
        let data = epoll::EventData::new_u64(WAKE);
        epoll::add(&reactor.epoll, &reactor.wake, data, epoll::EventFlags::IN)?;
        let running = Arc::clone(&reactor);
        let thread = spawn(name, move || running.run())?;
        let _ = reactor.id.set(thread.thread().id());
        *lock(&reactor.thread) = Some(thread);
        Ok(reactor)
    }

    /// Calls the source from now on whenever it is ready.
    ///
    /// # Errors
    /// What the system says.
    pub fn watch(&self, source: Arc<dyn Source>) -> rustix::io::Result<Token> {
        self.watch_for(source, epoll::EventFlags::IN)
    }

    /// Calls the source once for each time that it becomes ready again, which for a counter is each
    /// ring: it needn't be read.
    ///
    /// # Errors
    /// What the system says.
    pub fn watch_rings(&self, source: Arc<dyn Source>) -> rustix::io::Result<Token> {
        self.watch_for(source, epoll::EventFlags::IN | epoll::EventFlags::ET)
    }

    fn watch_for(
        &self,
        source: Arc<dyn Source>,
        events: epoll::EventFlags,
    ) -> rustix::io::Result<Token> {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        // The source is known before the first event can come.
        lock(&self.sources).insert(token, Arc::clone(&source));
        let data = epoll::EventData::new_u64(token);
        let added = epoll::add(&self.epoll, source.descriptor(), data, events);
        if added.is_err() {
            lock(&self.sources).remove(&token);
        }
        added.map(|()| Token(token))
    }

    /// Ends the watching. A call that runs at this moment may still be running afterwards.
    pub fn forget(&self, token: Token) {
        let source = lock(&self.sources).remove(&token.0);
        if let Some(source) = source {
            // Not left to the closing: a peer may hold the same open file.
            let _ = epoll::delete(&self.epoll, source.descriptor());
        }
    }

    /// Runs `job` on the thread, after those that were given before.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        lock(&self.jobs).push_back(Box::new(job));
        self.signal();
    }

    /// True on the reactor's own thread.
    pub fn is_current(&self) -> bool {
        self.id.get() == Some(&std::thread::current().id())
    }

    /// Ends the thread and waits for it, except on itself.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.signal();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread.filter(|_| !self.is_current()) {
            let _ = thread.join();
        }
        // Dropped outside of the lock: sources may forget themselves.
        let sources = std::mem::take(&mut *lock(&self.sources));
        drop(sources);
    }

    fn signal(&self) {
        // Full means signalled already.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    fn run(&self) {
        let _ = self.id.set(std::thread::current().id());
        let mut events = Vec::with_capacity(64);
        while !self.stop.load(Ordering::Acquire) {
            events.clear();
            let space = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, space, None::<&Timespec>) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => {
                    report!(Error, "waiting for events failed: {errno}");
                    return;
                }
            }
            for event in &events {
                self.dispatch(event.data.u64());
            }
        }
    }

    fn dispatch(&self, token: u64) {
        if token == WAKE {
            let _ = rustix::io::read(&self.wake, &mut [0; 8]);
            while let Some(job) = self.next_job() {
                guarded(|| {
                    job();
                    true
                });
            }
            return;
        }
        let source = lock(&self.sources).get(&token).cloned();
        if source.is_some_and(|source| !guarded(|| source.ready())) {
            self.forget(Token(token));
        }
    }

    fn next_job(&self) -> Option<Job> {
        if self.stop.load(Ordering::Acquire) {
            None
        } else {
            lock(&self.jobs).pop_front()
        }
    }
}

/// A bug costs the one connection that met it, not the thread that serves all.
fn guarded(call: impl FnOnce() -> bool) -> bool {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        report!(Error, "a bug in this library: see the message above");
        false
    })
}

/// Starts a thread that takes no signals: those are for the threads of the program.
///
/// # Errors
/// What the system says.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    let before = block_signals();
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body);
    restore_signals(&before);
    thread
}

/// Blocks all signals for this thread and those it starts. Gives the mask from before.
fn block_signals() -> libc::sigset_t {
    // SAFETY: signal sets are plain data; zero is the empty set on Linux.
    let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { std::mem::zeroed() };
    // SAFETY: both sets live for the calls.
    unsafe {
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
    }
    before
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: the set came from `block_signals`; no set is asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, std::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::sync::mpsc;
    use std::time::Duration;

    struct Counter {
        event: OwnedFd,
        seen: mpsc::Sender<u64>,
    }

    impl Source for Counter {
        fn descriptor(&self) -> BorrowedFd<'_> {
            self.event.as_fd()
        }

        fn ready(self: Arc<Self>) -> bool {
            let mut bytes = [0; 8];
            rustix::io::read(&self.event, &mut bytes).unwrap();
            self.seen.send(u64::from_ne_bytes(bytes)).unwrap();
            true
        }
    }

    #[test]
    fn sources_and_jobs_run_until_forgotten() {
        let reactor = Reactor::start("test").unwrap();
        let (seen, received) = mpsc::channel();
        let event = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
        let source = Arc::new(Counter {
            event,
            seen: seen.clone(),
        });
        let token = reactor
            .watch(Arc::clone(&source) as Arc<dyn Source>)
            .unwrap();
        rustix::io::write(&source.event, &3u64.to_ne_bytes()).unwrap();
        let limit = Duration::from_secs(10);
        assert_eq!(received.recv_timeout(limit), Ok(3));

        reactor.forget(token);
        rustix::io::write(&source.event, &1u64.to_ne_bytes()).unwrap();
        reactor.submit(move || seen.send(99).unwrap());
        assert_eq!(received.recv_timeout(limit), Ok(99));
        reactor.stop();
    }
}

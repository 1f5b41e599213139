//! What a window shows while the bridge is down: nothing arrives, and loads give all ones.
//!
//! Pages of a void window are private copies of a file of ones. A store makes a copy that nobody
//! else sees, and dropping the copies brings the ones back. The kernel changes a window in one step,
//! so a store of another thread at that moment finds the old memory or the new one.

use crate::runtime::log::report;
use crate::runtime::reactor;
use crate::runtime::sync::lock;
use rustix::fs::{FallocateFlags, MemfdFlags};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// Size of the file of ones; larger windows show it several times. A multiple of every page size.
pub const CHUNK: usize = 1 << 20;

/// How often void windows are filled with ones again.
const PERIOD: Duration = Duration::from_millis(1);

/// The file of ones, made at the first need.
///
/// # Errors
/// What the system says.
pub fn ones() -> rustix::io::Result<Arc<OwnedFd>> {
    static ONES: Mutex<Option<Arc<OwnedFd>>> = Mutex::new(None);
    let mut ones = lock(&ONES);
    if let Some(file) = &*ones {
        return Ok(Arc::clone(file));
    }
    let file = rustix::fs::memfd_create("sisci-void", MemfdFlags::CLOEXEC)?;
    rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, CHUNK as u64)?;
    let bytes = vec![u8::MAX; 64 << 10];
    for offset in (0..CHUNK).step_by(bytes.len()) {
        let mut done = 0;
        while done < bytes.len() {
            done += rustix::io::pwrite(&file, &bytes[done..], (offset + done) as u64)?;
        }
    }
    Ok(Arc::clone(ones.insert(Arc::new(file))))
}

/// Something that needs a look every millisecond for a while.
pub trait Tick: Send + Sync {
    /// Has a look; false if none is needed any more.
    fn tick(&self) -> bool;
}

struct Ticker {
    /// The process that the thread belongs to: a forked child has none.
    pid: u32,
    running: bool,
    wanted: Vec<Weak<dyn Tick>>,
}

static TICKER: Mutex<Ticker> = Mutex::new(Ticker {
    pid: 0,
    running: false,
    wanted: Vec::new(),
});

/// Looks at it from now on, until it needs no more looks or is gone. Again is the same as once.
pub fn tick(what: &Arc<dyn Tick>) {
    let mut ticker = lock(&TICKER);
    let pid = std::process::id();
    if ticker.pid != pid {
        *ticker = Ticker {
            pid,
            running: false,
            wanted: Vec::new(),
        };
    }
    ticker.add(Arc::downgrade(what));
    if !ticker.running {
        match reactor::spawn("sisci-emu-void", run) {
            Ok(_) => ticker.running = true,
            Err(error) => report!(
                Error,
                "cannot start a thread for links that are down: {error}"
            ),
        }
    }
}

impl Ticker {
    fn add(&mut self, weak: Weak<dyn Tick>) {
        if !self.wanted.iter().any(|known| known.ptr_eq(&weak)) {
            self.wanted.push(weak);
        }
    }
}

fn run() {
    loop {
        // Taken out for the round: whoever asks again meanwhile is not overlooked.
        let round = {
            let mut ticker = lock(&TICKER);
            ticker.wanted.retain(|weak| weak.strong_count() > 0);
            if ticker.wanted.is_empty() {
                ticker.running = false;
                return;
            }
            std::mem::take(&mut ticker.wanted)
        };
        for weak in round {
            if weak.upgrade().is_some_and(|what| what.tick()) {
                lock(&TICKER).add(weak);
            }
        }
        std::thread::sleep(PERIOD);
    }
}

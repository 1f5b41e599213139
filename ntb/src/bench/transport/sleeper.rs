//! Waiting of the bare rings: spin, or spin and sleep, or sleep at once.

use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::time::{Duration, Instant};

use rustix::thread::futex;

use crate::bench::wire::Mode;

/// Spinning before sleeping: the default of the NTB transport.
const SPIN: Duration = Duration::from_micros(50);
/// Looks between two readings of the clock.
const LOOKS_PER_CLOCK: u32 = 20;

/// A pause below this is short.
const SHORT: Duration = Duration::from_nanos(25);

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;

/// How one side waits for a word that the other side changes.
#[derive(Debug, Clone, Copy)]
pub struct Sleeper {
    mode: Mode,
    /// Whether each look is followed by a pause.
    pause: bool,
}

impl Sleeper {
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            pause: pause_is_short(),
        }
    }

    /// Waits until `ready` gives something. `flag` is shared with the side that calls
    /// [`Self::wake`].
    #[inline]
    pub fn wait<T>(self, flag: &AtomicU32, mut ready: impl FnMut() -> Option<T>) -> T {
        if let Some(found) = ready() {
            return found;
        }
        if self.mode == Mode::Spinning {
            loop {
                if let Some(found) = ready() {
                    return found;
                }
                self.relax();
            }
        }
        if self.mode == Mode::Blocking {
            let begin = Instant::now();
            for look in 1u32.. {
                if let Some(found) = ready() {
                    return found;
                }
                if look.is_multiple_of(LOOKS_PER_CLOCK) && begin.elapsed() >= SPIN {
                    break;
                }
                self.relax();
            }
        }
        sleep(flag, ready)
    }

    #[inline]
    fn relax(self) {
        if self.pause {
            std::hint::spin_loop();
        }
    }

    /// Wakes the other side if it sleeps; to be called after what it waits for was stored.
    #[inline]
    pub fn wake(self, flag: &AtomicU32) {
        if self.mode == Mode::Spinning {
            return;
        }
        // The store that is waited for comes before the look at the flag.
        fence(Ordering::SeqCst);
        if flag.load(Ordering::Relaxed) == ASLEEP {
            flag.store(AWAKE, Ordering::Relaxed);
            let _ = futex::wake(flag, futex::Flags::empty(), 1);
        }
    }
}

/// Whether the processor's pause is short. Then it pays: it keeps loads from being started that
/// the peer's store will undo. Some processors take 140 cycles for it, far more than that costs.
fn pause_is_short() -> bool {
    const TIMES: u32 = 1000;
    let begin = Instant::now();
    for _ in 0..TIMES {
        std::hint::spin_loop();
    }
    begin.elapsed() / TIMES < SHORT
}

#[cold]
fn sleep<T>(flag: &AtomicU32, mut ready: impl FnMut() -> Option<T>) -> T {
    loop {
        flag.store(ASLEEP, Ordering::Relaxed);
        // The flag is up before the last look.
        fence(Ordering::SeqCst);
        if let Some(found) = ready() {
            flag.store(AWAKE, Ordering::Relaxed);
            return found;
        }
        // Any outcome means: look again.
        let _ = futex::wait(flag, futex::Flags::empty(), ASLEEP, None);
    }
}

//! Spinning before sleeping: bounded, adaptive, and never more than a share of the machine.
//!
//! A wake-up costs far more than the data takes (28 to 38 µs against 0.2 µs on the development
//! machine), so a receiver looks for a while before it sleeps. How long pays off depends on the
//! peer: the budget grows back to the configured time when data came during the spin or soon
//! after it, and halves when the sleep was long. Where the processors are short, it stops for a
//! while altogether.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Threads of this process that spin at this moment.
static SPINNING: AtomicUsize = AtomicUsize::new(0);

/// The smallest budget is the configured one divided by this: enough to notice that the peer
/// became fast again.
const FLOOR_DIVISOR: u32 = 16;
/// Looks between two `sched_yield`s. Where both sides share a core, nothing can arrive until we
/// yield; elsewhere the call costs 0.16 µs.
const LOOKS_PER_YIELD: u32 = 100;
/// Looks between two readings of the clock.
const LOOKS_PER_CLOCK: u32 = 20;

/// A yield that took longer than this let somebody else run who is not our peer: the processors
/// are short, and spinning takes from those whom we wait for. A sleeper is scheduled at once
/// when it is woken, a yielder only after everybody else's share (milliseconds).
const CONTENDED: Duration = Duration::from_micros(100);
/// Waits without spinning after the first such yield; doubled with each further one. Few, since a
/// single one may be chance, and a wait without spinning costs a wake-up.
const PAUSE_FIRST: u32 = 2;
const PAUSE_MOST: u32 = 4096;

/// The adaptive budget of one waiting place (an endpoint's receive, or its send).
#[derive(Debug)]
pub(crate) struct Spinner {
    most: Duration,
    budget: Duration,
    /// Waits that are still to pass without spinning.
    pause: u32,
    next_pause: u32,
}

impl Spinner {
    pub(crate) fn new(most: Duration) -> Self {
        Self {
            most,
            budget: most,
            pause: 0,
            next_pause: PAUSE_FIRST,
        }
    }

    /// Looks by `ready` until it gives something or the budget is used up.
    pub(crate) fn spin<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
        if self.budget.is_zero() {
            return None;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        let _place = SpinPlace::take()?;
        let start = Instant::now();
        for look in 1u32.. {
            if let Some(found) = ready() {
                self.budget = self.most;
                return Some(found);
            }
            if look.is_multiple_of(LOOKS_PER_CLOCK) && start.elapsed() >= self.budget {
                // A whole budget without losing the processor: there is room again.
                self.next_pause = (self.next_pause / 2).max(PAUSE_FIRST);
                break;
            }
            if look.is_multiple_of(LOOKS_PER_YIELD) {
                let before = Instant::now();
                std::thread::yield_now();
                if before.elapsed() > CONTENDED {
                    self.pause = self.next_pause;
                    self.next_pause = (self.next_pause * 2).min(PAUSE_MOST);
                    return ready();
                }
            } else {
                std::hint::spin_loop();
            }
        }
        None
    }

    /// Learns from a sleep of this length.
    pub(crate) fn slept(&mut self, length: Duration) {
        self.budget = if length <= self.most {
            self.most
        } else {
            (self.budget / 2).max(self.most / FLOOR_DIVISOR)
        };
    }
}

/// A place among the threads that may spin: half of the processors, at least one.
struct SpinPlace;

impl SpinPlace {
    fn take() -> Option<Self> {
        if SPINNING.fetch_add(1, Ordering::Relaxed) < places() {
            return Some(Self);
        }
        SPINNING.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for SpinPlace {
    fn drop(&mut self) {
        SPINNING.fetch_sub(1, Ordering::Relaxed);
    }
}

fn places() -> usize {
    static PLACES: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *PLACES.get_or_init(|| {
        std::thread::available_parallelism().map_or(1, |count| (count.get() / 2).max(1))
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_budget_shrinks_with_long_sleeps_and_comes_back() {
        let most = Duration::from_micros(160);
        let mut spinner = Spinner::new(most);
        for _ in 0..20 {
            spinner.slept(Duration::from_secs(1));
        }
        assert_eq!(spinner.budget, most / FLOOR_DIVISOR);
        spinner.slept(Duration::from_micros(1));
        assert_eq!(spinner.budget, most);
    }

    #[test]
    fn what_is_ready_is_found_and_nothing_is_not() {
        let mut spinner = Spinner::new(Duration::from_secs(5));
        let mut looks = 0;
        let found = spinner.spin(|| {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        // The other test thread may hold the only place; then nothing is looked at.
        assert!(found == Some(3) || looks == 0);
        assert_eq!(
            Spinner::new(Duration::ZERO).spin(|| Some(1)),
            None,
            "no spinning at all"
        );
    }

    #[test]
    fn a_pause_is_kept() {
        let mut spinner = Spinner::new(Duration::from_secs(5));
        spinner.pause = 2;
        for _ in 0..2 {
            assert_eq!(
                spinner.spin(|| -> Option<()> { panic!("looked in the pause") }),
                None
            );
        }
        assert_eq!(spinner.pause, 0);
    }
}

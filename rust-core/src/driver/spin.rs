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

/// What a spinning thread uses of the machine.
trait Processor {
    /// Time since some moment in the past.
    fn now(&self) -> Duration;
    /// Lets others run.
    fn give_way(&self);
}

/// The one that we run on.
struct Here(Instant);

impl Processor for Here {
    #[inline]
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn give_way(&self) {
        std::thread::yield_now();
    }
}

/// How long a wait may spin at most, and beside how many others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Zero: no spinning.
    pub(crate) most: Duration,
    /// Threads of this process that may spin at once.
    pub(crate) places: usize,
}

impl Limits {
    /// Limits for `percent` of the processors that this process may use: at least one, unless it is 0.
    pub(crate) fn new(most: Duration, percent: u32) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            most,
            places: share(processors, percent),
        }
    }
}

fn share(processors: usize, percent: u32) -> usize {
    match percent {
        0 => 0,
        _ => (processors * percent as usize / 100).max(1),
    }
}

/// The adaptive budget of one waiting place (an endpoint's receive, or its send).
#[derive(Debug)]
pub(crate) struct Spinner {
    limits: Limits,
    budget: Duration,
    /// Waits that are still to pass without spinning.
    pause: u32,
    next_pause: u32,
}

impl Spinner {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            budget: limits.most,
            pause: 0,
            next_pause: PAUSE_FIRST,
        }
    }

    /// Looks by `ready` until it gives something or the budget is used up.
    #[inline]
    pub(crate) fn spin<T>(&mut self, ready: impl FnMut() -> Option<T>) -> Option<T> {
        if self.budget.is_zero() {
            return None;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        let _place = Place::take(&SPINNING, self.limits.places)?;
        self.spin_on(&Here(Instant::now()), ready)
    }

    fn spin_on<T>(
        &mut self,
        processor: &impl Processor,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let start = processor.now();
        for look in 1u32.. {
            if let Some(found) = ready() {
                self.budget = self.limits.most;
                return Some(found);
            }
            if look.is_multiple_of(LOOKS_PER_CLOCK) && processor.now() - start >= self.budget {
                // A whole budget without losing the processor: there is room again.
                self.next_pause = (self.next_pause / 2).max(PAUSE_FIRST);
                break;
            }
            if look.is_multiple_of(LOOKS_PER_YIELD) {
                let before = processor.now();
                processor.give_way();
                if processor.now() - before > CONTENDED {
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
        self.budget = if length <= self.limits.most {
            self.limits.most
        } else {
            (self.budget / 2).max(self.limits.most / FLOOR_DIVISOR)
        };
    }
}

/// A place among the threads that may spin.
struct Place(&'static AtomicUsize);

impl Place {
    fn take(spinning: &'static AtomicUsize, places: usize) -> Option<Self> {
        if spinning.fetch_add(1, Ordering::Relaxed) < places {
            return Some(Self(spinning));
        }
        spinning.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;

    const MOST: Duration = Duration::from_micros(160);

    /// A processor with a clock of its own: a reading takes 5 µs, giving way takes what is said.
    struct Simulated {
        time: Cell<Duration>,
        away: Duration,
    }

    impl Simulated {
        fn new(away: Duration) -> Self {
            Self {
                time: Cell::default(),
                away,
            }
        }

        fn pass(&self, time: Duration) {
            self.time.set(self.time.get() + time);
        }
    }

    impl Processor for Simulated {
        fn now(&self) -> Duration {
            self.pass(Duration::from_micros(5));
            self.time.get()
        }

        fn give_way(&self) {
            self.pass(self.away);
        }
    }

    fn spinner() -> Spinner {
        Spinner::new(Limits {
            most: MOST,
            places: 1,
        })
    }

    /// Waits for what never comes; how many of the waits looked for it.
    fn waits_that_spin(spinner: &mut Spinner, processor: &Simulated, waits: u32) -> u32 {
        let spins = (0..waits).filter(|_| {
            if spinner.pause > 0 {
                spinner.pause -= 1;
                return false;
            }
            assert_eq!(spinner.spin_on(processor, || None::<()>), None);
            spinner.slept(Duration::from_secs(1));
            true
        });
        spins.count() as u32
    }

    #[test]
    fn among_fifty_busy_threads_spinning_stops_and_comes_back() {
        let mut spinner = Spinner::new(Limits {
            most: Duration::from_millis(1),
            places: 1,
        });
        let busy = Simulated::new(Duration::from_millis(50 * 4));
        let spins = waits_that_spin(&mut spinner, &busy, 10_000);
        assert!((1..20).contains(&spins), "{spins} of 10,000 waits spun");
        // One yield per wait that spins, and a look after it: nothing more is taken from the others.
        let idle = Simulated::new(Duration::ZERO);
        waits_that_spin(&mut spinner, &idle, 5000);
        let spins = waits_that_spin(&mut spinner, &idle, 1000);
        assert_eq!(spins, 1000, "the others are gone");
    }

    #[test]
    fn on_one_processor_the_peer_runs_when_we_give_way() {
        let processor = Simulated::new(Duration::from_micros(3));
        let begun = processor.time.get();
        let mut looks = 0;
        let found = spinner().spin_on(&processor, || {
            looks += 1;
            // Came while we were away.
            (processor.time.get() > begun && looks > LOOKS_PER_YIELD).then_some(())
        });
        assert_eq!((found, looks), (Some(()), LOOKS_PER_YIELD + 1));
    }

    #[test]
    fn the_budget_shrinks_with_long_sleeps_and_comes_back() {
        let mut spinner = spinner();
        for _ in 0..20 {
            spinner.slept(Duration::from_secs(1));
        }
        assert_eq!(spinner.budget, MOST / FLOOR_DIVISOR);
        spinner.slept(Duration::from_micros(1));
        assert_eq!(spinner.budget, MOST);
    }

    #[test]
    fn what_is_ready_is_found_and_nothing_is_not() {
        let processor = Simulated::new(Duration::ZERO);
        let mut looks = 0;
        let found = spinner().spin_on(&processor, || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(found, Some(3));
        let begun = processor.time.get();
        assert_eq!(spinner().spin_on(&processor, || None::<()>), None);
        assert!((MOST..2 * MOST).contains(&(processor.time.get() - begun)));
    }

    #[test]
    fn without_budget_pause_or_place_nobody_looks() {
        let forbidden = || -> Option<()> { panic!("looked") };
        let none = Limits {
            most: Duration::ZERO,
            places: 1,
        };
        assert_eq!(Spinner::new(none).spin(forbidden), None);
        let no_place = Limits {
            most: MOST,
            places: 0,
        };
        assert_eq!(Spinner::new(no_place).spin(forbidden), None);
        let mut paused = spinner();
        paused.pause = 2;
        assert_eq!(
            (paused.spin(forbidden), paused.spin(forbidden)),
            (None, None)
        );
        assert_eq!(paused.pause, 0);
    }

    #[test]
    fn places_are_a_share_of_the_processors() {
        let shares = [
            (1, 50),
            (2, 50),
            (3, 50),
            (64, 25),
            (64, 100),
            (8, 1),
            (8, 0),
        ];
        let places = shares.map(|(processors, percent)| share(processors, percent));
        assert_eq!(places, [1, 1, 1, 16, 64, 1, 0]);
        static TWO: AtomicUsize = AtomicUsize::new(0);
        let taken = [(); 3].map(|()| Place::take(&TWO, 2));
        assert_eq!(taken.iter().flatten().count(), 2);
        drop(taken);
        assert!(Place::take(&TWO, 1).is_some());
    }
}

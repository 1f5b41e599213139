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
/// Looks before a wait counts as spinning, less than a microsecond: what comes by then costs neither a
/// place among the spinners nor a reading of the clock.
const GLANCES: u32 = 20;
/// Looks between two readings of the clock.
const LOOKS_PER_CLOCK: u32 = 20;
/// How long to look before the processor is offered to others (`sched_yield`). Where both sides
/// share one, nothing can arrive until then, so it is short at first. Where nobody takes the offer, or
/// somebody who isn't our peer, each further one comes later: it costs 0.2 µs, and whoever takes it
/// may keep the processor for milliseconds, even the idlest background job.
const PATIENCE_LEAST: Duration = Duration::from_micros(2);
const PATIENCE_MOST: Duration = Duration::from_micros(25);
/// A yield that takes longer than this let somebody else run.
const SWITCHED: Duration = Duration::from_micros(1);

/// A yield that took longer than this let somebody else run who is not our peer: the processors
/// are short, and spinning takes from those whom we wait for. A sleeper is scheduled at once
/// when it is woken, a yielder only after everybody else's share (milliseconds).
const CONTENDED: Duration = Duration::from_micros(100);
/// Waits without spinning after a second such yield; doubled with each further one. A single one is
/// chance: it costs nothing more, since a wait without spinning costs a wake-up.
const PAUSE_FIRST: u32 = 2;
/// Spins that end well after which the next such yield counts as a single one.
const CALM: u32 = 100;
const PAUSE_MOST: u32 = 4096;

/// What a spinning thread uses of the machine.
trait Processor {
    fn now(&self) -> Instant;
    /// Lets others run.
    fn give_way(&self);
}

/// The one that we run on.
struct Here;

impl Processor for Here {
    #[inline]
    fn now(&self) -> Instant {
        Instant::now()
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
    /// How long to look before the processor is offered to others.
    patience: Duration,
    /// Waits that are still to pass without spinning.
    pause: u32,
    /// Waits to pass after the next contended yield; 0 if that would be a single one.
    next_pause: u32,
    /// Spins that ended well since the last contended yield.
    calm: u32,
}

impl Spinner {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            budget: limits.most,
            patience: PATIENCE_LEAST,
            pause: 0,
            next_pause: 0,
            calm: 0,
        }
    }

    /// Looks by `ready` until it gives something or the budget is used up.
    #[inline]
    pub(crate) fn spin<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
        if self.budget.is_zero() || self.limits.places == 0 {
            return None;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        for _ in 0..GLANCES {
            if let Some(found) = ready() {
                return Some(self.found(found));
            }
            std::hint::spin_loop();
        }
        let _place = Place::take(&SPINNING, self.limits.places)?;
        self.spin_on(&Here, ready)
    }

    /// It came while we looked.
    #[inline]
    fn found<T>(&mut self, found: T) -> T {
        self.budget = self.limits.most;
        self.calm = self.calm.saturating_add(1);
        found
    }

    fn spin_on<T>(
        &mut self,
        processor: &impl Processor,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let begun = processor.now();
        let mut offer_at = begun + self.patience;
        for look in 1u32.. {
            if let Some(found) = ready() {
                return Some(self.found(found));
            }
            if !look.is_multiple_of(LOOKS_PER_CLOCK) {
                std::hint::spin_loop();
                continue;
            }
            let now = processor.now();
            if now - begun >= self.budget {
                // A whole budget without losing the processor: there is room again.
                self.next_pause /= 2;
                break;
            }
            if now >= offer_at {
                processor.give_way();
                let back = processor.now();
                let found = ready();
                self.learn(back - now, found.is_some());
                if found.is_some() || self.pause > 0 {
                    return found;
                }
                offer_at = back + self.patience;
            }
        }
        None
    }

    /// Learns from a yield that took this long, after which there was something or not.
    fn learn(&mut self, away: Duration, found: bool) {
        let to_peer = found && away > SWITCHED && away <= CONTENDED;
        self.patience = if to_peer {
            PATIENCE_LEAST
        } else {
            (self.patience * 2).min(PATIENCE_MOST)
        };
        if away > CONTENDED {
            self.pause = if self.calm < CALM { self.next_pause } else { 0 };
            self.next_pause = (self.pause * 2).clamp(PAUSE_FIRST, PAUSE_MOST);
            self.calm = 0;
        }
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

    /// A processor with a clock of its own: a reading takes 0.5 µs, giving way takes what is said.
    struct Simulated {
        start: Instant,
        time: Cell<Duration>,
        away: Duration,
        offers: Cell<u32>,
    }

    impl Simulated {
        fn new(away: Duration) -> Self {
            Self {
                start: Instant::now(),
                time: Cell::default(),
                away,
                offers: Cell::default(),
            }
        }

        fn pass(&self, time: Duration) {
            self.time.set(self.time.get() + time);
        }
    }

    impl Processor for Simulated {
        fn now(&self) -> Instant {
            self.pass(Duration::from_nanos(500));
            self.start + self.time.get()
        }

        fn give_way(&self) {
            self.offers.set(self.offers.get() + 1);
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
        let mut spinner = spinner();
        for offers in 1..100 {
            let came = || (processor.offers.get() == offers).then_some(());
            assert_eq!(spinner.spin_on(&processor, came), Some(()));
        }
        assert_eq!((spinner.patience, spinner.pause), (PATIENCE_LEAST, 0));
    }

    #[test]
    fn an_offer_that_nobody_takes_is_made_seldom() {
        let idle = Simulated::new(Duration::from_nanos(200));
        let mut spinner = spinner();
        assert_eq!(spinner.spin_on(&idle, || None::<()>), None);
        let first = idle.offers.replace(0);
        for _ in 0..100 {
            // Comes while the offer is made, by chance.
            let came = || (idle.offers.get() > 0).then_some(());
            spinner.spin_on(&idle, came);
            idle.offers.set(0);
        }
        assert_eq!(spinner.spin_on(&idle, || None::<()>), None);
        assert!((1..first).contains(&idle.offers.get()), "{first} at first");
        assert_eq!(spinner.patience, PATIENCE_MOST);
    }

    #[test]
    fn beside_a_background_job_short_waits_keep_the_processor() {
        let busy = Simulated::new(Duration::from_millis(4));
        let mut spinner = spinner();
        let wait = |spinner: &mut Spinner, length| {
            let end = busy.time.get() + length;
            let came = || (busy.time.get() >= end).then_some(());
            spinner.spin_on(&busy, came).is_some()
        };
        for _ in 0..10_000 {
            assert!(wait(&mut spinner, Duration::from_micros(20)));
        }
        assert!(busy.offers.get() < 10, "{} offers", busy.offers.get());
        // A longer wait now and then loses the processor; that alone is no reason to sleep.
        for _ in 0..20 {
            assert!(wait(&mut spinner, Duration::from_micros(100)));
            assert_eq!(spinner.pause, 0);
            for _ in 0..CALM {
                assert!(wait(&mut spinner, Duration::from_micros(1)));
            }
        }
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

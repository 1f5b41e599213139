//! How long one processor of this machine takes to see another's store.

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where it can't be measured, in ns.
const USUAL: u64 = 60;
/// Nothing longer is believed, in ns.
pub const LONGEST: u64 = 400;
const ROUNDS: u64 = 500;
/// For all rounds; a busy machine lets both threads run together only now and then.
const LIMIT: Duration = Duration::from_millis(10);

/// From this thread's processor to any other that it may use, in ns, at most [`LONGEST`]; what is usual
/// where that can't be measured.
pub fn measure() -> u64 {
    let hop = processors().and_then(|(here, elsewhere)| between(&here, &elsewhere));
    hop.filter(|hop| *hop <= LONGEST).unwrap_or(USUAL)
}

/// This thread's processor and all others that it may use.
fn processors() -> Option<(CpuSet, CpuSet)> {
    let all = sched_getaffinity(None).ok()?;
    let current = sched_getcpu();
    let (mut here, mut elsewhere) = (CpuSet::new(), all);
    here.set(current);
    elsewhere.unset(current);
    (all.is_set(current) && elsewhere.count() > 0).then_some((here, elsewhere))
}

/// Two threads on two processors hand a number to and fro: half of the median time in ns, at least 1.
/// Takes 10 ms at most. `None` if no thread can be started or kept there, or the number never came back.
///
/// The sets must have no processor in common.
pub fn between(here: &CpuSet, elsewhere: &CpuSet) -> Option<u64> {
    let (ball, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let times = std::thread::scope(|scope| {
        let back = std::thread::Builder::new().spawn_scoped(scope, || {
            let pinned = sched_setaffinity(None, elsewhere).is_ok();
            while pinned && !over.load(Ordering::Relaxed) {
                let seen = ball.load(Ordering::Acquire);
                if seen % 2 == 1 {
                    ball.store(seen + 1, Ordering::Release);
                }
            }
        });
        // A thread of its own: the caller stays where it may be.
        let player = std::thread::Builder::new().spawn_scoped(scope, || {
            let pinned = sched_setaffinity(None, here).is_ok();
            if pinned { play(&ball) } else { Vec::new() }
        });
        let times = match (back, player) {
            (Ok(_), Ok(player)) => player.join().unwrap_or_default(),
            _ => Vec::new(),
        };
        over.store(true, Ordering::Relaxed);
        times
    });
    let some = !times.is_empty();
    some.then(|| (median(times) / 2).max(1))
}

fn play(ball: &AtomicU64) -> Vec<u64> {
    let end = Instant::now() + LIMIT;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let begun = Instant::now();
        ball.store(round * 2 + 1, Ordering::Release);
        let mut looks = 0u32;
        while ball.load(Ordering::Acquire) != round * 2 + 2 {
            looks += 1;
            if looks.is_multiple_of(256) && Instant::now() > end {
                return times;
            }
        }
        times.push(begun.elapsed().as_nanos() as u64);
    }
    times
}

/// 0 of nothing.
pub fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_short_and_the_thread_may_go_anywhere_again() {
        let before = sched_getaffinity(None).unwrap();
        assert!((1..=LONGEST).contains(&measure()));
        assert_eq!(sched_getaffinity(None).unwrap(), before);
    }
}

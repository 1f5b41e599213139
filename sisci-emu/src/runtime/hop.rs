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

/// Two threads on two processors hand a number to and fro: half of the usual time in ns.
pub fn measure() -> u64 {
    let (ball, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let Some((here, elsewhere, before)) = processors() else {
        return USUAL;
    };
    let _ = sched_setaffinity(None, &here);
    let times = std::thread::scope(|scope| {
        let back = std::thread::Builder::new().spawn_scoped(scope, || {
            let _ = sched_setaffinity(None, &elsewhere);
            while !over.load(Ordering::Relaxed) {
                let seen = ball.load(Ordering::Acquire);
                if seen % 2 == 1 {
                    ball.store(seen + 1, Ordering::Release);
                }
            }
        });
        let times = match back {
            Ok(_) => play(&ball),
            Err(_) => Vec::new(),
        };
        over.store(true, Ordering::Relaxed);
        times
    });
    let _ = sched_setaffinity(None, &before);
    match median(times) / 2 {
        hop @ 1..=LONGEST => hop,
        _ => USUAL,
    }
}

/// The processor of this thread, all others that it may use, and both.
fn processors() -> Option<(CpuSet, CpuSet, CpuSet)> {
    let all = sched_getaffinity(None).ok()?;
    let current = sched_getcpu();
    let (mut here, mut elsewhere) = (CpuSet::new(), all);
    here.set(current);
    elsewhere.unset(current);
    (all.is_set(current) && elsewhere.count() > 0).then_some((here, elsewhere, all))
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

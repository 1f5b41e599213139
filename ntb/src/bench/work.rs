//! The workloads: what each side does with its streams. All are generic over the transport, so
//! that every transport does the same work with the same checks.

mod echo;
mod flow;
mod many;

use std::time::Duration;

use super::sys::{Clock, Usage};
use super::transport::{Stream, Transport};
use super::wire::{Job, Role, Sample, Times, Work};

/// Runs one side of a job.
///
/// # Errors
/// If the transport fails, or data arrives that was not sent.
pub fn run<T: Transport>(
    role: Role,
    clock: Clock,
    transport: &mut T,
    streams: &mut [T::Stream],
    job: &Job,
) -> anyhow::Result<Sample> {
    let before = Usage::now();
    let mut sample = match job.work {
        Work::Latency => echo::run(role, clock, first(streams)?, job, None)?,
        Work::Think { nanos } => echo::run(role, clock, first(streams)?, job, Some(nanos))?,
        Work::Stream => flow::one_way(role, first(streams)?, job)?,
        Work::Duplex => flow::both_ways(role, first(streams)?, job)?,
        Work::Many => many::requests(role, clock, streams, job)?,
        Work::Connect => many::connect(role, clock, transport, job)?,
        Work::Idle { millis } => {
            std::thread::sleep(Duration::from_millis(millis));
            Sample {
                elapsed: millis as f64 * 1e6,
                ..Sample::default()
            }
        }
    };
    let after = Usage::now();
    sample.cpu_user = after.user - before.user;
    sample.cpu_system = after.system - before.system;
    sample.sleeps = after.sleeps - before.sleeps;
    Ok(sample)
}

fn first<S: Stream>(streams: &mut [S]) -> anyhow::Result<&mut S> {
    use anyhow::Context;
    streams.first_mut().context("no connection is open")
}

/// Percentiles of times given in ticks, each multiplied by `factor`.
fn percentiles(clock: Clock, mut ticks: Vec<u64>, factor: f64) -> Option<Times> {
    let sum: f64 = ticks.iter().map(|ticks| *ticks as f64).sum();
    let mean = sum / ticks.len() as f64;
    let step = clock.step();
    for ticks in &mut ticks {
        *ticks = (*ticks + step / 2) / step;
    }
    ticks.sort_unstable();
    let max = *ticks.last()? * step;
    let nanos = clock.nanos(1) * factor;
    let at = |share: f64| nanos * step as f64 * percentile(&ticks, share);
    Some(Times {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        mean: nanos * mean,
        max: nanos * max as f64,
    })
}

/// The percentile of grouped data: equal values stand for values spread evenly over a step of the
/// counter, which may be a tenth of what is measured.
fn percentile(sorted: &[u64], share: f64) -> f64 {
    let rank = share * sorted.len() as f64;
    let value = sorted[(rank as usize).min(sorted.len() - 1)];
    let below = sorted.partition_point(|other| *other < value);
    let equal = sorted.partition_point(|other| *other <= value) - below;
    value as f64 + (rank - below as f64) / equal as f64 - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let clock = Clock::calibrate();
        assert_eq!(percentiles(clock, Vec::new(), 1.0), None);
        let times = percentiles(clock, (0..=1000).rev().collect(), 0.5).unwrap();
        let unit = clock.nanos(1) * 0.5;
        let near = |a: f64, b: f64| (a - b * unit).abs() <= unit * clock.step() as f64;
        assert!(
            near(times.p50, 500.0) && near(times.p90, 900.0),
            "{times:?}"
        );
        assert!(
            near(times.p999, 999.0) && near(times.max, 1000.0),
            "{times:?}"
        );
        assert!(near(times.mean, 500.0), "{times:?}");
    }

    #[test]
    fn values_in_coarse_steps_give_a_percentile_between_them() {
        let sorted: Vec<u64> = [vec![11; 40], vec![12; 60]].concat();
        let median = percentile(&sorted, 0.5);
        assert!((median - 11.67).abs() < 0.01, "{median}");
        assert_eq!(percentile(&[7, 7, 7], 0.5), 7.0);
        assert!((percentile(&[7], 0.999) - 7.5).abs() < 0.01);
    }
}

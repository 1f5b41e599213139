//! From what the two sides of a pair saw to named values.

use super::document::Metrics;
use super::plan::{Case, Workload};
use super::wire::Sample;

/// Names and values from what both sides saw.
pub fn of(case: &Case, [first, second]: &[Sample; 2]) -> Metrics {
    // One-way streams are timed where they end, all else where it begins.
    let timed = if first.elapsed > 0.0 { first } else { second };
    let mut metrics = Metrics::new();
    let mut add = |name: &str, value: f64| {
        if value.is_finite() {
            metrics.insert(name.to_owned(), value);
        }
    };
    if let Some(times) = &first.times {
        let values = [
            ("p50_us", times.p50),
            ("p90_us", times.p90),
            ("p99_us", times.p99),
            ("p999_us", times.p999),
            ("mean_us", times.mean),
            ("max_us", times.max),
        ];
        for (name, nanos) in values {
            add(name, nanos / 1e3);
        }
    }
    let cpu = first.cpu_user + first.cpu_system + second.cpu_user + second.cpu_system;
    let sleeps = (first.sleeps + second.sleeps) as f64;
    if case.workload == Workload::Idle {
        add("cpu_percent", 100.0 * cpu / timed.elapsed);
        add("sleeps_per_s", sleeps / timed.elapsed * 1e9);
        return metrics;
    }
    add(
        "messages_per_s",
        timed.messages as f64 / timed.elapsed * 1e9,
    );
    if timed.bytes > 0 {
        add("gb_per_s", timed.bytes as f64 / timed.elapsed);
    }
    let messages = timed.cpu_messages as f64;
    add("cpu_ns_per_message", cpu / messages);
    let system = first.cpu_system + second.cpu_system;
    add("cpu_system_ns_per_message", system / messages);
    if timed.bytes > 0 {
        add("cpu_ns_per_byte", cpu / messages / case.size as f64);
    }
    add("sleeps_per_message", sleeps / messages);
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::wire::{Mode, Times};

    #[test]
    fn metrics_are_per_message_and_per_byte_of_both_sides() {
        let first = Sample {
            cpu_user: 600.0,
            cpu_system: 100.0,
            sleeps: 1,
            ..Sample::default()
        };
        let second = Sample {
            elapsed: 1000.0,
            messages: 10,
            bytes: 640,
            cpu_user: 300.0,
            cpu_messages: 20,
            sleeps: 3,
            ..Sample::default()
        };
        let case = Case::simple(Workload::Rate, 64, Mode::Spinning);
        let metrics = of(&case, &[first, second]);
        assert_eq!(metrics["messages_per_s"], 1e7);
        assert_eq!(metrics["gb_per_s"], 0.64);
        assert_eq!(metrics["cpu_ns_per_message"], 50.0);
        assert_eq!(metrics["cpu_system_ns_per_message"], 5.0);
        assert_eq!(metrics["cpu_ns_per_byte"], 50.0 / 64.0);
        assert_eq!(metrics["sleeps_per_message"], 0.2);
        assert!(!metrics.contains_key("p50_us"));
    }

    #[test]
    fn times_come_in_microseconds() {
        let first = Sample {
            elapsed: 1e6,
            messages: 2,
            cpu_messages: 2,
            times: Some(Times {
                p50: 250.0,
                ..Times::default()
            }),
            ..Sample::default()
        };
        let metrics = of(&Case::think(2), &[first, Sample::default()]);
        assert_eq!(metrics["p50_us"], 0.25);
        assert!(metrics.values().all(|value| value.is_finite()));
    }
}

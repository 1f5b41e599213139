//! What a measurement gave.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use hdrhistogram::Histogram;
use serde::Serialize;

use super::reach::Way;
use super::worker::Work;

/// Figures of one measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    pub way: Way,
    pub work: Work,
    /// Bytes of a request.
    pub block: usize,
    pub threads: usize,
    /// Whether the server used its disk.
    pub io: bool,
    /// Whether contents were compared.
    pub verified: bool,
    pub seconds: f64,
    pub requests: u64,
    pub requests_per_s: f64,
    pub mib_per_s: f64,
    /// From sending a request to its answer.
    pub times: Times,
    /// Processor time of this process.
    pub client: Cpu,
    /// Processor time of the server; none if its process is not known.
    pub server: Option<Cpu>,
}

/// Times of requests in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Times {
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

/// Processor time of a process while it was measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cpu {
    pub us_per_request: f64,
    pub s_per_gib: f64,
    /// How often a thread gave up its processor to wait.
    pub sleeps_per_request: f64,
}

impl Times {
    /// From nanoseconds.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e3;
        Self {
            mean: histogram.mean() / 1e3,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64 / 1e3,
        }
    }
}

impl Cpu {
    pub fn of(used: Duration, sleeps: u64, requests: u64, block: usize) -> Self {
        let requests = requests.max(1) as f64;
        let gib = requests * block as f64 / (1_u64 << 30) as f64;
        Self {
            us_per_request: used.as_secs_f64() * 1e6 / requests,
            s_per_gib: used.as_secs_f64() / gib,
            sleeps_per_request: sleeps as f64 / requests,
        }
    }
}

/// One row per measurement.
pub fn table(figures: &[Figures]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "way",
        "work",
        "block",
        "threads",
        "disk",
        "requests/s",
        "MiB/s",
        "p50 µs",
        "p90",
        "p99",
        "p99.9",
        "max",
        "CPU µs/req here",
        "server",
        "CPU s/GiB here",
        "server",
    ]);
    for column in 2..16 {
        if column != 4
            && let Some(column) = table.column_mut(column)
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in figures {
        let server = |of: fn(&Cpu) -> f64| {
            row.server
                .as_ref()
                .map_or_else(|| "-".to_owned(), |cpu| number(of(cpu)))
        };
        let Times {
            p50,
            p90,
            p99,
            p999,
            max,
            ..
        } = row.times;
        let mut cells = vec![
            row.way.name().to_owned(),
            row.work.name().to_owned(),
            size(row.block),
            row.threads.to_string(),
            if row.io { "yes" } else { "no" }.to_owned(),
            format!("{:.0}", row.requests_per_s),
            format!("{:.0}", row.mib_per_s),
        ];
        cells.extend([p50, p90, p99, p999, max].map(number));
        cells.push(number(row.client.us_per_request));
        cells.push(server(|cpu| cpu.us_per_request));
        cells.push(number(row.client.s_per_gib));
        cells.push(server(|cpu| cpu.s_per_gib));
        table.add_row(cells);
    }
    table
}

/// With as many digits as matter.
pub fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// A number of bytes.
pub fn size(bytes: usize) -> String {
    bytesize::ByteSize(bytes as u64).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_per_request_and_per_gib() {
        let cpu = Cpu::of(Duration::from_millis(500), 3000, 1000, 1 << 20);
        assert_eq!(cpu.us_per_request, 500.0);
        assert_eq!(cpu.s_per_gib, 0.5 * 1.024);
        assert_eq!(cpu.sleeps_per_request, 3.0);
        assert!(Cpu::of(Duration::ZERO, 0, 0, 1).s_per_gib.is_finite());
    }

    #[test]
    fn times_are_in_microseconds() {
        let mut histogram = Histogram::new_with_bounds(1, 1_000_000_000, 3).unwrap();
        for value in [1000, 2000, 3000, 1_000_000] {
            histogram.record(value).unwrap();
        }
        let times = Times::of(&histogram);
        assert!((times.p50 - 2.0).abs() < 0.01 && (times.max - 1000.0).abs() < 1.0);
    }

    #[test]
    fn numbers_have_the_digits_that_matter() {
        assert_eq!([0.123, 12.34, 1234.5].map(number), ["0.12", "12.3", "1234"]);
    }
}

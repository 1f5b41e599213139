//! What the hardware did.

use std::path::Path;

use anyhow::{Context, bail};
use sisci::measure::leader::Bench;

/// The figures that the models were made from.
const FIGURES: &str = include_str!("../../../../sisci-emu/models/hardware.csv");

/// Times of one adapter.
#[derive(Debug)]
pub struct Hardware {
    /// Its name.
    pub adapter: String,
    /// Measurement, bytes, µs.
    pub times: Vec<(Bench, usize, f64)>,
}

/// Columns of the file that are used.
const COLUMNS: [&str; 7] = [
    "bench",
    "host",
    "adapter",
    "link",
    "size_bytes",
    "metric",
    "median",
];

impl Hardware {
    /// Reads the figures of an adapter from `file`, or those that came with the program.
    ///
    /// # Errors
    /// If the file can't be read or understood, or has nothing for the adapter.
    pub fn read(file: Option<&Path>, adapter: &str) -> anyhow::Result<Self> {
        let text = match file {
            None => FIGURES.to_owned(),
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| path.display().to_string())?
            }
        };
        let name = file.map_or("hardware.csv".into(), |path| path.display().to_string());
        let hardware = Self::parse(&text, adapter).context(name)?;
        Ok(hardware)
    }

    fn parse(text: &str, adapter: &str) -> anyhow::Result<Self> {
        let adapter = adapter.to_uppercase();
        let mut lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.starts_with('#'));
        let header = lines.next().map_or("", |(_, line)| line);
        if !header.split(',').take(COLUMNS.len()).eq(COLUMNS) {
            bail!("the first line must begin with {}", COLUMNS.join(","));
        }
        let mut times = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let read =
                parse_line(line).with_context(|| format!("line {}: {line:?}", number + 1))?;
            let Line { of, time } = read;
            times.extend(time.filter(|_| of.starts_with(&adapter)));
        }
        if times.is_empty() {
            bail!("it has no figures for {adapter}");
        }
        times.sort_by_key(|(bench, size, _)| (*bench as usize, *size));
        Ok(Self { adapter, times })
    }

    /// What has to be measured.
    pub fn plan(&self) -> Vec<(Bench, Vec<usize>)> {
        let sizes = |bench| {
            let of_bench = self.times.iter().filter(|(of, _, _)| *of == bench);
            (bench, of_bench.map(|(_, size, _)| *size).collect())
        };
        [Bench::PingPong, Bench::Send, Bench::Dma]
            .map(sizes)
            .to_vec()
    }
}

struct Line<'a> {
    of: &'a str,
    time: Option<(Bench, usize, f64)>,
}

/// A line; no time for one that says nothing new.
fn parse_line(line: &str) -> anyhow::Result<Line<'_>> {
    let fields: Vec<_> = line.split(',').collect();
    let [bench, host, adapter, _link, size, metric, median, ..] = fields[..] else {
        bail!("there are {} fields, not {}", fields.len(), COLUMNS.len());
    };
    let size: usize = size.parse().context("size_bytes")?;
    let value: f64 = median.parse().context("median")?;
    if !(value.is_finite() && value > 0.0) {
        bail!("the median must be positive");
    }
    let time = match (bench, metric) {
        ("scipp", "latency/2 (usec)") => Some((Bench::PingPong, size, value)),
        // MB/s are bytes in a microsecond; the latency in the file has two digits only.
        ("scibench2", "Throughput") => Some((Bench::Send, size, size as f64 / value)),
        // The same adapter far from the processor was measured too.
        ("dma_bench", "Transfer time") if !host.ends_with("numa_default") => {
            Some((Bench::Dma, size, value))
        }
        _ => None,
    };
    Ok(Line { of: adapter, time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_adapters_are_there_with_all_their_sizes() {
        let count = |adapter, bench| {
            let hardware = Hardware::read(None, adapter).unwrap();
            let plan = hardware.plan();
            plan.iter().find(|(of, _)| *of == bench).unwrap().1.len()
        };
        assert_eq!(count("pxh810", Bench::PingPong), 13);
        assert_eq!(count("pxh810", Bench::Send), 15);
        assert_eq!(count("pxh810", Bench::Dma), 14);
        assert_eq!(count("mxh930", Bench::Dma), 19);
    }

    #[test]
    fn a_bad_file_is_refused_with_the_line() {
        let header = COLUMNS.join(",");
        for (text, part) in [
            (String::new(), "first line"),
            (format!("{header}\nscipp,x,PXH810,,4"), "line 2"),
            (
                format!("{header}\nscipp,x,PXH810,,four,latency/2 (usec),1"),
                "line 2",
            ),
            (
                format!("{header}\n\nscipp,x,PXH810,,4,latency/2 (usec),-1"),
                "line 3",
            ),
            (
                format!("{header}\nscipp,x,IX,,4,latency/2 (usec),1"),
                "no figures for PXH810",
            ),
        ] {
            let error = format!("{:#}", Hardware::parse(&text, "pxh810").unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }
}

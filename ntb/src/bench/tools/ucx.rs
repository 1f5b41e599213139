//! UCX over POSIX shared memory, by `ucx_perftest`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::bench::document::Metrics;
use crate::bench::plan::{Case, Workload};
use crate::bench::wire::{Kind, Mode, Placement};

const PROGRAM: &str = "ucx_perftest";
/// Shared memory without the kernel's copy between address spaces, which only wins where nobody
/// rewrites and nobody reads the data. A setting of the user's goes first.
const TRANSPORTS: (&str, &str) = ("UCX_TLS", "posix,self");
/// UCX counts megabytes of 1024 × 1024 bytes.
const MEGABYTE: f64 = 1_048_576.0;

/// # Errors
/// If UCX's programs are not there.
pub fn version() -> anyhow::Result<String> {
    ensure!(
        super::find(PROGRAM).is_some(),
        "not installed (no {PROGRAM} in PATH)"
    );
    let text = super::output("ucx_info", &["-v"])?;
    parse_version(&text).context("ucx_info names no version")
}

/// The number in the first line: 1.13 writes `# Version 1.13.1`, later `# Library version: 1.22.0`.
fn parse_version(text: &str) -> Option<String> {
    let number = text.lines().next()?.split_whitespace().last()?;
    number
        .starts_with(|first: char| first.is_ascii_digit())
        .then(|| number.to_owned())
}

/// Its own loop spins; it neither rewrites what it sends nor reads what it receives.
pub fn supports(case: &Case) -> bool {
    let workload = matches!(
        case.workload,
        Workload::Latency | Workload::Rate | Workload::Bandwidth | Workload::Produced
    );
    workload && case.mode == Mode::Spinning && case.placement != Placement::OneCore
}

/// Server and client.
pub fn commands(kind: Kind, case: &Case, port: u16, time: Duration) -> [Command; 2] {
    let api = if kind == Kind::UcxTag {
        "tag"
    } else {
        "stream"
    };
    let what = if case.workload == Workload::Latency {
        "lat"
    } else {
        "bw"
    };
    let count = case.guess(time, 150.0).max(100);
    let program = || {
        let mut program = Command::new(PROGRAM);
        if std::env::var_os(TRANSPORTS.0).is_none() {
            program.env(TRANSPORTS.0, TRANSPORTS.1);
        }
        program.args(["-p", &port.to_string()]);
        program
    };
    let (server, mut client) = (program(), program());
    client.args(["-t", &format!("{api}_{what}")]);
    client.args(["-s", &case.size.to_string(), "-n", &count.to_string()]);
    client.args(["-w", &(count / 10).to_string(), "-f", "-v", "127.0.0.1"]);
    [server, client]
}

/// Reads the line of names and the line of values that `-f -v` prints.
///
/// # Errors
/// If they are not there.
pub fn parse(case: &Case, text: &str) -> anyhow::Result<Metrics> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let names = lines
        .by_ref()
        .find(|line| line.starts_with("iterations,"))
        .context("ucx_perftest printed no line of names")?;
    let values = lines.next().context("ucx_perftest printed no values")?;
    let value = |name: &str| -> anyhow::Result<f64> {
        let at = names.split(',').position(|found| found == name);
        let text = at.and_then(|at| values.split(',').nth(at));
        let text = text.with_context(|| format!("ucx_perftest printed no {name}"))?;
        let number: f64 = text
            .parse()
            .with_context(|| format!("{name} is {text:?}"))?;
        ensure!(number.is_finite() && number > 0.0, "{name} is {number}");
        Ok(number)
    };
    let mut metrics = Metrics::new();
    if case.workload == Workload::Latency {
        metrics.insert("p50_us".into(), value("50.0_percentile_lat")?);
        metrics.insert("mean_us".into(), value("overall_lat")?);
    } else {
        metrics.insert("gb_per_s".into(), value("overall_bw")? * MEGABYTE / 1e9);
        metrics.insert("messages_per_s".into(), value("overall_mr")?);
    }
    Ok(metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by 1.22.0 for `-t stream_bw -s 64 -n 20000 -w 2000 -f -v`; 1.13.1 has no end of line.
    const NAMES: &str =
        "iterations,50.0_percentile_lat,avg_lat,overall_lat,avg_bw,overall_bw,avg_mr,overall_mr";
    const RATE_1_13: &str = "20000,0.070,0.074,0.074,828.75,828.75,13578194,13578194";
    const LATENCY_1_22: &str = "20000,0.085,0.098,0.098,623.90,623.90,10221907,10221907\n";

    fn case(workload: Workload) -> Case {
        Case::simple(workload, 64, Mode::Spinning)
    }

    #[test]
    fn latency_is_read() {
        let text = format!("{NAMES}\n{LATENCY_1_22}");
        let metrics = parse(&case(Workload::Latency), &text).unwrap();
        assert_eq!((metrics["p50_us"], metrics["mean_us"]), (0.085, 0.098));
    }

    #[test]
    fn rates_and_bandwidths_are_read() {
        let text = format!("noise\n{NAMES}\n{RATE_1_13}");
        let metrics = parse(&case(Workload::Rate), &text).unwrap();
        assert_eq!(metrics["messages_per_s"], 13_578_194.0);
        assert!((metrics["gb_per_s"] - 0.869).abs() < 1e-3);
    }

    #[test]
    fn anything_else_is_an_error() {
        let bad = [
            "".to_owned(),
            NAMES.to_owned(),
            format!("{NAMES}\n20000,0.1"),
            format!("{NAMES}\n20000,x,x,x,x,x,x,x"),
            format!("{NAMES}\n20000,0,0,0,0,0,0,0"),
        ];
        for text in bad {
            assert!(parse(&case(Workload::Latency), &text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn both_ways_to_write_the_version_are_read() {
        let version = |text| parse_version(text);
        assert_eq!(
            version("# Version 1.13.1\n# Git").as_deref(),
            Some("1.13.1")
        );
        assert_eq!(
            version("# Library version: 1.22.0\n").as_deref(),
            Some("1.22.0")
        );
        assert_eq!(version("nothing"), None);
    }
}

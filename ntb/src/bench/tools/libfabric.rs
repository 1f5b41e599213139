//! libfabric's shared-memory provider, by `fi_pingpong`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::bench::document::Metrics;
use crate::bench::plan::{Case, Workload};
use crate::bench::wire::{Mode, Placement};

const PROGRAM: &str = "fi_pingpong";

/// # Errors
/// If libfabric's programs are not there.
pub fn version() -> anyhow::Result<String> {
    ensure!(
        super::find(PROGRAM).is_some(),
        "not installed (no {PROGRAM} in PATH)"
    );
    let text = super::output("fi_info", &["--version"])?;
    parse_version(&text).context("fi_info names no version")
}

fn parse_version(text: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("libfabric:"))?;
    Some(line.trim().to_owned())
}

/// A ping-pong with spinning receivers and nothing else.
pub fn supports(case: &Case) -> bool {
    case.workload == Workload::Latency
        && case.mode == Mode::Spinning
        && case.placement != Placement::OneCore
}

/// Server and client. Both have to be told the same count: the server would stop answering.
pub fn commands(case: &Case, port: u16, time: Duration) -> [Command; 2] {
    let count = case.guess(time, 600.0).max(100).to_string();
    let (port, size) = (port.to_string(), case.size.to_string());
    let program = || {
        let mut program = Command::new(PROGRAM);
        program.args(["-p", "shm", "-e", "rdm", "-I", &count, "-S", &size]);
        program
    };
    let (mut server, mut client) = (program(), program());
    server.args(["-B", &port]);
    client.args(["-P", &port, "127.0.0.1"]);
    [server, client]
}

/// Reads the table of one line: it tells means only.
///
/// # Errors
/// If it isn't there.
pub fn parse(text: &str) -> anyhow::Result<Metrics> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("bytes"));
    let names = lines.next().context("fi_pingpong printed no table")?;
    let values = lines.next().context("fi_pingpong printed no values")?;
    let at = names
        .split_whitespace()
        .position(|name| name == "usec/xfer");
    let text = at.and_then(|at| values.split_whitespace().nth(at));
    let mean: f64 = text
        .and_then(|text| text.parse().ok())
        .with_context(|| format!("no usec/xfer in {values:?}"))?;
    ensure!(mean > 0.0, "usec/xfer is {mean}");
    Ok(Metrics::from([("mean_us".to_owned(), mean)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by 1.17.0 for `-p shm -e rdm -S 64 -I 20000`.
    const TABLE: &str = "bytes   #sent   #ack     total       time     MB/sec    usec/xfer   Mxfers/sec\n\
        64      20k     =20k     2.4m        0.01s    213.03       0.30       3.33\n";

    #[test]
    fn the_mean_is_read() {
        assert_eq!(parse(TABLE).unwrap()["mean_us"], 0.30);
    }

    #[test]
    fn anything_else_is_an_error() {
        let header = TABLE.lines().next().unwrap();
        for text in ["", "64 20k", header, &format!("{header}\n64 20k =20k")] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&TABLE.replace("0.30", "0.00")).is_err());
    }

    #[test]
    fn the_version_is_read() {
        let text = "/usr/bin/fi_info: 1.17.0\nlibfabric: 1.17.0\nlibfabric api: 1.17\n";
        assert_eq!(parse_version(text).as_deref(), Some("1.17.0"));
        assert_eq!(parse_version("fi_info: 1"), None);
    }
}

//! `ntb stat`: finds the processes, picks the wanted ones, prints once or again and again.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use ntb_core::report::{self, Found, Report};
use serde::Serialize;

use crate::render::{self, Before};

/// Moves the cursor to the top left corner and clears the terminal.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// What the names of BeeGFS's programs begin with.
const PROGRAM_PREFIX: &str = "beegfs-";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print all numbers as JSON: one document, or one line each time with --watch.
    #[arg(long)]
    json: bool,
    /// Print again after this many seconds (0.1 to 86400), with rates.
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    watch: Option<Duration>,
    /// Only this process: its name, with or without "beegfs-", or its id.
    #[arg(long, value_name = "NAME")]
    process: Option<String>,
    /// Also list each connection, with waits and doorbells.
    #[arg(long)]
    endpoints: bool,
}

/// What was found at one time.
#[derive(Debug, Default, Serialize)]
pub struct Sample {
    pub processes: Vec<Report>,
    pub unreadable: Vec<Unreadable>,
}

/// A process that has a statistics socket but does not answer on it.
#[derive(Debug, Serialize)]
pub struct Unreadable {
    pub pid: u32,
    pub reason: String,
}

/// # Errors
/// If no process is found (except with `--watch` or `--json`), if the folder of the sockets
/// cannot be listed, or if standard output is gone.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let dir = report::runtime_dir();
    let mut before: Option<(Instant, Sample)> = None;
    loop {
        let sample = take(&dir, args.process.as_deref())?;
        let now = Instant::now();
        let text = if args.json {
            json(&sample, args.watch.is_some())?
        } else if sample.is_empty() {
            let message = not_found(&dir, args.process.as_deref());
            if args.watch.is_none() {
                bail!(message);
            }
            format!("{message}\n")
        } else {
            let before = before.as_ref().map(|(then, sample)| Before {
                sample,
                elapsed: now.duration_since(*then),
            });
            render::text(&sample, before, args.endpoints)
        };
        print(&text, args.watch.is_some() && !args.json)?;
        let Some(pause) = args.watch else {
            return Ok(());
        };
        before = Some((now, sample));
        std::thread::sleep(pause);
    }
}

impl Sample {
    fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.unreadable.is_empty()
    }
}

fn take(dir: &Path, wanted: Option<&str>) -> anyhow::Result<Sample> {
    let found = report::discover_in(dir).with_context(|| dir.display().to_string())?;
    let mut sample = Sample::default();
    for Found { pid, report, .. } in found {
        match report {
            Ok(report) if wanted.is_none_or(|wanted| is_wanted(&report, wanted)) => {
                sample.processes.push(report);
            }
            Ok(_) => {}
            Err(error) => sample.unreadable.push(Unreadable {
                pid,
                reason: error.to_string(),
            }),
        }
    }
    Ok(sample)
}

fn is_wanted(report: &Report, wanted: &str) -> bool {
    let name = report.process.as_str();
    name == wanted
        || name.strip_prefix(PROGRAM_PREFIX) == Some(wanted)
        || wanted == report.pid.to_string()
}

fn not_found(dir: &Path, wanted: Option<&str>) -> String {
    let which = wanted
        .map(|name| format!(" named {name:?}"))
        .unwrap_or_default();
    format!(
        "no running process{which} with NTB sockets: none serves its statistics in {} \
         (NTB_RUNTIME_DIR names another folder; a process appears there when it has started \
         its NTB transport)",
        dir.display()
    )
}

fn json(sample: &Sample, lines: bool) -> serde_json::Result<String> {
    let text = match lines {
        true => serde_json::to_string(sample)?,
        false => serde_json::to_string_pretty(sample)?,
    };
    Ok(text + "\n")
}

fn print(text: &str, refresh: bool) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    if refresh {
        let separator = if stdout.is_terminal() { CLEAR } else { "\n" };
        stdout.write_all(separator.as_bytes())?;
    }
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(secs) if (0.1..=86_400.0).contains(&secs) => Ok(Duration::from_secs_f64(secs)),
        _ => Err("a number from 0.1 to 86400".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_picked_by_name_short_name_or_id() {
        let report = Report {
            pid: 42,
            process: "beegfs-storage".to_owned(),
            ..Report::default()
        };
        for name in ["beegfs-storage", "storage", "42"] {
            assert!(is_wanted(&report, name), "{name}");
        }
        for name in ["stor", "beegfs-", "4", "meta", ""] {
            assert!(!is_wanted(&report, name), "{name}");
        }
    }

    #[test]
    fn pauses_are_bounded() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for bad in ["0", "-1", "nan", "inf", "1e9", "x"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}

//! Nodes that do everything at random while some of them are killed.
//!
//! `conformance soak [--seconds N] [--nodes N] [--seed N]` runs it for as long as you like; a short run
//! is one of the cases. What has to hold: nobody hangs or crashes, no call gives a code that it has no
//! reason for, whoever is connected to a killed process hears of it, its numbers are free again, and
//! nothing is left in those that survive: descriptors, threads, maps, memory.

mod actor;
mod census;
mod events;
mod message;
mod node;
mod random;
mod rings;
mod supervisor;
mod things;
mod work;

use std::process::ExitCode;
use std::time::Duration;

pub use node::run as node;

/// How a run goes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long nodes are killed; the end comes on top.
    pub length: Duration,
    /// Nodes of the fabric; the first of them has two processes.
    pub nodes: u32,
    /// Start of all that is random.
    pub seed: u64,
}

impl Plan {
    /// What the short run does.
    pub fn short() -> Self {
        Self {
            length: Duration::from_secs(8),
            nodes: 4,
            seed: 1,
        }
    }

    fn parse(words: &[&str]) -> Result<Self, String> {
        let mut plan = Self {
            length: Duration::from_secs(60),
            nodes: 8,
            seed: u64::from(std::process::id()),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words
                .next()
                .and_then(|value| value.parse::<u32>().ok())
                .ok_or_else(|| format!("{word} wants a number"))?;
            match *word {
                "--seconds" => plan.length = Duration::from_secs(value.into()),
                "--nodes" if (2..=60).contains(&value) => plan.nodes = value,
                "--seed" => plan.seed = value.into(),
                _ => return Err(format!("{word} {value} is unknown, or out of range")),
            }
        }
        Ok(plan)
    }
}

/// The command.
pub fn command(words: &[&str]) -> ExitCode {
    let outcome = Plan::parse(words).and_then(|plan| {
        println!("{plan:?}");
        let fabric = tempfile::tempdir().map_err(|error| error.to_string())?;
        supervisor::run(plan, fabric.path())
    });
    match outcome {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The case: a short run in the fabric that the environment names.
pub fn short() {
    let fabric = std::env::var("SISCI_EMU_DIR").unwrap();
    let summary = supervisor::run(Plan::short(), fabric.as_ref());
    println!("{}", summary.unwrap_or_else(|error| panic!("{error}")));
}

//! `ntb emu link` and `ntb emu node`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Subcommand;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use sisci::control::Fabric;

use super::{note_absent, say, warn};

#[derive(Debug, Subcommand)]
pub enum Link {
    /// Take the link between two nodes down, or all links of one node.
    Down(Ends),
    /// Bring it up again.
    Up(Ends),
    /// Take it down and up, several times. An interrupted command leaves it up.
    Flap(Flap),
}

#[derive(Debug, clap::Args)]
pub struct Ends {
    /// A node.
    a: u32,
    /// The node at the other end; without it all links of the first node.
    b: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub struct Flap {
    #[command(flatten)]
    ends: Ends,
    /// How long it is down each time, in milliseconds.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    down_ms: u64,
    /// How long it is up in between, in milliseconds.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    up_ms: u64,
    /// How often.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    times: u64,
}

#[derive(Debug, Subcommand)]
pub enum Node {
    /// Make it go: connections with it are lost on both sides.
    Gone {
        /// The node.
        node: u32,
    },
    /// Let it come back: programs have to connect again.
    Back {
        /// The node.
        node: u32,
    },
}

impl Link {
    pub fn run(&self, fabric: &Fabric) -> anyhow::Result<()> {
        match self {
            Self::Down(ends) => ends.command(fabric, false),
            Self::Up(ends) => ends.command(fabric, true),
            Self::Flap(flap) => flap.run(fabric),
        }
    }
}

impl Ends {
    fn command(&self, fabric: &Fabric, up: bool) -> anyhow::Result<()> {
        self.set(fabric, up)?;
        note_absent(fabric, &self.nodes())?;
        say(format_args!("{self} {}", if up { "up" } else { "down" }))
    }

    fn set(&self, fabric: &Fabric, up: bool) -> anyhow::Result<()> {
        let silent = match self.b {
            Some(b) => fabric.set_link(self.a, b, up)?,
            None => fabric.set_node_link(self.a, up)?,
        };
        warn(&silent);
        Ok(())
    }

    fn nodes(&self) -> Vec<u32> {
        [Some(self.a), self.b].into_iter().flatten().collect()
    }
}

impl std::fmt::Display for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.b {
            Some(b) => write!(f, "link {}-{b}", self.a),
            None => write!(f, "all links of node {}", self.a),
        }
    }
}

impl Flap {
    fn run(&self, fabric: &Fabric) -> anyhow::Result<()> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        note_absent(fabric, &self.ends.nodes())?;
        let mut done = 0;
        while done < self.times && !stop.load(Ordering::Relaxed) {
            if done > 0 {
                pause(self.up_ms, &stop);
            }
            self.ends.set(fabric, false)?;
            pause(self.down_ms, &stop);
            self.ends.set(fabric, true)?;
            done += 1;
        }
        say(format_args!(
            "{} went down {done} times and is up",
            self.ends
        ))
    }
}

/// Sleeps unless told to stop.
fn pause(milliseconds: u64, stop: &AtomicBool) {
    let end = Instant::now() + Duration::from_millis(milliseconds);
    while !stop.load(Ordering::Relaxed) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(Duration::from_millis(20)));
    }
}

impl Node {
    pub fn run(&self, fabric: &Fabric) -> anyhow::Result<()> {
        let (node, gone) = match *self {
            Self::Gone { node } => (node, true),
            Self::Back { node } => (node, false),
        };
        warn(&fabric.set_node_gone(node, gone)?);
        note_absent(fabric, &[node])?;
        say(format_args!(
            "node {node} {}",
            if gone { "gone" } else { "back" }
        ))
    }
}

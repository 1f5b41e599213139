//! `cargo xtask demo`: the whole path on the miniature BeeGFS tree, without privileges and without
//! hardware. Patches and compiles the tree, starts two daemons as two nodes of an emulated NTB
//! fabric, moves checksummed data between them over NTB and then over TCP, and fails unless
//! everything arrived, unchanged, on the path that was asked for.

mod daemon;
mod daemon_tests;
pub mod miniature;
mod report;
mod setup;
mod socket_tests;
mod stock_tests;
mod table;
mod traffic;
pub mod workspace;

pub use socket_tests::socket_tests;

use anyhow::Result;
use clap::ValueEnum;
use miniature::Generation;
use report::Outcome;
use workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON document and nothing else on standard output.
    #[arg(long)]
    json: bool,
    /// Move 64 MiB each way and 1,000 small exchanges instead of 1 GiB and 10,000.
    #[arg(long)]
    quick: bool,
    /// The socket interface to show: that of BeeGFS 7.4 or that of 8.2 and newer.
    #[arg(long, value_enum, default_value = "both")]
    generation: Choice,
    /// Keep the daemons' logs and reports, and say where they are.
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    #[value(name = "7")]
    Seven,
    #[value(name = "8")]
    Eight,
    Both,
}

impl Choice {
    fn generations(self) -> &'static [Generation] {
        match self {
            Choice::Seven => &[Generation::V7],
            Choice::Eight => &[Generation::V8],
            Choice::Both => &Generation::ALL,
        }
    }
}

pub fn run(args: Args) -> Result<()> {
    let workspace = Workspace::new("demo", args.keep)?;
    let outcomes = show(&args, &workspace)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&outcomes)?);
    } else {
        outcomes.iter().for_each(table::print);
    }
    Ok(())
}

fn show(args: &Args, workspace: &Workspace) -> Result<Vec<Outcome>> {
    miniature::ensure_needs()?;
    let workload = if args.quick {
        traffic::QUICK
    } else {
        traffic::FULL
    };
    args.generation
        .generations()
        .iter()
        .map(|&generation| {
            let miniature = miniature::build(generation)?;
            workspace.check()?;
            traffic::run(&miniature, workspace, &workload)
        })
        .collect()
}

//! `cluster mixed`: clusters of which not all can do the same. Each comes up, moves bulk data, and every
//! pair of servers takes the best path that it has: proven by the counters of both paths.
//!
//! | module | concept |
//! |---|---|
//! | [`case`] | the clusters, and which pairs can use NTB in each |
//! | [`trial`] | one of them from its start to its end |

mod case;
mod trial;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::ensure;
use clap::ValueEnum;

use super::outcomes::Outcomes;
use super::plan::ClusterName;
use super::software::Software;
use super::tools::Interrupt;
use super::{NameArgs, down};
use case::Case;
use trial::{Outcome, Trial};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of a build with patched daemons.
    #[arg(long)]
    prefix: PathBuf,
    /// Folder of a build of the same release without patches (`build-beegfs --pristine`). Without it, the
    /// clusters with a stock server are left out.
    #[arg(long, value_name = "PREFIX")]
    stock: Option<PathBuf>,
    /// The separate management daemon of BeeGFS 8.
    #[arg(long, value_name = "PROGRAM")]
    mgmtd: Option<PathBuf>,
    /// Only these clusters.
    #[arg(long, value_delimiter = ',', value_name = "CASES")]
    only: Vec<Case>,
    /// The `ntb` program. Default: built from this tree.
    #[arg(long, value_name = "PROGRAM")]
    ntb: Option<PathBuf>,
    #[command(flatten)]
    name: NameArgs,
}

/// # Errors
/// If a cluster did not work, or a pair of its servers did not take its best path.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let software = Software::find(&args.prefix, args.mgmtd.as_deref(), &[])?;
    ensure!(
        software.is_patched(),
        "the daemons in {} are not patched",
        args.prefix.display()
    );
    let interrupt = Interrupt::install()?;
    let mut outcomes = Outcomes::new(&["cluster", "outcome", "what was seen"]);
    for case in cases(&args.only) {
        interrupt.check()?;
        let name = case.name();
        eprintln!("\n=== {name}: {}", case.text());
        let begin = Instant::now();
        let outcome = Trial::new(args, case, interrupt.clone()).run();
        // Also after a failure, and its own failure counts.
        let removed = remove(&args.name.name);
        let row = outcome.and_then(|outcome| removed.map(|()| outcome));
        outcomes.add(name, begin, row.map(cells));
    }
    outcomes.finish()
}

fn cells(outcome: Outcome) -> [String; 2] {
    match outcome {
        Outcome::Works(lines) => ["works".to_owned(), lines.join("\n")],
        Outcome::NotHere(why) => ["not here".to_owned(), why.to_owned()],
    }
}

fn remove(name: &ClusterName) -> anyhow::Result<()> {
    if super::state::exists(name)? {
        down::run(name)?;
    }
    Ok(())
}

fn cases(only: &[Case]) -> Vec<Case> {
    let is_wanted = |case: &Case| only.is_empty() || only.contains(case);
    let all = Case::value_variants().iter().copied();
    all.filter(is_wanted).collect()
}

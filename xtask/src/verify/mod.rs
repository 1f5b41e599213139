//! `cargo xtask verify-beegfs`: what this repository claims about releases, tried on each of them.
//!
//! A release is a row, a column is a stage of its proof. A row is kept in the work folder and used
//! again while its inputs are the same, so a run that was cut off goes on where it was.

mod row;
mod smoke;
mod stages;
mod syntax;
mod unit;

use crate::build::{self, Compile};
use crate::util::{self, Negative};
use crate::{cluster, patch};
use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use row::{Cell, Row};
use stages::Release;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A git directory that has the releases as tags.
    #[arg(long, value_name = "GITDIR")]
    source: PathBuf,
    /// The releases, separated by commas; `all`: every tag that the edits are meant for.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "all"
    )]
    versions: Vec<String>,
    /// The last stage to be done.
    #[arg(long, value_name = "STAGE", default_value = "smoke")]
    until: Stage,
    /// Trees, builds and finished rows. Default: target/verify
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Releases that are worked on at the same time.
    #[arg(long, value_name = "N", default_value_t = 1)]
    parallel: usize,
    /// Compilers for each of them. Default: one for each processor.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// The compiler's optimisation level, 0 to 3; upstream's is 3.
    #[arg(long, value_name = "LEVEL", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(0..=3))]
    optimize: u8,
    /// Do without ccache.
    #[arg(long)]
    no_ccache: bool,
    /// The separate management daemon of BeeGFS 8, for the cluster.
    #[arg(long, value_name = "PROGRAM")]
    mgmtd: Option<PathBuf>,
    /// Do rows again that are finished.
    #[arg(long)]
    redo: bool,
    /// Keep the trees of rows that are finished, with their objects (about 1 GB each).
    #[arg(long)]
    keep_trees: bool,
}

/// The columns, in their order; each needs the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Stage {
    /// All edits have their place.
    Edits,
    /// Every file that an edit changes or the overlay adds, and the library, is accepted by the
    /// compiler. Quick: a minute.
    Syntax,
    /// The patched tree compiles, and the daemons can load the library.
    Build,
    /// Upstream's unit tests, unpatched and patched, give the same results.
    Unit,
    /// A cluster of the patched daemons comes up and moves data over NTB, undamaged.
    Smoke,
}

impl Stage {
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What all rows share.
pub struct Plan {
    pub git_dir: PathBuf,
    pub work: PathBuf,
    pub until: Stage,
    pub compile: Compile,
    pub mgmtd: Option<PathBuf>,
    pub redo: bool,
    pub keep_trees: bool,
    /// Digest of all that this repository puts into a build.
    pub inputs: String,
    /// Clusters are started one at a time.
    pub cluster: Mutex<()>,
}

/// # Errors
/// The git directory or a program that is needed is missing; [`Negative`] if a row failed.
pub fn run(args: Args) -> Result<()> {
    ensure!(
        build::source::is_git_dir(&args.source),
        "{} is no git directory (for a source tree: patch check, build-beegfs)",
        args.source.display()
    );
    let versions = patch::releases(&args.source, &args.versions)?;
    let ccache = !args.no_ccache && util::is_installed("ccache");
    if !ccache && !args.no_ccache {
        println!("ccache is not installed: every release is compiled in full");
    }
    if args.until >= Stage::Smoke {
        cluster::require().context("the cluster (use --until unit without it)")?;
    }
    let work = args
        .work
        .unwrap_or_else(|| util::target_dir().join("verify"));
    let plan = Plan {
        git_dir: args.source,
        work: std::path::absolute(&work)?,
        until: args.until,
        compile: Compile {
            jobs: args.jobs.unwrap_or_else(build::processors).max(1),
            ccache,
            optimize: Some(args.optimize),
        },
        mgmtd: args.mgmtd.map(std::path::absolute).transpose()?,
        redo: args.redo,
        keep_trees: args.keep_trees,
        inputs: stages::inputs_digest()?,
        cluster: Mutex::new(()),
    };
    let rows = every_release(&plan, &versions, args.parallel.max(1))?;
    print!("{}", row::table(&rows));
    let left: Vec<String> = rows.iter().flat_map(Row::left).collect();
    if !left.is_empty() {
        println!("not done: {}", left.join(", "));
    }
    let failed = rows.iter().filter(|row| row.failed()).count();
    if failed > 0 {
        bail!(Negative(format!(
            "{failed} of {} releases failed",
            rows.len()
        )));
    }
    Ok(())
}

/// Works through the releases, `parallel` at a time.
fn every_release(plan: &Plan, versions: &[String], parallel: usize) -> Result<Vec<Row>> {
    let queue: Mutex<VecDeque<(usize, &String)>> =
        Mutex::new(versions.iter().enumerate().collect());
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::default();
    let lock_failed = PoisonError::into_inner;
    std::thread::scope(|scope| {
        for _ in 0..parallel.min(versions.len()) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(lock_failed).pop_front();
                    let Some((index, version)) = next else { return };
                    let row = one_release(plan, version);
                    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                    rows.push((index, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(index, _)| *index);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// All stages of one release, up to the first that fails.
fn one_release(plan: &Plan, version: &str) -> Row {
    let release = Release { plan, version };
    let kept = row::load(&release.row_file(), &release.key()).filter(|_| !plan.redo);
    let mut row = kept.unwrap_or_else(|| Row::new(version, &release.key()));
    for stage in Stage::value_variants().iter().copied() {
        if stage > plan.until {
            break;
        }
        if row.is_good(stage) {
            println!("{version}: {}: kept", stage.name());
            continue;
        }
        println!("{version}: {}", stage.name());
        let cell = match release.run(stage) {
            Ok(cell) => cell,
            Err(error) => Cell::Failed(format!("{error:#}")),
        };
        let go_on = !cell.is_failure();
        println!("{version}: {}: {cell}", stage.name());
        row.set(stage, cell);
        if let Err(error) = row.save(&release.row_file()) {
            eprintln!("{version}: the row is not kept: {error:#}");
        }
        if !go_on {
            break;
        }
    }
    if !row.failed() && plan.until >= Stage::Build && !plan.keep_trees {
        release.remove_trees();
    }
    row
}

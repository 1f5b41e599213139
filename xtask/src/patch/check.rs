//! `cargo xtask patch check`: what of the edits fits which tree.

use super::plan::Status;
use super::version::{self, Detected};
use super::{Checked, EditSet, edits_folder, survey_tree};
use crate::{build::source, util::Negative};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// An unpatched BeeGFS source tree, or a git directory that has releases as tags.
    #[arg(long, value_name = "DIR")]
    source: PathBuf,
    /// The release that a source tree is, for example 7.4.6; found out if absent.
    #[arg(long, value_name = "VERSION", conflicts_with = "versions")]
    version: Option<String>,
    /// Releases of a git directory, separated by commas; `all`: every tag that the edits are
    /// meant for.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    versions: Vec<String>,
    /// Also say what each edit is for.
    #[arg(long)]
    why: bool,
}

/// What the trees together come to.
#[derive(Debug, Default)]
struct Sum {
    trees: usize,
    fitting: usize,
}

pub fn run(args: &Args) -> Result<()> {
    let mut sum = Sum::default();
    if source::is_git_dir(&args.source) {
        let wanted = match &args.version {
            Some(version) => vec![version.clone()],
            None => releases(&args.source, &args.versions)?,
        };
        for tag in &wanted {
            let folder = tempfile::tempdir()?;
            source::export_servers(&args.source, tag, folder.path())?;
            let checked = survey_tree(folder.path(), Some(tag)).with_context(|| tag.clone())?;
            let detailed = wanted.len() == 1;
            sum.add(&checked, detailed, args.why);
        }
    } else {
        ensure!(
            args.versions.is_empty(),
            "--versions is for a git directory; a source tree is of one release (--version)"
        );
        let checked = survey_tree(&args.source, args.version.as_deref())?;
        sum.add(&checked, true, args.why);
    }
    sum.judge()
}

/// The tags that `list` names.
///
/// # Errors
/// A name that is no version; a git directory without a tag that the edits are meant for.
pub fn releases(git_dir: &Path, list: &[String]) -> Result<Vec<String>> {
    let all = list.is_empty() || list.iter().any(|name| name == "all");
    if !all {
        for name in list {
            version::parse(name)?;
        }
        return Ok(list.to_vec());
    }
    let set = EditSet::load(&edits_folder())?;
    let mut found: Vec<_> = source::tags(git_dir)?
        .into_iter()
        .filter_map(|tag| Some((version::parse(&tag).ok()?, tag)))
        .filter(|(version, tag)| set.covers(version) && !tag.contains('-'))
        .collect();
    found.sort();
    ensure!(
        !found.is_empty(),
        "{} has no tag of a release {}",
        git_dir.display(),
        set.range()
    );
    Ok(found.into_iter().map(|(_, tag)| tag).collect())
}

impl Sum {
    /// Prints what of the edits fits one tree; `detailed`: edit by edit, not only the problems.
    fn add(&mut self, checked: &Checked, detailed: bool, why: bool) {
        let Detected { name, by, .. } = &checked.detected;
        let count = |wanted: fn(&Status) -> bool| {
            let statuses = checked.outcomes().iter().map(|outcome| &outcome.status);
            statuses.filter(|status| wanted(status)).count()
        };
        let fit = count(|status| matches!(status, Status::Fits { .. }));
        let not = count(|status| matches!(status, Status::Failed(_) | Status::Present));
        let skipped = checked.outcomes().len() - fit - not;
        println!("BeeGFS {name} ({by}): {fit} places fit, {not} do not, {skipped} not needed");
        if !checked.is_covered {
            println!("  not supported: the edits are for {}", checked.range);
        }
        if checked.detected.is_guess {
            println!("  whether the release is supported is not known: name it with --version");
        }
        for outcome in checked.outcomes() {
            let sign = match outcome.status {
                Status::Fits { .. } => "fits",
                Status::OtherVersion | Status::NoComponent(_) => "skip",
                Status::Present | Status::Failed(_) => "FAIL",
            };
            if detailed || sign == "FAIL" {
                println!("  {sign}  {outcome}");
            }
            if why && (detailed || sign == "FAIL") {
                println!("        {}", outcome.why);
            }
        }
        self.trees += 1;
        self.fitting += usize::from(not == 0 && checked.is_covered);
    }

    fn judge(&self) -> Result<()> {
        let Sum { trees, fitting } = self;
        if trees > &1 {
            println!("{fitting} of {trees} releases fit");
        }
        if trees == fitting {
            return Ok(());
        }
        bail!(Negative(format!(
            "{} of {trees} trees do not fit or are not supported",
            trees - fitting
        )))
    }
}

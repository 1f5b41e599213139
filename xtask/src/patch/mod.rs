//! `cargo xtask patch`: structural edits of a BeeGFS source tree.
//!
//! The edits are data (`beegfs-ssock/edits/*.toml`); new files are the overlay
//! (`beegfs-ssock/overlay/`). Everything is planned in memory over the whole tree; only a plan
//! without a single problem is written, and only into a copy.

mod anchor;
mod check;
mod conf;
mod cpp;
mod edit;
mod near;
mod plan;
#[cfg(test)]
mod tests;
mod token;
pub mod tree;
pub mod version;

use crate::pins::Pins;
use crate::util;
use anyhow::{Context, Result, bail, ensure};
pub use check::releases;
use clap::Subcommand;
use edit::EditSet;
use plan::{Plan, Status};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use version::Detected;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say edit by edit what fits a tree, or releases in a git directory; changes nothing.
    ///
    /// Exit code 0: everything fits. 3: something does not, or a release is not supported. Any
    /// other: the check could not be made.
    Check(check::Args),
    /// Apply all edits and the overlay to a copy of a tree.
    Apply {
        #[command(flatten)]
        tree: Tree,
        /// The copy: a new or empty folder, or an earlier copy, which is brought up to date.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Plan everything, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Tree {
    /// An unpatched BeeGFS source tree.
    #[arg(long, value_name = "DIR")]
    source: PathBuf,
    /// The release it is, for example 7.4.6; found out if absent.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

pub fn run(args: Args) -> Result<()> {
    match args.command {
        Command::Check(args) => check::run(&args),
        Command::Apply { tree, out, dry_run } => {
            let version = tree.version.as_deref();
            let report = if dry_run {
                let checked = check_tree(&tree.source, version)?;
                checked.ensure_fits()?;
                checked.report()
            } else {
                apply_tree(&tree.source, &out, version)?
            };
            let verb = if dry_run { "would change" } else { "changed" };
            println!(
                "{}: BeeGFS {}, {} edits {verb} {} files, {} files added",
                out.display(),
                report.version,
                report.edits.len(),
                report.changed.len(),
                report.added.len(),
            );
            Ok(())
        }
    }
}

/// What was applied to a tree; also the content of the marker file in the patched copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The release, as upstream writes it.
    pub version: String,
    /// The commit, if the source tree was a checked-out one or equals a pinned release.
    pub commit: Option<String>,
    /// Digest of the unpatched source tree.
    pub source_digest: String,
    /// Digest of edits and overlay.
    pub edits_digest: String,
    /// Ids of the edits that were applied.
    pub edits: BTreeSet<String>,
    /// Files changed by edits.
    pub changed: BTreeSet<PathBuf>,
    /// Files of the overlay.
    pub added: BTreeSet<PathBuf>,
    /// Every other file of the copy.
    pub copied: BTreeSet<PathBuf>,
}

/// A tree and the plan for it.
pub struct Checked {
    source: PathBuf,
    commit: Option<String>,
    pub detected: Detected,
    /// Whether the edits were written for this release.
    pub is_covered: bool,
    /// The releases that they were written for.
    pub range: String,
    plan: Plan,
    overlay: BTreeMap<PathBuf, Vec<u8>>,
    files: BTreeSet<PathBuf>,
    source_digest: String,
    edits_digest: String,
}

fn edits_folder() -> PathBuf {
    util::root().join("beegfs-ssock/edits")
}

fn overlay_folder() -> PathBuf {
    util::root().join("beegfs-ssock/overlay")
}

/// Digest of all edits and overlay files of this repository.
pub fn edits_digest() -> Result<String> {
    let root = util::root().join("beegfs-ssock");
    let ours = |file: &PathBuf| file.starts_with("edits") || file.starts_with("overlay");
    let files: Vec<_> = tree::list(&root)?.into_iter().filter(ours).collect();
    tree::digest(&root, &files)
}

/// # Errors
/// `source` is no BeeGFS tree, or one that this program patched.
pub fn ensure_unpatched(source: &Path) -> Result<()> {
    version::ensure_beegfs(source)?;
    ensure!(
        !version::marker(source).exists(),
        "{} is already patched (it has {}); give the unpatched tree",
        source.display(),
        version::marker(Path::new("")).display()
    );
    Ok(())
}

/// Plans all edits and the overlay for the tree in `source`, without writing anything.
///
/// # Errors
/// `source` is no BeeGFS tree, its release cannot be told or isn't covered by the edits, or the
/// tree is patched already. Edits that do not fit are no error here: see
/// [`Checked::ensure_fits`].
pub fn check_tree(source: &Path, named: Option<&str>) -> Result<Checked> {
    ensure_unpatched(source)?;
    let pins = Pins::load()?;
    let detected = version::detect(source, named, &pins)?;
    let checked = plan_tree(source, detected, &pins)?;
    ensure!(
        checked.is_covered,
        "BeeGFS {} is not supported: the edits are for {}",
        checked.detected.name,
        checked.range
    );
    Ok(checked)
}

/// As [`check_tree`], for a tree of any release, known or not.
///
/// # Errors
/// `source` is no BeeGFS tree, the named release contradicts it, or it is patched already.
pub fn survey_tree(source: &Path, named: Option<&str>) -> Result<Checked> {
    ensure_unpatched(source)?;
    let pins = Pins::load()?;
    let detected = version::detect_or_guess(source, named, &pins)?;
    plan_tree(source, detected, &pins)
}

fn plan_tree(source: &Path, detected: Detected, pins: &Pins) -> Result<Checked> {
    let set = EditSet::load(&edits_folder())?;
    let is_covered = set.covers(&detected.version);
    // A release outside of the range has no edits of its own: all are tried.
    let planned = if is_covered {
        plan::plan(source, Some(&detected.version), &set)
    } else {
        plan::plan(source, None, &set)
    };
    let overlay = read_overlay()?;
    refuse_patched(source, &planned, &overlay)?;
    let files = tree::list(source)?;
    Ok(Checked {
        source: source.to_path_buf(),
        commit: commit(source, &detected, pins)?,
        detected,
        is_covered,
        range: set.range(),
        plan: planned,
        overlay,
        source_digest: version::tree_digest(source)?,
        edits_digest: edits_digest()?,
        files,
    })
}

/// The commit that is checked out, or the pinned one whose sources these are.
fn commit(source: &Path, detected: &Detected, pins: &Pins) -> Result<Option<String>> {
    if let Some(commit) = version::git_commit(source) {
        return Ok(Some(commit));
    }
    let Some(pin) = pins.get(&detected.name) else {
        return Ok(None);
    };
    let equal = version::server_digest(source)? == pin.servers;
    Ok(equal.then(|| pin.commit.clone()))
}

fn read_overlay() -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let folder = overlay_folder();
    tree::list(&folder)?
        .into_iter()
        .map(|file| {
            let text = fs::read(folder.join(&file))?;
            Ok((file, text))
        })
        .collect()
}

/// A tree that was patched without leaving our marker: edits whose text is there, or files of
/// the overlay.
fn refuse_patched(source: &Path, plan: &Plan, overlay: &BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    let mut signs: Vec<String> = plan
        .outcomes
        .iter()
        .filter(|outcome| outcome.status == Status::Present)
        .map(ToString::to_string)
        .collect();
    signs.extend(
        overlay
            .keys()
            .filter(|file| source.join(file).exists())
            .map(|file| format!("{}: a file of the overlay", file.display())),
    );
    if signs.is_empty() {
        return Ok(());
    }
    bail!(
        "{} is already patched:\n  {}",
        source.display(),
        signs.join("\n  ")
    )
}

impl Checked {
    /// What became of each edit in each of its files.
    pub fn outcomes(&self) -> &[plan::Outcome] {
        &self.plan.outcomes
    }

    /// # Errors
    /// Every edit that does not fit, with its file and the reason.
    pub fn ensure_fits(&self) -> Result<()> {
        let problems: Vec<_> = self.plan.problems().map(ToString::to_string).collect();
        if problems.is_empty() {
            return Ok(());
        }
        bail!(
            "{} of the edits do not fit BeeGFS {} in {}; nothing was written:\n  {}",
            problems.len(),
            self.detected.name,
            self.source.display(),
            problems.join("\n  ")
        )
    }

    /// What applying the plan does.
    pub fn report(&self) -> Report {
        let fits = |outcome: &&plan::Outcome| matches!(outcome.status, Status::Fits { .. });
        let changed: BTreeSet<_> = self.plan.files.keys().cloned().collect();
        Report {
            version: self.detected.name.clone(),
            commit: self.commit.clone(),
            source_digest: self.source_digest.clone(),
            edits_digest: self.edits_digest.clone(),
            edits: self
                .plan
                .outcomes
                .iter()
                .filter(fits)
                .map(|o| o.id.clone())
                .collect(),
            copied: self.files.difference(&changed).cloned().collect(),
            changed,
            added: self.overlay.keys().cloned().collect(),
        }
    }

    /// Writes the patched copy.
    fn write(&self, out: &Path) -> Result<Report> {
        let report = self.report();
        let before = read_marker(out)?.map(|old| {
            old.copied
                .into_iter()
                .chain(old.changed)
                .chain(old.added)
                .collect::<BTreeSet<_>>()
        });
        let empty = || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
        ensure!(
            before.is_some() || !out.exists() || empty(),
            "{} has files that this command did not write; give a new or empty folder",
            out.display()
        );
        let mut changed = self.plan.files.clone();
        changed.extend(self.overlay.clone());
        fs::create_dir_all(out).with_context(|| format!("creating {}", out.display()))?;
        // The marker first: it makes an interrupted copy recognisable, and complete on the next
        // run, because every file is compared again.
        write_marker(out, &report)?;
        tree::copy(
            &self.source,
            &self.files,
            &changed,
            out,
            &before.unwrap_or_default(),
        )?;
        Ok(report)
    }
}

/// What was applied to the patched tree in `root`; `None` if it has no marker.
///
/// # Errors
/// A marker that cannot be read.
pub fn read_marker(root: &Path) -> Result<Option<Report>> {
    let path = version::marker(root);
    match fs::read(&path) {
        Ok(text) => {
            let report = serde_json::from_slice(&text);
            Ok(Some(
                report.with_context(|| format!("reading {}", path.display()))?,
            ))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

/// Writes what was applied to the patched tree in `root`.
///
/// # Errors
/// The marker cannot be written.
pub fn write_marker(root: &Path, report: &Report) -> Result<()> {
    let path = version::marker(root);
    let text = serde_json::to_string_pretty(report)? + "\n";
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

/// Applies all edits and the overlay to the tree in `source`, into the copy `out`: a new or empty
/// folder, or an earlier copy. All or nothing: if one edit does not fit, nothing is written.
///
/// # Errors
/// Those of [`check_tree`] and [`Checked::ensure_fits`], or a file that cannot be copied.
pub fn apply_tree(source: &Path, out: &Path, version: Option<&str>) -> Result<Report> {
    let checked = check_tree(source, version)?;
    checked.ensure_fits()?;
    let inside = |a: &Path, b: &Path| a.starts_with(b);
    let source = fs::canonicalize(source)?;
    let target =
        fs::canonicalize(out).unwrap_or_else(|_| std::path::absolute(out).unwrap_or(out.into()));
    ensure!(
        !inside(&target, &source) && !inside(&source, &target),
        "{} and {} must lie apart",
        source.display(),
        target.display()
    );
    // A full disk must not leave half a tree behind. One that was there before is only brought up
    // to date: what it lacks then, the next run adds.
    let is_new = !out.exists();
    checked.write(out).inspect_err(|_| {
        if is_new {
            let _ = fs::remove_dir_all(out);
        }
    })
}

//! What a build in a container gets to see: copies of this repository and of the crates, so that
//! nothing that lies around here can get in.

use crate::{patch::tree, tidy, util};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// Everything that belongs to the repository, relative to its root.
///
/// # Errors
/// A folder can't be read.
pub fn files() -> Result<BTreeSet<PathBuf>> {
    let root = util::root();
    let mut files = BTreeSet::new();
    for entry in WalkDir::new(&root).into_iter().filter_entry(tidy::is_ours) {
        let entry = entry.with_context(|| format!("reading {}", root.display()))?;
        if entry.file_type().is_file() {
            files.insert(entry.path().strip_prefix(&root)?.to_path_buf());
        }
    }
    Ok(files)
}

/// Digest of names and contents of the repository's `files`.
///
/// # Errors
/// A file can't be read.
pub fn digest(files: &BTreeSet<PathBuf>) -> Result<String> {
    tree::digest(&util::root(), files)
}

/// The repository's commit, with `-dirty` if files differ from it; none outside of version control.
pub fn commit() -> Option<String> {
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        util::output(command.arg("-C").arg(util::root()).args(args)).ok()
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let clean = git(&["status", "--porcelain"]).is_some_and(|text| text.is_empty());
    Some(if clean {
        commit
    } else {
        format!("{commit}-dirty")
    })
}

/// Copies of this repository's files.
pub struct Project {
    /// Digest of names and contents.
    pub digest: String,
    /// As [`commit()`] has it.
    pub commit: Option<String>,
}

/// Copies everything that belongs to the repository to `out`.
///
/// # Errors
/// A file can't be read or written.
pub fn project(out: &Path) -> Result<Project> {
    let files = files()?;
    tree::copy(
        &util::root(),
        &files,
        &BTreeMap::new(),
        out,
        &BTreeSet::new(),
    )?;
    Ok(Project {
        digest: digest(&files)?,
        commit: commit(),
    })
}

/// SHA-256 of `Cargo.lock`.
///
/// # Errors
/// It can't be read.
pub fn lock_digest() -> Result<String> {
    let text = fs::read(util::root().join("Cargo.lock")).context("reading Cargo.lock")?;
    Ok(tree::hex(&Sha256::digest(text)))
}

/// The sources of all crates in Cargo.lock, in a folder that is kept as long as that file is the same.
///
/// # Errors
/// cargo can't get them.
pub fn vendor(log: &Path) -> Result<PathBuf> {
    let parent = util::target_dir().join("container/vendor");
    let folder = parent.join(&lock_digest()?[..16]);
    if folder.is_dir() {
        return Ok(folder);
    }
    // Those of an earlier Cargo.lock.
    let _ = fs::remove_dir_all(&parent);
    let staging = parent.join("new");
    let mut command = util::cargo();
    command
        .args(["vendor", "--locked", "--versioned-dirs"])
        .arg(&staging);
    let copied = util::logged("crates", &mut command, log, |line| {
        line.contains("Vendoring ")
    });
    if let Err(error) = copied {
        let _ = fs::remove_dir_all(&staging);
        ensure!(
            !util::is_full_disk(&error),
            "crates: no space left where they are kept, {}: make room there or set CARGO_TARGET_DIR",
            parent.display()
        );
        return Err(error);
    }
    fs::rename(&staging, &folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// Settings of cargo for a build that finds the crates in `vendor`, as it is seen there.
pub fn cargo_settings(vendor: &Path) -> String {
    format!(
        "[source.crates-io]\nreplace-with = \"vendored\"\n\n[source.vendored]\ndirectory = \"{}\"\n\n\
         [net]\noffline = true\n",
        vendor.display()
    )
}

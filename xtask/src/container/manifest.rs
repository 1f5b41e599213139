//! What a result was made of, and its checksums.

use crate::{
    build::{
        Job, daemons,
        install::{MANIFEST, Manifest},
    },
    patch::{self, tree},
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Name of the checksum list, in the format of `sha256sum`.
pub const SUMS: &str = "SHA256SUMS";

/// What a build in a container has besides the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Name of the image.
    pub image: String,
    /// Digest of its content.
    pub image_digest: String,
    /// Commit of this repository; `-dirty` if its files were others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_commit: Option<String>,
    /// Digest of this repository's files.
    pub project_digest: String,
    pub cargo_lock_digest: String,
    pub source_date_epoch: u64,
    pub rust_flags: String,
    /// Whether the image's packages had the versions of the lock; older builds did not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages_locked: Option<bool>,
}

/// Writes manifest and checksums into a result.
///
/// # Errors
/// A file can't be read or written.
pub fn write(
    job: &Job,
    folder: &Path,
    toolchain: Vec<(String, String)>,
    inputs: Inputs,
) -> Result<()> {
    let report = patch::read_marker(&job.tree())?.context("the tree is not patched")?;
    let manifest = Manifest {
        schema: 1,
        version: job.version.clone(),
        commit: job.commit().or(report.commit),
        source_digest: report.source_digest,
        edits_digest: Some(report.edits_digest),
        toolchain: toolchain.into_iter().collect(),
        // The folder of a build is no property of what was built.
        flags: daemons::extra_flags(Path::new("TREE")) + &job.level(),
        artifacts: checksums(folder)?,
        container: Some(inputs),
    };
    seal(folder, &manifest)
}

/// Writes a manifest and the checksums of everything, and takes others' right to change any of it, which this user's
/// umask may have given them.
///
/// # Errors
/// A file can't be read or written.
pub fn seal(folder: &Path, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest)? + "\n";
    let path = folder.join(MANIFEST);
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    write_sums(folder)?;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let mode = entry.metadata()?.permissions().mode();
        if !entry.file_type().is_symlink() && mode & OTHERS_WRITE != 0 {
            let mode = fs::Permissions::from_mode(mode & !OTHERS_WRITE);
            fs::set_permissions(entry.path(), mode)
                .with_context(|| format!("changing {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// The right of the group and of all others to write.
const OTHERS_WRITE: u32 = 0o022;

/// What lies in a result and no checksum tells of: links, which may lead anywhere, other things that are no
/// files, and what others may change; a line each.
///
/// # Errors
/// A folder can't be read.
pub fn oddities(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let name = entry.path().strip_prefix(folder)?.display();
        let kind = entry.file_type();
        let mode = entry.metadata()?.permissions().mode();
        if kind.is_symlink() {
            let to = fs::read_link(entry.path()).unwrap_or_default();
            found.push(format!(
                "{name} is a symbolic link to {}, and a result has none",
                to.display()
            ));
        } else if !kind.is_file() && !kind.is_dir() {
            found.push(format!("{name} is neither a file nor a folder"));
        } else if mode & OTHERS_WRITE != 0 {
            let name = if entry.depth() == 0 {
                folder.display().to_string()
            } else {
                name.to_string()
            };
            found.push(format!(
                "{name} can be changed by others: its mode is {:o}",
                mode & 0o7777
            ));
        }
    }
    Ok(found)
}

/// Writes the checksums of everything else.
///
/// # Errors
/// A file can't be read or written.
pub fn write_sums(folder: &Path) -> Result<()> {
    let path = folder.join(SUMS);
    let mut found = checksums(folder)?;
    found.remove(Path::new(SUMS));
    let mut sums = String::new();
    for (file, sum) in found {
        sums.push_str(&format!("{sum}  {}\n", file.display()));
    }
    fs::write(&path, sums).with_context(|| format!("writing {}", path.display()))
}

/// SHA-256 of every file below.
///
/// # Errors
/// A file can't be read.
pub fn checksums(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut sums = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        if !entry.file_type().is_file() {
            continue;
        }
        let content = fs::read(entry.path())
            .with_context(|| format!("reading {}", entry.path().display()))?;
        let name = entry.path().strip_prefix(folder)?.to_path_buf();
        sums.insert(name, tree::hex(&Sha256::digest(content)));
    }
    Ok(sums)
}

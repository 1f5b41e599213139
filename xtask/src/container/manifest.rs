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

/// Writes a manifest and the checksums of everything.
///
/// # Errors
/// A file can't be read or written.
pub fn seal(folder: &Path, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest)? + "\n";
    let path = folder.join(MANIFEST);
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    write_sums(folder)
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

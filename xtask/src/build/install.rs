//! Puts the built files in place, all at once, with a manifest that says what they were made of.

use super::{Job, daemons, plugin};
use crate::{
    container::Inputs,
    patch::{self, tree},
    util,
};
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Name of the manifest in the prefix.
pub const MANIFEST: &str = "manifest.json";

/// What an installation was made of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub schema: u32,
    /// The BeeGFS release.
    pub version: String,
    /// Its commit, if known.
    pub commit: Option<String>,
    /// Digest of the unpatched source.
    pub source_digest: String,
    /// Digest of edits and overlay; none of a pristine build.
    pub edits_digest: Option<String>,
    /// Version line of each tool.
    pub toolchain: BTreeMap<String, String>,
    /// Flags on top of the tree's own.
    pub flags: String,
    /// SHA-256 of each installed file, by its path in the prefix.
    pub artifacts: BTreeMap<PathBuf, String>,
    /// What else a build in a container is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Inputs>,
}

/// Files to install: the path in the prefix, and where the file is now.
type Files = BTreeMap<PathBuf, PathBuf>;

pub fn install(job: &Job) -> Result<()> {
    let prefix = &job.prefix;
    ensure_ours(prefix)?;
    daemons::ensure_built(&job.tree(), &job.components)?;
    let files = files(job)?;
    replace(prefix, |staging| stage(job, &files, staging))?;
    println!("install: {} files in {}", files.len() + 1, prefix.display());
    Ok(())
}

/// Refuses a folder with anything but an earlier installation in it.
pub fn ensure_ours(prefix: &Path) -> Result<()> {
    let ours = prefix.join(MANIFEST).is_file();
    let empty = !prefix.exists() || fs::read_dir(prefix)?.next().is_none();
    ensure!(
        ours || empty,
        "{} has files that were not installed by this command; give another --prefix",
        prefix.display()
    );
    Ok(())
}

/// Lets `fill` write a folder beside the prefix, which then takes the prefix's place. If anything
/// fails, for instance on a full disk, the prefix is as it was and nothing half-done stays behind.
pub fn replace(prefix: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let name = prefix
        .file_name()
        .context("the prefix needs a name")?
        .to_string_lossy();
    let id = std::process::id();
    let staging = prefix.with_file_name(format!(".{name}.new-{id}"));
    let replaced = fill(&staging).and_then(|()| swap(&staging, prefix, id));
    if replaced.is_err() {
        let _ = fs::remove_dir_all(&staging);
    }
    replaced
}

fn files(job: &Job) -> Result<Files> {
    let tree = job.tree();
    let mut files = Files::new();
    for component in &job.components {
        files.insert(component.installed(), component.artifact(&tree));
        if let Some(template) = component.template(&tree) {
            let name = template.file_name().context("a template has a name")?;
            files.insert(Path::new("etc").join(name), template.clone());
        }
    }
    if job.with_plugin {
        let release = util::target_dir().join("release");
        let library = job.work.join("plugin").join(plugin::LIBRARY);
        files.insert(Path::new("lib").join(plugin::LIBRARY), library);
        files.insert(
            "lib/sisci-emu/libsisci.so".into(),
            release.join("libsisci.so"),
        );
        files.insert("bin/ntb".into(), release.join("ntb"));
    }
    for file in files.values() {
        ensure!(file.is_file(), "{} is not built", file.display());
    }
    Ok(files)
}

/// Writes everything into a folder beside the prefix.
fn stage(job: &Job, files: &Files, staging: &Path) -> Result<()> {
    let mut artifacts = BTreeMap::new();
    for (to, from) in files {
        let target = staging.join(to);
        let folder = target.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::copy(from, &target)
            .with_context(|| format!("copying {} to {}", from.display(), target.display()))?;
        let digest = Sha256::digest(fs::read(&target)?);
        artifacts.insert(to.clone(), tree::hex(&digest));
    }
    let text = serde_json::to_string_pretty(&manifest(job, artifacts)?)? + "\n";
    let path = staging.join(MANIFEST);
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

fn manifest(job: &Job, artifacts: BTreeMap<PathBuf, String>) -> Result<Manifest> {
    let tree = job.tree();
    let report = patch::read_marker(&tree)?;
    ensure!(
        job.pristine || report.is_some(),
        "{} holds no patched tree",
        tree.display()
    );
    let mut toolchain = BTreeMap::new();
    for tool in ["g++", "make", "ld", "rustc"] {
        let text = util::output(Command::new(tool).arg("--version"))?;
        toolchain.insert(
            tool.to_string(),
            text.lines().next().unwrap_or_default().to_string(),
        );
    }
    Ok(Manifest {
        schema: 1,
        // The folder of this build is no property of what was built.
        flags: daemons::extra_flags(Path::new("TREE")) + &job.level(),
        version: job.version.clone(),
        commit: match &report {
            Some(report) => report.commit.clone(),
            None => job.source.commit(),
        },
        source_digest: match &report {
            Some(report) => report.source_digest.clone(),
            None => tree::digest(&job.unpatched(), &tree::list(&job.unpatched())?)?,
        },
        edits_digest: report.map(|report| report.edits_digest),
        toolchain,
        artifacts,
        container: None,
    })
}

/// Puts `staging` in the place of `prefix`. The old installation goes only when the new one is in
/// place; if that fails, it comes back.
fn swap(staging: &Path, prefix: &Path, id: u32) -> Result<()> {
    if !prefix.exists() {
        return fs::rename(staging, prefix)
            .with_context(|| format!("renaming to {}", prefix.display()));
    }
    let name = prefix
        .file_name()
        .context("the prefix needs a name")?
        .to_string_lossy();
    let old = prefix.with_file_name(format!(".{name}.old-{id}"));
    fs::rename(prefix, &old).with_context(|| format!("moving {} aside", prefix.display()))?;
    if let Err(error) = fs::rename(staging, prefix) {
        fs::rename(&old, prefix)?;
        return Err(error).with_context(|| format!("renaming to {}", prefix.display()));
    }
    fs::remove_dir_all(&old).with_context(|| format!("removing {}", old.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn fill(staging: &Path, text: &str) -> Result<()> {
        fs::create_dir_all(staging.join("sbin"))?;
        fs::write(staging.join("sbin/daemon"), text)?;
        fs::write(staging.join(MANIFEST), "{}")?;
        Ok(())
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn an_installation_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("out");
        replace(&prefix, |staging| fill(staging, "first")).unwrap();
        fs::write(prefix.join("sbin/left-over"), "").unwrap();
        replace(&prefix, |staging| fill(staging, "second")).unwrap();
        assert_eq!(
            fs::read_to_string(prefix.join("sbin/daemon")).unwrap(),
            "second"
        );
        assert!(!prefix.join("sbin/left-over").exists());
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_failure_leaves_the_old_installation_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("out");
        replace(&prefix, |staging| fill(staging, "first")).unwrap();
        let failed = replace(&prefix, |staging| {
            fill(staging, "second")?;
            bail!("no space left")
        });
        assert!(failed.is_err());
        assert_eq!(
            fs::read_to_string(prefix.join("sbin/daemon")).unwrap(),
            "first"
        );
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn foreign_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        ensure_ours(folder.path()).unwrap();
        ensure_ours(&folder.path().join("new")).unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(ensure_ours(folder.path()).is_err());
        fs::write(folder.path().join(MANIFEST), "{}").unwrap();
        ensure_ours(folder.path()).unwrap();
    }
}

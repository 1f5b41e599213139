//! Where the unpatched source comes from: a tree, a git directory, or upstream's repository.

use crate::{
    patch::{
        self,
        version::{self, UNNEEDED},
    },
    pins::Pins,
    util,
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What happens to a source whose digest is not the pinned one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpinned {
    Refuse,
    /// It is used all the same, and this is said.
    Take,
}

#[derive(Clone, Debug)]
pub enum Source {
    /// A source tree; it is never changed.
    Tree { path: PathBuf, version: String },
    /// A git directory, with the release as a tag.
    Git {
        git_dir: PathBuf,
        tag: String,
        commit: String,
    },
    /// Upstream's public repository, at the pinned commit.
    Upstream {
        url: String,
        tag: String,
        commit: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Tree { path, .. } => write!(f, "{}", path.display()),
            Source::Git {
                git_dir, commit, ..
            } => {
                write!(f, "commit {commit} of {}", git_dir.display())
            }
            Source::Upstream { url, commit, .. } => write!(f, "commit {commit} of {url}"),
        }
    }
}

impl Source {
    /// Decides what `--source` and `--version` mean.
    ///
    /// # Errors
    /// No BeeGFS source, an unknown release, or a tag that is not at its pinned commit.
    pub fn new(path: Option<&Path>, named: Option<&str>) -> Result<Source> {
        let pins = Pins::load()?;
        let Some(path) = path else {
            return upstream(&pins, named);
        };
        let path = fs::canonicalize(path).with_context(|| format!("{}", path.display()))?;
        if is_git_dir(&path) {
            return git_dir(path, &pins, named);
        }
        patch::ensure_unpatched(&path)?;
        let detected = version::detect(&path, named, &pins)?;
        Ok(Source::Tree {
            path,
            version: detected.name,
        })
    }

    /// The release's name.
    pub fn version(&self) -> Result<&str> {
        match self {
            Source::Tree { version, .. } => Ok(version),
            Source::Git { tag, .. } | Source::Upstream { tag, .. } => Ok(tag),
        }
    }

    /// The commit, where it is known before the source is there.
    pub fn commit(&self) -> Option<String> {
        match self {
            Source::Tree { .. } => None,
            Source::Git { commit, .. } | Source::Upstream { commit, .. } => Some(commit.clone()),
        }
    }

    /// Where the source is after [`Source::export`] to `out`.
    pub fn folder(&self, out: &Path) -> PathBuf {
        match self {
            Source::Tree { path, .. } => path.clone(),
            _ => out.to_path_buf(),
        }
    }

    /// Puts the source into `out`, unless it is a tree already, and compares it with its pin.
    ///
    /// # Errors
    /// It cannot be had, or is not what is pinned.
    pub fn export(&self, out: &Path, unpinned: Unpinned) -> Result<()> {
        let (git_dir, commit, tag) = match self {
            Source::Tree { path, version } => {
                eprintln!("copy: {} is used as it is", path.display());
                return compare_with_pin(path, version, unpinned);
            }
            Source::Git {
                git_dir,
                commit,
                tag,
            } => (git_dir.clone(), commit, tag),
            Source::Upstream { url, commit, tag } => (fetch(url, commit, out)?, commit, tag),
        };
        // The folder's name holds the commit only once the export is complete.
        let done = out.with_extension("commit");
        if fs::read_to_string(&done).is_ok_and(|text| text.trim() == commit) {
            eprintln!("copy: {} is already there", out.display());
            return compare_with_pin(out, tag, unpinned);
        }
        let _ = fs::remove_dir_all(out);
        archive(&git_dir, commit, out)?;
        compare_with_pin(out, tag, unpinned)?;
        fs::write(&done, format!("{commit}\n"))?;
        eprintln!("copy: {self} to {}", out.display());
        Ok(())
    }
}

/// Compares a tree with the pin of its release. Without one nobody knows what the source should be.
fn compare_with_pin(tree: &Path, version: &str, unpinned: Unpinned) -> Result<()> {
    let pins = Pins::load()?;
    let Some(pin) = pins.get(version) else {
        ensure!(
            unpinned == Unpinned::Take,
            "BeeGFS {version} is not in pins.toml, so nothing says what its source should be: pin it \
             (cargo xtask pins update --source GITDIR --add {version}), or build it all the same with --unpinned"
        );
        eprintln!("copy: no digest is pinned for BeeGFS {version}; used all the same");
        return Ok(());
    };
    let digest = version::tree_digest(tree)?;
    if digest == pin.tree {
        return Ok(());
    }
    let what = format!(
        "{} is not the pinned BeeGFS {version}: its digest is {digest}, pinned is {}",
        tree.display(),
        pin.tree
    );
    ensure!(
        unpinned == Unpinned::Take,
        "{what}\n  take a clean copy of the release, or build it all the same with --unpinned"
    );
    eprintln!("copy: {what}; used all the same");
    Ok(())
}

fn upstream(pins: &Pins, named: Option<&str>) -> Result<Source> {
    let known = || {
        pins.beegfs
            .release
            .iter()
            .map(|pin| pin.tag.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(name) = named else {
        bail!(
            "give --source, or --version for a release from {}: {}",
            pins.beegfs.repository,
            known()
        );
    };
    let Some(pin) = pins.get(name) else {
        bail!(
            "no commit is pinned for BeeGFS {name}; known releases: {}",
            known()
        );
    };
    let (url, tag, commit) = (
        pins.beegfs.repository.clone(),
        pin.tag.clone(),
        pin.commit.clone(),
    );
    Ok(Source::Upstream { url, tag, commit })
}

fn git_dir(git_dir: PathBuf, pins: &Pins, named: Option<&str>) -> Result<Source> {
    let Some(tag) = named else {
        bail!(
            "{} is a git directory: name the release with --version",
            git_dir.display()
        );
    };
    version::parse(tag)?;
    let commit = commit_of(&git_dir, tag)?;
    if let Some(pin) = pins.get(tag) {
        ensure!(
            pin.commit == commit,
            "tag {tag} of {} is commit {commit}, but {} is pinned",
            git_dir.display(),
            pin.commit
        );
    }
    Ok(Source::Git {
        git_dir,
        tag: tag.to_string(),
        commit,
    })
}

fn git(git_dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(git_dir);
    command
}

/// Fetches one commit into a repository beside `out`.
fn fetch(url: &str, commit: &str, out: &Path) -> Result<PathBuf> {
    let repository = out.with_extension("git");
    let there = |repository: &Path| {
        util::output(git(repository).args(["cat-file", "-e", &format!("{commit}^{{tree}}")]))
            .is_ok()
    };
    if !there(&repository) {
        util::output(
            Command::new("git")
                .args(["init", "--quiet", "--bare"])
                .arg(&repository),
        )?;
        eprintln!("copy: fetching commit {commit} of {url}");
        util::output(git(&repository).args(["fetch", "--quiet", "--depth", "1", url, commit]))
            .with_context(|| format!("fetching {url}"))?;
    }
    Ok(repository)
}

/// Whether this is a git directory (without a work tree) rather than a source tree.
pub fn is_git_dir(path: &Path) -> bool {
    !path.join("common").is_dir() && path.join("HEAD").is_file()
}

/// The tags of a git directory.
///
/// # Errors
/// git fails.
pub fn tags(git_dir: &Path) -> Result<Vec<String>> {
    let text = util::output(git(git_dir).args(["tag", "--list"]))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Unpacks what the edits look at: no third-party sources, nothing of the kernel client.
///
/// # Errors
/// The tag is not there, or git or tar fails.
pub fn export_servers(git_dir: &Path, tag: &str, out: &Path) -> Result<()> {
    let commit = commit_of(git_dir, tag)?;
    let other = ["thirdparty", "client", "java"];
    archive_but(git_dir, &commit, out, |name| {
        name.starts_with(UNNEEDED) || other.iter().any(|start| name.starts_with(start))
    })
}

/// The commit of a tag.
///
/// # Errors
/// The tag is not there.
pub fn commit_of(git_dir: &Path, tag: &str) -> Result<String> {
    util::output(git(git_dir).args(["rev-parse", "--verify", &format!("{tag}^{{commit}}")]))
        .with_context(|| format!("{} has no tag {tag}", git_dir.display()))
}

/// Unpacks all of a commit but [`UNNEEDED`].
///
/// # Errors
/// git or tar fails.
pub fn archive(git_dir: &Path, commit: &str, out: &Path) -> Result<()> {
    archive_but(git_dir, commit, out, |name| name.starts_with(UNNEEDED))
}

fn archive_but(
    git_dir: &Path,
    commit: &str,
    out: &Path,
    left_out: impl Fn(&str) -> bool,
) -> Result<()> {
    let names = util::output(git(git_dir).args(["ls-tree", "--name-only", commit]))?;
    let names: Vec<_> = names.lines().filter(|name| !left_out(name)).collect();
    fs::create_dir_all(out).with_context(|| format!("creating {}", out.display()))?;
    let mut packer = git(git_dir)
        .args(["archive", "--format=tar", commit, "--"])
        .args(&names)
        .stdout(Stdio::piped())
        // A partial clone complains about what is left out here; a real failure ends the stream.
        .stderr(Stdio::null())
        .spawn()
        .context("starting git")?;
    let stream = packer.stdout.take().context("git has no output")?;
    let unpacked = Command::new("tar")
        .arg("-xf")
        .arg("-")
        .arg("-C")
        .arg(out)
        .stdin(stream)
        // It complains about every single file, of which there are thousands on a full disk.
        .output();
    let packed = packer.wait()?;
    let done = unpacked.context("starting tar").and_then(|unpacked| {
        let errors = String::from_utf8_lossy(&unpacked.stderr);
        let first = errors.lines().next().unwrap_or_default();
        ensure!(
            unpacked.status.success(),
            "unpacking to {}: {first}",
            out.display()
        );
        ensure!(packed.success(), "git archive failed ({packed})");
        Ok(())
    });
    if done.is_err() {
        let _ = fs::remove_dir_all(out);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one commit, as upstream's server serves it.
    fn repository(folder: &Path) -> String {
        let run = |args: &[&str]| {
            util::output(Command::new("git").arg("-C").arg(folder).args(args)).unwrap()
        };
        run(&["init", "--quiet"]);
        run(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        for name in ["common/source/a.cpp", "beeond_thirdparty/b.tgz", "Makefile"] {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), name).unwrap();
        }
        run(&["add", "."]);
        let who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
        run(&[&who[..], &["commit", "--quiet", "-m", "All"]].concat());
        run(&["rev-parse", "HEAD"])
    }

    #[test]
    fn one_commit_is_fetched_and_unpacked_without_what_is_not_needed() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let commit = repository(from.path());
        let out = to.path().join("source");
        let url = format!("file://{}", from.path().display());
        let git_dir = fetch(&url, &commit, &out).unwrap();
        archive(&git_dir, &commit, &out).unwrap();
        assert!(out.join("common/source/a.cpp").is_file() && out.join("Makefile").is_file());
        assert!(!out.join("beeond_thirdparty").exists());

        // What is there is not fetched again, so the server may be gone.
        drop(from);
        fetch(&url, &commit, &out).unwrap();
    }

    #[test]
    fn a_source_without_a_pin_is_taken_only_if_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::Tree {
            path: folder.path().to_path_buf(),
            version: "9.9.9".to_owned(),
        };
        let out = folder.path().join("out");
        let message = source.export(&out, Unpinned::Refuse).unwrap_err();
        assert!(message.to_string().contains("--unpinned"), "{message}");
        source.export(&out, Unpinned::Take).unwrap();
    }

    #[test]
    fn a_release_without_a_pin_needs_a_source() {
        let message = Source::new(None, Some("9.9.9")).unwrap_err().to_string();
        assert!(
            message.contains("no commit is pinned for BeeGFS 9.9.9"),
            "{message}"
        );
        assert!(message.contains("7.4.6"), "{message}");
        assert!(Source::new(None, None).is_err());
    }
}

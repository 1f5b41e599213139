//! Putting files into a folder that others use: all of them, or none.
//!
//! Everything is written to a hidden folder inside the prefix first, so a full disk shows before
//! anything is replaced; then each file is renamed into place. A rename that fails undoes those before it.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// One file to install.
#[derive(Debug)]
pub struct Entry {
    /// Where, from the prefix.
    pub path: PathBuf,
    what: What,
}

/// What a file consists of.
#[derive(Debug)]
pub enum What {
    /// The content of another file; executable, as a library is.
    Copy(PathBuf),
    /// A symbolic link.
    Link(String),
    /// This text.
    Text(String),
}

impl Entry {
    /// An entry of `what` at `path`.
    pub fn new(path: impl Into<PathBuf>, what: What) -> Self {
        let path = path.into();
        Self { path, what }
    }

    fn write(&self, target: &Path) -> Result<()> {
        let written = match &self.what {
            What::Copy(source) => {
                let copied = fs::copy(source, target);
                copied.and_then(|_| fs::set_permissions(target, fs::Permissions::from_mode(0o755)))
            }
            What::Link(to) => symlink(to, target),
            What::Text(text) => fs::write(target, text),
        };
        // Some file systems tell of a full disk only now.
        let synced = written.and_then(|()| match self.what {
            What::Link(_) => Ok(()),
            _ => fs::File::open(target)?.sync_all(),
        });
        synced.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Whether `prefix` may become a folder of files, without touching anything.
///
/// # Errors
/// If it, or what it would lie in, is no folder.
pub fn check(prefix: &Path) -> Result<()> {
    let existing = prefix
        .ancestors()
        .find(|path| path.symlink_metadata().is_ok());
    let existing = existing.context("the prefix is empty")?;
    ensure!(existing.is_dir(), "{} is not a folder", existing.display());
    Ok(())
}

/// Installs `entries` under `prefix`.
///
/// # Errors
/// If anything can't be written or replaced; then the prefix is as it was.
pub fn place(prefix: &Path, entries: &[Entry]) -> Result<()> {
    check(prefix)?;
    let mut undo = Undo::default();
    let done = place_into(prefix, entries, &mut undo);
    if done.is_err() {
        undo.roll_back();
    }
    done.with_context(|| format!("nothing was installed in {}", prefix.display()))
}

fn place_into(prefix: &Path, entries: &[Entry], undo: &mut Undo) -> Result<()> {
    undo.make_folder(prefix)?;
    let staging = tempfile::Builder::new()
        .prefix(".install-")
        .tempdir_in(prefix);
    let staging = staging.with_context(|| format!("cannot write in {}", prefix.display()))?;
    let (fresh, old) = (staging.path().join("new"), staging.path().join("old"));
    undo.staging = Some(staging);
    for entry in entries {
        for side in [&fresh, &old] {
            let folder = side.join(&entry.path);
            let folder = folder.parent().context("an entry without a folder")?;
            fs::create_dir_all(folder).context("making room for the new files")?;
        }
        entry.write(&fresh.join(&entry.path))?;
    }
    for entry in entries {
        let target = prefix.join(&entry.path);
        if target.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            bail!("{} is a folder, a file belongs there", target.display());
        }
        undo.make_folder(target.parent().context("an entry without a folder")?)?;
    }
    for entry in entries {
        undo.replace(
            &prefix.join(&entry.path),
            &fresh.join(&entry.path),
            old.join(&entry.path),
        )?;
    }
    undo.finish();
    Ok(())
}

/// What was changed, in order.
#[derive(Default)]
struct Undo {
    folders: Vec<PathBuf>,
    /// Files that are new, each with what it replaced.
    files: Vec<(PathBuf, Option<PathBuf>)>,
    /// Holds what was replaced, so it has to outlive a way back.
    staging: Option<tempfile::TempDir>,
}

impl Undo {
    fn make_folder(&mut self, folder: &Path) -> Result<()> {
        let missing: Vec<_> = folder
            .ancestors()
            .take_while(|path| !path.exists())
            .collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(path).with_context(|| format!("cannot make {}", path.display()))?;
            self.folders.push(path.into());
        }
        ensure!(folder.is_dir(), "{} is not a folder", folder.display());
        Ok(())
    }

    fn replace(&mut self, target: &Path, fresh: &Path, old: PathBuf) -> Result<()> {
        let had = target.symlink_metadata().is_ok();
        let kept = had.then(|| fs::rename(target, &old)).transpose();
        kept.with_context(|| format!("cannot replace {}", target.display()))?;
        self.files.push((target.into(), had.then_some(old)));
        fs::rename(fresh, target).with_context(|| format!("cannot write {}", target.display()))
    }

    /// There is no way back any more.
    fn finish(&mut self) {
        self.files.clear();
        self.folders.clear();
        self.staging = None;
    }

    /// Goes back as far as the system lets us; the error that led here is the one to report.
    fn roll_back(&mut self) {
        for (target, old) in self.files.drain(..).rev() {
            let _ = match old {
                Some(old) => fs::rename(old, target),
                None => fs::remove_file(target),
            };
        }
        self.staging = None;
        for folder in self.folders.drain(..).rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, text: &str) -> Entry {
        Entry::new(path, What::Text(text.to_owned()))
    }

    /// All paths in a folder, sorted.
    fn paths(folder: &Path) -> Vec<PathBuf> {
        let walk = walkdir::WalkDir::new(folder)
            .min_depth(1)
            .sort_by_file_name();
        let entries = walk.into_iter().map(|entry| entry.unwrap().into_path());
        entries
            .map(|path| path.strip_prefix(folder).unwrap().to_owned())
            .collect()
    }

    #[test]
    fn files_are_made_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("a/b");
        place(
            &prefix,
            &[
                text("x/one", "1"),
                Entry::new("l", What::Link("x/one".to_owned())),
            ],
        )
        .unwrap();
        place(&prefix, &[text("x/one", "2"), text("x/two", "2")]).unwrap();
        assert_eq!(fs::read_to_string(prefix.join("l")).unwrap(), "2");
        assert_eq!(paths(&prefix).len(), 4, "{:?}", paths(&prefix));
    }

    #[test]
    fn a_failure_leaves_things_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("new/prefix");
        let missing = Entry::new("b/lib", What::Copy(folder.path().join("absent")));
        let error = place(&prefix, &[text("a", "1"), missing]).unwrap_err();
        assert!(format!("{error:#}").contains("b/lib"), "{error:#}");
        assert!(
            paths(folder.path()).is_empty(),
            "{:?}",
            paths(folder.path())
        );

        place(&prefix, &[text("a", "1")]).unwrap();
        fs::create_dir(prefix.join("c")).unwrap();
        let before = paths(&prefix);
        let error =
            place(&prefix, &[text("a", "2"), text("d/e", "2"), text("c", "2")]).unwrap_err();
        assert!(format!("{error:#}").contains("is a folder"), "{error:#}");
        assert_eq!(paths(&prefix), before);
        assert_eq!(fs::read_to_string(prefix.join("a")).unwrap(), "1");
    }

    #[test]
    fn a_rename_that_fails_undoes_those_before() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        let mut undo = Undo::default();
        let fresh = folder.path().join("fresh");
        fs::write(&fresh, "2").unwrap();
        undo.replace(&folder.path().join("a"), &fresh, folder.path().join("old"))
            .unwrap();
        // The same source again: it is gone.
        let failed = undo.replace(&folder.path().join("b"), &fresh, folder.path().join("old2"));
        assert!(failed.is_err());
        undo.roll_back();
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "1");
        assert!(!folder.path().join("b").exists());
    }

    #[test]
    fn a_file_as_prefix_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for prefix in [file.path().to_owned(), file.path().join("below")] {
            let error = place(&prefix, &[text("a", "1")]).unwrap_err();
            assert!(
                format!("{error:#}").contains("is not a folder"),
                "{error:#}"
            );
        }
        // Nobody may make folders there, whoever runs this.
        assert!(place(Path::new("/proc/sisci-install"), &[text("a", "1")]).is_err());
    }
}

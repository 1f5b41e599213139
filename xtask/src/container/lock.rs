//! The versions of all packages in a builder image: `docker/NAME.lock`.

use crate::util;
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Version of each package.
pub type Packages = BTreeMap<String, String>;

/// Where dpkg keeps its list.
pub const STATUS: &str = "/var/lib/dpkg/status";

/// The lock of a distribution.
pub fn path(base: &str) -> PathBuf {
    util::root().join("docker").join(format!("{base}.lock"))
}

/// What is installed in a root file system that is a tar file.
///
/// # Errors
/// It is no file system with Debian's packages.
pub fn installed(tar: &Path) -> Result<Packages> {
    let mut command = Command::new("tar");
    command.arg("-xOf").arg(tar).arg(format!(".{STATUS}"));
    let text = util::output(&mut command).context("the list of installed packages")?;
    Ok(parse_status(&text))
}

/// The packages in dpkg's own list.
pub fn parse_status(text: &str) -> Packages {
    let field = |entry: &str, name: &str| {
        let mut lines = entry.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
    };
    let entry = |entry: &str| Some((field(entry, "Package:")?, field(entry, "Version:")?));
    text.split("\n\n").filter_map(entry).collect()
}

/// Writes a lock.
///
/// # Errors
/// The file can't be written.
pub fn write(path: &Path, packages: &Packages) -> Result<()> {
    let mut text = String::from("# Written by: cargo xtask image build --update-lock\n");
    for (name, version) in packages {
        text.push_str(&format!("{name} {version}\n"));
    }
    util::write_whole(path, &text)
}

/// What differs from a lock, a line each.
///
/// # Errors
/// The lock can't be read.
pub fn compare(path: &Path, installed: &Packages) -> Result<Vec<String>> {
    if !path.is_file() {
        return Ok(vec![format!("there is no {}", path.display())]);
    }
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let locked: Packages = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect();
    let mut names: Vec<_> = locked.keys().chain(installed.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let none = "none".to_owned();
    let difference = |name: &&String| {
        let (was, is) = (locked.get(*name), installed.get(*name));
        let (was, is) = (was.unwrap_or(&none), is.unwrap_or(&none));
        (was != is).then(|| format!("{name}: locked {was}, here {is}"))
    };
    Ok(names.iter().filter_map(difference).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_what_differs() {
        let status = "Package: a\nStatus: ok\nVersion: 1:2-3\n\nPackage: b\nVersion: 4\n";
        let installed = parse_status(status);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.lock");
        assert_eq!(compare(&path, &installed).unwrap().len(), 1);
        write(&path, &installed).unwrap();
        assert!(compare(&path, &installed).unwrap().is_empty());
        let newer = parse_status("Package: a\nVersion: 1:2-4\n\nPackage: c\nVersion: 1\n");
        assert_eq!(
            compare(&path, &newer).unwrap(),
            [
                "a: locked 1:2-3, here 1:2-4",
                "b: locked 4, here none",
                "c: locked none, here 1"
            ]
        );
    }
}

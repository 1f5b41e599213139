//! The Rust toolchain for an image: the pinned release, as it is installed on this machine. It is copied
//! into the image and not mounted, so that the image's digest says which one it was.

use crate::{patch::tree, pins::Pins, util};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};
use walkdir::WalkDir;

/// What a build needs of a toolchain.
const NEEDED: [&str; 2] = ["bin/", "lib/"];
/// What lies there and a build does not need: sources of the library, scripts of debuggers.
const NOT_NEEDED: [&str; 2] = ["lib/rustlib/src/", "lib/rustlib/etc/"];
/// Programs of `bin`.
const PROGRAMS: [&str; 2] = ["bin/cargo", "bin/rustc"];

/// Writes the context of an image: the toolchain of release `rust`, and two folders to work in. All
/// times in it are the pinned ones. Returns the digest of the toolchain, for messages.
///
/// # Errors
/// This machine does not have that toolchain; or a full disk.
pub fn stage(rust: &str, context: &Path) -> Result<String> {
    let sysroot = find(rust)?;
    let _ = fs::remove_dir_all(context);
    let root = context.join("root");
    let target = root.join("opt/rust");
    let mut files = BTreeSet::new();
    for file in all_files(&sysroot)? {
        let name = file.to_string_lossy();
        let has = |list: &[&str]| list.iter().any(|start| name.starts_with(start));
        if has(&NEEDED) && !has(&NOT_NEEDED) && (!name.starts_with("bin/") || has(&PROGRAMS)) {
            files.insert(file);
        }
    }
    for file in &files {
        let to = target.join(file);
        let folder = to.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        fs::copy(sysroot.join(file), &to).with_context(|| to.display().to_string())?;
        // Linkers of its own are among the libraries.
        let is_program = fs::metadata(&to)?.permissions().mode() & 0o100 != 0;
        let mode = if is_program { 0o755 } else { 0o644 };
        fs::set_permissions(&to, fs::Permissions::from_mode(mode))?;
    }
    for folder in ["work", "elsewhere"] {
        let folder = root.join(folder);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    settle(&root)?;
    for folder in ["work", "elsewhere"] {
        fs::set_permissions(root.join(folder), fs::Permissions::from_mode(0o1777))?;
    }
    Ok(format!("toolchain {}", tree::digest(&sysroot, &files)?))
}

/// Every file below, as a path from there.
fn all_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(root) {
        let entry = entry.with_context(|| format!("reading {}", root.display()))?;
        if entry.file_type().is_file() {
            found.push(entry.path().strip_prefix(root)?.to_path_buf());
        }
    }
    Ok(found)
}

/// Gives everything the pinned time, and folders the usual rights.
fn settle(root: &Path) -> Result<()> {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(Pins::load()?.build.epoch);
    // A folder's time changes with what is in it, so it comes last.
    for entry in WalkDir::new(root).contents_first(true) {
        let entry = entry?;
        if entry.file_type().is_dir() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755))?;
        }
        fs::File::open(entry.path())?.set_modified(time)?;
    }
    Ok(())
}

/// The folder of the toolchain: the compiler that is called first here, or rustup's of that release.
fn find(rust: &str) -> Result<PathBuf> {
    for way in [&["rustc"][..], &["rustup", "run", rust, "rustc"]] {
        let ask = |question: &[&str]| {
            let mut command = Command::new(way[0]);
            // rustup sets it for its children, and it would choose the toolchain here.
            command
                .args(&way[1..])
                .args(question)
                .env_remove("RUSTUP_TOOLCHAIN");
            util::output(&mut command).ok()
        };
        if ask(&["--version"]).is_some_and(|text| is_release(&text, rust))
            && let Some(folder) = ask(&["--print", "sysroot"])
        {
            let folder = PathBuf::from(folder);
            ensure!(
                folder.join("bin/rustc").is_file(),
                "{} has no bin/rustc",
                folder.display()
            );
            return Ok(folder);
        }
    }
    bail!("Rust {rust} is pinned and not installed here: rustup toolchain install {rust}")
}

/// Whether this is what the compiler of that release says of itself.
fn is_release(text: &str, rust: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next() == Some("rustc") && words.next() == Some(rust)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_release_is_taken() {
        let text = "rustc 1.95.0 (abc 2026-01-01)";
        assert!(is_release(text, "1.95.0"));
        assert!(!is_release(text, "1.95.1"));
        assert!(!is_release("", "1.95.0"));
    }
}

//! The Rust toolchain for an image: the pinned release, as it is installed on this machine. It is copied
//! into the image and not mounted, so that the image's digest says which one it was. What else is installed beside
//! it, other components and other targets, stays out: it differs between machines.

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

/// Programs of `bin` that a build needs.
const PROGRAMS: [&str; 2] = ["bin/cargo", "bin/rustc"];
/// What the compiler is linked with, by the beginnings of names in `lib`.
const LIBRARIES: [&str; 4] = ["libLLVM", "librustc_driver", "libstd-", "libtest-"];
/// The only target for which is built.
const TARGET: &str = "lib/rustlib/x86_64-unknown-linux-gnu";
/// Linkers that the compiler may call, below that folder.
const LINKERS: [&str; 2] = ["bin/rust-lld", "bin/gcc-ld/"];
/// Parts of a toolchain that a build needs, as its lists of files call them.
const COMPONENTS: [&str; 3] = ["rustc", "cargo", "rust-std"];

/// Whether a build needs a file of a toolchain.
fn is_needed(name: &str) -> bool {
    if let Some(name) = name.strip_prefix(TARGET).and_then(|n| n.strip_prefix('/')) {
        return name.starts_with("lib/")
            || LINKERS.iter().any(|linker| {
                name == *linker || linker.ends_with('/') && name.starts_with(linker)
            });
    }
    match name.strip_prefix("lib/") {
        Some(library) => {
            !library.contains('/') && LIBRARIES.iter().any(|start| library.starts_with(start))
        }
        None => PROGRAMS.contains(&name),
    }
}

/// The files of those parts, if the installer has left its lists: the compiler's own crates, for instance, are another
/// component whose files lie among those of the library.
fn listed(sysroot: &Path) -> Result<Option<BTreeSet<PathBuf>>> {
    let mut files = BTreeSet::new();
    for component in COMPONENTS {
        let name = format!("manifest-{component}-x86_64-unknown-linux-gnu");
        let path = sysroot.join("lib/rustlib").join(name);
        if !path.is_file() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let names = text.lines().filter_map(|line| line.strip_prefix("file:"));
        files.extend(names.map(PathBuf::from));
    }
    Ok(Some(files))
}

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
    let listed = listed(&sysroot)?;
    let mut files: BTreeSet<PathBuf> = all_files(&sysroot)?.into_iter().collect();
    files.retain(|file| {
        is_needed(&file.to_string_lossy())
            && listed.as_ref().is_none_or(|listed| listed.contains(file))
    });
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
    fn what_else_is_installed_stays_out() {
        for name in [
            "bin/rustc",
            "bin/cargo",
            "lib/librustc_driver-0123.so",
            "lib/libLLVM.so.22.1-rust-1.95.0-stable",
            "lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd-0123.rlib",
            "lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld",
            "lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/ld.lld",
        ] {
            assert!(is_needed(name), "{name}");
        }
        for name in [
            "bin/cargo-clippy",
            "bin/clippy-driver",
            "bin/rustdoc",
            "etc/bash_completion.d/cargo",
            "share/doc/rust/README.md",
            "lib/rustlib/components",
            "lib/rustlib/manifest-clippy-preview-x86_64-unknown-linux-gnu",
            "lib/rustlib/multirust-channel-manifest.toml",
            "lib/rustlib/rust-installer-version",
            "lib/rustlib/src/rust/library/std/src/lib.rs",
            "lib/rustlib/etc/gdb_lookup.py",
            "lib/rustlib/x86_64-unknown-linux-gnu/bin/llvm-profdata",
            "lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-objcopy",
            "lib/rustlib/x86_64-unknown-linux-musl/lib/libstd-0123.rlib",
            "libexec/rust-analyzer-proc-macro-srv",
        ] {
            assert!(!is_needed(name), "{name}");
        }
    }

    #[test]
    fn only_files_of_listed_parts_are_taken() {
        let sysroot = tempfile::tempdir().unwrap();
        assert_eq!(listed(sysroot.path()).unwrap(), None);
        let folder = sysroot.path().join("lib/rustlib");
        fs::create_dir_all(&folder).unwrap();
        for component in COMPONENTS {
            let name = format!("manifest-{component}-x86_64-unknown-linux-gnu");
            fs::write(folder.join(name), format!("file:bin/{component}\n")).unwrap();
        }
        let files = listed(sysroot.path()).unwrap().unwrap();
        assert_eq!(files.len(), 3);
        assert!(files.contains(Path::new("bin/rustc")));
    }

    #[test]
    fn only_the_pinned_release_is_taken() {
        let text = "rustc 1.95.0 (abc 2026-01-01)";
        assert!(is_release(text, "1.95.0"));
        assert!(!is_release(text, "1.95.1"));
        assert!(!is_release("", "1.95.0"));
    }
}

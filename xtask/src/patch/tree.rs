//! Source trees as sets of files: listing, digests, and copies that leave unchanged files alone
//! so that a later build only compiles what differs.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// Version control and products of the tree's own build: no part of the source.
fn is_source(name: &str, depth: usize) -> bool {
    let product = [".o", ".a", ".so", ".d", ".gch"]
        .iter()
        .any(|end| name.ends_with(end));
    // A dot folder such as `.git` ends with no product's name; depth 0 is the tree itself.
    depth == 0 || !(name == ".git" || product)
}

/// Every file and symbolic link of the tree, relative to `root`, sorted.
///
/// # Errors
/// A folder that cannot be read.
pub fn list(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let walk = WalkDir::new(root).into_iter().filter_entry(|entry| {
        entry.file_type().is_dir() && entry.file_name() != ".git"
            || is_source(&entry.file_name().to_string_lossy(), entry.depth())
    });
    for entry in walk {
        let entry = entry.with_context(|| format!("reading {}", root.display()))?;
        if !entry.file_type().is_dir() {
            found.insert(entry.path().strip_prefix(root)?.to_path_buf());
        }
    }
    Ok(found)
}

/// The content that a copy must have: a link's target, or a file's bytes.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    if path.is_symlink() {
        Ok(fs::read_link(path)?.into_os_string().into_encoded_bytes())
    } else {
        fs::read(path)
    }
}

/// SHA-256 over the names and contents of `files` below `root`, as lower-case hexadecimal.
///
/// # Errors
/// A file that cannot be read.
pub fn digest<'a>(root: &Path, files: impl IntoIterator<Item = &'a PathBuf>) -> Result<String> {
    let mut all = Sha256::new();
    for file in files {
        let content =
            content(&root.join(file)).with_context(|| format!("reading {}", file.display()))?;
        all.update(file.as_os_str().as_encoded_bytes());
        all.update([0]);
        all.update(Sha256::digest(&content));
    }
    Ok(hex(&all.finalize()))
}

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes `out` equal to `files` of `root` with `changed` in place of their content there. Files
/// whose content already is right keep their time; files of `before` (an earlier copy's list)
/// that are gone are removed. Everything else in `out`, such as objects of a build, stays.
///
/// # Errors
/// The first file that cannot be read or written.
pub fn copy(
    root: &Path,
    files: &BTreeSet<PathBuf>,
    changed: &BTreeMap<PathBuf, Vec<u8>>,
    out: &Path,
    before: &BTreeSet<PathBuf>,
) -> Result<()> {
    for file in before {
        if !files.contains(file) && !changed.contains_key(file) {
            match fs::remove_file(out.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    bail!("removing {}: {error}", out.join(file).display())
                }
                _ => {}
            }
        }
    }
    for file in files.iter().filter(|file| !changed.contains_key(*file)) {
        let (from, to) = (root.join(file), out.join(file));
        copy_one(&from, &to).with_context(|| format!("copying {}", to.display()))?;
    }
    for (file, text) in changed {
        let to = out.join(file);
        write_changed(&root.join(file), &to, text)
            .with_context(|| format!("writing {}", to.display()))?;
    }
    Ok(())
}

fn copy_one(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    let same_kind = fs::symlink_metadata(to).is_ok_and(|there| there.file_type() == kind);
    if same_kind && content(from)? == content(to)? {
        return Ok(());
    }
    make_room(to)?;
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to)?;
    // The time of the original: `make` must not take a fresh copy for a change.
    let modified = fs::metadata(from)?.modified()?;
    fs::File::options()
        .append(true)
        .open(to)?
        .set_modified(modified)
}

fn write_changed(original: &Path, to: &Path, text: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok_and(|there| there.is_file()) && fs::read(to)? == text {
        return Ok(());
    }
    make_room(to)?;
    fs::write(to, text)?;
    match fs::metadata(original) {
        Ok(original) => fs::set_permissions(to, original.permissions()),
        Err(_) => Ok(()),
    }
}

/// Makes the folder and removes what stands at the path.
fn make_room(to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

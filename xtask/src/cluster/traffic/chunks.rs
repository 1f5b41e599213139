//! What two storage daemons have stored, compared byte by byte.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use walkdir::WalkDir;

/// Bytes that are compared at once.
const BLOCK: usize = 1 << 20;

/// Files below a folder, by their path in it.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, u64>> {
    let mut files = BTreeMap::new();
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder)?.to_owned();
            files.insert(path, entry.metadata()?.len());
        }
    }
    Ok(files)
}

/// Compares two folders; number of files and their bytes.
///
/// # Errors
/// Names the first file that one lacks or that differs.
pub fn same(first: &Path, second: &Path) -> anyhow::Result<(usize, u64)> {
    let [ours, theirs] = [files(first)?, files(second)?];
    let only = |some: &BTreeMap<PathBuf, u64>, others: &BTreeMap<PathBuf, u64>| {
        let mut missing = some.keys().filter(|path| !others.contains_key(*path));
        missing.next().map(|path| path.display().to_string())
    };
    for (some, others, folder) in [(&ours, &theirs, second), (&theirs, &ours, first)] {
        if let Some(path) = only(some, others) {
            anyhow::bail!("{} lacks {path}", folder.display());
        }
    }
    for path in ours.keys() {
        equal(&first.join(path), &second.join(path)).with_context(|| path.display().to_string())?;
    }
    Ok((ours.len(), ours.values().sum()))
}

fn equal(first: &Path, second: &Path) -> anyhow::Result<()> {
    let [mut first, mut second] = [File::open(first)?, File::open(second)?];
    let mut buffers = [vec![0; BLOCK], vec![0; BLOCK]];
    let mut offset = 0;
    loop {
        let [ours, theirs] = &mut buffers;
        let [count, other] = [fill(&mut first, ours)?, fill(&mut second, theirs)?];
        ensure!(
            ours[..count] == theirs[..other],
            "the copies differ after {offset} bytes"
        );
        if count == 0 {
            return Ok(());
        }
        offset += count;
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = [folders[0].path(), folders[1].path()];
        for folder in [first, second] {
            std::fs::create_dir(folder.join("a")).unwrap();
            std::fs::write(folder.join("a/b"), "hello").unwrap();
        }
        assert_eq!(same(first, second).unwrap(), (1, 5));
        std::fs::write(second.join("a/b"), "hellO").unwrap();
        assert!(same(first, second).is_err());
        std::fs::write(second.join("a/b"), "hello, world").unwrap();
        assert!(same(first, second).is_err());
        std::fs::write(second.join("a/b"), "hello").unwrap();
        std::fs::write(first.join("c"), "").unwrap();
        let error = same(first, second).unwrap_err().to_string();
        assert!(error.contains("lacks c"), "{error}");
    }
}

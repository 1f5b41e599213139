//! What a program or a kernel module needs, read from its file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use object::elf::{DT_NEEDED, FileHeader64};
use object::read::elf::{Dyn, FileHeader};
use object::{Endianness, Object, ObjectSection};
use walkdir::WalkDir;

/// The loader of dynamically linked programs.
const LOADER: &str = "lib64/ld-linux-x86-64.so.2";

/// A dynamically linked program below `root` and all libraries that it needs, by their paths
/// below `root`.
///
/// # Errors
/// A file cannot be read, or a library is in none of the packages.
pub fn program(root: &Path, program: &str) -> anyhow::Result<BTreeSet<PathBuf>> {
    let libraries = libraries(root);
    let mut found = BTreeSet::from([PathBuf::from(LOADER)]);
    let mut open = vec![PathBuf::from(program)];
    while let Some(file) = open.pop() {
        for name in needed(&root.join(&file))? {
            match libraries.get(&name) {
                Some(path) if !found.contains(path) => open.push(path.clone()),
                Some(_) => {}
                None => bail!("{} needs {name}, which is in no package", file.display()),
            }
        }
        found.insert(file);
    }
    Ok(found)
}

/// Every shared library below `root`, by its file name.
fn libraries(root: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for folder in ["lib64", "lib", "usr/lib/x86_64-linux-gnu"] {
        let files = WalkDir::new(root.join(folder)).sort_by_file_name();
        for entry in files.into_iter().filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let relative = entry.path().strip_prefix(root).map(Path::to_path_buf);
            if let Ok(path) = relative
                && !entry.file_type().is_dir()
                && name.contains(".so")
            {
                found.entry(name).or_insert(path);
            }
        }
    }
    found
}

/// The names of the libraries that a file is linked with.
fn needed(file: &Path) -> anyhow::Result<Vec<String>> {
    let data = fs::read(file).with_context(|| file.display().to_string())?;
    let read = || -> object::Result<Vec<String>> {
        let header = FileHeader64::<Endianness>::parse(&*data)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, &*data)?;
        let Some((entries, strings)) = sections.dynamic(endian, &*data)? else {
            return Ok(Vec::new());
        };
        let strings = sections.strings(endian, &*data, strings)?;
        let names = entries
            .iter()
            .filter(|entry| entry.tag(endian) == DT_NEEDED);
        names
            .map(|entry| {
                let name = entry.string(endian, strings)?;
                Ok(String::from_utf8_lossy(name).into_owned())
            })
            .collect()
    };
    read().with_context(|| file.display().to_string())
}

/// The kernel modules `wanted` and all that they depend on, in the order in which they are
/// loaded. A name is looked up first among `extra`, then below `folder`; a module that is in
/// neither is part of the kernel.
///
/// # Errors
/// A module cannot be read.
pub fn modules(folder: &Path, extra: &[PathBuf], wanted: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = BTreeMap::new();
    let below = WalkDir::new(folder).into_iter().filter_map(Result::ok);
    for path in below
        .map(|entry| entry.into_path())
        .chain(extra.iter().cloned())
    {
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && let Some(name) = name.strip_suffix(".ko")
        {
            files.insert(name.replace('-', "_"), path);
        }
    }
    let mut order = Vec::new();
    for name in wanted {
        add(&files, name, &mut order)?;
    }
    Ok(order)
}

fn add(
    files: &BTreeMap<String, PathBuf>,
    name: &str,
    order: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let Some(path) = files.get(&name.replace('-', "_")) else {
        return Ok(());
    };
    if order.contains(path) {
        return Ok(());
    }
    for dependency in depends(path)? {
        add(files, &dependency, order)?;
    }
    order.push(path.clone());
    Ok(())
}

/// The modules that a module names as its dependencies.
fn depends(module: &Path) -> anyhow::Result<Vec<String>> {
    let data = fs::read(module).with_context(|| module.display().to_string())?;
    let read = || -> object::Result<Vec<String>> {
        let file = object::File::parse(&*data)?;
        let Some(section) = file.section_by_name(".modinfo") else {
            return Ok(Vec::new());
        };
        Ok(parse_modinfo(section.data()?))
    };
    read().with_context(|| module.display().to_string())
}

fn parse_modinfo(data: &[u8]) -> Vec<String> {
    data.split(|&byte| byte == 0)
        .filter_map(|field| std::str::from_utf8(field).ok()?.strip_prefix("depends="))
        .flat_map(|list| list.split(','))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_modules() {
        let info = b"license=GPL\0depends=net_failover,virtio\0name=virtio_net\0depends=\0";
        assert_eq!(parse_modinfo(info), ["net_failover", "virtio"]);
    }

    #[test]
    fn this_programs_libraries_are_read_from_its_file() {
        let own = std::env::current_exe().expect("own path");
        let names = needed(&own).expect("read");
        assert!(
            names.iter().any(|name| name.starts_with("libc.so")),
            "{names:?}"
        );
    }

    #[test]
    fn a_library_in_no_package_is_an_error_that_names_it() {
        let root = tempfile::tempdir().expect("folder");
        fs::copy(
            std::env::current_exe().expect("own path"),
            root.path().join("it"),
        )
        .expect("copy");
        let error = program(root.path(), "it").expect_err("no libraries there");
        assert!(
            error.to_string().contains("which is in no package"),
            "{error}"
        );
    }
}

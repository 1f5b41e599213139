//! Whole trees: what is refused, and what a copy does to the files.

use crate::{
    patch::{apply_tree, check_tree, tree, version},
    util,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// A folder that has just enough files to be taken for a tree of release 7.4.0.
fn tree_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let always = [
        ("common/source/common/nodes/NodeConnPool.cpp", ""),
        ("common/source/common/net/sock/RDMASocket.h", ""),
    ];
    for (name, text) in always.iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for name in ["meta", "storage"] {
        fs::create_dir_all(folder.path().join(name).join("source")).unwrap();
        fs::create_dir_all(folder.path().join(name).join("build/dist")).unwrap();
    }
    folder
}

fn refusal(root: &Path, version: Option<&str>) -> String {
    match check_tree(root, version) {
        Ok(_) => panic!("accepted"),
        Err(error) => format!("{error:#}"),
    }
}

#[test]
fn other_folders_are_no_beegfs_trees() {
    let folder = tempfile::tempdir().unwrap();
    let message = refusal(folder.path(), Some("7.4.6"));
    assert!(message.contains("is not a BeeGFS source tree"), "{message}");
    let message = refusal(&folder.path().join("gone"), Some("7.4.6"));
    assert!(message.contains("no such folder"), "{message}");
}

#[test]
fn releases_outside_the_range_are_refused() {
    let message = refusal(tree_with(&[]).path(), Some("7.3.4"));
    assert!(
        message.contains("BeeGFS 7.3.4 is not supported"),
        "{message}"
    );
    let message = refusal(tree_with(&[]).path(), Some("seven"));
    assert!(message.contains("no BeeGFS version"), "{message}");
}

#[test]
fn a_wrong_release_contradicts_the_interfaces() {
    let message = refusal(tree_with(&[]).path(), Some("8.3.1"));
    assert!(
        message.contains("its interfaces are those of <7.4.1"),
        "{message}"
    );
    let new = tree_with(&[("common/source/common/net/sock/IPAddress.h", "")]);
    let message = refusal(new.path(), Some("7.4.6"));
    assert!(
        message.contains("its interfaces are those of >=8.2.1"),
        "{message}"
    );
}

#[test]
fn a_tree_without_any_sign_of_its_release_must_be_named() {
    let message = refusal(tree_with(&[]).path(), None);
    assert!(message.contains("Name it with --version"), "{message}");
}

#[test]
fn a_patched_tree_is_refused_with_and_without_its_marker() {
    let marked = tree_with(&[(".beegfs-ntb.json", "{}")]);
    let message = refusal(marked.path(), Some("7.4.0"));
    assert!(message.contains("already patched"), "{message}");
    let header = "enum NicAddrType { A, NICADDRTYPE_NTB = 100 };";
    let unmarked = tree_with(&[(
        "common/source/common/net/sock/NetworkInterfaceCard.h",
        header,
    )]);
    let message = refusal(unmarked.path(), Some("7.4.0"));
    assert!(message.contains("already patched"), "{message}");
    assert!(message.contains("nic-type: common"), "{message}");
}

#[test]
fn a_tree_that_does_not_fit_leaves_no_copy() {
    let out = tempfile::tempdir().unwrap();
    let copy = out.path().join("copy");
    let message = apply_tree(tree_with(&[]).path(), &copy, Some("7.4.0"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("nothing was written"), "{message}");
    assert!(
        message.lines().count() > 20,
        "every edit is named: {message}"
    );
    assert!(!copy.exists());
}

#[test]
fn names_of_releases() {
    assert_eq!(version::parse("7.4.0p1").unwrap().to_string(), "7.4.0");
    assert_eq!(version::parse("v8.3.1").unwrap().to_string(), "8.3.1");
    assert!(version::parse("8").is_err());
}

/// The unpatched miniature tree of a generation: what both share, and its own files.
fn miniature(generation: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["shared", generation] {
        let root = util::root().join("beegfs-ssock/miniature").join(part);
        let files = tree::list(&root).unwrap();
        let nothing = BTreeMap::new();
        tree::copy(&root, &files, &nothing, folder.path(), &BTreeSet::new()).unwrap();
    }
    folder
}

#[test]
fn the_edits_of_this_repository_apply_once_to_both_generations() {
    for (generation, release) in [("v7", "7.4.6"), ("v8", "8.3.1")] {
        let source = miniature(generation);
        let out = tempfile::tempdir().unwrap();
        let report = apply_tree(source.path(), out.path(), Some(release)).unwrap();
        assert!(
            report.edits.len() > 25 && !report.changed.is_empty(),
            "{report:?}"
        );

        // Bringing the copy up to date again changes no file.
        let pool = out
            .path()
            .join("common/source/common/nodes/NodeConnPool.cpp");
        let written = fs::metadata(&pool).unwrap().modified().unwrap();
        let again = apply_tree(source.path(), out.path(), Some(release)).unwrap();
        assert_eq!(again, report);
        assert_eq!(fs::metadata(&pool).unwrap().modified().unwrap(), written);

        // The copy is no source, even if its marker is lost: every edit finds its own text.
        assert!(refusal(out.path(), Some(release)).contains("already patched"));
        fs::remove_file(version::marker(out.path())).unwrap();
        let message = refusal(out.path(), Some(release));
        for edit in &report.edits {
            assert!(
                message.contains(&format!("  {edit}: ")),
                "{edit} in {message}"
            );
        }
    }
}

#[test]
fn a_copy_goes_neither_into_its_source_nor_into_a_folder_in_use() {
    let source = miniature("v7");
    let inside = source.path().join("copy");
    let message = apply_tree(source.path(), &inside, Some("7.4.6"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("must lie apart"), "{message}");
    let used = tempfile::tempdir().unwrap();
    fs::write(used.path().join("precious"), "").unwrap();
    let message = apply_tree(source.path(), used.path(), Some("7.4.6"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("did not write"), "{message}");
}

fn set(names: &[&str]) -> BTreeSet<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn a_second_copy_touches_only_what_differs() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for name in ["same", "edited", "gone"] {
        let path = from.path().join(name);
        fs::write(&path, name).unwrap();
        fs::File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(old)
            .unwrap();
    }
    std::os::unix::fs::symlink("same", from.path().join("link")).unwrap();
    let edits = BTreeMap::from([(PathBuf::from("edited"), b"new text".to_vec())]);

    let all = set(&["same", "edited", "gone", "link"]);
    tree::copy(from.path(), &all, &edits, to.path(), &BTreeSet::new()).unwrap();
    let time = |name: &str| {
        fs::metadata(to.path().join(name))
            .unwrap()
            .modified()
            .unwrap()
    };
    assert_eq!(time("same"), old);
    assert_eq!(
        fs::read_link(to.path().join("link")).unwrap(),
        Path::new("same")
    );
    assert_eq!(fs::read(to.path().join("edited")).unwrap(), b"new text");

    // A product of a build stays; a file that left the source goes; nothing else is written.
    fs::write(to.path().join("same.o"), "object").unwrap();
    let edited = time("edited");
    let left = set(&["same", "edited", "link"]);
    tree::copy(from.path(), &left, &edits, to.path(), &all).unwrap();
    assert_eq!(time("edited"), edited);
    assert_eq!(time("same"), old);
    assert!(to.path().join("same.o").exists());
    assert!(!to.path().join("gone").exists());
}

#[test]
fn products_and_version_control_are_no_source() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".git/objects")).unwrap();
    fs::create_dir_all(folder.path().join("a.d")).unwrap();
    for name in [
        ".git/objects/x",
        "a.d/file",
        "b.cpp",
        "b.cpp.o",
        "b.cpp.d",
        "lib.a",
    ] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    assert_eq!(
        tree::list(folder.path()).unwrap(),
        set(&["a.d/file", "b.cpp"])
    );
}

//! Libraries of other releases: compiled here, with more or fewer symbols.

use sisci_sys::symbols::{CONSTANT_PREFIX, MT_PREFIX, ST_PREFIX};
use sisci_sys::{Constants, Functions, Library, LoadError};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles `code` into a library in `folder`.
fn compile(folder: &Path, code: &str) -> PathBuf {
    let (source, library) = (folder.join("library.c"), folder.join("libsisci.so"));
    std::fs::write(&source, code).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]);
    let compiled = cc.arg(&library).arg(&source).output().unwrap();
    let errors = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{errors}");
    library
}

/// All that is needed except `without`; each constant holds its place in the list.
fn needed(flavour: &str, without: &[&str]) -> String {
    let functions = Functions::REQUIRED
        .iter()
        .filter(|name| !without.contains(name));
    let functions = functions.map(|name| format!("void {flavour}{name}(void) {{}}\n"));
    let constants = Constants::REQUIRED.iter().enumerate();
    let constants = constants.filter(|(_, name)| !without.contains(name));
    let constants = constants
        .map(|(place, name)| format!("const unsigned {CONSTANT_PREFIX}{name} = {place};\n"));
    functions.chain(constants).collect()
}

#[test]
fn a_library_without_what_only_some_releases_have_loads() {
    for flavour in [MT_PREFIX, ST_PREFIX] {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(compile(folder.path(), &needed(flavour, &[]))).unwrap();
        let functions = library.functions();
        assert!(functions.enqueue_dma_transfer.is_none());
        assert!(functions.borrow_device.is_none());
        assert!(library.constants().flag_notify.is_none());
        assert_eq!(library.constants().infinite_timeout, 0);
        assert_eq!(library.constants().flag_use_callback, 1);
    }
}

#[test]
fn irregular_and_regular_names_of_a_constant_are_both_found() {
    for symbol in ["WRITE_BACK_CACHE_MAP", "SCI_FLAG_WRITE_BACK_CACHE_MAP"] {
        let folder = tempfile::tempdir().unwrap();
        let more = format!("const unsigned {CONSTANT_PREFIX}{symbol} = 77;\n");
        let library = compile(folder.path(), &(needed(ST_PREFIX, &[]) + &more));
        let library = Library::open(library).unwrap();
        assert_eq!(library.constants().flag_write_back_cache_map, Some(77));
    }
}

#[test]
fn what_is_needed_and_missing_is_named_completely() {
    let folder = tempfile::tempdir().unwrap();
    let gaps = ["SCIFlush", "SCI_FLAG_DMA_READ"];
    let library = compile(folder.path(), &needed(MT_PREFIX, &gaps));
    let Err(LoadError::Incomplete { missing, .. }) = Library::open(library) else {
        panic!("the library is incomplete");
    };
    let expected = [
        format!("{MT_PREFIX}SCIFlush"),
        format!("{CONSTANT_PREFIX}SCI_FLAG_DMA_READ"),
    ];
    assert_eq!(missing, expected);
}

//! C and C++ programs that are compiled against the headers and linked with the library.

mod examples;
mod nodes;
mod toolchain;

use nodes::Node;
use std::{collections::HashSet, process::Command};
use toolchain::Toolchain;

/// Compiles and runs a program that is its own peer; gives its symbols that need a library.
fn compile_and_run(compiler: &str, flags: &[&str]) -> String {
    let work = tempfile::tempdir().unwrap();
    let (program, toolchain) = (work.path().join("own_node"), Toolchain::find());
    toolchain.compile(compiler, flags, "tests/c/own_node.c", &program);
    let fabric = work.path().join("fabric");
    Node::start(&program, &[], 4, &fabric, &toolchain.library).succeed();
    let symbols = Command::new("nm")
        .args(["--undefined-only"])
        .arg(&program)
        .output()
        .unwrap();
    String::from_utf8(symbols.stdout).unwrap()
}

#[test]
fn c_without_threads_uses_the_st_flavour() {
    let symbols = compile_and_run("cc", &["-std=c99"]);
    assert!(
        symbols.contains("_SISCI_PUBLIC_FUNC_ST_SCIOpen"),
        "{symbols}"
    );
    assert!(!symbols.contains("_SISCI_PUBLIC_FUNC_MT_"), "{symbols}");
}

#[test]
fn c_with_threads_uses_the_mt_flavour() {
    let symbols = compile_and_run("cc", &["-std=c99", "-D_REENTRANT"]);
    assert!(
        symbols.contains("_SISCI_PUBLIC_FUNC_MT_SCIOpen"),
        "{symbols}"
    );
    assert!(!symbols.contains("_SISCI_PUBLIC_FUNC_ST_"), "{symbols}");
}

#[test]
fn the_headers_are_cpp_too() {
    let symbols = compile_and_run("c++", &["-std=c++17", "-pthread", "-x", "c++"]);
    assert!(
        symbols.contains("_SISCI_PUBLIC_FUNC_MT_SCIOpen"),
        "{symbols}"
    );
}

#[test]
fn both_flavours_of_everything_are_exported() {
    let library = Toolchain::find().library.join("libsisci.so");
    let symbols = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library)
        .output()
        .unwrap();
    let symbols = String::from_utf8(symbols.stdout).unwrap();
    let exported: HashSet<_> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    let functions = sisci_sys::FUNCTION_NAMES.iter().flat_map(|name| {
        ["MT", "ST"].map(|flavour| format!("_SISCI_PUBLIC_FUNC_{flavour}_{name}"))
    });
    let constants = sisci_sys::CONSTANT_NAMES;
    let constants = constants
        .iter()
        .flat_map(|name| sisci_sys::symbols::constant_symbols(name));
    let declared: Vec<_> = functions.chain(constants).collect();
    let missing: Vec<_> = declared
        .iter()
        .filter(|symbol| !exported.contains(symbol.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(exported.len(), declared.len(), "nothing else is exported");
}

//! C and C++ programs that are compiled against the headers and linked with the library.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{collections::HashSet, process::Command};

/// The folder of the shared object that was built with this program.
fn library_folder() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap().to_owned();
    assert!(folder.join("libsisci.so").exists());
    folder
}

/// Compiles with `arguments` and runs the program; gives its symbols that need a library.
fn compile_and_run(compiler: &str, arguments: &[&str]) -> String {
    let work = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (program, folder) = (work.path().join("own_node"), library_folder());
    let compiled = Command::new(compiler)
        .args(arguments)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
        .arg(root.join("../sisci-sys/include"))
        .arg(root.join("tests/c/own_node.c"))
        .args(["-x", "none", "-o"])
        .arg(&program)
        .arg("-L")
        .arg(&folder)
        .arg("-lsisci")
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );

    run(&program, work.path());
    let symbols = Command::new("nm")
        .args(["--undefined-only"])
        .arg(&program)
        .output()
        .unwrap();
    String::from_utf8(symbols.stdout).unwrap()
}

/// Runs the program as a node of its own fabric, within a time limit.
fn run(program: &Path, fabric: &Path) {
    let mut command = Command::new(program);
    command
        .env("SISCI_EMU_DIR", fabric.join("fabric"))
        .env("SISCI_EMU_NODE", "4");
    // Cargo puts a folder first that may hold an older build.
    command.env("LD_LIBRARY_PATH", library_folder());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{status}");
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
    let library = library_folder().join("libsisci.so");
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

//! Compiles and runs the tests of the plugin for unpatched daemons, `beegfs-ssock/tests/stock/`: a
//! program of an unpatched miniature tree that loads the plugin as such a daemon does.

use super::{
    miniature::{self, Generation, Miniature},
    socket_tests,
    workspace::Workspace,
};
use crate::{build::plugin, stock, util};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// InfiniBand's library under the name that the installer gives it beside the plugin.
const ORIGINAL: &str = "libbeegfs_ib.original.so";

/// Runs all tests of the plugin in the generation of `miniature`, whose build has made the transport and
/// the emulator.
///
/// # Errors
/// Something does not compile, or a test fails.
pub fn run(miniature: &Miniature, workspace: &Workspace) -> Result<()> {
    let number = miniature.generation.number();
    let program = compile(miniature)?;
    workspace.check()?;
    let folder = workspace.subfolder(&format!("stock-{number}"))?;
    println!("plugin for unpatched daemons, interface of BeeGFS {number}");
    socket_tests::run(&program, &folder)
}

/// Makes the tree, the plugins and the program, and lays them out: the plugin alone, once more beside a
/// library for InfiniBand, and that of the other generation beside one.
fn compile(miniature: &Miniature) -> Result<PathBuf> {
    let generation = miniature.generation;
    let work = miniature.tree.with_file_name("stock");
    let tree = work.join("tree");
    miniature::compose(generation, &tree)?;
    let log = work.join("make.log");
    miniature::make(&tree, "common-all", "unpatched common code", &log)?;

    let [alone, beside, other] =
        ["stock", "stock-ib", "stock-other"].map(|name| miniature.prefix.join(name));
    let library = plugin_of(generation, &tree, &alone)?;
    let emulator = util::target_dir().join("release/libsisci.so");
    for folder in [&alone, &beside] {
        fs::create_dir_all(folder.join("sisci-emu"))?;
        fs::copy(&emulator, folder.join("sisci-emu/libsisci.so"))?;
    }
    fs::copy(&library, beside.join(stock::LIBRARY))?;
    let stranger = generation.other();
    let tree_of_other = work.join("tree-other");
    miniature::compose(stranger, &tree_of_other)?;
    plugin_of(stranger, &tree_of_other, &other)?;

    let stub = beside.join(ORIGINAL);
    let program = miniature.prefix.join("bin/ntb-stock-tests");
    test_program(generation, &work, &program, &stub)?;
    fs::copy(&stub, other.join(ORIGINAL))?;
    plugin::check_symbols(&library, &program, util::output)?;
    Ok(program)
}

/// Compiles the plugin of a generation against its unpatched tree, into `folder`.
fn plugin_of(generation: Generation, tree: &Path, folder: &Path) -> Result<PathBuf> {
    let log = tree.with_file_name("plugin.log");
    fs::write(&log, "").with_context(|| format!("writing {}", log.display()))?;
    stock::compile(tree, generation.release(), false, folder, &log)
}

/// Compiles the program, and what stands in for InfiniBand's library, to `stub`.
fn test_program(generation: Generation, work: &Path, program: &Path, stub: &Path) -> Result<()> {
    let tests = util::root().join("beegfs-ssock/tests");
    let mut sources = plugin::sources(&tests.join("stock"))?;
    sources.retain(|file| file.parent() == Some(tests.join("stock").as_path()));
    sources.push(tests.join("Harness.cpp"));
    let mut command = socket_tests::make(&work.join("tree"), &work.join("tests"), program);
    command
        .arg(format!("SOURCES={}", joined(&sources)))
        .arg(format!("VERSION={}", generation.release()))
        .arg(format!("STUB={}", stub.display()));
    util::logged(
        "tests of the plugin",
        &mut command,
        &work.join("tests.log"),
        |line| line.starts_with("[CXX]"),
    )
}

fn joined(files: &[PathBuf]) -> String {
    let names: Vec<_> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    names.join(" ")
}

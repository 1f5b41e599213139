//! Compiles and runs the tests of the plugin for unpatched daemons, `beegfs-ssock/tests/stock/`: a
//! program of an unpatched miniature tree that loads the plugin as such a daemon does.

use super::{
    miniature::{self, Miniature},
    socket_tests,
    workspace::Workspace,
};
use crate::{build::plugin, stock, util};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf};

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

/// Makes the tree, the plugin and the program, and lays them out: the plugin alone, and once more beside
/// a library for InfiniBand.
fn compile(miniature: &Miniature) -> Result<PathBuf> {
    let generation = miniature.generation;
    let work = miniature.tree.with_file_name("stock");
    let tree = work.join("tree");
    miniature::compose(generation, &tree)?;
    let log = work.join("make.log");
    miniature::make(&tree, "common-all", "unpatched common code", &log)?;

    let (alone, beside) = (
        miniature.prefix.join("stock"),
        miniature.prefix.join("stock-ib"),
    );
    let log = work.join("plugin.log");
    let release = generation.release();
    fs::write(&log, "").with_context(|| format!("writing {}", log.display()))?;
    let library = stock::compile(&tree, release, false, &alone, &log)?;
    let emulator = util::target_dir().join("release/libsisci.so");
    for folder in [&alone, &beside] {
        fs::create_dir_all(folder.join("sisci-emu"))?;
        fs::copy(&emulator, folder.join("sisci-emu/libsisci.so"))?;
    }
    fs::copy(&library, beside.join(stock::LIBRARY))?;

    let tests = util::root().join("beegfs-ssock/tests");
    let mut sources = plugin::sources(&tests.join("stock"))?;
    sources.retain(|file| file.parent() == Some(tests.join("stock").as_path()));
    sources.push(tests.join("Harness.cpp"));
    let program = miniature.prefix.join("bin/ntb-stock-tests");
    let mut command = socket_tests::make(&tree, &work.join("tests"), &program);
    command
        .arg(format!("SOURCES={}", joined(&sources)))
        .arg(format!("VERSION={release}"))
        .arg(format!("STUB={}", beside.join(ORIGINAL).display()));
    util::logged(
        "tests of the plugin",
        &mut command,
        &work.join("tests.log"),
        |line| line.starts_with("[CXX]"),
    )?;
    plugin::check_symbols(&library, &program, util::output)?;
    Ok(program)
}

fn joined(files: &[PathBuf]) -> String {
    let names: Vec<_> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    names.join(" ")
}

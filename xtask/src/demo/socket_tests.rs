//! Compiles and runs the C++ tests of the socket class, `beegfs-ssock/tests/`, against both
//! generations of the miniature tree, and then those of daemons, patched and not.

use super::{
    daemon_tests,
    miniature::{self, Generation, Miniature},
    stock_tests,
    workspace::Workspace,
};
use crate::util;
use anyhow::{Context, Result, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Runs all tests of the socket class and of the daemons around it.
///
/// # Errors
/// Something does not compile, or a test fails.
pub fn socket_tests() -> Result<()> {
    miniature::ensure_needs()?;
    let workspace = Workspace::new("tests", false)?;
    for generation in Generation::ALL {
        let miniature = miniature::build(generation)?;
        workspace.check()?;
        let program = compile(&miniature)?;
        workspace.check()?;
        let folder = workspace.subfolder(&format!("sockets-{}", generation.number()))?;
        println!("socket class, interface of BeeGFS {}", generation.number());
        run(&program, &folder)?;
        daemon_tests::run(&miniature, &workspace)?;
        stock_tests::run(&miniature, &workspace)?;
    }
    Ok(())
}

/// Compiles the test program into the installation, where it finds the transport's library.
fn compile(miniature: &Miniature) -> Result<PathBuf> {
    let program = miniature.prefix.join("bin/ntb-socket-tests");
    let out = miniature.tree.with_file_name("tests");
    let mut command = make(&miniature.tree, &out, &program);
    let log = miniature.tree.with_file_name("tests.log");
    util::logged("socket tests", &mut command, &log, |line| {
        line.starts_with("[CXX]")
    })?;
    Ok(program)
}

/// The command that compiles `program` from tests, against the compiled `tree`.
pub fn make(tree: &Path, out: &Path, program: &Path) -> Command {
    let mut command = Command::new("make");
    command
        .arg("-f")
        .arg(util::root().join("beegfs-ssock/tests/Makefile"))
        .arg(format!("-j{}", miniature::processors()))
        .arg(format!("TREE={}", tree.display()))
        .arg(format!("OUT={}", out.display()))
        .arg(format!("PROGRAM={}", program.display()));
    for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        command.env_remove(name);
    }
    command
}

/// Runs a program of tests, with a folder for its fabrics.
pub fn run(program: &Path, folder: &Path) -> Result<()> {
    let status = Command::new(program)
        .arg(folder)
        .status()
        .with_context(|| format!("starting {}", program.display()))?;
    ensure!(status.success(), "tests failed: {}", program.display());
    Ok(())
}

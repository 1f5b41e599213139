//! Compiles and runs the C++ tests of the socket class, `beegfs-ssock/tests/`, against both
//! generations of the miniature tree.

use super::{
    daemon_tests,
    miniature::{self, Generation, Miniature},
    workspace::Workspace,
};
use crate::util;
use anyhow::{Context, Result, bail};
use std::{path::PathBuf, process::Command};

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
        let status = Command::new(&program)
            .arg(&folder)
            .status()
            .with_context(|| format!("starting {}", program.display()))?;
        if !status.success() {
            bail!(
                "tests of the socket class failed with generation {}",
                generation.number()
            );
        }
        daemon_tests::run(&miniature, &workspace)?;
    }
    Ok(())
}

/// Compiles the test program into the installation, where it finds the transport's library.
fn compile(miniature: &Miniature) -> Result<PathBuf> {
    let program = miniature.prefix.join("bin/ntb-socket-tests");
    let out = miniature.tree.with_file_name("tests");
    let mut command = Command::new("make");
    command
        .arg("-f")
        .arg(util::root().join("beegfs-ssock/tests/Makefile"))
        .arg(format!("-j{}", miniature::processors()))
        .arg(format!("TREE={}", miniature.tree.display()))
        .arg(format!("OUT={}", out.display()))
        .arg(format!("PROGRAM={}", program.display()));
    for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        command.env_remove(name);
    }
    let log = miniature.tree.with_file_name("tests.log");
    util::logged("socket tests", &mut command, &log, |line| {
        line.starts_with("[CXX]")
    })?;
    Ok(program)
}

//! Libraries of this workspace, built to be installed somewhere.

use crate::util;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;

/// A cargo profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Optimised.
    Release,
    /// With checks, and not optimised.
    Debug,
}

/// Builds the library of `package` and gives the folder in which its `files` lie.
///
/// # Errors
/// Cargo can't be started or fails, or makes another file.
pub fn build(package: &str, profile: Profile, files: &[&str]) -> Result<PathBuf> {
    let mut cargo = util::cargo();
    cargo.args(["build", "--package", package, "--lib"]);
    let folder = match profile {
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
        Profile::Debug => "debug",
    };
    let status = cargo.status().context("starting cargo")?;
    ensure!(status.success(), "building {package} failed ({status})");
    let folder = util::target_dir().join(folder);
    for file in files {
        ensure!(folder.join(file).is_file(), "cargo made no {file}");
    }
    Ok(folder)
}

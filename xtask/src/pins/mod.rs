//! `pins.toml`: everything that is pinned, in one file; and `cargo xtask pins`, which compares it with
//! what is there or writes it anew.

mod check;
mod update;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf};

/// The file, as it was when this program was built.
const TEXT: &str = include_str!("../../../pins.toml");

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Compare the pins with this machine's toolchain and tools, and with BeeGFS's sources if given.
    Check {
        /// A git directory that has the releases as tags; each is compared with its pin.
        #[arg(long, value_name = "DIR")]
        source: Option<PathBuf>,
    },
    /// Write the pins anew: releases from a git directory, toolchain and tools as they are here.
    /// (The versions of an image's packages: `image build --update-lock`.)
    Update(update::Args),
}

pub fn run(args: Args) -> Result<()> {
    match args.action {
        Action::Check { source } => check::run(source.as_deref()),
        Action::Update(args) => update::run(&args),
    }
}

/// All pins.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    pub toolchain: Toolchain,
    pub build: Build,
    /// Version of each tool that CI installs with cargo.
    pub tools: BTreeMap<String, String>,
    /// Distributions.
    pub base: Vec<Base>,
    pub beegfs: Beegfs,
}

/// The compiler.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// Release of Rust, as `1.95.0`.
    pub rust: String,
}

/// What every build has in common.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// `SOURCE_DATE_EPOCH`, seconds.
    pub epoch: u64,
}

/// What a distribution's images are made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// As on the command line, `debian-12`.
    pub name: String,
    /// Whose packages they are.
    pub family: Family,
    /// The distribution's own name of the release.
    pub suite: String,
    /// What is in the builder image besides a minimal system.
    pub packages: Vec<String>,
    /// What can be installed without a network in the image that tries packages.
    pub runtime: Vec<String>,
}

/// A family of distributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Debian,
    Ubuntu,
}

/// BeeGFS's releases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beegfs {
    /// Public repository of the sources.
    pub repository: String,
    pub release: Vec<Release>,
}

/// One known release.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Upstream's tag.
    pub tag: String,
    pub commit: String,
    /// [`server_digest`](crate::patch::version::server_digest) of the release.
    pub servers: String,
    /// [`tree_digest`](crate::patch::version::tree_digest) of the release.
    pub tree: String,
}

impl Pins {
    /// Reads the pins.
    ///
    /// # Errors
    /// The file has a mistake.
    pub fn load() -> Result<Pins> {
        toml::from_str(TEXT).context("pins.toml")
    }

    /// The release with this name.
    pub fn get(&self, name: &str) -> Option<&Release> {
        self.beegfs.release.iter().find(|pin| pin.tag == name)
    }

    /// The distribution with this name.
    ///
    /// # Errors
    /// There is none; the message names those that there are.
    pub fn base(&self, name: &str) -> Result<&Base> {
        let found = self.base.iter().find(|base| base.name == name);
        let Some(base) = found else {
            let known: Vec<_> = self.base.iter().map(|base| base.name.as_str()).collect();
            bail!(
                "no distribution {name:?} is pinned; there are {}",
                known.join(", ")
            );
        };
        Ok(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pins_are_whole_and_agree_with_the_workspace() {
        let pins = Pins::load().unwrap();
        let hexadecimal = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        for release in &pins.beegfs.release {
            assert!(hexadecimal(&release.commit, 40), "{}", release.tag);
            assert!(hexadecimal(&release.servers, 64), "{}", release.tag);
            assert!(hexadecimal(&release.tree, 64), "{}", release.tag);
        }
        assert!(pins.base("debian-12").is_ok());
        let message = pins.base("plan-9").unwrap_err().to_string();
        assert!(message.contains("debian-12"), "{message}");
        let minimum = env!("CARGO_PKG_RUST_VERSION");
        assert!(
            pins.toolchain.rust.starts_with(minimum),
            "Cargo.toml says {minimum}"
        );
    }
}

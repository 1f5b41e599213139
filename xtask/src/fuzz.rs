//! `cargo xtask fuzz`: hostile peers against the transport, found by libFuzzer.
//!
//! The targets stand in `fuzz/`, a package of its own since it is built with instrumentation and the
//! address sanitizer. The emulator that they use is an ordinary build.

use crate::util;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// What is attacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// Our memory and our control channel, by a peer that was let in.
    Channel,
    /// The control port, by strangers.
    Handshake,
}

impl Target {
    const ALL: [Self; 2] = [Self::Channel, Self::Handshake];

    fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Handshake => "handshake",
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this target; all of them otherwise.
    target: Option<Target>,
    /// How long each target runs.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    seconds: u32,
}

/// Runs the targets one after the other. What was learnt is kept under the target directory.
///
/// # Errors
/// If cargo-fuzz is missing or a target found something; libFuzzer's output says what, and the input
/// is kept.
pub fn run(args: Args) -> Result<()> {
    if !is_installed() {
        bail!("cargo-fuzz is missing; install it with: cargo install cargo-fuzz --locked");
    }
    let library = emulator()?;
    let targets = args.target.map_or(Target::ALL.to_vec(), |one| vec![one]);
    for target in targets {
        fuzz(target, args.seconds, &library)?;
    }
    Ok(())
}

/// The step of `cargo xtask test`.
pub fn short() -> Result<()> {
    run(Args {
        target: None,
        seconds: 60,
    })
}

fn is_installed() -> bool {
    let mut probe = util::cargo();
    probe.args(["fuzz", "--version"]);
    probe.output().is_ok_and(|output| output.status.success())
}

fn emulator() -> Result<std::path::PathBuf> {
    let built = util::cargo()
        .args(["build", "--release", "-p", "sisci-emu"])
        .status()
        .context("starting cargo")?;
    if !built.success() {
        bail!("the emulator does not build");
    }
    Ok(util::target_dir().join("release/libsisci.so"))
}

fn fuzz(target: Target, seconds: u32, library: &Path) -> Result<()> {
    let work = util::target_dir().join("fuzz");
    let (corpus, artifacts) = (
        work.join("corpus").join(target.name()),
        work.join("artifacts").join(target.name()),
    );
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // Shared memory, or the files of the fabric would be on a disk.
    let fabric = tempfile::tempdir_in("/dev/shm").context("cannot make a folder for the fabric")?;
    let mut command: Command = util::cargo();
    command
        .args(["fuzz", "run", "--fuzz-dir"])
        .arg(util::root().join("fuzz"))
        .arg("--target-dir")
        .arg(work.join("build"))
        .arg(target.name())
        .arg(&corpus)
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg("-timeout=30")
        .arg("-print_final_stats=1")
        .arg("-verbosity=0")
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .env("NTB_FUZZ_LIBRARY", library)
        .env("SISCI_EMU_DIR", fabric.path().join("fabric"))
        .env("NTB_RUNTIME_DIR", fabric.path().join("run"))
        // The instrumentation is a flag of the compiler that has no stable name.
        .env("RUSTC_BOOTSTRAP", "1");
    println!("{}: {seconds} s", target.name());
    let status = command.status().context("starting cargo fuzz")?;
    if !status.success() {
        bail!(
            "{}: {status}; the input that shows it lies in {}",
            target.name(),
            artifacts.display()
        );
    }
    Ok(())
}

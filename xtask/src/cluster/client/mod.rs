//! `cluster client`: BeeGFS's kernel client in a small virtual machine that mounts the cluster.
//!
//! The machine is emulated in software and lives as long as one command: a kernel of the Debian
//! release that runs here, upstream's client module compiled for it, and a root file system in
//! memory that is written for each run. It hangs on the cluster's bridge like any other host.

mod elf;
mod guest;
mod image;
mod kernel;
mod machine;
mod module;
mod run;

pub use guest::Work as Task;
pub use run::{Client, Options};

use std::path::PathBuf;

use clap::Subcommand;

use super::NameArgs;

/// Programs that are called, besides those of every cluster command, and the package of each.
const PROGRAMS: [(&str, &str); 6] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("setpriv", "util-linux"),
    ("apt-get", "apt"),
    ("dpkg-deb", "dpkg"),
    ("make", "make"),
    ("gcc", "gcc"),
];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Boot the machine, mount the cluster at /mnt/beegfs and run a command there.
    Run(run::Args),
    /// Get the kernel and compile the client module, without running anything.
    Build(BuildArgs),
}

#[derive(Debug, clap::Args)]
struct BuildArgs {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    name: NameArgs,
}

impl Options {
    fn work(&self) -> PathBuf {
        match &self.work {
            Some(folder) => std::path::absolute(folder).unwrap_or(folder.clone()),
            None => crate::util::target_dir().join("client"),
        }
    }
}

/// # Errors
/// Names the programs that are not installed.
pub fn require() -> anyhow::Result<()> {
    super::tools::require(&PROGRAMS)
}

/// The command's exit code, if it ran.
pub fn run(args: Args) -> anyhow::Result<i32> {
    require()?;
    match args.action {
        Action::Run(args) => run::run(args),
        Action::Build(args) => {
            let state = super::state::State::of_running(&args.name.name)?;
            let client = Client::prepare(&state, &args.options)?;
            println!("{}", client.describe());
            Ok(0)
        }
    }
}

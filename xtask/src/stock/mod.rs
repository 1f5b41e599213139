//! `cargo xtask plugin`: NTB for unpatched daemons, through the library that they load for
//! InfiniBand. See `docs/stock-daemons.md`.

mod abi;
mod build;
mod install;
#[cfg(test)]
mod samples;

pub use abi::is_plugin;
pub use build::{VARIANTS, compile, compiler};

use std::path::PathBuf;

use clap::Subcommand;

/// The name under which daemons look for the library.
pub const LIBRARY: &str = "libbeegfs_ib.so";

/// Where packages put BeeGFS.
const PREFIX: &str = "/opt/beegfs";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Compile the plugin against the headers of one or several releases.
    Build(build::Args),
    /// Say whether a plugin fits the installed daemons, without changing anything.
    Check(Installed),
    /// Check the installed daemons and put the plugin that fits beside them.
    Install(install::Args),
    /// Take the plugin away and put the packages' own library back.
    Remove(install::RemoveArgs),
}

/// Installed daemons, and plugins for them.
#[derive(Debug, clap::Args)]
struct Installed {
    /// A plugin, or a folder as `plugin build` makes it.
    #[arg(long, value_name = "PATH", default_value = "dist/stock")]
    plugins: PathBuf,
    /// Where the programs are: `sbin/beegfs-meta`, `sbin/beegfs-storage` and others.
    #[arg(long, value_name = "DIR", default_value = PREFIX)]
    prefix: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    match args.action {
        Action::Build(args) => build::run(&args),
        Action::Check(args) => {
            let found = install::find(&args)?;
            println!("{} fits:", found.plugin.display());
            found
                .programs
                .iter()
                .for_each(|program| println!("  {}", program.display()));
            found.warn();
            Ok(())
        }
        Action::Install(args) => install::install(&args),
        Action::Remove(args) => install::remove(&args),
    }
}

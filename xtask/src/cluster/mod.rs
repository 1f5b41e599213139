//! `cargo xtask cluster`: BeeGFS daemons on this machine, each on a host of its own.
//!
//! A host is a network namespace with one interface into a bridge, a name of its own (UTS
//! namespace), and one node of the emulated NTB fabric. The bridge has a namespace too, so that
//! nothing of a cluster is visible among this machine's interfaces and two clusters may use the
//! same addresses. See `docs/operations.md`.

mod client;
mod control;
mod daemons;
mod down;
mod exec;
mod iotest;
mod launch;
mod mixed;
mod net;
mod outcomes;
mod plan;
pub mod process;
mod size;
mod snapshot;
mod software;
mod state;
mod status;
mod tools;
mod traffic;
mod up;

use clap::Subcommand;
use plan::ClusterName;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start a management, a metadata and two storage daemons, and wait until they work.
    Up(up::Args),
    /// Show which daemons talk over NTB and which over TCP, with bytes.
    Status(status::Args),
    /// Write and read a file through the storage daemons; print throughput and path.
    Iotest(iotest::Args),
    /// Send all kinds of traffic between the daemons, compare the data, prove the path.
    Traffic(traffic::Args),
    /// Start clusters in which not all servers can do the same, and prove that each pair takes its best path.
    Mixed(mixed::Args),
    /// Run a program on a host, for example beegfs-ctl on the client.
    Exec(exec::Args),
    /// Mount the cluster with BeeGFS's kernel client, in a virtual machine, and run a command there.
    Client(client::Args),
    /// Stop the daemons and remove everything that `up` made, finished or not.
    Down(NameArgs),
}

/// The option that every command has.
#[derive(Debug, clap::Args)]
struct NameArgs {
    /// Which cluster, if there are several: lower-case letters and digits.
    #[arg(long, default_value = "default")]
    name: ClusterName,
}

/// Checks what every command needs.
///
/// # Errors
/// Not root, or a program is missing.
pub fn require() -> anyhow::Result<()> {
    tools::require_root()?;
    tools::require_programs()
}

pub fn run(args: Args) -> anyhow::Result<()> {
    require()?;
    match args.action {
        Action::Up(args) => up::run(args),
        Action::Status(args) => status::run(args),
        Action::Iotest(args) => iotest::run(args),
        Action::Traffic(args) => traffic::run(args),
        Action::Mixed(args) => mixed::run(&args),
        Action::Exec(args) => match exec::run(args)? {},
        Action::Client(args) => match client::run(args)? {
            0 => Ok(()),
            code => std::process::exit(code),
        },
        Action::Down(args) => down::run(&args.name),
    }
}

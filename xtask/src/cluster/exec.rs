//! `cluster exec`: runs any program on a host of the cluster.

use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;

use anyhow::anyhow;

use super::plan::Host;
use super::state::State;
use super::{NameArgs, launch};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Append the keys with which BeeGFS's tools reach the cluster, as `--sysMgmtdHost=…`.
    #[arg(long)]
    keys: bool,
    #[command(flatten)]
    name: NameArgs,
    /// Where the program runs.
    host: Host,
    /// The program and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// Becomes the program, so that it gets the terminal and its exit code is this command's.
///
/// # Errors
/// If the cluster is not up or nothing can be started on the host.
pub fn run(args: Args) -> anyhow::Result<Infallible> {
    let state = State::of_running(&args.name.name)?;
    let mut command = launch::on_host(&state.name, &state.software, args.host, &[]);
    command.args(&args.command);
    if args.keys {
        command.args(&state.control);
    }
    Err(anyhow!(command.exec()))
}

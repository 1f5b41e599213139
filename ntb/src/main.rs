//! `ntb`: what the NTB sockets of this machine do, how fast they could, what BeeGFS makes of them, and
//! what the emulated fabric under them does.
// Only `bench/sys.rs` may allow it.
#![deny(unsafe_code)]

mod beemsg;
mod bench;
mod emu;
mod generate;
mod render;
mod stat;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Looks at the NTB sockets of the running processes, and works on emulated fabrics.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show peers, paths and bytes of the processes that have NTB sockets.
    Stat(stat::Args),
    /// Measure NTB against TCP, AF_UNIX, UCX, libfabric and a bare ring.
    Bench(bench::Args),
    /// Talk to BeeGFS's servers: show a cluster, write and read chunks, compare NTB and TCP.
    Beemsg(beemsg::Args),
    /// Look at an emulated fabric, cut its links, order faults.
    Emu(emu::Args),
    /// Write a script to standard output that lets a shell complete this command's words.
    Completions { shell: clap_complete::Shell },
    /// Write manual pages, for packages.
    #[command(hide = true)]
    Man {
        /// An existing folder.
        folder: std::path::PathBuf,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Stat(args) => stat::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Beemsg(args) => beemsg::run(&args),
        Command::Emu(args) => emu::run(&args),
        Command::Completions { shell } => generate::completions(Cli::command(), shell),
        Command::Man { folder } => generate::man(Cli::command(), &folder),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ntb: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the reader of the output has gone, as in `ntb stat | head`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

//! `cargo xtask COMMAND`: builds, patches, tests and tries everything.
#![forbid(unsafe_code)]

mod args;
mod build;
mod cluster;
mod demo;
mod fuzz;
mod patch;
mod sisci;
mod task_test;
mod tidy;
mod util;

use args::{Cli, Command};
use clap::Parser;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Test(args) => task_test::run(args),
        Command::BuildBeegfs(args) => build::run(args),
        Command::Patch(args) => patch::run(args),
        Command::Cluster(args) => cluster::run(args),
        Command::Fuzz(args) => fuzz::run(args),
        Command::Sisci(command) => sisci::run(command),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<sisci::Negative>() {
                Some(_) => std::process::ExitCode::from(3),
                None => std::process::ExitCode::FAILURE,
            }
        }
    }
}

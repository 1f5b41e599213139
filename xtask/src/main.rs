//! `cargo xtask COMMAND`: builds, patches, tests and tries everything.
#![forbid(unsafe_code)]

mod args;
mod bindgen;
mod build;
mod cluster;
mod demo;
mod fuzz;
mod patch;
mod task_test;
mod tidy;
mod util;

use args::{Cli, Command, Sisci};
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
        Command::Sisci(Sisci::Bindgen(args)) => bindgen::run(args),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

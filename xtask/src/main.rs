//! `cargo xtask COMMAND`: builds, patches, tests and tries everything.
#![forbid(unsafe_code)]

mod args;
mod build;
mod capi;
mod cluster;
mod container;
mod demo;
mod fuzz;
mod libraries;
mod named_tests;
mod patch;
mod pins;
mod place;
mod sanitize;
mod sisci;
mod stock;
mod task_test;
mod tidy;
mod util;
mod verify;

use args::{Cli, Command};
use clap::Parser;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Test(args) => task_test::run(args),
        Command::BuildBeegfs(args) => build::run(args),
        Command::Image(args) => container::image::run(args),
        Command::Reproduce(args) => container::reproduce::run(args),
        Command::VerifyDist(args) => container::verify::run(&args),
        Command::Pins(args) => pins::run(args),
        Command::Patch(args) => patch::run(args),
        Command::VerifyBeegfs(args) => verify::run(args),
        Command::Cluster(args) => cluster::run(args),
        Command::Plugin(args) => stock::run(args),
        Command::Fuzz(args) => fuzz::run(args),
        Command::Sisci(command) => sisci::run(command),
        Command::Capi(command) => capi::run(command),
        Command::Sanitize(args) => sanitize::run(args),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<util::Negative>() {
                Some(_) => std::process::ExitCode::from(3),
                None => std::process::ExitCode::FAILURE,
            }
        }
    }
}

//! `cargo xtask sisci`: headers, bindings and libraries of the SISCI interface.

mod bindgen;
mod check_library;
mod compare;
pub mod elf;
mod install;
mod stranger;
mod tiers;

pub use stranger::run as stranger_programs;

#[derive(Debug, clap::Subcommand)]
pub enum Sisci {
    /// Make sisci-sys/src/bindings.rs anew from sisci-sys/include, or compare a site's own headers
    /// with ours (needs libclang).
    Bindgen(bindgen::Args),
    /// Lay out headers, the emulator's library, pkg-config file and CMake package in a folder, as
    /// programs find them with the vendor's software.
    Install(install::Args),
    /// Show what any libsisci.so has: functions, constants and their values, and what our transport
    /// would miss. Exit code 3: the transport can't run on it.
    CheckLibrary(check_library::Args),
}

pub fn run(command: Sisci) -> anyhow::Result<()> {
    match command {
        Sisci::Bindgen(args) => bindgen::run(args),
        Sisci::Install(args) => install::run(args),
        Sisci::CheckLibrary(args) => check_library::run(args),
    }
}

pub use crate::util::Negative;
pub use install::{API_VERSION, headers};

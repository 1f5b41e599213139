//! `cargo xtask capi`: the C API for programs of others.

mod header;
mod install;
mod stranger;

pub use stranger::run as stranger_programs;

#[derive(Debug, clap::Subcommand)]
pub enum Capi {
    /// Make capi/include/ntb.h anew from the Rust sources.
    Header(header::Args),
    /// Lay out header, libraries and pkg-config file in a folder.
    Install(install::Args),
}

pub fn run(command: Capi) -> anyhow::Result<()> {
    match command {
        Capi::Header(args) => header::run(args),
        Capi::Install(args) => install::run(args),
    }
}

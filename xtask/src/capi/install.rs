//! `cargo xtask capi install`: `ntb.h`, `libntb` and what pkg-config needs to know.

use crate::libraries::{self, Profile};
use crate::place::{self, Entry, What};
use crate::util;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to install into; made if absent.
    #[arg(long, value_name = "DIR")]
    prefix: PathBuf,
    /// Which build of the libraries: release is optimised, debug has checks.
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
}

/// Version of the libraries and of the package.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What programs ask the loader for; `capi/build.rs` writes the same into the library.
pub const SONAME: &str = "libntb.so.0";

pub fn run(args: Args) -> Result<()> {
    let prefix = std::path::absolute(&args.prefix).context("the prefix")?;
    place::check(&prefix)?;
    install(&prefix, &build(args.profile)?)?;
    let shown = prefix.display();
    println!("installed ntb.h and libntb in {shown}; to compile and run a program:");
    println!(
        "  cc program.c $(PKG_CONFIG_PATH={shown}/lib/pkgconfig pkg-config --cflags --libs ntb)"
    );
    println!("  LD_LIBRARY_PATH={shown}/lib ./a.out");
    Ok(())
}

/// Builds the libraries and gives their folder.
pub fn build(profile: Profile) -> Result<PathBuf> {
    libraries::build("ntb-capi", profile, &["libntb.so", "libntb.a"])
}

/// Puts everything in place, or nothing.
pub fn install(prefix: &Path, libraries: &Path) -> Result<()> {
    let header = util::root().join("capi/include/ntb.h");
    let header = std::fs::read_to_string(&header)
        .with_context(|| format!("reading {}", header.display()))?;
    let versioned = format!("libntb.so.{VERSION}");
    let description = include_str!("files/ntb.pc").replace("@VERSION@", VERSION);
    let entries = [
        Entry::new("include/ntb.h", What::Text(header)),
        Entry::new(
            format!("lib/{versioned}"),
            What::Copy(libraries.join("libntb.so")),
        ),
        Entry::new(format!("lib/{SONAME}"), What::Link(versioned)),
        Entry::new("lib/libntb.so", What::Link(SONAME.to_owned())),
        Entry::new("lib/libntb.a", What::Copy(libraries.join("libntb.a"))),
        Entry::new("lib/pkgconfig/ntb.pc", What::Text(description)),
    ];
    place::place(prefix, &entries)
}

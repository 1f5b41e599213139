//! `cargo xtask sisci install`: the emulator where programs look for the vendor's library.

use crate::libraries::{self, Profile};
use crate::place::{self, Entry, What};
use crate::util;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder to install into; made if absent. The vendor's is /opt/DIS.
    #[arg(long, value_name = "DIR")]
    prefix: PathBuf,
    /// Which build of the library.
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
}

/// Headers that programs include by name, which newer releases of the vendor keep in `include/dis`.
const PUBLIC_HEADERS: &[&str] = &[
    "sisci_api.h",
    "sisci_types.h",
    "sisci_error.h",
    "sisci_api_macros.h",
    "dis_types.h",
];
/// Version of the interface, for those who ask pkg-config or CMake for one.
pub const API_VERSION: &str = "2.0";

pub fn run(args: Args) -> Result<()> {
    let prefix = std::path::absolute(&args.prefix).context("the prefix")?;
    place::check(&prefix)?;
    let library = build(args.profile)?;
    install(&prefix, &library)?;
    let shown = prefix.display();
    println!("installed the emulator in {shown}; to compile and run a program against it:");
    println!(
        "  cc $(PKG_CONFIG_PATH={shown}/lib64/pkgconfig pkg-config --cflags --libs sisci) ..."
    );
    println!("  LD_LIBRARY_PATH={shown}/lib64 SISCI_EMU_NODE=4 ./program");
    Ok(())
}

/// Puts everything in place, or nothing.
pub fn install(prefix: &Path, library: &Path) -> Result<()> {
    place::place(prefix, &layout(library)?)
}

/// Builds the emulator and gives the path of its shared object.
pub fn build(profile: Profile) -> Result<PathBuf> {
    let folder = libraries::build("sisci-emu", profile, &["libsisci.so"])?;
    Ok(folder.join("libsisci.so"))
}

/// All that is installed.
fn layout(library: &Path) -> Result<Vec<Entry>> {
    let mut entries = headers()?;
    entries.push(Entry::new("lib64/libsisci.so", What::Copy(library.into())));
    entries.push(Entry::new(
        "lib/libsisci.so",
        What::Link("../lib64/libsisci.so".to_owned()),
    ));
    // Both files find the prefix from where they are themselves, which is as deep in lib as in lib64.
    for folder in ["lib", "lib64"] {
        let text = |name: &str, text: &str| {
            let text = text.replace("@VERSION@", API_VERSION);
            Entry::new(format!("{folder}/{name}"), What::Text(text))
        };
        entries.push(text("pkgconfig/sisci.pc", include_str!("files/sisci.pc")));
        let config = include_str!("files/SISCIConfig.cmake");
        entries.push(text("cmake/SISCI/SISCIConfig.cmake", config));
        let version = include_str!("files/SISCIConfigVersion.cmake");
        entries.push(text("cmake/SISCI/SISCIConfigVersion.cmake", version));
    }
    Ok(entries)
}

/// The headers as they are, and for each public one a pointer to it in `include/dis`.
///
/// # Errors
/// One is missing.
pub fn headers() -> Result<Vec<Entry>> {
    let source = &util::root().join("sisci-sys/include");
    let mut entries = Vec::new();
    for entry in walkdir::WalkDir::new(source).sort_by_file_name() {
        let entry = entry.context("reading the headers")?;
        if entry.file_type().is_file() {
            let path = Path::new("include").join(entry.path().strip_prefix(source)?);
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("reading {}", entry.path().display()))?;
            entries.push(Entry::new(path, What::Text(text)));
        }
    }
    for name in PUBLIC_HEADERS {
        ensure!(
            source.join(name).is_file(),
            "sisci-sys/include lacks {name}"
        );
        let text =
            format!("/* Here for programs that look in this folder. */\n#include \"../{name}\"\n");
        entries.push(Entry::new(format!("include/dis/{name}"), What::Text(text)));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_vendors() {
        let paths: Vec<_> = layout(Path::new("/nowhere/libsisci.so")).unwrap();
        let paths: Vec<_> = paths
            .iter()
            .map(|entry| entry.path.to_str().unwrap())
            .collect();
        for expected in [
            "include/sisci_api.h",
            "include/dis/sisci_types.h",
            "include/sisci/flags.h",
            "lib64/libsisci.so",
            "lib/libsisci.so",
            "lib64/pkgconfig/sisci.pc",
            "lib/cmake/SISCI/SISCIConfig.cmake",
        ] {
            assert!(paths.contains(&expected), "{expected} is not in {paths:?}");
        }
    }
}

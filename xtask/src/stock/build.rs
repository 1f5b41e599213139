//! `plugin build`: our C++ classes against the headers of an unpatched tree. Nothing of the tree
//! is compiled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::LIBRARY;
use crate::build::plugin::{self, Places};
use crate::build::source::{Source, Unpinned};
use crate::{patch, util};

/// Whether a build of BeeGFS has NVIDIA's GPU support, which adds functions to its socket classes.
pub const VARIANTS: [(&str, bool); 2] = [("plain", false), ("nvfs", true)];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// An unpatched BeeGFS source tree, or a git directory that has the releases as tags. If
    /// absent, upstream's public repository is fetched at the pinned commit.
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// The releases, separated by commas: those of the installed packages.
    #[arg(long, value_name = "LIST", value_delimiter = ',', required = true)]
    version: Vec<String>,
    /// Where the plugins are put. Default: dist/stock
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where sources are kept. Default: target/stock
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let absolute = |folder: &PathBuf| std::path::absolute(folder).unwrap_or(folder.clone());
    let out = args
        .out
        .as_ref()
        .map_or_else(|| util::root().join("dist/stock"), absolute);
    let work = args
        .work
        .as_ref()
        .map_or_else(|| util::target_dir().join("stock"), absolute);
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;

    let log = work.join("build.log");
    fs::write(&log, "").with_context(|| log.display().to_string())?;
    plugin::rust(&log)?;
    plugin::tools(&work)?;
    for version in &args.version {
        let source = Source::new(args.source.as_deref(), Some(version))?;
        let tree = source.folder(&work.join(format!("source-{version}")));
        source.export(&tree, Unpinned::Take)?;
        for (variant, nvfs) in VARIANTS {
            let folder = out.join(format!("{version}-{variant}"));
            let library = compile(&tree, version, nvfs, &folder, &log)?;
            println!("plugin: {}", library.display());
        }
    }
    emulator(&out)
}

/// Compiles one plugin into `folder`.
///
/// # Errors
/// The tree is patched, or the compiler fails; the message has its last lines.
pub fn compile(
    tree: &Path,
    version: &str,
    nvfs: bool,
    folder: &Path,
    log: &Path,
) -> anyhow::Result<PathBuf> {
    patch::ensure_unpatched(tree)?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let (library, staging) = (folder.join(LIBRARY), folder.join("plugin.new"));
    let mut command = compiler(&Places::here(), tree, version, nvfs, &staging)?;
    let variant = if nvfs { "with" } else { "without" };
    let label = format!("{LIBRARY} for {version} {variant} NVFS");
    util::logged(&label, &mut command, log, |line| line.contains(".cpp"))?;
    ensure!(
        staging.is_file(),
        "the compiler has written no {}",
        staging.display()
    );
    fs::rename(&staging, &library)?;
    Ok(library)
}

/// The compiler of a plugin for the unpatched `tree`.
///
/// # Errors
/// A folder of sources is empty.
pub fn compiler(
    places: &Places,
    tree: &Path,
    version: &str,
    nvfs: bool,
    out: &Path,
) -> anyhow::Result<Command> {
    let root = util::root();
    let overlay = Path::new("beegfs-ssock/overlay/common/source");
    let mut sources = plugin::sources(&root.join("beegfs-ssock/stock"))?;
    sources.extend(plugin::sources(&root.join("beegfs-ssock/plugin"))?);
    sources.push(root.join(overlay).join("common/app/config/NtbConfig.cpp"));
    let sources = plugin::moved(&sources, &root, &places.root);
    let mut command = plugin::compiler(places, tree, &sources, out);
    command
        .arg("-I")
        .arg(places.root.join(overlay))
        // An unpatched daemon knows only this type of its kind.
        .arg("-DNICADDRTYPE_NTB=NICADDRTYPE_RDMA")
        .arg(format!("-DSTOCK_PLUGIN_RELEASE=\"{version}\""))
        // What refuses a wrong daemon goes by the names of functions: each keeps its own address.
        .arg("-fno-ipa-icf");
    if nvfs {
        command.arg("-DBEEGFS_NVFS");
    }
    Ok(command)
}

/// Puts the emulator beside the plugins, for trials.
fn emulator(out: &Path) -> anyhow::Result<()> {
    let folder = out.join("sisci-emu");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let from = util::target_dir().join("release/libsisci.so");
    fs::copy(&from, folder.join("libsisci.so")).with_context(|| from.display().to_string())?;
    Ok(())
}

//! The miniature BeeGFS tree, `beegfs-ssock/miniature/`: our own code in BeeGFS's shape. What both
//! API generations share lies in `shared/`, the rest in `v7/` and `v8/`; together they are a tree
//! to which the same edits and the same overlay apply as to the real one.

use crate::{
    build::{self, needs},
    patch::{self, tree},
    util,
};
use anyhow::{Context, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A generation of BeeGFS's socket interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 7.4: IPv4 addresses of the operating system.
    V7,
    /// 8.2 and newer: addresses as classes.
    V8,
}

impl Generation {
    pub const ALL: [Generation; 2] = [Generation::V7, Generation::V8];

    /// BeeGFS's major version.
    pub fn number(self) -> u32 {
        match self {
            Generation::V7 => 7,
            Generation::V8 => 8,
        }
    }

    /// The release whose interfaces the tree has.
    pub fn release(self) -> &'static str {
        match self {
            Generation::V7 => "7.4.6",
            Generation::V8 => "8.3.1",
        }
    }

    /// The one that this one's daemons can't use anything of.
    pub fn other(self) -> Self {
        match self {
            Generation::V7 => Generation::V8,
            Generation::V8 => Generation::V7,
        }
    }

    /// A daemon's key for its stream port.
    pub fn port_key(self, daemon: &str) -> String {
        match self {
            Generation::V7 => format!("conn{daemon}PortTCP"),
            Generation::V8 => format!("conn{daemon}Port"),
        }
    }
}

/// A patched and compiled miniature tree.
pub struct Miniature {
    pub generation: Generation,
    /// The patched tree, with its objects.
    pub tree: PathBuf,
    /// Folder with `sbin/` and `lib/`, as an installation has it.
    pub prefix: PathBuf,
}

impl Miniature {
    /// The path of a daemon, `meta` or `storage`.
    pub fn daemon(&self, name: &str) -> PathBuf {
        self.prefix.join("sbin").join(format!("beegfs-{name}"))
    }
}

/// # Errors
/// A compiler or `make` is missing; the message has the command that installs it.
pub fn ensure_needs() -> Result<()> {
    needs::ensure(&needs::COMPILER)
}

/// Makes the tree, patches and compiles it, and compiles the plugin and the emulator. What is there
/// already and still right is left alone.
///
/// # Errors
/// An edit that does not fit, or a compiler that fails.
pub fn build(generation: Generation) -> Result<Miniature> {
    let work = util::target_dir()
        .join("miniature")
        .join(generation.number().to_string());
    let source = work.join("source");
    compose(generation, &source)?;
    let tree = work.join("tree");
    let report = patch::apply_tree(&source, &tree, Some(generation.release()))?;
    eprintln!(
        "miniature BeeGFS {}: {} edits applied, {} files added",
        generation.number(),
        report.edits.len(),
        report.added.len()
    );
    compile(generation, &tree, &work.join("make.log"))?;
    compile_rust(&work.join("cargo.log"))?;
    let plugin = build::plugin(&tree, &work.join("plugin"))?;

    let miniature = Miniature {
        generation,
        prefix: work.join("prefix"),
        tree,
    };
    install(&miniature, &plugin)?;
    Ok(miniature)
}

/// Writes the unpatched tree.
///
/// # Errors
/// A file can't be written.
pub fn compose(generation: Generation, out: &Path) -> Result<()> {
    let root = util::root().join("beegfs-ssock/miniature");
    let own = root.join(format!("v{}", generation.number()));
    let shared = root.join("shared");
    let mut changed = BTreeMap::new();
    for file in tree::list(&own)? {
        let text = fs::read(own.join(&file))?;
        changed.insert(file, text);
    }
    let before = if out.exists() {
        tree::list(out)?
    } else {
        BTreeSet::new()
    };
    tree::copy(&shared, &tree::list(&shared)?, &changed, out, &before)
        .with_context(|| format!("composing {}", out.display()))
}

pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn compile(generation: Generation, tree: &Path, log: &Path) -> Result<()> {
    let label = format!("daemons of generation {}", generation.number());
    make(tree, "daemons", &label, log)
}

/// Compiles something of a tree.
///
/// # Errors
/// The compiler fails; the message has its last lines.
pub fn make(tree: &Path, target: &str, label: &str, log: &Path) -> Result<()> {
    let mut command = Command::new("make");
    command
        .arg("-C")
        .arg(tree)
        .arg(format!("-j{}", processors()))
        .arg(target);
    // Of a make that runs this program, or of another build.
    for name in [
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
        "BEEGFS_VERSION",
        "CXXFLAGS",
        "LDFLAGS",
    ] {
        command.env_remove(name);
    }
    util::logged(label, &mut command, log, |line| line.starts_with("[CXX]"))
}

/// One command for all that cargo builds here: it uses every processor better than several.
fn compile_rust(log: &Path) -> Result<()> {
    let mut command = util::cargo();
    command.args([
        "build",
        "--release",
        "--package",
        "ntb-bridge",
        "--package",
        "sisci-emu",
    ]);
    util::logged("transport and emulator", &mut command, log, |line| {
        line.contains("Compiling ")
    })
}

/// Puts everything where the daemons look for it.
fn install(miniature: &Miniature, plugin: &Path) -> Result<()> {
    let emulator = util::target_dir().join("release/libsisci.so");
    let built = |name: &str| {
        miniature
            .tree
            .join(name)
            .join("build")
            .join(format!("beegfs-{name}"))
    };
    let files = [
        (built("meta"), miniature.daemon("meta")),
        (built("storage"), miniature.daemon("storage")),
        (
            plugin.to_path_buf(),
            miniature.prefix.join("lib/libbeegfs_ntb.so"),
        ),
        (emulator, miniature.prefix.join("lib/sisci-emu/libsisci.so")),
    ];
    for (from, to) in &files {
        let folder = to.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        // A new file, not new content: a process that still runs keeps the old one.
        let staging = to.with_extension("new");
        fs::copy(from, &staging)
            .with_context(|| format!("copying {} to {}", from.display(), staging.display()))?;
        fs::rename(&staging, to).with_context(|| format!("renaming to {}", to.display()))?;
    }
    Ok(())
}

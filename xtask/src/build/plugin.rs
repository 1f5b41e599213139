//! Builds `libbeegfs_ntb.so`: our C++ socket class, compiled against a patched tree's headers,
//! and the Rust static library below it.

use crate::{patch::tree, util};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// File name of the library that daemons load.
pub const LIBRARY: &str = "libbeegfs_ntb.so";

/// Builds the library for the patched tree in `tree`, into the folder `out`, and returns its path.
/// Nothing is compiled if no input changed.
///
/// # Errors
/// No plugin sources, or a compiler that fails; the message has its last lines.
pub fn plugin(tree: &Path, out: &Path) -> Result<PathBuf> {
    let sources = sources(&folder())?;
    fs::create_dir_all(out).with_context(|| format!("creating {}", out.display()))?;
    let log = out.join("plugin.log");
    fs::write(&log, "").with_context(|| format!("writing {}", log.display()))?;
    rust(&log)?;

    let library = out.join(LIBRARY);
    let staging = out.join(format!("{LIBRARY}.new"));
    let mut command = compiler(&Places::here(), tree, &sources, &staging);
    util::logged(LIBRARY, &mut command, &log, |line| line.contains(".cpp"))?;
    fs::rename(&staging, &library)?;
    Ok(library)
}

/// Makes the headers of the bridge, which are in cargo's target folder, and nothing else.
///
/// # Errors
/// A compiler that fails.
pub fn bridge_headers(out: &Path) -> Result<()> {
    let mut command = util::cargo();
    command.args(["check", "--package", "ntb-bridge"]);
    util::logged("bridge", &mut command, &out.join("plugin.log"), |line| {
        line.contains("Checking ")
    })
}

/// Builds the transport that C++ is linked with.
pub fn rust(log: &Path) -> Result<()> {
    let mut command = util::cargo();
    command.args(["build", "--release", "--package", "ntb-bridge"]);
    util::logged("ntb-bridge", &mut command, log, |line| {
        line.contains("Compiling ")
    })
}

/// Where a build finds this repository, and what cargo has made of it.
#[derive(Clone, Debug)]
pub struct Places {
    /// The repository's root.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// The compiler of C++.
    pub compiler: OsString,
}

impl Places {
    /// On this machine.
    pub fn here() -> Self {
        Self {
            root: util::root(),
            target: util::target_dir(),
            compiler: std::env::var_os("CXX").unwrap_or("g++".into()),
        }
    }
}

/// Our C++ files.
pub fn folder() -> PathBuf {
    util::root().join("beegfs-ssock/plugin")
}

/// The C++ files of a folder, sorted.
///
/// # Errors
/// There are none.
pub fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut sources: Vec<PathBuf> = match tree::list(folder) {
        Ok(files) => files.iter().map(|file| folder.join(file)).collect(),
        Err(_) => Vec::new(),
    };
    sources.retain(|file| file.extension().is_some_and(|extension| extension == "cpp"));
    ensure!(
        !sources.is_empty(),
        "{} has no C++ sources of the plugin",
        folder.display()
    );
    Ok(sources)
}

/// The same files below another folder.
pub fn moved(files: &[PathBuf], from: &Path, to: &Path) -> Vec<PathBuf> {
    let move_one = |file: &PathBuf| match file.strip_prefix(from) {
        Ok(inside) => to.join(inside),
        Err(_) => file.clone(),
    };
    files.iter().map(move_one).collect()
}

/// The compiler, with all that decides the layout of classes as for the daemons of `tree`.
pub fn compiler(places: &Places, tree: &Path, sources: &[PathBuf], out: &Path) -> Command {
    let mut command = Command::new(&places.compiler);
    command
        .args([
            "-std=c++17",
            "-O2",
            "-g1",
            "-fPIC",
            "-shared",
            "-pthread",
            "-fno-strict-aliasing",
        ])
        .args(["-Wall", "-Wextra", "-Wno-unused-parameter"])
        // What the daemons are compiled with, as far as it decides the layout of classes.
        .args(["-D_LARGEFILE64_SOURCE", "-D_FILE_OFFSET_BITS=64"])
        .arg(format!("-ffile-prefix-map={}=.", places.root.display()))
        .arg(format!("-ffile-prefix-map={}=beegfs", tree.display()));
    for folder in ["common/source", "client_module/include"] {
        command.arg("-I").arg(tree.join(folder));
    }
    for folder in ["thirdparty/source/boost", "thirdparty/source/nu/include"] {
        command.arg("-isystem").arg(tree.join(folder));
    }
    command
        .arg("-I")
        .arg(places.target.join("cxxbridge"))
        .args(sources)
        .arg("-o")
        .arg(out)
        .arg(places.target.join("release/libntb_bridge.a"))
        // It has threads of its own, so it must stay mapped until the process is gone; and its
        // Rust symbols are nobody else's.
        .args([
            "-Wl,-z,nodelete",
            "-Wl,--exclude-libs,ALL",
            "-Wl,--gc-sections",
        ])
        .args(["-Wl,--build-id=none", "-ldl", "-lm"]);
    command
}

/// Builds the emulator and the `ntb` command; both then are in cargo's release folder.
pub fn tools(out: &Path) -> Result<()> {
    let mut command = util::cargo();
    command.args([
        "build",
        "--release",
        "--package",
        "sisci-emu",
        "--package",
        "ntb",
    ]);
    util::logged(
        "emulator and ntb",
        &mut command,
        &out.join("plugin.log"),
        |line| line.contains("Compiling "),
    )
}

/// Makes sure that `program` has every symbol of BeeGFS that the library uses. A daemon loads the
/// library with all symbols at once: a single missing one would mean no NTB, with nothing but a
/// line in the log to tell. `nm` is run by `run`, here or in a container.
pub fn check_symbols(
    library: &Path,
    program: &Path,
    run: impl Fn(&mut Command) -> Result<String>,
) -> Result<()> {
    let exported = symbols(program, "--defined-only", &run)?;
    let missing: Vec<_> = symbols(library, "--undefined-only", &run)?
        .into_iter()
        // System libraries version their symbols; BeeGFS doesn't.
        .filter(|name| !name.contains('@') && !exported.contains(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "{} cannot load {}: it lacks {}",
        program.display(),
        library.display(),
        missing.join(", ")
    )
}

/// Names of dynamic symbols, without weak undefined ones.
fn symbols(
    file: &Path,
    which: &str,
    run: impl Fn(&mut Command) -> Result<String>,
) -> Result<BTreeSet<String>> {
    let mut command = Command::new("nm");
    let text = run(command
        .args(["--dynamic", "--format=posix", which])
        .arg(file))?;
    Ok(text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, kind) = (words.next()?, words.next()?);
            (!matches!(kind, "w" | "v")).then(|| name.to_string())
        })
        .collect())
}

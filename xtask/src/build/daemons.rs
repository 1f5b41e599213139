//! Compiles the daemons with the tree's own makefiles. Those find their sources themselves, so the
//! overlay needs no change there. Only the programs are built, not the tests.

use super::{Compile, Component, Job};
use crate::{patch, util};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use walkdir::WalkDir;

/// Name of the program that the makefiles build of a component's unit tests.
const TEST_RUNNER: &str = "test-runner";

/// Name of the file in the work folder that says how its objects were made.
pub const KEY: &str = "build.key";

/// Compiler flags on top of the tree's own: no path of this machine in the programs, and line
/// numbers without the rest of the debug information, which would be ten times their size. The
/// mapped path is the same for all releases, so that ccache may give one's object to another.
pub fn extra_flags(tree: &Path) -> String {
    format!("-g1 -ffile-prefix-map={}=beegfs", tree.display())
}

pub fn build(job: &Job) -> Result<()> {
    let log = begin(job)?;
    fs::write(&log, "").with_context(|| format!("writing {}", log.display()))?;
    make(job, "common", "libbeegfs-common.a", &log)?;
    for component in &job.components {
        make(job, component.folder(), &component.target(), &log)?;
    }
    Ok(())
}

/// Builds upstream's unit tests of these components and returns the programs.
///
/// # Errors
/// A compiler that fails; the message has its last lines.
pub fn build_tests(job: &Job, components: &[&str]) -> Result<Vec<PathBuf>> {
    let log = begin(job)?;
    make(job, "thirdparty", "all", &log)?;
    make(job, "common", "libbeegfs-common.a", &log)?;
    let build = |component: &&str| {
        make(job, component, TEST_RUNNER, &log)?;
        Ok(job.tree().join(component).join("build").join(TEST_RUNNER))
    };
    components.iter().map(build).collect()
}

/// Checks what is to be built, and opens the log.
fn begin(job: &Job) -> Result<PathBuf> {
    let tree = job.tree();
    if !job.pristine {
        let report = patch::read_marker(&tree)?
            .with_context(|| format!("{} holds no patched tree", tree.display()))?;
        ensure!(
            report.version == job.version,
            "{} holds BeeGFS {}, not {}",
            tree.display(),
            report.version,
            job.version
        );
    }
    forget_other_builds(job)?;
    let log = job.work.join("build.log");
    println!("build: log in {}", log.display());
    Ok(log)
}

/// Removes objects that other flags or another compiler made: make compares times only.
fn forget_other_builds(job: &Job) -> Result<()> {
    let tree = job.tree();
    let compiler = util::output(Command::new("g++").arg("--version"))?;
    let key = format!(
        "{}\n{} {:?}\n{compiler}\n",
        job.version,
        extra_flags(&tree),
        job.compile.optimize,
    );
    let path = job.work.join(KEY);
    if fs::read_to_string(&path).is_ok_and(|text| text == key) {
        return Ok(());
    }
    for entry in WalkDir::new(&tree) {
        let entry = entry.with_context(|| format!("reading {}", tree.display()))?;
        let name = entry.file_name().to_string_lossy();
        if entry.file_type().is_file() && (name.ends_with(".o") || name.ends_with(".a")) {
            fs::remove_file(entry.path())?;
        }
    }
    fs::write(&path, key).with_context(|| format!("writing {}", path.display()))
}

fn make(job: &Job, folder: &str, target: &str, log: &Path) -> Result<()> {
    let mut command = make_command(&job.tree(), folder, target, &job.version, job.compile);
    util::logged(target, &mut command, log, is_compiled)
}

/// Whether a line of make's output tells of one more compiled file.
pub fn is_compiled(line: &str) -> bool {
    line.starts_with("[CXX]")
}

/// The make that builds one target of a component's folder in `tree`.
pub fn make_command(
    tree: &Path,
    folder: &str,
    target: &str,
    version: &str,
    compile: Compile,
) -> Command {
    let mut command = Command::new("make");
    command
        .arg("-C")
        .arg(tree.join(folder).join("build"))
        .arg(format!("-j{}", compile.jobs))
        .arg(target)
        .env("BEEGFS_VERSION", version)
        .env("USER_CXXFLAGS", extra_flags(tree));
    if let Some(level) = compile.optimize {
        // The tree's level stands behind the user's flags, so it has to be replaced.
        command.arg(format!("CXXFLAGS_RELEASE=-O{level} -Wuninitialized"));
    }
    // Of a make that runs this program, and of other builds.
    for name in [
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
        "USER_LDFLAGS",
        "BEEGFS_DEBUG",
        "BEEGFS_NVFS",
        "DISTCC",
    ] {
        command.env_remove(name);
    }
    if compile.ccache {
        // The tree's makefiles put this in front of the compiler. Relative paths and no working
        // folder in the key: the same file in another copy of the tree is the same file.
        command
            .env("DISTCC", "ccache")
            .env("CCACHE_BASEDIR", tree)
            .env("CCACHE_NOHASHDIR", "1");
    }
    command
}

/// Whether all of `components` are there.
pub fn ensure_built(tree: &Path, components: &[Component]) -> Result<()> {
    for component in components {
        let artifact = component.artifact(tree);
        ensure!(artifact.is_file(), "{} is not built", artifact.display());
    }
    Ok(())
}

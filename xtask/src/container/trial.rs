//! `verify-dist --install`: lintian, and every step of the life of the packages on a clean system.

use super::{
    engine::Engine,
    image::{self, Role},
    machine::{Machine, Options, words},
};
use crate::{demo::workspace::Workspace, util};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is run in the clean container.
const SCRIPT: &str = include_str!("trial.sh");

/// Tries the packages of a result in `folder`.
///
/// # Errors
/// There are none, lintian finds an error, or a step fails; the message has its last lines.
pub fn run(folder: &Path, engine: Engine, distribution: &str) -> Result<()> {
    let packages = std::path::absolute(folder.join("packages"))?;
    let debs = debs(&packages)?;
    let parent = util::target_dir().join("container");
    fs::create_dir_all(&parent).with_context(|| format!("creating {}", parent.display()))?;
    let workspace = Workspace::in_folder(&parent, "trial", false)?;
    let log = parent.join("trial.log");
    fs::write(&log, "").with_context(|| log.display().to_string())?;
    let tried = lintian(&packages, &debs, engine, distribution, &log)
        .and_then(|()| life(&packages, engine, distribution, &log));
    workspace.check()?;
    tried?;
    let text = fs::read_to_string(&log)?;
    text.lines()
        .filter(|line| line.starts_with("ok: "))
        .for_each(|line| println!("{line}"));
    Ok(())
}

fn debs(packages: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(packages).with_context(|| packages.display().to_string())?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut debs: Vec<String> = names.filter(|name| name.ends_with(".deb")).collect();
    debs.sort();
    ensure!(!debs.is_empty(), "{} has no packages", packages.display());
    Ok(debs)
}

fn lintian(
    packages: &Path,
    debs: &[String],
    engine: Engine,
    distribution: &str,
    log: &Path,
) -> Result<()> {
    let machine = start(
        engine,
        Role::Builder,
        distribution,
        packages,
        Path::new("/work"),
        1000,
    )?;
    let mut command = words(["lintian", "--fail-on=error", "--tag-display-limit=0"]);
    command.args(debs.iter().map(|name| format!("/packages/{name}")));
    command
        .current_dir("/work")
        .env("HOME", "/work")
        .env("LC_ALL", "C.UTF-8");
    machine.logged("lintian", &command, log, |line| line.starts_with("W: "))
}

fn life(packages: &Path, engine: Engine, distribution: &str, log: &Path) -> Result<()> {
    let work = Path::new("/var/tmp");
    let machine = start(engine, Role::Clean, distribution, packages, work, 0)?;
    let mut command = words(["sh", "-euc", SCRIPT, "trial", "/var/tmp"]);
    command.current_dir(work).env("LC_ALL", "C.UTF-8");
    machine.logged("install, upgrade, remove, purge", &command, log, |line| {
        line.starts_with("ok: ")
    })
}

fn start(
    engine: Engine,
    role: Role,
    distribution: &str,
    packages: &Path,
    work: &Path,
    user: u32,
) -> Result<Machine> {
    let tag = role.tag(distribution);
    image::digest(engine, &tag)?;
    let mounts = vec![(packages.to_path_buf(), PathBuf::from("/packages"))];
    Machine::start(
        engine,
        &Options {
            image: &tag,
            mounts,
            work,
            user,
        },
    )
}

//! `verify-dist --install`: lintian, and every step of the life of the packages on a clean system; those for rpm
//! with rpm itself, on a system that plays one of theirs.

use super::{
    engine::Engine,
    labels::{self, Role},
    machine::{Machine, Options, words},
};
use crate::{demo::workspace::Workspace, pins::Pins, util};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is run in the clean container.
const SCRIPT: &str = include_str!("trial.sh");
/// The same for RPM packages, in the builder's, which has rpm.
const RPM_SCRIPT: &str = include_str!("trial-rpm.sh");

/// Tries the packages of a result in `folder`.
///
/// # Errors
/// There are none, lintian finds an error, or a step fails; the message has its last lines. No clean image of the
/// pins that are here.
pub fn run(folder: &Path, engine: Engine, distribution: &str) -> Result<()> {
    let pins = Pins::load()?;
    labels::ensure_current(engine, &pins, pins.base(distribution)?, Role::Clean)?;
    let packages = std::path::absolute(folder.join("packages"))?;
    let debs = debs(&packages)?;
    let parent = util::target_dir().join("container");
    fs::create_dir_all(&parent).with_context(|| format!("creating {}", parent.display()))?;
    let workspace = Workspace::in_folder(&parent, "trial", false)?;
    let place = System {
        engine,
        distribution,
        workspace: &workspace,
    };
    let log = parent.join("trial.log");
    fs::write(&log, "").with_context(|| log.display().to_string())?;
    let tried = lintian(&packages, &debs, &place, &log)
        .and_then(|()| life(&packages, &place, &log))
        .and_then(|()| rpm_life(&packages, &place, &log));
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

/// Where packages are tried.
struct System<'a> {
    engine: Engine,
    distribution: &'a str,
    workspace: &'a Workspace,
}

impl System<'_> {
    /// A container with the packages in `/packages`, in which `user` may write to `work`.
    fn start(&self, role: Role, packages: &Path, work: &Path, user: u32) -> Result<Machine<'_>> {
        let tag = role.tag(self.distribution);
        labels::digest(self.engine, &tag)?;
        let options = Options {
            image: &tag,
            mounts: vec![(packages.to_path_buf(), PathBuf::from("/packages"))],
            work,
            user,
        };
        Machine::start(self.engine, &options, self.workspace)
    }
}

fn lintian(packages: &Path, debs: &[String], system: &System, log: &Path) -> Result<()> {
    let machine = system.start(Role::Builder, packages, Path::new("/work"), 1000)?;
    let mut command = words(["lintian", "--fail-on=error", "--tag-display-limit=0"]);
    command
        .args(debs.iter().map(|name| format!("/packages/{name}")))
        .current_dir("/work")
        .env("HOME", "/work")
        .env("LC_ALL", "C.UTF-8");
    machine.logged("lintian", &command, log, |line| line.starts_with("W: "))
}

fn life(packages: &Path, system: &System, log: &Path) -> Result<()> {
    let label = "install, upgrade, remove, purge";
    script(label, SCRIPT, Role::Clean, packages, system, log)
}

fn rpm_life(packages: &Path, system: &System, log: &Path) -> Result<()> {
    let label = "RPM: install, upgrade, remove";
    script(label, RPM_SCRIPT, Role::Builder, packages, system, log)
}

/// Runs a script as root in a container of its own; each `ok: ` line is a step.
fn script(
    label: &str,
    text: &str,
    role: Role,
    packages: &Path,
    system: &System,
    log: &Path,
) -> Result<()> {
    let work = Path::new("/var/tmp");
    let machine = system.start(role, packages, work, 0)?;
    let mut command = words(["sh", "-euc", text, "trial", "/var/tmp"]);
    command.current_dir(work).env("LC_ALL", "C.UTF-8");
    machine.logged(label, &command, log, |line| line.starts_with("ok: "))
}

//! A container that lives as long as a build: commands run in it one by one, and it goes away with its
//! object, with everything that was written in it.

use super::engine::Engine;
use crate::{
    demo::workspace::{Workspace, output_whatever_comes},
    util,
};
use anyhow::{Context, Result, bail};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

/// How long a container stays if nobody removes it, in seconds: this program was killed then. No build takes as
/// long.
const LONGEST_LIFE: &str = "21600";
/// How often its removal is tried, and how long is waited in between.
const REMOVALS: u32 = 4;
const PAUSE: Duration = Duration::from_secs(1);

/// Containers of this process, for their names.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// How a container is started.
pub struct Options<'a> {
    pub image: &'a str,
    /// Folders of this machine, and where they are seen. Nobody can write to them.
    pub mounts: Vec<(PathBuf, PathBuf)>,
    /// A folder of the image that is on a disk of its own for the time, and writable for everybody.
    pub work: &'a Path,
    /// User and group; 0 is root in the container.
    pub user: u32,
}

/// A running container.
pub struct Machine<'a> {
    engine: Engine,
    name: String,
    /// Whether the engine has said that it is there.
    is_created: bool,
    /// Knows of signals.
    workspace: &'a Workspace,
}

impl<'a> Machine<'a> {
    /// Starts a container without any network.
    ///
    /// # Errors
    /// As [`Engine::explain`] puts it.
    pub fn start(engine: Engine, options: &Options, workspace: &'a Workspace) -> Result<Self> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = name(workspace.path(), number);
        let mut words: Vec<String> = [
            "create",
            // It goes when it ends, so that nothing stays of a build that was killed.
            "--rm",
            "--init",
            "--network=none",
            "--security-opt=label=disable",
        ]
        .map(str::to_owned)
        .into();
        words.extend(["--cap-drop=ALL", "--security-opt=no-new-privileges"].map(str::to_owned));
        if options.user == 0 {
            // What a package manager needs as root.
            let needed = [
                "CHOWN",
                "DAC_OVERRIDE",
                "FOWNER",
                "SETUID",
                "SETGID",
                "SYS_CHROOT",
            ];
            words.extend(needed.map(|name| format!("--cap-add={name}")));
        }
        words.push(format!("--name={name}"));
        words.push(format!("--user={0}:{0}", options.user));
        words.push(format!(
            "--mount=type=volume,dst={}",
            options.work.display()
        ));
        for (from, to) in &options.mounts {
            words.push(format!("--volume={}:{}:ro", from.display(), to.display()));
        }
        words.extend([options.image, "sleep", LONGEST_LIFE].map(str::to_owned));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // From here on it is removed whatever happens, also if starting it fails.
        let mut machine = Machine {
            engine,
            name,
            is_created: false,
            workspace,
        };
        engine.output(&words)?;
        machine.is_created = true;
        engine.output(&["start", &machine.name])?;
        Ok(machine)
    }

    /// The engine's command that runs `command` in the container, with its arguments, variables and
    /// working folder.
    fn inside(&self, command: &Command) -> Command {
        let mut outer = self.engine.command();
        outer.arg("exec");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                let mut pair = name.to_os_string();
                pair.push("=");
                pair.push(value);
                outer.arg("--env").arg(pair);
            }
        }
        if let Some(folder) = command.get_current_dir() {
            outer.arg("--workdir").arg(folder);
        }
        outer.arg(&self.name).arg(command.get_program());
        outer.args(command.get_args());
        outer
    }

    /// Runs a long command, as [`util::logged`] does.
    ///
    /// # Errors
    /// As there; a full disk is said in one line.
    pub fn logged(
        &self,
        label: &str,
        command: &Command,
        log: &Path,
        counts: impl Fn(&str) -> bool,
    ) -> Result<()> {
        // The engine's client may end well when a signal stops it, with its work not done.
        let mut outer = self.inside(command);
        let done = util::logged_unless(label, &mut outer, log, counts, || self.workspace.check());
        self.workspace.check()?;
        done.map_err(|error| match util::is_full_disk(&error) {
            true => anyhow::anyhow!("{label}: {}\n  full log: {}", self.full(), log.display()),
            false => error,
        })
    }

    /// What to say of the engine's disk when it is full.
    fn full(&self) -> String {
        self.engine.explain("no space left on device")
    }

    /// The output of a short command.
    ///
    /// # Errors
    /// It fails; the message has its complaint, or one line if a disk is full.
    pub fn output(&self, command: &Command) -> Result<String> {
        let output = self.inside(command).output();
        self.workspace.check()?;
        let output = output.with_context(|| format!("starting {}", self.engine.program()))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let program = command.get_program().to_string_lossy();
            // It may be the complaint of every single file of a tree.
            if text.to_lowercase().contains("no space left on device") {
                bail!("{program}: {}", self.full());
            }
            let first: Vec<_> = text.trim().lines().take(10).collect();
            bail!(
                "{program} failed ({}): {}",
                output.status,
                first.join("\n    ")
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    }

    /// Copies a folder's content out of the container; the files then belong to the caller.
    ///
    /// # Errors
    /// A full disk, for instance.
    pub fn copy_out(&self, from: &Path, to: &Path) -> Result<()> {
        let from = format!("{}:{}/.", self.name, from.display());
        let mut command = self.engine.command();
        let output = command.arg("cp").arg(from).arg(to).output();
        self.workspace.check()?;
        let output = output.with_context(|| format!("starting {}", self.engine.program()))?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        if text.contains("no space left on device") {
            // The engine reads here, so it is not its own disk.
            bail!(
                "no space left where the results go, {}: make room there or give another --prefix",
                to.display()
            );
        }
        bail!("copying the results: {}", self.engine.explain(text.trim()))
    }
}

/// What came of an attempt to remove a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    Done,
    /// There was none.
    Nothing,
    Failed,
}

impl Removal {
    fn of(success: bool, complaint: &str) -> Self {
        let complaint = complaint.to_lowercase();
        if complaint.contains("no such container") {
            Removal::Nothing
        } else if success || complaint.contains("already in progress") {
            // The latter because it removes itself when it ends.
            Removal::Done
        } else {
            Removal::Failed
        }
    }
}

impl Machine<'_> {
    fn remove(&self) -> Removal {
        let mut command = self.engine.command();
        // `-f` ends it, `-v` removes its volume as well. Podman would ask it to end first, and wait for 10 s.
        command.args(["rm", "-fv"]);
        if self.engine == Engine::Podman {
            command.arg("--time=0");
        }
        match output_whatever_comes(command.arg(&self.name)) {
            Ok(output) => {
                let complaint = String::from_utf8_lossy(&output.stderr);
                Removal::of(output.status.success(), &complaint)
            }
            Err(_) => Removal::Failed,
        }
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        // The daemon may still be at it when a signal ended the client that asked for the container.
        let may_come = !self.is_created && self.workspace.check().is_err();
        for attempt in 0..REMOVALS {
            if attempt > 0 {
                thread::sleep(PAUSE);
            }
            match self.remove() {
                Removal::Done => return,
                Removal::Nothing if !may_come => return,
                Removal::Nothing if attempt + 1 == REMOVALS => return,
                Removal::Nothing | Removal::Failed => {}
            }
        }
        let program = self.engine.program();
        eprintln!(
            "the container {0} could not be removed: {program} rm -fv {0}",
            self.name
        );
    }
}

/// A name that no other container has, also not one that is started in another container by the same daemon, where
/// processes may have the same numbers: that of the workspace has a random part.
fn name(workspace: &Path, number: u32) -> String {
    let folder = workspace.file_name().unwrap_or_default().to_string_lossy();
    let folder = folder.replace("-work-", "-");
    format!("{folder}-{number}")
}

/// A command line for [`Machine`], from words.
pub fn words<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Command {
    let mut words = words.into_iter();
    let program = words
        .next()
        .map_or_else(|| "true".into(), |word| word.as_ref().to_os_string());
    let mut command = Command::new(program);
    command.args(words);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_keeps_arguments_variables_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::in_folder(folder.path(), "test", false).unwrap();
        let machine = std::mem::ManuallyDrop::new(Machine {
            engine: Engine::Docker,
            name: "box".into(),
            is_created: true,
            workspace: &workspace,
        });
        assert!(name(workspace.path(), 7).starts_with("beegfs-ntb-"));
        assert!(name(workspace.path(), 7).ends_with("-7"));
        let mut command = words(["make", "-j 2"]);
        command
            .env("A", "b c")
            .env_remove("HOME")
            .current_dir("/work");
        let inside = machine.inside(&command);
        let arguments: Vec<_> = inside
            .get_args()
            .map(|word| word.to_string_lossy())
            .collect();
        assert_eq!(
            arguments,
            [
                "exec",
                "--env",
                "A=b c",
                "--workdir",
                "/work",
                "box",
                "make",
                "-j 2"
            ]
        );
    }

    #[test]
    fn a_container_that_is_gone_needs_no_removal() {
        for (success, complaint, expected) in [
            (true, "", Removal::Done),
            (false, "Error: No such container: x", Removal::Nothing),
            (
                false,
                "Error: no container with name or ID \"x\" found: no such container",
                Removal::Nothing,
            ),
            (
                false,
                "removal of container x is already in progress",
                Removal::Done,
            ),
            (false, "cannot connect", Removal::Failed),
        ] {
            assert_eq!(Removal::of(success, complaint), expected, "{complaint}");
        }
    }
}

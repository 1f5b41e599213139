//! The container engine: found, asked, and its complaints put into words that help.

use crate::util;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::process::Command;

/// A program that runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Docker,
    Podman,
}

impl Engine {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Engine::Docker => "docker",
            Engine::Podman => "podman",
        }
    }

    /// A command of it.
    pub fn command(self) -> Command {
        let mut command = Command::new(self.program());
        if self == Engine::Docker {
            // Notes of the client on builders and upgrades, which nobody has asked for.
            command
                .env("DOCKER_CLI_HINTS", "false")
                .env("DOCKER_BUILDKIT", "0");
        }
        command
    }

    /// The engine that was named, or the first that is installed; it has answered.
    ///
    /// # Errors
    /// There is none, it does not run, or this user may not use it: says what to do about it.
    pub fn find(named: Option<Engine>) -> Result<Engine> {
        let engine = match named {
            Some(engine) => engine,
            None => *Engine::value_variants()
                .iter()
                .find(|engine| util::is_installed(engine.program()))
                .context(
                    "no container engine: install docker.io or podman, or build without --container",
                )?,
        };
        let name = engine.program();
        if !util::is_installed(name) {
            bail!(
                "{name} is not installed: apt-get install {}",
                engine.package()
            );
        }
        // Asks the daemon, if there is one; without it this fails.
        let mut info = engine.command();
        let output = info
            .args(["version", "--format", "{{.Server.Version}}"])
            .output()
            .with_context(|| format!("starting {name}"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            bail!("{}", engine.explain(text.trim()));
        }
        Ok(engine)
    }

    fn package(self) -> &'static str {
        match self {
            Engine::Docker => "docker.io",
            Engine::Podman => "podman",
        }
    }

    /// One line for a complaint of the engine: cause and remedy.
    pub fn explain(self, complaint: &str) -> String {
        let name = self.program();
        let lower = complaint.to_lowercase();
        let has = |text: &str| lower.contains(text);
        let last = complaint.lines().last().unwrap_or_default();
        if has("permission denied") && (has("socket") || has("daemon")) {
            format!(
                "you may not use {name}: its socket is closed to this user; join its group (usermod -aG \
                 {name} USER, then log in again), or take podman, which needs no rights (--engine podman)"
            )
        } else if has("cannot connect") || has("connection refused") || has("is the docker daemon")
        {
            format!("{name} is installed but its daemon does not answer: systemctl start {name}")
        } else if has("no space left on device") {
            format!(
                "no space left on the disk of {name} ({}): make room there, for instance with \
                 {name} system prune",
                self.storage()
            )
        } else if has("container-init binary not found") {
            format!("{name} lacks its init program: apt-get install catatonit")
        } else if has("setting rlimit") {
            format!(
                "{name} wants higher limits than it may set here: write lower ones to \
                 /etc/containers/containers.conf ([containers] default_ulimits = \
                 [\"nofile=20000:20000\", \"nproc=4096:4096\"])"
            )
        } else {
            format!("{name}: {last}")
        }
    }

    /// Where images and volumes lie.
    fn storage(self) -> String {
        let format = match self {
            Engine::Docker => "{{.DockerRootDir}}",
            Engine::Podman => "{{.Store.GraphRoot}}",
        };
        util::output(self.command().args(["info", "--format", format]))
            .unwrap_or_else(|_| "its storage".into())
    }

    /// The output of a short command of the engine.
    ///
    /// # Errors
    /// As [`explain`](Self::explain) puts it.
    pub fn output(self, args: &[&str]) -> Result<String> {
        let output = self
            .command()
            .args(args)
            .output()
            .with_context(|| format!("starting {}", self.program()))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            bail!("{}", self.explain(text.trim()));
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_name_cause_and_remedy() {
        for (complaint, expected) in [
            (
                "permission denied while trying to connect to the Docker daemon socket at unix:///x",
                "usermod -aG docker",
            ),
            (
                "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
                "systemctl start docker",
            ),
            (
                "a\nwrite /x: no space left on device",
                "docker system prune",
            ),
            (
                "Error: runc: error setting rlimit type 7: operation not permitted",
                "default_ulimits",
            ),
            ("one\nError: no such thing", "docker: Error: no such thing"),
        ] {
            let line = Engine::Docker.explain(complaint);
            assert!(line.contains(expected), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
        }
    }
}

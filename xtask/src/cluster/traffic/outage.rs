//! A daemon that is killed, or stopped, and started again.

use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::super::net;
use super::super::process::{self, Process};
use super::super::state::Daemon;
use super::{Host, Work, launch};

/// How long a daemon may take to end by itself.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How long a daemon may take to listen again.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A daemon that does not run any more, or is about to end, with what it takes to start it again.
pub struct Outage {
    host: Host,
    process: Process,
    arguments: Vec<String>,
}

impl Outage {
    /// Kills the daemon without a warning.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.process.kill()
    }
}

impl Work {
    /// What it takes to start a host's daemon again; it runs until it is killed.
    pub fn outage(&self, host: Host) -> anyhow::Result<Outage> {
        let daemon = self.state.daemon(host);
        let process = daemon
            .with_context(|| format!("{} has no daemon", host.name()))?
            .process;
        let arguments = arguments(&process)?;
        Ok(Outage {
            host,
            process,
            arguments,
        })
    }

    /// Stops the daemon of a host as an administrator does, and starts it again.
    pub fn renew(&mut self, host: Host) -> anyhow::Result<()> {
        let outage = self.outage(host)?;
        process::stop_all(&[outage.process], STOP_LIMIT)?;
        self.restart(&outage)
    }

    /// Starts the daemon again, as it was.
    pub fn restart(&mut self, outage: &Outage) -> anyhow::Result<()> {
        let host = outage.host;
        let name = self.state.name.clone();
        let child = launch::daemon(&name, &self.state.software, host, &outage.arguments)?;
        let process = Process::with_pid(child.id()).context("the daemon ended at once")?;
        self.state.daemons.retain(|daemon| daemon.host != host);
        self.state.daemons.push(Daemon { host, process });
        self.state.save()?;
        let port = host.role().port().context("no daemon")?;
        let namespace = name.namespace(host);
        let what = format!("{} listens again", host.name());
        self.interrupt.wait_until(&what, START_LIMIT, || {
            ensure!(process.is_running(), "{} ended again", host.name());
            net::is_listening(&namespace, port)
        })
    }
}

/// What the daemon was started with, without its own name.
fn arguments(process: &Process) -> anyhow::Result<Vec<String>> {
    let line = std::fs::read(format!("/proc/{}/cmdline", process.pid))?;
    let words = line.split(|byte| *byte == 0).skip(1);
    let text = |word: &[u8]| {
        std::ffi::OsStr::from_bytes(word)
            .to_string_lossy()
            .into_owned()
    };
    let mut words: Vec<String> = words.map(text).collect();
    // The last argument ends with a zero, too.
    ensure!(
        words.pop().as_deref() == Some(""),
        "the daemon does not run any more"
    );
    Ok(words)
}

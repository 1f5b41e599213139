//! One daemon as a child process.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// How often a child is looked at.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a daemon may take to end in order.
const END_LIMIT: Duration = Duration::from_secs(15);

/// Lines of a log that an error shows.
const TAIL: usize = 12;

/// A running daemon. It is killed when this object goes, and by the kernel when this process does.
pub struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `command`, a daemon of the miniature tree, with its output in the file `log`. To be
    /// called by the main thread: the kernel takes the end of the calling thread for ours.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Daemon> {
        let file = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let child = command
            .arg(format!("endWithParent={}", std::process::id()))
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            // Ctrl-C on the terminal is for us; we end the daemons in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Daemon {
            name: name.to_string(),
            child,
            log: log.to_path_buf(),
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the log contains `text`.
    ///
    /// # Errors
    /// The daemon ends before, or the time is up.
    pub fn wait_for_log(&mut self, text: &str, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            // First the process, then its log: else the last lines could be missed.
            let status = self.child.try_wait()?;
            if fs::read_to_string(&self.log).is_ok_and(|log| log.contains(text)) {
                return Ok(());
            }
            if let Some(status) = status {
                bail!("{} ended ({status}){}", self.name, self.tail());
            }
            if Instant::now() > deadline {
                bail!(
                    "{} did not say {text:?} within {limit:?}{}",
                    self.name,
                    self.tail()
                );
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits for the daemon's end; the caller judges the status.
    ///
    /// # Errors
    /// The time is up.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("{} has not ended after {limit:?}{}", self.name, self.tail());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Asks the daemon to end.
    ///
    /// # Errors
    /// It had ended before, does not end, or ends with an error.
    pub fn stop(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended by itself ({status}){}", self.name, self.tail());
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.wait(END_LIMIT)?;
        if !status.success() {
            bail!(
                "{} ended with an error ({status}){}",
                self.name,
                self.tail()
            );
        }
        Ok(())
    }

    /// How many lines of the log contain `text`.
    pub fn count_in_log(&self, text: &str) -> usize {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| line.contains(text)).count()
    }

    /// The end of the log, for an error message.
    pub fn tail(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..]
            .iter()
            .map(|line| format!("\n    {line}"))
            .collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Calling the system's programs, and being interrupted.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Programs that are called, and the Debian package of each.
const PROGRAMS: [(&str, &str); 8] = [
    ("ip", "iproute2"),
    ("ss", "iproute2"),
    ("unshare", "util-linux"),
    ("setsid", "util-linux"),
    ("mount", "mount"),
    ("hostname", "hostname"),
    ("grep", "grep"),
    ("sh", "dash"),
];

/// How often something that is waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub fn require_root() -> anyhow::Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "this needs root (network namespaces); run it again with sudo"
    );
    Ok(())
}

/// Checks that all programs are installed, and says how to install what is missing.
pub fn require_programs() -> anyhow::Result<()> {
    require(&PROGRAMS)
}

/// The same for any programs; each with the Debian package that has it.
pub fn require(programs: &[(&str, &str)]) -> anyhow::Result<()> {
    let missing: Vec<_> = programs
        .iter()
        .filter(|(program, _)| find(program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let programs: Vec<_> = missing.iter().map(|(program, _)| *program).collect();
    let mut packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    packages.dedup();
    bail!(
        "not installed: {}; install with: apt-get install {}",
        programs.join(", "),
        packages.join(" ")
    )
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// Runs a program to its end and returns its standard output.
///
/// The program gets a process group of its own: a Ctrl-C at the terminal reaches only this
/// process, which then cleans up with the same programs.
pub fn output(program: &str, args: &[&str]) -> anyhow::Result<String> {
    let line = || format!("{program} {}", args.join(" "));
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .process_group(0)
        .output()
        .with_context(line)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(), output.status, stderr.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// As [`output`], with the arguments in one text, split at blanks.
pub fn ip(args: &str) -> anyhow::Result<String> {
    output("ip", &args.split_whitespace().collect::<Vec<_>>())
}

/// Notices Ctrl-C and the signals that ask a program to end, so that work can be undone.
#[derive(Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on these signals no longer end the process.
    pub fn install() -> anyhow::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&flag)).context("signal handler")?;
        }
        Ok(Self(flag))
    }

    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.0.load(Ordering::Relaxed), "interrupted");
        Ok(())
    }

    /// Calls `done` again and again until it is true.
    ///
    /// # Errors
    /// If `done` fails, if `limit` passes, or on an interruption.
    pub fn wait_until(
        &self,
        what: &str,
        limit: Duration,
        mut done: impl FnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            self.check()?;
            if done()? {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{what}: not within {} s",
                limit.as_secs()
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

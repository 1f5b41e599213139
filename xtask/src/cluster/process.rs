//! Processes that outlive the command that started them.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// How long a killed process may take to vanish.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// A process that cannot be mistaken for another one that got its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    /// Start time in clock ticks since the machine's boot.
    started: u64,
}

impl Process {
    /// The process that has this number now, unless it has ended.
    pub fn with_pid(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (state, started) = parse_stat(&stat)?;
        // A zombie has ended; only its parent has not taken note yet.
        (!matches!(state, 'Z' | 'X')).then_some(Self { pid, started })
    }

    pub fn is_running(&self) -> bool {
        Self::with_pid(self.pid) == Some(*self)
    }

    /// Lets the process stand still, as a debugger or a starved machine does, until the result is dropped.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub fn pause(&self) -> anyhow::Result<Paused> {
        self.signal(Signal::STOP)?;
        Ok(Paused(*self))
    }

    /// Ends the process without a warning, and waits until it has vanished.
    ///
    /// # Errors
    /// If it cannot be signalled, or does not vanish.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.signal(Signal::KILL)?;
        let deadline = Instant::now() + KILL_LIMIT;
        while self.is_running() {
            ensure!(
                Instant::now() < deadline,
                "process {} does not end",
                self.pid
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let Some(pid) = Pid::from_raw(self.pid.cast_signed()) else {
            bail!("process id {}", self.pid);
        };
        // The descriptor pins the process: what is checked next is what gets the signal.
        let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else {
            return Ok(());
        };
        if !self.is_running() {
            return Ok(());
        }
        match pidfd_send_signal(&pidfd, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot signal process {}", self.pid)),
        }
    }
}

/// A process that stands still.
#[must_use]
pub struct Paused(Process);

impl Drop for Paused {
    fn drop(&mut self) {
        // One that has ended meanwhile is no concern of this one; it could be signalled before.
        let _ = self.0.signal(Signal::CONT);
    }
}

/// Asks all processes to end, kills after `grace` those that have not, and waits.
///
/// # Errors
/// Names the processes that cannot be signalled or do not vanish even then.
pub fn stop_all(processes: &[Process], grace: Duration) -> anyhow::Result<()> {
    for (signal, limit) in [(Signal::TERM, grace), (Signal::KILL, KILL_LIMIT)] {
        for process in processes {
            process.signal(signal)?;
        }
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline && processes.iter().any(Process::is_running) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let left: Vec<_> = processes
        .iter()
        .filter(|p| p.is_running())
        .map(|p| p.pid.to_string())
        .collect();
    if !left.is_empty() {
        bail!("these processes do not end: {}", left.join(", "));
    }
    Ok(())
}

/// State and start time from the text of `/proc/<pid>/stat`. The program's name, which may
/// hold anything, stands in the last pair of parentheses.
fn parse_stat(stat: &str) -> Option<(char, u64)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?.chars().next()?;
    // Field 22 of the line; the state is field 3.
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    #[test]
    fn a_name_with_parentheses_does_not_confuse() {
        let stat = "7 (a) S 1 (b) R 1 7 7 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(parse_stat(stat), Some(('R', 4711)));
    }

    #[test]
    fn another_process_with_the_number_is_left_alone() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("spawn");
        let real = Process::with_pid(child.id()).expect("runs");
        let earlier = Process {
            started: real.started - 1,
            ..real
        };
        assert!(!earlier.is_running());
        stop_all(&[earlier], Duration::from_millis(100)).expect("nothing to stop");
        assert!(real.is_running());
        stop_all(&[real], Duration::from_secs(10)).expect("stopped");
        assert_eq!(child.wait().expect("wait").signal(), Some(15));
    }

    #[test]
    fn a_paused_process_goes_on() {
        let mut child = Command::new("sleep").arg("60").spawn().expect("spawn");
        let process = Process::with_pid(child.id()).expect("runs");
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid));
            parse_stat(&stat.expect("runs")).expect("its fields").0
        };
        let wait_for = |wanted: fn(char) -> bool| {
            let deadline = Instant::now() + Duration::from_secs(10);
            while !wanted(state()) {
                assert!(Instant::now() < deadline, "it is {}", state());
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        let paused = process.pause().expect("signalled");
        wait_for(|state| state == 'T');
        drop(paused);
        wait_for(|state| state != 'T');
        stop_all(&[process], Duration::from_secs(10)).expect("stopped");
        child.wait().expect("wait");
    }

    #[test]
    fn who_ignores_the_request_is_killed() {
        let script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("spawn");
        let mut ready = [0; 6];
        let mut stdout = child.stdout.take().expect("piped");
        std::io::Read::read_exact(&mut stdout, &mut ready).expect("ready");
        let process = Process::with_pid(child.id()).expect("runs");
        stop_all(&[process], Duration::from_millis(200)).expect("killed");
        assert_eq!(child.wait().expect("wait").signal(), Some(9));
    }
}

//! Processor time of another process on this machine.

use std::time::Duration;

use anyhow::{Context, ensure};

/// A process whose processor time is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Watched {
    pid: u32,
    /// Of the kernel's ticks per second.
    tick: f64,
}

impl Watched {
    /// # Errors
    /// If there is no such process here.
    pub fn new(pid: u32) -> anyhow::Result<Self> {
        let tick = 1.0 / rustix::param::clock_ticks_per_second() as f64;
        let watched = Self { pid, tick };
        watched.used().with_context(|| {
            format!("--daemon-pid {pid}: no such process (the server must run on this machine)")
        })?;
        Ok(watched)
    }

    /// Time that all its threads have used, to a hundredth of a second.
    ///
    /// # Errors
    /// If it has gone.
    pub fn used(self) -> anyhow::Result<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let ticks = ticks(&text).context("/proc/PID/stat is not as expected")?;
        Ok(Duration::from_secs_f64(ticks as f64 * self.tick))
    }

    /// Times that its threads gave up a processor to wait, so far.
    ///
    /// # Errors
    /// If it has gone.
    pub fn sleeps(self) -> anyhow::Result<u64> {
        let folder = format!("/proc/{}/task", self.pid);
        let mut sum = 0;
        for thread in std::fs::read_dir(&folder).context(folder)? {
            // A thread may end while it is looked at.
            let status = std::fs::read_to_string(thread?.path().join("status"));
            sum += status.map_or(0, |status| voluntary_switches(&status));
        }
        ensure!(sum > 0, "process {} has no threads", self.pid);
        Ok(sum)
    }
}

/// User and system time of a line of `/proc/PID/stat`; the name in it may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut number = || fields.next()?.parse::<u64>().ok();
    Some(number()? + number()?)
}

fn voluntary_switches(status: &str) -> u64 {
    let mut lines = status.lines();
    let number = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    number
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_behind_the_name() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0 20 0 1";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("12 (a) S 1"), None);
    }

    #[test]
    fn this_process_is_there_and_process_0_is_not() {
        let watched = Watched::new(std::process::id()).unwrap();
        assert!(watched.used().is_ok());
        assert!(Watched::new(0).is_err());
        assert_eq!(
            voluntary_switches("a: 1\nvoluntary_ctxt_switches:\t17\n"),
            17
        );
    }
}

//! How much memory may still be exported.
//!
//! Shared memory that doesn't fit is not refused by the kernel: the process, or another one, is
//! killed. So the room is looked at before memory is taken; what is asked for beyond it is
//! `SCI_ERR_NOSPC`, as on an adapter that has no pinned memory left. Another program can take the
//! room in between; the check makes the ordinary mistake harmless, it reserves nothing.

use crate::runtime::log::report;
use crate::{Code, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Less than this is taken without a look at the room, which costs more than the memory.
const WORTH_A_LOOK: u64 = 1 << 20;

/// Bytes that a process exports, and its limit.
#[derive(Debug)]
pub struct Budget {
    limit: Option<u64>,
    used: AtomicU64,
}

impl Budget {
    /// A budget of `limit` bytes; `None` leaves only the room of the machine.
    pub fn new(limit: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            limit,
            used: AtomicU64::new(0),
        })
    }

    /// Counts `bytes` until the value is dropped.
    ///
    /// # Errors
    /// `NOSPC` if the limit of the process, its control group or the machine speaks against it.
    pub fn take(self: &Arc<Self>, bytes: u64) -> Result<Share> {
        let limit = self.limit.unwrap_or(u64::MAX);
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= limit);
        if self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .is_err()
        {
            report!(
                Warn,
                "{bytes} bytes are beyond SISCI_EMU_MEMORY_LIMIT ({limit} bytes)"
            );
            return Err(Code::SCI_ERR_NOSPC);
        }
        let share = Share {
            budget: Arc::clone(self),
            bytes,
        };
        if bytes < WORTH_A_LOOK {
            return Ok(share);
        }
        for (what, room) in [
            ("the machine", machine_room()),
            ("the control group", group_room()),
        ] {
            if let Some(room) = room.filter(|room| *room < bytes) {
                report!(Warn, "{bytes} bytes don't fit: {what} has room for {room}");
                return Err(Code::SCI_ERR_NOSPC);
            }
        }
        Ok(share)
    }
}

/// A part of the budget.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What the kernel could hand out without pushing others out.
fn machine_room() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kib: u64 = field(&text, "MemAvailable:")?;
    Some(kib * 1024)
}

/// The tightest room in the control groups (version 2) above this process.
fn group_room() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let root = Path::new("/sys/fs/cgroup");
    let group = root.join(path);
    let groups = group
        .ancestors()
        .take_while(|group| group.starts_with(root));
    groups.filter_map(room_of_group).min()
}

/// Limit minus use, where unused file cache counts as room.
fn room_of_group(group: &Path) -> Option<u64> {
    let read = |file: &str| std::fs::read_to_string(group.join(file)).ok();
    let limit: u64 = read("memory.max")?.trim().parse().ok()?;
    let used: u64 = read("memory.current")?.trim().parse().ok()?;
    let cache = read("memory.stat")
        .and_then(|text| field(&text, "inactive_file"))
        .unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(cache)))
}

/// The number behind `name` in a text of lines "name number".
fn field(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_whitespace);
    let mut words = lines.find_map(|mut words| (words.next()? == name).then_some(words))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_what_is_held() {
        let budget = Budget::new(Some(8192));
        let half = budget.take(4096).unwrap();
        assert_eq!(budget.take(8192).unwrap_err(), Code::SCI_ERR_NOSPC);
        drop(half);
        assert!(budget.take(8192).is_ok());
    }

    #[test]
    fn more_than_the_machine_has_is_refused() {
        let budget = Budget::new(None);
        assert_eq!(budget.take(1 << 50).unwrap_err(), Code::SCI_ERR_NOSPC);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "total_inactive_file 1\ninactive_file 2\n";
        assert_eq!(field(text, "inactive_file"), Some(2));
        assert_eq!(field(text, "file"), None);
    }
}

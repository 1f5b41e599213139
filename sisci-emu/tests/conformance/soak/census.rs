//! What a process holds.

use std::time::{Duration, Instant};

/// Counted from `/proc/self`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    pub descriptors: usize,
    pub threads: usize,
    /// Maps of memory that the library made.
    pub maps: usize,
    /// Resident memory that is not shared, KiB.
    pub resident: u64,
}

impl Census {
    pub fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        };
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            maps: maps.lines().filter(|line| line.contains("memfd:")).count(),
            resident: field("RssAnon:").unwrap_or(0),
        }
    }

    /// Waits until this process holds no more than that (memory aside).
    ///
    /// # Errors
    /// What it holds after ten seconds.
    pub fn settle(most: Self) -> Result<Self, Self> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let now = Self::now();
            let fits = now.descriptors <= most.descriptors
                && now.threads <= most.threads
                && now.maps <= most.maps;
            if fits {
                return Ok(now);
            }
            if Instant::now() > deadline {
                return Err(now);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

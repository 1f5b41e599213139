//! Room for descriptors: a process with many segments needs more than the usual soft limit.
//!
//! The limit is raised only when it comes near, and only as far as the system allows anyway.

use crate::runtime::log::report;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicU64, Ordering};

/// Descriptors below this number need no look; 0 is not known yet.
static SAFE: AtomicU64 = AtomicU64::new(0);
/// Free descriptors that are near the limit.
const NEAR: u64 = 64;

/// Looks at a new descriptor and raises the limit if only a few more would fit.
pub fn seen(descriptor: &impl AsFd) {
    let number = descriptor.as_fd().as_raw_fd() as u64;
    if number >= SAFE.load(Ordering::Relaxed) {
        look(number);
    }
}

#[cold]
fn look(number: u64) {
    let limit = getrlimit(Resource::Nofile);
    let mut current = limit.current.unwrap_or(u64::MAX);
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    if number + NEAR >= current && current < maximum {
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => {
                report!(
                    Info,
                    "limit of descriptors raised from {current} to {maximum}"
                );
                current = maximum;
            }
            Err(errno) => report!(Warn, "cannot raise the limit of descriptors: {errno}"),
        }
    }
    let safe = if current == maximum {
        u64::MAX
    } else {
        current.saturating_sub(NEAR)
    };
    SAFE.store(safe, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    /// Changes this process's soft limit, which no other test looks at.
    #[test]
    fn the_soft_limit_gives_way_to_the_hard_one() {
        let before = getrlimit(Resource::Nofile);
        let low = Rlimit {
            current: Some(200),
            maximum: before.maximum,
        };
        setrlimit(Resource::Nofile, low).unwrap();
        // Other tests may have looked already.
        SAFE.store(0, Ordering::Relaxed);
        let files: Vec<_> = (0..400)
            .map(|_| {
                let file = File::open("/dev/null").unwrap();
                seen(&file);
                file
            })
            .collect();
        assert_eq!(files.len(), 400);
        setrlimit(Resource::Nofile, before).unwrap();
    }
}

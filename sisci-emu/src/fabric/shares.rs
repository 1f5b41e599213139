//! A counter that changes whenever somebody joins or leaves a number with several owners.
//!
//! Who triggers such a number has to reach all its owners of that moment. Looking for them is
//! slow, so it is done only if the counter in the file `shares` of the fabric has changed.

use crate::runtime::access;
use crate::runtime::log::report;
use crate::{Code, Result};
use rustix::fs::FlockOperation;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The open file.
#[derive(Debug)]
pub struct Shares(File);

impl Shares {
    /// Opens the counter of a fabric, and makes it if it isn't there.
    ///
    /// # Errors
    /// `SYSTEM`
    pub fn open(fabric: &Path) -> Result<Self> {
        let path = fabric.join("shares");
        let file = access::open_or_make(&path).map_err(|error| {
            report!(Error, "cannot open {}: {error}", path.display());
            Code::SCI_ERR_SYSTEM
        })?;
        Ok(Self(file))
    }

    /// The count now.
    pub fn count(&self) -> u64 {
        let mut bytes = [0; 8];
        match self.0.read_exact_at(&mut bytes, 0) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => 0,
        }
    }

    /// Counts one change. Failing means only that others look later.
    pub fn change(&self) {
        let _turn = self.turn();
        let next = self.count().wrapping_add(1);
        if let Err(error) = self.0.write_all_at(&next.to_le_bytes(), 0) {
            report!(Warn, "cannot count a change of owners: {error}");
        }
    }

    /// Waits until this process alone may change who belongs to what, until the value is dropped.
    pub fn turn(&self) -> Option<Turn> {
        // Another open file: a lock of this one would be this process's already.
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&self.0));
        let file = File::options().read(true).write(true).open(path).ok()?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive).ok()?;
        Some(Turn(file))
    }
}

/// The right to change who belongs to what.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "holds the lock")] File);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_seen_through_another_file() {
        let fabric = tempfile::tempdir().unwrap();
        let (one, two) = (Shares::open(fabric.path()), Shares::open(fabric.path()));
        let (one, two) = (one.unwrap(), two.unwrap());
        let before = two.count();
        one.change();
        assert_ne!(two.count(), before);
    }
}

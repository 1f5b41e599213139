//! What the processes of a node hold of what the node may have.
//!
//! The file `usage` of a node has a row for each process that holds something limited: its name and
//! its counts. Rows are changed under the node's lock; rows of dead processes are given up by
//! whoever would run into a limit because of them. So a killed process leaves nothing reserved.

use crate::runtime::access;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Segments.
    Segments,
    /// Maps of remote memory.
    Maps,
    /// Bytes of remote memory that are mapped.
    WindowBytes,
    /// Interrupts.
    Interrupts,
    /// Data interrupts.
    DataInterrupts,
    /// DMA queues.
    DmaQueues,
}

const COUNTS: usize = 6;
const NAME_BYTES: usize = 32;
const ROW_BYTES: usize = NAME_BYTES + COUNTS * 8;

/// A process and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    process: String,
    counts: [u64; COUNTS],
}

/// The file, open. The node's lock is held by the caller.
pub struct Usage {
    file: File,
    rows: Vec<Option<Row>>,
}

impl Usage {
    /// Opens the file of a node and reads it; makes it if it isn't there.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = access::open_or_make(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        let mut bytes = vec![0; length - length % ROW_BYTES];
        file.read_exact_at(&mut bytes, 0)?;
        let (chunks, _) = bytes.as_chunks::<ROW_BYTES>();
        let rows = chunks.iter().map(Row::decode).collect();
        Ok(Self { file, rows })
    }

    /// Counts `amount` for a process, if all together hold at most `limit` then.
    ///
    /// # Errors
    /// What the system says.
    pub fn take(
        &mut self,
        process: &str,
        resource: Resource,
        amount: u64,
        limit: u64,
        lives: impl Fn(&str) -> bool,
    ) -> std::io::Result<bool> {
        if !self.fits(resource, amount, limit) {
            self.drop_dead(process, lives)?;
            if !self.fits(resource, amount, limit) {
                return Ok(false);
            }
        }
        self.change(process, resource, |count| count.saturating_add(amount))?;
        Ok(true)
    }

    /// Counts `amount` no longer.
    ///
    /// # Errors
    /// What the system says.
    pub fn give(&mut self, process: &str, resource: Resource, amount: u64) -> std::io::Result<()> {
        self.change(process, resource, |count| count.saturating_sub(amount))
    }

    /// Forgets a process that held something under the same name before.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget(&mut self, process: &str) -> std::io::Result<()> {
        self.drop_dead("", |known| known != process)
    }

    fn fits(&self, resource: Resource, amount: u64, limit: u64) -> bool {
        let rows = self.rows.iter().flatten();
        let held = rows.map(|row| row.counts[resource as usize]);
        let sum = held.fold(amount, u64::saturating_add);
        sum <= limit
    }

    fn drop_dead(&mut self, own: &str, lives: impl Fn(&str) -> bool) -> std::io::Result<()> {
        for index in 0..self.rows.len() {
            let row = self.rows[index].as_ref();
            if row.is_some_and(|row| row.process != own && !lives(&row.process)) {
                self.set(index, None)?;
            }
        }
        Ok(())
    }

    fn change(
        &mut self,
        process: &str,
        resource: Resource,
        change: impl FnOnce(u64) -> u64,
    ) -> std::io::Result<()> {
        let mut rows = self.rows.iter();
        let own = rows.position(|row| row.as_ref().is_some_and(|row| row.process == process));
        let free = || self.rows.iter().position(Option::is_none);
        let index = own.or_else(free).unwrap_or(self.rows.len());
        let mut row = self.rows.get(index).cloned().flatten().unwrap_or(Row {
            process: process.to_owned(),
            counts: [0; COUNTS],
        });
        let count = &mut row.counts[resource as usize];
        *count = change(*count);
        let is_empty = row.counts.iter().all(|count| *count == 0);
        self.set(index, (!is_empty).then_some(row))
    }

    fn set(&mut self, index: usize, row: Option<Row>) -> std::io::Result<()> {
        let bytes = row.as_ref().map_or([0; ROW_BYTES], Row::encode);
        self.file.write_all_at(&bytes, (index * ROW_BYTES) as u64)?;
        if index == self.rows.len() {
            self.rows.push(row);
        } else {
            self.rows[index] = row;
        }
        Ok(())
    }
}

impl Row {
    fn decode(bytes: &[u8; ROW_BYTES]) -> Option<Self> {
        let (name, counts) = bytes.split_at(NAME_BYTES);
        let length = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(NAME_BYTES);
        let process = std::str::from_utf8(&name[..length]).ok()?;
        let (words, _) = counts.as_chunks::<8>();
        let mut row = Self {
            process: process.to_owned(),
            counts: [0; COUNTS],
        };
        for (count, word) in row.counts.iter_mut().zip(words) {
            *count = u64::from_le_bytes(*word);
        }
        (!process.is_empty()).then_some(row)
    }

    fn encode(&self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        let (name, counts) = bytes.split_at_mut(NAME_BYTES);
        let length = self.process.len().min(NAME_BYTES);
        name[..length].copy_from_slice(&self.process.as_bytes()[..length]);
        for (place, count) in counts.chunks_exact_mut(8).zip(self.counts) {
            place.copy_from_slice(&count.to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Resource::{Maps, Segments};

    #[test]
    fn processes_share_a_limit_and_the_dead_have_no_part() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("usage");
        let take = |process: &str, amount, lives: &[&str]| {
            let mut usage = Usage::open(&path).unwrap();
            let lives = |name: &str| lives.contains(&name);
            usage.take(process, Segments, amount, 10, lives).unwrap()
        };
        assert!(take("1-0", 6, &["1-0", "2-0"]));
        assert!(take("2-0", 4, &["1-0", "2-0"]));
        assert!(!take("2-0", 1, &["1-0", "2-0"]));
        assert!(take("2-0", 6, &["2-0"]), "the first one is dead");
        assert!(!take("3-0", 1, &["2-0", "3-0"]));
        let mut usage = Usage::open(&path).unwrap();
        usage.give("2-0", Segments, 10).unwrap();
        assert!(usage.rows.iter().all(Option::is_none));
        assert!(!usage.take("2-0", Maps, u64::MAX, 10, |_| true).unwrap());
        assert!(usage.take("2-0", Maps, 10, 10, |_| true).unwrap());
        usage.forget("2-0").unwrap();
        assert!(usage.take("3-0", Maps, 10, 10, |_| true).unwrap());
    }

    #[test]
    fn a_broken_file_is_read_as_far_as_it_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("usage");
        std::fs::write(&path, [255; ROW_BYTES + 7]).unwrap();
        let mut usage = Usage::open(&path).unwrap();
        assert!(usage.take("1-0", Segments, 1, 1, |_| true).unwrap());
        assert!(
            !Usage::open(&path)
                .unwrap()
                .take("2-0", Segments, 1, 1, |_| true)
                .unwrap()
        );
    }
}

//! Chunks that a load works on.

use beemsg::Chunk;

use super::load::Rig;
use super::pattern::Pattern;
use super::reach::{Goal, Pool};
use super::worker::File;

/// The chunks of a run, one per thread.
#[derive(Debug)]
pub struct Files {
    goal: Goal,
    run: u64,
    forward: bool,
    io: bool,
    pub(super) files: Vec<File>,
}

impl Files {
    pub fn new(rig: &Rig, forward: bool, io: bool) -> Self {
        Self {
            goal: rig.goal().clone(),
            run: rig.run(),
            forward,
            io,
            files: Vec::new(),
        }
    }

    /// Makes chunks for so many threads; on the server each comes to be with its first write.
    pub(super) fn grow(&mut self, threads: usize) {
        // As BeeGFS makes ids: a counter, seconds since 1970, the number of a node.
        let time = (self.run >> 16) as u32 | 1 << 30;
        let node = (self.run as u32) | 1 << 31;
        for number in self.files.len()..threads {
            let entry = format!("{:X}-{time:X}-{node:X}", number + 1);
            let chunk = Chunk::new(
                self.goal.place,
                node,
                &format!("0-{time:X}-{node:X}"),
                &entry,
            );
            let chunk = if self.io { chunk } else { chunk.without_io() };
            self.files.push(File {
                chunk: if self.forward {
                    chunk.forwarding()
                } else {
                    chunk
                },
                pattern: Pattern::new(self.run, number as u64),
                filled: 0,
            });
        }
    }

    /// Closes and removes all chunks.
    ///
    /// # Errors
    /// If the server can't be reached or says no.
    pub fn remove(&self, pool: &Pool) -> anyhow::Result<()> {
        if self.files.is_empty() {
            return Ok(());
        }
        let mut connections = pool.take(1)?;
        for file in &self.files {
            for connection in &mut connections {
                file.chunk.close(connection)?;
                file.chunk.remove(connection)?;
            }
        }
        pool.give(connections);
        Ok(())
    }
}

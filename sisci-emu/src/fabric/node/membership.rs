//! The place of a process in its node, and the numbers that it takes there.

use super::{Kind, NodeDir, USAGE, remove};
use crate::fabric::entry::Entry;
use crate::fabric::ids::Ids;
use crate::fabric::usage::{Resource, Usage};
use crate::runtime::log::report;
use crate::{Code, Result};
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

/// Who else may have a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Alone,
    /// Others later. The index tells the owners of one process apart; it is not 0.
    Open(u32),
    /// As [`Sharing::Open`], and others may have it already.
    Join(u32),
}

impl Sharing {
    fn index(self) -> Option<u32> {
        match self {
            Self::Alone => None,
            Self::Open(index) | Self::Join(index) => Some(index),
        }
    }
}

/// The place of this process in its node; given up when dropped.
#[derive(Debug)]
pub struct Membership {
    pub(super) dir: NodeDir,
    pub(super) process: String,
    pub(super) ids: Ids,
    pub(super) _alive: File,
}

impl Membership {
    /// Where this process answers.
    pub fn socket(&self) -> PathBuf {
        self.dir.socket(&self.process)
    }

    /// Counts `amount` of what the node may have `limit` of, until the value is dropped. `None` if
    /// there is no room for it.
    ///
    /// # Errors
    /// `SYSTEM`
    pub fn reserve(
        self: &Arc<Self>,
        resource: Resource,
        amount: u64,
        limit: u64,
    ) -> Result<Option<Reservation>> {
        let taken = self.with_usage(|usage| {
            let lives = |process: &str| self.dir.lives(process);
            usage.take(&self.process, resource, amount, limit, lives)
        });
        let taken = taken.map_err(|error| {
            report!(
                Error,
                "cannot count what node {} holds: {error}",
                self.dir.node
            );
            Code::SCI_ERR_SYSTEM
        })?;
        Ok(taken.then(|| Reservation {
            member: Arc::clone(self),
            resource,
            amount,
        }))
    }

    fn with_usage<T>(
        &self,
        change: impl FnOnce(&mut Usage) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let _lock = self.dir.lock()?;
        change(&mut Usage::open(&self.dir.path.join(USAGE))?)
    }

    /// Takes a number that no other process of the node has.
    ///
    /// # Errors
    /// `SEGMENTID_USED` (which is `INTNO_USED` too), or `SYSTEM`.
    pub fn claim(self: &Arc<Self>, kind: Kind, id: u32) -> Result<Claim> {
        self.claim_as(kind, id, Sharing::Alone)
    }

    /// Takes a number as `sharing` says.
    ///
    /// # Errors
    /// `SEGMENTID_USED` if somebody has it who doesn't share it, or `SYSTEM`.
    pub fn claim_as(self: &Arc<Self>, kind: Kind, id: u32, sharing: Sharing) -> Result<Claim> {
        let claimed = self
            .dir
            .lock()
            .and_then(|_lock| self.try_claim(kind, id, sharing));
        let claimed = claimed.map_err(|error| {
            report!(
                Error,
                "cannot register a number of node {}: {error}",
                self.dir.node
            );
            Code::SCI_ERR_SYSTEM
        })?;
        claimed.ok_or(Code::SCI_ERR_SEGMENTID_USED)
    }

    /// Takes a free number of a range, the lowest as far as this process knows.
    ///
    /// # Errors
    /// As [`Membership::claim`], if all are taken.
    pub fn claim_first(
        self: &Arc<Self>,
        kind: Kind,
        ids: RangeInclusive<u32>,
        sharing: Sharing,
    ) -> Result<Claim> {
        let take = |id| match self.claim_as(kind, id, sharing) {
            Err(Code::SCI_ERR_SEGMENTID_USED) => None,
            other => Some(other),
        };
        let found = self.search(kind, ids, take);
        found.unwrap_or(Err(Code::SCI_ERR_SEGMENTID_USED))
    }

    /// Calls `take` with numbers of the range, those first that are likely free, until it has one.
    pub fn search<T>(
        &self,
        kind: Kind,
        ids: RangeInclusive<u32>,
        mut take: impl FnMut(u32) -> Option<T>,
    ) -> Option<T> {
        let likely = std::iter::from_fn(|| self.ids.next(kind, &ids)).find_map(&mut take);
        // Others may have given back what was passed.
        likely.or_else(|| ids.clone().find_map(take))
    }

    /// `None` if a living process has the number. The lock is held by the caller.
    fn try_claim(
        self: &Arc<Self>,
        kind: Kind,
        id: u32,
        sharing: Sharing,
    ) -> std::io::Result<Option<Claim>> {
        let path = self.dir.entry(kind, id);
        let mut entry = Entry::read(&path)?;
        entry.owners.retain(|(process, _)| self.dir.lives(process));
        let joins = entry.shared && matches!(sharing, Sharing::Join(_));
        if !entry.owners.is_empty() && !joins {
            return Ok(None);
        }
        let index = sharing.index();
        entry.shared = index.is_some();
        let owner = (self.process.clone(), index.unwrap_or(0));
        entry.owners.push(owner);
        entry.write(&path)?;
        Ok(Some(Claim {
            path,
            kind,
            id,
            shared: index,
            searched: true,
            member: Arc::clone(self),
        }))
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let _lock = self.dir.lock();
        let _ = remove(&self.socket());
        let _ = remove(&self.dir.path.join(format!("{}.proc", self.process)));
    }
}

/// A part of what a node may have; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    member: Arc<Membership>,
    resource: Resource,
    amount: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Self {
            member,
            resource,
            amount,
        } = self;
        let given = member.with_usage(|usage| usage.give(&member.process, *resource, *amount));
        if let Err(error) = given {
            report!(
                Warn,
                "cannot count what node {} holds: {error}",
                member.dir.node
            );
        }
    }
}

/// A number that this process owns; free again when dropped.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    kind: Kind,
    id: u32,
    /// Which of several owners.
    shared: Option<u32>,
    /// Searches may find it once it is free.
    searched: bool,
    /// Keeps the number from being taken for a dead process's.
    member: Arc<Membership>,
}

impl Claim {
    /// The number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Gives the number up as if it had never been had: a search doesn't come back to it.
    pub fn withdraw(mut self) {
        self.searched = false;
    }

    /// Takes this owner off the list of those who share the number.
    fn leave(&self, index: u32) -> std::io::Result<()> {
        let _lock = self.member.dir.lock()?;
        let mut entry = Entry::read(&self.path)?;
        let own = (self.member.process.clone(), index);
        entry.owners.retain(|owner| *owner != own);
        if entry.owners.is_empty() {
            remove(&self.path)
        } else {
            entry.write(&self.path)
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let gone = match self.shared {
            None => remove(&self.path),
            Some(index) => self.leave(index),
        };
        if let Err(error) = gone {
            report!(Warn, "cannot give {} back: {error}", self.path.display());
        }
        if self.searched {
            self.member.ids.free(self.kind, self.id);
        }
    }
}

//! Where the memory of a segment comes from.

use crate::fabric::member::Member;
use crate::runtime::bus;
use crate::runtime::config::Tolerance;
use crate::runtime::log::report;
use crate::runtime::memory::SharedMemory;
use crate::runtime::process;
use crate::runtime::sync::Lease;
use crate::runtime::user_pages::UserPages;
use crate::{Code, Result};

/// Memory of a segment.
#[derive(Debug)]
pub struct Backing {
    memory: SharedMemory,
    /// The program's own pages, given back at the end.
    pages: Lease<Option<UserPages>>,
}

impl Backing {
    /// New memory, or that of a group.
    pub fn new(memory: SharedMemory) -> Self {
        Self {
            memory,
            pages: Lease::new(None),
        }
    }

    /// Memory that the program has already.
    ///
    /// # Errors
    /// `ILLEGAL_ADDRESS`, `NOSPC`; see [`UserPages::share`].
    pub fn registered(member: &Member, address: usize, size: usize) -> Result<Self> {
        let anywhere = process::current()?.tolerates(Tolerance::UnalignedMemory);
        let (memory, pages) = UserPages::share(address, size, anywhere, member.budget())?;
        Ok(Self {
            memory,
            pages: Lease::new(Some(pages)),
        })
    }

    /// Memory that this process was told the bus address of, or the program's own at `address`.
    ///
    /// # Errors
    /// `ILLEGAL_ADDRESS`; else as [`Backing::registered`].
    pub fn physical(member: &Member, bus: u64, address: usize, size: usize) -> Result<Self> {
        if let Some(memory) = bus::resolve(bus, size) {
            return Ok(Self::new(memory));
        }
        if address == 0 {
            report!(
                Warn,
                "{size} bytes at bus address {bus:#x} are not known: only addresses that a query \
                 of this process gave lead to memory"
            );
            return Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
        }
        Self::registered(member, address, size)
    }

    /// The memory.
    pub fn memory(&self) -> &SharedMemory {
        &self.memory
    }

    /// The end of the segment.
    pub fn end(&self) {
        self.memory.end_share();
        self.pages.end();
    }
}

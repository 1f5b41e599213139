//! What a transfer copies.

use crate::fabric::route::Route;
use crate::model::flags::SCI_FLAG_DMA_READ;
use crate::model::local_segment::LocalSegment;
use crate::model::remote_segment::RemoteSegment;
use crate::runtime::limits::{Limits, reached};
use crate::runtime::log::report;
use crate::runtime::memory::Mapping;
use crate::runtime::sync::Use;
use crate::runtime::timing;
use crate::runtime::user_memory::UserRange;
use crate::{Code, Result};
use std::sync::Arc;
use std::time::Instant;

/// What to copy. Offsets and size are bytes.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// In the local segment, or from the program's address on.
    pub local: usize,
    /// Of the transfer.
    pub size: usize,
    /// In the remote segment.
    pub remote: usize,
}

/// The near end of a transfer.
#[derive(Clone, Copy)]
pub enum Local<'a> {
    /// A segment, which has to be prepared.
    Segment(&'a LocalSegment),
    /// Memory of the program from this address on.
    User(usize),
}

/// One end of a part.
#[derive(Clone, Debug)]
pub enum Place {
    /// From this offset of a segment on.
    Shared(Arc<Mapping>, usize),
    /// The program's own memory.
    User(UserRange),
}

/// One contiguous copy.
pub struct Part {
    /// From here.
    pub source: Place,
    /// To there.
    pub target: Place,
    /// Bytes.
    pub size: usize,
    /// The far end.
    pub remote: Arc<RemoteSegment>,
    /// The way to it.
    pub route: Arc<Route>,
    _uses: [Option<Use>; 2],
}

/// A transfer: parts in the order in which they are carried out.
#[derive(Default)]
pub struct Job {
    parts: Vec<Part>,
    read: bool,
    begun: Option<Instant>,
}

impl Job {
    /// Copies of `spans`, to the remote segment unless `flags` say `DMA_READ`.
    ///
    /// # Errors
    /// `SEGMENT_NOT_PREPARED`, `SEGMENT_NOT_CONNECTED`; `OUT_OF_RANGE`, `SIZE_ALIGNMENT`,
    /// `OFFSET_ALIGNMENT`; `ILLEGAL_PARAMETER` for nothing or too much; `ILLEGAL_ADDRESS` for memory
    /// that the program doesn't have.
    pub fn new(
        local: Local<'_>,
        remote: &Arc<RemoteSegment>,
        spans: &[Span],
        flags: u32,
        adapter: u32,
    ) -> Result<Self> {
        let begun = timing::is_on().then(Instant::now);
        check_ends(local, remote, adapter)?;
        if spans.is_empty() {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let mut job = Self {
            read: flags & SCI_FLAG_DMA_READ != 0,
            begun,
            ..Self::default()
        };
        for span in spans {
            job.add(Part::new(local, remote, *span, flags)?)?;
        }
        Ok(job)
    }

    /// Adds what another job would do.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` if that becomes too much for one transfer.
    pub fn append(&mut self, other: Self) -> Result<()> {
        self.read |= other.read;
        other.parts.into_iter().try_for_each(|part| self.add(part))
    }

    fn add(&mut self, part: Part) -> Result<()> {
        let limit = Limits::current().dma_bytes;
        if (self.size() + part.size) as u64 > limit {
            return Err(reached(
                "limits.dma_bytes",
                limit,
                Code::SCI_ERR_ILLEGAL_PARAMETER,
            ));
        }
        self.parts.push(part);
        Ok(())
    }

    /// The parts in their order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// True if it copies from the other side, or a part of it does.
    pub fn is_read(&self) -> bool {
        self.read
    }

    /// When it is over, if it starts now: a list that was gathered does, others have begun.
    pub fn end(&self) -> Instant {
        let begun = self.begun.unwrap_or_else(Instant::now);
        let peer = self.parts.first().map_or(0, |part| part.route.peer());
        timing::dma_end(peer, self.size(), self.read, begun).unwrap_or(begun)
    }

    /// Bytes of all parts.
    pub fn size(&self) -> usize {
        self.parts.iter().map(|part| part.size).sum()
    }
}

impl Part {
    fn new(local: Local<'_>, remote: &Arc<RemoteSegment>, span: Span, flags: u32) -> Result<Self> {
        check_size(span.size)?;
        check_range(span.remote, span.size, remote.memory().size())?;
        let far = Place::Shared(remote.memory().whole()?, span.remote);
        let (near, near_use) = match local {
            Local::Segment(segment) => {
                let memory = segment.memory()?;
                check_range(span.local, span.size, memory.size())?;
                let place = Place::Shared(memory.whole()?, span.local);
                (place, Some(segment.acquire()?))
            }
            Local::User(address) => {
                let address = address.checked_add(span.local);
                let address = address.ok_or(Code::SCI_ERR_ILLEGAL_ADDRESS)?;
                if !is_aligned(address) {
                    return Err(Code::SCI_ERR_OFFSET_ALIGNMENT);
                }
                (Place::User(UserRange::checked(address, span.size)?), None)
            }
        };
        let read = flags & SCI_FLAG_DMA_READ != 0;
        let (source, target) = if read { (far, near) } else { (near, far) };
        Ok(Self {
            source,
            target,
            size: span.size,
            remote: Arc::clone(remote),
            route: Arc::clone(remote.route()),
            _uses: [near_use, Some(remote.acquire()?)],
        })
    }
}

/// True for an offset or a size that DMA can do.
fn is_aligned(bytes: usize) -> bool {
    (bytes as u64).is_multiple_of(Limits::current().dma_alignment)
}

fn check_size(size: usize) -> Result<()> {
    if size == 0 {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let limit = Limits::current().dma_bytes;
    if size as u64 > limit {
        return Err(reached(
            "limits.dma_bytes",
            limit,
            Code::SCI_ERR_ILLEGAL_PARAMETER,
        ));
    }
    if !is_aligned(size) {
        return Err(Code::SCI_ERR_SIZE_ALIGNMENT);
    }
    Ok(())
}

fn check_range(offset: usize, size: usize, end: usize) -> Result<()> {
    if !is_aligned(offset) {
        return Err(Code::SCI_ERR_OFFSET_ALIGNMENT);
    }
    if offset.checked_add(size).is_none_or(|last| last > end) {
        report!(
            Debug,
            "a DMA transfer of {size} bytes at {offset} goes beyond the segment's {end}"
        );
        return Err(Code::SCI_ERR_OUT_OF_RANGE);
    }
    Ok(())
}

fn check_ends(local: Local<'_>, remote: &RemoteSegment, adapter: u32) -> Result<()> {
    if let Local::Segment(segment) = local
        && !segment.is_prepared(adapter)
    {
        return Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED);
    }
    if remote.adapter() != adapter {
        report!(
            Debug,
            "the segment is connected by adapter {}, the DMA queue has {adapter}",
            remote.adapter()
        );
        return Err(Code::SCI_ERR_SEGMENT_NOT_CONNECTED);
    }
    if !remote.is_connected() {
        return Err(Code::SCI_ERR_SEGMENT_NOT_CONNECTED);
    }
    Ok(())
}

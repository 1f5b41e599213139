//! Carries a transfer out, piece by piece.

use super::job::{Job, Part, Place};
use crate::fabric::route::{DmaFate, TransferFate};
use crate::model::sequence::barrier;
use crate::runtime::log::report;
use crate::runtime::user_memory::Unmapped;
use sisci_sys::sci_dma_queue_state_t as Status;
use std::time::Instant;

/// An abort takes effect between pieces of this many bytes.
const PIECE: usize = 256 << 10;

/// What the engine asks its queue.
pub trait Control {
    /// True once the program has aborted the transfer.
    fn is_aborted(&self) -> bool;
}

/// What is left to do after the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// When the transfer is over; never, if nobody aborts it.
    pub due: Option<Instant>,
    /// The state that it ends in unless it is aborted before.
    pub status: Status,
}

/// Why a transfer stopped early.
enum Stop {
    Aborted,
    Failed,
}

/// Copies all parts of a transfer that is over at `end`, if the copy doesn't take longer.
pub fn carry_out(job: &Job, end: Instant, control: &impl Control) -> Ending {
    let at_once = |status| Ending {
        due: Some(Instant::now()),
        status,
    };
    let Some(first) = job.parts().first() else {
        return at_once(Status::SCI_DMAQUEUE_DONE);
    };
    let limit = match first.route.dma() {
        DmaFate::Run => None,
        DmaFate::Stick => {
            return Ending {
                due: None,
                status: Status::SCI_DMAQUEUE_ERROR,
            };
        }
        DmaFate::Fail(percent) => Some(job.size() / 100 * usize::from(percent.min(100))),
    };
    let copied = copy_all(job, limit, control);
    barrier();
    let delivered = || job.parts().iter().all(arrives);
    let status = match copied {
        Err(Stop::Aborted) => return at_once(Status::SCI_DMAQUEUE_ABORTED),
        Ok(()) if limit.is_none() && delivered() => Status::SCI_DMAQUEUE_DONE,
        _ => Status::SCI_DMAQUEUE_ERROR,
    };
    Ending {
        due: Some(end),
        status,
    }
}

/// Copies everything, or the first `limit` bytes.
fn copy_all(job: &Job, limit: Option<usize>, control: &impl Control) -> Result<(), Stop> {
    let mut left = limit.unwrap_or(usize::MAX);
    for part in job.parts() {
        let fate = part.route.transfer();
        let size = part.size.min(left);
        for done in (0..size).step_by(PIECE) {
            if control.is_aborted() {
                return Err(Stop::Aborted);
            }
            // The way is asked again at the end, and then the system too.
            if !part.route.is_up() || !part.remote.seems_connected() {
                return Err(Stop::Failed);
            }
            if fate != TransferFate::Drop {
                copy(part, done, PIECE.min(size - done)).map_err(|Unmapped| {
                    report!(Warn, "memory of a DMA transfer is not there any more");
                    Stop::Failed
                })?;
            }
        }
        if fate == TransferFate::Corrupt && size > 0 {
            spoil(part, size / 2).map_err(|Unmapped| Stop::Failed)?;
        }
        left -= size;
    }
    Ok(())
}

/// False once the far end or the way to it is gone.
fn arrives(part: &Part) -> bool {
    part.route.is_up() && part.remote.is_connected()
}

fn copy(part: &Part, done: usize, size: usize) -> Result<(), Unmapped> {
    match (&part.source, &part.target) {
        (Place::Shared(source, from), Place::Shared(target, to)) => {
            source.copy_to(from + done, target, to + done, size);
            Ok(())
        }
        (Place::User(source), Place::Shared(target, to)) => {
            source.copy_to(done, target, to + done, size)
        }
        (Place::Shared(source, from), Place::User(target)) => {
            target.copy_from(done, source, from + done, size)
        }
        // One end is always a segment.
        (Place::User(_), Place::User(_)) => Err(Unmapped),
    }
}

/// Changes one byte of what was copied.
fn spoil(part: &Part, offset: usize) -> Result<(), Unmapped> {
    let mut byte = [0];
    match (&part.source, &part.target) {
        (_, Place::Shared(target, to)) => {
            target.load(to + offset, &mut byte);
            target.store(to + offset, &[!byte[0]]);
            Ok(())
        }
        (Place::Shared(source, from), Place::User(target)) => {
            source.load(from + offset, &mut byte);
            target.store(offset, !byte[0])
        }
        (Place::User(_), Place::User(_)) => Err(Unmapped),
    }
}

//! Long messages: by DMA from prepared memory, the copies overlapped with the transfers.

use super::{Endpoint, Pieces};
use crate::driver::bulk::{Lane, LaneGuard};
use crate::driver::check::{TRIES, Verdict};
use crate::driver::error::Error;
use crate::driver::link::Loss;
use crate::proto::ring::Span;
use crate::sisci::DmaState;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What is left of a long message below this goes by the processor: an engine takes longer to start.
const BULK_LEAST: usize = 4 << 10;
/// How long a transfer may take before it counts as stuck. The slowest engine that was measured needs
/// 20 ms for the largest piece.
const STUCK: Duration = Duration::from_secs(1);
/// After this time a piece that failed is not repeated any more.
const GIVE_UP: Duration = Duration::from_secs(2);
/// Sleeps between looks whether the peer is still there.
const NAP: Duration = Duration::from_millis(50);

/// A piece that the engine moves.
#[derive(Debug, Clone, Copy)]
struct Piece {
    slot: usize,
    span: Span,
    /// Position after its last byte.
    end: u64,
    begun: Instant,
    /// Begin of the last try.
    since: Instant,
    tries: u32,
}

/// How a wait for a piece ended.
enum Outcome {
    Done,
    Failed,
    /// It does not end, and can't be stopped.
    Stuck,
    /// The connection ended meanwhile.
    Over,
}

impl Endpoint {
    /// Sends what has room of `data`, or a part of that, by DMA where that can be had. What the engine
    /// can't do, a beginning that it can't address and a small rest, the processor does.
    pub(super) fn send_bulk(&mut self, data: &[u8], pieces: Pieces) -> Result<usize, Error> {
        if self.is_bulk(data.len()) {
            let head = self.misaligned();
            if head > 0 {
                return self.send_eager(&data[..head], pieces);
            }
            let sent = self.write_bulk(data)?;
            if sent > 0 {
                return Ok(sent);
            }
        }
        self.send_eager(data, pieces)
    }

    /// Sends what has room of `data` by DMA, publishing piece after piece; how many bytes that was. When
    /// this returns nothing is under way, so `data` may change. 0 if the class can't be had: then the
    /// processor has to do it.
    ///
    /// Before this, the position has to be a multiple of what the engine wants ([`Self::misaligned`]).
    fn write_bulk(&mut self, data: &[u8]) -> Result<usize, Error> {
        let user = self.bulk.get_or_insert_with(|| self.inner.bulk.user());
        let Some(mut lane) = user.lane() else {
            self.link.counters.bulk_refused.add(1);
            return Ok(0);
        };
        if !self.link.gate.enter() {
            return Err(self.dead());
        }
        let before = self.conn.tx.published();
        let outcome = self.run(&mut lane, data);
        if outcome.is_err() && !stop_all(&lane) {
            // The engine may still write: the peer must not reuse its memory on our word.
            self.link.lose_without_goodbye(Loss::NotDelivered);
        }
        let sent = self.conn.tx.published() - before;
        self.leave();
        self.link.counters.bytes_out.add(sent);
        self.link.counters.bulk_out.add(sent);
        outcome.map(|()| sent as usize)
    }

    /// How many bytes have to go by the processor before the engine can go on.
    fn misaligned(&self) -> usize {
        let alignment = self.inner.bulk.alignment() as u64;
        (self.conn.tx.tail().next_multiple_of(alignment) - self.conn.tx.tail()) as usize
    }

    /// Whether `left` bytes of a long message are still worth a DMA transfer.
    fn is_bulk(&self, left: usize) -> bool {
        left >= BULK_LEAST.max(self.inner.bulk.alignment())
    }

    fn run(&mut self, lane: &mut LaneGuard, data: &[u8]) -> Result<(), Error> {
        if !self.cover.as_ref().is_none_or(|cover| cover.begin()) {
            return Err(self.undelivered(Loss::LinkDown));
        }
        let mut under_way: VecDeque<Piece> = VecDeque::with_capacity(lane.slots());
        let (mut loaded, mut next_slot) = (0, 0);
        loop {
            while under_way.len() < lane.slots() && loaded < data.len() {
                let Some(piece) = self.start_piece(lane, next_slot, &data[loaded..])? else {
                    break;
                };
                loaded += piece.span.len;
                next_slot = (next_slot + 1) % lane.slots();
                under_way.push_back(piece);
                // What is done need not wait for what was just copied.
                while under_way
                    .front()
                    .is_some_and(|piece| lane.state(piece.slot) == DmaState::Done)
                {
                    self.finish_first(lane, &mut under_way)?;
                }
            }
            if under_way.is_empty() {
                break;
            }
            self.finish_first(lane, &mut under_way)?;
        }
        if loaded > 0 {
            self.cover_tail()
        } else {
            Ok(())
        }
    }

    /// Copies a piece aside and lets the engine take it. `None` without room in the peer's ring, or if
    /// the engine refuses.
    fn start_piece(
        &mut self,
        lane: &LaneGuard,
        slot: usize,
        data: &[u8],
    ) -> Result<Option<Piece>, Error> {
        self.take_credit()?;
        let alignment = self.inner.bulk.alignment();
        let most = data.len().min(lane.piece());
        let Some(mut span) = self.conn.tx.reserve(most - most % alignment) else {
            return Ok(None);
        };
        span.len -= span.len % alignment;
        if span.len == 0 || !lane.load(slot, &data[..span.len]) {
            return Ok(None);
        }
        let target = self.payload.window().ring_in_segment(span.offset);
        if lane.start(slot, span.len, target).is_err() {
            self.link.counters.bulk_refused.add(1);
            return Ok(None);
        }
        self.conn.tx.commit(span.len);
        let now = Instant::now();
        Ok(Some(Piece {
            slot,
            span,
            end: self.conn.tx.tail(),
            begun: now,
            since: now,
            tries: 1,
        }))
    }

    /// Waits for the oldest piece, repeating it if it fails, and publishes it.
    fn finish_first(
        &mut self,
        lane: &mut LaneGuard,
        under_way: &mut VecDeque<Piece>,
    ) -> Result<(), Error> {
        loop {
            let Some(first) = under_way.front_mut() else {
                return Ok(());
            };
            let (slot, since, end) = (first.slot, first.since, first.end);
            let outcome = self.await_piece(lane, slot, since);
            let verdict = match outcome {
                Outcome::Over => return Err(self.dead()),
                Outcome::Stuck => return Err(self.undelivered(Loss::NotDelivered)),
                Outcome::Failed => Verdict::Lost,
                Outcome::Done => {
                    let cover = self.cover.as_ref();
                    cover.map_or(Verdict::Arrived, |cover| cover.verdict())
                }
            };
            match verdict {
                Verdict::Arrived => {
                    under_way.pop_front();
                    self.publish_and_announce(end);
                    return Ok(());
                }
                Verdict::Broken => return Err(self.undelivered(Loss::LinkDown)),
                // A check doesn't say what was lost: it may be a part of any piece.
                Verdict::Lost if matches!(outcome, Outcome::Done) => {
                    for piece in under_way.iter_mut() {
                        self.repeat(lane, piece)?;
                    }
                }
                Verdict::Lost => self.repeat(lane, first)?,
            }
        }
    }

    fn await_piece(&self, lane: &mut Lane, slot: usize, since: Instant) -> Outcome {
        loop {
            match lane.wait(slot, NAP) {
                DmaState::Done => return Outcome::Done,
                DmaState::Running => {}
                _ => return Outcome::Failed,
            }
            if self.link.loss().is_some() || self.link.peer_end().is_some() {
                return Outcome::Over;
            }
            if since.elapsed() >= STUCK {
                return if lane.stop(slot) {
                    Outcome::Failed
                } else {
                    Outcome::Stuck
                };
            }
        }
    }

    /// Transfers a piece once more from where it was copied to.
    fn repeat(&self, lane: &LaneGuard, piece: &mut Piece) -> Result<(), Error> {
        if let Some(loss) = self.link.loss() {
            return Err(Error::Lost(loss.text()));
        }
        let over = piece.tries >= TRIES || piece.begun.elapsed() >= GIVE_UP;
        if over || !lane.stop(piece.slot) {
            return Err(self.undelivered(Loss::NotDelivered));
        }
        self.link.counters.sent_again.add(1);
        let target = self.payload.window().ring_in_segment(piece.span.offset);
        let started = lane.start(piece.slot, piece.span.len, target);
        if started.is_err() {
            return Err(self.undelivered(Loss::NotDelivered));
        }
        (piece.tries, piece.since) = (piece.tries + 1, Instant::now());
        Ok(())
    }
}

/// Stops every transfer; true once the engine touches nothing any more.
fn stop_all(lane: &Lane) -> bool {
    // Each of them, also after one that can't be stopped.
    let running = (0..lane.slots()).filter(|slot| !lane.stop(*slot));
    running.count() == 0
}

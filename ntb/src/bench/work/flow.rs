//! Streams: message after message, one way or both ways at once.

use std::time::Instant;

use anyhow::ensure;

use crate::bench::data::Check;
use crate::bench::transport::Stream;
use crate::bench::wire::{Job, Role, Sample};

/// Pieces of a message in a stream both ways. Each side sends one and then takes the peer's, so
/// that at most one is under way in each direction; it has to fit into the smallest buffer.
const PIECE: usize = 32 << 10;

/// The initiator sends, the responder receives, each with one buffer of the message size. Timed
/// at the receiver, from the first byte after the warm-up to the last.
pub fn one_way<S: Stream>(role: Role, stream: &mut S, job: &Job) -> anyhow::Result<Sample> {
    let mut buffer = vec![0; job.size];
    let messages = job.warm_up + job.count;
    if role == Role::Initiator {
        for number in 0..messages {
            job.check.fill(&mut buffer, number);
            stream.send(&buffer)?;
        }
        // All of it has arrived when the receiver says so.
        stream.recv_all(&mut buffer[..1])?;
        return Ok(Sample::default());
    }
    let mut begin = Instant::now();
    for number in 0..messages {
        if number == job.warm_up {
            begin = Instant::now();
        }
        take(stream, &mut buffer, job.check, number)?;
    }
    let elapsed = begin.elapsed().as_nanos() as f64;
    stream.send(&[0])?;
    Ok(sample(job, elapsed, 1))
}

/// Both sides send and receive `count` messages each. Timed at the initiator.
pub fn both_ways<S: Stream>(role: Role, stream: &mut S, job: &Job) -> anyhow::Result<Sample> {
    let mut out = vec![0; job.size];
    let mut back = vec![0; job.size];
    let mut begin = Instant::now();
    for number in 0..job.warm_up + job.count {
        if number == job.warm_up {
            begin = Instant::now();
        }
        job.check.fill(&mut out, number);
        for (out, back) in out.chunks(PIECE).zip(back.chunks_mut(PIECE)) {
            stream.send(out)?;
            stream.recv_all(back)?;
        }
        let same = job.check.holds(&back, 0, job.size, number);
        ensure!(same, "message {number} is not what was sent");
    }
    let elapsed = begin.elapsed().as_nanos() as f64;
    Ok(match role {
        Role::Initiator => sample(job, elapsed, 2),
        Role::Responder => Sample::default(),
    })
}

/// Receives one message, in the pieces in which it comes.
#[inline]
fn take<S: Stream>(
    stream: &mut S,
    buffer: &mut [u8],
    check: Check,
    number: u64,
) -> anyhow::Result<()> {
    let size = buffer.len();
    let mut filled = 0;
    while filled < size {
        let count = stream.recv(&mut buffer[filled..])?;
        let piece = &buffer[filled..filled + count];
        let same = check.holds(piece, filled, size, number);
        ensure!(same, "message {number} is not what was sent, at {filled}");
        filled += count;
    }
    Ok(())
}

fn sample(job: &Job, elapsed: f64, directions: u64) -> Sample {
    Sample {
        elapsed,
        messages: directions * job.count,
        bytes: directions * job.count * job.size as u64,
        cpu_messages: directions * (job.warm_up + job.count),
        ..Sample::default()
    }
}

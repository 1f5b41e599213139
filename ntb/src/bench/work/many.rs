//! Work over many connections, and making them.

use anyhow::ensure;

use super::percentiles;
use crate::bench::sys::Clock;
use crate::bench::transport::{Stream, Transport};
use crate::bench::wire::{Job, Role, Sample};

/// A message on every connection, then the answer of every connection, in the same order. The
/// times are those of a whole turn over all connections.
pub fn requests<S: Stream>(
    role: Role,
    clock: Clock,
    streams: &mut [S],
    job: &Job,
) -> anyhow::Result<Sample> {
    let mut message = vec![0; job.size];
    let mut times = Vec::with_capacity(job.count as usize);
    let mut elapsed = 0;
    for turn in 0..job.warm_up + job.count {
        if role == Role::Responder {
            for stream in streams.iter_mut() {
                stream.recv_all(&mut message)?;
                stream.send(&message)?;
            }
            continue;
        }
        let begin = clock.now();
        for (number, stream) in (turn..).zip(streams.iter_mut()) {
            job.check.fill(&mut message, number);
            stream.send(&message)?;
        }
        for (number, stream) in (turn..).zip(streams.iter_mut()) {
            stream.recv_all(&mut message)?;
            let same = job.check.holds(&message, 0, job.size, number);
            ensure!(same, "an answer of turn {turn} is not what was sent");
        }
        if turn >= job.warm_up {
            let time = clock.now() - begin;
            elapsed += time;
            times.push(time);
        }
    }
    if role == Role::Responder {
        return Ok(Sample::default());
    }
    let connections = streams.len() as u64;
    Ok(Sample {
        elapsed: clock.nanos(elapsed),
        messages: 2 * job.count * connections,
        bytes: 2 * job.count * connections * job.size as u64,
        times: percentiles(clock, times, 1.0),
        cpu_messages: 2 * (job.warm_up + job.count) * connections,
        ..Sample::default()
    })
}

/// The initiator connects and waits for a byte that the responder sends when it has accepted;
/// timed until that byte is there. Closing is not timed.
pub fn connect<T: Transport>(
    role: Role,
    clock: Clock,
    transport: &mut T,
    job: &Job,
) -> anyhow::Result<Sample> {
    let mut times = Vec::with_capacity(job.count as usize);
    let mut elapsed = 0;
    for number in 0..job.warm_up + job.count {
        let mut byte = [0];
        if role == Role::Responder {
            let mut stream = transport.accept()?;
            stream.send(&[1])?;
            stream.recv_all(&mut byte)?;
            continue;
        }
        let begin = clock.now();
        let mut stream = transport.connect(&job.address)?;
        stream.recv_all(&mut byte)?;
        let time = clock.now() - begin;
        stream.send(&[2])?;
        if number >= job.warm_up {
            elapsed += time;
            times.push(time);
        }
    }
    Ok(Sample {
        elapsed: clock.nanos(elapsed),
        messages: job.count,
        times: percentiles(clock, times, 1.0),
        cpu_messages: job.warm_up + job.count,
        ..Sample::default()
    })
}

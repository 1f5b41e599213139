//! Round trips: the initiator sends a message and waits until it comes back.

use anyhow::ensure;

use super::percentiles;
use crate::bench::sys::Clock;
use crate::bench::transport::Stream;
use crate::bench::wire::{Job, Role, Sample};

/// One-way times are half of a round trip. With a think time the responder computes for so many
/// nanoseconds before it answers, and what counts is how much longer the whole exchange took.
pub fn run<S: Stream>(
    role: Role,
    clock: Clock,
    stream: &mut S,
    job: &Job,
    think: Option<u64>,
) -> anyhow::Result<Sample> {
    let think_ticks = clock.ticks(think.unwrap_or(0) as f64);
    match role {
        Role::Initiator => ask(clock, stream, job, think.map(|_| think_ticks)),
        Role::Responder => answer(clock, stream, job, think_ticks),
    }
}

fn ask<S: Stream>(
    clock: Clock,
    stream: &mut S,
    job: &Job,
    think: Option<u64>,
) -> anyhow::Result<Sample> {
    let mut message = vec![0; job.size];
    let mut reply = vec![0; job.size];
    let mut times = Vec::with_capacity(job.count as usize);
    let mut elapsed = 0;
    for number in 0..job.warm_up + job.count {
        job.check.fill(&mut message, number);
        let begin = clock.now();
        stream.send(&message)?;
        stream.recv_all(&mut reply)?;
        let time = clock.now() - begin;
        let same = job.check.holds(&reply, 0, job.size, number);
        ensure!(same, "the echo of message {number} is not what was sent");
        if number >= job.warm_up {
            elapsed += time;
            times.push(think.map_or(time, |think| time.saturating_sub(think)));
        }
    }
    let factor = if think.is_some() { 1.0 } else { 0.5 };
    Ok(Sample {
        elapsed: clock.nanos(elapsed),
        messages: 2 * job.count,
        bytes: 2 * job.count * job.size as u64,
        times: percentiles(clock, times, factor),
        cpu_messages: 2 * (job.warm_up + job.count),
        ..Sample::default()
    })
}

fn answer<S: Stream>(
    clock: Clock,
    stream: &mut S,
    job: &Job,
    think: u64,
) -> anyhow::Result<Sample> {
    let mut message = vec![0; job.size];
    for number in 0..job.warm_up + job.count {
        stream.recv_all(&mut message)?;
        let same = job.check.holds(&message, 0, job.size, number);
        ensure!(same, "message {number} is not what was sent");
        if think > 0 {
            let begin = clock.now();
            while clock.now() - begin < think {
                std::hint::spin_loop();
            }
        }
        stream.send(&message)?;
    }
    Ok(Sample::default())
}

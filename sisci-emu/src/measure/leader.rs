//! The node that measures.

use crate::measure::client::{Client, Far, Outcome, Own, Pin, load};
use crate::measure::peer::{LEADER, PEER, ROOM, tag};
use crate::measure::spread::Spread;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::Write;
use std::time::{Duration, Instant};

/// A classic measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bench {
    /// Half of a ping-pong by `SCIMemCpy`, as scipp: µs.
    PingPong,
    /// Each of many `SCIMemCpy` in a row, as scibench2: µs.
    Send,
    /// A DMA transfer from start to DONE, as dma_bench: µs.
    Dma,
}

/// What was measured for one size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// How.
    pub bench: Bench,
    /// Bytes.
    pub size: usize,
    /// µs for each operation.
    pub time: Spread,
}

/// How much time to spend.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Times that each measurement is repeated.
    pub repeats: usize,
    /// Time for one repetition.
    pub slice: Duration,
}

impl Effort {
    /// Seconds in all.
    pub const QUICK: Self = Self {
        repeats: 9,
        slice: Duration::from_millis(4),
    };
    /// Half a minute in all.
    pub const FULL: Self = Self {
        repeats: 25,
        slice: Duration::from_millis(10),
    };

    /// Operations of about `time` µs that make a slice.
    fn rounds(&self, time: f64) -> usize {
        ((self.slice.as_secs_f64() * 1e6 / time.max(0.05)) as usize).clamp(20, 20_000)
    }
}

/// Measures with a peer that runs [`crate::measure::peer::serve`] and reads from `peer`.
///
/// # Errors
/// What the library says.
pub fn measure(
    library: &OsStr,
    effort: Effort,
    plan: &[(Bench, Vec<usize>)],
    mut peer: impl Write,
) -> Outcome<Vec<Point>> {
    let client = Client::open(library)?;
    let own = client.offer(LEADER, ROOM)?;
    let far = client.reach_soon(PEER, PEER, ROOM)?;
    let mut points = Vec::new();
    for (bench, sizes) in plan {
        for &size in sizes.iter().filter(|size| **size <= ROOM) {
            let time = match bench {
                Bench::PingPong => ping_pong(&client, &own, &far, effort, size, &mut peer),
                Bench::Send => send(&client, &far, effort, size),
                Bench::Dma => dma(&client, &own, &far, effort, size),
            }?;
            points.push(Point {
                bench: *bench,
                size,
                time,
            });
        }
    }
    Ok(points)
}

fn ping_pong(
    client: &Client,
    own: &Own,
    far: &Far,
    effort: Effort,
    size: usize,
    peer: &mut impl Write,
) -> Outcome<Spread> {
    let _pin = Pin::to(0);
    let mut message = vec![0; size.max(1)];
    let last = message.len() - 1;
    // The last byte may still be from another size.
    client.copy(far.map, last, &[0])?;
    // SAFETY: inside of the own segment.
    unsafe { own.address.add(last).write_volatile(0) };
    // Short ones: on a busy machine both sides run at the same time only now and then.
    let batch = 10;
    let batches = effort.repeats * effort.rounds(3.0) / batch;
    let told = writeln!(peer, "{size} {}", batch * batches).and_then(|()| peer.flush());
    told.map_err(|error| format!("the peer is gone: {error}"))?;
    let mut times = Vec::new();
    let mut begun = Instant::now();
    for round in 0..batch * batches {
        let tag = tag(round);
        message[last] = tag;
        client.copy(far.map, 0, &message)?;
        let mut looks = 0u64;
        // SAFETY: inside of the own segment.
        while unsafe { load(own.address.add(last)) } != tag {
            std::hint::spin_loop();
            looks += 1;
            if looks.is_multiple_of(1 << 20) && begun.elapsed() > Duration::from_secs(20) {
                return Err(format!("the peer doesn't answer a message of {size} bytes"));
            }
        }
        if round % batch == batch - 1 {
            times.push(begun.elapsed().as_secs_f64() * 1e6 / batch as f64 / 2.0);
            begun = Instant::now();
        }
    }
    // The first ones wake the peer up.
    Ok(Spread::of(times.split_off(batches / 10)))
}

fn send(client: &Client, far: &Far, effort: Effort, size: usize) -> Outcome<Spread> {
    let _pin = Pin::to(0);
    let message = vec![7; size];
    let run = |rounds: usize| {
        let begun = Instant::now();
        for _ in 0..rounds {
            client.copy(far.map, 0, &message)?;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e6 / rounds as f64)
    };
    let (rounds, batches) = (effort.rounds(run(200)?).div_ceil(20), effort.repeats * 20);
    undisturbed(batches, || run(rounds))
}

fn dma(client: &Client, own: &Own, far: &Far, effort: Effort, size: usize) -> Outcome<Spread> {
    let queue = client.dma_queue()?;
    let run = || {
        let begun = Instant::now();
        client.start_dma(queue, own, far, size)?;
        client.wait_dma(queue)?;
        Ok(begun.elapsed().as_secs_f64() * 1e6)
    };
    let warm: Outcome<Vec<f64>> = (0..5).map(|_| run()).collect();
    let rounds = effort.rounds(Spread::of(warm?).median).min(2_000);
    let times = undisturbed(rounds.max(effort.repeats), run);
    let mut error = sisci_sys::sci_error_t::SCI_ERR_OK;
    // SAFETY: the queue is idle, and not used again.
    unsafe { (client.functions().remove_dma_queue)(queue, 0, &mut error) };
    times
}

/// Repeats what is measured; what the kernel interrupted doesn't count, unless it always does.
fn undisturbed(count: usize, mut run: impl FnMut() -> Outcome<f64>) -> Outcome<Spread> {
    let (mut clean, mut disturbed) = (Vec::new(), Vec::new());
    while clean.len() < count && disturbed.len() < 2 * count {
        let before = interruptions();
        let time = run()?;
        if interruptions() == before {
            clean.push(time);
        } else {
            disturbed.push(time);
        }
    }
    let enough = clean.len() * 4 >= count;
    Ok(Spread::of(if enough { clean } else { disturbed }))
}

/// How often this thread lost its processor against its will.
fn interruptions() -> i64 {
    // SAFETY: plain data, for which zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: lives for the call.
    unsafe { libc::getrusage(libc::RUSAGE_THREAD, &mut usage) };
    usage.ru_nivcsw
}

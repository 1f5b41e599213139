//! One thread of a load: a connection and a chunk of its own, one request after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use beemsg::{Chunk, Connection, Error};
use clap::ValueEnum;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::pattern::Pattern;

/// Blocks in which chunks are filled and checked besides the measurement, in bytes.
const BESIDE: u64 = 1 << 20;
/// Longest time of a request that is told from longer ones, in nanoseconds: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// What is done with the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    Write,
    Read,
}

impl Work {
    pub fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
        }
    }
}

/// When a measurement ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// After a warm-up that does not count and a time that does.
    Time { warm_up: Duration, time: Duration },
    /// After so many requests of each thread, all of which count.
    Requests(u64),
}

/// What each thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    pub work: Work,
    /// Bytes of a request.
    pub block: usize,
    /// Bytes of a chunk, which is gone through again and again; a multiple of `block`.
    pub span: u64,
    /// Whether the server uses its disk.
    pub io: bool,
    /// Whether everything that is read, and in the end everything that was written, is compared.
    pub verify: bool,
    pub limit: Limit,
}

/// The time in which requests count.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from: Instant,
    /// `None`: until all have done their requests.
    pub to: Option<Instant>,
}

/// What a thread tells the one that measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Has all that it needs to begin, or has failed.
    Ready(bool),
    /// Has done its requests, or has failed.
    Done,
}

/// Holds the threads back until all are ready.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<Option<Option<Window>>>,
    changed: Condvar,
}

impl Gate {
    /// Lets all begin, or (`None`) sends all away.
    pub fn open(&self, window: Option<Window>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = Some(window);
        self.changed.notify_all();
    }

    fn wait(&self) -> Option<Window> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *state {
                Some(window) => return window,
                None => {
                    let waited = self.changed.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// What the threads of a measurement share.
#[derive(Debug)]
pub struct Shared<'a> {
    pub gate: Gate,
    pub events: Sender<Event>,
    /// Set when the measurement is to end early: a thread has failed, or the user wants it.
    pub stop: &'a AtomicBool,
}

/// What a thread has done in the window.
#[derive(Debug)]
pub struct Outcome {
    pub connection: Connection,
    /// Times of requests, in nanoseconds.
    pub times: Histogram<u64>,
    pub requests: u64,
    /// End of the last one.
    pub last: Option<Instant>,
}

/// A thread's chunk.
#[derive(Debug)]
pub struct File {
    pub chunk: Chunk,
    pub pattern: Pattern,
    /// Bytes from the beginning that have the pattern already.
    pub filled: u64,
}

/// Prepares, waits for the others, works, checks.
///
/// # Errors
/// What the connection or the server says, or a byte that is wrong.
pub fn run(
    mut connection: Connection,
    file: &mut File,
    job: Job,
    shared: &Shared<'_>,
) -> anyhow::Result<Outcome> {
    let mut memory = Memory::new(job);
    let prepared = prepare(&mut connection, file, job);
    let told = shared.events.send(Event::Ready(prepared.is_ok()));
    prepared?;
    told.context("the measurement has ended")?;
    let Some(window) = shared.gate.wait() else {
        bail!(CALLED_OFF);
    };
    let worked = work(&mut connection, file, job, window, shared.stop, &mut memory);
    if worked.is_err() {
        shared.stop.store(true, Ordering::Relaxed);
    }
    let _ = shared.events.send(Event::Done);
    let (times, requests, last) = worked?;
    if job.verify && job.work == Work::Write {
        check(&mut connection, file)?;
    }
    Ok(Outcome {
        connection,
        times,
        requests,
        last,
    })
}

/// The error of a thread that was ready when another one was not.
pub const CALLED_OFF: &str = "called off";

/// Buffers of a thread.
struct Memory {
    data: Vec<u8>,
    expected: Vec<u8>,
}

impl Memory {
    fn new(job: Job) -> Self {
        Self {
            data: vec![0; job.block],
            expected: vec![0; if job.verify { job.block } else { 0 }],
        }
    }
}

/// Reads need something to read: the pattern, or without I/O a chunk that exists.
fn prepare(connection: &mut Connection, file: &mut File, job: Job) -> Result<(), Error> {
    if !job.io {
        return file.chunk.write(connection, 0, &[0]);
    }
    if job.work == Work::Write {
        return Ok(());
    }
    let mut block = vec![0; BESIDE.min(job.span) as usize];
    while file.filled < job.span {
        let count = (job.span - file.filled).min(BESIDE) as usize;
        file.pattern.fill(file.filled, &mut block[..count]);
        file.chunk.write(connection, file.filled, &block[..count])?;
        file.filled += count as u64;
    }
    Ok(())
}

/// Sends requests until the window closes.
fn work(
    connection: &mut Connection,
    file: &mut File,
    job: Job,
    window: Window,
    stop: &AtomicBool,
    memory: &mut Memory,
) -> anyhow::Result<(Histogram<u64>, u64, Option<Instant>)> {
    let mut times = Histogram::new_with_bounds(1, LONGEST, 3).context("histogram")?;
    let requests = match job.limit {
        Limit::Requests(count) => count,
        Limit::Time { .. } => u64::MAX,
    };
    let (mut offset, mut counted, mut last) = (0, 0, None);
    if job.work == Work::Write && !job.verify {
        // Memory that was never written is one page of zeros again and again, which is always cached.
        file.pattern.fill(0, &mut memory.data);
    }
    for _ in 0..requests {
        let begin = Instant::now();
        // Each thread counts once at least: what is slower than the window has a rate, too.
        let over = |now| window.to.is_some_and(|to| now > to) && counted > 0;
        if stop.load(Ordering::Relaxed) || over(begin) {
            break;
        }
        request(connection, file, job, offset, memory)?;
        let end = Instant::now();
        if end >= window.from && !over(end) {
            times.saturating_record((end - begin).as_nanos() as u64);
            counted += 1;
            last = Some(end);
        }
        offset += job.block as u64;
        if offset == job.span {
            offset = 0;
        }
    }
    Ok((times, counted, last))
}

fn request(
    connection: &mut Connection,
    file: &mut File,
    job: Job,
    offset: u64,
    memory: &mut Memory,
) -> Result<(), Error> {
    let data = &mut memory.data[..];
    match job.work {
        Work::Write => {
            if job.verify {
                file.pattern.fill(offset, data);
            }
            file.chunk.write(connection, offset, data)?;
            let end = offset + data.len() as u64;
            if !job.io || !job.verify {
                // Whatever was there is overwritten by bytes without a pattern.
                file.filled = file.filled.min(offset);
            } else if offset <= file.filled {
                file.filled = file.filled.max(end);
            }
            Ok(())
        }
        Work::Read => {
            let done = file.chunk.read(connection, offset, data)?;
            if done < data.len() {
                return Err(Error::Short {
                    server: connection.server(),
                    what: "read",
                    offset,
                    done: done as u64,
                    wanted: data.len() as u64,
                });
            }
            if job.verify {
                compare(connection, file, offset, data, &mut memory.expected)?;
            }
            Ok(())
        }
    }
}

/// Reads everything that was written with the pattern and compares it.
fn check(connection: &mut Connection, file: &File) -> Result<(), Error> {
    let mut data = vec![0; BESIDE.min(file.filled) as usize];
    let mut expected = data.clone();
    let mut offset = 0;
    while offset < file.filled {
        let count = (file.filled - offset).min(BESIDE) as usize;
        let done = file.chunk.read(connection, offset, &mut data[..count])?;
        compare(connection, file, offset, &data[..done], &mut expected)?;
        if done < count {
            return Err(Error::Short {
                server: connection.server(),
                what: "there again",
                offset,
                done: done as u64,
                wanted: count as u64,
            });
        }
        offset += count as u64;
    }
    Ok(())
}

fn compare(
    connection: &Connection,
    file: &File,
    offset: u64,
    found: &[u8],
    expected: &mut [u8],
) -> Result<(), Error> {
    match file.pattern.difference(offset, found, expected) {
        None => Ok(()),
        Some(offset) => Err(Error::Contents {
            server: connection.server(),
            chunk: file.chunk.entry().to_owned(),
            offset,
        }),
    }
}

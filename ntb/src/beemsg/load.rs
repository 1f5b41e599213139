//! One measurement, and the command that does some of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use beemsg::Connection;
use bytesize::ByteSize;
use hdrhistogram::Histogram;

use super::cpu::Watched;
use super::figures::{self, Cpu, Figures, Times};
pub use super::files::Files;
use super::reach::{Destination, Goal, Pool, Way};
use super::worker::{self, Event, Gate, Job, Limit, Outcome, Shared, Window, Work};
use crate::bench::Usage;

/// Largest request: what the protocol and a server's patience bear.
const BLOCK_MOST: u64 = 64 << 20;
/// Most threads of a load.
pub const THREADS_MOST: u64 = 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    destination: Destination,
    /// The way to the server.
    #[arg(long, default_value = "ntb")]
    way: Way,
    /// What to do, in this order.
    #[arg(long, value_delimiter = ',', default_value = "write,read")]
    work: Vec<Work>,
    /// Bytes of a request, or several, as 4KiB,1MiB (1 to 64MiB).
    #[arg(long, value_delimiter = ',', value_name = "SIZES", default_value = "1MiB",
          value_parser = block)]
    block: Vec<usize>,
    /// Threads, or several numbers of them; each has a connection and a chunk of its own.
    #[arg(long, value_delimiter = ',', value_name = "COUNTS", default_value = "1",
          value_parser = clap::value_parser!(u64).range(1..=THREADS_MOST))]
    threads: Vec<u64>,
    /// Milliseconds of a measurement.
    #[arg(long, value_name = "MS", default_value_t = 2000,
          value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    time: u64,
    /// Bytes that each thread moves, instead of a time.
    #[arg(long, value_name = "SIZE", conflicts_with = "time")]
    amount: Option<ByteSize>,
    /// Size of a chunk, which is gone through again and again.
    #[arg(long, value_name = "SIZE", default_value = "16MiB")]
    span: ByteSize,
    /// The server leaves its disk alone: the transport and the server's own work remain.
    #[arg(long)]
    disable_io: bool,
    /// The server sends what is written to its mirror, too.
    #[arg(long, requires = "group")]
    forward: bool,
    /// Compare nothing.
    #[arg(long)]
    no_verify: bool,
    /// Leave the chunks on the target.
    #[arg(long)]
    keep: bool,
    /// Process of the server, if it runs on this machine: its processor time is told, too.
    #[arg(long, value_name = "PID")]
    daemon_pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// # Errors
/// If a setting makes no sense, or the server can't be reached, says no or goes away.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let goal = args.destination.goal()?;
    let rig = Rig::new(&goal, args.daemon_pid)?;
    let pool = args.destination.ways.pool(args.way, &goal)?;
    let mut files = Files::new(&rig, args.forward, !args.disable_io);
    let measured = measure_all(args, &rig, &pool, &mut files);
    let removed = if args.keep {
        Ok(())
    } else {
        files.remove(&pool)
    };
    let figures = measured?;
    removed.context("removing the chunks")?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        println!("{}", figures::table(&figures));
    }
    Ok(())
}

fn measure_all(
    args: &Args,
    rig: &Rig,
    pool: &Pool,
    files: &mut Files,
) -> anyhow::Result<Vec<Figures>> {
    let mut figures = Vec::new();
    for &block in &args.block {
        for &threads in &args.threads {
            for &work in &args.work {
                let job = Job {
                    work,
                    block,
                    span: span(args.span, block),
                    io: !args.disable_io,
                    verify: !args.disable_io && !args.no_verify,
                    limit: limit(args, block),
                };
                figures.push(rig.measure(pool, files, job, threads as usize)?);
            }
        }
    }
    Ok(figures)
}

fn limit(args: &Args, block: usize) -> Limit {
    match args.amount {
        Some(amount) => Limit::Requests(amount.as_u64().div_ceil(block as u64)),
        None => timed(Duration::from_millis(args.time)),
    }
}

/// A tenth of the time in addition is for warming up.
pub fn timed(time: Duration) -> Limit {
    Limit::Time {
        warm_up: time / 10,
        time,
    }
}

/// The multiple of a block next below `wanted`; at least one block.
pub fn span(wanted: ByteSize, block: usize) -> u64 {
    let block = block as u64;
    (wanted.as_u64() / block).max(1) * block
}

pub fn block(text: &str) -> Result<usize, String> {
    let bytes = text.parse::<ByteSize>()?.as_u64();
    if (1..=BLOCK_MOST).contains(&bytes) {
        return usize::try_from(bytes).map_err(|error| error.to_string());
    }
    Err(format!("{bytes} bytes: must be 1 to {BLOCK_MOST}"))
}

/// What all measurements of a run have in common.
#[derive(Debug)]
pub struct Rig {
    goal: Goal,
    daemon: Option<Watched>,
    /// Tells the chunks of this run from others.
    run: u64,
    stop: Arc<AtomicBool>,
}

impl Rig {
    /// # Errors
    /// If the named process is not there, or signals can't be caught.
    pub fn new(goal: &Goal, daemon_pid: Option<u32>) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop)).context("catching signals")?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = now.context("the clock is before 1970")?.as_nanos() as u64;
        Ok(Self {
            goal: goal.clone(),
            daemon: daemon_pid.map(Watched::new).transpose()?,
            run: nanos ^ u64::from(std::process::id()) << 40,
            stop,
        })
    }

    /// Does one measurement.
    ///
    /// # Errors
    /// What the first thread that failed says; or that the user stopped it.
    pub fn measure(
        &self,
        pool: &Pool,
        files: &mut Files,
        job: Job,
        threads: usize,
    ) -> anyhow::Result<Figures> {
        self.check_stop()?;
        let connections = pool.take(threads)?;
        files.grow(threads);
        let (events, heard) = channel();
        let shared = Shared {
            gate: Gate::default(),
            events,
            stop: &self.stop,
        };
        let (outcomes, measured) = std::thread::scope(|scope| {
            let pairs = connections.into_iter().zip(&mut files.files);
            let spawn = |(connection, file): (Connection, _)| {
                let shared = &shared;
                scope.spawn(move || worker::run(connection, file, job, shared))
            };
            let threads: Vec<_> = pairs.map(spawn).collect();
            let measured = self.watch(job, &shared.gate, threads.len(), &heard);
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread
                    .join()
                    .unwrap_or_else(|_| bail!("a thread has panicked"))
            };
            let outcomes: Vec<_> = threads.into_iter().map(join).collect();
            (outcomes, measured)
        });
        let outcomes = all(outcomes);
        let interrupted = self.check_stop();
        let outcomes = outcomes?;
        interrupted?;
        let measured = measured?.context("nothing was measured")?;
        let figures = measured.figures(pool.way, job, &outcomes);
        pool.give(outcomes.into_iter().map(|outcome| outcome.connection));
        Ok(figures)
    }

    pub(super) fn goal(&self) -> &Goal {
        &self.goal
    }

    /// Tells the chunks of this run from others.
    pub(super) fn run(&self) -> u64 {
        self.run
    }

    fn check_stop(&self) -> anyhow::Result<()> {
        ensure!(!self.stop.load(Ordering::Relaxed), "stopped");
        Ok(())
    }

    /// Opens the gate when all threads are ready, and looks at clocks until they are done; `None`
    /// if they can't begin.
    fn watch(
        &self,
        job: Job,
        gate: &Gate,
        threads: usize,
        events: &Receiver<Event>,
    ) -> anyhow::Result<Option<Measured>> {
        let ready = (0..threads).fold(true, |all, _| {
            all & (events.recv() == Ok(Event::Ready(true)))
        });
        let now = Instant::now();
        let window = match job.limit {
            _ if !ready => None,
            Limit::Time { warm_up, time } => Some(Window {
                from: now + warm_up,
                to: Some(now + warm_up + time),
            }),
            Limit::Requests(_) => Some(Window {
                from: now,
                to: None,
            }),
        };
        gate.open(window);
        let Some(window) = window else {
            return Ok(None);
        };
        let before;
        match window.to {
            Some(to) => {
                let goes_on = goes_on_until(window.from, events);
                before = self.snapshot();
                let _ = goes_on && goes_on_until(to, events);
            }
            None => {
                before = self.snapshot();
                for _ in 0..threads {
                    // Those that have failed have said so before they went.
                    let _ = events.recv();
                }
            }
        }
        Ok(Some(Measured {
            window,
            before: before?,
            after: self.snapshot()?,
        }))
    }

    fn snapshot(&self) -> anyhow::Result<Snapshot> {
        let own = Usage::now();
        let server = match self.daemon {
            Some(daemon) => {
                let read = || Ok::<_, anyhow::Error>((daemon.used()?, daemon.sleeps()?));
                Some(read().context("the server's process has gone")?)
            }
            None => None,
        };
        Ok(Snapshot { own, server })
    }
}

/// What the kernel has charged up to a moment.
struct Snapshot {
    own: Usage,
    /// Time and sleeps.
    server: Option<(Duration, u64)>,
}

struct Measured {
    window: Window,
    before: Snapshot,
    after: Snapshot,
}

impl Measured {
    fn figures(&self, way: Way, job: Job, outcomes: &[Outcome]) -> Figures {
        let mut times = Histogram::<u64>::new(3).expect("three digits are possible");
        let mut requests = 0;
        for outcome in outcomes {
            times.add(&outcome.times).expect("it grows as needed");
            requests += outcome.requests;
        }
        let last = outcomes.iter().filter_map(|outcome| outcome.last).max();
        let end = self.window.to.max(last).unwrap_or(self.window.from);
        let seconds = (end - self.window.from).as_secs_f64().max(1e-9);
        let rate = requests as f64 / seconds;
        let own = |usage: &Usage| usage.user + usage.system;
        let used = own(&self.after.own) - own(&self.before.own);
        let sleeps = self.after.own.sleeps - self.before.own.sleeps;
        let used = Duration::from_secs_f64(used.max(0.0) / 1e9);
        let server = self.before.server.zip(self.after.server);
        Figures {
            way,
            work: job.work,
            block: job.block,
            threads: outcomes.len(),
            io: job.io,
            verified: job.verify,
            seconds,
            requests,
            requests_per_s: rate,
            mib_per_s: rate * job.block as f64 / f64::from(1 << 20),
            times: Times::of(&times),
            client: Cpu::of(used, sleeps, requests, job.block),
            server: server.map(|(before, after)| {
                let used = after.0.saturating_sub(before.0);
                let sleeps = after.1.saturating_sub(before.1);
                Cpu::of(used, sleeps, requests, job.block)
            }),
        }
    }
}

/// All outcomes, or the error that was first; those that follow from it are of no interest.
fn all(outcomes: Vec<anyhow::Result<Outcome>>) -> anyhow::Result<Vec<Outcome>> {
    let mut done = Vec::with_capacity(outcomes.len());
    let mut error: Option<anyhow::Error> = None;
    for outcome in outcomes {
        match outcome {
            Ok(outcome) => done.push(outcome),
            Err(new) => {
                let weak = |error: &anyhow::Error| error.to_string() == worker::CALLED_OFF;
                if error.as_ref().is_none_or(weak) {
                    error = Some(new);
                }
            }
        }
    }
    error.map_or(Ok(done), Err)
}

/// Sleeps; false if a thread is done before, as it has failed or was told to stop.
fn goes_on_until(instant: Instant, events: &Receiver<Event>) -> bool {
    let rest = instant.saturating_duration_since(Instant::now());
    events.recv_timeout(rest).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_multiples_of_blocks() {
        assert_eq!(span(ByteSize::mib(16), 4096), 16 << 20);
        assert_eq!(span(ByteSize::b(10_000), 4096), 8192);
        assert_eq!(span(ByteSize::b(1), 4096), 4096);
    }

    #[test]
    fn blocks_have_bounds() {
        assert_eq!(block("4KiB"), Ok(4096));
        assert_eq!(block("64MiB"), Ok(64 << 20));
        for bad in ["0", "65MiB", "x"] {
            assert!(block(bad).is_err(), "{bad}");
        }
    }
}

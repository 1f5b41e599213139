//! The same load over NTB and TCP in turns, against the same server.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bytesize::ByteSize;
use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::figures::{Cpu, Figures, number, size};
use super::load::{self, Files, Rig, THREADS_MOST};
use super::reach::{Destination, Pool, Way};
use super::verdict::{self, Verdict};
use super::worker::{Job, Work};

/// Version of the document that `--json` prints.
const SCHEMA: &str = "ntb-beemsg-compare/1";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    destination: Destination,
    /// What to do.
    #[arg(long, value_delimiter = ',', default_value = "write,read")]
    work: Vec<Work>,
    /// Bytes of a request.
    #[arg(long, value_delimiter = ',', value_name = "SIZES",
          default_value = "4KiB,16KiB,64KiB,256KiB,1MiB,4MiB", value_parser = load::block)]
    block: Vec<usize>,
    /// Threads; each has a connection and a chunk of its own.
    #[arg(long, value_delimiter = ',', value_name = "COUNTS", default_value = "1,2,4,8,16,32",
          value_parser = clap::value_parser!(u64).range(1..=THREADS_MOST))]
    threads: Vec<u64>,
    /// With the server's disk, without it, or both.
    #[arg(long, default_value = "both")]
    disk: Disk,
    /// The server sends what is written to its mirror, too.
    #[arg(long, requires = "group")]
    forward: bool,
    /// Milliseconds of a measurement.
    #[arg(long, value_name = "MS", default_value_t = 250,
          value_parser = clap::value_parser!(u64).range(1..=600_000))]
    time: u64,
    /// Rounds; each measures every case over both ways, one right after the other.
    #[arg(long, value_name = "COUNT", default_value_t = 5,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Seconds after which no further round is begun; at least one is done.
    #[arg(long, value_name = "SECS", default_value_t = 3600)]
    limit: u64,
    /// Size of a chunk, which is gone through again and again.
    #[arg(long, value_name = "SIZE", default_value = "4MiB")]
    span: ByteSize,
    /// Process of the server, if it runs on this machine: its processor time counts, too.
    #[arg(long, value_name = "PID")]
    daemon_pid: Option<u32>,
    /// Print the document instead of tables.
    #[arg(long)]
    json: bool,
}

/// Whether the server uses its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Disk {
    Yes,
    No,
    Both,
}

/// What is measured over both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Case {
    pub work: Work,
    pub block: usize,
    pub threads: usize,
    pub io: bool,
}

/// Medians over the rounds of one way.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Side {
    pub requests_per_s: f64,
    pub mib_per_s: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// Processor time of both processes, or of this one if the server's is not known.
    pub cpu_us_per_request: f64,
    pub cpu_s_per_gib: f64,
    /// Of both processes, as far as they are known.
    pub sleeps_per_request: f64,
}

/// A ratio NTB to TCP over the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

/// A case, measured.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Comparison {
    #[serde(flatten)]
    pub case: Case,
    pub ntb: Side,
    pub tcp: Side,
    /// Of requests per second.
    pub speed: Ratio,
    /// Of processor time per byte.
    pub cpu: Ratio,
}

/// Everything that came out.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    server: String,
    target: u16,
    family: String,
    rounds: u32,
    milliseconds: u64,
    /// Whether the server sent what was written to its mirror, too.
    forward: bool,
    /// What is set on TCP sockets of this process.
    congestion: String,
    /// Whether the server's processor time is in the figures.
    server_cpu: bool,
    cases: Vec<Comparison>,
    goals: Vec<Verdict>,
}

/// # Errors
/// As `ntb beemsg load`.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let goal = args.destination.goal()?;
    let rig = Rig::new(&goal, args.daemon_pid)?;
    let ways = &args.destination.ways;
    let pools = [ways.pool(Way::Ntb, &goal)?, ways.pool(Way::Tcp, &goal)?];
    let mut files = [true, false].map(|io| Files::new(&rig, args.forward, io));
    let measured = rounds(args, &rig, &pools, &mut files);
    let removed = files.iter().try_for_each(|files| files.remove(&pools[1]));
    let (rounds, cases) = measured?;
    removed?;
    let document = Document {
        schema: SCHEMA,
        server: goal.server.to_string(),
        target: goal.place.target,
        family: goal.family.to_string(),
        rounds,
        milliseconds: args.time,
        forward: args.forward,
        congestion: ways.congestion().unwrap_or_else(|| "system".to_owned()),
        server_cpu: args.daemon_pid.is_some(),
        goals: verdict::judge(&cases),
        cases,
    };
    let text = if args.json {
        serde_json::to_string_pretty(&document)?
    } else {
        text(&document)
    };
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

/// All rounds; how many were done, and what they gave.
fn rounds(
    args: &Args,
    rig: &Rig,
    pools: &[Pool; 2],
    files: &mut [Files; 2],
) -> anyhow::Result<(u32, Vec<Comparison>)> {
    let cases = cases(args);
    ensure!(!cases.is_empty(), "nothing to measure");
    let end = Instant::now() + Duration::from_secs(args.limit);
    let mut samples: Vec<Vec<[Figures; 2]>> = vec![Vec::new(); cases.len()];
    let mut done = 0;
    while done < args.rounds && (done == 0 || Instant::now() < end) {
        for (case, samples) in cases.iter().zip(&mut samples) {
            let job = Job {
                work: case.work,
                block: case.block,
                span: load::span(args.span, case.block),
                io: case.io,
                verify: false,
                limit: load::timed(Duration::from_millis(args.time)),
            };
            let files = &mut files[usize::from(!case.io)];
            let mut measure = |pool| rig.measure(pool, files, job, case.threads);
            let [ntb, tcp] = pools;
            // Who is first takes turns: what the first leaves behind, the second finds.
            samples.push(if done % 2 == 0 {
                [measure(ntb)?, measure(tcp)?]
            } else {
                let tcp = measure(tcp)?;
                [measure(ntb)?, tcp]
            });
        }
        done += 1;
    }
    let compared = cases.into_iter().zip(&samples);
    let compared = compared.map(|(case, samples)| Comparison::of(case, samples));
    Ok((done, compared.collect()))
}

fn cases(args: &Args) -> Vec<Case> {
    let disks: &[bool] = match args.disk {
        Disk::Yes => &[true],
        Disk::No => &[false],
        Disk::Both => &[true, false],
    };
    let mut cases = Vec::new();
    for &io in disks {
        for &work in &args.work {
            for &block in &args.block {
                cases.extend(args.threads.iter().map(|&threads| Case {
                    work,
                    block,
                    threads: threads as usize,
                    io,
                }));
            }
        }
    }
    cases
}

impl Comparison {
    /// From the figures of the rounds, NTB's first.
    fn of(case: Case, samples: &[[Figures; 2]]) -> Self {
        let side = |index: usize| {
            let of = |value: fn(&Figures) -> f64| {
                median(samples.iter().map(|pair| value(&pair[index])).collect())
            };
            Side {
                requests_per_s: of(|figures| figures.requests_per_s),
                mib_per_s: of(|figures| figures.mib_per_s),
                p50_us: of(|figures| figures.times.p50),
                p99_us: of(|figures| figures.times.p99),
                cpu_us_per_request: of(|figures| both(figures, |cpu| cpu.us_per_request)),
                cpu_s_per_gib: of(|figures| both(figures, |cpu| cpu.s_per_gib)),
                sleeps_per_request: of(|figures| both(figures, |cpu| cpu.sleeps_per_request)),
            }
        };
        let ratio = |value: fn(&Figures) -> f64| {
            let of = |[ntb, tcp]: &[Figures; 2]| value(ntb) / value(tcp);
            Ratio::of(samples.iter().map(of).collect())
        };
        Self {
            case,
            ntb: side(0),
            tcp: side(1),
            speed: ratio(|figures| figures.requests_per_s),
            cpu: ratio(|figures| both(figures, |cpu| cpu.s_per_gib)),
        }
    }
}

/// The sum over both processes.
fn both(figures: &Figures, value: fn(&Cpu) -> f64) -> f64 {
    value(&figures.client) + figures.server.as_ref().map_or(0.0, value)
}

impl Ratio {
    /// # Panics
    /// If there are no values.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self {
            least: values[0],
            most: values[values.len() - 1],
            median: median(values),
        }
    }
}

/// Of an even number of values the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return values[middle];
    }
    f64::midpoint(values[middle - 1], values[middle])
}

fn text(document: &Document) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "disk",
        "work",
        "block",
        "threads",
        "TCP req/s",
        "NTB req/s",
        "NTB/TCP",
        "(least-most)",
        "TCP MiB/s",
        "NTB MiB/s",
        "TCP p50 µs",
        "NTB p50",
        "TCP p99",
        "NTB p99",
        "TCP CPU s/GiB",
        "NTB CPU",
        "CPU NTB/TCP",
        "(least-most)",
    ]);
    for column in 2..18 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in &document.cases {
        let Comparison {
            case,
            ntb,
            tcp,
            speed,
            cpu,
        } = row;
        let spread = |ratio: &Ratio| format!("{:.2}-{:.2}", ratio.least, ratio.most);
        let mut cells = vec![
            if case.io { "yes" } else { "no" }.to_owned(),
            case.work.name().to_owned(),
            size(case.block),
            case.threads.to_string(),
            number(tcp.requests_per_s),
            number(ntb.requests_per_s),
            format!("{:.2}", speed.median),
            spread(speed),
        ];
        let pairs = [
            (tcp.mib_per_s, ntb.mib_per_s),
            (tcp.p50_us, ntb.p50_us),
            (tcp.p99_us, ntb.p99_us),
            (tcp.cpu_s_per_gib, ntb.cpu_s_per_gib),
        ];
        cells.extend(pairs.into_iter().flat_map(|(a, b)| [number(a), number(b)]));
        cells.extend([format!("{:.2}", cpu.median), spread(cpu)]);
        table.add_row(cells);
    }
    let Document {
        server,
        target,
        family,
        rounds,
        milliseconds,
        forward,
        congestion,
        ..
    } = document;
    let mirrored = if *forward { ", and its mirror" } else { "" };
    let whose = if document.server_cpu {
        "of both processes"
    } else {
        "of this process only (--daemon-pid adds the server's)"
    };
    format!(
        "target {target} of {server}{mirrored}, BeeGFS {family}; {rounds} rounds of {milliseconds} ms each; \
         medians\nTCP: {congestion} on what this process sends. CPU: {whose}.\n{table}\n\n{}",
        verdict::table(&document.goals)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_pairs() {
        let ratio = Ratio::of(vec![3.0, 1.0, 2.0, 4.0]);
        let expected = Ratio {
            median: 2.5,
            least: 1.0,
            most: 4.0,
        };
        assert_eq!(ratio, expected);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}

//! `ntb bench`: NTB against what a user has without it, in one run on one machine.
//!
//! | module | concept |
//! |---|---|
//! | [`plan`] | which cases are measured, and which transports take part |
//! | [`session`] | rounds of all cases on all transports |
//! | [`pair`], [`worker`], [`wire`] | two processes and what is said between them and the orchestrator |
//! | [`work`], [`data`] | what the two sides do, and what is in the messages |
//! | [`transport`], [`tools`] | our own transports; others' programs |
//! | [`sweep`], [`tune`] | which transfer class is best at which size; the table that follows |
//! | [`place`], [`hop`], [`netns`], [`sys`], [`facts`] | cores and the way between them, namespaces, system, machine |
//! | [`metrics`], [`document`], [`goals`] | results and what they mean |
//! | [`table`], [`html`], [`plot`] | outputs |

mod data;
mod document;
mod facts;
mod goals;
mod hop;
mod html;
mod metrics;
mod netns;
mod pair;
mod place;
mod plan;
mod plot;
mod session;
mod sweep;
#[allow(
    unsafe_code,
    reason = "shared memory of the bare rings, and the processor"
)]
mod sys;
mod table;
mod tools;
mod transport;
mod tune;
mod wire;
mod work;
mod worker;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail, ensure};
use bytesize::ByteSize;
use clap::ValueEnum;
use ntb_core::driver::TuningTable;

use data::Check;
use document::{Document, SCHEMA, Settings};
use facts::Machine;
use pair::Stop;
use place::Cores;
use plan::{Case, Scope, Workload};
use session::{Session, Wanted};
use wire::{Kind, Mode, Model, Placement};

pub use sys::Usage;

/// Largest message.
const SIZE_MOST: u64 = 64 << 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fewer cases and rounds: ends within a minute.
    #[arg(long, conflicts_with = "goals")]
    quick: bool,
    /// BeeGFS over NTB against BeeGFS over TCP: `ntb beemsg compare` with all that follows.
    #[arg(long, exclusive = true, value_name = "OPTIONS", num_args = 1.., allow_hyphen_values = true)]
    beegfs: Option<Vec<String>>,
    /// Exactly what the project's goals ask for, each marked met or missed.
    #[arg(long, conflicts_with_all = ["workloads", "sizes", "modes", "same_core", "unpinned", "verify"])]
    goals: bool,
    /// Every transfer class of NTB forced at every size, under each timing model of the emulated fabric:
    /// shows where one becomes better than the other, and whether NTB chooses the best.
    #[arg(long, conflicts_with_all = ["quick", "goals", "workloads", "modes", "transports"])]
    sweep: bool,
    /// Measure this fabric, and print the tuning table that suits it as TOML.
    #[arg(long, conflicts_with_all = ["quick", "goals", "sweep", "workloads", "modes", "transports", "json"])]
    tune: bool,
    /// Timing models of the emulated fabric. Default: none, and all for the sweep.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "MODEL",
        conflicts_with = "goals"
    )]
    models: Vec<Model>,
    /// File with a tuning table for NTB (docs/benchmarks.md).
    #[arg(long, value_name = "FILE")]
    tuning: Option<PathBuf>,
    /// Only these kinds of work.
    #[arg(long, value_delimiter = ',', value_name = "WORK")]
    workloads: Vec<Workload>,
    /// Only these transports.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    transports: Vec<Kind>,
    /// Only these ways to wait.
    #[arg(long, value_delimiter = ',', value_name = "MODE")]
    modes: Vec<Mode>,
    /// Only these message sizes, as 64,4KiB (1 to 64MiB).
    #[arg(long, value_delimiter = ',', value_name = "SIZES", value_parser = size)]
    sizes: Vec<usize>,
    /// Rounds; each runs everything once.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Milliseconds of one measurement (1 to 60000).
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    time: Option<u32>,
    /// Seconds after which no further round is begun.
    #[arg(long, value_name = "SECS")]
    limit: Option<u32>,
    /// Cores of the two processes, as 0,2. Default: the first, and the next that is not its
    /// hyperthread.
    #[arg(long, value_name = "A,B")]
    cores: Option<String>,
    /// Both processes on one core.
    #[arg(long)]
    same_core: bool,
    /// Let the system choose the cores.
    #[arg(long, conflicts_with = "same_core")]
    unpinned: bool,
    /// Check every byte that arrives; the figures are then those of the check, too.
    #[arg(long)]
    verify: bool,
    /// SISCI library. Default: the emulator's libsisci.so beside this program.
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
    /// Folder of the emulator's fabric. Default: a fabric of this run's own.
    #[arg(long, value_name = "DIR")]
    fabric: Option<PathBuf>,
    /// Node ids of the two processes on the fabric.
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "4,8")]
    nodes: Vec<u32>,
    /// Print the document instead of tables; docs/benchmarks.md describes it.
    #[arg(long)]
    json: bool,
    /// Also write report.html, report.json and report.txt into this folder.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// One side of a pair; used by this program itself.
    #[arg(long = "as-worker", hide = true)]
    worker: bool,
}

/// # Errors
/// If a setting makes no sense, a process of the benchmark fails or dies, or the user stops it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if args.worker {
        return worker::run();
    }
    if let Some(options) = &args.beegfs {
        return beegfs(options);
    }
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    if args.tune {
        return find_table(args);
    }
    let document = measure(args)?;
    let text = table::text(&document);
    let json = format!("{}\n", serde_json::to_string_pretty(&document)?);
    if let Some(folder) = &args.output {
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            std::fs::write(&file, text).with_context(|| file.display().to_string())
        };
        write("report.txt", &text)?;
        write("report.json", &json)?;
        write("report.html", &html::page(&document)?)?;
    }
    let shown = if args.json { json } else { text };
    std::io::stdout().lock().write_all(shown.as_bytes())?;
    Ok(())
}

/// The comparison with BeeGFS's own protocol, which has options of its own.
fn beegfs(options: &[String]) -> anyhow::Result<()> {
    use clap::Parser;

    #[derive(Debug, Parser)]
    #[command(name = "ntb bench --beegfs")]
    struct Options {
        #[command(flatten)]
        args: crate::beemsg::compare::Args,
    }

    let name = ["ntb bench --beegfs".to_owned()];
    let options = Options::parse_from(name.iter().chain(options));
    crate::beemsg::compare::run(&options.args)
}

/// Finds the tuning table; prints it, or writes tuning.toml into the folder for outputs.
fn find_table(args: &Args) -> anyhow::Result<()> {
    let model = match args.models[..] {
        [] => Model::None,
        [model] => model,
        _ => bail!("--tune: one model at a time"),
    };
    let stop = catch_signals()?;
    let folder = private_folder()?;
    let wanted = wanted(args, &Machine::look(), folder.path())?;
    let text = tune::table(&wanted, model, &stop)?;
    if let Some(folder) = &args.output {
        let file = folder.join("tuning.toml");
        std::fs::write(&file, &text).with_context(|| file.display().to_string())?;
    }
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// What a signal sets that wants the run to end.
fn catch_signals() -> anyhow::Result<Stop> {
    let stop = Stop::default();
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).context("catching signals")?;
    }
    Ok(stop)
}

/// Runs everything; the workers and whatever they have made are gone when this returns.
fn measure(args: &Args) -> anyhow::Result<Document> {
    let stop = catch_signals()?;
    let folder = private_folder()?;
    let (begin, started) = (Instant::now(), SystemTime::now());
    let mut machine = Machine::look();
    let wanted = wanted(args, &machine, folder.path())?;
    let settings = Settings {
        rounds_wanted: wanted.rounds,
        rounds_done: 0,
        milliseconds: wanted.time.as_secs_f64() * 1e3,
        cores: [wanted.cores.first, wanted.cores.second],
        library: wanted.library.display().to_string(),
        fabric: args.fabric.as_ref().map_or_else(
            || "private".to_owned(),
            |fabric| fabric.display().to_string(),
        ),
    };
    let mut session = Session::new(wanted, &stop);
    add_notes(args, &machine, &mut session);
    let (rounds_done, results) = session.run()?;
    machine.load_after = facts::load();
    let crossovers = if args.sweep {
        sweep::crossovers(&results)
    } else {
        Vec::new()
    };
    let goals = if args.goals {
        goals::judge(&results, &|kind| session.missing(kind))
    } else {
        Vec::new()
    };
    Ok(Document {
        schema: SCHEMA.to_owned(),
        started: humantime::format_rfc3339_seconds(started).to_string(),
        seconds: begin.elapsed().as_secs_f64(),
        machine,
        settings: Settings {
            rounds_done,
            ..settings
        },
        figures: results.figures(),
        crossovers,
        goals,
        transports: std::mem::take(&mut session.participants),
        notes: std::mem::take(&mut session.notes).into_iter().collect(),
    })
}

fn wanted(args: &Args, machine: &Machine, folder: &Path) -> anyhow::Result<Wanted> {
    let scope = match () {
        () if args.quick => Scope::Quick,
        () if args.goals => Scope::Goals,
        () if args.sweep || args.tune => Scope::Sweep,
        () => Scope::Full,
    };
    let tuning = match &args.tuning {
        Some(file) => TuningTable::read(file)?.to_toml(),
        None => String::new(),
    };
    let [first_node, second_node] = args.nodes[..] else {
        bail!("--nodes: two node ids are wanted, as 4,8");
    };
    ensure!(
        first_node != second_node,
        "--nodes: the processes need node ids of their own"
    );
    let cores = match &args.cores {
        Some(text) => Cores::parse(text)?,
        None => Cores::choose()?,
    };
    let time = args.time.map(|millis| Duration::from_millis(millis.into()));
    let limit = args.limit.map(|secs| Duration::from_secs(secs.into()));
    std::fs::create_dir_all(folder.join("run"))?;
    Ok(Wanted {
        cases: cases(args, scope),
        kinds: kinds(args, scope),
        rounds: args.rounds.map_or(scope.rounds(), Into::into),
        time: time.unwrap_or(scope.time()),
        limit: limit.unwrap_or(scope.limit()),
        cores,
        library: library(args.library.as_deref())?,
        fabric: args.fabric.clone().unwrap_or_else(|| folder.join("fabric")),
        nodes: [first_node, second_node],
        folder: folder.to_owned(),
        tuning,
        system_congestion: machine.congestion_control.clone(),
        has_cubic: machine
            .congestion_available
            .iter()
            .any(|name| name == "cubic"),
    })
}

fn cases(args: &Args, scope: Scope) -> Vec<Case> {
    let mut cases = if scope == Scope::Goals {
        goals::cases()
    } else {
        let or = |named: &[usize], default: Vec<usize>| match named {
            [] => default,
            named => named.to_vec(),
        };
        let workloads = match &args.workloads[..] {
            [] => scope.workloads(),
            named => named,
        };
        let modes = match &args.modes[..] {
            [] => scope.modes(),
            named => named,
        };
        plan::cases(workloads, &or(&args.sizes, scope.sizes()), modes, scope)
    };
    let models = match &args.models[..] {
        [] if scope == Scope::Sweep => Model::value_variants(),
        [] => &[],
        named => named,
    };
    if !models.is_empty() {
        let under = |model: &Model| {
            let model = *model;
            cases
                .iter()
                .map(move |case| case.under(model))
                .collect::<Vec<_>>()
        };
        cases = models.iter().flat_map(under).collect();
    }
    for case in &mut cases {
        if args.same_core {
            case.placement = Placement::OneCore;
        }
        if args.unpinned {
            case.placement = Placement::Unpinned;
        }
        if args.verify {
            case.check = Check::All;
        }
    }
    cases.sort_unstable();
    cases.dedup();
    cases
}

fn kinds(args: &Args, scope: Scope) -> Vec<Kind> {
    let mut kinds = match (&args.transports[..], scope) {
        ([], Scope::Goals) => goals::kinds(),
        ([], scope) => scope.kinds(),
        (named, _) => named.to_vec(),
    };
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// What a reader has to know before the first figure.
fn add_notes(args: &Args, machine: &Machine, session: &mut Session) {
    let mut note = |text: String| {
        session.notes.insert(text);
    };
    let [first, second] = [&machine.congestion_control, &machine.load_before];
    if !machine
        .congestion_available
        .iter()
        .any(|name| name == "cubic")
    {
        note(format!("no cubic here: tcp and veth run with {first}"));
    }
    if second.parse().is_ok_and(|load: f64| load > 0.5) {
        note(format!("the machine was busy at the begin: load {second}"));
    }
    if machine.usable < 2 && !args.same_core {
        note("only one processor is usable: both processes shared it".to_owned());
    }
    note("ucx-stream and ucx-tag neither rewrite nor read the data they move".to_owned());
}

/// In memory if possible; the emulator's sockets need a short path.
fn private_folder() -> anyhow::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("ntb-bench-");
    let folder = builder
        .tempdir_in("/dev/shm")
        .or_else(|_| builder.tempdir());
    folder.context("making a folder for the run")
}

/// The library that was named, or the emulator that was built with this program.
fn library(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    named.map_or_else(emulator, |named| Ok(named.to_owned()))
}

/// The emulator's library beside this program.
///
/// # Errors
/// If there is none.
pub fn emulator() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program")?;
    // As cargo leaves it, as `sisci install` puts it, and as a build of BeeGFS and the packages have it.
    let places = [
        "libsisci.so",
        "deps/libsisci.so",
        "../lib/libsisci.so",
        "../lib/sisci-emu/libsisci.so",
    ];
    let folder = own.parent().unwrap_or(Path::new(""));
    let mut candidates = places.iter().map(|place| folder.join(place));
    candidates.find(|file| file.exists()).with_context(|| {
        format!(
            "no libsisci.so beside {}: name one with --library (the emulator: cargo build \
             --release -p sisci-emu)",
            own.display()
        )
    })
}

fn size(text: &str) -> Result<usize, String> {
    let bytes = text.parse::<ByteSize>()?.as_u64();
    if (1..=SIZE_MOST).contains(&bytes) {
        return usize::try_from(bytes).map_err(|error| error.to_string());
    }
    Err(format!("{bytes} bytes: must be 1 to {SIZE_MOST}"))
}

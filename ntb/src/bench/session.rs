//! A run: rounds of all cases on all transports, so that drift of the machine hits all alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};

use super::document::{Metrics, Participant, Results};
use super::hop::{self, Hops};
use super::pair::{Pair, Stop};
use super::place::Cores;
use super::plan::{Case, MANY_RING, Workload};
use super::wire::{Kind, Mode, Model, Placement, Role, Sample, Setup};
use super::{metrics, netns, tools};

/// Longest time of one job beyond what was aimed at: a loaded machine is slow, a hung one is not
/// waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Tries of a case in the middle of which the machine moves its cores; the last one counts anyway.
const TRIES: usize = 4;
/// Messages of the first attempt to find out how many fill the time.
const FIRST_COUNT: u64 = 10;
/// Most exchanges of one measurement: their times are kept.
const MOST_TIMED: u64 = 5_000_000;
/// Most messages of a stream.
const MOST: u64 = 10_000_000_000;
/// Connections are made this often at most in one measurement: ports and memory rest afterwards.
const MOST_CONNECTS: u64 = 300;

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub cases: Vec<Case>,
    pub kinds: Vec<Kind>,
    pub rounds: usize,
    pub time: Duration,
    pub limit: Duration,
    pub cores: Cores,
    pub library: PathBuf,
    /// The emulator's folder, and the node ids of the two sides in it.
    pub fabric: PathBuf,
    pub nodes: [u32; 2],
    /// A folder of the run's own.
    pub folder: PathBuf,
    /// Tuning table of NTB, TOML.
    pub tuning: String,
    pub system_congestion: String,
    pub has_cubic: bool,
}

/// A pair serves all cases that differ only in what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PairKey {
    model: Model,
    kind: Kind,
    mode: Mode,
    placement: Placement,
    connections: usize,
    ring_bytes: u64,
}

/// A run under way.
#[derive(Debug)]
pub struct Session {
    wanted: Wanted,
    stop: Stop,
    pairs: BTreeMap<PairKey, Pair>,
    counts: BTreeMap<(Case, Kind), u64>,
    pub participants: Vec<Participant>,
    pub notes: BTreeSet<String>,
}

impl Session {
    /// Finds out who can take part.
    pub fn new(wanted: Wanted, stop: &Stop) -> Self {
        let participants = wanted.kinds.iter().map(|kind| participant(*kind, &wanted));
        Self {
            participants: participants.collect(),
            stop: Stop::clone(stop),
            pairs: BTreeMap::new(),
            counts: BTreeMap::new(),
            notes: BTreeSet::new(),
            wanted,
        }
    }

    /// Why a transport takes no part, if so.
    pub fn missing(&self, kind: Kind) -> Option<String> {
        let participant = self.participants.iter().find(|who| who.name == kind);
        match participant {
            Some(participant) => participant.missing.clone(),
            None => Some("not asked for".to_owned()),
        }
    }

    /// Runs the rounds; how many were done, and what was measured.
    ///
    /// # Errors
    /// If a process of ours fails or dies, or the user stops the run.
    pub fn run(&mut self) -> anyhow::Result<(usize, Results)> {
        let begin = Instant::now();
        let mut results = Results::default();
        let work = self.work();
        let bar =
            progress(work.iter().map(|(_, kinds)| kinds.len()).sum::<usize>() * self.wanted.rounds);
        let mut hops = Hops::new(self.wanted.cores);
        let mut repeated = 0;
        for round in 0..self.wanted.rounds {
            let round_begin = Instant::now();
            let mut dropped = 0;
            for (case, kinds) in &work {
                if begin.elapsed() > self.wanted.limit {
                    dropped += kinds.len();
                    kinds
                        .iter()
                        .for_each(|kind| results.add(*case, *kind, None));
                    continue;
                }
                let (found, tries) = self.measure_all(*case, kinds, &mut hops, &bar)?;
                repeated += tries - 1;
                for (kind, metrics) in kinds.iter().zip(found) {
                    results.add(*case, *kind, metrics);
                }
                bar.inc(kinds.len() as u64);
            }
            if dropped > 0 {
                self.notes.insert(format!(
                    "{dropped} of {} measurements of round {} were dropped: the time was up",
                    work.iter().map(|(_, kinds)| kinds.len()).sum::<usize>(),
                    round + 1
                ));
            }
            let (spent, last) = (begin.elapsed(), round_begin.elapsed());
            let more = round + 1 < self.wanted.rounds;
            if more && spent + last > self.wanted.limit {
                self.notes.insert(format!(
                    "stopped after {} of {} rounds: the next would not end within {} s",
                    round + 1,
                    self.wanted.rounds,
                    self.wanted.limit.as_secs()
                ));
                bar.finish_and_clear();
                self.notes.extend(hops.note(repeated));
                return Ok((round + 1, results));
            }
        }
        bar.finish_and_clear();
        self.notes.extend(hops.note(repeated));
        Ok((self.wanted.rounds, results))
    }

    /// Everything that one round does, in order: case by case, so that what is compared is
    /// measured within a short time.
    fn work(&self) -> Vec<(Case, Vec<Kind>)> {
        let present = self.participants.iter().filter(|who| who.missing.is_none());
        let kinds: Vec<Kind> = present.map(|who| who.name).collect();
        let suited = |case: &Case| {
            let suited = kinds.iter().copied().filter(|kind| case.suits(*kind));
            (*case, suited.collect())
        };
        self.wanted.cases.iter().map(suited).collect()
    }

    /// One case on all transports, from the start again while the machine moves its cores in the
    /// middle; also how many tries that took. What decides is the hop, never a result.
    fn measure_all(
        &mut self,
        case: Case,
        kinds: &[Kind],
        hops: &mut Hops,
        bar: &ProgressBar,
    ) -> anyhow::Result<(Vec<Option<Metrics>>, usize)> {
        let mut tries = 0;
        loop {
            tries += 1;
            let hop = hops.look();
            let mut moved = false;
            let mut found = Vec::with_capacity(kinds.len());
            for kind in kinds {
                bar.set_message(format!("{} {}", case.workload.name(), kind.name()));
                found.push(self.measure(case, *kind)?);
                moved = kinds.len() > 1 && hop::differ(hop, hops.look());
                if moved && tries < TRIES {
                    break;
                }
            }
            if !moved || tries == TRIES {
                return Ok((found, tries));
            }
        }
    }

    fn measure(&mut self, case: Case, kind: Kind) -> anyhow::Result<Option<Metrics>> {
        if !kind.is_tool() {
            let samples = self.measure_pair(case, kind);
            return samples
                .map(|samples| Some(metrics::of(&case, &samples)))
                .with_context(|| format!("{}, {}", case.workload.name(), case.label()));
        }
        let (cores, time) = (self.wanted.cores, self.wanted.time);
        let limit = time * 20 + PATIENCE / 4;
        match tools::measure(kind, &case, cores, time, limit, &self.stop) {
            Ok(metrics) => Ok(Some(metrics)),
            Err(_) if self.stop.load(Ordering::Relaxed) => bail!("stopped by the user"),
            // Another's program that fails is no reason to end; nor to keep silent.
            Err(error) => {
                let name = kind.name();
                self.notes
                    .insert(format!("{name}, {}: {error:#}", case.label()));
                Ok(None)
            }
        }
    }

    fn measure_pair(&mut self, case: Case, kind: Kind) -> anyhow::Result<[Sample; 2]> {
        let (time, limit) = (self.wanted.time, self.wanted.time * 20 + PATIENCE);
        let key = PairKey {
            model: case.model,
            kind,
            mode: case.mode,
            placement: case.placement,
            connections: case.connections,
            ring_bytes: case.ring_bytes,
        };
        if !self.pairs.contains_key(&key) {
            let pair = self.start(key)?;
            // What the first pair said: the settings of most figures.
            let who = self.participants.iter_mut().find(|who| who.name == kind);
            if let Some(who) = who.filter(|who| who.detail.is_empty()) {
                who.detail.clone_from(&pair.detail);
            }
            self.pairs.insert(key, pair);
        }
        let pair = self.pairs.get_mut(&key).context("just inserted")?;
        let count = match self.counts.get(&(case, kind)) {
            Some(count) => *count,
            None => {
                let count = calibrate(pair, &case, time, limit)?;
                self.counts.insert((case, kind), count);
                count
            }
        };
        pair.run(case.job(count, count / 10), limit)
    }

    fn start(&self, key: PairKey) -> anyhow::Result<Pair> {
        let wanted = &self.wanted;
        let cubic = matches!(key.kind, Kind::Tcp | Kind::Veth) && wanted.has_cubic;
        let setup = |role| Setup {
            role,
            kind: key.kind,
            mode: key.mode,
            core: wanted.cores.of(key.placement, role),
            library: wanted.library.clone(),
            ring_bytes: key.ring_bytes,
            memory_limit: memory_limit(key.connections, key.ring_bytes),
            tuning: wanted.tuning.clone(),
            congestion: cubic.then(|| "cubic".to_owned()),
            folder: wanted.folder.clone(),
            address: if key.kind.is_veth() {
                netns::address(role).to_owned()
            } else {
                "127.0.0.1".to_owned()
            },
            veth: key
                .kind
                .is_veth()
                .then(|| format!("{}/24", netns::address(role))),
        };
        let [first, second] = wanted
            .nodes
            .map(|node| environment(wanted, key.model, node));
        let setups = [setup(Role::Initiator), setup(Role::Responder)];
        Pair::start(setups, [first, second], key.connections, &self.stop)
            .with_context(|| format!("starting {}", key.kind.name()))
    }
}

/// Finds out how many messages fill `time`, and warms up with it.
fn calibrate(pair: &mut Pair, case: &Case, time: Duration, limit: Duration) -> anyhow::Result<u64> {
    if case.workload == Workload::Idle {
        return Ok(1);
    }
    let most = match case.workload {
        Workload::Connect => MOST_CONNECTS,
        Workload::Rate | Workload::Bandwidth | Workload::Produced | Workload::Bidirectional => MOST,
        _ => MOST_TIMED,
    };
    let mut count = FIRST_COUNT.min(most);
    loop {
        let begin = Instant::now();
        pair.run(case.job(count, 0), limit)?;
        let spent = begin.elapsed();
        if spent * 5 >= time || count >= most {
            let fill = time.as_secs_f64() / spent.as_secs_f64().max(1e-9);
            let wanted = (count as f64 * fill) as u64;
            return Ok(wanted.clamp(FIRST_COUNT.min(most), most));
        }
        count = (count * 8).min(most);
    }
}

/// Enough for all connections' rings, and no less than the default.
fn memory_limit(connections: usize, ring_bytes: u64) -> u64 {
    let rings = connections as u64 * (ring_bytes + MANY_RING);
    (2 * rings).max(512 << 20)
}

fn environment(wanted: &Wanted, model: Model, node: u32) -> Vec<(String, String)> {
    let text = |path: &Path| path.display().to_string();
    vec![
        ("SISCI_EMU_MODEL".to_owned(), model.name().to_owned()),
        ("SISCI_EMU_DIR".to_owned(), text(&wanted.fabric)),
        ("SISCI_EMU_NODE".to_owned(), node.to_string()),
        (
            "NTB_RUNTIME_DIR".to_owned(),
            text(&wanted.folder.join("run")),
        ),
    ]
}

fn participant(kind: Kind, wanted: &Wanted) -> Participant {
    let same = matches!(kind, Kind::TcpSystem | Kind::VethSystem)
        && wanted.has_cubic
        && wanted.system_congestion == "cubic";
    let mut missing = None;
    let mut detail = String::new();
    if same {
        missing = Some("the system's congestion control is cubic: see tcp and veth".to_owned());
    } else if kind.is_veth() {
        missing = netns::missing();
    } else if kind.is_tool() {
        match tools::version(kind) {
            Ok(version) => detail = version,
            Err(error) => missing = Some(format!("{error:#}")),
        }
    }
    Participant {
        name: kind,
        missing,
        detail,
    }
}

/// On standard error, and only if that is a terminal.
fn progress(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}, {eta} left: {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

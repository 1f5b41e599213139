//! The result as one document: what `--json` prints and all other outputs are made from. Its
//! fields are described in `docs/benchmarks.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::Machine;
use super::goals::Verdict;
use super::plan::Case;
use super::sweep::Crossover;
use super::wire::Kind;

/// Version of the document; a new number whenever a field changes its meaning or goes.
pub const SCHEMA: &str = "ntb-bench/1";

/// Values of one measurement by name; the names end in the unit.
pub type Metrics = BTreeMap<String, f64>;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub schema: String,
    /// Begin of the run, UTC.
    pub started: String,
    pub seconds: f64,
    pub machine: Machine,
    pub settings: Settings,
    pub transports: Vec<Participant>,
    pub figures: Vec<Figure>,
    /// Empty unless a sweep was asked for.
    pub crossovers: Vec<Crossover>,
    /// Empty unless the goals were asked for.
    pub goals: Vec<Verdict>,
    /// What a reader has to know: what was left out, and why.
    pub notes: Vec<String>,
}

/// How the run was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub rounds_wanted: usize,
    pub rounds_done: usize,
    /// Time of one measurement that was aimed at.
    pub milliseconds: f64,
    /// Cores of the initiator and the responder.
    pub cores: [usize; 2],
    /// SISCI library of NTB.
    pub library: String,
    /// Folder of the emulator's fabric; `private` if it was the run's own.
    pub fabric: String,
}

/// A transport of the run, or one that could not take part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    pub name: Kind,
    /// `None`: takes part. Otherwise why not, as "not installed".
    pub missing: Option<String>,
    /// Versions and settings that decide.
    pub detail: String,
}

/// One transport in one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    #[serde(flatten)]
    pub case: Case,
    pub transport: Kind,
    /// By name, over all rounds.
    pub metrics: BTreeMap<String, Spread>,
    /// How many times better NTB was, round by round; above 1 is better for NTB. By the
    /// workload's main metric; absent for NTB itself.
    pub ntb_ratio: Option<Spread>,
}

/// The values of all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// In the order of the rounds; null where a round has none.
    pub rounds: Vec<Option<f64>>,
}

impl Spread {
    /// Median, least and greatest of what is there; `None` if nothing is.
    pub fn of(rounds: Vec<Option<f64>>) -> Option<Self> {
        let mut sorted: Vec<f64> = rounds.iter().copied().flatten().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let half = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[half - 1], sorted[half])
        } else {
            sorted[half]
        };
        Some(Self {
            median,
            min,
            max,
            rounds,
        })
    }
}

/// All measurements of a run, round by round.
#[derive(Debug, Clone, Default)]
pub struct Results(BTreeMap<(Case, Kind), Vec<Option<Metrics>>>);

impl Results {
    /// Adds what a transport gave in the next round of a case.
    pub fn add(&mut self, case: Case, kind: Kind, metrics: Option<Metrics>) {
        self.0.entry((case, kind)).or_default().push(metrics);
    }

    /// All cases, once for each transport.
    pub fn cases(&self) -> Vec<Case> {
        self.0.keys().map(|(case, _)| *case).collect()
    }

    /// The main metric of every round. A tool that tells only a mean is taken by its mean.
    pub fn headline(&self, case: &Case, kind: Kind) -> Option<Vec<Option<f64>>> {
        let (name, _) = case.workload.headline();
        let value = |metrics: &Metrics| {
            let mean = || (name == "p50_us").then(|| metrics.get("mean_us"));
            metrics.get(name).or_else(|| mean().flatten()).copied()
        };
        let rounds = self.0.get(&(*case, kind))?;
        Some(
            rounds
                .iter()
                .map(|round| round.as_ref().and_then(value))
                .collect(),
        )
    }

    /// One metric of every round.
    pub fn metric(&self, case: &Case, kind: Kind, name: &str) -> Option<Vec<Option<f64>>> {
        let rounds = self.0.get(&(*case, kind))?;
        let value = |metrics: &Metrics| metrics.get(name).copied();
        Some(
            rounds
                .iter()
                .map(|round| round.as_ref().and_then(value))
                .collect(),
        )
    }

    /// How many times better `ours` is than `theirs` in each round both have.
    pub fn ratio(&self, case: &Case, ours: Kind, theirs: Kind) -> Option<Vec<Option<f64>>> {
        let (ours, theirs) = (self.headline(case, ours)?, self.headline(case, theirs)?);
        Some(ratios(case.workload.headline().1, &ours, &theirs))
    }

    /// Everything, in the order of the cases.
    pub fn figures(&self) -> Vec<Figure> {
        let figure = |(&(case, transport), rounds): (&(Case, Kind), &Vec<Option<Metrics>>)| {
            let names = rounds.iter().flatten().flat_map(Metrics::keys);
            let metrics: BTreeMap<String, Spread> = names
                .filter_map(|name| {
                    let value = |round: &Option<Metrics>| round.as_ref()?.get(name).copied();
                    let spread = Spread::of(rounds.iter().map(value).collect())?;
                    Some((name.clone(), spread))
                })
                .collect();
            let ratio = (transport != Kind::Ntb)
                .then(|| self.ratio(&case, Kind::Ntb, transport))
                .flatten();
            Figure {
                case,
                transport,
                metrics,
                ntb_ratio: ratio.and_then(Spread::of),
            }
        };
        self.0.iter().map(figure).collect()
    }
}

/// Round by round, above 1 if ours is better.
pub fn ratios(
    less_is_better: bool,
    ours: &[Option<f64>],
    theirs: &[Option<f64>],
) -> Vec<Option<f64>> {
    let ratio = |(ours, theirs): (&Option<f64>, &Option<f64>)| {
        let (ours, theirs) = ((*ours)?, (*theirs)?);
        let (over, under) = if less_is_better {
            (theirs, ours)
        } else {
            (ours, theirs)
        };
        (under > 0.0).then_some(over / under)
    };
    ours.iter().zip(theirs).map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::Workload;
    use crate::bench::wire::Mode;

    fn metrics(name: &str, value: f64) -> Option<Metrics> {
        Some(Metrics::from([(name.to_owned(), value)]))
    }

    #[test]
    fn spreads_leave_out_what_is_missing() {
        let spread = Spread::of(vec![Some(3.0), None, Some(1.0)]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (2.0, 1.0, 3.0));
        assert_eq!(Spread::of(vec![None]), None);
        assert_eq!(Spread::of(vec![]), None);
    }

    #[test]
    fn ratios_are_taken_round_by_round_and_above_1_is_better() {
        let mut results = Results::default();
        let latency = Case::simple(Workload::Latency, 64, Mode::Spinning);
        for (ours, theirs) in [(1.0, 10.0), (2.0, 40.0), (4.0, 20.0)] {
            results.add(latency, Kind::Ntb, metrics("p50_us", ours));
            results.add(latency, Kind::Tcp, metrics("p50_us", theirs));
        }
        results.add(latency, Kind::Ntb, None);
        results.add(latency, Kind::Tcp, metrics("p50_us", 1.0));
        let ratio = results.ratio(&latency, Kind::Ntb, Kind::Tcp).unwrap();
        assert_eq!(ratio, [Some(10.0), Some(20.0), Some(5.0), None]);
        let rate = Case::simple(Workload::Rate, 64, Mode::Spinning);
        results.add(rate, Kind::Ntb, metrics("messages_per_s", 6.0));
        results.add(rate, Kind::Unix, metrics("messages_per_s", 3.0));
        let ratio = results.ratio(&rate, Kind::Ntb, Kind::Unix).unwrap();
        assert_eq!(ratio, [Some(2.0)]);
        assert_eq!(results.ratio(&rate, Kind::Ntb, Kind::Ring), None);
    }

    #[test]
    fn a_mean_stands_in_where_a_tool_tells_no_median() {
        let mut results = Results::default();
        let latency = Case::simple(Workload::Latency, 64, Mode::Spinning);
        results.add(latency, Kind::FabricShm, metrics("mean_us", 0.3));
        let headline = results.headline(&latency, Kind::FabricShm).unwrap();
        assert_eq!(headline, [Some(0.3)]);
    }
}

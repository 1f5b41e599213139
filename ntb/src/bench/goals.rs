//! The goals of the transport, each judged by the medians of paired rounds.

mod list;

use serde::{Deserialize, Serialize};

use super::document::{Results, Spread, ratios};
use super::plan::{Case, Workload};
use super::wire::Kind;
use list::goals;

/// The bare rings; the best of each round is the limit of this machine.
const RINGS: [Kind; 3] = [Kind::Ring, Kind::RingPrefetch, Kind::LineRing];

/// What is compared with what.
#[derive(Debug, Clone)]
enum Measure {
    /// Times better than this peer.
    Than(Kind),
    /// Times better than the best bare ring.
    ThanRing,
    /// The main metric itself: at most, or at least where more is better.
    Itself,
    /// Another metric, at most.
    Metric(&'static str),
    /// Latency in the other case over latency in this one.
    Alone(Case),
}

/// One requirement.
#[derive(Debug, Clone)]
pub struct Goal {
    work: String,
    case: Option<Case>,
    measure: Measure,
    goal: f64,
    /// What a bare ring reached on the machine where the goals were set; under a model what its table has.
    limit: Option<f64>,
}

/// How one goal came out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub work: String,
    /// What the number is, as "× TCP".
    pub against: String,
    pub goal: f64,
    /// What a bare ring reached where the goals were set; under a model what its table has.
    pub limit: Option<f64>,
    /// What NTB reached.
    pub reached: Option<Spread>,
    /// What the bare ring reached in this run.
    pub ring: Option<Spread>,
    /// By the median; `None` if it was not measured.
    pub met: Option<bool>,
    /// Why it was not measured.
    pub reason: Option<String>,
}

/// The cases that have to be measured for them.
pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = goals()
        .into_iter()
        .flat_map(|goal| {
            let alone = match goal.measure {
                Measure::Alone(case) => Some(case),
                _ => None,
            };
            goal.case.into_iter().chain(alone)
        })
        .collect();
    cases.sort_unstable();
    cases.dedup();
    cases
}

/// The transports that have to take part.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = vec![Kind::Ntb];
    kinds.extend(RINGS);
    kinds.extend(goals().iter().filter_map(|goal| match goal.measure {
        Measure::Than(kind) => Some(kind),
        _ => None,
    }));
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Judges all goals.
pub fn judge(results: &Results, missing: &dyn Fn(Kind) -> Option<String>) -> Vec<Verdict> {
    goals()
        .iter()
        .map(|goal| goal.judge(results, missing))
        .collect()
}

impl Goal {
    fn judge(&self, results: &Results, missing: &dyn Fn(Kind) -> Option<String>) -> Verdict {
        let reached = self.reached(results, Kind::Ntb).and_then(Spread::of);
        let at_most = self.at_most();
        let met = reached.as_ref().map(|reached| {
            if at_most {
                reached.median <= self.goal
            } else {
                reached.median >= self.goal
            }
        });
        let reason = met.is_none().then(|| match &self.measure {
            Measure::Than(kind) => {
                let reason = missing(*kind).unwrap_or_else(|| "no measurement".to_owned());
                format!("{}: {reason}", kind.name())
            }
            _ => "no measurement".to_owned(),
        });
        Verdict {
            work: self.work.clone(),
            against: self.against(),
            goal: self.goal,
            limit: self.limit,
            reached,
            ring: self.best_ring(results).and_then(Spread::of),
            met,
            reason,
        }
    }

    /// The number of every round, if `kind` were us.
    fn reached(&self, results: &Results, kind: Kind) -> Option<Vec<Option<f64>>> {
        let case = self.case.as_ref()?;
        match &self.measure {
            Measure::Than(peer) => results.ratio(case, kind, *peer),
            Measure::ThanRing => {
                let less = case.workload.headline().1;
                let of = |ring| results.headline(case, ring);
                let best = best(less, RINGS.into_iter().filter_map(of))?;
                Some(ratios(less, &results.headline(case, kind)?, &best))
            }
            Measure::Itself => results.headline(case, kind),
            Measure::Metric(name) => results.metric(case, kind, name),
            Measure::Alone(alone) => {
                let alone = results.headline(alone, kind)?;
                Some(ratios(true, &results.headline(case, kind)?, &alone))
            }
        }
    }

    /// What the best of the bare rings reached in each round.
    fn best_ring(&self, results: &Results) -> Option<Vec<Option<f64>>> {
        if matches!(self.measure, Measure::ThanRing) {
            return None;
        }
        let of = |ring| self.reached(results, ring);
        best(self.at_most(), RINGS.into_iter().filter_map(of))
    }

    fn at_most(&self) -> bool {
        match (&self.measure, &self.case) {
            (Measure::Metric(_), _) => true,
            (Measure::Itself, Some(case)) => case.workload.headline().1,
            _ => false,
        }
    }

    fn against(&self) -> String {
        match (&self.measure, &self.case) {
            (Measure::Than(kind), _) => format!("× {}", kind.name()),
            (Measure::ThanRing, _) => "× best bare ring".to_owned(),
            (Measure::Alone(_), _) => "of alone".to_owned(),
            (Measure::Metric(name), _) => format!("{}, at most", name.replace('_', " ")),
            (Measure::Itself, Some(case)) => match case.workload.headline() {
                (name, true) if case.workload == Workload::Idle => {
                    format!("{}, at most", name.replace('_', " "))
                }
                (_, true) => "µs, at most".to_owned(),
                ("messages_per_s", false) => "messages/s".to_owned(),
                (_, false) => "GB/s".to_owned(),
            },
            _ => String::new(),
        }
    }
}

/// The best of several, round by round.
fn best(
    less_is_better: bool,
    rows: impl Iterator<Item = Vec<Option<f64>>>,
) -> Option<Vec<Option<f64>>> {
    let better = |(one, other): (Option<f64>, Option<f64>)| match (one, other) {
        (Some(one), Some(other)) if less_is_better => Some(one.min(other)),
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    };
    rows.reduce(|one, other| one.into_iter().zip(other).map(better).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::document::Metrics;
    use crate::bench::plan::IDLE;
    use crate::bench::wire::{Mode, Model};

    fn verdict(results: &Results, work: &str, against: &str) -> Verdict {
        let missing = |kind| (kind == Kind::UcxStream).then(|| "not installed".to_owned());
        let verdicts = judge(results, &missing);
        let mut found = verdicts
            .into_iter()
            .filter(|verdict| verdict.work == work && verdict.against == against);
        found.next().expect("there is such a goal")
    }

    fn add(results: &mut Results, case: Case, kind: Kind, name: &str, value: f64) {
        results.add(case, kind, Some(Metrics::from([(name.to_owned(), value)])));
    }

    #[test]
    fn ratios_are_met_or_missed_by_the_median() {
        let mut results = Results::default();
        let case = Case::simple(Workload::Latency, 64, Mode::Spinning);
        for theirs in [1.0, 12.0, 13.0] {
            add(&mut results, case, Kind::Ntb, "p50_us", 1.0);
            add(&mut results, case, Kind::Tcp, "p50_us", theirs);
            add(&mut results, case, Kind::Unix, "p50_us", 8.0);
            add(&mut results, case, Kind::Ring, "p50_us", 0.5);
            add(&mut results, case, Kind::LineRing, "p50_us", 0.25);
        }
        let work = "64 B one-way, spinning";
        let tcp = verdict(&results, work, "× tcp");
        assert_eq!(tcp.met, Some(true));
        assert_eq!(tcp.ring.unwrap().median, 48.0, "the better of the rings");
        assert_eq!(verdict(&results, work, "× unix").met, Some(false));
        let ucx = verdict(&results, work, "× ucx-stream");
        assert_eq!(
            (ucx.met, ucx.reason.unwrap()),
            (None, "ucx-stream: not installed".into())
        );
    }

    #[test]
    fn bounds_go_in_the_right_direction() {
        let mut results = Results::default();
        let rate = Case::simple(Workload::Rate, 64, Mode::Spinning);
        add(&mut results, rate, Kind::Ntb, "messages_per_s", 21e6);
        let verdict_of = |results: &Results, work, against| verdict(results, work, against).met;
        let work = "64 B messages, one stream";
        assert_eq!(verdict_of(&results, work, "messages/s"), Some(true));
        add(&mut results, Case::think(5), Kind::Ntb, "p50_us", 0.7);
        let met = verdict_of(&results, "peer thinks 5 µs", "µs, at most");
        assert_eq!(met, Some(false));
        let [alone, beside] = [1, 1 + IDLE].map(|n| Case::connections(Workload::Beside, n));
        add(&mut results, alone, Kind::Ntb, "p50_us", 1.0);
        add(&mut results, beside, Kind::Ntb, "p50_us", 1.2);
        let met = verdict_of(&results, "one busy beside 1000 idle", "of alone");
        assert_eq!(met, Some(false), "more than 5 % slower");
    }

    #[test]
    fn under_a_model_its_table_is_the_measure() {
        let mut results = Results::default();
        let case = Case::simple(Workload::Latency, 64, Mode::Spinning).under(Model::Pxh810);
        add(&mut results, case, Kind::Ntb, "p50_us", 0.66);
        let found = verdict(&results, "64 B one-way, model pxh810", "µs, at most");
        assert_eq!((found.met, found.limit), (Some(true), Some(0.577)));
        let case = Case::simple(Workload::Bandwidth, 1 << 20, Mode::Spinning).under(Model::Mxh930);
        add(&mut results, case, Kind::Ntb, "gb_per_s", 16.7);
        let found = verdict(&results, "1 MiB stream, model mxh930", "GB/s");
        assert_eq!(found.met, Some(false), "of 17.66 GB/s");
    }

    #[test]
    fn nothing_measured_is_nothing_met() {
        let verdicts = judge(&Results::default(), &|_| None);
        assert!(verdicts.iter().all(|verdict| verdict.met.is_none()));
        assert!(verdicts.iter().all(|verdict| verdict.reason.is_some()));
    }
}

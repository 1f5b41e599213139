//! What the project wants of BeeGFS over NTB, and whether a comparison shows it.

use comfy_table::{Table, presets};
use serde::Serialize;

use super::compare::{Case, Comparison};
use super::figures::size;

/// A goal: a bound for a ratio NTB to TCP in some cases.
struct Goal {
    name: &'static str,
    bound: Bound,
    applies: fn(&Case) -> bool,
    ratio: fn(&Comparison) -> f64,
}

/// Which side of a number is good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

const GOALS: [Goal; 4] = [
    Goal {
        name: "requests/s at 4 KiB",
        bound: Bound::AtLeast(1.5),
        applies: |case| case.block == 4096,
        ratio: |measured| measured.speed.median,
    },
    Goal {
        name: "throughput at 1 MiB and more, no disk",
        bound: Bound::AtLeast(1.7),
        applies: |case| case.block >= 1 << 20 && !case.io,
        ratio: |measured| measured.speed.median,
    },
    Goal {
        name: "CPU per GiB",
        bound: Bound::AtMost(0.7),
        applies: |_| true,
        ratio: |measured| measured.cpu.median,
    },
    Goal {
        name: "requests/s nowhere less",
        bound: Bound::AtLeast(1.0),
        applies: |case| case.threads <= 32,
        ratio: |measured| measured.speed.median,
    },
];

/// What became of a goal.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    goal: &'static str,
    bound: Bound,
    /// Cases that it applies to, and those that meet it.
    cases: usize,
    met: usize,
    /// The case that is farthest from it.
    worst: Option<(Case, f64)>,
}

impl Bound {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(bound) => ratio >= bound,
            Self::AtMost(bound) => ratio <= bound,
        }
    }

    /// Larger is better.
    fn merit(self, ratio: f64) -> f64 {
        match self {
            Self::AtLeast(_) => ratio,
            Self::AtMost(_) => -ratio,
        }
    }
}

/// All goals that apply to anything that was measured.
pub fn judge(measured: &[Comparison]) -> Vec<Verdict> {
    let verdict = |goal: &Goal| {
        let applying = || measured.iter().filter(|one| (goal.applies)(&one.case));
        let ratio = |one: &Comparison| (goal.ratio)(one);
        let worst = applying().min_by(|a, b| {
            let merit = |one| goal.bound.merit(ratio(one));
            merit(a).total_cmp(&merit(b))
        });
        Verdict {
            goal: goal.name,
            bound: goal.bound,
            cases: applying().count(),
            met: applying()
                .filter(|one| goal.bound.is_met(ratio(one)))
                .count(),
            worst: worst.map(|one| (one.case, ratio(one))),
        }
    };
    let verdicts = GOALS.iter().map(verdict);
    verdicts.filter(|verdict| verdict.cases > 0).collect()
}

pub fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "goal, NTB to TCP",
        "wanted",
        "met in",
        "farthest from it",
    ]);
    for verdict in verdicts {
        let wanted = match verdict.bound {
            Bound::AtLeast(bound) => format!("at least {bound}"),
            Bound::AtMost(bound) => format!("at most {bound}"),
        };
        let worst = verdict.worst.map(|(case, ratio)| {
            let disk = if case.io { "disk" } else { "no disk" };
            let (work, block) = (case.work.name(), size(case.block));
            format!("{ratio:.2} ({work} {block} {}x, {disk})", case.threads)
        });
        table.add_row([
            verdict.goal.to_owned(),
            wanted,
            format!("{} of {} cases", verdict.met, verdict.cases),
            worst.unwrap_or_default(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beemsg::compare::{Ratio, Side};
    use crate::beemsg::worker::Work;

    fn measured(block: usize, io: bool, speed: f64, cpu: f64) -> Comparison {
        let side = Side {
            requests_per_s: 1.0,
            mib_per_s: 1.0,
            p50_us: 1.0,
            p99_us: 1.0,
            cpu_us_per_request: 1.0,
            cpu_s_per_gib: 1.0,
            sleeps_per_request: 1.0,
        };
        let ratio = |median| Ratio {
            median,
            least: median,
            most: median,
        };
        Comparison {
            case: Case {
                work: Work::Write,
                block,
                threads: 1,
                io,
            },
            ntb: side,
            tcp: side,
            speed: ratio(speed),
            cpu: ratio(cpu),
        }
    }

    #[test]
    fn goals_apply_to_their_cases() {
        let verdicts = judge(&[
            measured(4096, true, 1.6, 0.6),
            measured(4096, false, 1.4, 0.8),
            measured(1 << 20, false, 1.8, 0.5),
            measured(1 << 20, true, 0.9, 0.5),
        ]);
        let counts: Vec<_> = verdicts.iter().map(|v| (v.met, v.cases)).collect();
        assert_eq!(counts, [(1, 2), (1, 1), (3, 4), (3, 4)]);
        let worst: Vec<_> = verdicts.iter().map(|v| v.worst.unwrap().1).collect();
        assert_eq!(worst, [1.4, 1.8, 0.8, 0.9]);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let verdicts = judge(&[measured(65536, true, 1.2, 0.6)]);
        assert_eq!(verdicts.len(), 2);
        assert!(table(&verdicts).to_string().contains("1 of 1 cases"));
        assert!(judge(&[]).is_empty());
    }
}

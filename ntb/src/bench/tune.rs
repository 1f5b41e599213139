//! `ntb bench --tune`: the tuning table of this fabric, found by measuring.
//!
//! Pieces first, each setting alone and with what was found before; then the sizes at which classes
//! change, with the best pieces of each.

use std::fmt::Write;

use anyhow::Context;
use ntb_core::driver::TuningTable;

use super::document::{Results, Spread};
use super::pair::Stop;
use super::plan::{self, Case, Workload};
use super::session::{Session, Wanted};
use super::sweep;
use super::wire::{Kind, Mode, Model};

/// A setting that is this much better than the first one counts as better: less is noise.
const CLEARLY: f64 = 1.03;

/// A search for one setting.
struct Search {
    key: &'static str,
    /// The usual value first.
    values: &'static [usize],
    set: fn(&mut TuningTable, usize),
    workload: Workload,
    size: usize,
    kind: Kind,
}

const SEARCHES: [Search; 3] = [
    Search {
        key: "publish_small",
        values: &[2 << 10, 1 << 10, 4 << 10, 8 << 10],
        set: |table, value| table.publish_small = Some(value),
        workload: Workload::Latency,
        size: 4 << 10,
        kind: Kind::NtbEager,
    },
    Search {
        key: "publish_large",
        values: &[16 << 10, 8 << 10, 32 << 10, 64 << 10],
        set: |table, value| table.publish_large = Some(value),
        workload: Workload::Latency,
        size: 64 << 10,
        kind: Kind::NtbEager,
    },
    Search {
        key: "bulk_piece",
        values: &[64 << 10, 32 << 10, 128 << 10, 256 << 10],
        set: |table, value| table.bulk_piece = Some(value),
        workload: Workload::Bandwidth,
        size: 1 << 20,
        kind: Kind::NtbBulk,
    },
];

/// The table as TOML, with the figures that it comes from. `wanted` is that of a sweep.
///
/// # Errors
/// As a session's: a process fails, or the user stops the run.
pub fn table(wanted: &Wanted, model: Model, stop: &Stop) -> anyhow::Result<String> {
    let mut found = TuningTable::parse(&wanted.tuning)?;
    let mut text = String::from("# Tuning table of NTB, measured by `ntb bench --tune`");
    if model != Model::None {
        let _ = write!(text, " under the timing model {}", model.name());
    }
    text.push_str(".\n");
    for search in &SEARCHES {
        let best = search.run(wanted, model, stop, &mut found, &mut text)?;
        (search.set)(&mut found, best);
    }
    let cases = wanted.cases.iter().filter(|case| case.model == model);
    let cases: Vec<Case> = cases.copied().collect();
    let results = measure(wanted, stop, &found, &cases, &wanted.kinds)?;
    let mut from = Vec::new();
    for crossover in sweep::crossovers(&results) {
        let name = crossover.workload.name();
        let size = |size: Option<usize>| size.map_or_else(|| "never".to_owned(), plan::bytes);
        let _ = writeln!(
            text,
            "# {name}: bulk is better from: {}",
            size(crossover.bulk_from)
        );
        if crossover.workload == Workload::Latency {
            let _ = writeln!(
                text,
                "# {name}: inline is not worse to: {}",
                size(crossover.inline_to)
            );
            found.inline_max = Some(crossover.inline_to.unwrap_or(0));
        }
        from.push(crossover.bulk_from);
    }
    // It has to be better for both.
    let both = from.into_iter().collect::<Option<Vec<usize>>>();
    found.bulk_from = Some(both.and_then(|sizes| sizes.into_iter().max()));
    text.push_str(&found.to_toml());
    Ok(text)
}

impl Search {
    /// The best value; the figures go to `text`.
    fn run(
        &self,
        wanted: &Wanted,
        model: Model,
        stop: &Stop,
        found: &mut TuningTable,
        text: &mut String,
    ) -> anyhow::Result<usize> {
        let case = Case::simple(self.workload, self.size, Mode::Spinning).under(model);
        let (name, less) = self.workload.headline();
        let _ = write!(
            text,
            "# {} by {} of {}, {name}:",
            self.key,
            self.workload.name(),
            plan::bytes(self.size)
        );
        let mut best: Option<(usize, f64)> = None;
        for &value in self.values {
            let mut table = *found;
            (self.set)(&mut table, value);
            let results = measure(wanted, stop, &table, &[case], &[self.kind])?;
            let rounds = results.headline(&case, self.kind);
            let figure = rounds.and_then(Spread::of).context("no figure")?.median;
            let _ = write!(
                text,
                " {} {}",
                plan::bytes(value),
                super::table::short(figure)
            );
            // Above 1 is better.
            let ratio = |before: f64| {
                if less {
                    before / figure
                } else {
                    figure / before
                }
            };
            if best.is_none_or(|(_, before)| ratio(before) >= CLEARLY) {
                best = Some((value, figure));
            }
        }
        text.push('\n');
        best.map(|(value, _)| value).context("no value")
    }
}

fn measure(
    wanted: &Wanted,
    stop: &Stop,
    table: &TuningTable,
    cases: &[Case],
    kinds: &[Kind],
) -> anyhow::Result<Results> {
    let wanted = Wanted {
        cases: cases.to_vec(),
        kinds: kinds.to_vec(),
        tuning: table.to_toml(),
        ..wanted.clone()
    };
    Ok(Session::new(wanted, stop).run()?.1)
}

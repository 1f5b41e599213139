//! The sweep: which transfer class of NTB is the best at which size, and whether NTB chooses it.

use serde::{Deserialize, Serialize};

use super::document::{Results, Spread};
use super::plan::{Case, Workload};
use super::wire::{Kind, Model};

/// Sizes of messages: every power of two where classes change, and the ends of a line.
pub const SIZES: [usize; 17] = [
    8,
    56,
    64,
    104,
    128,
    512,
    2 << 10,
    4 << 10,
    8 << 10,
    16 << 10,
    32 << 10,
    64 << 10,
    128 << 10,
    256 << 10,
    512 << 10,
    1 << 20,
    4 << 20,
];

/// One class must be this much better than the other to count: less is noise.
const CLEARLY: f64 = 1.03;

/// What a sweep found for one workload under one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Crossover {
    pub model: Model,
    pub workload: Workload,
    /// Largest message that is not slower inline than eager; null: none, or not measured.
    pub inline_to: Option<usize>,
    /// Size from which on bulk is better than eager; null: never.
    pub bulk_from: Option<usize>,
    /// What NTB reaches of the best class with its own choice, at the size where that is least.
    pub chosen_least: f64,
    pub chosen_least_at: usize,
}

/// The findings, by model and workload.
pub fn crossovers(results: &Results) -> Vec<Crossover> {
    let mut groups: Vec<(Model, Workload)> = Vec::new();
    let mut cases = results.cases();
    cases.sort_unstable_by_key(|case| (case.model, case.workload, case.size));
    cases.dedup();
    groups.extend(cases.iter().map(|case| (case.model, case.workload)));
    groups.dedup();
    let of = |group: &(Model, Workload)| {
        let cases = cases
            .iter()
            .filter(|case| (case.model, case.workload) == *group);
        crossover(results, &cases.copied().collect::<Vec<_>>())
    };
    groups.iter().filter_map(of).collect()
}

/// Of the cases of one group, by growing size.
fn crossover(results: &Results, cases: &[Case]) -> Option<Crossover> {
    let better = |case: &Case, ours: Kind, theirs: Kind| {
        Some(Spread::of(results.ratio(case, ours, theirs)?)?.median)
    };
    let inline = |case: &&Case| {
        better(case, Kind::NtbInline, Kind::NtbEager).is_some_and(|ratio| ratio * CLEARLY >= 1.0)
    };
    let bulk = |case: &&Case| {
        better(case, Kind::NtbBulk, Kind::NtbEager).is_some_and(|ratio| ratio >= CLEARLY)
    };
    // The least of what is left of the best class's figure.
    let chosen = |case: &Case| {
        let forced = [Kind::NtbInline, Kind::NtbEager, Kind::NtbBulk];
        let ratios = forced
            .iter()
            .filter_map(|kind| better(case, Kind::Ntb, *kind));
        ratios.reduce(f64::min).map(|ratio| (ratio, case.size))
    };
    let (chosen_least, chosen_least_at) = cases
        .iter()
        .filter_map(chosen)
        .min_by(|one, other| one.0.total_cmp(&other.0))?;
    let first = cases.first()?;
    Some(Crossover {
        model: first.model,
        workload: first.workload,
        inline_to: cases.iter().take_while(inline).last().map(|case| case.size),
        bulk_from: cases
            .iter()
            .rev()
            .take_while(bulk)
            .last()
            .map(|case| case.size),
        chosen_least,
        chosen_least_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::document::Metrics;
    use crate::bench::wire::Mode;

    #[test]
    fn crossovers_lie_where_one_class_becomes_better_than_the_other() {
        let mut results = Results::default();
        let times = [
            // size, inline, eager, bulk, as chosen
            (64, Some(1.0), 1.2, None, 1.0),
            (112, Some(2.0), 1.2, None, 1.2),
            (64 << 10, None, 10.0, Some(15.0), 10.0),
            (128 << 10, None, 20.0, Some(18.0), 20.0),
            (256 << 10, None, 40.0, Some(30.0), 30.0),
        ];
        for (size, inline, eager, bulk, chosen) in times {
            let case = Case::simple(Workload::Latency, size, Mode::Spinning).under(Model::Pxh810);
            let mut add = |kind, time: f64| {
                results.add(
                    case,
                    kind,
                    Some(Metrics::from([("p50_us".to_owned(), time)])),
                );
            };
            add(Kind::Ntb, chosen);
            add(Kind::NtbEager, eager);
            inline
                .into_iter()
                .for_each(|time| add(Kind::NtbInline, time));
            bulk.into_iter().for_each(|time| add(Kind::NtbBulk, time));
        }
        let found = crossovers(&results);
        let wanted = Crossover {
            model: Model::Pxh810,
            workload: Workload::Latency,
            inline_to: Some(64),
            bulk_from: Some(128 << 10),
            chosen_least: 0.9,
            chosen_least_at: 128 << 10,
        };
        assert_eq!(found, [wanted]);
        assert_eq!(crossovers(&Results::default()), []);
    }
}

//! The result on a terminal.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, Table, TableStyle, presets};

use super::document::{Document, Figure, Spread};
use super::goals::Verdict;
use super::plan::{self, Case, Workload};
use super::sweep::Crossover;
use super::wire::{Kind, Mode, Model, Placement};

/// What the tables of one workload under the same circumstances have in common.
pub type Group = (Model, Workload, Mode, Placement);

/// The whole document as text.
pub fn text(document: &Document) -> String {
    let mut text = String::new();
    for (group, figures) in groups(document) {
        let _ = writeln!(text, "{}\n{}\n", title(group), table(&figures));
    }
    if !document.crossovers.is_empty() {
        let _ = writeln!(text, "classes\n{}\n", crossovers(&document.crossovers));
    }
    let main = ["p50_us", "p90_us", "p99_us", "p999_us"];
    if let Some(table) = details(document, &main, |figure| {
        figure.case.workload == Workload::Latency
    }) {
        let _ = writeln!(text, "latency percentiles, µs\n{table}\n");
    }
    let cost = [
        "cpu_ns_per_message",
        "cpu_ns_per_byte",
        "sleeps_per_message",
    ];
    if let Some(table) = details(document, &cost, |_| true) {
        let _ = writeln!(
            text,
            "cost, CPU of both processes with all their threads\n{table}\n"
        );
    }
    if !document.goals.is_empty() {
        let _ = writeln!(text, "goals\n{}\n", goals(&document.goals));
    }
    text.push_str(&participants(document));
    let settings = &document.settings;
    let [first, second] = settings.cores;
    let _ = writeln!(
        text,
        "\n{} of {} rounds of {} ms a measurement in {:.0} s; cores {first} and {second}; \
         median (least to greatest round); ratios are medians of the rounds' ratios, above 1 is \
         better for NTB",
        settings.rounds_done, settings.rounds_wanted, settings.milliseconds, document.seconds
    );
    for (name, value) in document.machine.lines() {
        let _ = writeln!(text, "{name}: {value}");
    }
    for note in &document.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

/// Figures by workload and circumstances, in order.
pub fn groups(document: &Document) -> BTreeMap<Group, Vec<&Figure>> {
    let mut groups: BTreeMap<Group, Vec<&Figure>> = BTreeMap::new();
    for figure in &document.figures {
        let case = &figure.case;
        let group = (case.model, case.workload, case.mode, case.placement);
        groups.entry(group).or_default().push(figure);
    }
    groups
}

/// The heading of a group.
pub fn title((model, workload, mode, placement): Group) -> String {
    let model = match model {
        Model::None => String::new(),
        model => format!(", model {}", model.name()),
    };
    let mode = match mode {
        Mode::Spinning => "spinning receivers",
        Mode::Blocking => "blocking receivers",
        Mode::NoSpin => "no spinning at all",
    };
    let place = match placement {
        Placement::TwoCores => "two cores",
        Placement::OneCore => "one core",
        Placement::Unpinned => "unpinned",
    };
    format!("{}: {mode}, {place}{model}", workload.title())
}

/// The main metric and its unit as the headings have it.
pub fn headline(figure: &Figure) -> Option<Spread> {
    let (name, _) = figure.case.workload.headline();
    let mean = || (name == "p50_us").then(|| figure.metrics.get("mean_us"));
    let spread = figure.metrics.get(name).or_else(|| mean().flatten())?;
    let scale = if name == "messages_per_s" { 1e-6 } else { 1.0 };
    Some(Spread {
        median: spread.median * scale,
        min: spread.min * scale,
        max: spread.max * scale,
        rounds: Vec::new(),
    })
}

/// The transports of some figures, in order.
pub fn kinds(figures: &[&Figure]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = figures.iter().map(|figure| figure.transport).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The cases of some figures, in order.
pub fn cases(figures: &[&Figure]) -> Vec<Case> {
    let mut cases: Vec<Case> = figures.iter().map(|figure| figure.case).collect();
    cases.sort_unstable();
    cases.dedup();
    cases
}

/// The figure of a transport in a case.
pub fn find<'a>(figures: &[&'a Figure], case: &Case, kind: Kind) -> Option<&'a Figure> {
    let mut found = figures.iter();
    found
        .find(|figure| figure.case == *case && figure.transport == kind)
        .copied()
}

fn table(figures: &[&Figure]) -> Table {
    let kinds = kinds(figures);
    let mut table = new_table(presets::UTF8_HORIZONTAL_ONLY);
    let names = kinds.iter().map(|kind| kind.name());
    table.set_header(std::iter::once(String::new()).chain(names));
    for case in cases(figures) {
        let cell = |kind: &Kind| {
            let Some(figure) = find(figures, &case, *kind) else {
                return String::from("-");
            };
            value(figure)
        };
        let row = std::iter::once(case.label()).chain(kinds.iter().map(cell));
        table.add_row(row);
    }
    right(&mut table);
    table
}

/// Value, spread and ratio of one transport in one case.
pub fn value(figure: &Figure) -> String {
    let Some(spread) = headline(figure) else {
        return "no value".to_owned();
    };
    let mut text = short_spread(&spread);
    if let Some(ratio) = &figure.ntb_ratio {
        let _ = write!(text, "\n×{}", short(ratio.median));
    }
    text
}

fn details(document: &Document, names: &[&str], wanted: impl Fn(&Figure) -> bool) -> Option<Table> {
    let mut table = new_table(presets::NOTHING);
    let heads = ["work", "", "mode", "transport"].map(str::to_owned);
    let names_in_words = names.iter().map(|name| name.replace('_', " "));
    table.set_header(heads.into_iter().chain(names_in_words));
    let has_all = |figure: &&Figure| names.iter().any(|name| figure.metrics.contains_key(*name));
    for figure in document
        .figures
        .iter()
        .filter(|figure| wanted(figure))
        .filter(has_all)
    {
        let case = &figure.case;
        let mode = match case.placement {
            Placement::TwoCores => mode_name(case.mode).to_owned(),
            Placement::OneCore => format!("{}, one core", mode_name(case.mode)),
            Placement::Unpinned => format!("{}, unpinned", mode_name(case.mode)),
        };
        let heads = [
            case.workload.name(),
            case.label(),
            mode,
            figure.transport.name(),
        ];
        let values = names.iter().map(|name| {
            let spread = figure.metrics.get(*name);
            spread.map_or_else(|| "-".to_owned(), |spread| short(spread.median))
        });
        table.add_row(heads.into_iter().chain(values));
    }
    right(&mut table);
    (!table.is_empty()).then_some(table)
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Spinning => "spinning",
        Mode::Blocking => "blocking",
        Mode::NoSpin => "no spin",
    }
}

fn goals(verdicts: &[Verdict]) -> Table {
    let mut table = new_table(presets::NOTHING);
    table.set_header(["work", "", "goal", "limit", "reached", "bare ring here", ""]);
    for verdict in verdicts {
        let limit = verdict.limit.map_or_else(String::new, short);
        let spread =
            |spread: &Option<Spread>| spread.as_ref().map_or_else(String::new, short_spread);
        let judgement = match verdict.met {
            Some(true) => Cell::new("met"),
            Some(false) => Cell::new("MISSED"),
            None => Cell::new(verdict.reason.as_deref().unwrap_or("not measured")),
        };
        table.add_row([
            Cell::new(&verdict.work),
            Cell::new(&verdict.against),
            Cell::new(short(verdict.goal)).set_alignment(CellAlignment::Right),
            Cell::new(limit).set_alignment(CellAlignment::Right),
            Cell::new(spread(&verdict.reached)).set_alignment(CellAlignment::Right),
            Cell::new(spread(&verdict.ring)).set_alignment(CellAlignment::Right),
            judgement,
        ]);
    }
    table
}

fn crossovers(crossovers: &[Crossover]) -> Table {
    let mut table = new_table(presets::NOTHING);
    table.set_header([
        "model",
        "work",
        "inline best to",
        "bulk best from",
        "chosen against best",
        "at",
    ]);
    for crossover in crossovers {
        let size = |size: Option<usize>| size.map_or_else(|| "never".to_owned(), plan::bytes);
        table.add_row([
            crossover.model.name().to_owned(),
            crossover.workload.name(),
            size(crossover.inline_to),
            size(crossover.bulk_from),
            format!("{} of it at least", short(crossover.chosen_least)),
            plan::bytes(crossover.chosen_least_at),
        ]);
    }
    table
}

fn participants(document: &Document) -> String {
    let mut text = String::new();
    for who in &document.transports {
        let what = who.missing.as_ref().unwrap_or(&who.detail);
        let _ = writeln!(text, "{}: {what}", who.name.name());
    }
    text
}

/// Lines between the rows only where a row has several lines.
fn new_table(style: TableStyle) -> Table {
    let mut table = Table::new();
    table.load_style(style);
    table
}

fn right(table: &mut Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// Median and range.
pub fn short_spread(spread: &Spread) -> String {
    let Spread {
        median, min, max, ..
    } = spread;
    format!("{} ({}-{})", short(*median), short(*min), short(*max))
}

/// Three significant digits, in full.
pub fn short(number: f64) -> String {
    let size = number.abs();
    if size >= 1e6 {
        format!("{} M", short(number / 1e6))
    } else if size >= 100.0 {
        format!("{number:.0}")
    } else if size >= 10.0 {
        format!("{number:.1}")
    } else if size >= 1.0 {
        format!("{number:.2}")
    } else if size >= 0.001 || size == 0.0 {
        format!("{number:.3}")
    } else {
        format!("{number:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let numbers = [0.0, 0.1234, 1.234, 12.34, 123.4, 12345.0, 20e6, 0.00012];
        let wanted = [
            "0.000", "0.123", "1.23", "12.3", "123", "12345", "20.0 M", "1.2e-4",
        ];
        assert_eq!(numbers.map(short), wanted);
    }
}

//! The result as one HTML file without scripts, style sheets or pictures from elsewhere.

use std::fmt::Write;

use super::document::{Document, Figure, Spread};
use super::table::{cases, find, groups, headline, kinds, short, short_spread, title};
use super::{plan, plot};

const STYLE: &str = "body{font:15px/1.4 sans-serif;margin:2em auto;max-width:75em;color:#222}\
table{border-collapse:collapse;margin:.6em 0}\
td,th{border:1px solid #ccc;padding:.25em .6em;text-align:right}\
td:first-child,th:first-child{text-align:left}\
.met{background:#dfd}.missed{background:#fdd}small{color:#666}";

/// The whole report.
///
/// # Errors
/// If a plot can't be drawn, which would be a defect.
pub fn page(document: &Document) -> anyhow::Result<String> {
    let mut body = String::new();
    heading(&mut body, document);
    if !document.goals.is_empty() {
        goals(&mut body, document);
    }
    if !document.crossovers.is_empty() {
        crossovers(&mut body, document);
    }
    for (group, figures) in groups(document) {
        let _ = writeln!(body, "<h2>{}</h2>", escape(&title(group)));
        if let Some(svg) = plot::over_sizes(&figures, unit(&figures))? {
            body.push_str(&svg);
        }
        figures_table(&mut body, &figures);
    }
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\
         <title>NTB benchmark</title><style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    ))
}

/// What the plot's axis says.
fn unit(figures: &[&Figure]) -> &'static str {
    match figures
        .first()
        .map(|figure| figure.case.workload.headline().0)
    {
        Some("messages_per_s") => "million/s",
        Some("gb_per_s") => "GB/s",
        Some("cpu_percent") => "%",
        _ => "µs",
    }
}

fn heading(body: &mut String, document: &Document) {
    let settings = &document.settings;
    let [first, second] = settings.cores;
    let _ = write!(
        body,
        "<h1>NTB benchmark</h1>\n<p>{}: {} of {} rounds of {} ms a measurement, in {:.0} s, on \
         cores {first} and {second}. Each cell: median (least to greatest round); then how many \
         times better NTB was, the median of the rounds' ratios.</p>\n<table>",
        escape(&document.started),
        settings.rounds_done,
        settings.rounds_wanted,
        settings.milliseconds,
        document.seconds
    );
    for (name, value) in document.machine.lines() {
        let _ = write!(
            body,
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(name),
            escape(&value)
        );
    }
    body.push_str("</table>\n<table><tr><th>transport</th><th>what it is</th></tr>");
    for who in &document.transports {
        let what = who.missing.as_ref().unwrap_or(&who.detail);
        let _ = write!(
            body,
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(&who.name.name()),
            escape(what)
        );
    }
    body.push_str("</table>\n<ul>");
    for note in &document.notes {
        let _ = write!(body, "<li>{}</li>", escape(note));
    }
    body.push_str("</ul>\n");
}

fn goals(body: &mut String, document: &Document) {
    body.push_str(
        "<h2>Goals</h2>\n<table><tr><th>work</th><th></th><th>goal</th><th>limit</th>\
         <th>reached</th><th>bare ring here</th><th></th></tr>\n",
    );
    let spread = |spread: &Option<Spread>| spread.as_ref().map_or_else(String::new, short_spread);
    for verdict in &document.goals {
        let (class, judgement) = match verdict.met {
            Some(true) => ("met", "met"),
            Some(false) => ("missed", "missed"),
            None => ("", verdict.reason.as_deref().unwrap_or("not measured")),
        };
        let _ = writeln!(
            body,
            "<tr class=\"{class}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td></tr>",
            escape(&verdict.work),
            escape(&verdict.against),
            short(verdict.goal),
            verdict.limit.map_or_else(String::new, short),
            spread(&verdict.reached),
            spread(&verdict.ring),
            escape(judgement)
        );
    }
    body.push_str("</table>\n");
}

fn crossovers(body: &mut String, document: &Document) {
    body.push_str(
        "<h2>Classes</h2>\n<table><tr><th>model</th><th>work</th><th>inline best to</th>\
         <th>bulk best from</th><th>chosen class against the best, at least</th><th>at</th></tr>\n",
    );
    let size = |size: Option<usize>| size.map_or_else(|| "never".to_owned(), plan::bytes);
    for crossover in &document.crossovers {
        let _ = writeln!(
            body,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            crossover.model.name(),
            crossover.workload.name(),
            size(crossover.inline_to),
            size(crossover.bulk_from),
            short(crossover.chosen_least),
            plan::bytes(crossover.chosen_least_at)
        );
    }
    body.push_str("</table>\n");
}

fn figures_table(body: &mut String, figures: &[&Figure]) {
    let kinds = kinds(figures);
    body.push_str("<table><tr><th></th>");
    for kind in &kinds {
        let _ = write!(body, "<th>{}</th>", escape(&kind.name()));
    }
    body.push_str("</tr>\n");
    for case in cases(figures) {
        let _ = write!(body, "<tr><td>{}</td>", escape(&case.label()));
        for kind in &kinds {
            let cell = find(figures, &case, *kind).map(cell);
            let _ = write!(body, "<td>{}</td>", cell.unwrap_or_else(|| "-".to_owned()));
        }
        body.push_str("</tr>\n");
    }
    body.push_str("</table>\n");
}

/// Value and ratio, with percentiles and cost behind the pointer.
fn cell(figure: &Figure) -> String {
    let Some(spread) = headline(figure) else {
        return "no value".to_owned();
    };
    let more: Vec<String> = figure
        .metrics
        .iter()
        .map(|(name, spread)| format!("{} {}", name.replace('_', " "), short(spread.median)))
        .collect();
    let mut text = format!(
        "<span title=\"{}\">{}</span> <small>({}-{})</small>",
        escape(&more.join(", ")),
        short(spread.median),
        short(spread.min),
        short(spread.max)
    );
    if let Some(ratio) = &figure.ntb_ratio {
        let _ = write!(text, "<br/>×{}", short(ratio.median));
    }
    text
}

/// Text that may stand in an element or an attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_taken_as_markup() {
        assert_eq!(escape("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
    }
}

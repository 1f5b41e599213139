//! The comparison as text.

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use sisci::measure::leader::Bench;

use super::{LIMIT, Report, Row, Verdict};

/// What a measurement is called.
pub fn title(bench: Bench) -> &'static str {
    match bench {
        Bench::PingPong => "PIO ping-pong, one way",
        Bench::Send => "PIO write, each of many",
        Bench::Dma => "DMA write, start to DONE",
    }
}

pub fn render(report: &Report) -> String {
    let mut text = format!(
        "model {}, hardware {}\nlibrary {}\n",
        report.model,
        report.hardware,
        report.library.display()
    );
    for bench in [Bench::PingPong, Bench::Send, Bench::Dma] {
        let rows: Vec<_> = report
            .rows
            .iter()
            .filter(|row| row.bench == bench)
            .collect();
        if !rows.is_empty() {
            text.push_str(&format!("\n{}\n{}\n", title(bench), section(&rows)));
        }
    }
    text.push_str(&format!("\n{}", summary(&report.rows)));
    text
}

fn section(rows: &[&Row]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header([
        "BYTES",
        "HARDWARE us",
        "MODEL us",
        "MACHINE us",
        "HARDWARE MB/s",
        "MODEL MB/s",
        "DEVIATION",
        "",
    ]);
    for row in rows {
        let rate = |time: f64| format!("{:.1}", row.size as f64 / time);
        table.add_row([
            row.size.to_string(),
            format!("{:.3}", row.hardware),
            format!("{:.3}", row.model.median),
            format!("{:.3}", row.floor.median),
            rate(row.hardware),
            rate(row.model.median),
            format!("{:+.1} %", row.deviation),
            remark(row),
        ]);
    }
    for column in table.column_iter_mut().take(7) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn remark(row: &Row) -> String {
    match row.verdict {
        Verdict::Within => "within".to_owned(),
        Verdict::Floor => format!(
            "the machine forbids it: {:.3} us without a model",
            row.floor.median
        ),
        Verdict::Beyond => "beyond".to_owned(),
    }
}

fn summary(rows: &[Row]) -> String {
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    format!(
        "{} of {} figures within {LIMIT} %, {} beyond because this machine is slower without any \
         model, {} beyond otherwise",
        count(Verdict::Within),
        rows.len(),
        count(Verdict::Floor),
        count(Verdict::Beyond)
    )
}

//! The outcome for people.

use super::report::{Outcome, Phase, Run};
use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};

/// Prints one generation's table.
pub fn print(outcome: &Outcome) {
    let (ntb, tcp) = (&outcome.ntb, &outcome.tcp);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "NTB", "TCP", "NTB / TCP"]);
    table.add_row(row("path used", [ntb, tcp].map(path), String::new()));
    table.add_row(row(
        "bytes sent over it",
        [ntb, tcp].map(|run| size(run.moved().0)),
        String::new(),
    ));
    table.add_row(row(
        "bytes received over it",
        [ntb, tcp].map(|run| size(run.moved().1)),
        String::new(),
    ));
    for (name, phase) in [
        ("write, MiB/s", write as fn(&Run) -> &Phase),
        ("read, MiB/s", |run| &run.report.read),
    ] {
        let [a, b] = [ntb, tcp].map(|run| phase(run).throughput());
        table.add_row(row(
            name,
            [a, b].map(|value| format!("{value:.0}")),
            ratio(a, b),
        ));
    }
    for (name, value) in [
        (
            "exchange, p50 µs",
            (|run| run.report.exchange.p50_us) as fn(&Run) -> f64,
        ),
        ("exchange, p90 µs", |run| run.report.exchange.p90_us),
        ("exchange, p99 µs", |run| run.report.exchange.p99_us),
    ] {
        let [a, b] = [ntb, tcp].map(value);
        table.add_row(row(
            name,
            [a, b].map(|value| format!("{value:.1}")),
            ratio(a, b),
        ));
    }
    for column in 1..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    println!(
        "\nBeeGFS {} interface, two daemons on two emulated NTB nodes",
        ntb.report.version
    );
    println!("{table}");
    println!("{}", notes(outcome));
}

fn write(run: &Run) -> &Phase {
    &run.report.write
}

fn row(name: &str, values: [String; 2], ratio: String) -> Vec<String> {
    let [ntb, tcp] = values;
    vec![name.to_string(), ntb, tcp, ratio]
}

fn path(run: &Run) -> String {
    let used: Vec<_> = run.report.paths.keys().map(String::as_str).collect();
    used.join(" and ")
}

fn size(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

fn ratio(ntb: f64, tcp: f64) -> String {
    format!("{:.2}", ntb / tcp)
}

/// What the numbers mean and what they don't.
fn notes(outcome: &Outcome) -> String {
    let (write, exchange) = (&outcome.ntb.report.write, &outcome.ntb.report.exchange);
    format!(
        "All checksums right: {} requests of up to {} each way, {} small exchanges, on each path.\n\
         TCP: loopback, congestion control {} (the system's default is {}). NTB: shared memory \
         without a delay model, so the\n\
         ratios compare software paths on this machine, not networks. Times include the checksum.",
        write.requests,
        size(write.bytes / write.requests.max(1)),
        exchange.requests,
        outcome.tcp.report.tcp_congestion,
        outcome.system_congestion,
    )
}

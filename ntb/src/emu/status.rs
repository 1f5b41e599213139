//! `ntb emu status`.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};
use sisci::control::{Connection, Fabric, NodeStatus, Process, Status};

use super::{fault, say};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

/// # Errors
/// If the fabric can't be read, or standard output is gone.
pub fn run(fabric: &Fabric, args: &Args) -> anyhow::Result<()> {
    let status = fabric.status()?;
    if args.json {
        return say(format_args!("{}", serde_json::to_string_pretty(&status)?));
    }
    let text = text(&status);
    say(format_args!("{}", text.trim_end()))
}

fn text(status: &Status) -> String {
    let mut text = format!("fabric {}\n", status.dir.display());
    if status.nodes.is_empty() {
        text.push_str("no nodes\n");
        return text;
    }
    let _ = writeln!(text, "\n{}", nodes(&status.nodes));
    let connections = connections(&status.nodes);
    if connections.row_iter().next().is_some() {
        let _ = writeln!(text, "\n{connections}");
    }
    for link in status.links.iter().filter(|link| link.down) {
        let [a, b] = link.nodes;
        let _ = writeln!(text, "\nlink {a}-{b} is down");
    }
    if !status.faults.is_empty() {
        let _ = writeln!(text, "\n{}", fault::table(&status.faults));
    }
    text
}

fn nodes(nodes: &[NodeStatus]) -> Table {
    let mut table = table(&[
        "node",
        "link",
        "host",
        "process",
        "segments",
        "interrupts",
        "data interrupts",
        "",
    ]);
    for node in nodes {
        let link = match node {
            NodeStatus { gone: true, .. } => "gone",
            NodeStatus {
                operational: false, ..
            } => "down",
            _ => "up",
        };
        let row = |process: Option<&Process>| {
            let numbers =
                |pick: fn(&Process) -> &[u32]| process.map(pick).map_or(String::new(), list);
            [
                node.id.to_string(),
                link.to_owned(),
                process.map_or(String::new(), |process| process.host.clone()),
                process.map_or("none".to_owned(), |process| process.pid.to_string()),
                numbers(|process| &process.segments),
                numbers(|process| &process.interrupts),
                numbers(|process| &process.data_interrupts),
                process.map_or(String::new(), remark),
            ]
        };
        if node.processes.is_empty() {
            table.add_row(row(None));
        }
        for process in &node.processes {
            table.add_row(row(Some(process)));
        }
    }
    for column in [0, 3] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn remark(process: &Process) -> String {
    match (&process.silent, process.alive) {
        (_, false) => "dead; `ntb emu clean` removes its files".to_owned(),
        (Some(reason), _) => reason.clone(),
        _ => String::new(),
    }
}

/// Numbers, the first few of many.
fn list(numbers: &[u32]) -> String {
    const SHOWN: usize = 8;
    let mut words: Vec<_> = numbers.iter().take(SHOWN).map(u32::to_string).collect();
    if numbers.len() > SHOWN {
        words.push(format!("and {} more", numbers.len() - SHOWN));
    }
    words.join(" ")
}

/// Connections as the side sees them that made them, equal ones together.
fn connections(nodes: &[NodeStatus]) -> Table {
    let mut table = table(&["from", "process", "to", "what", "number", "connections"]);
    for node in nodes {
        for process in &node.processes {
            let mut made: Vec<&Connection> = process
                .connections
                .iter()
                .filter(|made| made.outgoing)
                .collect();
            made.sort_by_key(|made| (made.node, &made.kind, made.id));
            for same in made.chunk_by(|a, b| a == b) {
                table.add_row([
                    node.id.to_string(),
                    process.pid.to_string(),
                    same[0].node.to_string(),
                    same[0].kind.clone(),
                    same[0].id.to_string(),
                    same.len().to_string(),
                ]);
            }
        }
    }
    for column in [0, 1, 2, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.iter().copied());
    table
}

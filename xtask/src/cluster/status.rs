//! `cluster status`: which path connects which daemons.

use std::time::Duration;

use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};

use super::NameArgs;
use super::snapshot::{self, HostView, Path};
use super::state::State;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print all numbers as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    name: NameArgs,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let state = State::of_running(&args.name.name)?;
    let hosts = snapshot::take(&state)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&hosts)?);
        return Ok(());
    }
    let age = Duration::from_secs(state.age()).as_secs();
    println!(
        "cluster {}, up for {} min {} s",
        state.name,
        age / 60,
        age % 60
    );
    println!("{}", host_table(&hosts));
    println!("{}", peer_table(&hosts));
    println!("NTB: since the daemon's start. TCP: open connections. control: TCP beside NTB.");
    for host in &hosts {
        for skip in &host.skips {
            let (name, age) = (host.host.name(), skip.age_secs);
            println!(
                "{name}: {} not over NTB: {} ({age:.0} s ago)",
                skip.peer, skip.reason
            );
        }
        if let Some(reason) = &host.no_statistics {
            println!("{}: no statistics: {reason}", host.host.name());
        }
    }
    Ok(())
}

fn host_table(hosts: &[HostView]) -> Table {
    let mut table = table(
        &[
            "host",
            "address",
            "NTB node",
            "pid",
            "state",
            "interface in",
            "out",
        ],
        &[5, 6],
    );
    for host in hosts {
        let text = |number: Option<u32>| number.map_or("-".to_owned(), |n| n.to_string());
        let state = match host.pid {
            None => "-",
            Some(_) if host.running => "runs",
            Some(_) => "ENDED",
        };
        table.add_row([
            host.host.name().to_owned(),
            host.address.to_string(),
            text(host.ntb_node),
            text(host.pid),
            state.to_owned(),
            bytes(host.interface.bytes_in),
            bytes(host.interface.bytes_out),
        ]);
    }
    table
}

fn peer_table(hosts: &[HostView]) -> Table {
    let mut table = table(
        &["host", "peer", "path", "connections", "in", "out"],
        &[3, 4, 5],
    );
    for host in hosts {
        for peer in &host.peers {
            let path = match peer.path {
                Path::Ntb => "NTB",
                Path::Tcp => "TCP",
                Path::Control => "control",
            };
            table.add_row([
                host.host.name().to_owned(),
                peer.peer.clone(),
                path.to_owned(),
                peer.connections.to_string(),
                bytes(peer.bytes_in),
                bytes(peer.bytes_out),
            ]);
        }
    }
    table
}

/// An empty table without lines; the columns `right` hold numbers.
pub fn table(header: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec());
    for &index in right {
        table
            .column_mut(index)
            .expect("in the header")
            .set_cell_alignment(CellAlignment::Right);
    }
    table
}

pub fn bytes(count: u64) -> String {
    ByteSize::b(count).display().iec().to_string()
}

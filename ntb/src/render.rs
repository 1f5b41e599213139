//! The text that `ntb stat` prints.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use bytesize::ByteSize;
use comfy_table::{CellAlignment, Table, presets};
use ntb_core::report::{Direction, Endpoint, EndpointState, PathKind, Report};

use crate::stat::Sample;

/// An earlier sample, for rates.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    pub sample: &'a Sample,
    pub elapsed: Duration,
}

/// Sum of the connections with one peer over one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    open: u64,
    /// Connections ever opened; unknown for TCP.
    total: Option<u64>,
    bytes_in: u64,
    bytes_out: u64,
}

/// Name of the path, then the peer.
type Sums = BTreeMap<(String, &'static str), Sum>;

/// All processes of a sample; `endpoints` adds a table of the single connections.
pub fn text(sample: &Sample, before: Option<Before<'_>>, endpoints: bool) -> String {
    let mut text = String::new();
    for report in &sample.processes {
        let earlier = before.and_then(|before| {
            let mut reports = before.sample.processes.iter();
            let same = reports.find(|earlier| earlier.pid == report.pid)?;
            Some((same, before.elapsed))
        });
        text.push_str(&process(report, earlier, endpoints));
        text.push('\n');
    }
    for unreadable in &sample.unreadable {
        let _ = writeln!(text, "process {}: {}", unreadable.pid, unreadable.reason);
    }
    text
}

fn process(report: &Report, earlier: Option<(&Report, Duration)>, endpoints: bool) -> String {
    let mut text = head(report);
    let sums = sums(report);
    if sums.is_empty() {
        text.push_str("  no connections\n");
    } else {
        let earlier = earlier.map(|(earlier, elapsed)| (self::sums(earlier), elapsed));
        let _ = writeln!(text, "{}", sum_table(&sums, earlier.as_ref()));
    }
    if !report.endpoints.is_empty() {
        text.push_str(&waits(&report.endpoints));
    }
    if endpoints && !report.endpoints.is_empty() {
        let _ = writeln!(text, "{}", endpoint_table(&report.endpoints));
    }
    for skip in &report.skips {
        let age = duration(skip.age_secs);
        let _ = writeln!(
            text,
            "  {} by TCP only: {} ({age} ago)",
            skip.peer, skip.reason
        );
    }
    if report.refused > 0 {
        let (count, last) = (report.refused, &report.last_refusal);
        let _ = writeln!(
            text,
            "  {count} incoming handshakes refused, the last one: {last}"
        );
    }
    text
}

fn head(report: &Report) -> String {
    let fabric = &report.fabric;
    let listeners = match report.listeners.as_slice() {
        [] => "accepts none".to_owned(),
        some => format!("accepts on {}", some.join(", ")),
    };
    format!(
        "{} on {}, pid {}: NTB node {}, adapter {}, {listeners}, for {}\n  \
         ring memory {} used, {} exported, limit {}; {} ({}, {})\n",
        report.process,
        report.host,
        report.pid,
        fabric.node,
        fabric.adapter,
        duration(report.uptime_secs),
        bytes(fabric.arena_used),
        bytes(fabric.arena_bytes),
        bytes(fabric.memory_limit),
        fabric.library,
        fabric.vendor,
        fabric.api,
    )
}

/// Sums by peer and path. The process' own sums win; TCP connections of peers for which it
/// keeps none are added up here, so that these count open connections only.
fn sums(report: &Report) -> Sums {
    let mut sums = Sums::new();
    for peer in &report.peers {
        let sum = Sum {
            open: peer.connections_open,
            total: Some(peer.connections_total),
            bytes_in: peer.bytes_in,
            bytes_out: peer.bytes_out,
        };
        sums.insert((peer.peer.clone(), path(peer.path)), sum);
    }
    let own = sums.clone();
    for tcp in &report.tcp {
        let path = if tcp.control {
            "control"
        } else {
            path(PathKind::Tcp)
        };
        let key = (without_port(&tcp.peer), path);
        if !own.contains_key(&key) {
            let sum = sums.entry(key).or_default();
            sum.open += 1;
            sum.bytes_in += tcp.bytes_in;
            sum.bytes_out += tcp.bytes_out;
        }
    }
    sums
}

fn sum_table(sums: &Sums, earlier: Option<&(Sums, Duration)>) -> Table {
    let mut header = vec!["peer", "path", "open", "total", "in", "out"];
    if earlier.is_some() {
        header.extend(["in/s", "out/s"]);
    }
    let mut table = table(&header, 2);
    for (key, sum) in sums {
        let total = sum.total.map_or("-".to_owned(), |total| total.to_string());
        let mut row = vec![key.0.clone(), key.1.to_owned(), sum.open.to_string(), total];
        row.extend([bytes(sum.bytes_in), bytes(sum.bytes_out)]);
        if let Some((earlier, elapsed)) = earlier {
            let before = earlier.get(key).copied().unwrap_or_default();
            row.push(rate(before.bytes_in, sum.bytes_in, *elapsed));
            row.push(rate(before.bytes_out, sum.bytes_out, *elapsed));
        }
        table.add_row(row);
    }
    table
}

/// How the open connections waited: polling costs processor time, sleeping costs latency.
fn waits(endpoints: &[Endpoint]) -> String {
    let sum = |count: fn(&Endpoint) -> u64| endpoints.iter().map(count).sum::<u64>();
    let mut text = format!(
        "  waits of open NTB connections: receive {} polled, {} slept; send {} polled, {} slept; \
         doorbells {} in, {} out\n",
        sum(|e| e.recv_polled),
        sum(|e| e.recv_slept),
        sum(|e| e.send_polled),
        sum(|e| e.send_slept),
        sum(|e| e.doorbells_in),
        sum(|e| e.doorbells_out),
    );
    let (bulk, refused) = (sum(|e| e.bulk_out), sum(|e| e.bulk_refused));
    let again = sum(|e| e.sent_again);
    if bulk + refused + again > 0 {
        let _ = writeln!(
            text,
            "  by DMA: {} sent, {refused} times it could not be had; {again} pieces sent again",
            bytes(bulk)
        );
    }
    text
}

fn endpoint_table(endpoints: &[Endpoint]) -> Table {
    let header = [
        "peer",
        "node",
        "opened",
        "path",
        "state",
        "id",
        "age",
        "ring",
        "in",
        "out",
        "recv polled",
        "slept",
        "send polled",
        "slept",
        "bells in",
        "out",
    ];
    let mut table = table(&header, 5);
    for endpoint in endpoints {
        let opened = match endpoint.direction {
            Direction::In => "by peer",
            Direction::Out => "here",
        };
        let state = match endpoint.state {
            EndpointState::Open => "open",
            EndpointState::Closing => "closing",
            EndpointState::Broken => "broken",
        };
        let mut row = vec![endpoint.peer.clone(), endpoint.peer_node.to_string()];
        row.extend([opened, path(endpoint.path), state].map(str::to_owned));
        row.extend([endpoint.id.to_string(), duration(endpoint.age_secs)]);
        row.extend([endpoint.ring_bytes, endpoint.bytes_in, endpoint.bytes_out].map(bytes));
        let counts = [
            endpoint.recv_polled,
            endpoint.recv_slept,
            endpoint.send_polled,
            endpoint.send_slept,
            endpoint.doorbells_in,
            endpoint.doorbells_out,
        ];
        row.extend(counts.map(|count| count.to_string()));
        table.add_row(row);
    }
    table
}

/// A table without lines; the columns from `numbers` on are aligned to the right.
fn table(header: &[&str], numbers: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(header.to_vec());
    for column in table.column_iter_mut().skip(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn path(path: PathKind) -> &'static str {
    match path {
        PathKind::Ntb => "NTB",
        PathKind::Tcp => "TCP",
    }
}

fn without_port(address: &str) -> String {
    let parsed = address.parse::<SocketAddr>();
    parsed.map_or_else(
        |_| address.to_owned(),
        |address| address.ip().to_canonical().to_string(),
    )
}

fn bytes(count: u64) -> String {
    ByteSize::b(count).display().iec().to_string()
}

/// Bytes per second; a smaller count than before means a new start.
fn rate(before: u64, now: u64, elapsed: Duration) -> String {
    let difference = now.checked_sub(before).unwrap_or(now);
    // Far below the 2^53 from which on doubles are inexact, for any real interval.
    bytes((difference as f64 / elapsed.as_secs_f64()) as u64)
}

/// The two largest units of a time.
fn duration(secs: f64) -> String {
    let whole = secs as u64;
    match whole {
        0..60 => format!("{secs:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {} h", whole / 86_400, whole % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntb_core::report::{PeerTotal, TcpConnection};

    fn tcp(peer: &str, control: bool) -> TcpConnection {
        let local = "10.0.0.1:1".to_owned();
        TcpConnection {
            local,
            peer: peer.to_owned(),
            bytes_in: 5,
            bytes_out: 7,
            control,
        }
    }

    #[test]
    fn open_tcp_connections_are_added_up_only_where_the_process_keeps_no_sum() {
        let own = PeerTotal {
            peer: "10.0.0.3".to_owned(),
            path: PathKind::Tcp,
            connections_open: 1,
            connections_total: 9,
            bytes_in: 100,
            bytes_out: 200,
        };
        let report = Report {
            peers: vec![own],
            tcp: vec![
                tcp("10.0.0.2:80", false),
                tcp("[::ffff:10.0.0.2]:81", false),
                tcp("10.0.0.3:80", false),
                tcp("10.0.0.3:90", true),
            ],
            ..Report::default()
        };
        let sums = sums(&report);
        let sum = |peer: &str, path| sums[&(peer.to_owned(), path)];
        let added = Sum {
            open: 2,
            total: None,
            bytes_in: 10,
            bytes_out: 14,
        };
        let kept = Sum {
            open: 1,
            total: Some(9),
            bytes_in: 100,
            bytes_out: 200,
        };
        assert_eq!(sum("10.0.0.2", "TCP"), added);
        assert_eq!(sum("10.0.0.3", "TCP"), kept);
        assert_eq!(sum("10.0.0.3", "control").bytes_in, 5);
        assert_eq!(sums.len(), 3);
    }

    #[test]
    fn rates_survive_a_restart_of_the_counter() {
        let second = Duration::from_secs(2);
        assert_eq!(rate(1024, 3072, second), "1.0 KiB");
        assert_eq!(rate(5000, 2048, second), "1.0 KiB");
    }

    #[test]
    fn times_have_two_units() {
        assert_eq!(duration(1.25), "1.2 s");
        assert_eq!(duration(61.0), "1 min 1 s");
        assert_eq!(duration(7_260.0), "2 h 1 min");
        assert_eq!(duration(90_000.0), "1 d 1 h");
    }
}

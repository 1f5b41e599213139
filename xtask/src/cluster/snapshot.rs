//! What all hosts of a cluster say about their connections at one moment.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use ntb_core::report::{self, Found, PathKind, Report, Skip};
use serde::Serialize;

use super::net::{self, Connection, Counters};
use super::plan::{Host, Role};
use super::state::State;

/// One host.
#[derive(Debug, Serialize)]
pub struct HostView {
    pub host: Host,
    pub address: IpAddr,
    /// Node id on the fabric; none if the host's program does not use the transport.
    pub ntb_node: Option<u32>,
    /// The daemon's process id; none on the client host.
    pub pid: Option<u32>,
    pub running: bool,
    /// All traffic of the host, except over NTB, headers included.
    pub interface: Counters,
    pub peers: Vec<PeerView>,
    /// Peers that are not reached over NTB, and why.
    pub skips: Vec<Skip>,
    /// Why the daemon's own statistics are missing, if it has the transport.
    pub no_statistics: Option<String>,
}

/// Traffic with one peer over one path.
#[derive(Debug, Serialize)]
pub struct PeerView {
    /// The peer's host name, or its address if it is none of the cluster's hosts.
    pub peer: String,
    pub path: Path,
    /// Connections that are open now.
    pub connections: u64,
    /// Over NTB since the daemon's start, over TCP by the open connections.
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// What carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    Ntb,
    Tcp,
    /// TCP connections that belong to NTB connections.
    Control,
}

impl HostView {
    /// Bytes that came in and went out over NTB since the daemon's start.
    pub fn ntb(&self) -> Counters {
        let ntb = || self.peers.iter().filter(|peer| peer.path == Path::Ntb);
        Counters {
            bytes_in: ntb().map(|peer| peer.bytes_in).sum(),
            bytes_out: ntb().map(|peer| peer.bytes_out).sum(),
        }
    }
}

/// Asks all hosts.
pub fn take(state: &State) -> anyhow::Result<Vec<HostView>> {
    let found = report::discover_in(&state.name.runtime_dir()).context("statistics sockets")?;
    Host::ALL
        .into_iter()
        .map(|host| view(state, host, &found))
        .collect()
}

fn view(state: &State, host: Host, found: &[Found]) -> anyhow::Result<HostView> {
    let namespace = state.name.namespace(host);
    // The management daemon knows the keys, but has no use for the transport.
    let has_ntb = (state.software.has_ntb(host) || state.software.has_plugin(host))
        && host.role() != Role::Management;
    let process = state.daemon(host).map(|daemon| daemon.process);
    let pid = process.map(|process| process.pid);
    let found = found
        .iter()
        .find(|found| Some(found.pid) == pid)
        .map(|found| &found.report);
    let report = match found {
        Some(Ok(report)) => Some(report),
        _ => None,
    };
    let no_statistics = match found {
        Some(Err(error)) => Some(error.to_string()),
        None if has_ntb && process.is_some_and(|process| process.is_running()) => {
            Some("the transport is not started".to_owned())
        }
        _ => None,
    };
    let connections = net::connections(&namespace)?;
    let own = connections
        .iter()
        .filter(|c| pid.is_some_and(|pid| c.pids.contains(&pid)));
    Ok(HostView {
        host,
        address: host.address().into(),
        ntb_node: has_ntb.then(|| host.ntb_node()),
        pid,
        running: process.is_some_and(|process| process.is_running()),
        interface: net::counters(&namespace)?,
        peers: peers(own, report),
        skips: report
            .map(|report| report.skips.clone())
            .unwrap_or_default(),
        no_statistics,
    })
}

/// Sums up by peer and path: NTB as the daemon says, TCP as the kernel says.
fn peers<'a>(
    connections: impl Iterator<Item = &'a Connection>,
    report: Option<&Report>,
) -> Vec<PeerView> {
    let mut sums: BTreeMap<(String, Path), [u64; 3]> = BTreeMap::new();
    let mut add = |peer: String, path, numbers: [u64; 3]| {
        let sum = sums.entry((peer, path)).or_default();
        sum.iter_mut()
            .zip(numbers)
            .for_each(|(sum, number)| *sum += number);
    };
    for connection in connections {
        let path = if is_control(connection, report) {
            Path::Control
        } else {
            Path::Tcp
        };
        let numbers = [1, connection.bytes_in, connection.bytes_out];
        add(peer_name(connection.peer.ip()), path, numbers);
    }
    let totals = report.iter().flat_map(|report| &report.peers);
    for total in totals.filter(|total| total.path == PathKind::Ntb) {
        let peer = total
            .peer
            .parse()
            .map_or_else(|_| total.peer.clone(), peer_name);
        add(
            peer,
            Path::Ntb,
            [total.connections_open, total.bytes_in, total.bytes_out],
        );
    }
    let mut views = Vec::with_capacity(sums.len());
    for ((peer, path), [connections, bytes_in, bytes_out]) in sums {
        views.push(PeerView {
            peer,
            path,
            connections,
            bytes_in,
            bytes_out,
        });
    }
    views
}

fn is_control(connection: &Connection, report: Option<&Report>) -> bool {
    let same = |text: &str, address: SocketAddr| {
        text.parse().is_ok_and(|parsed: SocketAddr| {
            (parsed.ip().to_canonical(), parsed.port()) == (address.ip(), address.port())
        })
    };
    report.iter().flat_map(|report| &report.tcp).any(|tcp| {
        tcp.control && same(&tcp.local, connection.local) && same(&tcp.peer, connection.peer)
    })
}

fn peer_name(address: IpAddr) -> String {
    let address = address.to_canonical();
    Host::at(address).map_or_else(|| address.to_string(), |host| host.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntb_core::report::{PeerTotal, TcpConnection};

    #[test]
    fn sums_by_peer_and_path_and_tells_control_connections_apart() {
        let connection = |peer: &str| Connection {
            local: "10.77.0.2:8003".parse().expect("address"),
            peer: peer.parse().expect("address"),
            pids: vec![1],
            bytes_in: 10,
            bytes_out: 1,
        };
        let tcp = |local: &str, peer: &str| TcpConnection {
            local: local.to_owned(),
            peer: peer.to_owned(),
            bytes_in: 0,
            bytes_out: 0,
            control: true,
        };
        let total = PeerTotal {
            peer: "::ffff:10.77.0.4".to_owned(),
            path: PathKind::Ntb,
            connections_open: 2,
            connections_total: 3,
            bytes_in: 500,
            bytes_out: 600,
        };
        let report = Report {
            tcp: vec![tcp("[::ffff:10.77.0.2]:8003", "[::ffff:10.77.0.4]:7")],
            peers: vec![total],
            ..Report::default()
        };
        let open = ["10.77.0.4:7", "10.77.0.4:8", "10.77.0.4:9", "10.9.9.9:1"].map(connection);
        let peers = peers(open.iter(), Some(&report));
        let numbers: Vec<_> = peers
            .iter()
            .map(|p| {
                (
                    p.peer.as_str(),
                    p.path,
                    p.connections,
                    p.bytes_in,
                    p.bytes_out,
                )
            })
            .collect();
        assert_eq!(
            numbers,
            [
                ("10.9.9.9", Path::Tcp, 1, 10, 1),
                ("meta", Path::Ntb, 2, 500, 600),
                ("meta", Path::Tcp, 2, 20, 2),
                ("meta", Path::Control, 1, 10, 1),
            ]
        );
    }
}

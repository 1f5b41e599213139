//! Network namespaces, the bridge between them, and what the kernel counts there.

use std::net::SocketAddr;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};

use super::plan::{ADDRESS_BITS, ClusterName, Host};
use super::tools::{self, ip};

/// Where `ip netns` keeps the namespaces' names.
const NAMESPACES: &str = "/run/netns";

const BRIDGE: &str = "br0";
const INTERFACE: &str = "eth0";

/// Bytes that went through a host's interface, headers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// An established TCP connection of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub local: SocketAddr,
    pub peer: SocketAddr,
    pub pids: Vec<u32>,
    /// Payload received.
    pub bytes_in: u64,
    /// Payload sent and acknowledged.
    pub bytes_out: u64,
}

/// Makes the bridge and all hosts.
pub fn create(name: &ClusterName) -> anyhow::Result<()> {
    let switch = name.switch_namespace();
    ip(&format!("netns add {switch}"))?;
    ip(&format!("-n {switch} link add {BRIDGE} type bridge"))?;
    ip(&format!("-n {switch} link set {BRIDGE} up"))?;
    for host in Host::ALL {
        let namespace = name.namespace(host);
        let port = host.name();
        let address = host.address();
        ip(&format!("netns add {namespace}"))?;
        ip(&format!("-n {namespace} link set lo up"))?;
        let veth = format!("link add {INTERFACE} type veth peer name {port} netns {switch}");
        ip(&format!("-n {namespace} {veth}"))?;
        ip(&format!("-n {switch} link set {port} master {BRIDGE} up"))?;
        ip(&format!(
            "-n {namespace} addr add {address}/{ADDRESS_BITS} dev {INTERFACE}"
        ))?;
        ip(&format!("-n {namespace} link set {INTERFACE} up"))?;
    }
    Ok(())
}

/// Sets the congestion control of TCP connections between the hosts, on the routes: in a namespace
/// the default may only be one that the machine allows to everybody.
///
/// # Errors
/// If the kernel has none of this name.
pub fn set_congestion(name: &ClusterName, congestion: &str) -> anyhow::Result<()> {
    for host in Host::ALL {
        let (namespace, address) = (name.namespace(host), host.address());
        let [a, b, c, _] = address.octets();
        let network = format!("{a}.{b}.{c}.0/{ADDRESS_BITS}");
        let route = format!("{network} dev {INTERFACE} proto kernel scope link src {address}");
        ip(&format!(
            "-n {namespace} route replace {route} congctl {congestion}"
        ))
        .with_context(|| format!("--congestion {congestion}"))?;
    }
    Ok(())
}

/// The cluster's namespaces that exist, also of a cluster that was made only in part.
pub fn namespaces(name: &ClusterName) -> anyhow::Result<Vec<String>> {
    let entries = match std::fs::read_dir(NAMESPACES) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.context(NAMESPACES)?,
    };
    let prefix = name.namespace_prefix();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter(|name| name.starts_with(&prefix)).collect())
}

/// The processes whose network is this namespace.
pub fn pids(namespace: &str) -> anyhow::Result<Vec<u32>> {
    let text = ip(&format!("netns pids {namespace}"))?;
    Ok(text
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect())
}

/// Removes a namespace; with it go its interfaces and their other ends.
pub fn delete(namespace: &str) -> anyhow::Result<()> {
    ip(&format!("netns delete {namespace}")).map(drop)
}

/// Whether somebody in the namespace listens on this TCP port.
pub fn is_listening(namespace: &str, port: u16) -> anyhow::Result<bool> {
    let filter = format!("( sport = :{port} )");
    let text = tools::output("ss", &["-N", namespace, "-Htln", &filter])?;
    Ok(!text.trim().is_empty())
}

/// What went through the interface of a host.
pub fn counters(namespace: &str) -> anyhow::Result<Counters> {
    #[derive(Deserialize)]
    struct Link {
        stats64: Stats,
    }
    #[derive(Deserialize)]
    struct Stats {
        rx: Count,
        tx: Count,
    }
    #[derive(Deserialize)]
    struct Count {
        bytes: u64,
    }
    let text = ip(&format!("-n {namespace} -s -j link show dev {INTERFACE}"))?;
    let links: Vec<Link> = serde_json::from_str(&text).context("output of `ip -s -j link`")?;
    let stats = &links
        .first()
        .ok_or_else(|| anyhow!("no {INTERFACE} in {namespace}"))?
        .stats64;
    Ok(Counters {
        bytes_in: stats.rx.bytes,
        bytes_out: stats.tx.bytes,
    })
}

/// The established TCP connections in a namespace.
pub fn connections(namespace: &str) -> anyhow::Result<Vec<Connection>> {
    let text = tools::output("ss", &["-N", namespace, "-HtinpO", "state", "established"])?;
    Ok(text.lines().filter_map(parse_connection).collect())
}

/// One line of `ss -HtinpO state established`: two queue lengths, two addresses, the users, and
/// `name:value` words.
fn parse_connection(line: &str) -> Option<Connection> {
    let mut words = line.split_whitespace().skip(2);
    let local = parse_address(words.next()?)?;
    let peer = parse_address(words.next()?)?;
    let rest: Vec<&str> = words.collect();
    let number = |name: &str| {
        rest.iter()
            .find_map(|word| word.strip_prefix(name)?.parse().ok())
    };
    let pids = rest
        .iter()
        .flat_map(|word| word.split("pid=").skip(1))
        .filter_map(|text| text.split(',').next()?.parse().ok())
        .collect();
    Some(Connection {
        local,
        peer,
        pids,
        bytes_in: number("bytes_received:").unwrap_or(0),
        bytes_out: number("bytes_acked:").unwrap_or(0),
    })
}

/// An address and port, without the scope that `ss` writes for some (`10.0.0.1%eth0:80`).
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.rsplit_once(':')?;
    let address = address.trim_matches(['[', ']']).split('%').next()?;
    let address: std::net::IpAddr = address.parse().ok()?;
    Some(SocketAddr::new(address.to_canonical(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_connection() {
        let line = r#"0 0 10.77.0.3:8003 10.77.0.2:36890 users:(("beegfs-storage/",pid=42,fd=23)) cubic rto:204 bytes_sent:170 bytes_acked:168 bytes_received:232 segs_out:4"#;
        assert_eq!(
            parse_connection(line),
            Some(Connection {
                local: "10.77.0.3:8003".parse().expect("address"),
                peer: "10.77.0.2:36890".parse().expect("address"),
                pids: vec![42],
                bytes_in: 232,
                bytes_out: 168,
            })
        );
    }

    #[test]
    fn reads_addresses_of_both_families() {
        let expected = Some("10.77.0.3:8003".parse().expect("address"));
        assert_eq!(parse_address("[::ffff:10.77.0.3]:8003"), expected);
        assert_eq!(parse_address("10.77.0.3%eth0:8003"), expected);
        assert_eq!(parse_address("*:8003"), None);
    }
}

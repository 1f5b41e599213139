//! Which servers, and the ways to them.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use beemsg::{Chunk, Cluster, Connection, Error, Family, NodeType, Path, Place, Secret};
use bytesize::ByteSize;
use clap::ValueEnum;
use ntb_core::driver::{Config, Transport};
use serde::Serialize;

const MANAGEMENT_PORT: u16 = 8008;
const STORAGE_PORT: u16 = 8003;

/// What every command needs to talk to servers.
#[derive(Debug, Clone, clap::Args)]
pub struct Access {
    /// File with the secret that all servers share (connAuthFile). Without it: no authentication.
    #[arg(long, value_name = "FILE")]
    auth_file: Option<PathBuf>,
    /// Version of the servers, 7 or 8. Default: found out, at the price of a line in a log.
    #[arg(long, value_name = "VERSION")]
    family: Option<Family>,
    /// Seconds to wait for a connection, and for each answer.
    #[arg(long, value_name = "SECS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

/// Where chunks go.
#[derive(Debug, Clone, clap::Args)]
pub struct Destination {
    /// Management daemon, which is asked for the target's server: its address, with a port if that is not the usual one.
    #[arg(long, value_name = "ADDRESS", required_unless_present = "server")]
    mgmtd: Option<String>,
    /// Storage server with the target, if the management daemon is not to be asked.
    #[arg(
        long,
        value_name = "ADDRESS",
        conflicts_with = "mgmtd",
        requires = "target"
    )]
    server: Option<String>,
    /// Storage target. Default: the one with the least number.
    #[arg(long, value_name = "NUMBER", conflicts_with = "group")]
    target: Option<u16>,
    /// Mirror group of storage targets; its primary gets the requests.
    #[arg(long, value_name = "NUMBER", requires = "mgmtd")]
    group: Option<u16>,
    #[command(flatten)]
    pub access: Access,
    #[command(flatten)]
    pub ways: Ways,
}

/// How NTB and TCP are used.
#[derive(Debug, Clone, clap::Args)]
pub struct Ways {
    /// SISCI library for NTB: a name or path, or `emulator` for the one beside this program.
    #[arg(long, value_name = "LIBRARY", default_value = "libsisci.so")]
    library: PathBuf,
    /// Number of the local adapter (0 to 15).
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    adapter: u32,
    /// The servers' connNTBPortShift.
    #[arg(long, value_name = "PORTS", default_value_t = 1000,
          value_parser = clap::value_parser!(u16).range(1..=50_000))]
    ntb_port_shift: u16,
    /// Memory of an NTB connection per direction.
    #[arg(long, value_name = "SIZE", default_value_t = ring())]
    ring: ByteSize,
    /// Longest time that a thread polls before it sleeps, in microseconds; as connNTBPollUsecs.
    #[arg(long, value_name = "USECS", default_value_t = poll_usecs())]
    poll_usecs: u64,
    /// Congestion control of what this program sends over TCP. Default: cubic where there is one,
    /// else the system's. What servers send follows their own hosts.
    #[arg(long, value_name = "NAME")]
    congestion: Option<String>,
}

// Both defaults are the daemons' own: what is measured is what they do.

fn ring() -> ByteSize {
    ByteSize::b(Config::default().ring_bytes)
}

fn poll_usecs() -> u64 {
    Config::default().spin.as_micros() as u64
}

/// A way to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Ntb,
    Tcp,
}

impl Way {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ntb => "NTB",
            Self::Tcp => "TCP",
        }
    }
}

impl Access {
    pub fn secret(&self) -> anyhow::Result<Option<Secret>> {
        let read = |file: &PathBuf| {
            Secret::read(file).with_context(|| format!("--auth-file {}", file.display()))
        };
        self.auth_file.as_ref().map(read).transpose()
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Asks the management daemon.
    ///
    /// # Errors
    /// If it can't be reached or does not answer as one.
    pub fn cluster(&self, address: &str) -> anyhow::Result<Cluster> {
        let server = resolve(address, MANAGEMENT_PORT)?;
        let secret = self.secret()?;
        Cluster::ask(server, self.family, secret.as_ref(), self.timeout())
            .context("asking the management daemon")
    }

    /// Connects over TCP to a server that the management daemon named.
    ///
    /// # Errors
    /// If it can't be reached.
    pub fn connect(&self, server: SocketAddr, family: Family) -> anyhow::Result<Connection> {
        let secret = self.secret()?;
        let path = Path::tcp();
        let timeout = self.timeout();
        Ok(Connection::open(
            &path,
            server,
            family,
            secret.as_ref(),
            timeout,
        )?)
    }
}

/// Connections to one storage server over one way; those that are not in use are kept.
#[derive(Debug)]
pub struct Pool {
    pub way: Way,
    path: Path,
    goal: Goal,
    idle: Mutex<Vec<Connection>>,
}

/// A storage server that was found and has the target.
#[derive(Debug, Clone)]
pub struct Goal {
    pub server: SocketAddr,
    pub place: Place,
    pub family: Family,
    secret: Option<Secret>,
    timeout: Duration,
}

impl Destination {
    /// Finds the server, and whether it has the target.
    ///
    /// # Errors
    /// Names what is not there, not reachable or not of the expected kind.
    pub fn goal(&self) -> anyhow::Result<Goal> {
        let secret = self.access.secret()?;
        let (family, timeout) = (self.access.family, self.access.timeout());
        let (server, place, family) = match (&self.mgmtd, &self.server) {
            (Some(mgmtd), _) => {
                let cluster = self.access.cluster(mgmtd)?;
                let (server, place) = match self.group {
                    Some(group) => cluster.group(group)?,
                    None => cluster.target(self.target)?,
                };
                (server, place, cluster.family)
            }
            (None, Some(server)) => {
                let server = resolve(server, STORAGE_PORT)?;
                let place = Place {
                    target: self.target.context("--target is missing")?,
                    mirror: None,
                };
                let storage = NodeType::Storage;
                let family = beemsg::management::family_of(
                    server,
                    storage,
                    family,
                    secret.as_ref(),
                    timeout,
                )?;
                (server, place, family)
            }
            (None, None) => bail!("--mgmtd or --server is missing"),
        };
        Ok(Goal {
            server,
            place,
            family,
            secret,
            timeout,
        })
    }
}

impl Ways {
    /// Gets one way ready.
    ///
    /// # Errors
    /// If the SISCI library or its adapter can't be used, the server is not reached, or it does not
    /// have the target.
    pub fn pool(&self, way: Way, goal: &Goal) -> anyhow::Result<Pool> {
        let path = match way {
            Way::Tcp => Path::Tcp {
                congestion: self.congestion(),
            },
            Way::Ntb => Path::Ntb {
                transport: Arc::new(self.transport(goal)?),
                port_shift: self.ntb_port_shift,
            },
        };
        let pool = Pool {
            way,
            path,
            goal: goal.clone(),
            idle: Mutex::default(),
        };
        pool.probe()?;
        Ok(pool)
    }

    /// What is set on TCP sockets; `None`: nothing.
    pub fn congestion(&self) -> Option<String> {
        let available = || {
            std::fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control")
                .is_ok_and(|names| names.split_whitespace().any(|name| name == "cubic"))
        };
        let default = || available().then(|| "cubic".to_owned());
        self.congestion.clone().or_else(default)
    }

    fn transport(&self, goal: &Goal) -> anyhow::Result<Transport> {
        let library = if self.library.as_os_str() == "emulator" {
            crate::bench::emulator()?
        } else {
            self.library.clone()
        };
        // The control channel proves the knowledge of the number that TCP connections show.
        let number = goal
            .secret
            .as_ref()
            .map(|secret| secret.number(goal.family));
        let config = Config {
            library,
            adapter: self.adapter,
            ring_bytes: self.ring.as_u64(),
            spin: Duration::from_micros(self.poll_usecs),
            connect_timeout: goal.timeout,
            send_timeout: goal.timeout,
            secret: number.map(|number| number.to_le_bytes().to_vec()),
            process: "ntb beemsg".to_owned(),
            ..Config::default()
        };
        Transport::start(config).context("NTB")
    }
}

impl Pool {
    /// Connections that were kept, and new ones, each checked by a question.
    ///
    /// # Errors
    /// If one can't be had.
    pub fn take(&self, count: usize) -> Result<Vec<Connection>, Error> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let keep = idle.len().saturating_sub(count);
        let mut connections = idle.split_off(keep);
        while connections.len() < count {
            connections.push(self.connect()?);
        }
        Ok(connections)
    }

    /// Takes connections back that are in order.
    pub fn give(&self, connections: impl IntoIterator<Item = Connection>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(connections);
    }

    /// Reads from a chunk that is not there. A server that lacks the target says so to a read; a
    /// write it answers by closing the connection.
    fn probe(&self) -> Result<(), Error> {
        let mut connections = self.take(1)?;
        let chunk = Chunk::new(self.goal.place, 1 << 31, "0-0-0", "0-0-0");
        for connection in &mut connections {
            chunk.read(connection, 0, &mut [0])?;
            chunk.close(connection)?;
        }
        self.give(connections);
        Ok(())
    }

    fn connect(&self) -> Result<Connection, Error> {
        let Goal {
            server,
            family,
            secret,
            timeout,
            ..
        } = &self.goal;
        let mut connection =
            Connection::open(&self.path, *server, *family, secret.as_ref(), *timeout)?;
        connection.identify(NodeType::Storage)?;
        Ok(connection)
    }
}

fn resolve(address: &str, port: u16) -> anyhow::Result<SocketAddr> {
    let first = |mut found: std::vec::IntoIter<SocketAddr>| {
        found
            .next()
            .with_context(|| format!("{address}: no address"))
    };
    if let Ok(found) = address.to_socket_addrs() {
        return first(found);
    }
    let found = (address, port).to_socket_addrs();
    first(found.with_context(|| format!("{address}: no ADDRESS or ADDRESS:PORT"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_survive_being_text() {
        use clap::Parser;
        #[derive(Parser)]
        struct Options {
            #[command(flatten)]
            ways: Ways,
        }
        let ways = Options::parse_from(["test"]).ways;
        let daemons = Config::default();
        assert_eq!(ways.ring.as_u64(), daemons.ring_bytes);
        assert_eq!(Duration::from_micros(ways.poll_usecs), daemons.spin);
    }

    #[test]
    fn addresses_may_lack_the_port() {
        let of = |text| resolve(text, 8008).map(|address| address.to_string()).ok();
        assert_eq!(of("10.0.0.1").as_deref(), Some("10.0.0.1:8008"));
        assert_eq!(of("10.0.0.1:9").as_deref(), Some("10.0.0.1:9"));
        assert_eq!(of("::1").as_deref(), Some("[::1]:8008"));
        assert_eq!(of("[::1]:9").as_deref(), Some("[::1]:9"));
        assert_eq!(of("10.0.0.1:99999"), None);
        assert_eq!(of(""), None);
    }
}

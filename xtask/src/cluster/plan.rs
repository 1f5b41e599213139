//! What every cluster looks like: its hosts, their addresses and names. All names follow from
//! the cluster's name, so that `down` finds everything even if no state was written.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Below it each cluster has a folder: state, logs, data and statistics sockets.
pub const RUN_ROOT: &str = "/run/beegfs-ntb-cluster";

/// Length of the network part of the hosts' addresses, in bits.
pub const ADDRESS_BITS: u8 = 24;

/// Name of a cluster: 1 to 16 lower-case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterName(String);

/// A machine of the cluster.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
#[clap(rename_all = "lowercase")]
pub enum Host {
    Mgmtd,
    Storage1,
    Storage2,
    Meta,
    Client,
    /// A second metadata server, only where one was asked for.
    Meta2,
}

/// What runs on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Management,
    Meta,
    Storage,
    Client,
}

impl ClusterName {
    /// What the names of this cluster's namespaces begin with. No name holds a dash, so no
    /// cluster's prefix is the beginning of another one's.
    pub fn namespace_prefix(&self) -> String {
        format!("ntbc-{}-", self.0)
    }

    pub fn namespace(&self, host: Host) -> String {
        format!("{}{}", self.namespace_prefix(), host.name())
    }

    /// The namespace that holds the bridge.
    pub fn switch_namespace(&self) -> String {
        format!("{}switch", self.namespace_prefix())
    }

    /// Everything that the cluster keeps. A file system in memory is mounted here: the fabric's
    /// files are shared memory, and the metadata daemon makes 66 000 folders, which takes a disk
    /// long to write and to remove.
    pub fn run_dir(&self) -> PathBuf {
        Path::new(RUN_ROOT).join(&self.0)
    }

    /// Folder of the emulated fabric.
    pub fn fabric_dir(&self) -> PathBuf {
        self.run_dir().join("fabric")
    }

    /// Folder of the statistics sockets.
    pub fn runtime_dir(&self) -> PathBuf {
        self.run_dir().join("runtime")
    }

    pub fn data_dir(&self, host: Host) -> PathBuf {
        self.run_dir().join("data").join(host.name())
    }

    pub fn log_file(&self, host: Host) -> PathBuf {
        self.run_dir()
            .join("logs")
            .join(format!("{}.log", host.name()))
    }

    /// The secret that all daemons of the cluster share.
    pub fn auth_file(&self) -> PathBuf {
        self.run_dir().join("conn.auth")
    }
}

impl FromStr for ClusterName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if (1..=16).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err("1 to 16 lower-case letters and digits".to_owned())
        }
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Host {
    pub const ALL: [Self; 6] = [
        Self::Mgmtd,
        Self::Storage1,
        Self::Storage2,
        Self::Meta,
        Self::Client,
        Self::Meta2,
    ];

    /// The hosts that run a daemon in every cluster, in the order in which these are started. Storage daemons
    /// hear of metadata daemons when they start, and then only every 10 minutes; metadata daemons hear of all at once.
    pub const SERVERS: [Self; 4] = [Self::Mgmtd, Self::Meta, Self::Storage1, Self::Storage2];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mgmtd => "mgmtd",
            Self::Storage1 => "storage1",
            Self::Storage2 => "storage2",
            Self::Meta => "meta",
            Self::Client => "client",
            Self::Meta2 => "meta2",
        }
    }

    pub fn role(self) -> Role {
        match self {
            Self::Mgmtd => Role::Management,
            Self::Meta | Self::Meta2 => Role::Meta,
            Self::Storage1 | Self::Storage2 => Role::Storage,
            Self::Client => Role::Client,
        }
    }

    pub fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, 1 + self as u8)
    }

    /// Id on the emulated fabric: a multiple of 4, as on real adapters.
    pub fn ntb_node(self) -> u32 {
        4 * (1 + self as u32)
    }

    /// The host with this address, if there is one.
    pub fn at(address: IpAddr) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|host| address.to_canonical() == IpAddr::V4(host.address()))
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|host| host.name() == name)
    }
}

impl Role {
    /// The program's file name; the client host runs no daemon but the control tool.
    pub fn program(self) -> &'static str {
        match self {
            Self::Management => "beegfs-mgmtd",
            Self::Meta => "beegfs-meta",
            Self::Storage => "beegfs-storage",
            Self::Client => "beegfs-ctl",
        }
    }

    /// TCP port on which a daemon of this role listens.
    pub fn port(self) -> Option<u16> {
        match self {
            Self::Management => Some(8008),
            Self::Meta => Some(8005),
            Self::Storage => Some(8003),
            Self::Client => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_their_folder_or_meet_another_cluster_are_refused() {
        for bad in ["", "a-b", "..", "A", "a/b", "seventeenletters1"] {
            assert!(bad.parse::<ClusterName>().is_err(), "{bad:?}");
        }
        assert!("default".parse::<ClusterName>().is_ok());
    }

    #[test]
    fn hosts_differ_in_name_address_and_node() {
        for (i, a) in Host::ALL.into_iter().enumerate() {
            assert_eq!(Host::named(a.name()), Some(a));
            assert_eq!(Host::at(a.address().to_ipv6_mapped().into()), Some(a));
            assert_eq!(a.ntb_node() % 4, 0);
            for b in &Host::ALL[i + 1..] {
                assert_ne!(a.name(), b.name());
                assert_ne!(a.address(), b.address());
                assert_ne!(a.ntb_node(), b.ntb_node());
            }
        }
    }
}

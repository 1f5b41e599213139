//! What `up` writes down for the later commands, and the lock against two at a time.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::plan::{ClusterName, Host};
use super::process::Process;
use super::software::Software;

/// A cluster that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    pub name: ClusterName,
    pub software: Software,
    /// Arguments of the control tool, besides its mode: how to reach the cluster.
    pub control: Vec<String>,
    /// Seconds since 1970.
    pub started_at: u64,
    /// Set when `up` has ended well.
    pub complete: bool,
    pub daemons: Vec<Daemon>,
}

/// A daemon that was started.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Daemon {
    pub host: Host,
    pub process: Process,
}

impl State {
    pub fn new(name: ClusterName, software: Software, control: Vec<String>) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            name,
            software,
            control,
            started_at: now.as_secs(),
            complete: false,
            daemons: Vec::new(),
        }
    }

    /// Reads the state of a cluster; none if there is no file.
    pub fn load(name: &ClusterName) -> anyhow::Result<Option<Self>> {
        let path = file(name);
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            text => {
                let read = || Ok::<_, anyhow::Error>(serde_json::from_slice(&text?)?);
                read().with_context(|| path.display().to_string()).map(Some)
            }
        }
    }

    /// Reads the state of a cluster that is up.
    pub fn of_running(name: &ClusterName) -> anyhow::Result<Self> {
        match Self::load(name)? {
            Some(state) if state.complete => Ok(state),
            Some(_) => bail!("cluster {name} is not up: it is being started, or that was cut off"),
            None => bail!("there is no cluster {name}; start one with `cargo xtask cluster up`"),
        }
    }

    /// Replaces the file in one step.
    pub fn save(&self) -> anyhow::Result<()> {
        let path = file(&self.name);
        let new = path.with_extension("new");
        let write = || {
            std::fs::write(&new, serde_json::to_vec_pretty(self)?)?;
            Ok::<_, anyhow::Error>(std::fs::rename(&new, &path)?)
        };
        write().with_context(|| path.display().to_string())
    }

    pub fn daemon(&self, host: Host) -> Option<&Daemon> {
        self.daemons.iter().find(|daemon| daemon.host == host)
    }

    /// Seconds since the start.
    pub fn age(&self) -> u64 {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        now.as_secs().saturating_sub(self.started_at)
    }
}

fn file(name: &ClusterName) -> PathBuf {
    name.run_dir().join("state.json")
}

/// Held while a cluster is made or removed.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the bound name is the lock")] UnixListener);

impl Lock {
    /// The lock is a socket name that exists in no file system: it ends with the process,
    /// however that ends, and leaves no file behind.
    ///
    /// # Errors
    /// If another command makes or removes the cluster now.
    pub fn take(name: &ClusterName) -> anyhow::Result<Self> {
        let address = SocketAddr::from_abstract_name(format!("beegfs-ntb-cluster-{name}"))?;
        match UnixListener::bind_addr(&address) {
            Ok(socket) => Ok(Self(socket)),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                bail!("another command starts or removes cluster {name} at the moment")
            }
            Err(error) => Err(error).context("lock"),
        }
    }
}

/// Whether anything of the cluster is there, complete or not.
pub fn exists(name: &ClusterName) -> anyhow::Result<bool> {
    Ok(name.run_dir().exists() || !super::net::namespaces(name)?.is_empty())
}

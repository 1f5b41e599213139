//! The daemons of the miniature tree on a fabric of their own.

use super::{
    daemon::Daemon,
    miniature::Miniature,
    report::{Counters, Report},
    workspace::Workspace,
};
use anyhow::{Context, Result, bail, ensure};
use rustix::net::{AddressFamily, SocketType, sockopt};
use std::{
    ffi::OsStr,
    fs,
    net::TcpListener,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// What is moved.
pub struct Workload {
    /// In each direction.
    pub bytes: u64,
    /// Small requests with small answers.
    pub exchanges: u64,
}

const START_LIMIT: Duration = Duration::from_secs(30);
/// Generous: the slowest machine that is of any use moves the data in this time.
const WORK_LIMIT: Duration = Duration::from_secs(300);

/// The control port of the NTB transport is the stream port and this.
const PORT_SHIFT: u16 = 1000;

/// Below the ports that the system gives to outgoing connections: one of those could come between.
const PORTS: Range<u16> = 10_000..30_000;

/// Preferred for TCP, if this system lets us choose it: what a loaded network gets by default.
const CONGESTION: &str = "cubic";

/// The serving daemon is always this node.
pub const STORAGE_NODE: u32 = 4;

/// Everything that the daemons are started with.
pub struct Setup<'a> {
    miniature: &'a Miniature,
    folder: PathBuf,
    secret: PathBuf,
    congestion: &'static str,
}

impl<'a> Setup<'a> {
    /// Makes the folder `name` in the workspace, with a new fabric.
    pub fn new(miniature: &'a Miniature, workspace: &Workspace, name: &str) -> Result<Setup<'a>> {
        let generation = miniature.generation.number();
        let folder = workspace.subfolder(&format!("{name}-{generation}"))?;
        for name in ["fabric", "runtime"] {
            fs::create_dir_all(folder.join(name))?;
        }
        let secret = folder.join("connauthfile");
        fs::write(&secret, "the secret of these daemons\n")?;
        let congestion = if may_use(CONGESTION) { CONGESTION } else { "" };
        Ok(Setup {
            miniature,
            folder,
            secret,
            congestion,
        })
    }

    /// Starts the storage daemon on `port` without waiting for anything.
    pub fn launch_storage(&self, port: u16, settings: &[String]) -> Result<Daemon> {
        let mut all = vec![self.port("Storage", port)];
        all.extend_from_slice(settings);
        self.start("storage", STORAGE_NODE, &all, &[])
    }

    /// As [`launch_storage`](Self::launch_storage), with libraries of this folder before its own.
    pub fn launch_storage_with(&self, libraries: &Path, settings: &[String]) -> Result<Daemon> {
        let all = [&[self.port("Storage", free_port()?)], settings].concat();
        let path = ("LD_LIBRARY_PATH", libraries.as_os_str());
        self.start("storage", STORAGE_NODE, &all, &[path])
    }

    /// Starts the storage daemon and waits until it serves.
    pub fn storage(&self, port: u16, settings: &[String]) -> Result<Daemon> {
        let mut storage = self.launch_storage(port, settings)?;
        storage.wait_for_log("Listening for TCP connections", START_LIMIT)?;
        Ok(storage)
    }

    /// Starts the metadata daemon with a workload for the server on `peer`.
    pub fn launch_meta(
        &self,
        node: u32,
        peer: u16,
        work: &Workload,
        settings: &[String],
    ) -> Result<Daemon> {
        let mut all = vec![
            self.port("Meta", free_port()?),
            format!("demoPeer=127.0.0.1:{peer}"),
            format!("demoBytes={}", work.bytes),
            format!("demoExchanges={}", work.exchanges),
            format!("demoReport={}", self.report_file(node).display()),
        ];
        all.extend_from_slice(settings);
        self.start("meta", node, &all, &[])
    }

    /// Lets the metadata daemon do the work, and reads its report.
    ///
    /// # Errors
    /// It fails, or does not end.
    pub fn work(
        &self,
        node: u32,
        peer: u16,
        work: &Workload,
        settings: &[String],
    ) -> Result<Report> {
        let mut meta = self.launch_meta(node, peer, work, settings)?;
        let status = meta.wait(WORK_LIMIT)?;
        ensure!(
            status.success(),
            "beegfs-meta failed ({status}){}",
            meta.tail()
        );
        let file = self.report_file(node);
        let text = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))
    }

    /// What the transport itself has counted in a daemon.
    pub fn counters(&self, daemon: &Daemon) -> Result<Counters> {
        let socket = ntb_core::report::socket_path(&self.folder.join("runtime"), daemon.pid());
        let report = ntb_core::report::read(&socket)
            .with_context(|| format!("the transport's statistics, {}", socket.display()))?;
        Ok(Counters::new(&report))
    }

    /// The emulated fabric, once a daemon uses it.
    pub fn fabric(&self) -> Result<::sisci::control::Fabric> {
        Ok(::sisci::control::Fabric::open(self.folder.join("fabric"))?)
    }

    /// Writes a file for a key that wants one.
    pub fn file(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }

    fn report_file(&self, node: u32) -> PathBuf {
        self.folder.join(format!("report-node{node}.json"))
    }

    fn port(&self, daemon: &str, port: u16) -> String {
        format!("{}={port}", self.miniature.generation.port_key(daemon))
    }

    /// Starts a daemon as a node of the fabric, on a host of its own as the emulator sees it. Later
    /// settings win.
    fn start(
        &self,
        daemon: &str,
        node: u32,
        settings: &[String],
        environment: &[(&str, &OsStr)],
    ) -> Result<Daemon> {
        let mut command = Command::new(self.miniature.daemon(daemon));
        command
            .args(["connInterfacesList=lo", "connNTBLibrary=emulator"])
            .arg(format!("connNTBPortShift={PORT_SHIFT}"))
            .arg(format!("connAuthFile={}", self.secret.display()))
            .arg(format!("connTCPCongestion={}", self.congestion))
            .args(settings)
            .current_dir(&self.folder)
            .env("SISCI_EMU_DIR", self.folder.join("fabric"))
            .env("SISCI_EMU_NODE", node.to_string())
            .env("SISCI_EMU_HOST", daemon)
            .env("NTB_RUNTIME_DIR", self.folder.join("runtime"))
            .envs(environment.iter().copied());
        let log = self.folder.join(format!("{daemon}-node{node}.log"));
        Daemon::start(&format!("beegfs-{daemon}"), command, &log)
    }
}

/// A port that nobody uses, and nobody uses the NTB control port that belongs to it. Somebody may
/// take one before the daemon does; then the daemon says so.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(97);
    for _ in 0..PORTS.len() {
        let next = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = PORTS.start + (next % PORTS.len() as u32) as u16;
        let is_free = |port| TcpListener::bind(("0.0.0.0", port)).is_ok();
        if is_free(port) && is_free(port + PORT_SHIFT) {
            return Ok(port);
        }
    }
    bail!("found no free pair of ports that are {PORT_SHIFT} apart")
}

/// Whether this user may choose the congestion control on this system.
fn may_use(congestion: &str) -> bool {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None);
    socket.is_ok_and(|socket| sockopt::set_tcp_congestion(socket, congestion).is_ok())
}

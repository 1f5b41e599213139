//! Two daemons, the traffic between them on one path and then on the other, and the proof of which
//! path it took.

use super::{
    daemon::Daemon,
    miniature::Miniature,
    report::{Counters, Outcome, Path as Transport, Report, Run},
    workspace::Workspace,
};
use anyhow::{Context, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use rustix::net::{AddressFamily, SocketType, sockopt};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// What is moved.
pub struct Workload {
    /// In each direction.
    pub bytes: u64,
    /// Small requests with small answers.
    pub exchanges: u64,
}

impl Workload {
    pub const FULL: Workload = Workload {
        bytes: 1 << 30,
        exchanges: 10_000,
    };
    pub const QUICK: Workload = Workload {
        bytes: 64 << 20,
        exchanges: 1_000,
    };
}

const START_LIMIT: Duration = Duration::from_secs(30);
/// Generous: the slowest machine that is of any use moves the data in this time.
const WORK_LIMIT: Duration = Duration::from_secs(300);

/// The control port of the NTB transport is the stream port and this.
const PORT_SHIFT: u16 = 1000;

/// Preferred for TCP, if this system lets us choose it: what a loaded network gets by default.
const CONGESTION: &str = "cubic";

/// Everything that both daemons are started with.
struct Setup<'a> {
    miniature: &'a Miniature,
    folder: PathBuf,
    secret: PathBuf,
    congestion: &'static str,
}

/// Runs the workload over NTB and over TCP.
///
/// # Errors
/// A daemon fails, anything arrives changed or not at all, or a byte took the wrong path.
pub fn run(miniature: &Miniature, workspace: &Workspace, work: &Workload) -> Result<Outcome> {
    let setup = Setup::new(miniature, workspace)?;
    let port = free_port()?;
    let mut storage = setup.start("storage", 4, &[setup.port("Storage", port)])?;
    storage.wait_for_log("Listening for TCP connections", START_LIMIT)?;

    let mut runs = Vec::new();
    for transport in Transport::ALL {
        let before = setup.counters(&storage)?;
        let report = setup.work(transport, port, work)?;
        workspace.check()?;
        let counted = setup.counters(&storage)?.since(&before);
        runs.push(Run {
            transport,
            report,
            counted,
        });
    }
    storage.stop()?;

    let [ntb, tcp] = <[Run; 2]>::try_from(runs)
        .ok()
        .context("one run for each transport")?;
    let outcome = Outcome {
        generation: miniature.generation.number(),
        system_congestion: system_congestion(),
        ntb,
        tcp,
    };
    let problems = outcome.problems(work);
    if !problems.is_empty() {
        bail!(
            "generation {}: the demonstration failed:\n  {}",
            outcome.generation,
            problems.join("\n  ")
        );
    }
    Ok(outcome)
}

impl<'a> Setup<'a> {
    fn new(miniature: &'a Miniature, workspace: &Workspace) -> Result<Setup<'a>> {
        let folder =
            workspace.subfolder(&format!("generation-{}", miniature.generation.number()))?;
        for name in ["fabric", "runtime"] {
            fs::create_dir_all(folder.join(name))?;
        }
        let secret = folder.join("connauthfile");
        fs::write(&secret, "the secret of this demonstration\n")?;
        let congestion = if may_use(CONGESTION) { CONGESTION } else { "" };
        Ok(Setup {
            miniature,
            folder,
            secret,
            congestion,
        })
    }

    fn port(&self, daemon: &str, port: u16) -> String {
        format!("{}={port}", self.miniature.generation.port_key(daemon))
    }

    /// Starts a daemon as a node of the fabric, on a host of its own as the emulator sees it.
    fn start(&self, daemon: &str, node: u32, settings: &[String]) -> Result<Daemon> {
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
            .env("NTB_RUNTIME_DIR", self.folder.join("runtime"));
        let log = self.folder.join(format!("{daemon}-node{node}.log"));
        Daemon::start(&format!("beegfs-{daemon}"), command, &log)
    }

    /// Lets the metadata daemon do the work, and reads its report.
    fn work(&self, transport: Transport, peer: u16, work: &Workload) -> Result<Report> {
        let node = match transport {
            Transport::Ntb => 8,
            Transport::Tcp => 12,
        };
        let file = self
            .folder
            .join(format!("{}.json", transport.name().to_lowercase()));
        let settings = [
            self.port("Meta", free_port()?),
            format!("connUseNTB={}", transport == Transport::Ntb),
            format!("demoPeer=127.0.0.1:{peer}"),
            format!("demoBytes={}", work.bytes),
            format!("demoExchanges={}", work.exchanges),
            format!("demoReport={}", file.display()),
        ];
        let bar = spinner(&format!(
            "generation {}: {} MiB each way and {} exchanges over {}",
            self.miniature.generation.number(),
            work.bytes >> 20,
            work.exchanges,
            transport.name()
        ))?;
        let mut meta = self.start("meta", node, &settings)?;
        let status = meta.wait(WORK_LIMIT)?;
        bar.finish_and_clear();
        ensure!(
            status.success(),
            "beegfs-meta failed ({status}){}",
            meta.tail()
        );
        read_report(&file)
    }

    /// What the transport itself has counted in a daemon.
    fn counters(&self, daemon: &Daemon) -> Result<Counters> {
        let socket = ntb_core::report::socket_path(&self.folder.join("runtime"), daemon.pid());
        let report = ntb_core::report::read(&socket)
            .with_context(|| format!("the transport's statistics, {}", socket.display()))?;
        Ok(Counters::new(&report))
    }
}

fn read_report(file: &Path) -> Result<Report> {
    let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))
}

fn spinner(message: &str) -> Result<ProgressBar> {
    let bar = ProgressBar::new_spinner().with_message(message.to_string());
    bar.set_style(ProgressStyle::with_template(
        "  {spinner} {msg} {elapsed:.dim}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

/// A port that nobody uses, and nobody uses the NTB control port that belongs to it. Somebody may
/// take one before the daemon does; then the daemon says so.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let probe = TcpListener::bind(("0.0.0.0", 0)).context("looking for a free port")?;
        let port = probe.local_addr()?.port();
        if let Some(control) = port.checked_add(PORT_SHIFT)
            && TcpListener::bind(("0.0.0.0", control)).is_ok()
        {
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

fn system_congestion() -> String {
    fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control")
        .map_or_else(|_| "unknown".to_string(), |name| name.trim().to_string())
}

//! `cluster up`: hosts, then daemons one after the other, then the proof that they work.

use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustix::mount::{MountFlags, mount};

use super::plan::{ClusterName, Host, Role};
use super::process::Process;
use super::software::{OtherFabric, Setting, Software, StockHost};
use super::state::{self, Daemon, Lock, State};
use super::tools::Interrupt;
use super::{NameArgs, control, daemons, down, launch, net};

/// Memory that the daemons' own files and the rings of a small fabric may take.
const SPACE: u64 = 256 << 20;

/// How long a program that ends by itself may take.
const TOOL_LIMIT: Duration = Duration::from_secs(30);

/// Lines of a daemon's log that are shown when it fails.
const TAIL_LINES: usize = 25;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of a build: `sbin/` with the daemons, `lib/` with the transport.
    #[arg(long)]
    pub(super) prefix: PathBuf,
    /// Configuration key for all daemons or, with HOST: in front, for one.
    #[arg(long = "set", value_name = "[HOST:]KEY=VALUE")]
    pub(super) settings: Vec<Setting>,
    /// Run the daemon of a host from an unpatched build, without NTB.
    #[arg(long = "stock", value_name = "HOST=PREFIX")]
    pub(super) stock: Vec<StockHost>,
    /// Give a host's adapter to another fabric, which no cable joins with the first.
    #[arg(long = "fabric", value_name = "HOST=NAME")]
    pub(super) fabrics: Vec<OtherFabric>,
    /// Start with the links of a host down; `ntb emu link up NODE` brings them up.
    #[arg(long = "link-down", value_name = "HOST")]
    pub(super) links_down: Vec<Host>,
    /// The separate management daemon of BeeGFS 8, which a build of these versions needs.
    #[arg(long, value_name = "PROGRAM")]
    pub(super) mgmtd: Option<PathBuf>,
    /// How long each daemon may take to get ready.
    #[arg(long, value_name = "SECS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: u64,
    /// Start a second metadata server, on host meta2.
    #[arg(long)]
    pub(super) second_meta: bool,
    /// Congestion control of TCP on all hosts, as cubic; it makes a difference of several times.
    /// Default: the system's.
    #[arg(long, value_name = "NAME")]
    pub(super) congestion: Option<String>,
    #[command(flatten)]
    pub(super) name: NameArgs,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let name = args.name.name;
    let software = Software::find(&args.prefix, args.mgmtd.as_deref(), &args.stock)?
        .with_fabrics(&args.fabrics);
    let _lock = Lock::take(&name)?;
    if state::exists(&name)? {
        bail!(
            "cluster {name} is there already, or what an interrupted start left of it; \
               remove it with `cargo xtask cluster down --name {name}`"
        );
    }
    let interrupt = Interrupt::install()?;
    if !software.is_patched() {
        let path = if software.has_plugin(Host::Storage1) {
            "they use the plugin that lies beside them"
        } else {
            "TCP only"
        };
        let prefix = software.prefix().display();
        println!("the daemons in {prefix} are not patched: {path}");
    }
    let unfinished = Unfinished(&name);
    let control = daemons::control_arguments(&name, &software, &args.settings, &[]);
    let mut start = Start {
        state: State::new(name.clone(), software, control),
        settings: args.settings,
        links_down: args.links_down,
        interrupt,
        limit: Duration::from_secs(args.timeout),
        servers: servers(args.second_meta),
        congestion: args.congestion,
        children: Vec::new(),
    };
    start.everything()?;
    std::mem::forget(unfinished);
    println!(
        "cluster {name} is up; logs, data and state: {}",
        name.run_dir().display()
    );
    println!("show its connections: cargo xtask cluster status --name {name}");
    Ok(())
}

/// The hosts that get a daemon, those of a kind together.
fn servers(second_meta: bool) -> Vec<Host> {
    let mut servers = Host::SERVERS.to_vec();
    if second_meta {
        let last = servers.iter().rposition(|host| host.role() == Role::Meta);
        servers.insert(last.map_or(0, |last| last + 1), Host::Meta2);
    }
    servers
}

/// Removes what there is of the cluster, unless forgotten.
struct Unfinished<'a>(&'a ClusterName);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        eprintln!("removing what was started of cluster {}", self.0);
        if let Err(error) = down::remove(self.0) {
            eprintln!("error: {error:#}");
        }
    }
}

/// A cluster that is being started.
struct Start {
    state: State,
    settings: Vec<Setting>,
    links_down: Vec<Host>,
    interrupt: Interrupt,
    /// For each step that is waited for.
    limit: Duration,
    /// The hosts that get a daemon, in this order.
    servers: Vec<Host>,
    congestion: Option<String>,
    children: Vec<(Host, Child)>,
}

impl Start {
    fn everything(&mut self) -> anyhow::Result<()> {
        self.folders()?;
        self.state.save()?;
        net::create(&self.state.name)?;
        if let Some(congestion) = &self.congestion {
            net::set_congestion(&self.state.name, congestion)?;
        }
        if self.state.software.is_version_8() {
            self.initialise_management()?;
        }
        for host in self.servers.clone() {
            self.daemon(host)?;
        }
        if !self.state.software.is_version_8() {
            self.wait_for_targets(Role::Storage, 2)?;
            let metas = self.servers.iter().filter(|host| host.role() == Role::Meta);
            self.wait_for_targets(Role::Meta, metas.count())?;
        }
        self.state.complete = true;
        self.state.save()
    }

    fn folders(&self) -> anyhow::Result<()> {
        let name = &self.state.name;
        let run_dir = name.run_dir();
        launch::make_folder(&run_dir)?;
        mount_memory(&run_dir).with_context(|| format!("mount on {}", run_dir.display()))?;
        launch::require_space(&run_dir, SPACE)?;
        for host in Host::ALL {
            launch::make_folder(&self.state.software.fabric_dir(name, host))?;
        }
        launch::make_folder(&run_dir.join("logs"))?;
        launch::make_folder(&name.runtime_dir())?;
        for &host in &self.servers {
            launch::make_folder(&name.data_dir(host))?;
        }
        write_secret(&name.auth_file())?;
        self.take_links_down()
    }

    fn take_links_down(&self) -> anyhow::Result<()> {
        for host in &self.links_down {
            let folder = self.state.software.fabric_dir(&self.state.name, *host);
            let fabric = match folder.join("version").exists() {
                true => ::sisci::control::Fabric::open(&folder)?,
                false => ::sisci::control::Fabric::create(&folder, "", false)?,
            };
            fabric.set_node_link(host.ntb_node(), false)?;
            println!(
                "{:<9} NTB links are down (node {})",
                host.name(),
                host.ntb_node()
            );
        }
        Ok(())
    }

    /// The management daemon of BeeGFS 8 makes its database in a run of its own.
    fn initialise_management(&self) -> anyhow::Result<()> {
        let arguments = daemons::management_8_init(&self.state.name);
        let output = control::run_on(
            &self.state,
            Host::Mgmtd,
            &self.interrupt,
            &arguments,
            TOOL_LIMIT,
        )?;
        let stderr = output.stderr.trim();
        ensure!(
            output.status.success(),
            "management daemon --init: {stderr}"
        );
        Ok(())
    }

    /// Starts the daemon of a host and waits until it accepts connections, which it does when
    /// it has registered. One after the other, so that all get the same ids every time.
    fn daemon(&mut self, host: Host) -> anyhow::Result<()> {
        self.interrupt.check()?;
        let State { name, software, .. } = &self.state;
        let arguments = daemons::arguments(name, software, &self.settings, host);
        let child = launch::daemon(name, software, host, &arguments)?;
        let process = Process::with_pid(child.id());
        self.children.push((host, child));
        self.state
            .daemons
            .extend(process.map(|process| Daemon { host, process }));
        self.state.save()?;

        let port = host.role().port().expect("only servers are started");
        let namespace = self.state.name.namespace(host);
        let what = format!(
            "{} on {} listens on port {port}",
            host.role().program(),
            host.name()
        );
        self.wait(host, &what, || net::is_listening(&namespace, port))?;
        println!("{:<9} {} is ready", host.name(), host.role().program());
        Ok(())
    }

    /// Waits until the control tool, from the client host, finds all targets of a role in use.
    fn wait_for_targets(&mut self, role: Role, count: usize) -> anyhow::Result<()> {
        let node_type = if role == Role::Meta {
            "meta"
        } else {
            "storage"
        };
        let node_type = format!("--nodetype={node_type}");
        let state = self.state.clone();
        let interrupt = self.interrupt.clone();
        let what = format!("{} reports {count} usable target(s)", role.program());
        self.wait(Host::Mgmtd, &what, || {
            let mode = ["--listtargets", "--state", &node_type];
            let targets = control::run(&state, &interrupt, &mode, TOOL_LIMIT)?;
            let usable = |line: &&str| line.contains("Online") && line.contains("Good");
            Ok(targets.stdout.lines().filter(usable).count() == count)
        })
    }

    /// Waits while all daemons run. A failure shows the log of the daemon that ended, or else
    /// of `host`.
    fn wait(
        &mut self,
        host: Host,
        what: &str,
        mut done: impl FnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let mut ended = None;
        let children = &mut self.children;
        let outcome = self.interrupt.wait_until(what, self.limit, || {
            for (host, child) in children.iter_mut() {
                if let Some(status) = child.try_wait()? {
                    ended = Some(*host);
                    bail!(
                        "{} on {} ended ({status})",
                        host.role().program(),
                        host.name()
                    );
                }
            }
            done()
        });
        if outcome.is_err() && self.interrupt.check().is_ok() {
            let host = ended.unwrap_or(host);
            eprintln!("last lines of the log of {}:", host.name());
            eprint!("{}", launch::log_tail(&self.state.name, host, TAIL_LINES));
        }
        outcome
    }
}

/// Mounts a file system in memory. What the daemons store, and their secret, is for root only.
fn mount_memory(path: &Path) -> std::io::Result<()> {
    let flags = MountFlags::NODEV | MountFlags::NOSUID;
    Ok(mount("tmpfs", path, "tmpfs", flags, c"mode=0700")?)
}

/// Writes the random secret with which the daemons recognise each other.
fn write_secret(path: &Path) -> anyhow::Result<()> {
    let mut secret = [0; 64];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut secret)?;
    let write = || {
        let mut file = std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        std::io::Write::write_all(&mut file, &secret)
    };
    write().with_context(|| path.display().to_string())
}

//! `cluster traffic`: every kind of traffic between the daemons at once. Data
//! are compared, and the daemons' own counters say which way they went.
//!
//! | module | concept |
//! |---|---|
//! | [`tool`] | `ntb beemsg` on the client host |
//! | [`bytes`] | how much went over NTB meanwhile |
//! | [`mirror`] | mirror groups of storage targets, forwarding, resync after an outage |
//! | [`disturb`] | storage daemons that pause, die and come back while they are busy |
//! | [`outage`] | a daemon that is killed and started again |
//! | [`chunks`] | what two storage daemons have stored, compared |
//! | [`kernel`] | files of the real kernel client |
//! | [`metadata`] | requests between metadata servers, fsck |

mod bytes;
mod chunks;
mod disturb;
mod kernel;
mod metadata;
mod mirror;
mod outage;
mod tool;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, anyhow, bail, ensure};
use clap::ValueEnum;

use super::outcomes::{self, Outcomes};
use super::plan::{Host, Role};
use super::snapshot;
use super::state::State;
use super::tools::Interrupt;
use super::{NameArgs, client, iotest, launch, status};
use bytes::{Meanwhile, Moved};
use tool::Tool;

/// Memory that the kinds of traffic may take, besides what is there.
const SPACE: u64 = 256 << 20;

/// Bytes of a storage daemon's share in the simple kinds.
const SHARE: u64 = 32 << 20;
/// Files of which this is the sum, where chunks are moved.
const BALANCED: u64 = 16;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these kinds; one that does not apply to the cluster is an error then.
    #[arg(long, value_delimiter = ',', value_name = "KINDS")]
    only: Vec<Kind>,
    /// The `ntb` program. Default: built from this tree.
    #[arg(long, value_name = "PROGRAM")]
    ntb: Option<PathBuf>,
    #[command(flatten)]
    client: client::Options,
    #[command(flatten)]
    name: NameArgs,
}

/// A kind of traffic. What leaves chunks without a file, or files of which metadata servers know less than
/// there is, comes after the check of the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Chunks written and read on each storage target, by `ntb beemsg`.
    Chunks,
    /// Chunks that a storage daemon moves to another one (8.2 and later).
    Balance,
    /// Folders, moves and links across metadata servers; needs `up --second-meta`.
    Metadata,
    /// Files of the kernel client, in a mirrored folder where there can be one; only with --source, or if named.
    Client,
    /// `beegfs-fsck` over the whole file system.
    Fsck,
    /// A file written and read by `beegfs-ctl --iotest` (7.4).
    Iotest,
    /// A storage daemon that is paused, then killed, while it is written to and read from, and started again.
    Disturb,
    /// Chunks that the primary of a mirror group forwards to its secondary.
    Mirror,
    /// The secondary is killed, gets behind, comes back and is brought up to date.
    Resync,
    /// The same as resync with the second of two metadata servers, which mirror each other from then on;
    /// needs `up --second-meta`.
    Metaresync,
}

/// What a kind of traffic has shown.
struct Shown {
    /// What was compared.
    compared: String,
    /// Bytes over NTB, and between whom.
    moved: String,
}

/// Why a kind does not apply to this cluster.
enum Outcome {
    Shown(Shown),
    NotHere(&'static str),
}

/// What all kinds work with.
pub(super) struct Work {
    state: State,
    interrupt: Interrupt,
    tool: Tool,
    client: Option<client::Options>,
    /// The kinds were chosen by name: what does not apply is an error then.
    is_named: bool,
    /// The way of `ntb beemsg` to the storage servers.
    way: &'static str,
}

/// Bulk data that one storage server has sent to the other.
pub(super) struct Sent {
    pub(super) from: Host,
    pub(super) to: Host,
    /// What was sent at least.
    pub(super) bytes: u64,
    pub(super) moved: Moved,
    /// What was compared.
    pub(super) compared: String,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let state = State::of_running(&args.name.name)?;
    ensure!(
        state.software.is_patched(),
        "the daemons of this cluster are not patched: nothing goes over NTB"
    );
    launch::require_space(&state.name.run_dir(), SPACE)?;
    let tool = Tool::get(&state, args.ntb.as_deref())?;
    let mut work = Work {
        state,
        interrupt: Interrupt::install()?,
        tool,
        client: Some(args.client),
        is_named: !args.only.is_empty(),
        way: "ntb",
    };
    let mut daemons = work.state.daemons.iter();
    if let Some(daemon) = daemons.find(|daemon| !daemon.process.is_running()) {
        let log = work.state.name.log_file(daemon.host);
        bail!(
            "{} has ended; its log: {}",
            daemon.host.name(),
            log.display()
        );
    }
    work.wait_for_servers()?;
    let mut outcomes = Outcomes::new(&["kind", "outcome", "compared", "over NTB"]);
    for kind in kinds(&args.only) {
        let name = kind.to_possible_value().expect("none is hidden");
        let name = name.get_name().to_owned();
        eprintln!("{name} …");
        let begin = Instant::now();
        let outcome = work.run(kind).and_then(|outcome| match outcome {
            Outcome::NotHere(why) if work.is_named => Err(anyhow!(why)),
            outcome => Ok(outcome),
        });
        if outcome.is_err() {
            work.interrupt.check()?;
        }
        outcomes.add(name, begin, outcome.map(cells));
    }
    outcomes.finish()
}

fn cells(outcome: Outcome) -> [String; 3] {
    match outcome {
        Outcome::Shown(shown) => ["done".to_owned(), shown.compared, shown.moved],
        Outcome::NotHere(why) => [outcomes::NOT_HERE.to_owned(), why.to_owned(), String::new()],
    }
}

fn kinds(only: &[Kind]) -> Vec<Kind> {
    let is_wanted = |kind: &Kind| only.is_empty() || only.contains(kind);
    let all = Kind::value_variants().iter().copied();
    all.filter(is_wanted).collect()
}

impl Work {
    /// For other commands: what this process sends goes over TCP, so that it needs no path of its own and
    /// is none of the bytes that it looks at.
    pub(super) fn aside(
        state: State,
        interrupt: Interrupt,
        ntb: Option<&std::path::Path>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            tool: Tool::get(&state, ntb)?,
            state,
            interrupt,
            client: None,
            is_named: false,
            way: "tcp",
        })
    }

    /// Has one storage server send bulk data to the other, and compares them: by mirror forwarding in 7.4,
    /// by chunk balancing from 8.2 on.
    pub(super) fn between_storages(&mut self) -> anyhow::Result<Sent> {
        if self.state.software.is_version_8() {
            return self.move_chunks();
        }
        let pair = self.pair(Role::Storage)?;
        self.send_to_mirror(&pair.context("no mirror group")?)
    }

    fn run(&mut self, kind: Kind) -> anyhow::Result<Outcome> {
        match kind {
            Kind::Chunks => self.chunks(),
            Kind::Iotest => self.iotest(),
            Kind::Disturb => self.disturb(),
            Kind::Mirror => self.mirror(),
            Kind::Resync => self.resync(Role::Storage),
            Kind::Balance => self.balance(),
            Kind::Metadata => self.metadata(),
            Kind::Client => self.kernel(),
            Kind::Fsck => self.fsck(),
            Kind::Metaresync => self.resync(Role::Meta),
        }
    }

    /// Waits until the management daemon knows all servers, and calls none offline: that of BeeGFS 8 does until it
    /// has heard of a server some time after its start.
    pub(super) fn wait_for_servers(&self) -> anyhow::Result<()> {
        self.insist("the management daemon's view of the servers", || {
            for role in [Role::Storage, Role::Meta] {
                let targets = self.tool.targets(role)?;
                for daemon in &self.state.daemons {
                    let host = daemon.host;
                    let target = targets.iter().find(|target| target.host == host);
                    let is_well = target.is_some_and(|target| target.reachability != "offline");
                    ensure!(
                        is_well || host.role() != role,
                        "{} is not known, or offline",
                        host.name()
                    );
                }
            }
            Ok(())
        })
    }

    /// Writes and reads, each target by itself; the tool compares every byte.
    fn chunks(&mut self) -> anyhow::Result<Outcome> {
        let before = Meanwhile::begin(&self.state)?;
        let share = SHARE.to_string();
        let targets = self.tool.targets(Role::Storage)?;
        ensure!(!targets.is_empty(), "no storage targets");
        for target in &targets {
            let number = target.number.to_string();
            self.tool.load(&["--target", &number, "--amount", &share])?;
        }
        let moved = before.end(&self.state)?;
        // Written and read once each.
        moved.require_each(&[Host::Storage1, Host::Storage2], 2 * SHARE)?;
        Ok(Outcome::Shown(Shown {
            compared: "all bytes, twice".to_owned(),
            moved: moved.text(&[Host::Storage1, Host::Storage2]),
        }))
    }

    /// Chunks that change their target; the tool compares every byte afterwards.
    fn balance(&mut self) -> anyhow::Result<Outcome> {
        if !self.state.software.balances_chunks()? {
            return Ok(Outcome::NotHere("BeeGFS before 8.2 moves no chunks"));
        }
        let sent = self.move_chunks()?;
        let between = sent.moved.between(sent.from, sent.to);
        ensure!(
            between >= sent.bytes,
            "{between} bytes went between the storage servers over NTB, {SHARE} were moved"
        );
        Ok(Outcome::Shown(Shown {
            compared: sent.compared,
            moved: sent.moved.text(&[Host::Storage1, Host::Storage2]),
        }))
    }

    /// Half of the chunks go from the one to the other, half the other way.
    fn move_chunks(&self) -> anyhow::Result<Sent> {
        let before = Meanwhile::begin(&self.state)?;
        let size = (SHARE / BALANCED).to_string();
        let files = BALANCED.to_string();
        let arguments = ["balance", "--json", "--files", &files, "--size", &size];
        self.tool.run(&arguments)?;
        Ok(Sent {
            from: Host::Storage1,
            to: Host::Storage2,
            bytes: SHARE,
            moved: before.end(&self.state)?,
            compared: format!("all bytes of {files} chunks in their new place"),
        })
    }

    fn iotest(&mut self) -> anyhow::Result<Outcome> {
        if self.state.software.is_version_8() {
            return Ok(Outcome::NotHere("BeeGFS 8 has no such tool"));
        }
        let before = Meanwhile::begin(&self.state)?;
        for (host, way) in iotest::small(self.state.name.clone())? {
            ensure!(way == iotest::Way::Ntb, "{}: over TCP", host.name());
        }
        let moved = before.end(&self.state)?;
        Ok(Outcome::Shown(Shown {
            compared: "what was stored".to_owned(),
            moved: moved.text(&[Host::Storage1, Host::Storage2]),
        }))
    }
}

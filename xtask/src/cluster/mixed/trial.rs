//! One cluster: started, loaded, judged.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::super::plan::{Host, Role};
use super::super::snapshot::{self, HostView, Path};
use super::super::software::StockHost;
use super::super::state::State;
use super::super::tools::Interrupt;
use super::super::traffic::{Sent, Work};
use super::super::{NameArgs, iotest, status, up};
use super::Args;
use super::case::{Case, FABRIC};

/// connNTBRetrySecs of the servers: how long a link that comes up may stay unnoticed.
const RETRY_SECS: u64 = 4;
/// How long it may take until a link that came up carries data: the pause, and what is under way.
const LATE_LIMIT: Duration = Duration::from_secs(60);
/// How long a daemon may take to get ready.
const START_LIMIT: u64 = 120;

/// What a log says of a peer that is on TCP.
const ON_TCP: &str = "Not using NTB for ";

pub struct Trial<'a> {
    args: &'a Args,
    case: Case,
    interrupt: Interrupt,
}

pub enum Outcome {
    /// What was seen, line by line.
    Works(Vec<String>),
    NotHere(&'static str),
}

impl<'a> Trial<'a> {
    pub fn new(args: &'a Args, case: Case, interrupt: Interrupt) -> Self {
        Self {
            args,
            case,
            interrupt,
        }
    }

    /// # Errors
    /// Something does not work, or takes another path than it should. The cluster is left.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let is_8 = self.args.mgmtd.is_some();
        if is_8 && self.case == Case::StockMgmtd {
            return Ok(Outcome::NotHere("it is stock in each of these clusters"));
        }
        let stock = match (self.case.stock_host(), &self.args.stock) {
            (None, _) => Vec::new(),
            (Some(_), None) => return Ok(Outcome::NotHere("its daemon is taken from --stock")),
            (Some(host), Some(prefix)) => {
                let text = format!("{}={}", host.name(), prefix.display());
                vec![text.parse().map_err(anyhow::Error::msg)?]
            }
        };
        up::run(self.start(stock)?)?;
        let name = &self.args.name.name;
        let state = State::of_running(name)?;
        let ntb = self.args.ntb.as_deref();
        let mut work = Work::aside(state.clone(), self.interrupt.clone(), ntb)?;
        let mut seen = Vec::new();

        work.check_files().context("beegfs-fsck")?;
        seen.push("fsck: no errors".to_owned());
        if !is_8 {
            seen.push(self.client_io()?);
        }
        let is_late = self.case == Case::LateLink;
        let sent = work.between_storages().context("storage to storage")?;
        let joined = self.case.joins(sent.from, sent.to) && !is_late;
        seen.push(judge(&sent, joined)?);
        if !joined {
            seen.extend(self.reason(&state, &sent)?);
        }
        if is_late {
            set_link(&state, Host::Storage2)?;
            seen.push(self.until_ntb(&mut work)?);
        } else {
            seen.push(self.pairs(&snapshot::take(&state)?)?);
        }
        Ok(Outcome::Works(seen))
    }

    fn start(&self, stock: Vec<StockHost>) -> anyhow::Result<up::Args> {
        let mut settings = vec![format!("connNTBRetrySecs={RETRY_SECS}")];
        if self.case == Case::Off {
            settings.push("storage2:connUseNTB=false".to_owned());
        }
        let parse = |text: &String| text.parse().map_err(anyhow::Error::msg);
        let others = self.case.on_other_fabric().iter();
        let fabrics = others.map(|host| format!("{}={FABRIC}", host.name()).parse());
        let is_late = self.case == Case::LateLink;
        Ok(up::Args {
            prefix: self.args.prefix.clone(),
            settings: settings.iter().map(parse).collect::<Result<_, _>>()?,
            stock,
            fabrics: fabrics
                .collect::<Result<_, _>>()
                .map_err(anyhow::Error::msg)?,
            links_down: Vec::from_iter(is_late.then_some(Host::Storage2)),
            mgmtd: self.args.mgmtd.clone(),
            timeout: START_LIMIT,
            second_meta: false,
            congestion: Some("cubic".to_owned()),
            name: NameArgs {
                name: self.args.name.name.clone(),
            },
        })
    }

    /// The control tool of 7.4 finds its paths as a server does.
    fn client_io(&self) -> anyhow::Result<String> {
        let mut text = Vec::new();
        for (host, way) in iotest::small(self.args.name.name.clone()).context("iotest")? {
            let is_cut = self.case == Case::LateLink && host == Host::Storage2;
            let wanted = match self.case.joins(Host::Client, host) && !is_cut {
                true => iotest::Way::Ntb,
                false => iotest::Way::Tcp,
            };
            ensure!(
                way == wanted,
                "iotest: {} got its data over {}, not {}",
                host.name(),
                way.name(),
                wanted.name()
            );
            text.push(format!("{} over {}", host.name(), way.name()));
        }
        Ok(format!("iotest: {}", text.join(", ")))
    }

    /// A server that has NTB says why the pair does not use it, and says it once.
    fn reason(&self, state: &State, sent: &Sent) -> anyhow::Result<Option<String>> {
        if !self.case.tries(sent.from) {
            return Ok(None);
        }
        let wanted = self.case.reason();
        let [from, to] = [sent.from, sent.to].map(Host::name);
        let path = state.name.log_file(sent.from);
        let log = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let address = sent.to.address().to_string();
        let said = log.lines().filter(|line| {
            line.contains(ON_TCP) && line.contains(&address) && line.contains(wanted)
        });
        let count = said.count();
        ensure!(
            count == 1,
            "the log of {from} gives the reason {count} times that {to} is not on NTB: {wanted}"
        );
        let views = snapshot::take(state)?;
        let skips = views.iter().filter(|view| view.host == sent.from);
        let mut skips = skips.flat_map(|view| &view.skips);
        let is_told =
            skips.any(|skip| skip.peer.contains(&address) && skip.reason.contains(wanted));
        ensure!(
            is_told,
            "the statistics of {from} don't say of {to}: {wanted}"
        );
        Ok(Some(format!("{from} says once of {to}: {wanted}")))
    }

    /// The link has come up: soon, and without a restart, data take it.
    fn until_ntb(&self, work: &mut Work) -> anyhow::Result<String> {
        let begin = Instant::now();
        loop {
            let sent = work.between_storages()?;
            let after = begin.elapsed();
            if sent.moved.between(sent.from, sent.to) >= sent.bytes {
                let seen = judge(&sent, true)?;
                return Ok(format!(
                    "link up, {:.0} s later: {seen}",
                    after.as_secs_f64()
                ));
            }
            ensure!(
                after < LATE_LIMIT,
                "{} s after the link came up: {}",
                LATE_LIMIT.as_secs(),
                judge(&sent, false).unwrap_or_else(|error| format!("{error:#}"))
            );
            self.interrupt.check()?;
        }
    }

    /// All connections between servers that are open now.
    fn pairs(&self, views: &[HostView]) -> anyhow::Result<String> {
        let mut paths = Vec::new();
        for view in views.iter().filter(|view| view.host.role() != Role::Client) {
            for peer in view.peers.iter().filter(|peer| peer.connections > 0) {
                let Some(other) = Host::named(&peer.peer) else {
                    continue;
                };
                if other.role() == Role::Client || peer.path == Path::Control {
                    continue;
                }
                let is_joined = self.case.joins(view.host, other);
                let is_ntb = peer.path == Path::Ntb;
                let name = if is_ntb { "NTB" } else { "TCP" };
                let pair = format!("{}-{}", view.host.name(), other.name());
                ensure!(is_joined == is_ntb, "{pair} has connections over {name}");
                if view.host < other {
                    paths.push(format!("{pair} {name}"));
                }
            }
        }
        ensure!(!paths.is_empty(), "no server has a connection");
        Ok(format!("open connections: {}", paths.join(", ")))
    }
}

/// Which way bulk data took; only one is right.
fn judge(sent: &Sent, joined: bool) -> anyhow::Result<String> {
    let Sent {
        from, to, bytes, ..
    } = *sent;
    // A stock server does not count itself.
    let ntb = sent
        .moved
        .between(from, to)
        .max(sent.moved.between(to, from));
    let tcp = sent
        .moved
        .tcp_between(from, to)
        .max(sent.moved.tcp_between(to, from));
    let text = format!(
        "{} to {}: {} over NTB, {} over TCP",
        from.name(),
        to.name(),
        status::bytes(ntb),
        status::bytes(tcp)
    );
    let is_right = match joined {
        true => ntb >= bytes && tcp < bytes / 10,
        false => ntb == 0 && tcp >= bytes,
    };
    let wanted = if joined { "NTB" } else { "TCP" };
    ensure!(
        is_right,
        "{text}; {} were to go over {wanted}",
        status::bytes(bytes)
    );
    Ok(format!("{text}; {}", sent.compared))
}

fn set_link(state: &State, host: Host) -> anyhow::Result<()> {
    let folder = state.software.fabric_dir(&state.name, host);
    ::sisci::control::Fabric::open(&folder)?.set_node_link(host.ntb_node(), true)?;
    Ok(())
}

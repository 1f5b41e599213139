//! Mirror groups of storage targets and of metadata servers: what a primary sends to its secondary.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};

use super::bytes::Meanwhile;
use super::metadata::{ACROSS, FILES};
use super::tool::{Group, Target};
use super::{Host, Outcome, Role, Sent, Shown, Work, chunks, status};
use crate::cluster::control;

/// Bytes that a thread writes.
const SHARE: u64 = 16 << 20;
/// Threads that write.
const THREADS: u64 = 4;

/// How long the daemons may take to hear of a group, or of each other's state.
const NEWS_LIMIT: Duration = Duration::from_secs(120);
/// How long the management daemon may take to call a killed daemon offline (its default is 180 s;
/// `up --set sysTargetOfflineTimeoutSecs=30` makes it shorter).
const OFFLINE_LIMIT: Duration = Duration::from_secs(300);
/// How long bringing a target up to date may take.
const RESYNC_LIMIT: Duration = Duration::from_secs(300);
const TOOL_LIMIT: Duration = Duration::from_secs(60);

/// A file on a metadata server: inode and entry of its folder.
const FILE_BYTES: u64 = 100;

/// A group with its targets, or its metadata servers.
pub(super) struct Pair {
    role: Role,
    group: Group,
    pub(super) primary: Target,
    pub(super) secondary: Target,
}

impl Work {
    pub(super) fn mirror(&mut self) -> anyhow::Result<Outcome> {
        let Some(pair) = self.pair(Role::Storage)? else {
            return Ok(Outcome::NotHere(NO_GROUP));
        };
        let sent = self.send_to_mirror(&pair)?;
        let between = sent.moved.between(sent.from, sent.to);
        ensure!(
            between >= sent.bytes,
            "{between} bytes went from the primary over NTB, {} were written",
            sent.bytes
        );
        let moved = arrow(&pair, between);
        let compared = sent.compared;
        Ok(Outcome::Shown(Shown { compared, moved }))
    }

    /// Writes through the primary, and compares what the two have.
    pub(super) fn send_to_mirror(&self, pair: &Pair) -> anyhow::Result<Sent> {
        let before = Meanwhile::begin(&self.state)?;
        self.fill(pair)?;
        let moved = before.end(&self.state)?;
        Ok(Sent {
            from: pair.primary.host,
            to: pair.secondary.host,
            bytes: THREADS * SHARE,
            moved,
            compared: self.compare(pair)?,
        })
    }

    pub(super) fn resync(&mut self, role: Role) -> anyhow::Result<Outcome> {
        if role == Role::Meta && self.state.daemon(Host::Meta2).is_none() {
            return Ok(Outcome::NotHere("one metadata server; up --second-meta"));
        }
        let Some(pair) = self.pair(role)? else {
            return Ok(Outcome::NotHere(NO_GROUP));
        };
        if role == Role::Meta {
            self.mirror_metadata()?;
        }
        let outage = self.outage(pair.secondary.host)?;
        outage.kill()?;
        let written = self
            .wait_for("offline", OFFLINE_LIMIT, &pair, |target| {
                target.reachability == "offline"
            })
            .and_then(|()| self.fill(&pair));
        let before = Meanwhile::begin(&self.state);
        // It is started again in any case: later kinds of traffic need it.
        self.restart(&outage)?;
        written?;
        self.wait_for("good again", RESYNC_LIMIT, &pair, |target| {
            target.reachability == "online" && target.consistency == "good"
        })?;
        let moved = before?.end(&self.state)?;
        let between = moved.between(pair.primary.host, pair.secondary.host);
        let least = match role {
            Role::Meta => u64::from(FILES) * FILE_BYTES,
            _ => THREADS * SHARE,
        };
        ensure!(
            between >= least,
            "{between} bytes went over NTB, the secondary lacked {least}"
        );
        let compared = self.compare(&pair)?;
        let moved = arrow(&pair, between);
        Ok(Outcome::Shown(Shown { compared, moved }))
    }

    /// The mirror group, made if there is none; none where that needs a licence.
    pub(super) fn pair(&mut self, role: Role) -> anyhow::Result<Option<Pair>> {
        let group = match self.tool.group(role)? {
            Some(group) => group,
            None if self.state.software.is_version_8() => return Ok(None),
            None => self.make_group(role)?,
        };
        Ok(Some(Pair {
            role,
            primary: self.tool.target(role, group.primary)?,
            secondary: self.tool.target(role, group.secondary)?,
            group,
        }))
    }

    fn make_group(&mut self, role: Role) -> anyhow::Result<Group> {
        let node_type = match role {
            Role::Meta => "--nodetype=meta",
            _ => "--nodetype=storage",
        };
        self.control(&["--addmirrorgroup", "--automatic", node_type, "--force"])?;
        let group = self.tool.group(role)?;
        group.context("the new group is not known")
    }

    /// Has the metadata servers mirror the root directory and all that is made in it from now on. They want
    /// to be started again for that.
    fn mirror_metadata(&mut self) -> anyhow::Result<()> {
        if self.tool.mirrors_metadata()? {
            return Ok(());
        }
        // They hear of their group some time after it was made.
        let mirror = || self.control(&["--mirrormd", "--force"]);
        self.insist("mirroring metadata", mirror)?;
        [Host::Meta, Host::Meta2]
            .into_iter()
            .try_for_each(|host| self.renew(host))
    }

    pub(super) fn control(&self, mode: &[&str]) -> anyhow::Result<()> {
        let output = control::run(&self.state, &self.interrupt, mode, TOOL_LIMIT)?;
        let text = [output.stdout.trim(), output.stderr.trim()].join("\n");
        ensure!(output.status.success(), "beegfs-ctl {}: {text}", mode[0]);
        Ok(())
    }

    /// Writes chunks, or makes files, through the primary. It may take a while until it knows its
    /// secondary's state; until then it asks to be asked again.
    fn fill(&self, pair: &Pair) -> anyhow::Result<()> {
        let group = pair.group.number.to_string();
        let [share, threads] = [SHARE.to_string(), THREADS.to_string()];
        let arguments = [
            ["--group", &group],
            ["--amount", &share],
            ["--threads", &threads],
            ["--forward", "--keep"],
            ["--work", "write"],
            ["--way", self.way],
        ]
        .concat();
        let fill = || match pair.role {
            Role::Meta => self.tree(FILES, ACROSS).map(drop),
            _ => self.tool.load(&arguments).map(drop),
        };
        self.insist("writing through the primary", fill)
    }

    /// Tries until it works.
    pub(super) fn insist(
        &self,
        what: &str,
        work: impl Fn() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut last = None;
        let done = self
            .interrupt
            .wait_until(what, NEWS_LIMIT, || match work() {
                Ok(()) => Ok(true),
                Err(error) => {
                    last = Some(error);
                    Ok(false)
                }
            });
        match (done, last) {
            (Err(late), Some(last)) => Err(last.context(late.to_string())),
            (done, _) => done,
        }
    }

    /// Waits until the secondary's state is as wanted.
    fn wait_for(
        &self,
        what: &str,
        limit: Duration,
        pair: &Pair,
        is_so: impl Fn(&Target) -> bool,
    ) -> anyhow::Result<()> {
        let what = format!("target {} is {what}", pair.secondary.number);
        self.interrupt.wait_until(&what, limit, || {
            Ok(is_so(&self.tool.target(pair.role, pair.secondary.number)?))
        })
    }

    /// All that both have mirrored.
    pub(super) fn compare(&self, pair: &Pair) -> anyhow::Result<String> {
        let folder = |host: Host| -> PathBuf { self.state.name.data_dir(host).join("buddymir") };
        let (files, bytes) =
            chunks::same(&folder(pair.primary.host), &folder(pair.secondary.host))?;
        ensure!(files > 0, "nothing is mirrored");
        let what = match pair.role {
            Role::Meta => "files of metadata",
            _ => "chunks",
        };
        Ok(format!("{files} {what}, {} on both", status::bytes(bytes)))
    }
}

/// Why there is no mirroring.
const NO_GROUP: &str = "no mirror group, and making one needs a licence in BeeGFS 8";

fn arrow(pair: &Pair, bytes: u64) -> String {
    let [from, to] = [pair.primary.host.name(), pair.secondary.host.name()];
    format!("{from} to {to} {}", status::bytes(bytes))
}

//! Requests between metadata servers, and the check of the whole file system.

use std::process::Stdio;

use anyhow::{Context, ensure};

use super::bytes::{Meanwhile, Moved};
use super::{Host, Outcome, Shown, State, Work, launch};

/// Files in the folder of each metadata server.
pub(super) const FILES: u32 = 2000;
/// Files that go from one metadata server to the other, and that are linked.
pub(super) const ACROSS: u32 = 200;

/// A request of one metadata server to another, and the answer: two headers.
const EXCHANGE_LEAST: u64 = 80;

impl Work {
    /// A folder on each metadata server, files, and files moved and linked across.
    pub(super) fn metadata(&mut self) -> anyhow::Result<Outcome> {
        if self.state.daemon(Host::Meta2).is_none() {
            return Ok(Outcome::NotHere("one metadata server; up --second-meta"));
        }
        // The servers hear of each other, and of storage targets, some time after they have started.
        self.insist("a folder on the second server", || {
            ensure!(self.tree(2, 1)? > 0, "all folders are on the first server");
            Ok(())
        })?;
        let before = Meanwhile::begin(&self.state)?;
        let remote = self.tree(FILES, ACROSS)?;
        ensure!(remote > 0, "no request needed two metadata servers");
        let moved = before.end(&self.state)?;
        let between = moved
            .between(Host::Meta, Host::Meta2)
            .max(moved.between(Host::Meta2, Host::Meta));
        let tcp = moved
            .tcp_between(Host::Meta, Host::Meta2)
            .max(moved.tcp_between(Host::Meta2, Host::Meta));
        ensure!(
            between >= remote * EXCHANGE_LEAST && tcp < between / 10,
            "of {remote} requests between the metadata servers {between} bytes went over NTB, {tcp} over TCP"
        );
        Ok(Outcome::Shown(Shown {
            compared: format!("{remote} requests of two servers succeeded"),
            moved: moved.text(&[Host::Meta, Host::Meta2]),
        }))
    }

    /// Fills the file system; the number of requests on which two servers worked.
    pub(super) fn tree(&self, files: u32, across: u32) -> anyhow::Result<u64> {
        let [files, across] = [files, across].map(|count| count.to_string());
        let arguments = ["tree", "--json", "--files", &files, "--across", &across];
        let done = self.tool.run(&arguments)?;
        let steps = done["steps"].as_array().context("steps")?;
        let remote = steps.iter().filter_map(|step| step["remote"].as_u64());
        Ok(remote.sum())
    }

    /// Fills the file system, then has it checked: no errors, and the lists came over NTB.
    pub(super) fn fsck(&mut self) -> anyhow::Result<Outcome> {
        let moved = self.check_files()?;
        // Each file is told of once at least, with its name and id.
        moved.require_each(&[Host::Meta], u64::from(FILES) * 64)?;
        Ok(Outcome::Shown(Shown {
            compared: "no errors found".to_owned(),
            moved: moved.text(&[Host::Meta, Host::Storage1, Host::Storage2]),
        }))
    }

    /// Makes some thousand files and has `beegfs-fsck` look at all; what went over NTB for the latter.
    ///
    /// # Errors
    /// It finds something.
    pub(in super::super) fn check_files(&self) -> anyhow::Result<Moved> {
        self.wait_for_servers()?;
        // A metadata server does not know the storage targets from the start.
        self.insist("making files", || self.tree(2, 1).map(drop))?;
        self.tree(FILES, ACROSS)?;
        let database = tempfile::tempdir().context("a folder for fsck's database")?;
        let before = Meanwhile::begin(&self.state)?;
        let State { name, software, .. } = &self.state;
        let output = launch::on_host(name, software, Host::Client, &[])
            .arg(software.prefix().join("sbin/beegfs-fsck"))
            .args(["--checkfs", "--readOnly", "--overwriteDbFile"])
            .arg(format!("--databasePath={}", database.path().display()))
            .args(&self.state.control)
            .stdin(Stdio::null())
            .output()
            .context("beegfs-fsck")?;
        let moved = before.end(&self.state)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let found = found(&text).with_context(|| format!("beegfs-fsck says:\n{}", tail(&text)))?;
        ensure!(
            found == 0,
            "beegfs-fsck found {found} errors:\n{}",
            tail(&text)
        );
        Ok(moved)
    }
}

/// Number of errors in fsck's summary.
fn found(text: &str) -> Option<u64> {
    let line = text.lines().rev().find(|line| line.contains("Found "))?;
    let (_, rest) = line.split_once("Found ")?;
    rest.split_whitespace().next()?.parse().ok()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

//! The real kernel client: files that it writes, reads back and compares. It talks TCP; what it writes to a
//! mirrored folder crosses between the storage daemons over NTB.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::ensure;

use super::super::client::{self, Client, Task};
use super::bytes::Meanwhile;
use super::{Host, Outcome, Role, Shown, Work};

/// Files, and MiB of each.
const FILES: u64 = 4;
const SIZE: u64 = 8;
/// How long a virtual machine may take for one command; its processor is emulated.
const LIMIT: Duration = Duration::from_secs(300);

impl Work {
    pub(super) fn kernel(&mut self) -> anyhow::Result<Outcome> {
        let options = self.client.clone();
        // Without a source, upstream's repository is asked: not unless this very kind is wanted.
        let is_wanted = |options: &client::Options| self.is_named || options.source.is_some();
        let Some(options) = options.filter(is_wanted) else {
            return Ok(Outcome::NotHere(
                "no --source, of which to compile the client",
            ));
        };
        client::require()?;
        let client = Client::prepare(&self.state, &options)?;
        let folder = format!("client-{}", std::process::id());
        run(&client, &["mkdir", &folder])?;
        let pair = self.pair(Role::Storage)?;
        if pair.is_some() {
            let path = format!("/{folder}");
            let pattern = ["--pattern=buddymirror", "--numtargets=1"];
            let mode = ["--setpattern", "--unmounted", "--chunksize=512k", &path];
            self.control(&[&mode[..], &pattern].concat())?;
        }
        let before = Meanwhile::begin(&self.state)?;
        let [files, size] = [FILES, SIZE].map(|count| count.to_string());
        let workload = ["workload", "--files", &files, "--size", &size];
        run(&client, &[&workload[..], &["--dir", &folder]].concat())?;
        let moved = before.end(&self.state)?;
        let mut compared = format!("{FILES} files of {SIZE} MiB by checksum");
        if let Some(pair) = &pair {
            let between = moved.between(pair.primary.host, pair.secondary.host);
            let written = (FILES * SIZE) << 20;
            ensure!(
                between >= written,
                "{between} bytes went between the mirrors over NTB, {written} were written"
            );
            compared += &format!("; {}", self.compare(pair)?);
        }
        Ok(Outcome::Shown(Shown {
            compared,
            moved: moved.text(&[Host::Meta, Host::Storage1, Host::Storage2]),
        }))
    }
}

/// Runs a program where the cluster is mounted.
fn run(client: &Client, words: &[&str]) -> anyhow::Result<()> {
    let words: Vec<OsString> = words.iter().map(Into::into).collect();
    let code = client.run(&Task::program(&words), Some(LIMIT))?;
    ensure!(code == 0, "{} ended with {code}", words[0].display());
    Ok(())
}

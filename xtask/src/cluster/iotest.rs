//! `cluster iotest`: writes and reads a file from the client host through the storage daemons,
//! and shows from the counters which way the bytes went.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};

use super::control::{self, Output};
use super::net::Counters;
use super::plan::{ClusterName, Host};
use super::size::Size;
use super::snapshot::{self, HostView};
use super::state::State;
use super::tools::Interrupt;
use super::{NameArgs, launch, status};

/// The storage hosts; a file is striped over both.
const STORAGE: [Host; 2] = [Host::Storage1, Host::Storage2];

/// What the control tool writes into the file.
const PATTERN: u8 = 0xaa;

/// Room that must stay free besides the file.
const SPARE: u64 = 64 << 20;

/// The control tool's only complaint after a test that went well: the management daemon of 7.4
/// does not know the tool as a client that could be removed. It then exits with this code.
const HARMLESS: (&str, i32) = ("Unable to unregister at management server", 3);

/// How long a metadata server may take to hear of the storage targets.
const NEWS_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Size of the file: a number with K, M or G behind it (powers of 1024).
    #[arg(long, default_value = "128M")]
    size: Size,
    /// Bytes per write and per read; the size is a multiple of it.
    #[arg(long, default_value = "1M")]
    record: Size,
    /// Longest time for writing, and for reading.
    #[arg(long, value_name = "SECS", default_value_t = 120,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Fail unless all storage hosts have got the data this way.
    #[arg(long, value_name = "PATH")]
    expect: Option<Way>,
    #[command(flatten)]
    name: NameArgs,
}

/// The way that data took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    Ntb,
    Tcp,
}

impl Way {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ntb => "NTB",
            Self::Tcp => "TCP",
        }
    }
}

pub fn run(args: Args) -> anyhow::Result<()> {
    let expected = args.expect;
    for (host, way, moved) in ways(args)? {
        println!("{}: the data went over {}", host.name(), way.name());
        if expected.is_some_and(|expected| expected != way) {
            bail!("{}: {moved} bytes went over NTB", host.name());
        }
    }
    Ok(())
}

/// Writes and reads a small file: the way that each storage host's part of it has taken.
///
/// # Errors
/// As the command.
pub fn small(name: ClusterName) -> anyhow::Result<Vec<(Host, Way)>> {
    let ways = ways(Args {
        size: Size(32 << 20),
        record: Size(1 << 20),
        timeout: 120,
        expect: None,
        name: NameArgs { name },
    })?;
    Ok(ways.into_iter().map(|(host, way, _)| (host, way)).collect())
}

/// The way of the data of each storage host, and how much went over NTB.
fn ways(args: Args) -> anyhow::Result<Vec<(Host, Way, u64)>> {
    ensure!(
        args.size.0.is_multiple_of(args.record.0),
        "--size is no multiple of --record"
    );
    let state = State::of_running(&args.name.name)?;
    if state.software.is_version_8() {
        bail!("BeeGFS 8 has no control tool that writes files without a mounted client");
    }
    launch::require_space(&state.name.run_dir(), args.size.0 + SPARE)?;
    let interrupt = Interrupt::install()?;
    let test = Test {
        state,
        interrupt,
        limit: Duration::from_secs(args.timeout),
        args,
    };
    let file = test.create_file()?;
    let outcome = test.write_and_read(&file);
    file.remove_data(&test.state.name)?;
    outcome
}

struct Test {
    state: State,
    interrupt: Interrupt,
    limit: Duration,
    args: Args,
}

/// A file of the cluster.
struct TestFile {
    path: String,
    entry: String,
}

impl Test {
    fn create_file(&self) -> anyhow::Result<TestFile> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let path = format!("/iotest-{}", now.as_nanos());
        let targets = format!("--numtargets={}", STORAGE.len());
        let mode = [
            "--createfile",
            "--unmounted",
            "--storagepoolid=default",
            "--chunksize=512k",
        ];
        let mode = [&mode[..], &[&targets, &path]].concat();
        self.interrupt.wait_until(
            "the metadata server knows the storage targets",
            NEWS_LIMIT,
            || match self.control(&mode) {
                Ok(_) => Ok(true),
                // The management daemon does; it tells the others after a while.
                Err(error) if error.to_string().contains("Unknown storage target") => Ok(false),
                Err(error) => Err(error),
            },
        )?;
        let info = self.control(&["--getentryinfo", "--unmounted", &path])?;
        let entry = info
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("EntryID: "));
        let entry = entry
            .context("beegfs-ctl prints no EntryID")?
            .trim()
            .to_owned();
        Ok(TestFile { path, entry })
    }

    fn write_and_read(&self, file: &TestFile) -> anyhow::Result<Vec<(Host, Way, u64)>> {
        let before = snapshot::take(&self.state)?;
        let write = self.io(file, "--write", "Write result: ")?;
        let middle = snapshot::take(&self.state)?;
        let stored = file.verify(&self.state.name, self.args.size.0)?;
        let read = self.io(file, "--read", "Read result: ")?;
        let after = snapshot::take(&self.state)?;

        println!("write: {write}");
        print_traffic(&before, &middle);
        println!("read: {read}");
        print_traffic(&middle, &after);
        Ok(way_of_each(&stored, &before, &after))
    }

    /// One pass over the file; returns the throughput as the tool prints it.
    fn io(&self, file: &TestFile, pass: &str, result: &str) -> anyhow::Result<String> {
        let size = format!("--filesize={}", self.args.size.0);
        let record = format!("--recordsize={}", self.args.record.0);
        let mode = ["--iotest", "--unmounted", pass, &size, &record, &file.path];
        let output = control::run(&self.state, &self.interrupt, &mode, self.limit)?;
        throughput(&output, result).with_context(|| format!("beegfs-ctl --iotest {pass}"))
    }

    fn control(&self, mode: &[&str]) -> anyhow::Result<Output> {
        let output = control::run(&self.state, &self.interrupt, mode, self.limit)?;
        let text = [output.stdout.trim(), output.stderr.trim()].join("\n");
        ensure!(output.status.success(), "beegfs-ctl {}: {text}", mode[0]);
        Ok(output)
    }
}

impl TestFile {
    /// The file's parts in the folder of a storage daemon.
    fn chunks(&self, name: &ClusterName, host: Host) -> Vec<PathBuf> {
        let mut found = Vec::new();
        find(&name.data_dir(host).join("chunks"), &self.entry, &mut found);
        found
    }

    /// Checks that every byte has arrived, by what the daemons have stored; returns how much
    /// each has.
    fn verify(&self, name: &ClusterName, size: u64) -> anyhow::Result<Vec<(Host, u64)>> {
        let mut shares = Vec::new();
        for host in STORAGE {
            let mut stored = 0;
            for chunk in self.chunks(name, host) {
                let context = || chunk.display().to_string();
                stored += verified_length(&chunk).with_context(context)?;
            }
            shares.push((host, stored));
        }
        let stored: u64 = shares.iter().map(|(_, stored)| stored).sum();
        ensure!(stored == size, "{stored} of {size} bytes were stored");
        Ok(shares)
    }

    /// Frees the room that the data takes; the empty file stays.
    fn remove_data(&self, name: &ClusterName) -> anyhow::Result<()> {
        for chunk in STORAGE.iter().flat_map(|&host| self.chunks(name, host)) {
            std::fs::remove_file(&chunk).with_context(|| chunk.display().to_string())?;
        }
        Ok(())
    }
}

/// The result line of the tool, unless it has failed.
fn throughput(output: &Output, result: &str) -> anyhow::Result<String> {
    let complaints: Vec<_> = output
        .stderr
        .lines()
        .filter(|line| !line.starts_with(HARMLESS.0))
        .collect();
    let ended_well = output.status.success() || output.status.code() == Some(HARMLESS.1);
    let line = output
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(result));
    match line {
        Some(text) if ended_well && complaints.is_empty() && !text.contains("errors occurred") => {
            Ok(text.trim().to_owned())
        }
        _ => bail!(
            "{}: {}{}",
            output.status,
            output.stdout.trim(),
            complaints.join("; ")
        ),
    }
}

fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    for entry in entries {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            find(&entry.path(), name, found);
        } else if entry.file_name() == name {
            found.push(entry.path());
        }
    }
}

fn verified_length(path: &Path) -> anyhow::Result<u64> {
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(length);
        }
        // A whole block is compared at once: byte by byte would take seconds for a large file.
        let wrong = buffer[..count] != [PATTERN; 1 << 20][..count];
        ensure!(!wrong, "wrong bytes after {length} bytes");
        length += count as u64;
    }
}

fn print_traffic(before: &[HostView], after: &[HostView]) {
    let header = ["host", "NTB in", "NTB out", "interface in", "interface out"];
    let mut table = status::table(&header, &[1, 2, 3, 4]);
    for (before, after) in before.iter().zip(after) {
        let ntb = difference(before.ntb(), after.ntb());
        let interface = difference(before.interface, after.interface);
        let numbers = [
            ntb.bytes_in,
            ntb.bytes_out,
            interface.bytes_in,
            interface.bytes_out,
        ];
        let cells = numbers.map(status::bytes);
        table.add_row([after.host.name().to_owned()].into_iter().chain(cells));
    }
    println!("{table}");
}

/// What a host has stored went in once and out once.
fn way_of_each(
    stored: &[(Host, u64)],
    before: &[HostView],
    after: &[HostView],
) -> Vec<(Host, Way, u64)> {
    let ntb = |views: &[HostView], host: Host| {
        let view = views.iter().find(|view| view.host == host);
        view.map(HostView::ntb).unwrap_or_default()
    };
    let mut ways = Vec::new();
    for &(host, share) in stored.iter().filter(|(_, share)| *share > 0) {
        let moved = sum(difference(ntb(before, host), ntb(after, host)));
        let is_ntb = moved >= 2 * share;
        let way = if is_ntb { Way::Ntb } else { Way::Tcp };
        ways.push((host, way, moved));
    }
    ways
}

fn difference(before: Counters, after: Counters) -> Counters {
    Counters {
        bytes_in: after.bytes_in.saturating_sub(before.bytes_in),
        bytes_out: after.bytes_out.saturating_sub(before.bytes_out),
    }
}

fn sum(counters: Counters) -> u64 {
    counters.bytes_in + counters.bytes_out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn output(code: i32, stdout: &str, stderr: &str) -> Output {
        let status = ExitStatus::from_raw(code << 8);
        Output {
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            status,
        }
    }

    #[test]
    fn the_exit_code_alone_says_little() {
        let harmless = "Unable to unregister at management server: 10.0.0.1\n";
        let good = "WRITE recordsize: 1M\n\nWrite result: 790MiB/s\n";
        let read = |output: &Output| throughput(output, "Write result: ").ok();
        assert_eq!(
            read(&output(3, good, harmless)).as_deref(),
            Some("790MiB/s")
        );
        assert_eq!(read(&output(0, good, "")).as_deref(), Some("790MiB/s"));
        assert_eq!(
            read(&output(3, good, "Communication error during close\n")),
            None
        );
        assert_eq!(read(&output(1, good, "")), None);
        assert_eq!(read(&output(0, "", "")), None);
        let failed = "Write result: n/a (reason: errors occurred)\n";
        assert_eq!(read(&output(3, failed, harmless)), None);
    }
}

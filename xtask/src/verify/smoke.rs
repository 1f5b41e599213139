//! A small cluster of a release's patched daemons: do they come up, and do bytes take NTB?

use super::row::Cell;
use crate::patch::version;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// # Errors
/// A step that fails; the log has its output.
pub fn run(release: &str, prefix: &Path, mgmtd: Option<&Path>, log: &Path) -> Result<Cell> {
    let is_8 = version::parse(release)?.major >= 8;
    if is_8 && mgmtd.is_none() {
        return Ok(Cell::Left("no --mgmtd for BeeGFS 8".into()));
    }
    let digits: String = release
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let cluster = Cluster {
        name: format!("verify{digits}"),
        log: File::create(log).with_context(|| format!("writing {}", log.display()))?,
    };
    let prefix = prefix.display().to_string();
    let mut up = vec!["up", "--prefix", &prefix];
    let mgmtd = mgmtd.map(|path| path.display().to_string());
    if let Some(mgmtd) = mgmtd.as_ref().filter(|_| is_8) {
        up.extend(["--mgmtd", mgmtd]);
    }
    let tried = cluster
        .step(&up)
        .and_then(|()| cluster.traffic(is_8, &prefix));
    // Also after a failure, and its own failure counts.
    let down = cluster.step(&["down"]);
    let text = tried.with_context(|| format!("see {}", log.display()))?;
    down?;
    Ok(Cell::Good(text))
}

struct Cluster {
    name: String,
    log: File,
}

impl Cluster {
    /// Moves data over NTB, compared, and proves the way.
    fn traffic(&self, is_8: bool, prefix: &str) -> Result<String> {
        let ntb = format!("{prefix}/bin/ntb");
        let only = if is_8 {
            "chunks,fsck"
        } else {
            "chunks,fsck,iotest"
        };
        self.step(&["traffic", "--only", only, "--ntb", &ntb])?;
        let bytes = bytes_over_ntb(&self.output(&["status", "--json"])?)?;
        Ok(format!("up; {only}, {} MiB over NTB", bytes >> 20))
    }

    fn step(&self, words: &[&str]) -> Result<()> {
        self.output(words).map(drop)
    }

    /// Runs this program's `cluster` command; its output goes to the log.
    fn output(&self, words: &[&str]) -> Result<String> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("cluster").arg(words[0]);
        command.args(["--name", &self.name]).args(&words[1..]);
        let output = command.stdin(Stdio::null()).output()?;
        let mut log = &self.log;
        writeln!(log, "\n$ {command:?}")?;
        log.write_all(&output.stdout)?;
        log.write_all(&output.stderr)?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let last = text.lines().last().unwrap_or_default().to_owned();
            bail!("cluster {} failed ({}): {last}", words[0], output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Bytes that all daemons have sent over NTB, from `cluster status --json`.
fn bytes_over_ntb(document: &str) -> Result<u64> {
    let value: serde_json::Value =
        serde_json::from_str(document).context("output of cluster status --json")?;
    let mut sum = 0;
    let hosts = value.as_array().context("a list of hosts")?;
    for host in hosts {
        let peers = host["peers"].as_array().into_iter().flatten();
        sum += peers
            .filter(|peer| peer["path"] == "ntb")
            .filter_map(|peer| peer["bytes_out"].as_u64())
            .sum::<u64>();
    }
    Ok(sum)
}

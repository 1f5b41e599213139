//! The two processes of a measurement, which are this program too.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, anyhow, bail};
use sisci::measure::leader::{self, Effort};
use sisci::measure::peer;

use crate::emu::say;

#[derive(Debug, clap::Args)]
pub struct Measure {
    #[arg(long)]
    library: PathBuf,
    /// What the leader measures, as JSON; a peer has none.
    #[arg(long)]
    plan: Option<String>,
    #[arg(long)]
    quick: bool,
}

impl Measure {
    /// # Errors
    /// If the library refuses something or the other process is gone.
    pub fn run(&self) -> anyhow::Result<()> {
        match &self.plan {
            None => peer::serve(self.library.as_os_str(), BufReader::new(std::io::stdin()))
                .map_err(|error| anyhow!("the peer: {error}")),
            Some(plan) => self.lead(plan),
        }
    }

    fn lead(&self, plan: &str) -> anyhow::Result<()> {
        let plan: Vec<_> = serde_json::from_str(plan)?;
        let fabric = std::env::var_os("SISCI_EMU_DIR").context("SISCI_EMU_DIR")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["emu", "measure", "--library"]);
        command.arg(&self.library);
        settle(&mut command, Path::new(&fabric), peer::PEER);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let effort = if self.quick {
            Effort::QUICK
        } else {
            Effort::FULL
        };
        let orders = child.stdin.take().context("the peer has an input")?;
        let points = leader::measure(self.library.as_os_str(), effort, &plan, orders);
        // Its orders have ended with the measurement.
        let status = child.wait()?;
        let points = points.map_err(|error| anyhow!(error))?;
        if !status.success() {
            bail!("the peer failed: {status}");
        }
        say(format_args!("{}", serde_json::to_string(&points)?))
    }
}

/// Makes the process a node of its own host in this fabric, whatever the user's environment says.
pub fn settle(command: &mut Command, fabric: &Path, node: u32) {
    command.env("SISCI_EMU_DIR", fabric);
    command.env("SISCI_EMU_NODE", node.to_string());
    command.env("SISCI_EMU_HOST", format!("node-{node}"));
    for other in ["SISCI_EMU_MODEL", "SISCI_EMU_MEMORY_LIMIT"] {
        command.env_remove(other);
    }
}

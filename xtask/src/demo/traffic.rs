//! The traffic between two daemons on one path and then on the other, and the proof of which path
//! it took.

use super::{
    miniature::Miniature,
    report::{Outcome, Path, Run},
    setup::{Setup, Workload, free_port},
    workspace::Workspace,
};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::{fs, time::Duration};

pub const FULL: Workload = Workload {
    bytes: 1 << 30,
    exchanges: 10_000,
};
pub const QUICK: Workload = Workload {
    bytes: 64 << 20,
    exchanges: 1_000,
};

/// Runs the workload over NTB and over TCP.
///
/// # Errors
/// A daemon fails, anything arrives changed or not at all, or a byte took the wrong path.
pub fn run(miniature: &Miniature, workspace: &Workspace, work: &Workload) -> Result<Outcome> {
    let setup = Setup::new(miniature, workspace, "demo")?;
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;

    let mut runs = Vec::new();
    for (path, node) in [(Path::Ntb, 8), (Path::Tcp, 12)] {
        workspace.check()?;
        let bar = spinner(miniature, work, path)?;
        let before = setup.counters(&storage)?;
        let settings = [format!("connUseNTB={}", path == Path::Ntb)];
        let report = setup.work(node, port, work, &settings)?;
        let counted = setup.counters(&storage)?.since(&before);
        bar.finish_and_clear();
        runs.push(Run {
            path,
            report,
            counted,
        });
    }
    storage.stop()?;

    let [ntb, tcp] = <[Run; 2]>::try_from(runs)
        .ok()
        .context("one run for each path")?;
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

fn spinner(miniature: &Miniature, work: &Workload, path: Path) -> Result<ProgressBar> {
    let bar = ProgressBar::new_spinner().with_message(format!(
        "generation {}: {} MiB each way and {} exchanges over {}",
        miniature.generation.number(),
        work.bytes >> 20,
        work.exchanges,
        path.name()
    ));
    bar.set_style(ProgressStyle::with_template(
        "  {spinner} {msg} {elapsed:.dim}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

fn system_congestion() -> String {
    fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control")
        .map_or_else(|_| "unknown".to_string(), |name| name.trim().to_string())
}

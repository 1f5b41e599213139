//! `cluster down`: removes everything of a cluster, whatever state it is in.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use rustix::io::Errno;
use rustix::mount::UnmountFlags;

use super::net;
use super::plan::{ClusterName, RUN_ROOT};
use super::process::{self, Process};
use super::state::{self, Lock, State};

/// How long daemons may take to end by themselves.
const GRACE: Duration = Duration::from_secs(10);

pub fn run(name: &ClusterName) -> anyhow::Result<()> {
    let _lock = Lock::take(name)?;
    if !state::exists(name)? {
        println!("cluster {name}: nothing to remove");
        return Ok(());
    }
    remove(name)?;
    println!("cluster {name} is removed");
    Ok(())
}

/// Stops all processes and removes namespaces and folder. Works from the names alone
/// if there is no state, and goes on after a failure.
///
/// # Errors
/// Lists all that could not be removed.
pub fn remove(name: &ClusterName) -> anyhow::Result<()> {
    let mut failures = Vec::new();
    let mut note = |outcome: anyhow::Result<()>| failures.extend(outcome.err());

    note(processes(name).and_then(|processes| process::stop_all(&processes, GRACE)));
    match net::namespaces(name) {
        Ok(namespaces) => namespaces
            .iter()
            .for_each(|namespace| note(net::delete(namespace))),
        Err(error) => note(Err(error)),
    }
    note(unmount(&name.run_dir()).and_then(|()| remove_folder(&name.run_dir())));
    // Only succeeds when this was the last cluster.
    let _ = std::fs::remove_dir(RUN_ROOT);

    if failures.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = failures
        .iter()
        .map(|error| format!("\n  {error:#}"))
        .collect();
    bail!("cluster {name} is not removed completely:{}", list.concat())
}

/// The daemons that the state names, and whatever else runs on the cluster's hosts.
fn processes(name: &ClusterName) -> anyhow::Result<Vec<Process>> {
    // A state that cannot be read is no reason to leave the processes alone.
    let state = State::load(name).ok().flatten();
    let mut processes: Vec<Process> = state
        .iter()
        .flat_map(|state| &state.daemons)
        .map(|daemon| daemon.process)
        .collect();
    for namespace in net::namespaces(name)? {
        for process in net::pids(&namespace)?
            .into_iter()
            .filter_map(Process::with_pid)
        {
            if !processes.contains(&process) {
                processes.push(process);
            }
        }
    }
    Ok(processes)
}

/// Unmounts what is mounted on a folder, with all that it holds.
fn unmount(path: &Path) -> anyhow::Result<()> {
    loop {
        // Detached: somebody who reads a log keeps it until he is done.
        match rustix::mount::unmount(path, UnmountFlags::DETACH) {
            Ok(()) => {}
            // Nothing is mounted there, or not any more.
            Err(Errno::INVAL | Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
    }
}

fn remove_folder(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(anyhow!(error)).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}

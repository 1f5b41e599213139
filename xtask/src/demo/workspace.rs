//! The temporary folder of a demonstration and its end, whatever the reason: nothing that was
//! started or written stays behind.

use crate::cluster::process::{Process, stop_all};
use anyhow::{Context, Result, anyhow, bail};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

/// How long a process that was asked to end may take.
const GRACE: Duration = Duration::from_secs(3);

/// Memory that is a file system, where there is one: a fabric on a disk would measure the disk.
const MEMORY: &str = "/dev/shm";

/// A folder that is removed at the end, and the handler of the signals that ask for it.
pub struct Workspace {
    /// Always there until it is dropped.
    folder: Option<TempDir>,
    keep: bool,
    interrupted: Arc<AtomicBool>,
}

impl Workspace {
    /// Makes the folder. From here on a signal ends all processes that this one started and makes
    /// [`check`](Self::check) fail; the caller then returns as after any other error.
    ///
    /// # Errors
    /// The folder cannot be made or the handler not be installed.
    pub fn new(name: &str, keep: bool) -> Result<Workspace> {
        let memory = Path::new(MEMORY);
        let parent = if memory.is_dir() {
            memory.to_path_buf()
        } else {
            std::env::temp_dir()
        };
        let folder = TempDir::with_prefix_in(format!("beegfs-ntb-{name}-"), &parent)
            .with_context(|| format!("making a folder in {}", parent.display()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let flag = Arc::clone(&interrupted);
        std::thread::spawn(move || {
            for _ in &mut signals {
                flag.store(true, Ordering::SeqCst);
                // The main thread waits for one of them, or will soon: that wait fails then.
                if let Err(error) = stop_all(&descendants(), GRACE) {
                    eprintln!("{error:#}");
                }
            }
        });
        Ok(Workspace {
            folder: Some(folder),
            keep,
            interrupted,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Makes a folder inside.
    pub fn subfolder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        fs::create_dir_all(&path).with_context(|| format!("creating {}", path.display()))?;
        Ok(path)
    }

    /// # Errors
    /// A signal has asked for the end.
    pub fn check(&self) -> Result<()> {
        if self.interrupted.load(Ordering::SeqCst) {
            bail!("interrupted");
        }
        Ok(())
    }

    /// After a signal, every error is its consequence.
    pub fn explain<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match self.check() {
            Ok(()) => error,
            Err(_) => anyhow!("interrupted"),
        })
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if self.keep
            && let Some(folder) = self.folder.take()
        {
            eprintln!("logs and reports are in {}", folder.keep().display());
        }
    }
}

/// Every process that this one started and that is still there, and theirs.
fn descendants() -> Vec<Process> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![std::process::id()];
    while let Some(pid) = open.pop() {
        let own = children.remove(&pid).unwrap_or_default();
        found.extend(own.iter().filter_map(|&child| Process::with_pid(child)));
        open.extend(own);
    }
    found
}

fn parent_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn grandchildren_are_found() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 60 & wait"])
            .spawn()
            .expect("spawn");
        let own = |pid: u32| {
            descendants()
                .into_iter()
                .filter(move |p| parent_of(p.pid) == Some(pid))
        };
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        let grandchild = loop {
            if let Some(process) = own(child.id()).next() {
                break process;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "the shell starts its child"
            );
        };
        let shell = Process::with_pid(child.id()).expect("runs");
        stop_all(&[shell, grandchild], GRACE).expect("stopped");
        child.wait().expect("wait");
    }

    #[test]
    fn the_folder_goes_with_the_object() {
        let workspace = Workspace::new("test", false).expect("made");
        let path = workspace.subfolder("a").expect("made");
        assert!(path.is_dir());
        drop(workspace);
        assert!(!path.exists());
    }
}

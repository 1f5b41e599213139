//! The temporary folder of a demonstration and its end, whatever the reason: nothing that was
//! started or written stays behind.

use crate::cluster::process::{Process, stop_all};
use anyhow::{Context, Result, ensure};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
    low_level::emulate_default_handler,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI32, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

/// How long a process that was asked to end may take.
const GRACE: Duration = Duration::from_secs(3);

/// Memory that is a file system, where there is one: a fabric on a disk would measure the disk.
const MEMORY: &str = "/dev/shm";

/// What the names of all these folders begin with; a process id follows.
const PREFIX: &str = "beegfs-ntb-work-";

/// No run takes as long as this.
const LONGEST_RUN: Duration = Duration::from_hours(2);

/// A folder that is removed at the end, and the handler of the signals that ask for it.
pub struct Workspace {
    /// Always there until it is dropped.
    folder: Option<TempDir>,
    keep: bool,
    signal: Arc<AtomicI32>,
}

/// Workspaces of this process that are not removed yet, for which a signal has to wait. The thread of one that
/// is gone still hears of signals, and must not end the process under a later one.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

/// Processes that clean up: no signal ends them.
static SPARED: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn spared() -> MutexGuard<'static, BTreeSet<u32>> {
    SPARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The output of a command that cleans up. It ends in its own time whatever signals come: a terminal's do not
/// reach it, as it is in a process group of its own, and the thread that handles them here leaves it alone.
///
/// # Errors
/// It cannot be started.
pub fn output_whatever_comes(command: &mut Command) -> io::Result<Output> {
    command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = {
        // Held while it starts, so that nobody sees it before it is known here.
        let mut spared = spared();
        let child = command.spawn()?;
        spared.insert(child.id());
        child
    };
    let id = child.id();
    let output = child.wait_with_output();
    spared().remove(&id);
    output
}

impl Workspace {
    /// Makes the folder. From here on a signal ends all processes that this one started and makes
    /// [`check`](Self::check) fail; the caller then returns as after any other error, and with the
    /// end of this object the signal has its usual effect.
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
        Self::in_folder(&parent, name, keep)
    }

    /// As [`new`](Self::new), in a folder that the caller names: for what is too large for memory.
    ///
    /// # Errors
    /// The folder cannot be made or the handler not be installed.
    pub fn in_folder(parent: &Path, name: &str, keep: bool) -> Result<Workspace> {
        remove_orphans(parent);
        let prefix = format!("{PREFIX}{}-{name}-", std::process::id());
        let folder = TempDir::with_prefix_in(prefix, parent)
            .with_context(|| format!("making a folder in {}", parent.display()))?;
        let signal = Arc::new(AtomicI32::new(0));
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let seen = Arc::clone(&signal);
        ACTIVE.fetch_add(1, Ordering::SeqCst);
        std::thread::spawn(move || {
            for number in &mut signals {
                if ACTIVE.load(Ordering::SeqCst) == 0 {
                    let _ = emulate_default_handler(number);
                }
                seen.store(number, Ordering::SeqCst);
                // The main thread waits for one of them, or will soon: that wait fails then.
                if let Err(error) = stop_all(&descendants(), GRACE) {
                    eprintln!("{error:#}");
                }
            }
        });
        Ok(Workspace {
            folder: Some(folder),
            keep,
            signal,
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
        ensure!(self.signal.load(Ordering::SeqCst) == 0, "interrupted");
        Ok(())
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take() {
            if self.keep {
                eprintln!("logs and reports are in {}", folder.keep().display());
            } else if let Err(error) = folder.close() {
                eprintln!("removing the temporary folder: {error}");
            }
        }
        let is_last = ACTIVE.fetch_sub(1, Ordering::SeqCst) == 1;
        let signal = self.signal.load(Ordering::SeqCst);
        if signal != 0 && is_last {
            eprintln!("interrupted");
            let _ = emulate_default_handler(signal);
        }
    }
}

/// Removes the folders of earlier runs that were killed and so could not do it. A dead process alone
/// is no proof: it may live in a container that has this file system in common with us.
fn remove_orphans(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| {
            let (pid, _) = name.strip_prefix(PREFIX)?.split_once('-')?;
            pid.parse::<u32>().ok()
        });
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
            && age().is_some_and(|age| age > LONGEST_RUN)
        {
            // Another user's folder stays, as it should.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Every process that this one started and that is still there, and theirs; but for those that clean up.
fn descendants() -> Vec<Process> {
    let spared = spared();
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
        let mut own = children.remove(&pid).unwrap_or_default();
        own.retain(|child| !spared.contains(child));
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
    use std::time::SystemTime;

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
    fn who_cleans_up_is_in_a_group_of_its_own_and_nobodys_prey() {
        let child = std::thread::spawn(|| {
            let script = "cut -d ' ' -f 1,5 /proc/$$/stat; sleep 1";
            output_whatever_comes(Command::new("sh").args(["-c", script])).expect("runs")
        });
        let own = std::process::id();
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        let number = loop {
            assert!(std::time::Instant::now() < deadline, "it starts");
            if let Some(&number) = spared().iter().next() {
                break number;
            }
        };
        assert_eq!(parent_of(number), Some(own));
        assert!(descendants().iter().all(|process| process.pid != number));
        let output = child.join().expect("joined");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.trim(), format!("{number} {number}"));
        assert!(!spared().contains(&number));
    }

    #[test]
    fn folders_of_dead_processes_are_removed() {
        let parent = TempDir::new().expect("made");
        let old = SystemTime::now() - 2 * LONGEST_RUN;
        let folder = |name: &str| {
            let path = parent.path().join(name);
            fs::create_dir(&path).expect("made");
            fs::File::open(&path)
                .and_then(|folder| folder.set_modified(old))
                .expect("set");
            path
        };
        let mut child = Command::new("true").spawn().expect("spawn");
        child.wait().expect("wait");
        let dead = folder(&format!("{PREFIX}{}-test-abc", child.id()));
        let young = folder(&format!("{PREFIX}{}-test-def", child.id()));
        fs::File::open(&young)
            .and_then(|f| f.set_modified(SystemTime::now()))
            .expect("set");
        let alive = folder(&format!("{PREFIX}{}-test-abc", std::process::id()));
        let others = ["beegfs-ntb-1", "beegfs-ntb-work-1", "beegfs-ntb-work-x-1"].map(folder);
        remove_orphans(parent.path());
        assert!(!dead.exists() && young.exists() && alive.exists());
        assert!(others.iter().all(|other| other.exists()));
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

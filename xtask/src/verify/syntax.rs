//! The quick half of a build: the compiler reads every file that the edits change or add, against
//! the release's own headers.

use crate::build::{self, Job};
use crate::patch;
use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// How many files the compiler accepted.
///
/// # Errors
/// The first messages of each file that it does not.
pub fn check(job: &Job) -> Result<String> {
    let tree = job.tree();
    let report = patch::read_marker(&tree)?.context("the tree is not patched")?;
    let is_code = |file: &&PathBuf| file.extension().is_some_and(|end| end == "cpp");
    let mut files: Vec<PathBuf> = report.changed.iter().filter(is_code).cloned().collect();
    files.extend(report.added.iter().filter(is_code).cloned());
    let mut queue: VecDeque<PathBuf> = files.iter().map(|file| tree.join(file)).collect();
    queue.extend(build::plugin::sources(&build::plugin::folder())?);
    let count = queue.len();
    let failures = compile_all(&tree, queue, job.compile.jobs);
    if failures.is_empty() {
        return Ok(format!("{count} files"));
    }
    bail!(
        "{} of {count} files:\n{}",
        failures.len(),
        failures.join("\n")
    )
}

fn compile_all(tree: &Path, queue: VecDeque<PathBuf>, jobs: usize) -> Vec<String> {
    let queue = Mutex::new(queue);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some(file) = next else { return };
                    if let Err(error) = compile(tree, &file) {
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push(format!("{error:#}"));
                    }
                }
            });
        }
    });
    failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Where the headers of the netlink library are, which BeeGFS's headers include.
fn netlink_flags() -> Vec<String> {
    let mut command = Command::new("pkg-config");
    let text = crate::util::output(command.args(["--cflags", "libnl-route-3.0"]));
    let text = text.unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

/// The compiler's front end on one file.
fn compile(tree: &Path, file: &Path) -> Result<()> {
    let shown = file.strip_prefix(tree).unwrap_or(file).display();
    let component = file
        .strip_prefix(tree)
        .ok()
        .and_then(|path| path.iter().next());
    let mut command = Command::new("g++");
    command
        .args([
            "-std=c++17",
            "-fsyntax-only",
            "-pthread",
            "-Wall",
            "-Wextra",
        ])
        .args(["-Wno-unused-parameter", "-Wno-missing-field-initializers"])
        .args(["-D_LARGEFILE64_SOURCE", "-D_FILE_OFFSET_BITS=64"])
        .arg("-DBEEGFS_VERSION=\"verify\"");
    for folder in ["common/source", "client_module/include"] {
        command.arg("-I").arg(tree.join(folder));
    }
    if let Some(component) = component {
        command.arg("-I").arg(tree.join(component).join("source"));
    }
    for folder in ["boost", "nu/include", "datastax"] {
        command
            .arg("-isystem")
            .arg(tree.join("thirdparty/source").join(folder));
    }
    command
        .args(netlink_flags())
        .arg("-I")
        .arg(crate::util::target_dir().join("cxxbridge"))
        .arg(file)
        .stdin(Stdio::null());
    let output = command.output().context("starting g++")?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("error:"))
        .collect();
    bail!("  {shown}: {}", errors.first().copied().unwrap_or("failed"))
}

//! Small helpers that several commands share.

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    collections::VecDeque,
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// The command did its work, and the answer is no: told from a failure by exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Negative(pub String);

/// The repository's root: the folder above this package.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the root")
        .to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(&folder).unwrap_or(folder.into()),
        None => root().join("target"),
    }
}

/// A `cargo` command in the root, with the cargo that runs this program.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(root());
    command
}

/// Whether a program is in the search path.
pub fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The output of a short command, without its last line end.
///
/// # Errors
/// It cannot be started or fails; its own error output is part of the message.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("starting {name}"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed ({}): {}", output.status, errors.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_string())
}

/// Writes a file that nobody ever sees half of: what was there stays until the new one is whole.
///
/// # Errors
/// It cannot be written; then it is as it was.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let write = || -> Result<()> {
        let folder = path.parent().context("a file lies in a folder")?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// A number of things, in words: `1 finding`, `2 findings`.
pub fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// A log of ours that can't be written, which says nothing of the disk of the command that it is about.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct LogFailed(String);

impl LogFailed {
    fn new(log: &Path, error: &std::io::Error) -> Self {
        let log = log.display();
        Self(match error.kind() {
            std::io::ErrorKind::StorageFull => {
                format!("no space left for the log {log}: make room there or set CARGO_TARGET_DIR")
            }
            _ => format!("writing the log {log}: {error}"),
        })
    }
}

/// Whether an error tells of a disk without space, in the words of the system or of a program; but not if that is
/// where our own log lies.
pub fn is_full_disk(error: &anyhow::Error) -> bool {
    if error.downcast_ref::<LogFailed>().is_some() {
        return false;
    }
    let text = format!("{error:#}").to_lowercase();
    text.contains("no space left on device")
}

/// How many lines of a failed command are shown.
const TAIL: usize = 30;

/// Runs a long command with all its output in the file `log` (appended), and its progress on the
/// terminal: `label`, and how many output lines `counts` accepts.
///
/// # Errors
/// It cannot be started or fails. Then the message has the last lines and the path of the log.
pub fn logged(
    label: &str,
    command: &mut Command,
    log: &Path,
    counts: impl Fn(&str) -> bool,
) -> Result<()> {
    logged_unless(label, command, log, counts, || Ok(()))
}

/// The same for a command whose good end alone is no proof: `check` has the last word.
///
/// # Errors
/// As there, and what `check` says.
pub fn logged_unless(
    label: &str,
    command: &mut Command,
    log: &Path,
    counts: impl Fn(&str) -> bool,
    check: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(|error| LogFailed::new(log, &error))?;
    writeln!(file, "\n$ {command:?}").map_err(|error| LogFailed::new(log, &error))?;
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.spawn();
    // The command keeps a writing end of the pipe: without this, reading would never end.
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = child.with_context(|| format!("starting {name}"))?;

    let bar = ProgressBar::new_spinner().with_message(label.to_string());
    bar.set_style(ProgressStyle::with_template(
        "  {spinner} {msg}: {pos} {prefix:.dim}",
    )?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut tail = VecDeque::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).trim_end().to_string();
        if let Err(error) = writeln!(file, "{line}") {
            // Nobody would read on, nor know how it went.
            let _ = child.kill();
            let _ = child.wait();
            return Err(LogFailed::new(log, &error).into());
        }
        if counts(&line) {
            bar.inc(1);
            bar.set_prefix(line.rsplit('/').next().unwrap_or_default().to_string());
        }
        tail.push_back(line);
        if tail.len() > TAIL {
            tail.pop_front();
        }
    }
    let status = child.wait()?;
    bar.finish_and_clear();
    check()?;
    if !status.success() {
        let tail = Vec::from(tail).join("\n    ");
        bail!(
            "{label}: {name} failed ({status})\n    {tail}\n  full log: {}",
            log.display()
        );
    }
    eprintln!("  {label}: done ({} steps)", bar.position());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_without_space_is_not_the_commands_disk() {
        let full = Path::new("/dev/full");
        let failed = logged("thing", &mut Command::new("true"), full, |_| true);
        let error = failed.unwrap_err();
        assert!(!is_full_disk(&error), "{error:#}");
        assert!(
            error
                .to_string()
                .starts_with("no space left for the log /dev/full"),
            "{error:#}"
        );
        let other = anyhow::anyhow!("tar: write: No space left on device");
        assert!(is_full_disk(&other) && !is_full_disk(&error.context("crates")));
    }

    #[test]
    fn a_failed_command_shows_its_last_lines_and_where_the_log_is() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let script = "for i in $(seq 100); do echo line $i; done; echo broken >&2; exit 3";
        let mut command = Command::new("sh");
        let failed = logged("thing", command.args(["-c", script]), &log, |_| true);
        let message = failed.unwrap_err().to_string();
        assert!(message.contains("line 100\n    broken\n"), "{message}");
        assert!(!message.contains("line 50\n"), "{message}");
        assert!(message.contains(&log.display().to_string()), "{message}");
        assert!(
            fs::read_to_string(&log)
                .unwrap()
                .contains("line 1\nline 2\n")
        );
    }
}

//! Running programs that end: `beegfs-ctl` on the client host, and what sets up a daemon.

use std::io::Read;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;

use super::launch;
use super::plan::Host;
use super::state::State;
use super::tools::Interrupt;

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub status: ExitStatus,
}

/// Runs the control tool in one of its modes and waits for its end.
///
/// # Errors
/// As [`run_on`].
pub fn run(
    state: &State,
    interrupt: &Interrupt,
    mode: &[&str],
    limit: Duration,
) -> anyhow::Result<Output> {
    let words = mode.iter().map(|&word| word.to_owned());
    let arguments: Vec<String> = words.chain(state.control.iter().cloned()).collect();
    run_on(state, Host::Client, interrupt, &arguments, limit)
}

/// Runs the program of a host and waits for its end.
///
/// # Errors
/// If it cannot be started, takes longer than `limit` or is interrupted; it is killed then.
/// Not if it fails: see [`Output::status`].
pub fn run_on(
    state: &State,
    host: Host,
    interrupt: &Interrupt,
    arguments: &[String],
    limit: Duration,
) -> anyhow::Result<Output> {
    let program = host.role().program();
    let mut child = launch::tool(&state.name, &state.software, host, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(program)?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let what = format!("{program} {}", arguments.first().map_or("", String::as_str));
    let ended = wait(&mut child, interrupt, &what, limit);
    if ended.is_err() {
        child.kill().context(program)?;
    }
    let status = child.wait().context(program)?;
    let text = |reader: JoinHandle<String>| reader.join().expect("reading does not panic");
    let output = Output {
        stdout: text(stdout),
        stderr: text(stderr),
        status,
    };
    ended.map(|()| output)
}

fn wait(
    child: &mut Child,
    interrupt: &Interrupt,
    what: &str,
    limit: Duration,
) -> anyhow::Result<()> {
    interrupt.wait_until(what, limit, || Ok(child.try_wait()?.is_some()))
}

/// Reads a pipe in the background: a full one would stop the tool.
fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

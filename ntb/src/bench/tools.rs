//! Peers that bring a measuring program of their own: started like our workers, pinned alike,
//! their output read.

pub mod libfabric;
pub mod ucx;

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};

use super::document::Metrics;
use super::pair::Stop;
use super::place::{self, Cores};
use super::plan::Case;
use super::wire::{Kind, Role};

/// Longest time for the server's port to open.
const LISTENING: Duration = Duration::from_secs(5);
/// How often a wait looks around.
const LOOK: Duration = Duration::from_millis(10);

/// Where a program is, by PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Version of the tool that measures this transport.
///
/// # Errors
/// Why there is none.
pub fn version(kind: Kind) -> anyhow::Result<String> {
    match kind {
        Kind::FabricShm => libfabric::version(),
        _ => ucx::version(),
    }
}

/// Runs a transport's tool for one case.
///
/// # Errors
/// If it fails, prints something unknown, or takes longer than `limit`.
pub fn measure(
    kind: Kind,
    case: &Case,
    cores: Cores,
    time: Duration,
    limit: Duration,
    stop: &Stop,
) -> anyhow::Result<Metrics> {
    let port = free_port()?;
    let [server, client] = match kind {
        Kind::FabricShm => libfabric::commands(case, port, time),
        _ => ucx::commands(kind, case, port, time),
    };
    let core = |role| cores.of(case.placement, role);
    let mut server = Running::start(server, core(Role::Responder))?;
    server.wait_for_port(port, stop)?;
    let mut client = Running::start(client, core(Role::Initiator))?;
    let text = client.finish(Instant::now() + limit, stop)?;
    match kind {
        Kind::FabricShm => libfabric::parse(&text),
        _ => ucx::parse(case, &text),
    }
}

/// Whether a transport's tool knows this case.
pub fn supports(kind: Kind, case: &Case) -> bool {
    match kind {
        Kind::FabricShm => libfabric::supports(case),
        _ => ucx::supports(case),
    }
}

/// What a program prints about itself.
fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    ensure!(find(program).is_some(), "not installed ({program})");
    let output = Command::new(program).args(arguments).output()?;
    let (text, error) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{program}: {}", error.trim());
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A port on which nobody listens now.
fn free_port() -> anyhow::Result<u16> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port")?;
    Ok(socket.local_addr()?.port())
}

/// A program under way; ended with this value.
struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts a program; what it is started on it inherits.
    fn start(mut command: Command, core: Option<usize>) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let spawned = std::thread::scope(|scope| {
            let starter = scope.spawn(move || {
                if let Some(core) = core {
                    place::pin(core)?;
                }
                Ok::<_, anyhow::Error>(command.spawn()?)
            });
            starter.join()
        });
        let child = match spawned {
            Ok(child) => child.with_context(|| format!("starting {name}"))?,
            Err(_) => bail!("starting {name}"),
        };
        Ok(Self { name, child })
    }

    /// Waits until somebody listens on a port, without connecting: the server takes one client.
    fn wait_for_port(&mut self, port: u16, stop: &Stop) -> anyhow::Result<()> {
        let deadline = Instant::now() + LISTENING;
        while !is_listening(port) {
            ensure!(!stop.load(Ordering::Relaxed), "stopped by the user");
            if let Some(status) = self.child.try_wait()? {
                return Err(self.complaint(status));
            }
            ensure!(Instant::now() < deadline, "{}: no open port", self.name);
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Waits for the end; what was printed. The output of these tools fits a pipe's buffer.
    fn finish(&mut self, deadline: Instant, stop: &Stop) -> anyhow::Result<String> {
        let status = loop {
            ensure!(!stop.load(Ordering::Relaxed), "stopped by the user");
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(Instant::now() < deadline, "{}: takes too long", self.name);
            std::thread::sleep(LOOK);
        };
        let mut text = String::new();
        if let Some(output) = &mut self.child.stdout {
            output.read_to_string(&mut text)?;
        }
        if !status.success() {
            return Err(self.complaint(status));
        }
        Ok(text)
    }

    /// Why it ended: the first line on standard error.
    fn complaint(&mut self, status: ExitStatus) -> anyhow::Error {
        let mut text = String::new();
        if let Some(errors) = &mut self.child.stderr {
            let _ = errors.read_to_string(&mut text);
        }
        let reason = text.lines().next().unwrap_or("no message");
        anyhow!("{} ended ({status}): {reason}", self.name)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a TCP socket listens on this port, by the kernel's list.
fn is_listening(port: u16) -> bool {
    ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().any(|file| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        listens(&text, port)
    })
}

fn listens(text: &str, port: u16) -> bool {
    let end = format!(":{port:04X}");
    text.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let local = fields.next().is_some_and(|local| local.ends_with(&end));
        local && fields.nth(1) == Some("0A")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_port_is_seen_and_a_closed_one_not() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        assert!(is_listening(port));
        drop(socket);
        assert!(!is_listening(port));
    }

    #[test]
    fn other_states_are_no_listening() {
        let line = "   0: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000";
        assert!(!listens(line, 8080));
        assert!(listens(&line.replace(" 01 ", " 0A "), 8080));
    }
}

//! The emulated machine: its network card on the cluster's bridge, its serial lines, its end.

use std::fs;
use std::io::{self, Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};

use super::guest::{Guest, Work};
use super::kernel::Kernel;
use crate::cluster::plan::ClusterName;
use crate::cluster::tools::{Interrupt, ip};

/// Lines of the guest's console that are shown when it fails.
const CONSOLE_LINES: usize = 20;

/// A number among the machines of a cluster, and the network card that belongs to it.
pub struct Slot {
    pub guest: Guest,
    name: ClusterName,
    _lock: UnixListener,
}

impl Slot {
    /// Takes the first free number.
    ///
    /// # Errors
    /// All numbers are taken, or the network card cannot be made.
    pub fn take(name: &ClusterName) -> anyhow::Result<Self> {
        for number in 1..=Guest::MOST {
            let lock = format!("beegfs-ntb-cluster-{name}-vm-{number}");
            let address = SocketAddr::from_abstract_name(lock)?;
            let Ok(lock) = UnixListener::bind_addr(&address) else {
                continue;
            };
            let slot = Self {
                guest: Guest { number },
                name: name.clone(),
                _lock: lock,
            };
            // A killed command may have left it.
            slot.unplug();
            slot.plug()?;
            return Ok(slot);
        }
        bail!("cluster {name} has {} machines already", Guest::MOST)
    }

    fn plug(&self) -> anyhow::Result<()> {
        let (switch, card) = (self.name.switch_namespace(), self.guest.name());
        ip(&format!("-n {switch} tuntap add mode tap name {card}"))?;
        ip(&format!("-n {switch} link set {card} master br0 up")).map(drop)
    }

    fn unplug(&self) {
        let (switch, card) = (self.name.switch_namespace(), self.guest.name());
        let _ = ip(&format!("-n {switch} link del {card}"));
    }

    /// Runs the machine to its end; `folder` takes what it writes.
    ///
    /// # Errors
    /// It cannot be started, does not get to the command, takes longer than `limit`, or is
    /// interrupted. Not if the command fails: the result is its exit code.
    pub fn run(
        &self,
        kernel: &Kernel,
        memory_mib: u32,
        folder: &Path,
        work: &Work,
        limit: Option<Duration>,
    ) -> anyhow::Result<i32> {
        let interrupt = Interrupt::install()?;
        let mut command = self.command(kernel, memory_mib, folder, work);
        let mut child = command.spawn().context("qemu-system-x86_64")?;
        let relays = [
            child.stdout.take().map(|pipe| relay(pipe, io::stdout())),
            child.stderr.take().map(|pipe| relay(pipe, io::stderr())),
        ];
        // Without a limit it is as good as none.
        let limit = limit.unwrap_or(Duration::from_secs(365 * 24 * 3600));
        let ended = interrupt.wait_until("the command", limit, || Ok(child.try_wait()?.is_some()));
        if ended.is_err() {
            child.kill().context("qemu-system-x86_64")?;
        }
        let status = child.wait()?;
        for relay in relays.into_iter().flatten() {
            relay.join().expect("copying does not panic");
        }
        let control = read(&folder.join("control"));
        let console = || tail(&read(&folder.join("console")), CONSOLE_LINES);
        if let Err(error) = ended {
            return match outcome(&control) {
                Outcome::Booting => Err(anyhow!(
                    "{error}; the guest is still booting:\n{}",
                    console()
                )),
                _ => Err(error),
            };
        }
        match outcome(&control) {
            Outcome::Exited(code) => Ok(code),
            Outcome::Failed(reason) => bail!("the guest: {reason}\n{}", console()),
            Outcome::Booting if !status.success() => bail!("qemu-system-x86_64 failed ({status})"),
            Outcome::Booting | Outcome::Mounted => {
                bail!("the guest ended before its command did:\n{}", console())
            }
        }
    }

    fn command(&self, kernel: &Kernel, memory_mib: u32, folder: &Path, work: &Work) -> Command {
        let guest = self.guest;
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name.switch_namespace()])
            // However this process ends, the machine ends with it.
            .args(["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"])
            .args([
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-m",
                &format!("{memory_mib}M"),
            ])
            .args([
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
            ])
            .args(["-uuid", &guest.uuid()])
            .arg("-kernel")
            .arg(kernel.image())
            .arg("-initrd")
            .arg(folder.join("initramfs"))
            .args([
                "-append",
                "console=ttyS0 panic=-1 no_timer_check loglevel=4",
            ])
            .arg("-netdev")
            .arg(format!(
                "tap,id=net,ifname={},script=no,downscript=no",
                guest.name()
            ))
            .arg("-device")
            .arg(format!(
                "virtio-net-pci,netdev=net,mac={},romfile=",
                guest.mac()
            ));
        for name in ["console", "control"] {
            let path = folder.join(name);
            command
                .arg("-chardev")
                .arg(format!("file,id={name},path={}", path.display()));
            command.arg("-serial").arg(format!("chardev:{name}"));
        }
        let output = match work {
            Work::Shell { .. } => "stdio,id=output,signal=off".to_owned(),
            Work::Script(_) => {
                command
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                line("output", "/dev/stdout")
            }
        };
        for (name, device) in [("output", output), ("error", line("error", "/dev/stderr"))] {
            command.args(["-chardev", &device, "-serial", &format!("chardev:{name}")]);
        }
        command
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// A serial line whose other end is one of the machine's pipes.
fn line(name: &str, path: &str) -> String {
    format!("file,id={name},path={path},append=on")
}

/// Copies what the guest prints. The machine opens its lines by name: opened again like that, a file
/// to which this process's output goes would be written from its beginning.
fn relay(
    mut from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        // A reader that has gone wants no more of it.
        let _ = io::copy(&mut from, &mut to).and_then(|_| to.flush());
    })
}

/// How far the guest has come.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Booting,
    Mounted,
    Exited(i32),
    Failed(String),
}

/// What the guest's first process has written on its control line.
fn outcome(control: &str) -> Outcome {
    let mut outcome = Outcome::Booting;
    for line in control.lines().map(str::trim) {
        if line == "mounted" {
            outcome = Outcome::Mounted;
        } else if let Some(reason) = line.strip_prefix("failed ") {
            outcome = Outcome::Failed(reason.to_owned());
        } else if let Some(Ok(code)) = line.strip_prefix("exit ").map(str::parse) {
            outcome = Outcome::Exited(code);
        }
    }
    outcome
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The last lines, indented.
fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = &all[all.len().saturating_sub(lines)..];
    let shown: Vec<_> = last
        .iter()
        .map(|line| format!("    {}", line.trim_end()))
        .collect();
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_line_tells_how_it_ended() {
        assert_eq!(outcome(""), Outcome::Booting);
        assert_eq!(outcome("mounted\n"), Outcome::Mounted);
        assert_eq!(outcome("mounted\r\nexit 7\r\n"), Outcome::Exited(7));
        assert_eq!(outcome("mounted\nexit "), Outcome::Mounted);
        let failed = Outcome::Failed("mount: no".to_owned());
        assert_eq!(outcome("failed mount: no\n"), failed);
    }

    #[test]
    fn of_a_long_console_the_end_is_shown() {
        assert_eq!(tail("a\n\nb\r\nc\n", 2), "    b\n    c");
    }
}

//! Running programs on the hosts of a cluster.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

use super::plan::{ClusterName, Host};
use super::software::Software;

/// Takes the host's name (first argument), then becomes the program (the others).
const ENTER: &str = r#"hostname "$0" && exec "$@""#;

/// BeeGFS 8 wants an id of the machine, which virtual machines and containers often lack. This
/// gives the host one of its own. `ip netns exec` has made a mount namespace: the mount is seen
/// by this process alone and ends with it.
const ENTER_8: &str = r#"mount -t tmpfs none /sys/class && mkdir -p /sys/class/dmi/id &&
    echo "$NTBC_MACHINE" > /sys/class/dmi/id/product_uuid && hostname "$0" && exec "$@""#;

/// Names the SISCI library.
const LIBRARY_KEY: &str = "connNTBLibrary";

/// Starts a daemon that outlives this process; its output goes to the host's log.
pub fn daemon(
    name: &ClusterName,
    software: &Software,
    host: Host,
    arguments: &[String],
) -> anyhow::Result<Child> {
    let path = name.log_file(host);
    let log = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| path.display().to_string())?;
    on_host(name, software, host, &["setsid"])
        .arg(software.program(host))
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("cannot start {}", software.program(host).display()))
}

/// Prepares a program that ends with its work, in a process group of its own.
pub fn tool(name: &ClusterName, software: &Software, host: Host, arguments: &[String]) -> Command {
    let mut command = on_host(name, software, host, &[]);
    command
        .arg(software.program(host))
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0);
    command
}

/// Runs on the host the program that is added as the next argument. Each wrapper becomes the
/// next one (`exec`), so the child's process id is the program's.
pub fn on_host(name: &ClusterName, software: &Software, host: Host, wrapper: &[&str]) -> Command {
    let enter = if software.is_version_8() {
        ENTER_8
    } else {
        ENTER
    };
    let mut command = Command::new("ip");
    command
        .args(["netns", "exec", &name.namespace(host), "unshare", "--uts"])
        .args(wrapper)
        .args(["sh", "-c", enter, host.name()])
        .env("NTBC_MACHINE", machine_id(host))
        .env("NTB_RUNTIME_DIR", name.runtime_dir())
        .env("SISCI_EMU_DIR", software.fabric_dir(name, host))
        .env("SISCI_EMU_NODE", host.ntb_node().to_string())
        .env("SISCI_EMU_HOST", host.name());
    // An unpatched daemon knows no keys of the transport; its plugin takes them from here.
    if software.has_plugin(host) && std::env::var_os(LIBRARY_KEY).is_none() {
        command.env(LIBRARY_KEY, "emulator");
    }
    command
}

fn machine_id(host: Host) -> String {
    format!("6e746263-0000-4000-8000-{:012}", host.ntb_node())
}

/// The last `lines` lines of a host's log, indented; says so if there is none.
pub fn log_tail(name: &ClusterName, host: Host, lines: usize) -> String {
    tail(&name.log_file(host), lines)
}

fn tail(path: &Path, lines: usize) -> String {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => return format!("    ({}: {error})\n", path.display()),
    };
    let all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = &all[all.len().saturating_sub(lines)..];
    last.iter().map(|line| format!("    {line}\n")).collect()
}

/// Makes a folder and those above it; an existing one is fine.
pub fn make_folder(path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| path.display().to_string())
}

/// Fails if the file system of `path` has less than `needed` bytes left.
pub fn require_space(path: &Path, needed: u64) -> anyhow::Result<()> {
    let space = rustix::fs::statvfs(path).with_context(|| path.display().to_string())?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    if free < needed {
        let mib = |bytes: u64| bytes >> 20;
        bail!(
            "the file system of {} is full: {} MiB left, {} MiB needed",
            path.display(),
            mib(free),
            mib(needed)
        );
    }
    Ok(())
}

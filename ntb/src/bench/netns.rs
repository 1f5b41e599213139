//! Two network namespaces of our own and a veth pair between them.
//!
//! The namespaces have no names: each belongs to one worker process and the devices in it go with
//! it, so that nothing is left behind however the run ends.

use rustix::process::geteuid;

use super::wire::{Role, Setup};
use super::worker::command;

/// Name of the device in both namespaces.
const DEVICE: &str = "ntbbench0";

/// Addresses of the two ends, from the block that is reserved for benchmarks of networks.
pub fn address(role: Role) -> &'static str {
    match role {
        Role::Initiator => "198.18.77.1",
        Role::Responder => "198.18.77.2",
    }
}

/// Why there can be no veth pair here, if so.
pub fn missing() -> Option<String> {
    if !geteuid().is_root() {
        return Some("needs root".to_owned());
    }
    ["ip", "unshare"]
        .into_iter()
        .find(|program| super::tools::find(program).is_none())
        .map(|program| format!("the program {program} is not installed"))
}

/// Puts a veth pair between the namespaces of two processes.
///
/// # Errors
/// With what `ip` said.
pub fn join(initiator: u32, responder: u32) -> anyhow::Result<()> {
    let (initiator, responder) = (initiator.to_string(), responder.to_string());
    command(
        "ip",
        &[
            "link", "add", "name", DEVICE, "netns", &initiator, "type", "veth", "peer", "name",
            DEVICE, "netns", &responder,
        ],
    )
}

/// Gives the device of this process's namespace its address.
///
/// # Errors
/// With what `ip` said.
pub fn configure(setup: &Setup) -> anyhow::Result<()> {
    let Some(address) = &setup.veth else {
        return Ok(());
    };
    command("ip", &["address", "add", address, "dev", DEVICE])?;
    command("ip", &["link", "set", "lo", "up"])?;
    command("ip", &["link", "set", DEVICE, "up"])
}

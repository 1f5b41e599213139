//! Names of hosts and adapters.

use crate::model::broadcast::all_nodes;
use crate::runtime::config::is_node_id;
use crate::runtime::log::report;
use crate::runtime::process;
use crate::{Code, Result};
use std::ffi::CStr;

/// Node ids of a name: all of a host that a process runs on (`SISCI_EMU_HOST`), or the one of a
/// number, as `8` or `node-8`, whether or not a process is there.
///
/// # Errors
/// `NO_SUCH_NODEID` for an unknown name; `ILLEGAL_PARAMETER` for an empty one.
pub fn nodes(name: &str) -> Result<Vec<u32>> {
    if name.is_empty() {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let number = name.strip_prefix("node-").unwrap_or(name).parse();
    if let Some(node) = number.ok().filter(|node| is_node_id(*node)) {
        return Ok(vec![node]);
    }
    let process = process::current()?;
    let of_host = |node: &u32| {
        process
            .node_dir(*node)
            .host()
            .is_some_and(|host| host == name)
    };
    let nodes: Vec<_> = all_nodes().filter(of_host).collect();
    if nodes.is_empty() {
        report!(Warn, "{name:?} is no node id and no host with a process");
        return Err(Code::SCI_ERR_NO_SUCH_NODEID);
    }
    Ok(nodes)
}

/// The card type that `SCI_Q_ADAPTER_CARD_TYPE` answers: none of the vendor's.
pub const CARD_TYPE: u32 = 0;

/// What a card type is called.
pub fn adapter_type(card: u32) -> &'static CStr {
    if card == CARD_TYPE {
        c"sisci-emu"
    } else {
        c"unknown adapter"
    }
}

/// What family a card type belongs to.
pub fn adapter_family(card: u32) -> &'static CStr {
    if card == CARD_TYPE {
        c"emulated"
    } else {
        c"unknown family"
    }
}

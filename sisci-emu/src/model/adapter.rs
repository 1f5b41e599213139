//! The adapters of this host, and node ids.

use crate::fabric::member::Member;
use crate::model::flags::SCI_LOCAL_HOST;
use crate::runtime::config::{MAX_ADAPTERS, is_node_id};
use crate::runtime::log::report;
use crate::runtime::process;
use crate::{Code, Result};

/// Accepts an adapter that is there.
///
/// # Errors
/// `NO_SUCH_ADAPTERNO` for a legal number without an adapter, else `ILLEGAL_ADAPTERNO`;
/// `NOT_INITIALIZED`.
pub fn check(adapter: u32) -> Result<()> {
    let count = process::current()?.nodes().len();
    let number = adapter as usize;
    if number < count {
        return Ok(());
    }
    report!(
        Debug,
        "there is no adapter {adapter}: SISCI_EMU_NODE names {count}"
    );
    Err(if number < MAX_ADAPTERS {
        Code::SCI_ERR_NO_SUCH_ADAPTERNO
    } else {
        Code::SCI_ERR_ILLEGAL_ADAPTERNO
    })
}

/// The node that a program means: the own one at this adapter for `SCI_LOCAL_HOST`.
///
/// # Errors
/// `ILLEGAL_NODEID` for what can't be a node.
pub fn resolve_node(member: &Member, adapter: u32, node: u32) -> Result<u32> {
    if node == SCI_LOCAL_HOST {
        return Ok(member.node(adapter));
    }
    check_node(node)?;
    Ok(node)
}

/// Accepts what can be a node.
///
/// # Errors
/// `ILLEGAL_NODEID`
pub fn check_node(node: u32) -> Result<()> {
    if is_node_id(node) {
        return Ok(());
    }
    report!(Debug, "{node} is no node id");
    Err(Code::SCI_ERR_ILLEGAL_NODEID)
}

//! The one adapter that a node has.

use crate::runtime::config::is_node_id;
use crate::{Code, Result};

/// Number of the adapter.
pub const ADAPTER: u32 = 0;
/// Legal adapter numbers are below this, whether or not the adapter exists.
const MAX_ADAPTERS: u32 = 16;

/// Accepts the adapter that is there.
///
/// # Errors
/// `NO_SUCH_ADAPTERNO` for a legal number without an adapter, else `ILLEGAL_ADAPTERNO`.
pub fn check(adapter: u32) -> Result<()> {
    match adapter {
        ADAPTER => Ok(()),
        1..MAX_ADAPTERS => Err(Code::SCI_ERR_NO_SUCH_ADAPTERNO),
        _ => Err(Code::SCI_ERR_ILLEGAL_ADAPTERNO),
    }
}

/// Accepts what can be a node.
///
/// # Errors
/// `ILLEGAL_NODEID`
pub fn check_node(node: u32) -> Result<()> {
    if is_node_id(node) {
        Ok(())
    } else {
        Err(Code::SCI_ERR_ILLEGAL_NODEID)
    }
}

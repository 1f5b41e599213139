//! What segments report: peers that come and go, links that fail and recover.

use super::callbacks::{Callbacks, guarded};
use sisci_sys::{
    sci_callback_action_t, sci_error_t, sci_local_segment_t, sci_remote_segment_t,
    sci_segment_cb_reason_t,
};
use std::ffi::c_void;

/// What happened to a segment or to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentEvent {
    /// A peer connected to our segment.
    Connected,
    /// The other side disconnected or withdrew the segment.
    Disconnected,
    /// The link went down; the connection may survive.
    NotOperational,
    /// The link is up again.
    Operational,
    /// The connection is gone for good.
    Lost,
    /// A number that this program doesn't know.
    Other(u32),
}

impl From<sci_segment_cb_reason_t> for SegmentEvent {
    fn from(reason: sci_segment_cb_reason_t) -> Self {
        match reason {
            sci_segment_cb_reason_t::SCI_CB_CONNECT => Self::Connected,
            sci_segment_cb_reason_t::SCI_CB_DISCONNECT => Self::Disconnected,
            sci_segment_cb_reason_t::SCI_CB_NOT_OPERATIONAL => Self::NotOperational,
            sci_segment_cb_reason_t::SCI_CB_OPERATIONAL => Self::Operational,
            sci_segment_cb_reason_t::SCI_CB_LOST => Self::Lost,
            other => Self::Other(other.0),
        }
    }
}

/// Called with the event and the node it is about, on a thread of the library.
pub(super) type LocalWatcher = dyn Fn(SegmentEvent, u32) + Send + Sync;
/// Called with the event, on a thread of the library.
pub(super) type RemoteWatcher = dyn Fn(SegmentEvent) + Send + Sync;

pub(super) static LOCAL: Callbacks<LocalWatcher> = Callbacks::new();
pub(super) static REMOTE: Callbacks<RemoteWatcher> = Callbacks::new();

/// The library's entry for local segments.
pub(super) unsafe extern "C" fn on_local(
    argument: *mut c_void,
    _segment: sci_local_segment_t,
    reason: sci_segment_cb_reason_t,
    node: u32,
    _adapter: u32,
    _status: sci_error_t,
) -> sci_callback_action_t {
    let Some(watcher) = LOCAL.get(argument) else {
        return sci_callback_action_t::SCI_CALLBACK_CANCEL;
    };
    guarded(|| watcher(reason.into(), node));
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

/// The library's entry for connections.
pub(super) unsafe extern "C" fn on_remote(
    argument: *mut c_void,
    _segment: sci_remote_segment_t,
    reason: sci_segment_cb_reason_t,
    _status: sci_error_t,
) -> sci_callback_action_t {
    let Some(watcher) = REMOTE.get(argument) else {
        return sci_callback_action_t::SCI_CALLBACK_CANCEL;
    };
    guarded(|| watcher(reason.into()));
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

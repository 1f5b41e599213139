//! What a program can ask about a transport and a connection.

use crate::failure::chars;
use ntb_core::report;
use std::ffi::c_char;

/// Room for an address as text, in bytes, its end included.
pub const NTB_ADDRESS_MAX: usize = 64;

/// For ntb_endpoint_status.state: usable in both directions.
pub const NTB_STATE_OPEN: u32 = 0;
/// For ntb_endpoint_status.state: the peer has shut it down; what it sent before can be received.
pub const NTB_STATE_CLOSING: u32 = 1;
/// For ntb_endpoint_status.state: ended by a fault or the loss of the peer.
pub const NTB_STATE_BROKEN: u32 = 2;

/// What a transport holds. All sizes in bytes. Later versions add members at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ntb_transport_status {
    /// Size of this structure in bytes, set by the caller: sizeof(ntb_transport_status).
    pub size: usize,
    /// Node id of this host on the fabric.
    pub node: u32,
    /// Number of the adapter.
    pub adapter: u32,
    /// Most memory that is exported to peers.
    pub memory_limit: u64,
    /// Memory that is exported.
    pub memory_exported: u64,
    /// Memory of it that belongs to connections.
    pub memory_used: u64,
    /// Connections that are open.
    pub connections: u64,
    /// Incoming connections that were refused since the start.
    pub refused: u64,
    /// Peers that are not reached over NTB at the moment; ntb_report has the reasons.
    pub skipped: u64,
}

/// What a connection is and has done. Later versions add members at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ntb_endpoint_status {
    /// Size of this structure in bytes, set by the caller: sizeof(ntb_endpoint_status).
    pub size: usize,
    /// A number that no other connection of this transport has or will have.
    pub id: u64,
    /// Node id of the peer on the fabric.
    pub peer_node: u32,
    /// Port of the control channel's other end.
    pub peer_port: u16,
    /// 1 if the peer connected to us, 0 if we did to it.
    pub incoming: u16,
    /// An NTB_STATE_ number.
    pub state: u32,
    /// Always 0.
    pub reserved: u32,
    /// Size of one direction's ring in bytes.
    pub ring_bytes: u64,
    /// Payload received, in bytes.
    pub bytes_in: u64,
    /// Payload sent, in bytes.
    pub bytes_out: u64,
    /// Waits for data that ended while looking.
    pub recv_polled: u64,
    /// Waits for data that had to sleep.
    pub recv_slept: u64,
    /// Waits for room in the peer's ring that ended while looking.
    pub send_polled: u64,
    /// Waits for room in the peer's ring that had to sleep.
    pub send_slept: u64,
    /// Address of the control channel's other end, such as "10.0.0.3"; ends with a zero byte.
    pub peer: [c_char; NTB_ADDRESS_MAX],
}

/// Sizes of the first published structures.
pub(crate) const TRANSPORT_FIRST: usize = 64;
pub(crate) const ENDPOINT_FIRST: usize = 88 + NTB_ADDRESS_MAX;

impl From<&report::Report> for ntb_transport_status {
    fn from(report: &report::Report) -> Self {
        let fabric = &report.fabric;
        Self {
            size: size_of::<Self>(),
            node: fabric.node,
            adapter: fabric.adapter,
            memory_limit: fabric.memory_limit,
            memory_exported: fabric.arena_bytes,
            memory_used: fabric.arena_used,
            connections: report.endpoints.len() as u64,
            refused: report.refused,
            skipped: report.skips.len() as u64,
        }
    }
}

impl ntb_endpoint_status {
    pub(crate) fn new(endpoint: &report::Endpoint, peer: std::net::SocketAddr) -> Self {
        Self {
            size: size_of::<Self>(),
            id: endpoint.id,
            peer_node: endpoint.peer_node,
            peer_port: peer.port(),
            incoming: (endpoint.direction == report::Direction::In).into(),
            state: match endpoint.state {
                report::EndpointState::Open => NTB_STATE_OPEN,
                report::EndpointState::Closing => NTB_STATE_CLOSING,
                report::EndpointState::Broken => NTB_STATE_BROKEN,
            },
            reserved: 0,
            ring_bytes: endpoint.ring_bytes,
            bytes_in: endpoint.bytes_in,
            bytes_out: endpoint.bytes_out,
            recv_polled: endpoint.recv_polled,
            recv_slept: endpoint.recv_slept,
            send_polled: endpoint.send_polled,
            send_slept: endpoint.send_slept,
            peer: chars(&peer.ip().to_string()),
        }
    }
}

// What is published stays where it is.
const _: () = {
    assert!(size_of::<ntb_transport_status>() == TRANSPORT_FIRST);
    assert!(size_of::<ntb_endpoint_status>() == ENDPOINT_FIRST);
};

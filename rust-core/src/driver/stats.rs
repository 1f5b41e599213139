//! Counters of an endpoint, and sums per peer that outlive it.

use crate::report::{PathKind, PeerTotal};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Counters of one connection. The endpoint's thread writes them, the control thread reads them;
/// nothing is decided by them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) recv_polled: Counter,
    pub(crate) recv_slept: Counter,
    pub(crate) send_polled: Counter,
    pub(crate) send_slept: Counter,
    pub(crate) doorbells_out: Counter,
    /// Sleeps that ended by the endpoint's own interrupt.
    pub(crate) alarms_in: Counter,
    pub(crate) bulk_out: Counter,
    pub(crate) bulk_refused: Counter,
    pub(crate) sent_again: Counter,
}

/// A number that one thread at a time increases.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds without a locked instruction: each counter has one writer.
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_add(count), Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Sums per peer address over all connections, closed ones included.
#[derive(Debug, Default)]
pub(crate) struct Totals(Mutex<HashMap<IpAddr, Total>>);

#[derive(Debug, Default)]
struct Total {
    open: Vec<Arc<Counters>>,
    connections: u64,
    bytes_in: u64,
    bytes_out: u64,
}

impl Totals {
    pub(crate) fn opened(&self, peer: IpAddr, counters: &Arc<Counters>) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total = peers.entry(peer).or_default();
        total.connections += 1;
        total.open.push(Arc::clone(counters));
    }

    pub(crate) fn closed(&self, peer: IpAddr, counters: &Arc<Counters>) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(total) = peers.get_mut(&peer) {
            total.open.retain(|open| !Arc::ptr_eq(open, counters));
            total.bytes_in += counters.bytes_in.get();
            total.bytes_out += counters.bytes_out.get();
        }
    }

    pub(crate) fn report(&self) -> Vec<PeerTotal> {
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<_> = peers
            .iter()
            .map(|(peer, total)| PeerTotal {
                peer: peer.to_string(),
                path: PathKind::Ntb,
                connections_open: total.open.len() as u64,
                connections_total: total.connections,
                bytes_in: total.bytes_in + total.open.iter().map(|c| c.bytes_in.get()).sum::<u64>(),
                bytes_out: total.bytes_out
                    + total.open.iter().map(|c| c.bytes_out.get()).sum::<u64>(),
            })
            .collect();
        rows.sort_by(|a, b| a.peer.cmp(&b.peer));
        rows
    }
}

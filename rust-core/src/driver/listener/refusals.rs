//! Peers that were refused, for the log of whoever accepts.

use crate::driver::error::Error;
use crate::driver::reach::cause::Cause;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Hosts of which something is remembered; more are only counted. Bounds the memory, and the log, that
/// strangers can fill.
const HOSTS_MOST: usize = 256;

/// What was told of each host since a connection with it was made, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    told: HashMap<IpAddr, Vec<Cause>>,
    news: VecDeque<String>,
}

impl Refusals {
    /// True if this is news.
    pub(super) fn add(&mut self, peer: SocketAddr, error: &Error) -> bool {
        let (host, cause) = (peer.ip(), Cause::of(error));
        let is_full = self.told.len() >= HOSTS_MOST;
        if is_full && !self.told.contains_key(&host) {
            return false;
        }
        let told = self.told.entry(host).or_default();
        if told.contains(&cause) {
            return false;
        }
        told.push(cause);
        self.news.push_back(format!("{host} was refused: {error}"));
        true
    }

    pub(super) fn forget(&mut self, host: IpAddr) {
        self.told.remove(&host);
    }

    pub(super) fn is_any_new(&self) -> bool {
        !self.news.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<String> {
        self.news.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(host: u32, port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(host.into()), port)
    }

    #[test]
    fn each_kind_of_reason_comes_once_for_each_host() {
        let mut refusals = Refusals::default();
        let secret = |text| Error::Authentication(text);
        assert!(refusals.add(peer(1, 7), &secret("wrong")));
        assert!(!refusals.add(peer(1, 8), &secret("wrong again")));
        assert!(refusals.add(peer(1, 9), &Error::Busy { waiting: 1 }));
        assert!(refusals.add(peer(2, 7), &secret("wrong")));
        assert!(refusals.next().unwrap().starts_with("0.0.0.1 was refused"));
        refusals.forget(peer(1, 0).ip());
        assert!(refusals.add(peer(1, 7), &secret("anew")));
        let left = std::iter::from_fn(|| refusals.next()).count();
        assert_eq!((left, refusals.is_any_new()), (3, false));
    }

    #[test]
    fn strangers_fill_neither_memory_nor_log() {
        let mut refusals = Refusals::default();
        for host in 0..10 * HOSTS_MOST as u32 {
            refusals.add(peer(host, 1), &Error::Authentication("wrong"));
        }
        assert_eq!(refusals.told.len(), HOSTS_MOST);
        assert_eq!(refusals.news.len(), HOSTS_MOST);
    }
}

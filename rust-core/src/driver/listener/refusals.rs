//! Peers that were refused, for the log of whoever accepts.

use crate::driver::error::Error;
use crate::driver::reach::cause::Cause;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Hosts of which something is remembered, and texts that wait; more are only counted. Bounds the memory, and the
/// log, that strangers can fill.
const HOSTS_MOST: usize = 256;
/// How long what was told of a host is not told again, whatever happens: a peer that comes in now and then and is
/// refused in between must not fill the log either.
const QUIET: Duration = Duration::from_secs(600);

/// What was told of each host, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    hosts: HashMap<IpAddr, Host>,
    news: VecDeque<String>,
}

#[derive(Debug)]
struct Host {
    told: Vec<Cause>,
    /// When the last of these was told.
    last: Instant,
}

impl Refusals {
    /// True if this is news.
    pub(super) fn add(&mut self, peer: SocketAddr, error: &Error) -> bool {
        self.add_at(peer, error, Instant::now())
    }

    fn add_at(&mut self, peer: SocketAddr, error: &Error, now: Instant) -> bool {
        let (ip, cause) = (peer.ip(), Cause::of(error));
        let is_known = self.hosts.contains_key(&ip);
        if !is_known && self.hosts.len() >= HOSTS_MOST {
            self.hosts.retain(|_, host| now < host.last + QUIET);
        }
        let is_full = !is_known && self.hosts.len() >= HOSTS_MOST;
        if is_full || self.news.len() >= HOSTS_MOST {
            return false;
        }
        let told = Vec::new();
        let host = self.hosts.entry(ip).or_insert(Host { told, last: now });
        if host.told.contains(&cause) {
            return false;
        }
        host.told.push(cause);
        host.last = now;
        self.news.push_back(format!("{ip} was refused: {error}"));
        true
    }

    /// A connection with this host is made: what goes wrong from now on is news again.
    pub(super) fn forget(&mut self, host: IpAddr) {
        self.forget_at(host, Instant::now());
    }

    fn forget_at(&mut self, ip: IpAddr, now: Instant) {
        let is_over = |host: &Host| now >= host.last + QUIET;
        if self.hosts.get(&ip).is_some_and(is_over) {
            self.hosts.remove(&ip);
        }
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

    const SECRET: Error = Error::Authentication("wrong");

    #[test]
    fn each_kind_of_reason_comes_once_for_each_host() {
        let mut refusals = Refusals::default();
        assert!(refusals.add(peer(1, 7), &SECRET));
        assert!(!refusals.add(peer(1, 8), &Error::Authentication("again")));
        assert!(refusals.add(peer(1, 9), &Error::Busy { waiting: 1 }));
        assert!(refusals.add(peer(2, 7), &SECRET));
        assert!(refusals.next().unwrap().starts_with("0.0.0.1 was refused"));
        let left = std::iter::from_fn(|| refusals.next()).count();
        assert_eq!((left, refusals.is_any_new()), (2, false));
    }

    #[test]
    fn after_a_connection_and_a_while_it_is_news_again() {
        let mut refusals = Refusals::default();
        let begin = Instant::now();
        let later = begin + QUIET;
        assert!(refusals.add_at(peer(1, 7), &SECRET, begin));
        for _ in 0..10 {
            // It comes and goes.
            refusals.forget_at(peer(1, 0).ip(), later - Duration::from_secs(1));
            assert!(!refusals.add_at(peer(1, 7), &SECRET, later));
        }
        refusals.forget_at(peer(1, 0).ip(), later);
        assert!(refusals.add_at(peer(1, 7), &SECRET, later));
    }

    #[test]
    fn strangers_fill_neither_memory_nor_log() {
        let mut refusals = Refusals::default();
        let begin = Instant::now();
        let many = 10 * HOSTS_MOST as u32;
        for host in 0..many {
            refusals.add_at(peer(host, 1), &SECRET, begin);
        }
        assert_eq!(refusals.hosts.len(), HOSTS_MOST);
        assert_eq!(refusals.news.len(), HOSTS_MOST);
        while refusals.next().is_some() {}
        // Nor do they keep others out for good.
        assert!(refusals.add_at(peer(many, 1), &SECRET, begin + QUIET));
        assert_eq!(refusals.hosts.len(), 1);
    }
}

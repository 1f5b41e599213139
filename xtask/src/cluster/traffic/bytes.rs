//! How much has gone over NTB and over TCP between two moments: NTB as the daemons say, TCP as the kernel
//! says of the connections that are open.

use std::collections::BTreeMap;

use anyhow::ensure;

use super::snapshot::{self, HostView, Path};
use super::{Host, State, status};

/// By host and its peer.
type Counters = BTreeMap<(Host, String), u64>;

/// The counters at the begin.
pub struct Meanwhile {
    ntb: Counters,
    tcp: Counters,
}

/// Bytes that each host has exchanged with each peer, both directions together.
pub struct Moved {
    ntb: Counters,
    tcp: Counters,
}

impl Meanwhile {
    pub fn begin(state: &State) -> anyhow::Result<Self> {
        let views = snapshot::take(state)?;
        let [ntb, tcp] = [Path::Ntb, Path::Tcp].map(|path| counters(&views, path));
        Ok(Self { ntb, tcp })
    }

    /// What has been added since. A daemon that was started meanwhile counts from its start.
    pub fn end(self, state: &State) -> anyhow::Result<Moved> {
        let Self { ntb, tcp } = Self::begin(state)?;
        Ok(Moved {
            ntb: added(&self.ntb, ntb),
            tcp: added(&self.tcp, tcp),
        })
    }
}

fn added(before: &Counters, mut after: Counters) -> Counters {
    for (key, count) in &mut after {
        let before = before.get(key).copied().unwrap_or_default();
        if before <= *count {
            *count -= before;
        }
    }
    after
}

fn counters(views: &[HostView], path: Path) -> Counters {
    let mut counters = BTreeMap::new();
    for view in views {
        for peer in view.peers.iter().filter(|peer| peer.path == path) {
            let bytes = peer.bytes_in + peer.bytes_out;
            counters.insert((view.host, peer.peer.clone()), bytes);
        }
    }
    counters
}

impl Moved {
    /// Over NTB, of one host with all its peers.
    pub fn of(&self, host: Host) -> u64 {
        let own = self.ntb.iter().filter(|((of, _), _)| *of == host);
        own.map(|(_, bytes)| bytes).sum()
    }

    /// Over NTB, of one host with another one, as the first has counted.
    pub fn between(&self, host: Host, peer: Host) -> u64 {
        of_pair(&self.ntb, host, peer)
    }

    /// The same over TCP.
    pub fn tcp_between(&self, host: Host, peer: Host) -> u64 {
        of_pair(&self.tcp, host, peer)
    }

    /// # Errors
    /// If a host has exchanged less.
    pub fn require_each(&self, hosts: &[Host], least: u64) -> anyhow::Result<()> {
        for &host in hosts {
            let moved = self.of(host);
            ensure!(
                moved >= least,
                "{}: {moved} bytes went over NTB, at least {least} were to",
                host.name()
            );
        }
        Ok(())
    }

    pub fn text(&self, hosts: &[Host]) -> String {
        let of = |host: &Host| format!("{} {}", host.name(), status::bytes(self.of(*host)));
        hosts.iter().map(of).collect::<Vec<_>>().join(", ")
    }
}

fn of_pair(counters: &Counters, host: Host, peer: Host) -> u64 {
    let key = (host, peer.name().to_owned());
    counters.get(&key).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_was_started_anew_counts_from_zero() {
        let key = (Host::Storage1, "storage2".to_owned());
        let counters = |count| BTreeMap::from([(key.clone(), count)]);
        assert_eq!(added(&counters(5), counters(12))[&key], 7);
        assert_eq!(added(&counters(100), counters(12))[&key], 12);
    }

    #[test]
    fn what_is_less_than_wanted_is_an_error() {
        let key = |host, peer: Host| (host, peer.name().to_owned());
        let moved = Moved {
            ntb: BTreeMap::from([
                (key(Host::Storage1, Host::Storage2), 10),
                (key(Host::Storage1, Host::Client), 5),
            ]),
            tcp: BTreeMap::from([(key(Host::Storage2, Host::Storage1), 7)]),
        };
        assert_eq!(moved.tcp_between(Host::Storage2, Host::Storage1), 7);
        assert_eq!(moved.tcp_between(Host::Storage1, Host::Storage2), 0);
        assert_eq!(moved.of(Host::Storage1), 15);
        assert_eq!(moved.between(Host::Storage1, Host::Storage2), 10);
        assert!(moved.require_each(&[Host::Storage1], 15).is_ok());
        let both = [Host::Storage1, Host::Storage2];
        let error = moved.require_each(&both, 1).unwrap_err().to_string();
        assert!(error.contains("storage2"), "{error}");
    }
}

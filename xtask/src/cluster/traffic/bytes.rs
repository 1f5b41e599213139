//! How much the daemons say has gone over NTB between two moments.

use std::collections::BTreeMap;

use anyhow::ensure;

use super::snapshot::{self, Path};
use super::{Host, State, status};

/// The counters at the begin.
pub struct Meanwhile(BTreeMap<(Host, String), u64>);

/// Bytes that each host has exchanged with each peer, both directions together.
pub struct Moved(BTreeMap<(Host, String), u64>);

impl Meanwhile {
    pub fn begin(state: &State) -> anyhow::Result<Self> {
        Ok(Self(counters(state)?))
    }

    /// What has been added since. A daemon that was started meanwhile counts from its start.
    pub fn end(self, state: &State) -> anyhow::Result<Moved> {
        let mut moved = counters(state)?;
        for (key, count) in &mut moved {
            let before = self.0.get(key).copied().unwrap_or_default();
            if before <= *count {
                *count -= before;
            }
        }
        Ok(Moved(moved))
    }
}

fn counters(state: &State) -> anyhow::Result<BTreeMap<(Host, String), u64>> {
    let mut counters = BTreeMap::new();
    for view in snapshot::take(state)? {
        for peer in view.peers.iter().filter(|peer| peer.path == Path::Ntb) {
            let bytes = peer.bytes_in + peer.bytes_out;
            counters.insert((view.host, peer.peer.clone()), bytes);
        }
    }
    Ok(counters)
}

impl Moved {
    /// Of one host with all its peers.
    pub fn of(&self, host: Host) -> u64 {
        let own = self.0.iter().filter(|((of, _), _)| *of == host);
        own.map(|(_, bytes)| bytes).sum()
    }

    /// Of one host with another one, as the first has counted.
    pub fn between(&self, host: Host, peer: Host) -> u64 {
        let key = (host, peer.name().to_owned());
        self.0.get(&key).copied().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_less_than_wanted_is_an_error() {
        let key = |host, peer: Host| (host, peer.name().to_owned());
        let moved = Moved(BTreeMap::from([
            (key(Host::Storage1, Host::Storage2), 10),
            (key(Host::Storage1, Host::Client), 5),
        ]));
        assert_eq!(moved.of(Host::Storage1), 15);
        assert_eq!(moved.between(Host::Storage1, Host::Storage2), 10);
        assert!(moved.require_each(&[Host::Storage1], 15).is_ok());
        let both = [Host::Storage1, Host::Storage2];
        let error = moved.require_each(&both, 1).unwrap_err().to_string();
        assert!(error.contains("storage2"), "{error}");
    }
}

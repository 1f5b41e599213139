//! The clusters, and what can be expected of each.

use clap::ValueEnum;

use super::super::plan::{Host, Role};

/// A cluster of which not all can do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// All servers patched; the management daemon of BeeGFS 8 is the stock one.
    Patched,
    /// A stock storage server among patched servers.
    StockStorage,
    /// A stock metadata server among patched servers.
    StockMeta,
    /// A stock management daemon of 7.4 (in BeeGFS 8 it is always stock).
    StockMgmtd,
    /// A patched server with connUseNTB=false.
    Off,
    /// Two servers on a fabric of their own.
    TwoFabrics,
    /// A server whose link is down at its start and comes up later.
    LateLink,
}

/// Why a pair is not joined, as the transport says it.
pub const NO_LISTENER: &str = "it does not listen for NTB connections";
pub const NO_LINK: &str = "the NTB link is down or does not lead there";

/// The fabric of [`Case::TwoFabrics`] on which its second half is.
pub const FABRIC: &str = "b";

impl Case {
    pub fn name(self) -> String {
        let name = self.to_possible_value().expect("none is hidden");
        name.get_name().to_owned()
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Patched => "all servers patched",
            Self::StockStorage => "storage2 is stock",
            Self::StockMeta => "meta is stock",
            Self::StockMgmtd => "mgmtd is stock",
            Self::Off => "storage2 has connUseNTB=false",
            Self::TwoFabrics => "storage2 and meta are on another fabric than storage1",
            Self::LateLink => "the link of storage2 is down at its start",
        }
    }

    /// The host that runs an unpatched daemon.
    pub fn stock_host(self) -> Option<Host> {
        match self {
            Self::StockStorage => Some(Host::Storage2),
            Self::StockMeta => Some(Host::Meta),
            Self::StockMgmtd => Some(Host::Mgmtd),
            _ => None,
        }
    }

    /// Hosts on the other fabric.
    pub fn on_other_fabric(self) -> &'static [Host] {
        match self {
            Self::TwoFabrics => &[Host::Storage2, Host::Meta],
            _ => &[],
        }
    }

    /// Whether two hosts can use NTB with each other, once all links are up.
    pub fn joins(self, one: Host, other: Host) -> bool {
        self.can(one)
            && self.can(other)
            && self.on_other_fabric().contains(&one) == self.on_other_fabric().contains(&other)
    }

    fn can(self, host: Host) -> bool {
        let is_off = self == Self::Off && host == Host::Storage2;
        host.role() != Role::Management && self.stock_host() != Some(host) && !is_off
    }

    /// What a server that has NTB says of a peer that it does not reach over it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::TwoFabrics | Self::LateLink => NO_LINK,
            _ => NO_LISTENER,
        }
    }

    /// Whether this host looks for NTB at all.
    pub fn tries(self, host: Host) -> bool {
        self.can(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_joined_if_both_can_and_the_fabric_is_one() {
        use Host::{Meta, Mgmtd, Storage1, Storage2};
        assert!(Case::LateLink.joins(Storage1, Storage2));
        assert!(!Case::Off.joins(Storage1, Storage2) && Case::Off.joins(Storage1, Meta));
        assert!(!Case::StockMeta.joins(Meta, Storage1));
        assert!(Case::StockMeta.joins(Storage1, Storage2));
        assert!(Case::TwoFabrics.joins(Storage2, Meta) && !Case::TwoFabrics.joins(Storage1, Meta));
        assert!(
            !Case::Patched.joins(Mgmtd, Meta),
            "management is TCP always"
        );
    }
}

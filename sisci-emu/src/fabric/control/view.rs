//! What the state of a fabric means for the way from one node to another.

use super::state::State;
use crate::runtime::config::is_node_id;
use crate::{Code, Result};

/// Whether a way can be gone, and if not, where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// Stores arrive.
    Up = 0,
    /// The own cable is out, or the own node is gone.
    OwnLinkDown = 1,
    /// The link of both nodes is down, or the peer's cable out.
    RemoteLinkDown = 2,
    /// The peer is gone.
    PeerGone = 3,
}

impl Way {
    /// The way of this number in an atomic.
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Up,
            1 => Self::OwnLinkDown,
            2 => Self::RemoteLinkDown,
            _ => Self::PeerGone,
        }
    }

    /// # Errors
    /// What a call gets that needs the way.
    pub fn check(self) -> Result<()> {
        match self {
            Self::Up => Ok(()),
            Self::OwnLinkDown => Err(Code::SCI_ERR_NO_LINK_ACCESS),
            Self::RemoteLinkDown => Err(Code::SCI_ERR_NO_REMOTE_LINK_ACCESS),
            Self::PeerGone => Err(Code::SCI_ERR_NODE_NOT_RESPONDING),
        }
    }

    /// The same way from its other end.
    pub fn reversed(self) -> Self {
        match self {
            Self::Up => Self::Up,
            Self::OwnLinkDown => Self::RemoteLinkDown,
            Self::RemoteLinkDown => Self::RemoteLinkDown,
            Self::PeerGone => Self::OwnLinkDown,
        }
    }
}

/// A way at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Its state.
    pub way: Way,
    /// How often anything on it went down.
    pub downs: u64,
    /// How often one of its ends was gone: connections of before are lost.
    pub absences: u64,
}

/// Something that happened to a way, in the words of those who use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Stores vanish from now on.
    Down,
    /// Stores arrive again.
    Up,
    /// All connections have ended; the way may be up or not.
    Lost,
}

impl View {
    /// A way that nothing was done to.
    pub const FRESH: Self = Self {
        way: Way::Up,
        downs: 0,
        absences: 0,
    };

    /// The way from `own` to `peer`, which can be a multicast group: then only the own end counts.
    /// A node reaches itself in any case.
    pub fn of(state: &State, own: u32, peer: u32) -> Self {
        if own == peer {
            return Self::FRESH;
        }
        let near = state.node(own);
        let far = state.node(peer).filter(|_| is_node_id(peer));
        let link = state.link(own, peer);
        let way = if near.is_some_and(|node| node.down || node.gone) {
            Way::OwnLinkDown
        } else if far.is_some_and(|node| node.gone) {
            Way::PeerGone
        } else if far.is_some_and(|node| node.down) || link.is_some_and(|link| link.down) {
            Way::RemoteLinkDown
        } else {
            Way::Up
        };
        let ends = [near, far].into_iter().flatten();
        Self {
            way,
            downs: ends.clone().map(|node| node.downs).sum::<u64>()
                + link.map_or(0, |link| link.downs),
            absences: ends.map(|node| node.absences).sum(),
        }
    }

    /// What happened between two looks, in its order.
    pub fn changes_to(&self, next: &Self) -> &'static [Change] {
        if next.absences != self.absences {
            return &[Change::Lost];
        }
        match (self.way == Way::Up, next.way == Way::Up) {
            (true, false) => &[Change::Down],
            (false, true) => &[Change::Up],
            (true, true) if next.downs != self.downs => &[Change::Down, Change::Up],
            _ => &[],
        }
    }
}

/// True while the adapter of `own` has a link: its cable is in, the node is there, and the way to at
/// least one of the `others` is up, if there are any.
pub fn is_operational(state: &State, own: u32, others: &[u32]) -> bool {
    let usable = state.node(own).is_none_or(|node| !node.down && !node.gone);
    let is_up = |other: &u32| state.link(own, *other).is_none_or(|link| !link.down);
    let mut others = others.iter().filter(|other| **other != own).peekable();
    usable && (others.peek().is_none() || others.any(is_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_see_the_same_fault_from_their_side() {
        let mut state = State::default();
        let way = |state: &State, own, peer| View::of(state, own, peer).way;
        state.set_link(4, 8, true);
        assert_eq!(way(&state, 4, 8), Way::RemoteLinkDown);
        assert_eq!(way(&state, 8, 4), Way::RemoteLinkDown);
        assert_eq!(way(&state, 4, 12), Way::Up);
        state.set_cable(12, true);
        assert_eq!(way(&state, 12, 16), Way::OwnLinkDown);
        assert_eq!(way(&state, 16, 12), Way::RemoteLinkDown);
        assert_eq!(way(&state, 12, 12), Way::Up);
        assert_eq!(way(&state, 12, 252), Way::OwnLinkDown, "a group");
        state.set_gone(20, true);
        assert_eq!(way(&state, 4, 20), Way::PeerGone);
        assert_eq!(way(&state, 20, 4), Way::OwnLinkDown);
    }

    #[test]
    fn missed_changes_are_found() {
        let mut state = State::default();
        let look = |state: &State| View::of(state, 4, 8);
        let before = look(&state);
        state.set_link(4, 8, true);
        let down = look(&state);
        state.set_link(4, 8, false);
        let after = look(&state);
        assert_eq!(before.changes_to(&down), [Change::Down]);
        assert_eq!(down.changes_to(&after), [Change::Up]);
        assert_eq!(before.changes_to(&after), [Change::Down, Change::Up]);
        assert_eq!(after.changes_to(&after), []);
        state.set_gone(8, true);
        state.set_gone(8, false);
        assert_eq!(after.changes_to(&look(&state)), [Change::Lost]);
    }

    #[test]
    fn an_adapter_is_down_with_its_cable_or_all_its_links() {
        let mut state = State::default();
        assert!(is_operational(&state, 4, &[]));
        state.set_link(4, 8, true);
        assert!(!is_operational(&state, 4, &[4, 8]));
        assert!(is_operational(&state, 4, &[4, 8, 12]));
        state.set_link(4, 8, false);
        state.set_cable(4, true);
        assert!(!is_operational(&state, 4, &[]));
    }
}

//! Where the triggers of one connection go: to one owner of a number, or to all that share it.

use crate::fabric::link::{ClientLink, Grant};
use crate::fabric::member::Member;
use crate::fabric::node::{Kind, Owner};
use crate::fabric::route::{Route, TriggerFate};
use crate::model::broadcast;
use crate::runtime::sync::lock;
use crate::runtime::timing;
use crate::{Code, Result};
use std::sync::{Arc, Mutex};

/// Who is meant by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Its owners on one node.
    Node(u32),
    /// Its owners on all nodes.
    Group,
}

/// What arrives of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Nothing, now at least.
    Lost,
    /// This many triggers.
    Times(u64),
}

/// The owners of a number, with what each handed out.
pub struct Targets<T> {
    member: Arc<Member>,
    kind: Kind,
    number: u32,
    adapter: u32,
    scope: Scope,
    route: Arc<Route>,
    /// Owners come and go.
    several: bool,
    take: fn(Grant) -> Result<T>,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// Triggers that arrive with the next one.
    merged: u64,
    /// Changes of owners that were seen.
    seen: u64,
    list: Vec<Target<T>>,
}

struct Target<T> {
    node: u32,
    owner: Owner,
    link: Arc<ClientLink>,
    /// The way to this one; that of [`Targets`] may be the way to a group.
    route: Arc<Route>,
    held: T,
}

impl<T> Targets<T> {
    /// Connects to all owners of a number.
    ///
    /// # Errors
    /// `NO_SUCH_INTNO` if it has none; else as [`ClientLink::connect`]; what `take` says.
    pub fn connect(
        member: &Arc<Member>,
        kind: Kind,
        number: u32,
        adapter: u32,
        scope: Scope,
        take: fn(Grant) -> Result<T>,
    ) -> Result<Self> {
        let route = match scope {
            Scope::Node(node) => member.route(adapter, node),
            Scope::Group => member.route(adapter, broadcast::NODE),
        };
        route.check()?;
        let seen = member.shares().count();
        let owners = owners(member, kind, number, scope)?;
        let several = scope == Scope::Group || owners.iter().any(|(_, owner)| owner.index != 0);
        let targets = Self {
            member: Arc::clone(member),
            kind,
            number,
            adapter,
            scope,
            route,
            several,
            take,
            state: Mutex::new(State {
                merged: 0,
                seen,
                list: Vec::new(),
            }),
        };
        let mut missing = Code::SCI_ERR_NO_SUCH_INTNO;
        let mut state = lock(&targets.state);
        for (node, owner) in owners {
            match targets.open(node, owner) {
                Ok(target) => state.list.push(target),
                Err(code) => missing = code,
            }
        }
        let found = !state.list.is_empty();
        drop(state);
        if found {
            return Ok(targets);
        }
        match scope {
            Scope::Node(node) if !member.node_dir(node).is_alive() => {
                Err(member.node_dir(node).absence())
            }
            _ => Err(missing),
        }
    }

    /// Triggers: calls `reach` with what each living owner handed out. The first error counts, but
    /// all are reached.
    ///
    /// # Errors
    /// `NOT_CONNECTED` if no owner lives; what the way or `reach` says.
    pub fn trigger(&self, mut reach: impl FnMut(&mut T, Sent) -> Result<()>) -> Result<()> {
        self.route.check()?;
        let mut state = lock(&self.state);
        let sent = self.send(&mut state);
        if sent != Sent::Lost {
            match self.kind {
                Kind::Interrupt => timing::before_trigger(),
                _ => timing::before_data_trigger(),
            }
        }
        if self.several {
            self.refresh(&mut state);
        }
        let (mut reached, mut result) = (false, Ok(()));
        let living = state.list.iter_mut();
        for target in living.filter(|target| target.link.seems_alive()) {
            reached = true;
            // One of a group whose link is down misses it, and nobody is told.
            if target.route.is_up() {
                result = result.and(reach(&mut target.held, sent));
            }
        }
        if reached {
            result
        } else {
            Err(Code::SCI_ERR_NOT_CONNECTED)
        }
    }

    /// What becomes of a trigger on its way.
    fn send(&self, state: &mut State<T>) -> Sent {
        if self.kind != Kind::Interrupt {
            return if self.route.loses_message() {
                Sent::Lost
            } else {
                Sent::Times(1)
            };
        }
        match self.route.trigger() {
            TriggerFate::Deliver => Sent::Times(1 + std::mem::take(&mut state.merged)),
            TriggerFate::Merge => {
                state.merged += 1;
                Sent::Lost
            }
            TriggerFate::Lose => Sent::Lost,
        }
    }

    /// Says goodbye.
    pub fn close(&self) {
        let targets = std::mem::take(&mut lock(&self.state).list);
        for target in targets {
            target.link.close(self.member.service());
        }
    }

    /// Looks for new owners if any came.
    fn refresh(&self, state: &mut State<T>) {
        let count = self.member.shares().count();
        if state.seen == count {
            return;
        }
        let Ok(owners) = owners(&self.member, self.kind, self.number, self.scope) else {
            return;
        };
        state.seen = count;
        state.list.retain(|target| target.link.seems_alive());
        for (node, owner) in owners {
            let known = |target: &Target<T>| target.node == node && target.owner == owner;
            if state.list.iter().any(known) {
                continue;
            }
            state.list.extend(self.open(node, owner));
        }
    }

    fn open(&self, node: u32, owner: Owner) -> Result<Target<T>> {
        let (folder, from) = (self.member.node_dir(node), self.member.node(self.adapter));
        let (link, grant) =
            ClientLink::ask_owner(&folder, &owner, self.kind, self.number, from, owner.index)?;
        let held = (self.take)(grant)?;
        let route = self.member.route(self.adapter, node);
        link.watch(&route, self.member.service())?;
        Ok(Target {
            node,
            owner,
            link,
            route,
            held,
        })
    }
}

/// Nodes and owners of a number now.
fn owners(member: &Member, kind: Kind, number: u32, scope: Scope) -> Result<Vec<(u32, Owner)>> {
    let on_node = |node: u32| {
        let owners = member.node_dir(node).owners(kind, number);
        let owners = owners.map_err(|_| Code::SCI_ERR_SYSTEM)?;
        Ok(owners.into_iter().map(move |owner| (node, owner)))
    };
    match scope {
        Scope::Node(node) => Ok(on_node(node)?.collect()),
        Scope::Group => {
            let nodes: Result<Vec<_>> = broadcast::all_nodes().map(on_node).collect();
            Ok(nodes?.into_iter().flatten().collect())
        }
    }
}

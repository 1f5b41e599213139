//! This process as a member of its node: its door, its threads, its exports.

use crate::fabric::link::Export;
use crate::fabric::node::{Claim, Kind, Membership, NodeDir, Reservation, Sharing};
use crate::fabric::route::Route;
use crate::fabric::routes::Routes;
use crate::fabric::shares::Shares;
use crate::fabric::usage::Resource;
use crate::fabric::wire::{self, Request};
use crate::runtime::budget::Budget;
use crate::runtime::config::Config;
use crate::runtime::limits::reached;
use crate::runtime::log::report;
use crate::runtime::reactor::Reactor;
use crate::runtime::settings::Settings;
use crate::runtime::sync::lock;
use crate::{Code, Result};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

mod door;

use door::{Hall, open_door};

/// A process that has opened the fabric.
pub struct Member {
    fabric: PathBuf,
    adapters: Vec<Adapter>,
    /// The nodes of the fabric, if somebody has listed them.
    known: Option<Vec<u32>>,
    shares: Shares,
    exports: Arc<Exports>,
    service: Arc<Reactor>,
    callbacks: Mutex<Option<Arc<Reactor>>>,
    budget: Arc<Budget>,
    settings: Arc<Settings>,
}

/// One adapter of this host: a node id, and this process as a part of that node.
struct Adapter {
    node: u32,
    membership: Arc<Membership>,
    routes: Arc<Routes>,
}

impl Member {
    /// Enters the nodes that the configuration names and opens the door.
    ///
    /// # Errors
    /// `SYSTEM` if the node belongs to another host or the files can't be made; the log says why.
    pub fn join(fabric: PathBuf, config: &Config, settings: &Arc<Settings>) -> Result<Arc<Self>> {
        let shares = Shares::open(&fabric)?;
        let mut adapters = Vec::new();
        for node in &config.nodes {
            let membership = NodeDir::new(&fabric, *node).join(&config.host)?;
            adapters.push(Adapter {
                node: *node,
                membership: Arc::new(membership),
                routes: Routes::new(&fabric, *node),
            });
        }
        let exports = Arc::new(Exports::default());
        let service = start_thread("sisci-emu-svc")?;
        for (number, adapter) in adapters.iter().enumerate() {
            let hall = Hall {
                own: config.nodes.as_slice().into(),
                adapter: number as u32,
                exports: Arc::clone(&exports),
                routes: Arc::clone(&adapter.routes),
                service: Arc::downgrade(&service),
            };
            let socket = adapter.membership.socket();
            open_door(&socket, hall, &service).map_err(|errno| {
                report!(Error, "cannot listen on {}: {errno}", socket.display());
                service.stop();
                Code::SCI_ERR_SYSTEM
            })?;
            // Only now: a change of the state after this look comes through the door.
            adapter.routes.refresh().inspect_err(|_| service.stop())?;
        }
        report!(
            Info,
            "node {:?} of {}, host {}",
            config.nodes,
            fabric.display(),
            config.host
        );
        Ok(Arc::new(Self {
            fabric,
            adapters,
            known: config.known.clone(),
            shares,
            exports,
            service,
            callbacks: Mutex::new(None),
            budget: Budget::new(config.memory_limit),
            settings: Arc::clone(settings),
        }))
    }

    /// Own node id at an adapter.
    ///
    /// # Panics
    /// If there is no such adapter, which every call checks first.
    pub fn node(&self, adapter: u32) -> u32 {
        self.adapters[adapter as usize].node
    }

    /// Own node ids, one for each adapter.
    pub fn nodes(&self) -> impl Iterator<Item = u32> {
        self.adapters.iter().map(|adapter| adapter.node)
    }

    /// The counter of changes of numbers with several owners.
    pub fn shares(&self) -> &Shares {
        &self.shares
    }

    /// The settings of the fabric.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Counts `amount` of a limited resource of an adapter until the value is dropped; nothing is
    /// counted where there is no limit.
    ///
    /// # Errors
    /// The code for the limit: `NOSPC` for segments and DMA queues, else `HW_NOSPC`; `SYSTEM`.
    pub fn reserve(
        &self,
        adapter: u32,
        resource: Resource,
        amount: u64,
    ) -> Result<Option<Reservation>> {
        let limits = &self.settings.limits;
        let full = Code::SCI_ERR_HW_NOSPC;
        let (key, limit, unit, code) = match resource {
            Resource::Segments => ("limits.segments", limits.segments, 1, Code::SCI_ERR_NOSPC),
            Resource::Maps => ("limits.maps", limits.maps, 1, full),
            Resource::WindowBytes => ("limits.window_mib", limits.window_mib, 1 << 20, full),
            Resource::Interrupts => ("limits.interrupts", limits.interrupts, 1, full),
            Resource::DataInterrupts => ("limits.data_interrupts", limits.data_interrupts, 1, full),
            Resource::DmaQueues => (
                "limits.dma_queues",
                limits.dma_queues,
                1,
                Code::SCI_ERR_NOSPC,
            ),
        };
        if limit == u64::MAX {
            return Ok(None);
        }
        let adapter = self.adapters.get(adapter as usize);
        let adapter = adapter.ok_or(Code::SCI_ERR_NO_SUCH_ADAPTERNO)?;
        let reserved = adapter.membership.reserve(resource, amount, limit * unit)?;
        match reserved {
            Some(reserved) => Ok(Some(reserved)),
            None => Err(reached(key, limit, code)),
        }
    }

    /// The folder of any node.
    pub fn node_dir(&self, node: u32) -> NodeDir {
        let known = self.known.as_ref();
        let unknown = known.is_some_and(|known| !known.contains(&node));
        NodeDir::new(&self.fabric, node).with_unknown(unknown)
    }

    /// The way from an adapter to a node, or to a group. A host reaches all its own nodes without a
    /// link.
    pub fn route(&self, adapter: u32, node: u32) -> Arc<Route> {
        let from = &self.adapters[adapter as usize];
        let own = self.nodes().any(|own| own == node);
        from.routes.route(if own { from.node } else { node })
    }

    /// The thread that serves connections.
    pub fn service(&self) -> &Reactor {
        &self.service
    }

    /// The thread that runs callbacks, started at the first need.
    ///
    /// # Errors
    /// `SYSTEM` if it can't be started.
    pub fn callbacks(&self) -> Result<Arc<Reactor>> {
        let mut callbacks = lock(&self.callbacks);
        if let Some(running) = &*callbacks {
            return Ok(Arc::clone(running));
        }
        let started = start_thread("sisci-emu-cb")?;
        Ok(Arc::clone(callbacks.insert(started)))
    }

    /// What this process may export.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Takes a number at one adapter: this one, or a free one of [`NUMBERS`].
    ///
    /// # Errors
    /// `SEGMENTID_USED` (which is `INTNO_USED` too) or `SYSTEM`.
    pub fn claim(&self, adapter: u32, kind: Kind, fixed: Option<u32>) -> Result<Claim> {
        let member = self.membership(adapter);
        match fixed {
            Some(id) => member.claim(kind, id),
            None => member.claim_first(kind, NUMBERS, Sharing::Alone),
        }
    }

    /// As [`Member::claim`], for a number that others share. Gives also the index that tells this
    /// owner from others of the process.
    ///
    /// # Errors
    /// As [`Member::claim`], if somebody has it alone.
    pub fn claim_shared(
        &self,
        adapter: u32,
        kind: Kind,
        fixed: Option<u32>,
    ) -> Result<(Claim, u32)> {
        static INDEX: AtomicU32 = AtomicU32::new(1);
        let index = INDEX.fetch_add(1, Ordering::Relaxed);
        let member = self.membership(adapter);
        let claim = match fixed {
            Some(id) => member.claim_as(kind, id, Sharing::Join(index))?,
            None => member.claim_first(kind, NUMBERS, Sharing::Open(index))?,
        };
        Ok((claim, index))
    }

    /// Takes a number at all adapters: it belongs to the host.
    ///
    /// # Errors
    /// As [`Member::claim`].
    pub fn claim_everywhere(&self, kind: Kind, id: u32) -> Result<HostClaim> {
        let mut claims = HostClaim::new();
        for adapter in &self.adapters {
            match adapter.membership.claim(kind, id) {
                Ok(claim) => claims.push(claim),
                Err(code) => {
                    claims.into_iter().for_each(Claim::withdraw);
                    return Err(code);
                }
            }
        }
        Ok(claims)
    }

    /// Takes a free number of a range at all adapters.
    ///
    /// # Errors
    /// As [`Member::claim`].
    pub fn claim_first_everywhere(
        &self,
        kind: Kind,
        ids: RangeInclusive<u32>,
    ) -> Result<HostClaim> {
        let take = |id| match self.claim_everywhere(kind, id) {
            Err(Code::SCI_ERR_SEGMENTID_USED) => None,
            other => Some(other),
        };
        let found = self.membership(0).search(kind, ids, take);
        found.unwrap_or(Err(Code::SCI_ERR_SEGMENTID_USED))
    }

    fn membership(&self, adapter: u32) -> &Arc<Membership> {
        &self.adapters[adapter as usize].membership
    }

    /// Lets peers connect to `export` under a claimed number, through one adapter.
    pub fn publish(&self, adapter: u32, kind: Kind, id: u32, index: u32, export: Arc<dyn Export>) {
        let key = Key {
            adapter,
            kind,
            id,
            index,
        };
        lock(&self.exports.0).insert(key, export);
    }

    /// Lets nobody connect through this adapter any more. Existing links stay.
    pub fn unpublish(&self, adapter: u32, kind: Kind, id: u32, index: u32) {
        let key = Key {
            adapter,
            kind,
            id,
            index,
        };
        let export = lock(&self.exports.0).remove(&key);
        drop(export);
    }

    /// Ends the threads. All objects have to be gone.
    pub fn leave(&self) {
        self.service.stop();
        let callbacks = lock(&self.callbacks).take();
        if let Some(callbacks) = callbacks {
            callbacks.stop();
        }
    }
}

fn start_thread(name: &str) -> Result<Arc<Reactor>> {
    Reactor::start(name).map_err(|error| {
        report!(Error, "cannot start the thread {name}: {error}");
        Code::SCI_ERR_SYSTEM
    })
}

/// Numbers given out where the program asks for none.
const NUMBERS: RangeInclusive<u32> = 1..=65_535;

/// A number at all adapters of the host.
pub type HostClaim = Vec<Claim>;

/// What names an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    adapter: u32,
    kind: Kind,
    id: u32,
    /// Which of several owners of the number.
    index: u32,
}

/// What peers can connect to, by number.
#[derive(Default)]
struct Exports(Mutex<HashMap<Key, Arc<dyn Export>>>);

impl Exports {
    /// What a request asks for that came in by `adapter`.
    fn find(&self, request: &Request, adapter: u32) -> Result<Arc<dyn Export>> {
        wire::check_version(request)?;
        let kind = Kind::from_number(request.kind).ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
        let several = matches!(
            kind,
            Kind::Interrupt | Kind::DataInterrupt | Kind::GroupInterrupt
        );
        let key = Key {
            adapter,
            kind,
            id: request.id,
            index: if several { request.argument } else { 0 },
        };
        let export = lock(&self.0).get(&key).cloned();
        export.ok_or(Code::SCI_ERR_NO_SUCH_SEGMENT)
    }
}

//! The ways from this node to all others, and the state of the fabric that they follow.

use crate::fabric::control::fault::Active;
use crate::fabric::control::state::State;
use crate::fabric::control::view::View;
use crate::fabric::route::Route;
use crate::runtime::log::report;
use crate::runtime::sync::lock;
use crate::{Code, Result};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// All routes of one node in this process.
pub struct Routes {
    dir: PathBuf,
    own: u32,
    inner: Mutex<Inner>,
    /// Held while a state is carried out, so that one is complete before the next begins.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Inner {
    state: State,
    /// Faults of the own node.
    faults: Vec<Arc<Active>>,
    routes: HashMap<u32, Arc<Route>>,
}

impl Routes {
    /// The routes of node `own` in the fabric in `dir`, before the state was read.
    pub fn new(dir: &Path, own: u32) -> Arc<Self> {
        Arc::new(Self {
            dir: dir.to_owned(),
            own,
            inner: Mutex::default(),
            turn: Mutex::new(()),
        })
    }

    /// The own node.
    pub fn own(&self) -> u32 {
        self.own
    }

    /// The way to a node.
    pub fn route(&self, peer: u32) -> Arc<Route> {
        let mut inner = lock(&self.inner);
        if let Some(route) = inner.routes.get(&peer) {
            return Arc::clone(route);
        }
        let (view, faults) = inner.look(self.own, peer);
        let route = Route::new(peer, view, faults);
        inner.routes.insert(peer, Arc::clone(&route));
        route
    }

    /// All ways that were used so far.
    pub fn all(&self) -> Vec<Arc<Route>> {
        lock(&self.inner).routes.values().cloned().collect()
    }

    /// Reads the state and carries out what changed. Gives the generation that counts from now on.
    ///
    /// # Errors
    /// `SYSTEM` if the state or the counters of a fault can't be read, `INCONSISTENT_VERSIONS` if
    /// the file is none of this version; the log says why.
    pub fn refresh(&self) -> Result<u64> {
        let _turn = lock(&self.turn);
        let state = State::load(&self.dir).map_err(|error| {
            report!(Error, "cannot read the state of the links: {error}");
            match error.kind() {
                ErrorKind::InvalidData => Code::SCI_ERR_INCONSISTENT_VERSIONS,
                _ => Code::SCI_ERR_SYSTEM,
            }
        })?;
        let generation = state.generation;
        let faults = self.find_faults(&state)?;
        let mut inner = lock(&self.inner);
        (inner.state, inner.faults) = (state, faults);
        let routes: Vec<_> = inner.routes.values().cloned().collect();
        let views: Vec<_> = routes
            .iter()
            .map(|route| inner.look(self.own, route.peer()))
            .collect();
        drop(inner);
        for (route, (view, faults)) in routes.iter().zip(views) {
            route.update(view, faults);
        }
        Ok(generation)
    }

    /// The faults of the own node with their counters, those that were known as they are.
    fn find_faults(&self, state: &State) -> Result<Vec<Arc<Active>>> {
        let known = lock(&self.inner).faults.clone();
        let own = state.faults.iter().filter(|fault| fault.from == self.own);
        own.map(|fault| {
            if let Some(active) = known.iter().find(|active| active.fault() == fault) {
                return Ok(Arc::clone(active));
            }
            let opened = Active::open(&self.dir, fault.clone());
            opened.map(Arc::new).map_err(|error| {
                report!(
                    Error,
                    "cannot read the counters of fault {}: {error}",
                    fault.id
                );
                Code::SCI_ERR_SYSTEM
            })
        })
        .collect()
    }
}

impl Inner {
    fn look(&self, own: u32, peer: u32) -> (View, Vec<Arc<Active>>) {
        let view = View::of(&self.state, own, peer);
        let faults = self
            .faults
            .iter()
            .filter(|active| active.fault().to == peer);
        (view, faults.cloned().collect())
    }
}

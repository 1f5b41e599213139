//! This process as a member of its node: its door, its threads, its exports.

use crate::fabric::control::report;
use crate::fabric::link::{self, Export, ServerLink};
use crate::fabric::node::{Claim, Kind, Membership, NodeDir};
use crate::fabric::route::Route;
use crate::fabric::routes::Routes;
use crate::fabric::wire::{self, Reply, Request};
use crate::runtime::access;
use crate::runtime::budget::Budget;
use crate::runtime::config::{Config, is_node_id};
use crate::runtime::log::report;
use crate::runtime::reactor::{Reactor, Source};
use crate::runtime::settings::Settings;
use crate::runtime::sync::lock;
use crate::{Code, Result};
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, SocketFlags};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

/// A process that has opened the fabric.
pub struct Member {
    fabric: PathBuf,
    node: u32,
    membership: Arc<Membership>,
    exports: Arc<Exports>,
    service: Arc<Reactor>,
    callbacks: Mutex<Option<Arc<Reactor>>>,
    routes: Arc<Routes>,
    budget: Arc<Budget>,
    settings: Arc<Settings>,
}

impl Member {
    /// Enters the node that the configuration names and opens the door.
    ///
    /// # Errors
    /// `SYSTEM` if the node belongs to another host or the files can't be made; the log says why.
    pub fn join(fabric: PathBuf, config: &Config, settings: &Arc<Settings>) -> Result<Arc<Self>> {
        let membership = Arc::new(NodeDir::new(&fabric, config.node).join(&config.host)?);
        let exports = Arc::new(Exports::default());
        let service = start_thread("sisci-emu-svc")?;
        let routes = Routes::new(&fabric, config.node);
        let hall = Hall {
            exports: Arc::clone(&exports),
            routes: Arc::clone(&routes),
            service: Arc::downgrade(&service),
        };
        open_door(&membership, hall, &service).map_err(|errno| {
            report!(
                Error,
                "cannot listen on {}: {errno}",
                membership.socket().display()
            );
            service.stop();
            Code::SCI_ERR_SYSTEM
        })?;
        // Only now: a change of the state after this look comes through the door.
        routes.refresh().inspect_err(|_| service.stop())?;
        report!(
            Info,
            "node {} of {}, host {}",
            config.node,
            fabric.display(),
            config.host
        );
        Ok(Arc::new(Self {
            fabric,
            node: config.node,
            membership,
            exports,
            service,
            callbacks: Mutex::new(None),
            routes,
            budget: Budget::new(config.memory_limit),
            settings: Arc::clone(settings),
        }))
    }

    /// Own node id.
    pub fn node(&self) -> u32 {
        self.node
    }

    /// The settings of the fabric.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The folder of any node.
    pub fn node_dir(&self, node: u32) -> NodeDir {
        NodeDir::new(&self.fabric, node)
    }

    /// The way to a node.
    pub fn route(&self, node: u32) -> Arc<Route> {
        self.routes.route(node)
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

    /// Takes a number for an export.
    ///
    /// # Errors
    /// `SEGMENTID_USED` (which is `INTNO_USED` too) or `SYSTEM`.
    pub fn claim(&self, kind: Kind, id: u32) -> Result<Claim> {
        self.membership.claim(kind, id)
    }

    /// Takes the first free number of a range for an export.
    ///
    /// # Errors
    /// As [`Member::claim`].
    pub fn claim_first(&self, kind: Kind, ids: RangeInclusive<u32>) -> Result<Claim> {
        self.membership.claim_first(kind, ids)
    }

    /// Lets peers connect to `export` under a claimed number.
    pub fn publish(&self, kind: Kind, id: u32, export: Arc<dyn Export>) {
        lock(&self.exports.0).insert((kind, id), export);
    }

    /// Lets nobody connect any more. Existing links stay.
    pub fn unpublish(&self, kind: Kind, id: u32) {
        let export = lock(&self.exports.0).remove(&(kind, id));
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

/// What peers can connect to, by number.
#[derive(Default)]
struct Exports(Mutex<HashMap<(Kind, u32), Arc<dyn Export>>>);

impl Exports {
    /// What a request asks for.
    fn find(&self, request: &Request) -> Result<Arc<dyn Export>> {
        wire::check_version(request)?;
        let kind = Kind::from_number(request.kind).ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
        let export = lock(&self.0).get(&(kind, request.id)).cloned();
        export.ok_or(Code::SCI_ERR_NO_SUCH_SEGMENT)
    }
}

/// Connections that wait while the service thread is busy.
const BACKLOG: i32 = 512;

fn open_door(
    membership: &Membership,
    hall: Hall,
    service: &Arc<Reactor>,
) -> rustix::io::Result<()> {
    let socket = link::socket(SocketFlags::NONBLOCK)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(membership.socket())?)?;
    access::restrict_socket(&membership.socket())?;
    rustix::net::listen(&socket, BACKLOG)?;
    service.watch(Arc::new(Door { socket, hall })).map(drop)
}

/// What it takes to receive a peer.
#[derive(Clone)]
struct Hall {
    exports: Arc<Exports>,
    routes: Arc<Routes>,
    service: Weak<Reactor>,
}

/// The listening socket.
struct Door {
    socket: OwnedFd,
    hall: Hall,
}

impl Source for Door {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn ready(self: Arc<Self>) -> bool {
        loop {
            match rustix::net::accept_with(&self.socket, SocketFlags::CLOEXEC) {
                Ok(socket) => Guest::welcome(socket, self.hall.clone()),
                Err(Errno::AGAIN) => return true,
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                    report!(
                        Warn,
                        "cannot take a connection: out of descriptors or memory"
                    );
                    // The connection stays pending and would be reported again at once.
                    std::thread::sleep(Duration::from_millis(10));
                    return true;
                }
                Err(errno) => report!(Debug, "a connection failed: {errno}"),
            }
        }
    }
}

/// A peer at the door: it first says what to connect to, and then is a link to that.
struct Guest {
    socket: Arc<OwnedFd>,
    hall: Hall,
    link: OnceLock<Arc<ServerLink>>,
}

impl Guest {
    fn welcome(socket: OwnedFd, hall: Hall) {
        let Some(service) = hall.service.upgrade() else {
            return;
        };
        let guest = Arc::new(Self {
            socket: Arc::new(socket),
            hall,
            link: OnceLock::new(),
        });
        if let Err(errno) = service.watch(guest) {
            report!(Warn, "dropped a connection: {errno}");
        }
    }

    /// Answers the request that is there; false ends the connection.
    fn answer(&self) -> bool {
        let message = match wire::receive(&self.socket, false) {
            Err(Errno::AGAIN) => return true,
            other => other.unwrap_or_default(),
        };
        let Some(request) = Request::decode(&message.bytes) else {
            report!(Debug, "dropped a connection without a request");
            return false;
        };
        match request.kind {
            wire::CONTROL => return self.take_note(&request),
            wire::REPORT => return self.tell(&request),
            _ => {}
        }
        let target = self.hall.exports.find(&request);
        let route = self.hall.route(request.node);
        let link = ServerLink::accept(Arc::clone(&self.socket), request, target, route.as_ref());
        link.is_some_and(|link| self.link.set(link).is_ok())
    }

    /// A tool has changed the state of the fabric.
    fn take_note(&self, request: &Request) -> bool {
        let done = wire::check_version(request).and_then(|()| self.hall.routes.refresh());
        let reply = Reply {
            code: done.err().unwrap_or(Code::SCI_ERR_OK),
            size: done.unwrap_or(0),
        };
        let _ = wire::send(&self.socket, &reply.encode(), &[]);
        false
    }

    /// A tool asks what this process has.
    fn tell(&self, request: &Request) -> bool {
        let done = wire::check_version(request).and_then(|()| report::write(&self.hall.routes));
        let (code, size, file) = match done {
            Ok((file, size)) => (Code::SCI_ERR_OK, size, Some(file)),
            Err(code) => (code, 0, None),
        };
        let descriptors: Vec<_> = file.iter().map(AsFd::as_fd).collect();
        let _ = wire::send(&self.socket, &Reply { code, size }.encode(), &descriptors);
        false
    }
}

impl Hall {
    /// The way to a peer that is another node. What claims to be none has no way to be cut.
    fn route(&self, node: u32) -> Option<Arc<Route>> {
        let other = is_node_id(node) && node != self.routes.own();
        other.then(|| self.routes.route(node))
    }
}

impl Source for Guest {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn ready(self: Arc<Self>) -> bool {
        match self.link.get() {
            Some(link) => link.ready(),
            None => self.answer(),
        }
    }
}

//! The door of a process: where peers ask to be connected.

use super::Exports;
use crate::Code;
use crate::fabric::control::report;
use crate::fabric::link::{self, ServerLink};
use crate::fabric::node::Kind;
use crate::fabric::route::Route;
use crate::fabric::routes::Routes;
use crate::fabric::wire::{self, Reply, Request};
use crate::runtime::access;
use crate::runtime::config::is_node_id;
use crate::runtime::descriptors::seen;
use crate::runtime::log::report;
use crate::runtime::reactor::{Reactor, Source};
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, SocketFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// Connections that wait while the service thread is busy.
const BACKLOG: i32 = 512;

pub(super) fn open_door(path: &Path, hall: Hall, service: &Arc<Reactor>) -> rustix::io::Result<()> {
    let socket = link::socket(SocketFlags::NONBLOCK)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    access::restrict_socket(path)?;
    rustix::net::listen(&socket, BACKLOG)?;
    let full = AtomicBool::new(false);
    service
        .watch(Arc::new(Door { socket, hall, full }))
        .map(drop)
}

/// What it takes to receive a peer.
#[derive(Clone)]
pub(super) struct Hall {
    pub(super) adapter: u32,
    /// Node ids of this host.
    pub(super) own: Arc<[u32]>,
    pub(super) exports: Arc<Exports>,
    pub(super) routes: Arc<Routes>,
    pub(super) service: Weak<Reactor>,
}

/// The listening socket.
struct Door {
    socket: OwnedFd,
    hall: Hall,
    /// Said that there is no room.
    full: AtomicBool,
}

impl Source for Door {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn ready(self: Arc<Self>) -> bool {
        loop {
            match rustix::net::accept_with(&self.socket, SocketFlags::CLOEXEC).inspect(seen) {
                Ok(socket) => {
                    self.full.store(false, Ordering::Relaxed);
                    Guest::welcome(socket, self.hall.clone());
                }
                Err(Errno::AGAIN) => return true,
                Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                    // Once until there is room again: it may last.
                    if !self.full.swap(true, Ordering::Relaxed) {
                        report!(
                            Warn,
                            "connections have to wait: out of descriptors or memory"
                        );
                    }
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
        let adapter = self.hall.adapter;
        let target = self.hall.exports.find(&request, adapter);
        let route = self.hall.route(&request);
        let socket = Arc::clone(&self.socket);
        let link = ServerLink::accept(socket, request, adapter, target, route.as_ref());
        link.is_some_and(|link| self.link.set(link).is_ok())
    }

    /// A tool has changed the state of the fabric.
    fn take_note(&self, request: &Request) -> bool {
        let done = wire::check_version(request).and_then(|()| self.hall.routes.refresh());
        let reply = Reply {
            code: done.err().unwrap_or(Code::SCI_ERR_OK),
            size: done.unwrap_or(0),
            start: 0,
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
        let reply = Reply {
            code,
            size,
            start: 0,
        };
        let _ = wire::send(&self.socket, &reply.encode(), &descriptors);
        false
    }
}

impl Hall {
    /// The way to a peer that is on another host. What claims to be none has no way to be cut; nor
    /// has the memory of a group, which all members hold.
    fn route(&self, request: &Request) -> Option<Arc<Route>> {
        let other = is_node_id(request.node) && !self.own.contains(&request.node);
        let crosses = Kind::from_number(request.kind).is_some_and(Kind::crosses);
        (other && crosses).then(|| self.routes.route(request.node))
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

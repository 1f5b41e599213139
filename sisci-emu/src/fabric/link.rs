//! One connection between a connector and the owner of a segment or an interrupt.
//!
//! Each connection has its own socket, so its end is the end of that connection and nothing else
//! has to be kept in step.

use crate::fabric::control::view::Change;
use crate::fabric::node::{Kind, NodeDir, Owner};
use crate::fabric::route::{Attachment, Description, Route, Traveller};
use crate::fabric::wire::{self, Notice, Reply, Request};
use crate::runtime::descriptors::seen;
use crate::runtime::log::report;
use crate::runtime::memory::from_errno;
use crate::runtime::reactor::{Reactor, Source, Token};
use crate::{Code, Result};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// How long an owner may take for an answer before it counts as not responding. Its answers come
/// from a thread that does nothing else, so only a stopped process takes long.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// A sequential-packet socket of this library.
///
/// # Errors
/// What the system says.
pub fn socket(flags: SocketFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | SocketFlags::CLOEXEC;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).inspect(seen)
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a goodbye.
    Orderly,
    /// Without: the other process is gone.
    Lost,
}

/// The object that made a connection, told what happens to it.
pub trait Follower: Send + Sync {
    /// The owner lets nobody in any more, but this connection goes on.
    fn withdrawn(&self);
    /// The connection is over.
    fn ended(&self, ending: Ending);
    /// Something happened to the segment that this connection is another handle of.
    fn event(&self, _reason: u32, _adapter: u32, _node: u32) {}
    /// The way to the owner has changed. After [`Change::Lost`] comes the end.
    fn way_changed(&self, _change: Change) {}
    /// Stores through maps have to vanish from now on, or arrive again.
    fn swallow(&self, _vanish: bool) {}
}

/// The connector's side.
pub struct ClientLink {
    socket: OwnedFd,
    kind: Kind,
    id: u32,
    attachment: OnceLock<Attachment>,
    over: AtomicBool,
    follower: OnceLock<Weak<dyn Follower>>,
    token: OnceLock<Token>,
}

/// What an owner handed out.
#[derive(Debug, Default)]
pub struct Grant {
    /// Size of a segment in bytes.
    pub size: u64,
    /// Where its bytes begin in its memory. Of a data interrupt: 1 if it is waited for.
    pub start: u64,
    /// Its memory; or the event counter of an interrupt (where it is waited for, the memory of its
    /// signal) and the memory of its message queue.
    pub descriptors: Vec<OwnedFd>,
}

impl ClientLink {
    /// Connects to number `id` of another node, or of the own one, as a process of `from`.
    ///
    /// # Errors
    /// `NO_SUCH_SEGMENT` (which is `NO_SUCH_INTNO` too) if nobody has the number, `NO_SUCH_NODEID`
    /// if the fabric has no such node, `NODE_NOT_RESPONDING`, and what the owner answers.
    pub fn connect(to: &NodeDir, kind: Kind, id: u32, from: u32) -> Result<(Arc<Self>, Grant)> {
        Self::ask(to, kind, id, from, 0)
    }

    /// As [`ClientLink::connect`], with an argument that the kind knows.
    ///
    /// # Errors
    /// As [`ClientLink::connect`].
    pub fn ask(
        to: &NodeDir,
        kind: Kind,
        id: u32,
        from: u32,
        argument: u32,
    ) -> Result<(Arc<Self>, Grant)> {
        let owners = to.owners(kind, id).map_err(|error| {
            report!(Error, "cannot look up a number of another node: {error}");
            Code::SCI_ERR_SYSTEM
        })?;
        match owners.first() {
            Some(owner) => Self::ask_owner(to, owner, kind, id, from, argument),
            None if to.is_alive() => Err(Code::SCI_ERR_NO_SUCH_SEGMENT),
            None => Err(to.absence()),
        }
    }

    /// As [`ClientLink::ask`], for one of several owners.
    ///
    /// # Errors
    /// As [`ClientLink::connect`].
    pub fn ask_owner(
        to: &NodeDir,
        owner: &Owner,
        kind: Kind,
        id: u32,
        from: u32,
        argument: u32,
    ) -> Result<(Arc<Self>, Grant)> {
        let socket = dial(to, &owner.socket)?;
        let request = Request::new(kind as u32, id, from, argument);
        wire::send(&socket, &request.encode(), &[]).map_err(|_| Code::SCI_ERR_NO_SUCH_SEGMENT)?;
        let answer = wire::receive(&socket, true).map_err(|errno| match errno {
            Errno::AGAIN => Code::SCI_ERR_NODE_NOT_RESPONDING,
            Errno::CONNRESET => Code::SCI_ERR_NO_SUCH_SEGMENT,
            other => from_errno(other),
        })?;
        let reply = match Reply::decode(&answer.bytes) {
            Some(reply) => reply,
            // The owner went away in between.
            None if answer.bytes.is_empty() || Notice::decode(&answer.bytes).is_some() => {
                return Err(Code::SCI_ERR_NO_SUCH_SEGMENT);
            }
            None => return Err(Code::SCI_ERR_CONNECTION_REFUSED),
        };
        if reply.code != Code::SCI_ERR_OK {
            return Err(reply.code);
        }
        let link = Self {
            socket,
            kind,
            id,
            attachment: OnceLock::new(),
            over: AtomicBool::new(false),
            follower: OnceLock::new(),
            token: OnceLock::new(),
        };
        Ok((
            Arc::new(link),
            Grant {
                size: reply.size,
                start: reply.start,
                descriptors: answer.descriptors,
            },
        ))
    }

    /// Tells `follower` what happens from now on, to the connection and to the way to its owner; what
    /// happened to the connection before included.
    ///
    /// # Errors
    /// `SYSTEM` or `NOSPC` if the socket can't be watched; as [`Route::check`] if the way is down.
    pub fn follow(
        self: &Arc<Self>,
        follower: Weak<dyn Follower>,
        route: &Arc<Route>,
        reactor: &Reactor,
    ) -> Result<()> {
        let _ = self.follower.set(follower);
        self.watch(route, reactor)
    }

    /// Takes note of the end of the connection from now on, without telling anybody.
    ///
    /// # Errors
    /// As [`ClientLink::follow`].
    pub fn watch(self: &Arc<Self>, route: &Arc<Route>, reactor: &Reactor) -> Result<()> {
        let traveller: Weak<dyn Traveller> = Arc::downgrade(&(Arc::clone(self) as _));
        let _ = self.attachment.set(route.attach(traveller)?);
        let token = reactor
            .watch(Arc::clone(self) as Arc<dyn Source>)
            .map_err(from_errno)?;
        let _ = self.token.set(token);
        Ok(())
    }

    /// False once the owner is gone or has ended the connection.
    ///
    /// Asks the system, so an end counts at once, not only when the service thread has seen it.
    pub fn is_alive(&self) -> bool {
        if self.over.load(Ordering::Acquire) {
            return false;
        }
        let mut socket = [PollFd::new(&self.socket, PollFlags::RDHUP)];
        let found = rustix::event::poll(&mut socket, Some(&Timespec::default()));
        found != Ok(1)
    }

    /// Cheap form of [`ClientLink::is_alive`]: an end counts when the service thread has seen it.
    pub fn seems_alive(&self) -> bool {
        !self.over.load(Ordering::Acquire)
    }

    /// Says goodbye and waits until the owner has taken note.
    pub fn close(&self, reactor: &Reactor) {
        if self.over.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(token) = self.token.get() {
            reactor.forget(*token);
        }
        if wire::send(&self.socket, &wire::BYE, &[]).is_err() {
            return;
        }
        // Late notices may come before the end.
        while wire::receive(&self.socket, true).is_ok_and(|message| !message.bytes.is_empty()) {}
    }

    fn end(&self, ending: Ending) -> bool {
        if !self.over.swap(true, Ordering::AcqRel) {
            self.tell(|follower| follower.ended(ending));
        }
        false
    }

    fn tell(&self, what: impl FnOnce(&dyn Follower)) {
        if let Some(follower) = self.follower.get().and_then(Weak::upgrade) {
            what(&*follower);
        }
    }
}

impl Source for ClientLink {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn ready(self: Arc<Self>) -> bool {
        let message = match wire::receive(&self.socket, false) {
            Err(Errno::AGAIN) => return true,
            other => other.unwrap_or_default(),
        };
        match Notice::decode(&message.bytes) {
            Some(Notice::Withdrawn) => {
                self.tell(|follower| follower.withdrawn());
                true
            }
            Some(Notice::Event {
                reason,
                adapter,
                node,
            }) => {
                self.tell(|follower| follower.event(reason, adapter, node));
                true
            }
            Some(Notice::Ended) => self.end(Ending::Orderly),
            None => self.end(Ending::Lost),
        }
    }
}

impl Traveller for ClientLink {
    fn changed(&self, change: Change) {
        // The other side may have ended the connection for the same reason, and faster: what our side
        // shows of its memory is still to be hidden.
        if change != Change::Lost && !self.seems_alive() {
            return;
        }
        self.tell(|follower| follower.way_changed(change));
        if change == Change::Lost {
            self.end(Ending::Lost);
            let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        }
    }

    fn swallow(&self, vanish: bool) {
        self.tell(|follower| follower.swallow(vanish));
    }

    fn describe(&self) -> Option<Description> {
        self.seems_alive().then_some(Description {
            outgoing: true,
            kind: self.kind,
            id: self.id,
            pid: None,
        })
    }
}

/// A socket to the process that answers at `path`.
fn dial(to: &NodeDir, path: &Path) -> Result<OwnedFd> {
    match try_dial(path) {
        Ok(socket) => Ok(socket),
        Err(Errno::CONNREFUSED | Errno::NOENT) => {
            to.clean();
            Err(Code::SCI_ERR_NO_SUCH_SEGMENT)
        }
        Err(Errno::AGAIN) => Err(Code::SCI_ERR_NODE_NOT_RESPONDING),
        Err(errno) => {
            report!(Error, "cannot connect to {}: {errno}", path.display());
            Err(from_errno(errno))
        }
    }
}

fn try_dial(path: &Path) -> rustix::io::Result<OwnedFd> {
    let socket = socket(SocketFlags::empty())?;
    for side in [Timeout::Send, Timeout::Recv] {
        set_socket_timeout(&socket, side, Some(ANSWER_LIMIT))?;
    }
    let address = SocketAddrUnix::new(path)?;
    rustix::io::retry_on_intr(|| rustix::net::connect(&socket, &address))?;
    Ok(socket)
}

/// What peers can connect to.
pub trait Export: Send + Sync {
    /// Lets a peer in, or says why not. The link is complete but the peer has no answer yet.
    ///
    /// # Errors
    /// The code that the peer gets.
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant>;

    /// The peer is gone.
    fn disconnected(&self, link: &ServerLink, ending: Ending);

    /// The way to the peer went down or up.
    fn way_changed(&self, _link: &ServerLink, _change: Change) {}
}

/// The owner's side.
pub struct ServerLink {
    socket: Arc<OwnedFd>,
    request: Request,
    adapter: u32,
    number: u64,
    target: Arc<dyn Export>,
    attachment: OnceLock<Attachment>,
    over: AtomicBool,
}

static LINKS: AtomicU64 = AtomicU64::new(0);

impl ServerLink {
    /// Answers a request: the link if the way to the peer is up and the target lets it in. Without a
    /// route it is a process of the own node.
    pub fn accept(
        socket: Arc<OwnedFd>,
        request: Request,
        adapter: u32,
        target: Result<Arc<dyn Export>>,
        route: Option<&Arc<Route>>,
    ) -> Option<Arc<Self>> {
        let target = match target {
            Ok(target) => target,
            Err(code) => {
                let refusal = Reply {
                    code,
                    size: 0,
                    start: 0,
                };
                let _ = wire::send(&socket, &refusal.encode(), &[]);
                return None;
            }
        };
        let link = Arc::new(Self {
            socket,
            request,
            adapter,
            number: LINKS.fetch_add(1, Ordering::Relaxed),
            target: Arc::clone(&target),
            attachment: OnceLock::new(),
            over: AtomicBool::new(false),
        });
        let granted = link.attach(route).and_then(|()| target.connected(&link));
        let (code, grant) = match granted {
            Ok(grant) => (Code::SCI_ERR_OK, grant),
            Err(code) => (code, Grant::default()),
        };
        let reply = Reply {
            code,
            size: grant.size,
            start: grant.start,
        };
        let descriptors: Vec<_> = grant.descriptors.iter().map(AsFd::as_fd).collect();
        let sent = wire::send(&link.socket, &reply.encode(), &descriptors);
        if code != Code::SCI_ERR_OK {
            return None;
        }
        if sent.is_err() {
            link.end(Ending::Lost);
            return None;
        }
        Some(link)
    }

    fn attach(self: &Arc<Self>, route: Option<&Arc<Route>>) -> Result<()> {
        let Some(route) = route else {
            return Ok(());
        };
        let traveller: Weak<dyn Traveller> = Arc::downgrade(&(Arc::clone(self) as _));
        let attached = route.attach(traveller).map_err(|code| {
            // The peer, whose way it is, has another name for it.
            route.way().reversed().check().err().unwrap_or(code)
        });
        let _ = self.attachment.set(attached?);
        Ok(())
    }

    /// Node that connected.
    pub fn node(&self) -> u32 {
        self.request.node
    }

    /// Own adapter that it came in by.
    pub fn adapter(&self) -> u32 {
        self.adapter
    }

    /// What the peer asks for, see [`Request::argument`].
    pub fn argument(&self) -> u32 {
        self.request.argument
    }

    /// Process that connected.
    pub fn pid(&self) -> u32 {
        self.request.pid
    }

    /// Differs from that of every other link of this process.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Tells the peer; it may be gone.
    pub fn notify(&self, notice: Notice) {
        let _ = wire::send(&self.socket, &notice.encode(), &[]);
    }

    /// Ends the connection from the owner's side. The target is not told.
    pub fn break_off(&self) {
        if !self.over.swap(true, Ordering::AcqRel) {
            self.notify(Notice::Ended);
            let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        }
    }

    fn end(&self, ending: Ending) {
        if !self.over.swap(true, Ordering::AcqRel) {
            self.target.disconnected(self, ending);
            // Only now the peer may see that its goodbye has arrived.
            let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        }
    }

    /// Runs when the socket is readable or at its end; false once the link is over.
    pub fn ready(&self) -> bool {
        match wire::receive(&self.socket, false) {
            Err(Errno::AGAIN) => return true,
            Ok(message) if message.bytes == wire::BYE => self.end(Ending::Orderly),
            _ => self.end(Ending::Lost),
        }
        false
    }
}

impl Traveller for ServerLink {
    fn changed(&self, change: Change) {
        if self.over.load(Ordering::Acquire) {
            return;
        }
        match change {
            Change::Lost => self.end(Ending::Lost),
            _ => self.target.way_changed(self, change),
        }
    }

    fn describe(&self) -> Option<Description> {
        let kind = Kind::from_number(self.request.kind)?;
        (!self.over.load(Ordering::Acquire)).then_some(Description {
            outgoing: false,
            kind,
            id: self.request.id,
            pid: Some(self.request.pid),
        })
    }
}

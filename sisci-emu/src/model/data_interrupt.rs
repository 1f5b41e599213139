//! Interrupts that carry a message.

use crate::fabric::link::{Ending, Export, Grant, ServerLink};
use crate::fabric::member::Member;
use crate::fabric::node::{Claim, Kind};
use crate::fabric::usage::Resource;
use crate::model::adapter;
use crate::model::broadcast;
use crate::model::callback::Callback;
use crate::model::device::{Device, Held};
use crate::model::interrupt::Address;
use crate::model::message_queue::{Consumer, Message, Producer, Shape};
use crate::model::tables::{LOCAL_DATA_INTERRUPTS, REMOTE_DATA_INTERRUPTS};
use crate::model::targets::{Scope, Sent, Targets};
use crate::model::waking::{Ringer, Waking};
use crate::runtime::handles::OwnHandle;
use crate::runtime::log::report;
use crate::runtime::memory::from_errno;
use crate::runtime::reactor::{Source, Token};
use crate::runtime::sync::{Lease, Use, deadline, lock};
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::c_void;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, OnceLock};

/// The program's function for a message, never null.
pub type Function = unsafe extern "C" fn(
    *mut c_void,
    c::sci_local_data_interrupt_t,
    *mut c_void,
    u32,
    Code,
) -> c::sci_callback_action_t;

/// A data interrupt that peers can send to.
///
/// Each connection has a queue of its own: messages of one connection keep their order, and a peer
/// that sends too much fills nobody else's queue.
pub struct LocalDataInterrupt {
    handle: OwnHandle<c::sci_local_data_interrupt>,
    member: Arc<Member>,
    address: Address,
    claim: Lease<Claim>,
    waking: Waking,
    state: Mutex<State>,
    callback: Option<Callback<Function>>,
    token: OnceLock<Token>,
    device: Lease<Held>,
}

#[derive(Default)]
struct State {
    removed: bool,
    connections: Vec<Connection>,
    /// Whose turn it is.
    next: usize,
}

struct Connection {
    link: Arc<ServerLink>,
    queue: Consumer,
    /// The peer is gone; what it had sent is still delivered.
    over: bool,
}

/// Messages that the callback gets in one turn of its thread.
const TURN: usize = 64;

impl LocalDataInterrupt {
    /// Creates a data interrupt; peers can connect at once. Gives its handle and its number.
    ///
    /// # Errors
    /// `INTNO_USED`, `API_NOSPC`, `SYSTEM`.
    pub fn create(
        device: &Device,
        adapter: u32,
        fixed: Option<u32>,
        group: bool,
        callback: Option<(Function, *mut c_void)>,
    ) -> Result<(c::sci_local_data_interrupt_t, u32)> {
        let member = Arc::clone(device.member());
        let resource = device.limited(adapter, Resource::DataInterrupts)?;
        let (kind, (claim, index)) = if group {
            let kind = Kind::GroupInterrupt;
            (kind, member.claim_shared(adapter, kind, fixed)?)
        } else {
            let kind = Kind::DataInterrupt;
            (kind, (member.claim(adapter, kind, fixed)?, 0))
        };
        let address = Address {
            adapter,
            kind,
            number: claim.id(),
            index,
        };
        let callback =
            callback.map(|(function, argument)| Callback::new(function, argument, &member));
        let callback = callback.transpose()?;
        let waking = match &callback {
            Some(_) => Waking::thread()?,
            None => Waking::waiters(member.budget())?,
        };
        let interrupt = Arc::new(Self {
            handle: OwnHandle::default(),
            member,
            address,
            claim: Lease::new(claim),
            waking,
            state: Mutex::default(),
            callback,
            token: OnceLock::new(),
            device: Lease::new(resource),
        });
        let handle = LOCAL_DATA_INTERRUPTS.insert(Arc::clone(&interrupt))?;
        interrupt.handle.set(handle);
        if let Some(callback) = &interrupt.callback {
            let source: Arc<dyn Source> = Arc::clone(&interrupt) as _;
            match callback.thread().watch_rings(source) {
                Ok(token) => drop(interrupt.token.set(token)),
                Err(errno) => {
                    interrupt.release();
                    return Err(from_errno(errno));
                }
            }
        }
        let export: Arc<dyn Export> = Arc::clone(&interrupt) as _;
        address.publish(&interrupt.member, export);
        Ok((handle, address.number))
    }

    /// Removes it. Connected peers lose the connection, a waiter gets `CANCELLED`, and messages
    /// that nobody took are gone.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn remove(&self) -> Result<()> {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.removed, true) {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        let connections = std::mem::take(&mut state.connections);
        drop(state);
        LOCAL_DATA_INTERRUPTS.remove(self.handle.get());
        self.address.unpublish(&self.member);
        connections
            .iter()
            .for_each(|connection| connection.link.break_off());
        if let Some(callback) = &self.callback {
            self.token
                .get()
                .into_iter()
                .for_each(|token| callback.thread().forget(*token));
            callback.cancel();
        }
        self.waking.ring();
        self.claim.end();
        self.address.gone(&self.member);
        self.device.end();
        Ok(())
    }

    /// The end of the library.
    pub fn release(&self) {
        let _ = self.remove();
    }

    /// Takes the next message, of at most `room` bytes, or waits for one.
    ///
    /// # Errors
    /// `TIMEOUT`, `CANCELLED`; `ILLEGAL_OPERATION` if a callback gets the messages.
    pub fn wait(&self, room: usize, timeout_ms: u32) -> Result<Taken> {
        let Waking::Waiters(signal, _) = &self.waking else {
            return Err(Code::SCI_ERR_ILLEGAL_OPERATION);
        };
        let deadline = deadline(timeout_ms);
        loop {
            let rings = signal.rings();
            let mut state = lock(&self.state);
            if state.removed {
                // For the next waiter.
                signal.ring();
                return Err(Code::SCI_ERR_CANCELLED);
            }
            if let Some(taken) = state.take(room) {
                // Its waiter may have been woken for the one that is taken here.
                if state.has_waiting() {
                    signal.ring();
                }
                return Ok(taken);
            }
            drop(state);
            signal.wait(rings, deadline)?;
        }
    }

    /// Hands messages to the callback. The rest waits for the next turn of the thread if there are
    /// many, so that one busy peer doesn't keep it from everything else.
    fn deliver(&self, callback: &Callback<Function>) {
        for _ in 0..TURN {
            let taken = lock(&self.state).take(usize::MAX);
            let Some(Ok(message)) = taken else {
                return;
            };
            callback.run(|function, argument| {
                let bytes = message.bytes();
                let (data, length) = (bytes.as_ptr().cast_mut().cast(), bytes.len() as u32);
                // SAFETY: the program gave this function for this purpose, with its argument; the
                // bytes live until it returns.
                unsafe { function(argument, self.handle.get(), data, length, Code::SCI_ERR_OK) }
            });
            if !callback.is_armed() {
                return;
            }
        }
        self.waking.ring();
    }
}

/// The next message has this length, which is more than there is room for; it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong(pub usize);

/// What a wait found.
pub type Taken = std::result::Result<Message, TooLong>;

impl State {
    /// The next message of the connection whose turn it is.
    fn take(&mut self, room: usize) -> Option<Taken> {
        for _ in 0..self.connections.len() {
            let index = self.next.checked_rem(self.connections.len())?;
            let connection = &mut self.connections[index];
            match connection.queue.next_length() {
                Ok(Some(length)) if length > room => return Some(Err(TooLong(length))),
                Ok(Some(_)) => {}
                Ok(None) if !connection.over => {
                    self.next = index + 1;
                    continue;
                }
                Ok(None) => {
                    self.connections.swap_remove(index);
                    continue;
                }
                Err(_) => {
                    self.drop_scribbler(index);
                    continue;
                }
            }
            self.next = index + 1;
            match connection.queue.pop() {
                Ok(Some(message)) => return Some(Ok(message)),
                _ => self.drop_scribbler(index),
            }
        }
        None
    }

    fn drop_scribbler(&mut self, index: usize) {
        let connection = self.connections.swap_remove(index);
        let (node, pid) = (connection.link.node(), connection.link.pid());
        report!(
            Warn,
            "node {node} (pid {pid}) broke its message queue: connection ended"
        );
        connection.link.break_off();
    }

    fn has_waiting(&self) -> bool {
        let has_some = |connection: &Connection| connection.queue.next_length() != Ok(None);
        self.connections.iter().any(has_some)
    }
}

impl Source for LocalDataInterrupt {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.waking
            .event()
            .expect("only one with a callback is watched")
            .as_fd()
    }

    fn ready(self: Arc<Self>) -> bool {
        let Some(callback) = &self.callback else {
            return false;
        };
        self.deliver(callback);
        callback.is_armed()
    }
}

impl Export for LocalDataInterrupt {
    fn connected(&self, link: &Arc<ServerLink>) -> Result<Grant> {
        let shape = Shape::current();
        let (queue, memory) = Consumer::create(self.member.budget(), shape)?;
        let ringer = self.waking.descriptor()?;
        let mut state = lock(&self.state);
        if state.removed {
            return Err(Code::SCI_ERR_NO_SUCH_INTNO);
        }
        state.connections.push(Connection {
            link: Arc::clone(link),
            queue,
            over: false,
        });
        Ok(Grant {
            size: shape.encode(),
            start: self.waking.encode(),
            descriptors: vec![ringer, memory],
        })
    }

    fn disconnected(&self, link: &ServerLink, _: Ending) {
        let mut state = lock(&self.state);
        let number = link.number();
        let mut found = state
            .connections
            .iter_mut()
            .filter(|found| found.link.number() == number);
        if let Some(connection) = found.next() {
            connection.over = true;
        }
        state
            .connections
            .retain(|found| !found.over || found.queue.next_length() != Ok(None));
    }
}

/// A connection to a data interrupt, or to all of a group.
pub struct RemoteDataInterrupt {
    targets: Targets<Mailbox>,
    _device: Use,
}

/// What an owner hands out: the queue for messages, and what wakes it.
struct Mailbox {
    ringer: Ringer,
    queue: Producer,
}

impl Mailbox {
    fn new(grant: Grant) -> Result<Self> {
        let refused = Code::SCI_ERR_CONNECTION_REFUSED;
        let shape = Shape::decode(grant.size).ok_or(refused)?;
        let [ringer, memory] = <[_; 2]>::try_from(grant.descriptors).map_err(|_| refused)?;
        Ok(Self {
            ringer: Ringer::received(grant.start, ringer)?,
            queue: Producer::new(memory, shape)?,
        })
    }
}

impl RemoteDataInterrupt {
    /// Connects through an adapter and gives the handle.
    ///
    /// # Errors
    /// `NO_SUCH_INTNO`; else as [`Targets::connect`].
    pub fn connect(
        device: &Device,
        node: u32,
        number: u32,
        adapter: u32,
        group: bool,
    ) -> Result<c::sci_remote_data_interrupt_t> {
        let member = device.member();
        let resource = device.resource()?;
        let (kind, scope) = if group {
            broadcast::check_node(node)?;
            (Kind::GroupInterrupt, Scope::Group)
        } else {
            let node = adapter::resolve_node(member, adapter, node)?;
            (Kind::DataInterrupt, Scope::Node(node))
        };
        let targets = Targets::connect(member, kind, number, adapter, scope, Mailbox::new)?;
        REMOTE_DATA_INTERRUPTS.insert(Arc::new(Self {
            targets,
            _device: resource,
        }))
    }

    /// Sends one message.
    ///
    /// # Errors
    /// `NOSPC` while a queue is full (others of a group have got the message), `ILLEGAL_PARAMETER`
    /// for an empty or too long message, `NOT_CONNECTED` once the interrupt is removed or its owner
    /// gone; as [`Targets::trigger`].
    pub fn trigger(&self, message: &[u8]) -> Result<()> {
        if message.is_empty() {
            return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
        }
        self.targets.trigger(|mailbox, sent| {
            if sent == Sent::Lost {
                return Ok(());
            }
            mailbox.queue.push(message)?;
            mailbox.ringer.ring();
            Ok(())
        })
    }

    /// Ends the connection.
    ///
    /// # Errors
    /// `ILLEGAL_PARAMETER` for a stale handle.
    pub fn disconnect(handle: c::sci_remote_data_interrupt_t) -> Result<()> {
        let found = REMOTE_DATA_INTERRUPTS.remove(handle);
        found.ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?.release();
        Ok(())
    }

    /// Says goodbye; the handle is stale already.
    pub fn release(&self) {
        self.targets.close();
    }
}

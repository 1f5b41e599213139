//! Telling every process that the state has changed, and asking what they have.

use super::report::{self, Report};
use crate::Code;
use crate::fabric::link;
use crate::fabric::wire::{self, Reply, Request};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, SocketFlags};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long processes may take to answer, all together. They answer from a thread that does nothing
/// else, so only a stopped one takes long.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// A process that a tool can talk to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Its node.
    pub node: u32,
    /// Its process id, in its own namespace.
    pub pid: u32,
    /// Where it answers.
    pub socket: PathBuf,
}

/// What came of a question to one process.
pub enum Outcome<T> {
    /// It answered.
    Answer(T),
    /// It ended in the meantime.
    Gone,
    /// It lives, but this is why there is no answer.
    Silent(String),
}

impl<T> Outcome<T> {
    fn and_then<U>(self, next: impl FnOnce(T) -> Outcome<U>) -> Outcome<U> {
        match self {
            Self::Answer(value) => next(value),
            Self::Gone => Outcome::Gone,
            Self::Silent(why) => Outcome::Silent(why),
        }
    }
}

/// Lets every process carry out the state; returns when all have, or after [`ANSWER_LIMIT`].
/// One that is silent has the message and carries it out when it goes on.
pub fn notify(doors: &[Door], generation: u64) -> Vec<Outcome<()>> {
    let judge = |(Reply { code, size, .. }, _): Answer| {
        if code != Code::SCI_ERR_OK {
            let name = sisci_sys::error_name(code);
            Outcome::Silent(format!("it can't: {name}; its log says why"))
        } else if size < generation {
            Outcome::Silent(format!("it is at change {size}, not {generation}"))
        } else {
            Outcome::Answer(())
        }
    };
    let answers = ask(doors, wire::CONTROL).into_iter();
    answers.map(|answer| answer.and_then(judge)).collect()
}

/// Asks every process for its report.
pub fn collect(doors: &[Door]) -> Vec<Outcome<Report>> {
    let read = |(reply, file): Answer| {
        let Some(file) = file else {
            return Outcome::Silent(sisci_sys::error_name(reply.code).to_owned());
        };
        match report::read(file, reply.size) {
            Ok(report) => Outcome::Answer(report),
            Err(error) => Outcome::Silent(error.to_string()),
        }
    };
    let answers = ask(doors, wire::REPORT).into_iter();
    answers.map(|answer| answer.and_then(read)).collect()
}

type Answer = (Reply, Option<OwnedFd>);

fn ask(doors: &[Door], kind: u32) -> Vec<Outcome<Answer>> {
    let deadline = Instant::now() + ANSWER_LIMIT;
    let sockets: Vec<_> = doors
        .iter()
        .map(|door| dial(door, kind, deadline))
        .collect();
    let receive = |socket| receive(&socket, deadline);
    let answers = sockets.into_iter();
    answers.map(|socket| socket.and_then(receive)).collect()
}

/// Sends the question without waiting for the answer.
fn dial(door: &Door, kind: u32, deadline: Instant) -> Outcome<OwnedFd> {
    loop {
        match try_dial(door, kind) {
            Ok(socket) => return Outcome::Answer(socket),
            // Its door isn't open yet, or its queue is full.
            Err(Errno::NOENT | Errno::CONNREFUSED | Errno::AGAIN) if Instant::now() < deadline => {
                if !door.is_alive() {
                    return Outcome::Gone;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(_) if !door.is_alive() => return Outcome::Gone,
            Err(errno) => return Outcome::Silent(format!("cannot talk to it: {errno}")),
        }
    }
}

fn try_dial(door: &Door, kind: u32) -> rustix::io::Result<OwnedFd> {
    let socket = link::socket(SocketFlags::NONBLOCK)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(&door.socket)?)?;
    wire::send(&socket, &Request::new(kind, 0, 0, 0).encode(), &[])?;
    Ok(socket)
}

fn receive(socket: &OwnedFd, deadline: Instant) -> Outcome<Answer> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = Timespec::try_from(left).unwrap_or_default();
        let mut events = [PollFd::new(socket, PollFlags::IN)];
        match rustix::event::poll(&mut events, Some(&limit)) {
            Err(Errno::INTR) => {}
            Err(errno) => return Outcome::Silent(errno.to_string()),
            Ok(0) => {
                let limit = ANSWER_LIMIT.as_secs();
                return Outcome::Silent(format!("no answer within {limit} s; is it stopped?"));
            }
            Ok(_) => break,
        }
    }
    match wire::receive(socket, false) {
        Ok(message) => match Reply::decode(&message.bytes) {
            Some(reply) => Outcome::Answer((reply, message.descriptors.into_iter().next())),
            None if message.bytes.is_empty() => Outcome::Gone,
            None => Outcome::Silent("it answers nonsense".to_owned()),
        },
        Err(Errno::CONNRESET) => Outcome::Gone,
        Err(errno) => Outcome::Silent(errno.to_string()),
    }
}

impl Door {
    /// True while the process lives.
    pub fn is_alive(&self) -> bool {
        crate::fabric::node::is_held(&self.socket.with_extension("proc"))
    }
}

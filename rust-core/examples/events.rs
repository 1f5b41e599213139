//! Many connections in one thread: an echo server around epoll, and a client that keeps all its
//! connections busy at once.
//!
//! ```text
//! SISCI_EMU_NODE=4 events serve LIBRARY CONNECTIONS       prints its control port
//! SISCI_EMU_NODE=8 events ask LIBRARY PORT CONNECTIONS ROUNDS
//! ```
//!
//! The descriptors are level-triggered. The rule: receive until `readable` says 0, which drains the
//! descriptor and asks the peer to ring; only then leave a connection alone.

use ntb_core::driver::{Config, Endpoint, Error, Listener, Received, Transport};
use rustix::event::epoll::{self, EventData, EventFlags};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

type Failure = Box<dyn std::error::Error>;

/// Bytes of a question.
const MESSAGE: usize = 100;
/// Events taken from the kernel at once.
const AT_ONCE: usize = 64;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["serve", library, connections] => serve(library, connections.parse()?),
        ["ask", library, port, connections, rounds] => ask(
            library,
            port.parse()?,
            connections.parse()?,
            rounds.parse()?,
        ),
        _ => Err(
            "usage: events serve LIBRARY CONNECTIONS | events ask LIBRARY PORT CONNECTIONS ROUNDS"
                .into(),
        ),
    }
}

fn transport(library: &str) -> Result<Transport, Failure> {
    Ok(Transport::start(Config {
        library: library.into(),
        ..Config::default()
    })?)
}

/// A set of descriptors, each known by its own number.
struct Set(OwnedFd);

impl Set {
    fn new() -> Result<Self, Failure> {
        Ok(Self(epoll::create(epoll::CreateFlags::CLOEXEC)?))
    }

    fn watch(&self, fd: BorrowedFd<'_>, number: RawFd) -> Result<(), Failure> {
        let data = EventData::new_u64(u64::try_from(number)?);
        Ok(epoll::add(&self.0, fd, data, EventFlags::IN)?)
    }

    /// The numbers of those that are readable.
    fn wait(&self) -> Result<Vec<RawFd>, Failure> {
        let mut events = Vec::with_capacity(AT_ONCE);
        epoll::wait(&self.0, rustix::buffer::spare_capacity(&mut events), None)?;
        let numbers = events.iter().map(|event| RawFd::try_from(event.data.u64()));
        Ok(numbers.collect::<Result<_, _>>()?)
    }
}

/// Echoes on as many connections as were asked for, then ends with the last of them.
fn serve(library: &str, connections: usize) -> Result<(), Failure> {
    let transport = transport(library)?;
    let listener = transport.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    println!("{}", listener.address().port());
    let set = Set::new()?;
    set.watch(listener.as_fd(), listener.raw_fd())?;
    let mut clients = HashMap::new();
    let mut accepted = 0;
    while accepted < connections || !clients.is_empty() {
        for number in set.wait()? {
            if number == listener.raw_fd() {
                accepted += accept_all(&listener, &set, &mut clients)?;
            } else if let Some(client) = clients.get_mut(&number)
                && !echo(client)?
            {
                // Closing it takes its descriptor out of the set.
                clients.remove(&number);
            }
        }
    }
    Ok(())
}

fn accept_all(
    listener: &Listener,
    set: &Set,
    clients: &mut HashMap<RawFd, Endpoint>,
) -> Result<usize, Failure> {
    let mut count = 0;
    // Drains the listener's descriptor once nobody waits.
    while listener.pending() {
        let Some(mut client) = listener.accept() else {
            break;
        };
        set.watch(client.as_fd(), client.raw_fd())?;
        // Asks the peer to ring for its first byte.
        client.readable()?;
        clients.insert(client.raw_fd(), client);
        count += 1;
    }
    Ok(count)
}

/// Sends back what has come; false once the client has closed.
fn echo(client: &mut Endpoint) -> Result<bool, Failure> {
    let mut buffer = [0; 1 << 14];
    loop {
        match client.readable() {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(Error::Closed { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if let Received::Data(bytes) = client.recv(&mut buffer, Some(Duration::ZERO))? {
            client.send(&buffer[..bytes])?;
        }
    }
}

/// One connection of the client, and what is missing of its answer.
struct Talk {
    server: Endpoint,
    missing: usize,
    rounds: usize,
}

fn ask(library: &str, port: u16, connections: usize, rounds: usize) -> Result<(), Failure> {
    let transport = transport(library)?;
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let set = Set::new()?;
    let mut talks = HashMap::new();
    for _ in 0..connections {
        let mut server = transport.connect(server)?;
        let number = server.raw_fd();
        set.watch(server.as_fd(), number)?;
        server.send(&[7; MESSAGE])?;
        let talk = Talk {
            server,
            missing: MESSAGE,
            rounds,
        };
        talks.insert(number, talk);
    }
    while !talks.is_empty() {
        for number in set.wait()? {
            if let Some(talk) = talks.get_mut(&number)
                && !go_on(talk)?
            {
                talks.remove(&number);
            }
        }
    }
    println!("{connections} connections, {rounds} rounds each");
    Ok(())
}

/// Takes what has come of an answer and asks the next; false after the last round.
fn go_on(talk: &mut Talk) -> Result<bool, Failure> {
    let mut answer = [0; MESSAGE];
    while talk.server.readable()? > 0 {
        let room = &mut answer[..talk.missing];
        let Received::Data(bytes) = talk.server.recv(room, Some(Duration::ZERO))? else {
            return Err("the server closed the connection".into());
        };
        if room[..bytes].iter().any(|byte| *byte != 7) {
            return Err("the echo differs from what was sent".into());
        }
        talk.missing -= bytes;
        if talk.missing == 0 {
            talk.rounds -= 1;
            if talk.rounds == 0 {
                return Ok(false);
            }
            talk.missing = MESSAGE;
            talk.server.send(&[7; MESSAGE])?;
        }
    }
    Ok(true)
}

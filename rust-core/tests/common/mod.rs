//! Shared by the tests that run over a real library and in several processes.
//!
//! The library reads its settings from the environment, so every test runs its body in a process
//! of its own, with a fabric of its own. [`isolated`] starts that process.

#![allow(dead_code, reason = "each test file uses a part")]

use ntb_core::driver::{Config, Endpoint, Listener, Received, Transport};
use ntb_core::proto::wire::{Channel, MESSAGE_MAX, Message, VERSION, VERSION_MIN};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest time that a test may take before it counts as hung.
const WATCHDOG: Duration = Duration::from_secs(120);
const INSIDE: &str = "NTB_TEST_INSIDE";

/// Runs `body` in a process of its own: this test executable again, restricted to test `name`.
pub fn isolated(name: &str, body: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let fabric = tempfile::tempdir_in("/dev/shm").expect("a folder for the fabric");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .env("SISCI_EMU_DIR", fabric.path().join("fabric"))
        .env("NTB_RUNTIME_DIR", fabric.path().join("run"))
        .env("SISCI_EMU_NODE", "4")
        .spawn()
        .unwrap();
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > WATCHDOG * patience() {
            let _ = child.kill();
            panic!("{name} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(
        status.success(),
        "{name} failed in its own process, see above"
    );
}

/// The library under test: the emulator that was built beside this test, or the one named by
/// `NTB_TEST_LIBRARY` (a real one, on a machine with an adapter).
pub fn library() -> PathBuf {
    if let Some(library) = std::env::var_os("NTB_TEST_LIBRARY") {
        return library.into();
    }
    let exe = std::env::current_exe().unwrap();
    let candidates = exe
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("libsisci.so"));
    candidates
        .into_iter()
        .find(|path| path.exists())
        .expect("the emulator is built with the tests")
}

/// The example program of this crate, used as the peer process.
pub fn peer_program() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(2).unwrap().join("examples/peer")
}

/// Settings for tests; small memory, so that limits are reached.
pub fn config() -> Config {
    Config {
        library: library(),
        ring_bytes: 64 << 10,
        connect_timeout: Duration::from_millis(1500),
        retry: Duration::from_millis(200),
        ..Config::default()
    }
}

pub fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// How many times longer than usual everything may take: under a sanitizer.
fn patience() -> u32 {
    let told = std::env::var("NTB_TEST_PATIENCE");
    told.map_or(1, |factor| factor.parse().expect("a number"))
}

/// Waits for `done`, looking often; panics after `limit`.
pub fn eventually(what: &str, limit: Duration, mut done: impl FnMut() -> bool) -> Duration {
    let begin = Instant::now();
    let limit = limit * patience();
    while !done() {
        assert!(begin.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    begin.elapsed()
}

pub fn accept(listener: &Listener) -> Endpoint {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if listener.pending()
            && let Some(endpoint) = listener.accept()
        {
            return endpoint;
        }
        assert!(listener.wait(Some(deadline)).unwrap(), "nobody connects");
    }
}

/// Both ends of a connection of this process with itself.
pub fn pair(transport: &Transport) -> (Endpoint, Endpoint) {
    let listener = transport.listen(local(0)).unwrap();
    let out = transport.connect(listener.address()).unwrap();
    (out, accept(&listener))
}

pub fn recv_exact(endpoint: &mut Endpoint, buffer: &mut [u8]) {
    let mut filled = 0;
    while filled < buffer.len() {
        match endpoint
            .recv(&mut buffer[filled..], Some(Duration::from_secs(20)))
            .unwrap()
        {
            Received::Data(bytes) => filled += bytes,
            Received::End => panic!("the stream ended after {filled} bytes"),
        }
    }
}

/// Another process on another node that echoes, killed when dropped.
pub struct Peer {
    child: Child,
    pub port: u16,
}

impl Peer {
    pub fn start(node: u32) -> Self {
        let mut child = Command::new(peer_program())
            .arg("serve")
            .arg(library())
            .env("SISCI_EMU_NODE", node.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Self {
            child,
            port: line.trim().parse().expect("the peer prints its port"),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The control channel of a connection whose peer is a bare socket: it names the memory and the
/// doorbell that `transport` exports itself, and says nothing more.
pub fn raw_peer(transport: &Transport, listener: &Listener) -> TcpStream {
    // A first connection shows what a description looks like: the acceptor's answer to it.
    let spy = TcpListener::bind(local(0)).unwrap();
    let address = spy.local_addr().unwrap();
    let channel = std::thread::scope(|scope| {
        scope.spawn(|| drop(transport.connect(address)));
        let mut stream = spy.accept().unwrap().0;
        let mut bytes = [0; 88];
        stream.read_exact(&mut bytes).unwrap();
        match Message::decode(&bytes).unwrap().unwrap().0 {
            Message::Hello { channel, .. } => channel,
            other => panic!("{other:?}"),
        }
    });
    let (version_min, version, node) = (VERSION_MIN, VERSION, transport.node());
    let hello = Message::Hello {
        version_min,
        version,
        node,
        nonce: [1; 16],
        channel,
    };
    let mut stream = TcpStream::connect(listener.address()).unwrap();
    stream.write_all(hello.encode().as_bytes()).unwrap();
    let mut answer = [0; 72];
    stream.read_exact(&mut answer).unwrap();
    assert!(matches!(
        Message::decode(&answer),
        Ok(Some((Message::Accept { .. }, _)))
    ));
    stream
}

/// Reads one message of a control channel; `None` at its end.
pub fn read_message(stream: &mut TcpStream) -> Option<Message> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while bytes.len() < MESSAGE_MAX && stream.read_exact(&mut byte).is_ok() {
        bytes.push(byte[0]);
        if let Ok(Some((message, _))) = Message::decode(&bytes) {
            return Some(message);
        }
    }
    None
}

/// What a transport tells its peers about memory of its own.
pub fn own_channel(transport: &Transport) -> Channel {
    let spy = TcpListener::bind(local(0)).unwrap();
    let address = spy.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| drop(transport.connect(address)));
        let mut stream = spy.accept().unwrap().0;
        match read_message(&mut stream) {
            Some(Message::Hello { channel, .. }) => channel,
            other => panic!("{other:?}"),
        }
    })
}

/// What a connector says first.
pub fn hello(node: u32, channel: Channel) -> Message {
    Message::Hello {
        version_min: VERSION_MIN,
        version: VERSION,
        node,
        nonce: [1; 16],
        channel,
    }
}

/// Says hello with this channel; the acceptor's node and channel if it accepts.
/// The answer to a hello: the control channel, and the acceptor's node and channel; `None` if it refuses.
pub fn say_hello(
    victim: SocketAddr,
    node: u32,
    channel: Channel,
) -> Option<(TcpStream, u32, Channel)> {
    let mut stream = TcpStream::connect(victim).ok()?;
    stream
        .write_all(hello(node, channel).encode().as_bytes())
        .ok()?;
    match read_message(&mut stream) {
        Some(Message::Accept { node, channel }) => Some((stream, node, channel)),
        _ => None,
    }
}

/// Whether a descriptor becomes readable within `limit`.
pub fn is_readable(fd: i32, limit: Duration) -> bool {
    // SAFETY: the descriptor belongs to an endpoint that outlives this call.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let limit = Timespec::try_from(limit).unwrap();
    let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut polled, Some(&limit)).unwrap() > 0
}

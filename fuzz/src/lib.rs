//! What the targets share: a transport under attack, and a peer that knows the protocol well enough
//! to break it.
//!
//! Victim and attacker are one process on one node of an emulated fabric, which `cargo xtask fuzz`
//! describes in the environment. A panic of any thread, an address that isn't mapped, and an
//! operation that doesn't end within its time are findings.

use ntb_core::driver::{Config, Endpoint, Listener, Transport};
use ntb_core::proto::wire::{Channel, Message, VERSION, VERSION_MIN};
use ntb_core::sisci::{Device, RemoteSegment};
use ntb_core::window::{Memory, RemoteChannel};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// An operation that takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(5);

/// The transport under attack.
pub struct World {
    pub transport: Transport,
    pub listener: Listener,
    /// What a channel of this process looks like, to be lied about.
    pub sample: Channel,
    device: Arc<Device>,
    segments: Mutex<HashMap<u32, Memory>>,
}

/// The one world of this process.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::start)
}

impl World {
    fn start() -> Self {
        let library: PathBuf = std::env::var_os("NTB_FUZZ_LIBRARY")
            .expect("NTB_FUZZ_LIBRARY names the emulator; `cargo xtask fuzz` sets it")
            .into();
        let config = Config {
            library: library.clone(),
            ring_bytes: 8192,
            memory_limit: 64 << 20,
            spin: Duration::from_micros(5),
            connect_timeout: Duration::from_secs(4),
            send_timeout: Duration::from_millis(5),
            ..Config::default()
        };
        let transport = Transport::start(config).expect("the emulator can be used");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = transport.listen(any).expect("a port");
        Self {
            sample: sample(&transport),
            device: Device::open(library.as_os_str(), 0).expect("a second device"),
            segments: Mutex::default(),
            transport,
            listener,
        }
    }

    /// The memory of a channel as its peer sees it.
    fn remote(&self, channel: &Channel) -> RemoteChannel {
        let mut segments = self.segments.lock().expect("one thread");
        let memory = segments.entry(channel.segment).or_insert_with(|| {
            let segment =
                RemoteSegment::connect(&self.device, self.transport.node(), channel.segment);
            segment
                .and_then(RemoteSegment::map)
                .expect("a segment of this process")
                .1
        });
        let bytes = channel.ring + 4096;
        RemoteChannel::new(
            memory
                .part(channel.offset, bytes)
                .expect("lies in its segment"),
        )
    }
}

/// Learns what this process tells its peers about its memory.
fn sample(transport: &Transport) -> Channel {
    let spy = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = spy.local_addr().expect("it has an address");
    std::thread::scope(|scope| {
        scope.spawn(|| drop(transport.connect(address)));
        let mut stream = spy.accept().expect("our own connection").0;
        match read_message(&mut stream) {
            Some(Message::Hello { channel, .. }) => channel,
            other => panic!("{other:?} is no hello"),
        }
    })
}

/// Reads one message of the control channel.
pub fn read_message(stream: &mut TcpStream) -> Option<Message> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    // Not `read`: libFuzzer's alarm interrupts it once a second.
    while stream.read_exact(&mut byte).is_ok() {
        bytes.push(byte[0]);
        if let Ok(Some((message, _))) = Message::decode(&bytes) {
            return Some(message);
        }
    }
    None
}

/// A hello of an honest peer with this channel.
pub fn hello(world: &World, channel: Channel) -> Message {
    Message::Hello {
        version_min: VERSION_MIN,
        version: VERSION,
        node: world.transport.node(),
        nonce: [1; 16],
        channel,
    }
}

/// A connection with a victim on one side and nothing but memory and a socket on the other.
pub struct Attack {
    pub victim: Endpoint,
    pub memory: RemoteChannel,
    pub control: TcpStream,
}

impl Attack {
    /// Lets an attacker in.
    pub fn start(world: &World) -> Self {
        let mut control = TcpStream::connect(world.listener.address()).expect("the port is open");
        control.set_nodelay(true).expect("a socket");
        control
            .write_all(hello(world, world.sample).encode().as_bytes())
            .expect("a fresh connection");
        let answer = read_message(&mut control);
        let Some(Message::Accept { channel, .. }) = answer else {
            panic!("an honest hello was refused: {answer:?}");
        };
        // Nobody reads what the victim writes back.
        control.set_nonblocking(true).expect("a socket");
        let victim = loop {
            assert!(
                world
                    .listener
                    .wait(Some(Instant::now() + WATCHDOG))
                    .expect("a listener")
            );
            if let Some(victim) = world.listener.accept() {
                break victim;
            }
        };
        Self {
            victim,
            memory: world.remote(&channel),
            control,
        }
    }
}

/// Runs an operation that has to end.
pub fn bounded<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = run();
    assert!(
        begin.elapsed() < WATCHDOG,
        "{what} took {:?}",
        begin.elapsed()
    );
    result
}

//! Many connections, and what happens where something runs out.

mod common;

use common::*;
use ntb_core::driver::{Config, Endpoint, Received, Transport};
use ntb_core::report;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 1000;
/// Who waits for a listener that has no descriptors.
const CLIENTS: usize = 8;
/// An endpoint has three descriptors, and each side of this test as many more for good measure.
const DESCRIPTORS: u64 = 6 * CONNECTIONS as u64 + 200;

fn allow_descriptors(wanted: u64) {
    let limit = getrlimit(Resource::Nofile);
    let enough = limit.maximum.is_none_or(|maximum| maximum >= wanted);
    assert!(enough, "this test needs {wanted} descriptors: {limit:?}");
    let current = Some(limit.current.map_or(wanted, |current| current.max(wanted)));
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
}

fn exchange(endpoint: &mut Endpoint, byte: u8) {
    endpoint.send(&[byte]).unwrap();
    let mut answer = [0; 1];
    recv_exact(endpoint, &mut answer);
    assert_eq!(answer, [byte]);
}

#[test]
fn a_thousand_connections_fit_into_bounded_memory_which_is_used_again() {
    isolated(
        "a_thousand_connections_fit_into_bounded_memory_which_is_used_again",
        || {
            allow_descriptors(DESCRIPTORS);
            let peer = Peer::start(8);
            let (ring, control) = (16u64 << 10, 4096);
            // Room for a thousand and a bit, in several segments.
            let limit = (CONNECTIONS as u64 + 20) * (ring + control);
            let transport = Transport::start(Config {
                ring_bytes: ring,
                memory_limit: limit,
                // A thousand at once is not what a peer is used to.
                connect_timeout: 20 * SECOND,
                ..config()
            })
            .unwrap();
            let connect = || transport.connect(local(peer.port));
            let mut endpoints: Vec<Endpoint> =
                (0..CONNECTIONS).map(|_| connect().unwrap()).collect();
            for (number, endpoint) in endpoints.iter_mut().enumerate() {
                exchange(endpoint, number as u8);
            }
            let fabric = transport.report().fabric;
            assert_eq!(fabric.arena_used, CONNECTIONS as u64 * (ring + control));
            assert!(fabric.arena_bytes <= limit, "{fabric:?}");

            // Full: said so, with the numbers; those that are open go on.
            let full = loop {
                match connect() {
                    Ok(endpoint) => endpoints.push(endpoint),
                    Err(error) => break error.to_string(),
                }
            };
            assert!(endpoints.len() <= CONNECTIONS + 20);
            let numbers = format!("{} bytes wanted", ring + control);
            let all = format!("of {limit} bytes");
            assert!(full.contains(&numbers) && full.contains(&all), "{full}");
            exchange(&mut endpoints[0], 9);

            // Closed ones make room for as many, in the same memory.
            let exported = transport.report().fabric.arena_bytes;
            endpoints.truncate(CONNECTIONS / 2);
            eventually("half of the memory returned", 20 * SECOND, || {
                transport.report().fabric.arena_used == CONNECTIONS as u64 / 2 * (ring + control)
            });
            endpoints.extend((0..CONNECTIONS / 2).map(|_| connect().unwrap()));
            for (number, endpoint) in endpoints.iter_mut().enumerate() {
                exchange(endpoint, number as u8 ^ 7);
            }
            assert_eq!(transport.report().fabric.arena_bytes, exported);
            drop(endpoints);
            eventually("all memory returned", 20 * SECOND, || {
                transport.report().fabric.arena_used == 0
            });
        },
    );
}

#[test]
fn without_descriptors_accepting_pauses_and_goes_on_later() {
    isolated(
        "without_descriptors_accepting_pauses_and_goes_on_later",
        || {
            let transport = Transport::start(config()).unwrap();
            let listener = transport.listen(local(0)).unwrap();
            let address = listener.address();
            let mut connected = transport.connect(address).unwrap();
            let mut accepted = accept(&listener);

            // Clients that need no descriptor any more. More than one: each time that the library gives
            // a descriptor back it may let one of them in, which then goes for want of others.
            let clients = [(); CLIENTS]
                .map(|()| socket(AddressFamily::INET, SocketType::STREAM, None).unwrap());
            let path = report::socket_path(&report::runtime_dir(), std::process::id());
            let statistics = SocketAddrUnix::new(path).unwrap();
            let asking = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
            let limit = getrlimit(Resource::Nofile);
            let few = Rlimit {
                current: Some(200),
                ..limit
            };
            setrlimit(Resource::Nofile, few).unwrap();
            let mut taken = Vec::new();
            let mut take_all = || {
                while let Ok(file) = File::open("/dev/null") {
                    taken.push(file);
                }
            };
            take_all();
            let begin = Instant::now();
            for client in &clients {
                connect(client, &address).unwrap();
            }
            eventually("four pauses", 20 * SECOND, || {
                take_all();
                transport.report().accept_pauses >= 4
            });
            // Each try is followed by a pause of 100 ms: nothing else is a bound for how many there are.
            let (report, time) = (transport.report(), begin.elapsed());
            let most = time.as_millis() as u64 / 100 + 1;
            assert!(report.accept_pauses <= most, "{report:?} in {time:?}");
            // Once, and again for each client that was let in.
            let refusals = 1..=1 + CLIENTS as u64;
            assert!(refusals.contains(&report.refused), "{report:?}");
            assert!(
                report.last_refusal.contains("Too many open files"),
                "{report:?}"
            );
            // Who asks for the statistics has to wait as well, and nobody spins for him.
            connect(&asking, &statistics).unwrap();
            let (before, begin) = (transport.report().accept_pauses, Instant::now());
            std::thread::sleep(Duration::from_millis(500));
            let more = transport.report().accept_pauses - before;
            let most = 2 * (begin.elapsed().as_millis() as u64 / 100 + 1);
            assert!((1..=most).contains(&more), "{more} pauses");
            // What is open goes on meanwhile.
            connected.send(b"x").unwrap();
            assert_eq!(accepted.recv(&mut [0; 1], None).unwrap(), Received::Data(1));

            drop((taken, clients, asking));
            setrlimit(Resource::Nofile, limit).unwrap();
            eventually("accepted again", 20 * SECOND, || {
                transport.connect(address).is_ok()
            });
            assert!(accept(&listener).peer_node() == transport.node());
        },
    );
}

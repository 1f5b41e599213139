//! Hostile programs: what `docs/threat-model.md` promises against each of them.
//!
//! The attackers know nothing of the layout: they write anywhere in what is exported, through the
//! same SISCI calls that any program on the fabric has.

mod common;

use common::*;
use ntb_core::driver::{Config, Endpoint, Error, Lent, Received, Transport};
use ntb_core::proto::wire::{Channel, Message};
use ntb_core::sisci::{Device, RemoteDoorbell, RemoteSegment};
use ntb_core::window::{Memory, Staging};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
/// Bytes of the part of a channel that holds its words.
const CONTROL_BLOCK: u64 = 4096;

/// Small rings, and waits that end soon.
fn settings() -> Config {
    Config {
        ring_bytes: 8 << 10,
        spin: Duration::from_micros(5),
        send_timeout: Duration::from_millis(5),
        ..config()
    }
}

/// All of the segment that a channel lies in.
fn segment_of(device: &std::sync::Arc<Device>, node: u32, channel: &Channel) -> Memory {
    RemoteSegment::connect(device, node, channel.segment)
        .and_then(RemoteSegment::map)
        .expect("a segment that was described to us")
        .1
}

/// The operations of a connection's owner; false once one of them said that it is dead. Each has to
/// end soon and to keep to its contract.
fn use_it(victim: &mut Endpoint) -> bool {
    let mut buffer = [0; 5000];
    let begin = Instant::now();
    let alive = |error: Error| match error {
        Error::TimedOut { .. } => true,
        Error::PeerFault(_) | Error::Lost(_) | Error::Closed { .. } => false,
        other => panic!("{other}"),
    };
    let mut going = match victim.readable() {
        Ok(bytes) => {
            assert!(bytes <= victim.ring_bytes());
            true
        }
        Err(error) => alive(error),
    };
    going &= match victim.recv(&mut buffer, Some(Duration::from_millis(1))) {
        Ok(Received::Data(bytes)) => {
            assert!((1..=buffer.len()).contains(&bytes));
            true
        }
        Ok(Received::End) => false,
        Err(error) => alive(error),
    };
    going &= match victim.recv_in_place(buffer.len(), Some(Duration::from_millis(1))) {
        Ok(Lent::At(place)) => {
            // SAFETY: lent memory stays mapped as long as the endpoint. The peer may write there
            // meanwhile; what is read is looked at by nobody.
            unsafe { std::ptr::copy_nonoverlapping(place.as_ptr(), buffer.as_mut_ptr(), 5000) };
            true
        }
        Ok(Lent::Scattered) => true,
        Ok(Lent::End) => false,
        Err(error) => alive(error),
    };
    going &= victim.send(&buffer[..100]).map_or_else(alive, |()| true);
    going &= victim.send(&buffer).map_or_else(alive, |()| true);
    assert!(begin.elapsed() < 10 * SECOND, "took {:?}", begin.elapsed());
    going
}

/// An honest connection of this process with itself still carries what it is given.
fn honest_bytes_arrive(transport: &Transport) {
    let (mut out, mut back) = pair(transport);
    let sent: Vec<u8> = (0..3000u32).map(|i| ((i * 7) >> 3) as u8).collect();
    let mut got = vec![0; sent.len()];
    out.send(&sent).unwrap();
    recv_exact(&mut back, &mut got);
    assert!(got == sent);
}

#[test]
fn every_word_at_every_kind_of_value_is_survived() {
    isolated("every_word_at_every_kind_of_value_is_survived", || {
        let transport = Transport::start(settings()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let device = Device::open(library().as_os_str(), 0).unwrap();
        let (node, own) = (transport.node(), own_channel(&transport));
        let ring = settings().ring_bytes;
        let values = [
            0,
            1,
            ring - 1,
            ring,
            ring + 1,
            2 * ring,
            u64::from(u32::MAX),
            1 << 63,
            u64::MAX - ring,
            u64::MAX - 1,
            u64::MAX,
            0x8080_8080_8080_8080,
        ];
        let attack = || {
            let (control, node, channel) =
                say_hello(listener.address(), node, own).expect("an honest hello");
            let memory = Staging::new(segment_of(&device, node, &channel));
            (control, memory, channel, accept(&listener))
        };
        let (mut control, mut memory, mut channel, mut victim) = attack();
        let (mut faults, mut stores) = (0, 0);
        for offset in (0..CONTROL_BLOCK).step_by(8) {
            for value in values {
                assert!(memory.copy_in(channel.offset + offset, &value.to_le_bytes()));
                stores += 1;
                // Words stand at the beginning of a line; what nobody reads is looked at now and then.
                let is_word = offset < 2048 && offset % 128 < 24;
                if (is_word || stores % 16 == 0) && !use_it(&mut victim) {
                    faults += 1;
                    drop(control);
                    (control, memory, channel, victim) = attack();
                }
            }
        }
        assert!(faults > 0, "no word of {stores} stores had any effect");
        drop((control, victim));
        honest_bytes_arrive(&transport);
    });
}

/// In the environment of an attacker: what it attacks.
const ATTACKER: &str = "NTB_TEST_ATTACKER";

/// A process on another node that gets itself connected, again and again, and each time writes random
/// bytes over the whole segment that it was shown, as fast as it can.
fn attack_everything(victim: SocketAddr) {
    let transport = Transport::start(settings()).unwrap();
    let device = Device::open(library().as_os_str(), 0).unwrap();
    let own = own_channel(&transport);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for _ in 0..12 {
        let Some((mut control, node, channel)) = say_hello(victim, transport.node(), own) else {
            continue;
        };
        control.set_nonblocking(true).unwrap();
        let memory = Staging::new(segment_of(&device, node, &channel));
        let near = 0..CONTROL_BLOCK + channel.ring;
        let wake = Message::Wake.encode();
        for round in 0..30_000u64 {
            // Half of it where it hurts, the rest anywhere.
            let (value, place) = (next(), next());
            let offset = if round % 2 == 0 {
                channel.offset + place % near.end
            } else {
                place % channel.segment_bytes
            };
            // Plausible numbers as well as wild ones, whole lines as well as single bytes.
            let value = if value % 3 == 0 {
                value
            } else {
                value % (4 * channel.ring)
            };
            let line = [value.to_le_bytes(); 16].concat();
            let bytes = [1, 8, 128][(place % 3) as usize];
            let offset = if bytes == 1 { offset } else { offset / 8 * 8 };
            let _ = memory.copy_in(offset, &line[..bytes]);
            if round % 512 == 0 {
                let _ = control.write(wake.as_bytes());
            }
        }
    }
}

#[test]
fn a_process_that_overwrites_all_it_can_reach_is_survived() {
    const NAME: &str = "a_process_that_overwrites_all_it_can_reach_is_survived";
    if let Ok(victim) = std::env::var(ATTACKER) {
        return attack_everything(victim.parse().unwrap());
    }
    isolated(NAME, || {
        let transport = Transport::start(settings()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let mut attacker = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(ATTACKER, listener.address().to_string())
            .env("SISCI_EMU_NODE", "8")
            .spawn()
            .unwrap();
        let mut connections = 0;
        let status = loop {
            if let Some(status) = attacker.try_wait().unwrap() {
                break status;
            }
            if listener.pending()
                && let Some(mut victim) = listener.accept()
            {
                connections += 1;
                let begin = Instant::now();
                while begin.elapsed() < SECOND && use_it(&mut victim) {}
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        assert!(status.success(), "the attacker itself failed: {status}");
        assert!(connections > 0, "the attacker was never let in");
        while let Some(late) = listener.accept() {
            drop(late);
        }
        eventually("memory returned", 20 * SECOND, || {
            transport.report().fabric.arena_used == 0
        });
        honest_bytes_arrive(&transport);
    });
}

#[test]
fn every_lie_about_a_channel_is_refused_or_harmless() {
    isolated("every_lie_about_a_channel_is_refused_or_harmless", || {
        let transport = Transport::start(settings()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let own = own_channel(&transport);
        let numbers = [
            0,
            1,
            4095,
            4096,
            u64::from(u32::MAX),
            1 << 40,
            u64::MAX / 2,
            u64::MAX,
        ];
        let mut accepted = 0;
        for value in numbers {
            let small = value as u32;
            let lies = [
                Channel {
                    instance: value,
                    ..own
                },
                Channel {
                    segment: small,
                    ..own
                },
                Channel {
                    interrupt: small,
                    ..own
                },
                Channel { slot: small, ..own },
                Channel {
                    epoch: small,
                    ..own
                },
                Channel {
                    segment_bytes: value,
                    ..own
                },
                Channel {
                    offset: value,
                    ..own
                },
                Channel { ring: value, ..own },
                // Consistent with itself, and more than there is.
                Channel {
                    segment_bytes: u64::MAX,
                    offset: value & !4095,
                    ..own
                },
                Channel {
                    segment_bytes: u64::MAX,
                    ring: value.next_power_of_two_or_max(),
                    ..own
                },
            ];
            for lie in lies {
                for node in [transport.node(), 12, 0, u32::MAX] {
                    let Some((control, ..)) = say_hello(listener.address(), node, lie) else {
                        continue;
                    };
                    accepted += 1;
                    let mut victim = accept(&listener);
                    use_it(&mut victim);
                    drop((control, victim));
                }
            }
        }
        assert!(accepted > 0, "not even the harmless ones were accepted");
        honest_bytes_arrive(&transport);
    });
}

trait Power {
    fn next_power_of_two_or_max(self) -> Self;
}

impl Power for u64 {
    fn next_power_of_two_or_max(self) -> Self {
        self.checked_next_power_of_two().unwrap_or(1 << 63)
    }
}

#[test]
fn invented_doorbells_wake_for_nothing() {
    isolated("invented_doorbells_wake_for_nothing", || {
        let transport = Transport::start(settings()).unwrap();
        let device = Device::open(library().as_os_str(), 0).unwrap();
        let own = own_channel(&transport);
        let doorbell = RemoteDoorbell::connect(&device, transport.node(), own.interrupt).unwrap();
        let (mut out, mut back) = pair(&transport);
        assert_eq!(back.readable().unwrap(), 0);
        for round in 0..20_000u32 {
            // All slots there may be, with right and wrong epochs, and bytes of any number.
            let mut bytes = [(round % 64).to_le_bytes(), (round / 64 % 3).to_le_bytes()].concat();
            if round % 5 == 0 {
                bytes.truncate((round % 8) as usize + 1);
            }
            if round % 7 == 0 {
                bytes.fill(0xff);
            }
            let _ = doorbell.ring(&mut bytes);
        }
        for _ in 0..100 {
            assert_eq!(back.readable().unwrap(), 0, "a doorbell carries no data");
        }
        out.send(b"x").unwrap();
        recv_exact(&mut back, &mut [0]);
    });
}

#[test]
fn half_handshakes_are_bounded_and_thrown_out() {
    isolated("half_handshakes_are_bounded_and_thrown_out", || {
        let transport = Transport::start(settings()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let own = own_channel(&transport);
        eventually("memory returned", 5 * SECOND, || {
            transport.report().fabric.arena_used == 0
        });
        let packet = hello(transport.node(), own).encode();
        let bytes = packet.as_bytes();
        let strangers: Vec<_> = (0..300)
            .map(|number| {
                let mut stream = TcpStream::connect(listener.address()).unwrap();
                let _ = stream.write_all(&bytes[..number % bytes.len()]);
                stream
            })
            .collect();
        assert_eq!(
            transport.report().fabric.arena_used,
            0,
            "nothing for strangers"
        );
        let begin = Instant::now();
        let honest = transport.connect(listener.address());
        drop(honest.expect("strangers keep nobody out"));
        for mut stranger in strangers {
            stranger.set_read_timeout(Some(10 * SECOND)).unwrap();
            // A refusal, a reset, or just the end.
            let _ = stranger.read_to_end(&mut Vec::new());
        }
        assert!(
            begin.elapsed() < 10 * SECOND,
            "thrown out after {:?}",
            begin.elapsed()
        );
        honest_bytes_arrive(&transport);
    });
}

#[test]
fn a_replayed_handshake_is_refused() {
    isolated("a_replayed_handshake_is_refused", || {
        let with_secret = || Config {
            secret: Some(b"secret".to_vec()),
            ..settings()
        };
        let transport = Transport::start(with_secret()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        // Somebody in the middle who keeps what the connector says.
        let middle = TcpListener::bind(local(0)).unwrap();
        let (address, real) = (middle.local_addr().unwrap(), listener.address());
        let said = std::thread::scope(|scope| {
            let relay = scope.spawn(move || {
                let mut connector = middle.accept().unwrap().0;
                let mut acceptor = TcpStream::connect(real).unwrap();
                let mut said = Vec::new();
                for from_connector in [true, false, true, false] {
                    let from = if from_connector {
                        &mut connector
                    } else {
                        &mut acceptor
                    };
                    let packet = read_message(from).expect("an honest handshake").encode();
                    if from_connector {
                        said.push(packet.as_bytes().to_vec());
                        acceptor.write_all(packet.as_bytes()).unwrap();
                    } else {
                        connector.write_all(packet.as_bytes()).unwrap();
                    }
                }
                said
            });
            drop(
                transport
                    .connect(address)
                    .expect("the relay changes nothing"),
            );
            relay.join().unwrap()
        });
        drop(accept(&listener));
        let refused = transport.report().refused;
        let mut replay = TcpStream::connect(real).unwrap();
        replay.write_all(&said[0]).unwrap();
        let challenge = read_message(&mut replay);
        assert!(
            matches!(challenge, Some(Message::Challenge { .. })),
            "{challenge:?}"
        );
        replay.write_all(&said[1]).unwrap();
        let answer = read_message(&mut replay);
        assert!(matches!(answer, Some(Message::Refuse { .. })), "{answer:?}");
        eventually("it is counted", 5 * SECOND, || {
            transport.report().refused == refused + 1
        });
        assert!(listener.accept().is_none());
    });
}

#[test]
fn statistics_are_private_to_their_user() {
    isolated("statistics_are_private_to_their_user", || {
        let _transport = Transport::start(settings()).unwrap();
        let folder = ntb_core::report::runtime_dir();
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let socket = ntb_core::report::socket_path(&folder, std::process::id());
        assert_eq!(mode(&socket) & 0o077, 0);
    });
}

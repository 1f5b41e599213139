//! Two processes on two nodes: crashes, foreigners and enemies.

mod common;

use common::*;
use ntb_core::driver::{Config, Error, Received, Transport};
use ntb_core::proto::wire::{VERSION, VERSION_MIN};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn two_nodes_exchange_bytes() {
    isolated("two_nodes_exchange_bytes", || {
        let peer = Peer::start(8);
        let transport = Transport::start(config()).unwrap();
        let mut endpoint = transport.connect(local(peer.port)).unwrap();
        assert_eq!((transport.node(), endpoint.peer_node()), (4, 8));
        let message: Vec<u8> = (0..200_000u32)
            .map(|i| (i.wrapping_mul(i) >> 7) as u8)
            .collect();
        for _ in 0..20 {
            let (mut sent, mut answer) = (0, vec![0; message.len()]);
            while sent < message.len() {
                let piece = &message[sent..message.len().min(sent + 30_000)];
                endpoint.send(piece).unwrap();
                recv_exact(&mut endpoint, &mut answer[sent..sent + piece.len()]);
                sent += piece.len();
            }
            assert!(answer == message);
        }
    });
}

#[test]
fn a_killed_peer_is_noticed_within_a_second_and_nothing_leaks() {
    isolated(
        "a_killed_peer_is_noticed_within_a_second_and_nothing_leaks",
        || {
            let transport = Transport::start(config()).unwrap();
            for round in 0..5 {
                let mut peer = Peer::start(8);
                let mut endpoint = transport.connect(local(peer.port)).unwrap();
                let mut idle = transport.connect(local(peer.port)).unwrap();
                assert_eq!(idle.readable().unwrap(), 0);
                let killer = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(20));
                    peer.kill();
                    Instant::now()
                });
                // In the middle of a transfer in both directions.
                let mut buffer = [0; 10_000];
                let error = loop {
                    if let Err(error) = endpoint.send(&buffer) {
                        break error;
                    }
                    match endpoint.recv(&mut buffer, Some(10 * SECOND)) {
                        Ok(Received::Data(_)) => {}
                        Ok(Received::End) => panic!("a killed process says no goodbye"),
                        Err(error) => break error,
                    }
                };
                let noticed = Instant::now();
                let killed = killer.join().unwrap();
                assert!(matches!(error, Error::Lost(_)), "{error:?}");
                assert!(noticed.saturating_duration_since(killed) < SECOND);
                eventually("the idle connection notices", SECOND, || {
                    idle.readable().is_err()
                });
                drop((endpoint, idle));
                eventually("memory returned", 5 * SECOND, || {
                    transport.report().fabric.arena_used == 0
                });
                assert!(
                    transport.report().fabric.arena_bytes <= 16 << 20,
                    "round {round}"
                );
            }
        },
    );
}

#[test]
fn garbage_and_silence_on_the_port_delay_nobody() {
    isolated("garbage_and_silence_on_the_port_delay_nobody", || {
        let transport = Transport::start(config()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let silent: Vec<_> = (0..50)
            .map(|_| TcpStream::connect(listener.address()).unwrap())
            .collect();
        let mut garbage = TcpStream::connect(listener.address()).unwrap();
        garbage.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        let begin = Instant::now();
        drop(transport.connect(listener.address()).unwrap());
        assert!(begin.elapsed() < SECOND, "delayed by {:?}", begin.elapsed());
        // Garbage is answered by a refusal and closed.
        let mut answer = Vec::new();
        garbage.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"NTBC"), "{answer:?}");
        assert_eq!(transport.report().refused, 1);
        // Silent ones are thrown out when their time is up.
        for mut silent in silent {
            silent.set_read_timeout(Some(5 * SECOND)).unwrap();
            silent.read_to_end(&mut Vec::new()).unwrap();
        }
    });
}

#[test]
fn a_closed_listener_keeps_neither_port_nor_strangers() {
    isolated("a_closed_listener_keeps_neither_port_nor_strangers", || {
        let transport = Transport::start(Config {
            connect_timeout: Duration::from_secs(60),
            ..config()
        })
        .unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let address = listener.address();
        let mut silent = TcpStream::connect(address).unwrap();
        // Those who come later are served, so this one's handshake is under way.
        let _accepted = (transport.connect(address).unwrap(), accept(&listener));
        let _waiting = transport.connect(address).unwrap();
        drop(listener);
        assert_eq!(silent.read(&mut [0]).unwrap(), 0, "the stranger was told");
        let again = transport.listen(address).unwrap();
        again.close();
        assert!(!again.pending() && again.accept().is_none());
        assert!(TcpStream::connect(address).is_err());
    });
}

/// In a network of its own, where sockets for IPv6 take nothing else unless they ask for it.
#[test]
fn a_listener_for_all_addresses_takes_both_families() {
    const NAME: &str = "a_listener_for_all_addresses_takes_both_families";
    const APART: &str = "NTB_TEST_APART";
    isolated(NAME, || {
        if std::env::var_os(APART).is_none() {
            let script =
                "ip link set lo up && echo 1 > /proc/sys/net/ipv6/bindv6only && exec \"$@\"";
            let program = std::env::current_exe().unwrap();
            let inside = Command::new("unshare")
                .args([
                    "--user",
                    "--map-root-user",
                    "--net",
                    "sh",
                    "-c",
                    script,
                    "sh",
                ])
                .arg(program)
                .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
                .env(APART, "1")
                .status()
                .unwrap();
            assert!(inside.success(), "inside of the network, see above");
            return;
        }
        let transport = Transport::start(config()).unwrap();
        let listener = transport.listen("[::]:0".parse().unwrap()).unwrap();
        for ip in ["127.0.0.1", "::1"] {
            let address = SocketAddr::new(ip.parse().unwrap(), listener.address().port());
            let out = transport.connect(address).expect(ip);
            assert_eq!(accept(&listener).peer().ip(), out.peer().ip(), "{ip}");
        }
    });
}

#[test]
fn a_peer_that_floods_its_control_channel_holds_nobody_up() {
    isolated(
        "a_peer_that_floods_its_control_channel_holds_nobody_up",
        || {
            let transport = Transport::start(config()).unwrap();
            let listener = transport.listen(local(0)).unwrap();
            // A handshake as a peer makes it, with the memory of a connection of our own.
            let mut flooder = raw_peer(&transport, &listener);
            eventually("the flooder is let in", 5 * SECOND, || listener.pending());
            let mut flooded = listener.accept().expect("it is pending");
            // Nobody reads at times: a full channel must not hold the flooder up for ever.
            flooder
                .set_write_timeout(Some(Duration::from_millis(50)))
                .unwrap();
            let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let flood = {
                let stop = stop.clone();
                std::thread::spawn(move || {
                    let wake = ntb_core::proto::wire::Message::Wake.encode();
                    let many = wake.as_bytes().repeat(4096);
                    // Whole messages, also after a write that took a part.
                    let mut begun = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        let written = flooder.write(&many[begun..]).unwrap_or(0);
                        begun = (begun + written) % wake.as_bytes().len();
                    }
                })
            };
            for _ in 0..20 {
                assert_eq!(flooded.readable().expect("wake-ups are legal"), 0);
                drop(
                    transport
                        .connect(listener.address())
                        .expect("the control thread has time"),
                );
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            flood.join().unwrap();
        },
    );
}

#[test]
fn a_peer_that_says_goodbye_and_exits_ends_the_stream_in_order() {
    const NAME: &str = "a_peer_that_says_goodbye_and_exits_ends_the_stream_in_order";
    const LEAVER: &str = "NTB_TEST_LEAVER";
    if let Ok(port) = std::env::var(LEAVER) {
        let transport = Transport::start(config()).unwrap();
        let mut endpoint = transport.connect(local(port.parse().unwrap())).unwrap();
        endpoint.send(&[7; 1000]).unwrap();
        endpoint.shutdown();
        // As a daemon ends: nothing is given back to the library.
        std::process::exit(0);
    }
    isolated(NAME, || {
        let transport = Transport::start(config()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        for _ in 0..150 {
            let mut leaver = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", NAME])
                .env(LEAVER, listener.address().port().to_string())
                .env("SISCI_EMU_NODE", "8")
                .spawn()
                .unwrap();
            let mut endpoint = accept(&listener);
            recv_exact(&mut endpoint, &mut [0; 1000]);
            // The library and the control channel tell of the end at the same time.
            let end = endpoint.recv(&mut [0], Some(20 * SECOND));
            assert!(matches!(end, Ok(Received::End)), "{end:?}");
            assert!(leaver.wait().unwrap().success());
        }
    });
}

#[test]
fn bytes_that_were_announced_and_never_came_end_the_wait() {
    isolated(
        "bytes_that_were_announced_and_never_came_end_the_wait",
        || {
            let transport = Transport::start(config()).unwrap();
            let listener = transport.listen(local(0)).unwrap();
            let bye = ntb_core::proto::wire::Message::Bye { end: 100 }.encode();
            let goodbye = || {
                let mut liar = raw_peer(&transport, &listener);
                eventually("the peer is let in", 5 * SECOND, || listener.pending());
                liar.write_all(bye.as_bytes()).unwrap();
                (liar, listener.accept().expect("it is pending"))
            };
            let (_blocked_peer, mut blocked) = goodbye();
            let error = blocked.recv(&mut [0; 8], None).unwrap_err();
            assert!(matches!(error, Error::PeerFault(_)), "{error}");
            let (_polled_peer, mut polled) = goodbye();
            eventually("the poll fails", 5 * SECOND, || match polled.readable() {
                Ok(bytes) => bytes > 0,
                Err(error) => matches!(error, Error::PeerFault(_)),
            });
        },
    );
}

#[test]
fn another_protocol_version_is_refused_with_both_numbers() {
    isolated(
        "another_protocol_version_is_refused_with_both_numbers",
        || {
            let transport = Transport::start(config()).unwrap();
            let listener = transport.listen(local(0)).unwrap();
            let mut stranger = TcpStream::connect(listener.address()).unwrap();
            // Magic, version 9, hello, a length of its own, zero; then "I also speak 8".
            let mut hello = b"NTBC".to_vec();
            hello.extend([9, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 8, 0]);
            stranger.write_all(&hello).unwrap();
            let mut answer = Vec::new();
            stranger.read_to_end(&mut answer).unwrap();
            let text = String::from_utf8_lossy(&answer).into_owned();
            let (least, most) = (VERSION_MIN, VERSION);
            let numbers = format!("we speak {least} to {most}, the peer 8 to 9");
            assert!(text.contains(&numbers), "{text}");
        },
    );
}

#[test]
fn secrets_must_agree() {
    isolated("secrets_must_agree", || {
        let with = |secret: Option<&[u8]>| {
            let secret = secret.map(<[u8]>::to_vec);
            Transport::start(Config { secret, ..config() }).unwrap()
        };
        let (right, wrong, none) = (with(Some(b"right")), with(Some(b"wrong")), with(None));
        let guarded = right.listen(local(0)).unwrap();
        guarded.tell_refusals();
        assert!(right.connect(guarded.address()).is_ok());
        let error = wrong.connect(guarded.address()).unwrap_err();
        assert!(matches!(error, Error::Authentication(_)), "{error}");
        let error = none.connect(guarded.address()).unwrap_err();
        assert!(matches!(error, Error::Authentication(_)), "{error}");
        // Both were turned away for the same kind of reason.
        assert!(guarded.accept().is_some());
        eventually("the refusal told", 5 * SECOND, || guarded.pending());
        let told = guarded.refused().unwrap();
        assert!(
            told.contains("127.0.0.1 was refused") && told.contains("secret"),
            "{told}"
        );
        eventually("both counted", 5 * SECOND, || right.report().refused >= 2);
        assert!(!guarded.pending() && guarded.refused().is_none());
        let open = none.listen(local(0)).unwrap();
        let error = right.connect(open.address()).unwrap_err();
        assert!(matches!(error, Error::Authentication(_)), "{error}");
        // Refused handshakes leave nothing behind, and closing the port ends what it had.
        drop((guarded, open));
        for transport in [right, wrong, none] {
            eventually("memory returned", 5 * SECOND, || {
                transport.report().fabric.arena_used == 0
            });
        }
    });
}

#[test]
fn a_missing_library_is_an_ordinary_error() {
    let missing = Config {
        library: "/nowhere/libsisci.so".into(),
        ..config()
    };
    let error = Transport::start(missing).unwrap_err();
    assert!(matches!(error, Error::Library(_)), "{error}");
    assert!(
        error.to_string().contains("/nowhere/libsisci.so"),
        "{error}"
    );
    let wrong = Config {
        library: "libc.so.6".into(),
        ..config()
    };
    let error = Transport::start(wrong).unwrap_err().to_string();
    assert!(error.contains("lacks"), "{error}");
}

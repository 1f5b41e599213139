//! Connections over a link that fails. On the emulator only: it is what cuts the link.

mod common;

use common::*;
use ntb_core::driver::{Endpoint, Error, Received, Transport};
use sisci::control::Fabric;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

fn fabric() -> Fabric {
    Fabric::open(std::env::var("SISCI_EMU_DIR").unwrap()).unwrap()
}

/// Sends and receives until the connection ends; what arrives has to be what was sent.
fn echo_until_error(endpoint: &mut Endpoint) -> Error {
    let mut next = 0u8;
    let mut expected = 0u8;
    let mut buffer = [0; 5000];
    loop {
        let message: Vec<u8> = (0..3000)
            .map(|offset| next.wrapping_add(offset as u8))
            .collect();
        next = next.wrapping_add(3000u32 as u8);
        if let Err(error) = endpoint.send(&message) {
            return error;
        }
        let mut filled = 0;
        while filled < message.len() {
            match endpoint.recv(&mut buffer, Some(20 * SECOND)) {
                Ok(Received::Data(bytes)) => {
                    for byte in &buffer[..bytes] {
                        assert_eq!(*byte, expected, "a byte that was not sent");
                        expected = expected.wrapping_add(1);
                    }
                    filled += bytes;
                }
                Ok(Received::End) => panic!("an end in the middle"),
                Err(error) => return error,
            }
        }
    }
}

#[test]
fn a_link_that_fails_ends_connections_within_a_second() {
    isolated("a_link_that_fails_ends_connections_within_a_second", || {
        let transport = Transport::start(config()).unwrap();
        let peer = Peer::start(8);
        let mut busy = transport.connect(local(peer.port)).unwrap();
        let mut idle = transport.connect(local(peer.port)).unwrap();
        assert_eq!(idle.readable().unwrap(), 0);
        let cutter = std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            fabric().set_link(4, 8, false).unwrap();
            Instant::now()
        });
        let error = echo_until_error(&mut busy);
        let noticed = Instant::now();
        assert!(matches!(error, Error::Lost(_)), "{error:?}");
        let cut = cutter.join().unwrap();
        assert!(noticed.saturating_duration_since(cut) < SECOND);
        eventually("the idle connection notices", SECOND, || {
            idle.readable().is_err()
        });
        assert!(transport.connect(local(peer.port)).is_err());
    });
}

#[test]
fn a_link_that_flaps_loses_connections_but_never_bytes_of_one() {
    isolated(
        "a_link_that_flaps_loses_connections_but_never_bytes_of_one",
        || {
            let mut config = config();
            config.retry = Duration::ZERO;
            let transport = Transport::start(config).unwrap();
            let peer = Peer::start(8);
            for round in 0..10 {
                let mut endpoint = transport.connect(local(peer.port)).unwrap();
                let cutter = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(10 + 3 * round));
                    fabric().set_link(4, 8, false).unwrap();
                    fabric().set_link(4, 8, true).unwrap();
                });
                let error = echo_until_error(&mut endpoint);
                assert!(
                    matches!(error, Error::Lost(_) | Error::Closed { .. }),
                    "{error:?}"
                );
                cutter.join().unwrap();
            }
            let mut endpoint = transport.connect(local(peer.port)).unwrap();
            endpoint.send(b"still there").unwrap();
            let mut answer = [0; 11];
            recv_exact(&mut endpoint, &mut answer);
            assert_eq!(&answer, b"still there");
        },
    );
}

//! Sleeping and waking: blocking calls on an interrupt of their own, and what else ends a sleep.

mod common;

use common::*;
use ntb_core::driver::{Config, Endpoint, Error, Received, Transport};
use ntb_core::report;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// So often has to be slept before a connection certainly has an interrupt of its own.
const SLEEPS: u32 = 10;

fn sleeping(interrupts: u32) -> Transport {
    Transport::start(Config {
        spin: Duration::ZERO,
        interrupts,
        ..config()
    })
    .unwrap()
}

fn sum(transport: &Transport, pick: fn(&report::Endpoint) -> u64) -> u64 {
    transport.report().endpoints.iter().map(pick).sum()
}

fn least_alarms(transport: &Transport) -> u64 {
    let endpoints = transport.report().endpoints;
    let alarms = endpoints.iter().map(|endpoint| endpoint.alarms_in);
    alarms.min().unwrap_or(0)
}

/// Sends `rounds` bytes to and fro; the sides sleep unless they are slow.
fn ping(client: &mut Endpoint, rounds: u32) {
    for round in 0..rounds {
        client.send(&[round as u8]).unwrap();
        let mut byte = [0; 1];
        recv_exact(client, &mut byte);
        assert_eq!(byte[0], round as u8);
    }
}

fn echo(mut server: Endpoint) -> std::thread::JoinHandle<Result<Received, Error>> {
    std::thread::spawn(move || {
        let mut byte = [0; 1];
        loop {
            match server.recv(&mut byte, None) {
                Ok(Received::Data(_)) => server.send(&byte)?,
                other => return other,
            }
        }
    })
}

/// The only connection, both sides of which sleep on interrupts of their own.
fn seasoned(transport: &Transport) -> (Endpoint, std::thread::JoinHandle<Result<Received, Error>>) {
    let (mut client, server) = pair(transport);
    let echo = echo(server);
    while least_alarms(transport) == 0 {
        ping(&mut client, SLEEPS);
    }
    (client, echo)
}

#[test]
fn blocking_calls_are_woken_by_an_interrupt_of_their_own() {
    isolated(
        "blocking_calls_are_woken_by_an_interrupt_of_their_own",
        || {
            let transport = sleeping(64);
            let (mut client, server) = pair(&transport);
            let echo = echo(server);
            while least_alarms(&transport) < 1000 {
                ping(&mut client, 100);
            }
            for endpoint in &transport.report().endpoints {
                let others = endpoint.doorbells_in - endpoint.alarms_in;
                assert!(others <= u64::from(SLEEPS), "went elsewhere: {endpoint:?}");
            }
            drop(client);
            assert_eq!(echo.join().unwrap().unwrap(), Received::End);
        },
    );
}

#[test]
fn without_interrupts_the_other_ways_serve() {
    isolated("without_interrupts_the_other_ways_serve", || {
        let transport = sleeping(0);
        let (mut client, server) = pair(&transport);
        let echo = echo(server);
        ping(&mut client, 500);
        assert_eq!(sum(&transport, |endpoint| endpoint.alarms_in), 0);
        assert!(sum(&transport, |endpoint| endpoint.doorbells_in) > 0);
        drop(client);
        assert_eq!(echo.join().unwrap().unwrap(), Received::End);
    });
}

#[test]
fn interrupts_are_limited_and_come_back() {
    isolated("interrupts_are_limited_and_come_back", || {
        let transport = sleeping(2);
        for _ in 0..5 {
            // The two sides of the first connection have both.
            let (first, first_echo) = seasoned(&transport);
            let before = sum(&transport, |endpoint| endpoint.alarms_in);
            let (mut second, server) = pair(&transport);
            let second_echo = echo(server);
            ping(&mut second, 100);
            assert_eq!(sum(&transport, |endpoint| endpoint.alarms_in), before);
            drop((first, second));
            first_echo.join().unwrap().unwrap();
            second_echo.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_receive_that_sleeps_ends_in_time_and_leaves_the_descriptor_in_charge() {
    isolated(
        "a_receive_that_sleeps_ends_in_time_and_leaves_the_descriptor_in_charge",
        || {
            let transport = sleeping(64);
            let (mut client, echo) = seasoned(&transport);
            for round in 0..20 {
                let limit = Duration::from_millis(3);
                let outcome = client.recv(&mut [0; 1], Some(limit));
                assert!(
                    matches!(outcome, Err(Error::TimedOut { .. })),
                    "{outcome:?}"
                );
                // Nobody asked whether it is readable: the descriptor must tell all the same.
                client.send(&[round]).unwrap();
                assert!(is_readable(client.raw_fd(), 20 * SECOND), "round {round}");
                ping_answer(&mut client, round);
                // And after blocking calls again.
                ping(&mut client, 3);
                assert_eq!(client.readable().unwrap(), 0);
                assert!(!is_readable(client.raw_fd(), Duration::ZERO));
                client.send(&[round]).unwrap();
                assert!(is_readable(client.raw_fd(), 20 * SECOND), "round {round}");
                ping_answer(&mut client, round);
            }
            drop(client);
            echo.join().unwrap().unwrap();
        },
    );
}

fn ping_answer(client: &mut Endpoint, expected: u8) {
    let mut byte = [0; 1];
    recv_exact(client, &mut byte);
    assert_eq!(byte[0], expected);
}

#[test]
fn a_goodbye_ends_a_sleep_on_an_interrupt() {
    isolated("a_goodbye_ends_a_sleep_on_an_interrupt", || {
        let transport = sleeping(64);
        for _ in 0..20 {
            let (client, echo) = seasoned(&transport);
            drop(client);
            assert_eq!(echo.join().unwrap().unwrap(), Received::End);
        }
    });
}

#[test]
fn a_killed_peer_ends_sleeps_on_an_interrupt() {
    isolated("a_killed_peer_ends_sleeps_on_an_interrupt", || {
        let transport = sleeping(64);
        let mut peer = Peer::start(8);
        let sleepers: Vec<_> = (0..4)
            .map(|_| {
                let mut endpoint = transport.connect(local(peer.port)).unwrap();
                ping(&mut endpoint, 4 * SLEEPS);
                std::thread::spawn(move || endpoint.recv(&mut [0; 1], None))
            })
            .collect();
        assert!(sum(&transport, |endpoint| endpoint.alarms_in) > 0);
        let slept = sum(&transport, |endpoint| endpoint.recv_slept);
        eventually("all of them wait", 10 * SECOND, || {
            sum(&transport, |endpoint| endpoint.recv_slept) >= slept
        });
        peer.kill();
        for sleeper in sleepers {
            let outcome = sleeper.join().unwrap();
            assert!(matches!(outcome, Err(Error::Lost(_))), "{outcome:?}");
        }
    });
}

#[test]
fn a_blocked_sender_sleeps_on_the_interrupt_too() {
    isolated("a_blocked_sender_sleeps_on_the_interrupt_too", || {
        let transport = sleeping(64);
        let (mut client, mut server) = pair(&transport);
        let size = 8 << 20;
        let receiver = std::thread::spawn(move || {
            let mut buffer = vec![0; 8 << 10];
            let mut left = size;
            while left > 0 {
                match server.recv(&mut buffer, None).unwrap() {
                    Received::Data(bytes) => left -= bytes,
                    Received::End => panic!("{left} bytes are missing"),
                }
            }
            // Holds still until its peer is blocked.
            server
        });
        client.send(&vec![1; size]).unwrap();
        let server = receiver.join().unwrap();
        // Now nobody receives: the peer's end of it has to end the sleep.
        let blocked = std::thread::spawn(move || client.send(&vec![1; 1 << 20]));
        let slept = sum(&transport, |endpoint| endpoint.send_slept);
        eventually("the sender waits", 10 * SECOND, || {
            sum(&transport, |endpoint| endpoint.send_slept) >= slept
        });
        drop(server);
        let outcome = blocked.join().unwrap();
        assert!(
            matches!(outcome, Err(Error::Closed { .. } | Error::Lost(_))),
            "{outcome:?}"
        );
    });
}

#[test]
fn an_event_loop_that_only_asks_is_told_again() {
    isolated("an_event_loop_that_only_asks_is_told_again", || {
        const ROUNDS: u32 = 20_000;
        let transport = sleeping(0);
        let (mut client, mut server) = pair(&transport);
        let (go, gone) = std::sync::mpsc::sync_channel(0);
        let sender = std::thread::spawn(move || {
            for round in gone {
                (0..round % 997).for_each(|_| std::hint::spin_loop());
                client.send(&[1]).unwrap();
            }
            client
        });
        for round in 0..ROUNDS {
            go.send(round).unwrap();
            (0..round % 89).for_each(|_| std::hint::spin_loop());
            // The byte may come at any moment of this, and what it says is not used.
            server.readable().unwrap();
            assert!(is_readable(server.raw_fd(), 20 * SECOND), "round {round}");
            recv_exact(&mut server, &mut [0; 1]);
        }
        drop(go);
        drop(sender.join().unwrap());
    });
}

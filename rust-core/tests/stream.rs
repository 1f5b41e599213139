//! The face of the crate over a real SISCI library: what a stream socket promises.

mod common;

use common::*;
use ntb_core::driver::{Config, Error, Lent, Received, Transport};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// Bytes that differ everywhere, so that a shifted or repeated piece is noticed.
fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = move |_| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..len).map(next).collect()
}

fn is_readable(fd: i32) -> bool {
    // SAFETY: the descriptor belongs to an endpoint that outlives this call.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(
        &mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)],
        Some(&now),
    )
    .unwrap()
        > 0
}

fn becomes_readable(fd: i32) {
    eventually("descriptor readable", 5 * SECOND, || is_readable(fd));
}

#[test]
fn bytes_arrive_in_order_in_any_pieces_and_both_directions() {
    isolated(
        "bytes_arrive_in_order_in_any_pieces_and_both_directions",
        || {
            let transport = Transport::start(config()).unwrap();
            let (mut client, mut server) = pair(&transport);
            let sizes = [
                1,
                7,
                63,
                64,
                65,
                4096,
                65535,
                65536,
                65537,
                300_000,
                3 << 20,
            ];
            let echo = std::thread::spawn(move || {
                for size in sizes {
                    let mut buffer = vec![0; size];
                    recv_exact(&mut server, &mut buffer);
                    server.send(&buffer).unwrap();
                }
                server
            });
            for (seed, size) in sizes.into_iter().enumerate() {
                let message = pattern(size, seed as u64);
                // Larger than both rings together: the echo must drain while we still send.
                let mut answer = vec![0; size];
                client.send(&message).unwrap();
                recv_exact(&mut client, &mut answer);
                assert!(answer == message, "{size} bytes came back changed");
            }
            echo.join().unwrap();
        },
    );
}

#[test]
fn a_receive_times_out_and_an_empty_buffer_returns_at_once() {
    isolated(
        "a_receive_times_out_and_an_empty_buffer_returns_at_once",
        || {
            let transport = Transport::start(config()).unwrap();
            let (mut client, mut server) = pair(&transport);
            let begin = Instant::now();
            let timed_out = client.recv(&mut [0; 10], Some(Duration::from_millis(50)));
            assert!(
                matches!(timed_out, Err(Error::TimedOut { .. })),
                "{timed_out:?}"
            );
            assert!(begin.elapsed() >= Duration::from_millis(50));
            assert_eq!(client.recv(&mut [], None).unwrap(), Received::Data(0));
            server.send(b"later").unwrap();
            recv_exact(&mut client, &mut [0; 5]);
        },
    );
}

#[test]
fn the_descriptor_follows_the_data() {
    isolated("the_descriptor_follows_the_data", || {
        let transport = Transport::start(config()).unwrap();
        let (mut client, mut server) = pair(&transport);
        assert_ne!(client.raw_fd(), server.raw_fd(), "one descriptor each");
        for round in 0..100 {
            assert_eq!(server.readable().unwrap(), 0);
            assert!(
                !is_readable(server.raw_fd()),
                "round {round}: drained by the empty check"
            );
            client.send(b"abc").unwrap();
            becomes_readable(server.raw_fd());
            assert_eq!(server.readable().unwrap(), 3);
            assert!(
                is_readable(server.raw_fd()),
                "round {round}: stays while data is pending"
            );
            recv_exact(&mut server, &mut [0; 3]);
        }
        assert_eq!(server.readable().unwrap(), 0);
        drop(client);
        becomes_readable(server.raw_fd());
        assert!(matches!(
            server.readable(),
            Err(Error::Closed { received: 300 })
        ));
        assert!(is_readable(server.raw_fd()), "the end stays visible");
    });
}

#[test]
fn everything_sent_before_a_close_is_received_and_then_the_end() {
    isolated(
        "everything_sent_before_a_close_is_received_and_then_the_end",
        || {
            let transport = Transport::start(config()).unwrap();
            for size in [0, 1, 5000, 60_000] {
                let (mut client, mut server) = pair(&transport);
                let message = pattern(size, 9);
                client.send(&message).unwrap();
                drop(client);
                let mut received = vec![0; size];
                recv_exact(&mut server, &mut received);
                assert!(received == message);
                let end = server.recv(&mut [0; 9], Some(5 * SECOND)).unwrap();
                assert_eq!(end, Received::End);
                assert!(server.send(b"too late").is_err());
            }
            eventually("memory returned", 5 * SECOND, || {
                transport.report().fabric.arena_used == 0
            });
        },
    );
}

#[test]
fn a_send_without_credit_ends_in_time() {
    isolated("a_send_without_credit_ends_in_time", || {
        let limit = Duration::from_millis(100);
        let transport = Transport::start(Config {
            send_timeout: limit,
            ..config()
        })
        .unwrap();
        let (mut client, server) = pair(&transport);
        let outcome = client.send(&vec![1; 1 << 20]);
        assert!(
            matches!(outcome, Err(Error::TimedOut { .. })),
            "{outcome:?}"
        );
        drop(server);
    });
}

#[test]
fn the_memory_limit_refuses_connections_and_says_so() {
    isolated("the_memory_limit_refuses_connections_and_says_so", || {
        let small = Config {
            memory_limit: 1 << 20,
            ring_bytes: 256 << 10,
            ..config()
        };
        let transport = Transport::start(small).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let first = transport.connect(listener.address()).unwrap();
        let second = transport.connect(listener.address());
        let text = second.unwrap_err().to_string();
        assert!(text.contains("out of NTB memory"), "{text}");
        drop(first);
        drop(accept(&listener));
        eventually("room again", 10 * SECOND, || {
            transport.connect(listener.address()).is_ok()
        });
    });
}

#[test]
fn an_unreachable_peer_is_skipped_and_tried_again_later() {
    isolated(
        "an_unreachable_peer_is_skipped_and_tried_again_later",
        || {
            let transport = Transport::start(config()).unwrap();
            let free = std::net::TcpListener::bind(local(0))
                .unwrap()
                .local_addr()
                .unwrap();
            let first = transport.connect_or_skip(free, None).unwrap_err();
            assert!(
                first.is_new && first.reason.contains("refused"),
                "{first:?}"
            );
            assert!(
                !transport.connect_or_skip(free, None).unwrap_err().is_new,
                "remembered"
            );
            let listener = transport.listen(free).unwrap();
            eventually("reached after the retry time", 5 * SECOND, || {
                transport.connect_or_skip(free, None).is_ok()
            });
            drop(listener);
        },
    );
}

#[test]
fn sleeping_receivers_are_woken_every_time() {
    isolated("sleeping_receivers_are_woken_every_time", || {
        let transport = Transport::start(Config {
            spin: Duration::ZERO,
            ..config()
        })
        .unwrap();
        let (mut client, mut server) = pair(&transport);
        let echo = std::thread::spawn(move || {
            let mut byte = [0; 1];
            while let Ok(Received::Data(_)) = server.recv(&mut byte, None) {
                server.send(&byte).unwrap();
            }
        });
        for round in 0..5000u32 {
            client.send(&[round as u8]).unwrap();
            let mut byte = [0; 1];
            recv_exact(&mut client, &mut byte);
            assert_eq!(byte[0], round as u8);
        }
        let report = transport.report();
        let slept: u64 = report
            .endpoints
            .iter()
            .map(|endpoint| endpoint.recv_slept)
            .sum();
        assert!(slept >= 5000, "{slept} sleeps: this test is about waking");
        drop(client);
        echo.join().unwrap();
    });
}

#[test]
fn statistics_count_the_payload() {
    isolated("statistics_count_the_payload", || {
        let transport = Transport::start(config()).unwrap();
        let (mut client, mut server) = pair(&transport);
        client.send(&[1; 1000]).unwrap();
        recv_exact(&mut server, &mut [0; 1000]);
        let found = ntb_core::report::discover().unwrap();
        let report = found[0].report.as_ref().unwrap();
        assert_eq!(report.pid, std::process::id());
        let bytes = |pick: fn(&ntb_core::report::Endpoint) -> u64| -> u64 {
            report.endpoints.iter().map(pick).sum()
        };
        assert_eq!(
            (bytes(|e| e.bytes_in), bytes(|e| e.bytes_out)),
            (1000, 1000)
        );
        drop((client, server));
        let totals = transport.report().peers;
        assert_eq!(
            (totals.len(), totals[0].bytes_in, totals[0].bytes_out),
            (1, 1000, 1000)
        );
    });
}

/// The `len` bytes that were lent, copied.
fn copied(lent: Lent, len: usize) -> Option<Vec<u8>> {
    let Lent::At(place) = lent else {
        return None;
    };
    // SAFETY: lent memory stays mapped as long as the endpoint, which outlives this call, and the peer, a
    // thread of this test, writes there only after the loan.
    Some(unsafe { std::slice::from_raw_parts(place.as_ptr(), len) }.to_vec())
}

#[test]
fn what_is_received_in_place_is_what_was_sent() {
    isolated("what_is_received_in_place_is_what_was_sent", || {
        let transport = Transport::start(config()).unwrap();
        let (mut client, mut server) = pair(&transport);
        let sent = pattern(5 << 20, 9);
        let message = sent.clone();
        let sender = std::thread::spawn(move || {
            for piece in message.chunks(100_001) {
                client.send(piece).unwrap();
            }
            client
        });
        let (mut received, mut in_place) = (Vec::new(), 0);
        while received.len() < sent.len() {
            let len = (1 + received.len() % 70_000).min(sent.len() - received.len());
            let lent = server.recv_in_place(len, Some(20 * SECOND)).unwrap();
            if let Some(bytes) = copied(lent, len) {
                in_place += len;
                received.extend(bytes);
            } else {
                assert_eq!(lent, Lent::Scattered);
                let mut buffer = vec![0; len];
                recv_exact(&mut server, &mut buffer);
                received.extend(buffer);
            }
        }
        assert!(received == sent, "the bytes came changed");
        assert!(in_place > 0, "{in_place} bytes in place");
        assert_eq!(server.status().bytes_in, sent.len() as u64);
        drop(sender.join().unwrap());
        let end = server.recv_in_place(100, Some(20 * SECOND)).unwrap();
        assert_eq!(end, Lent::End);
    });
}

#[test]
fn who_sleeps_for_bytes_that_are_known_to_come_is_woken_for_many() {
    isolated(
        "who_sleeps_for_bytes_that_are_known_to_come_is_woken_for_many",
        || {
            let transport = Transport::start(config()).unwrap();
            let (mut client, mut server) = pair(&transport);
            let sent = pattern(usize::try_from(server.ring_bytes()).unwrap() / 2, 5);
            let message = sent.clone();
            let sender = std::thread::spawn(move || {
                for piece in message.chunks(message.len() / 64) {
                    client.send(piece).unwrap();
                    std::thread::sleep(Duration::from_millis(1));
                }
                client
            });
            server.expect(sent.len() as u64);
            let mut received = vec![0; sent.len()];
            recv_exact(&mut server, &mut received);
            assert!(received == sent, "the bytes came changed");
            // A quarter of the ring each time; one more for what was there before a sleep began.
            let slept = server.status().recv_slept;
            assert!(slept <= 8, "{slept} sleeps for 64 pieces");

            // What comes in vain is given when the time is up, or the connection ends.
            let mut client = sender.join().unwrap();
            for end in [false, true] {
                server.expect(1000);
                let late = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(20));
                    client.send(b"few").unwrap();
                    (!end).then_some(client)
                });
                let time = if end { 20 * SECOND } else { SECOND };
                let mut buffer = [0; 100];
                let got = server.recv(&mut buffer, Some(time)).unwrap();
                assert_eq!(got, Received::Data(3));
                match late.join().unwrap() {
                    Some(back) => client = back,
                    None => break,
                }
            }
            let got = server.recv(&mut [0; 100], Some(20 * SECOND)).unwrap();
            assert_eq!(got, Received::End);
        },
    );
}

#[test]
fn the_peer_gets_no_room_for_what_is_lent() {
    isolated("the_peer_gets_no_room_for_what_is_lent", || {
        let transport = Transport::start(config()).unwrap();
        let (mut client, mut server) = pair(&transport);
        let ring = usize::try_from(server.ring_bytes()).unwrap();
        let sent = pattern(2 * ring, 4);
        client.send(&sent[..ring]).unwrap();
        let lent = server.recv_in_place(ring, Some(20 * SECOND)).unwrap();
        let rest = sent[ring..].to_vec();
        let sender = std::thread::spawn(move || {
            client.send(&rest).unwrap();
            client
        });
        std::thread::sleep(Duration::from_millis(50));
        assert!(!sender.is_finished(), "sent although the ring is full");
        assert!(
            copied(lent, ring).unwrap() == sent[..ring],
            "it was overwritten"
        );

        // The next call ends the loan, whatever it is.
        server.readable().unwrap();
        let mut buffer = vec![0; ring];
        recv_exact(&mut server, &mut buffer);
        assert!(buffer == sent[ring..]);
        drop(sender.join().unwrap());
    });
}

#[test]
fn a_message_in_a_line_is_not_lent() {
    isolated("a_message_in_a_line_is_not_lent", || {
        let transport = Transport::start(config()).unwrap();
        let (mut client, mut server) = pair(&transport);
        client.send(b"short").unwrap();
        let lent = server.recv_in_place(100, Some(20 * SECOND)).unwrap();
        assert_eq!(lent, Lent::Scattered);
        let mut buffer = [0; 5];
        recv_exact(&mut server, &mut buffer);
        assert_eq!(&buffer, b"short");
        assert_eq!(server.recv_in_place(0, None).unwrap(), Lent::Scattered);
        let timed_out = server.recv_in_place(1, Some(Duration::from_millis(20)));
        assert!(
            matches!(timed_out, Err(Error::TimedOut { .. })),
            "{timed_out:?}"
        );
    });
}

//! Long messages by DMA and messages under a transfer check, on an emulated fabric that loses, damages,
//! refuses and gets stuck on order.

mod common;

use common::*;
use ntb_core::driver::{Config, Endpoint, Error, Transport, TuningTable};
use ntb_core::report;
use sisci::control::{Fabric, FaultKind, When};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const KIB: usize = 1 << 10;

fn fabric() -> Fabric {
    Fabric::open(std::env::var("SISCI_EMU_DIR").unwrap()).unwrap()
}

/// Everything from 32 KiB on by DMA, in pieces that divide neither the ring nor the messages.
fn by_dma() -> TuningTable {
    TuningTable {
        bulk_from: Some(Some(32 * KIB)),
        bulk_piece: Some(20 * KIB),
        ..TuningTable::default()
    }
}

/// Everything from 1 KiB on under a check.
fn checked() -> TuningTable {
    TuningTable {
        check_from: Some(Some(KIB)),
        check_piece: Some(10 * KIB),
        ..TuningTable::default()
    }
}

fn with(tuning: TuningTable) -> Config {
    Config { tuning, ..config() }
}

fn pattern(size: usize, seed: usize) -> Vec<u8> {
    (0..size)
        .map(|at| ((at * 31 + seed * 7) >> 3) as u8)
        .collect()
}

/// Sends a message to a peer that echoes, and compares what comes back. Not more than both rings hold.
fn echo(endpoint: &mut Endpoint, size: usize, seed: usize) -> Result<(), Error> {
    let message = pattern(size, seed);
    for piece in message.chunks(60 * KIB) {
        endpoint.send(piece)?;
        let mut answer = vec![0; piece.len()];
        recv_exact(endpoint, &mut answer);
        assert!(answer == piece, "a byte that was not sent");
    }
    Ok(())
}

fn counters(transport: &Transport) -> report::Endpoint {
    transport.report().endpoints.remove(0)
}

#[test]
fn long_messages_arrive_by_dma_in_order_across_the_ring_s_end() {
    isolated(
        "long_messages_arrive_by_dma_in_order_across_the_ring_s_end",
        || {
            let transport = Transport::start(with(by_dma())).unwrap();
            let (mut client, mut server) = pair(&transport);
            let sizes = [33_000, 1, 100_000, 32 * KIB, 40_961, 700, 3 << 20];
            let taker = std::thread::spawn(move || {
                for (seed, size) in sizes.into_iter().enumerate() {
                    let mut message = vec![0; size];
                    recv_exact(&mut server, &mut message);
                    assert!(message == pattern(size, seed), "{size} bytes changed");
                }
                server
            });
            for (seed, size) in sizes.into_iter().enumerate() {
                let mut message = pattern(size, seed);
                client.send(&message).unwrap();
                // It may be reused at once.
                message.fill(0xEE);
            }
            let server = taker.join().unwrap();
            let report = transport.report();
            let bulk: u64 = report.endpoints.iter().map(|e| e.bulk_out).sum();
            assert!(bulk > 3 << 20, "{bulk} bytes by DMA");
            assert!(report.endpoints.iter().all(|e| e.bulk_refused == 0));
            drop((client, server));
            // The prepared memory too.
            eventually("memory returned", 5 * SECOND, || {
                transport.report().fabric.arena_used == 0
            });
        },
    );
}

#[test]
fn without_memory_for_dma_the_processor_copies() {
    isolated("without_memory_for_dma_the_processor_copies", || {
        let tuning = TuningTable {
            bulk_piece: Some(1 << 20),
            ..by_dma()
        };
        let transport = Transport::start(Config {
            memory_limit: 1 << 20,
            ..with(tuning)
        });
        let transport = transport.unwrap();
        let peer = Peer::start(8);
        let mut endpoint = transport.connect(local(peer.port)).unwrap();
        echo(&mut endpoint, 500 * KIB, 3).unwrap();
        let counters = counters(&transport);
        assert_eq!(counters.bulk_out, 0);
        assert!(counters.bulk_refused > 0);
    });
}

#[test]
fn idle_memory_for_dma_gives_way_to_connections() {
    isolated("idle_memory_for_dma_gives_way_to_connections", || {
        let tuning = TuningTable {
            bulk_piece: Some(256 * KIB),
            ..by_dma()
        };
        let transport = Transport::start(Config {
            memory_limit: 1 << 20,
            ..with(tuning)
        });
        let transport = transport.unwrap();
        let peer = Peer::start(8);
        let mut first = transport.connect(local(peer.port)).unwrap();
        echo(&mut first, 60 * KIB, 1).unwrap();
        assert!(counters(&transport).bulk_out > 0);
        // 768 KiB are staging, 68 the first connection's: two more fit only without the staging.
        let more: Vec<_> = (0..4)
            .map(|_| transport.connect(local(peer.port)).unwrap())
            .collect();
        echo(&mut first, 60 * KIB, 2).unwrap();
        drop(more);
    });
}

#[test]
fn many_connections_share_few_queues() {
    isolated("many_connections_share_few_queues", || {
        let transport = Transport::start(with(by_dma())).unwrap();
        let peer = Peer::start(8);
        std::thread::scope(|scope| {
            for seed in 0..12 {
                let mut endpoint = transport.connect(local(peer.port)).unwrap();
                scope.spawn(move || echo(&mut endpoint, 600 * KIB, seed).unwrap());
            }
        });
        let totals = transport.report().peers;
        assert_eq!(totals[0].bytes_out, 12 * 600 * KIB as u64);
    });
}

#[test]
fn transfers_that_fail_are_repeated() {
    isolated("transfers_that_fail_are_repeated", || {
        let transport = Transport::start(with(by_dma())).unwrap();
        let peer = Peer::start(8);
        let mut endpoint = transport.connect(local(peer.port)).unwrap();
        fabric()
            .inject(FaultKind::DmaFail, 4, 8, When::Every(3))
            .unwrap();
        echo(&mut endpoint, 2000 * KIB, 5).unwrap();
        let counters = counters(&transport);
        assert!(counters.sent_again > 10, "{}", counters.sent_again);
        assert!(counters.bulk_out > 0);
    });
}

#[test]
fn transfers_that_always_fail_end_the_connection_with_the_reason() {
    isolated(
        "transfers_that_always_fail_end_the_connection_with_the_reason",
        || {
            let transport = Transport::start(with(by_dma())).unwrap();
            let peer = Peer::start(8);
            let mut endpoint = transport.connect(local(peer.port)).unwrap();
            fabric()
                .inject(FaultKind::DmaFail, 4, 8, When::Every(1))
                .unwrap();
            let begin = Instant::now();
            let error = endpoint.send(&pattern(50 * KIB, 1)).unwrap_err();
            assert!(error.to_string().contains("again and again"), "{error}");
            assert!(begin.elapsed() < 10 * SECOND);
            // Who has another path takes that for a pause, although connecting would work.
            let mut choosy = transport.connect_or_skip(local(peer.port), None).unwrap();
            choosy.send(&pattern(50 * KIB, 1)).unwrap_err();
            drop(choosy);
            let skip = transport.connect_or_skip(local(peer.port), None);
            let skip = skip.map(drop).unwrap_err();
            assert!(skip.reason.contains("does not arrive"), "{skip:?}");
            // Others go on, without DMA's help or with it.
            fabric().clear_faults().unwrap();
            eventually("it is tried again", 10 * SECOND, || {
                transport.is_reachable(local(peer.port), None)
            });
            let mut other = transport.connect(local(peer.port)).unwrap();
            echo(&mut other, 200 * KIB, 2).unwrap();
        },
    );
}

#[test]
fn a_stuck_transfer_is_stopped_and_repeated() {
    isolated("a_stuck_transfer_is_stopped_and_repeated", || {
        let transport = Transport::start(with(by_dma())).unwrap();
        let peer = Peer::start(8);
        let mut endpoint = transport.connect(local(peer.port)).unwrap();
        fabric()
            .inject(FaultKind::DmaStick, 4, 8, When::Count(1))
            .unwrap();
        let begin = Instant::now();
        echo(&mut endpoint, 200 * KIB, 5).unwrap();
        assert!(begin.elapsed() < 20 * SECOND);
        assert_eq!(counters(&transport).sent_again, 1);
        // For ever: bounded all the same.
        fabric()
            .inject(FaultKind::DmaStick, 4, 8, When::Every(1))
            .unwrap();
        let error = endpoint.send(&pattern(50 * KIB, 1)).unwrap_err();
        assert!(error.to_string().contains("again and again"), "{error}");
    });
}

#[test]
fn a_link_that_fails_and_a_peer_that_dies_end_a_bulk_send() {
    isolated(
        "a_link_that_fails_and_a_peer_that_dies_end_a_bulk_send",
        || {
            let mut config = with(by_dma());
            config.retry = Duration::ZERO;
            let transport = Transport::start(config).unwrap();
            for cut in [true, false] {
                let mut peer = Peer::start(8);
                let mut endpoint = transport.connect(local(peer.port)).unwrap();
                let cutter = std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(50));
                    if cut {
                        fabric().set_link(4, 8, false).unwrap();
                    } else {
                        peer.kill();
                    }
                    (Instant::now(), peer)
                });
                let error = loop {
                    if let Err(error) = echo_or_error(&mut endpoint, 60 * KIB) {
                        break error;
                    }
                };
                let noticed = Instant::now();
                let (cut_at, _peer) = cutter.join().unwrap();
                assert!(matches!(error, Error::Lost(_)), "{error:?}");
                assert!(noticed.saturating_duration_since(cut_at) < 2 * SECOND);
                if cut {
                    fabric().set_link(4, 8, true).unwrap();
                }
            }
        },
    );
}

/// As [`echo`], but the answer may fail to come.
fn echo_or_error(endpoint: &mut Endpoint, size: usize) -> Result<(), Error> {
    let message = pattern(size, 9);
    endpoint.send(&message)?;
    let mut answer = vec![0; size];
    let mut filled = 0;
    while filled < size {
        match endpoint.recv(&mut answer[filled..], Some(20 * SECOND))? {
            ntb_core::driver::Received::Data(bytes) => filled += bytes,
            ntb_core::driver::Received::End => panic!("an end in the middle"),
        }
    }
    assert!(answer == message, "a byte that was not sent");
    Ok(())
}

#[test]
fn what_vanishes_or_changes_on_the_way_is_sent_again() {
    isolated("what_vanishes_or_changes_on_the_way_is_sent_again", || {
        let both = TuningTable {
            check_from: checked().check_from,
            ..by_dma()
        };
        // Stores by pointer vanish only with a count; copies by the engine as often as one likes.
        let cases = [
            (checked(), FaultKind::Drop, When::Count(5)),
            (checked(), FaultKind::SequenceError, When::Every(4)),
            (both, FaultKind::Drop, When::Every(7)),
            (both, FaultKind::Corrupt, When::Every(5)),
            (both, FaultKind::Drop, When::Count(6)),
        ];
        for (tuning, kind, when) in cases {
            let transport = Transport::start(with(tuning)).unwrap();
            let peer = Peer::start(8);
            let mut endpoint = transport.connect(local(peer.port)).unwrap();
            fabric().inject(kind, 4, 8, when).unwrap();
            echo(&mut endpoint, 900 * KIB, 4).unwrap();
            let again = counters(&transport).sent_again;
            assert!(again > 0, "{kind:?} {when:?}");
            fabric().clear_faults().unwrap();
        }
    });
}

#[test]
fn what_never_arrives_ends_the_connection_with_the_reason() {
    isolated(
        "what_never_arrives_ends_the_connection_with_the_reason",
        || {
            let transport = Transport::start(with(checked())).unwrap();
            let peer = Peer::start(8);
            let mut endpoint = transport.connect(local(peer.port)).unwrap();
            fabric()
                .inject(FaultKind::SequenceError, 4, 8, When::Every(1))
                .unwrap();
            let error = endpoint.send(&pattern(50 * KIB, 1)).unwrap_err();
            assert!(error.to_string().contains("again and again"), "{error}");
        },
    );
}

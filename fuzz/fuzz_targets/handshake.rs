//! A stranger on the control port: bytes of its own, or a hello with a channel of its own, then bytes.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ntb_core::proto::wire::Channel;
use ntb_fuzz::{bounded, hello, world};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[derive(Arbitrary, Debug)]
struct Lie {
    segment: u32,
    interrupt: u32,
    slot: u32,
    epoch: u32,
    segment_bytes: u64,
    offset: u64,
    ring: u64,
    /// Fields that stay true.
    truth: u8,
}

#[derive(Arbitrary, Debug)]
enum Opening {
    Bytes(Vec<u8>),
    Hello(Lie),
}

/// Strangers between two honest connections that have to succeed.
const HONEST: u32 = 64;

fn channel(truth: Channel, lie: &Lie) -> Channel {
    let is_true = |field: u8| lie.truth & 1 << field != 0;
    let mut told = truth;
    if !is_true(0) {
        told.segment = lie.segment;
    }
    if !is_true(1) {
        told.interrupt = lie.interrupt;
    }
    if !is_true(2) {
        (told.slot, told.epoch) = (lie.slot, lie.epoch);
    }
    if !is_true(3) {
        told.segment_bytes = lie.segment_bytes;
    }
    if !is_true(4) {
        told.offset = lie.offset;
    }
    if !is_true(5) {
        told.ring = lie.ring;
    }
    told
}

fuzz_target!(|input: (Opening, Vec<Vec<u8>>)| {
    static STRANGERS: AtomicU32 = AtomicU32::new(0);
    let world = world();
    let (opening, rest) = input;
    let mut stranger = TcpStream::connect(world.listener.address()).expect("the port is open");
    stranger
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a socket");
    let _ = match opening {
        Opening::Bytes(bytes) => stranger.write_all(&bytes),
        Opening::Hello(lie) => {
            let hello = hello(world, channel(world.sample, &lie));
            stranger.write_all(hello.encode().as_bytes())
        }
    };
    for part in rest.iter().take(8) {
        let _ = stranger.write_all(part);
    }
    let _ = stranger.shutdown(Shutdown::Write);
    // The victim ends it, sooner or later.
    bounded("the end of a handshake", || {
        let mut answer = Vec::new();
        let _ = (&stranger).take(4096).read_to_end(&mut answer);
    });
    while let Some(accepted) = world.listener.accept() {
        drop(accepted);
    }
    if STRANGERS
        .fetch_add(1, Ordering::Relaxed)
        .is_multiple_of(HONEST)
    {
        let honest = world.transport.connect(world.listener.address());
        drop(honest.expect("an honest peer is let in"));
    }
});

//! The other node: it answers the ping-pong, and lends its memory to everything else.

use crate::measure::client::{Client, Outcome, Pin, load};
use std::ffi::OsStr;
use std::io::BufRead;

/// Node of the one who measures.
pub const LEADER: u32 = 4;
/// Node of the peer.
pub const PEER: u32 = 8;
/// Size of both segments, whose ids are their nodes, in bytes.
pub const ROOM: usize = 16 << 20;

/// Serves until the input ends: each line is a size, for which a number of rounds is played.
///
/// # Errors
/// What the library says, and what can't be understood.
pub fn serve(library: &OsStr, input: impl BufRead) -> Outcome<()> {
    let client = Client::open(library)?;
    let own = client.offer(PEER, ROOM)?;
    let far = client.reach_soon(LEADER, LEADER, ROOM)?;
    let _pin = Pin::to(1);
    for line in input.lines() {
        let line = line.map_err(|error| error.to_string())?;
        let numbers: Vec<usize> = line.split(' ').flat_map(str::parse).collect();
        let [size, rounds] = numbers[..] else {
            return Err(format!("{line:?} is no size and number of rounds"));
        };
        let mut message = vec![0; size.clamp(1, ROOM)];
        let last = message.len() - 1;
        for round in 0..rounds {
            let tag = tag(round);
            // SAFETY: inside of the segment, which lives as long as the client.
            while unsafe { load(own.address.add(last)) } != tag {
                std::hint::spin_loop();
            }
            message[last] = tag;
            client.copy(far.map, 0, &message)?;
        }
    }
    Ok(())
}

/// The last byte of a round's messages; differs from that of the rounds before and after, and from
/// the first one of the next ping-pong.
pub fn tag(round: usize) -> u8 {
    (round % 250) as u8 + 1
}

//! Stores and copies beside plain ones to the same memory.

use crate::compare;
use sisci::measure::client::{Client, Far, Outcome};
use sisci::measure::spread::Spread;
use std::ffi::c_void;
use std::hint::black_box;
use std::time::Instant;

/// Copies walk over this much, so that they leave the caches.
const WINDOW: usize = 256 << 20;
const REPEATS: usize = 31;

/// Where copies go.
#[derive(Clone, Copy)]
enum Place {
    /// Always to the same bytes: all in the first cache.
    Same,
    /// On through the window: what a program does that sends data which it just made.
    Walk,
}

pub fn run(client: &Client) -> Outcome<()> {
    let own = client.offer(1, WINDOW)?;
    let far = client.reach(client.node()?, 1, WINDOW)?;
    // SAFETY: both maps have this size; nobody else uses them.
    unsafe {
        own.address.write_bytes(1, WINDOW);
        far.address.write_bytes(1, WINDOW);
    }
    println!("# stores by pointer, and copies: ns for each; the ratio is speed");
    stores(&far);
    for (place, name) in [(Place::Same, "same place"), (Place::Walk, "256 MiB walk")] {
        for size in [8, 64, 256, 1024, 4096, 16384, 65536, 1 << 20] {
            copies(client, &far, place, size, name)?;
        }
    }
    client.leave(far)?;
    client.remove(own.segment)
}

fn stores(far: &Far) {
    const COUNT: usize = 2_000_000;
    let mut plain = vec![0u64; 64];
    let time = |target: *mut u64| {
        let begun = Instant::now();
        for index in 0..COUNT {
            // SAFETY: both targets have 64 words.
            unsafe { target.add(index % 64).write_volatile(index as u64) };
        }
        begun.elapsed().as_secs_f64() * 1e9 / COUNT as f64
    };
    let target = far.address.cast::<c_void>().cast::<u64>();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        ours.push(time(target));
        bare.push(time(plain.as_mut_ptr()));
    }
    let (ours, bare) = (Spread::of(ours), Spread::of(bare));
    compare(
        "store of 8 bytes",
        "ns",
        ours,
        bare,
        bare.median / ours.median,
        "plain",
    );
}

fn copies(client: &Client, far: &Far, place: Place, size: usize, name: &str) -> Outcome<()> {
    let rounds = ((4 << 20) / size).clamp(4, 20_000);
    let source = vec![3u8; size];
    let step = match place {
        Place::Same => 0,
        Place::Walk => size.max(64),
    };
    let mut at = 0;
    let mut next = || {
        at = if at + step + size > WINDOW {
            0
        } else {
            at + step
        };
        at
    };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let begun = Instant::now();
        for _ in 0..rounds {
            client.copy(far.map, next(), &source)?;
        }
        ours.push(begun.elapsed().as_secs_f64() * 1e9 / rounds as f64);
        let begun = Instant::now();
        for _ in 0..rounds {
            // SAFETY: `next` leaves room for a copy.
            unsafe {
                let target = far.address.add(next());
                libc::memcpy(
                    target.cast(),
                    black_box(source.as_ptr()).cast(),
                    black_box(size),
                );
            }
        }
        bare.push(begun.elapsed().as_secs_f64() * 1e9 / rounds as f64);
    }
    let (ours, bare) = (Spread::of(ours), Spread::of(bare));
    let goal = if size >= 256 { "goal 0.95" } else { "" };
    let what = format!("SCIMemCpy {size} B, {name}");
    compare(&what, "ns", ours, bare, bare.median / ours.median, goal);
    Ok(())
}

//! DMA beside memcpy, and what it leaves of the caller's processor.

use crate::compare;
use rustix::time::{ClockId, clock_gettime};
use sisci::measure::client::{Client, Outcome};
use sisci::measure::spread::Spread;
use std::time::Instant;

const ROOM: usize = 64 << 20;

pub fn run(client: &Client) -> Outcome<()> {
    let own = client.offer(2, ROOM)?;
    let target = client.offer(3, ROOM)?;
    let far = client.reach(client.node()?, 3, ROOM)?;
    let queue = client.dma_queue()?;
    println!("# DMA from start to DONE: µs; the ratio is speed");
    // SAFETY: the maps have this size; nobody else uses them.
    unsafe {
        own.address.write_bytes(1, ROOM);
        target.address.write_bytes(2, ROOM);
    }
    let (mut wall, mut busy) = (0.0, 0.0);
    for size in [
        64,
        4096,
        64 << 10,
        256 << 10,
        1 << 20,
        4 << 20,
        16 << 20,
        64 << 20,
    ] {
        let rounds = ((256 << 20) / size).clamp(11, 400);
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let (begun, used) = (Instant::now(), processor_time());
            client.start_dma(queue, &own, &far, size)?;
            client.wait_dma(queue)?;
            let time = begun.elapsed().as_secs_f64() * 1e6;
            if size >= 1 << 20 {
                (wall, busy) = (wall + time, busy + processor_time() - used);
            }
            ours.push(time);
            let begun = Instant::now();
            // SAFETY: both maps have this size.
            unsafe { libc::memcpy(far.address.cast(), own.address.cast(), size) };
            bare.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        let (ours, bare) = (Spread::of(ours), Spread::of(bare));
        let goal = if size >= 256 << 10 { "goal 0.9" } else { "" };
        compare(
            &format!("DMA {size} B"),
            "us",
            ours,
            bare,
            bare.median / ours.median,
            goal,
        );
    }
    println!(
        "the caller's thread used {:.2} % of the time of transfers from 1 MiB on",
        busy / wall * 100.0
    );
    let mut error = sisci_sys::sci_error_t::SCI_ERR_OK;
    // SAFETY: the queue is idle, and not used again.
    unsafe { (client.functions().remove_dma_queue)(queue, 0, &mut error) };
    client.leave(far)?;
    client.remove(own.segment)?;
    client.remove(target.segment)
}

/// µs that this thread was running.
fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

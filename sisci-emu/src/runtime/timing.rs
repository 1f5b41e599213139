//! How long things take under the model of the fabric. Without one nothing is added: each function
//! then looks at one word.
//!
//! A store is delayed before the other side can see it. The first one after a pause takes the model's
//! latency, as in a ping-pong; those that follow closely take what each of many in a row costs the
//! sender, so that a stream has the model's throughput. "Closely" is within half of the model's shortest
//! latency: nobody who waits for an answer comes back sooner.

use crate::runtime::hop;
use crate::runtime::model::Model;
use crate::runtime::sync::lock;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The model in use; null without one. What it points to lives as long as the process, since any
/// thread may be inside of it.
static MODEL: AtomicPtr<Model> = AtomicPtr::new(std::ptr::null_mut());

/// From now on this model holds.
pub fn install(model: Option<&Arc<Model>>) {
    let same = match (active(), model) {
        (None, None) => true,
        (Some(old), Some(new)) => *old == **new,
        _ => false,
    };
    if !same {
        let model = model.map_or(std::ptr::null_mut(), |model| {
            Box::into_raw(Box::new(Model::clone(model)))
        });
        if !model.is_null() {
            // SAFETY: just made, and never freed.
            let overhead = measure_overhead(unsafe { &*model });
            HOP.store(hop::measure() + overhead, Ordering::Relaxed);
        }
        MODEL.store(model, Ordering::Release);
    }
}

/// What this machine itself needs until another processor sees a paced store, in ns. The model's
/// latency includes it, so it is not waited for.
static HOP: AtomicU64 = AtomicU64::new(0);

/// What a paced store takes beyond its time.
fn measure_overhead(model: &Model) -> u64 {
    let lane = &LANES[0];
    let wanted = nanoseconds(model.latency.at(8));
    HOP.store(0, Ordering::Relaxed);
    let times = (0..200).map(|_| {
        lane.over.store(0, Ordering::Relaxed);
        let begun = now();
        paced_write(model, 0, 8, |_| ());
        (now() - begun).saturating_sub(wanted)
    });
    hop::median(times.collect()).min(hop::LONGEST)
}

/// True with a model.
pub fn is_on() -> bool {
    active().is_some()
}

/// What the model in use is called.
pub fn model_name() -> Option<&'static str> {
    active().map(|model| model.name.as_str())
}

#[inline]
fn active() -> Option<&'static Model> {
    let model = MODEL.load(Ordering::Acquire);
    // SAFETY: null, or from a box that is never freed and never changed.
    unsafe { model.as_ref() }
}

/// Carries out a store of `size` bytes by a library call to `peer`, and takes as long as it would.
/// `copy` is called for one part after the other; the other side sees the last one when the store is
/// due.
#[inline]
pub fn write(peer: u32, size: usize, mut copy: impl FnMut(Range<usize>)) {
    match active() {
        None => copy(0..size),
        Some(model) => paced_write(model, peer, size, copy),
    }
}

/// Carries out a load of `size` bytes by a library call, and takes as long as it would.
#[inline]
pub fn read<T>(size: usize, copy: impl FnOnce() -> T) -> T {
    let Some(model) = active() else {
        return copy();
    };
    let end = now() + nanoseconds(model.read.at(size));
    let result = copy();
    wait_until(end);
    result
}

/// Waits as long as a flush or a store barrier takes: the way to the other side.
#[inline]
pub fn flush() {
    pay(|model| model.latency.at(0));
}

/// Waits as long as pushing out what the processor holds back takes.
#[inline]
pub fn flush_cpu() {
    pay(|model| model.cost.flush_cpu);
}

/// Waits as long as a check of a sequence takes, besides its flush.
#[inline]
pub fn check() {
    pay(|model| model.cost.check);
}

/// Waits before a trigger arrives.
#[inline]
pub fn before_trigger() {
    pay(|model| model.cost.trigger);
}

/// Waits before the trigger of a data interrupt arrives.
#[inline]
pub fn before_data_trigger() {
    pay(|model| model.cost.data_trigger);
}

/// When a DMA transfer that starts at `begun` is over, `read` from `peer` or to it; `None` if nothing is
/// added to the copy. Transfers that run at the same time share the cable: the second one's start is
/// hidden behind the first, its bytes come after those of the first.
pub fn dma_end(peer: u32, size: usize, read: bool, begun: Instant) -> Option<Instant> {
    let model = active()?;
    let after = |micros| Duration::from_nanos(nanoseconds(micros));
    let mut busy = lock(&CABLES[usize::from(read)][(peer / 4) as usize % NODES]);
    let alone = begun + after(model.dma_time(size, read));
    let behind = busy.map(|until| until + after(model.dma_wire_time(size, read)));
    let end = behind.map_or(alone, |behind| behind.max(alone));
    *busy = Some(end);
    Some(end)
}

/// Until when DMA uses the way to a peer and the way back, by node id.
static CABLES: [[Mutex<Option<Instant>>; NODES]; 2] =
    [const { [const { Mutex::new(None) }; NODES] }; 2];

/// Waits until `end`: asleep as long as that is safe, then spinning, so that it is exact.
pub fn sleep_until(end: Instant) {
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        match left.checked_sub(SPIN) {
            Some(nap) if !nap.is_zero() => std::thread::sleep(nap),
            _ => std::hint::spin_loop(),
        }
    }
}

/// Waits up to this long are spent spinning: the kernel's sleep is not more exact.
const SPIN: Duration = Duration::from_micros(120);

#[inline]
fn pay(cost: impl FnOnce(&Model) -> f64) {
    if let Some(model) = active() {
        wait_until(now() + nanoseconds(cost(model)));
    }
}

/// What went to a peer last. Threads that send to one peer share its lane, as they share the cable.
#[repr(align(128))]
struct Lane {
    /// When the last store was due, in ns.
    due: AtomicU64,
    /// When it was over.
    over: AtomicU64,
}

/// Node ids are multiples of four below 256.
const NODES: usize = 64;

/// By node id.
static LANES: [Lane; NODES] = [const {
    Lane {
        due: AtomicU64::new(0),
        over: AtomicU64::new(0),
    }
}; NODES];

/// How far a stream may be behind its model and still catch up, in ns. Covers jitter, no more.
const SLACK: u64 = 500;
/// Copies from this size on take time that counts.
const LONG_COPY: usize = 1024;
/// What of a long copy comes when the store is due: the bridge delivers in order, a copy needn't.
const TAIL: usize = 64;

#[inline(never)]
fn paced_write(model: &Model, peer: u32, size: usize, mut copy: impl FnMut(Range<usize>)) {
    let lane = &LANES[(peer / 4) as usize % LANES.len()];
    let begun = now();
    let pause = begun.saturating_sub(lane.over.load(Ordering::Relaxed));
    let due = if pause < nanoseconds(model.latency.shortest() / 2.0) {
        let due = lane.due.load(Ordering::Relaxed) + nanoseconds(model.send.at(size));
        due.max(begun.saturating_sub(SLACK))
    } else {
        let hop = HOP.load(Ordering::Relaxed);
        begun + nanoseconds(model.latency.at(size)).saturating_sub(hop)
    };
    let mut time = begun;
    let mut done = 0;
    if size >= LONG_COPY {
        done = size - TAIL;
        let start = wait_from(begun, due.saturating_sub(COPY_TIMES.of(size)));
        copy(0..done);
        time = now();
        COPY_TIMES.learn(size, time - start);
    }
    let over = wait_from(time, due);
    copy(done..size);
    lane.due.store(due, Ordering::Relaxed);
    lane.over.store(over, Ordering::Relaxed);
}

/// How long copies took lately, in ns, by the number of bits of their size.
struct CopyTimes([AtomicU64; 64]);

static COPY_TIMES: CopyTimes = CopyTimes([const { AtomicU64::new(0) }; 64]);

impl CopyTimes {
    fn of(&self, size: usize) -> u64 {
        self.0[Self::class(size)].load(Ordering::Relaxed)
    }

    /// A copy that was interrupted teaches little: it counts as twice the time so far at most.
    fn learn(&self, size: usize, time: u64) {
        let known = self.of(size);
        let next = if known == 0 {
            time
        } else {
            (known * 7 + time.min(known * 2)) / 8
        };
        self.0[Self::class(size)].store(next, Ordering::Relaxed);
    }

    fn class(size: usize) -> usize {
        (size.ilog2() as usize).min(63)
    }
}

/// The clock in ns. It started long ago, so a lane that was never used lies in the past.
#[inline]
fn now() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

#[inline]
fn nanoseconds(microseconds: f64) -> u64 {
    (microseconds * 1e3) as u64
}

fn wait_until(end: u64) -> u64 {
    wait_from(now(), end)
}

/// Waits until `end`, from a time that was just taken. Gives the time.
#[inline]
fn wait_from(mut time: u64, end: u64) -> u64 {
    if end.saturating_sub(time) > 2 * SPIN.as_nanos() as u64 {
        sleep_until(Instant::now() + Duration::from_nanos(end - time));
    }
    while time < end {
        std::hint::spin_loop();
        time = now();
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn took(call: impl FnOnce()) -> u64 {
        let begun = now();
        call();
        now() - begun
    }

    /// Only lower bounds hold on any machine.
    #[test]
    fn a_model_makes_things_take_at_least_its_time() {
        let model = Model::named("mxh930", Path::new("/")).unwrap().unwrap();
        let write = |size| took(|| paced_write(&model, 4, size, |_| ()));
        assert!(write(8192) >= 2968);
        std::thread::sleep(Duration::from_micros(50));
        assert!(write(8) >= 1236, "a pause was made");
        install(Some(&Arc::new(model)));
        assert!(took(|| read(4096, || ())) >= 461_000);
        assert!(took(flush) >= 1232);
        let begun = Instant::now();
        let taken = |size| Some(dma_end(24, size, false, begun)? - begun);
        assert_eq!(taken(64), Some(Duration::from_nanos(7130)));
        let (first, second) = (taken(1 << 20).unwrap(), taken(1 << 20).unwrap());
        assert_eq!(first, Duration::from_nanos(59365));
        assert!(second > first && second < 2 * first, "they share the cable");
        let later = begun + 2 * second;
        let alone = dma_end(24, 64, false, later).unwrap() - later;
        assert_eq!(alone, Duration::from_nanos(7130));
        install(None);
        assert_eq!(dma_end(24, 64, false, begun), None);
    }

    #[test]
    fn every_byte_is_copied_once_and_in_order() {
        let model = Model::named("pxh810", Path::new("/")).unwrap().unwrap();
        for size in [0, 1, 8, 1023, 1024, 100_000] {
            let mut end = 0;
            paced_write(&model, 16, size, |part| {
                assert_eq!(part.start, end);
                end = part.end;
            });
            assert_eq!(end, size);
        }
    }

    #[test]
    fn a_stream_costs_what_each_of_many_costs() {
        let model = Model::named("mxh930", Path::new("/")).unwrap().unwrap();
        let many = 2000;
        let all = took(|| (0..many).for_each(|_| paced_write(&model, 12, 64, |_| ())));
        let each = nanoseconds(model.send.at(64));
        assert!(all >= (many - 1) * each, "{all}");
        assert!(took(|| paced_write(&model, 12, 64, |_| ())) < 1_000_000_000);
    }

    #[test]
    fn sleeping_is_never_too_short() {
        let end = Instant::now() + Duration::from_micros(700);
        sleep_until(end);
        assert!(Instant::now() >= end);
    }
}

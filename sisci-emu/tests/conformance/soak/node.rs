//! A process of the soak: two threads that act, one that tells how far they are.

use super::actor::Actor;
use super::census::Census;
use super::events::{WORLD, World};
use crate::sci::Sci;
use std::io::BufRead;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

/// Threads that act at the same time.
pub const ACTORS: usize = 2;

/// Descriptors, threads and maps that the library may keep once it has been used.
const KEPT: usize = 4;

/// What the threads of this process share.
pub struct Shared {
    pub sci: &'static Sci,
    pub device: AtomicPtr<sisci_sys::sci_desc>,
    pub life: u32,
    pub nodes: u32,
    /// Lives of processes that were killed.
    pub killed: Mutex<Vec<u32>>,
    pub calls: [AtomicU64; ACTORS],
    part: AtomicBool,
    /// The round that ended was the last one.
    last: AtomicBool,
    end: AtomicBool,
    barrier: Barrier,
    /// What this process held when it held nothing of its own for the first time.
    empty: Mutex<Option<Census>>,
}

/// Numbers from the command line.
pub struct Numbers {
    pub life: u32,
    pub second: u32,
    pub nodes: u32,
    pub seed: u64,
}

/// Runs until the supervisor says so.
pub fn run(words: &[&str]) -> ExitCode {
    let number = |index: usize| words[index].parse::<u64>().expect("a number");
    let numbers = Numbers {
        life: number(0) as u32,
        second: number(1) as u32,
        nodes: number(2) as u32,
        seed: number(3),
    };
    // A thread that found something ends all.
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        before(info);
        std::process::exit(101);
    }));
    let sci: &'static Sci = Box::leak(Box::new(Sci::load_only()));
    let pristine = Census::now();
    sci.initialize().expect("SCIInitialize");
    let device = sci.open().expect("SCIOpen");
    let _ = WORLD.set(World {
        sci,
        device: AtomicPtr::new(device),
    });
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        sci,
        device: AtomicPtr::new(device),
        life: numbers.life,
        nodes: numbers.nodes,
        killed: Mutex::default(),
        calls: [AtomicU64::new(0), AtomicU64::new(0)],
        part: AtomicBool::new(false),
        last: AtomicBool::new(false),
        end: AtomicBool::new(false),
        barrier: Barrier::new(ACTORS),
        empty: Mutex::new(None),
    }));
    listen(shared);
    report(shared);
    std::thread::scope(|scope| {
        for index in 0..ACTORS {
            let place = numbers.second as usize * ACTORS + index;
            let seed = numbers.seed * 10 + index as u64;
            scope.spawn(move || act(shared, index, Actor::new(shared, index, place, seed)));
        }
    });
    sci.close(device).expect("nothing hangs on the device");
    sci.terminate();
    // The threads that listen and report are ours.
    let most = Census {
        threads: pristine.threads + 2,
        ..pristine
    };
    Census::settle(most).unwrap_or_else(|left| panic!("{left:?} is left of {most:?}"));
    println!("ended");
    ExitCode::SUCCESS
}

/// One thread: rounds of random work, with nothing left between them.
fn act(shared: &Shared, index: usize, mut actor: Actor) {
    while !shared.last.load(Ordering::SeqCst) {
        for _ in 0..400 {
            actor.step();
        }
        actor.give_up_all();
        shared.barrier.wait();
        if index == 0 {
            shared.count();
            // One thread decides for all: each for itself could see the word at another time.
            let part = shared.part.load(Ordering::SeqCst);
            shared.last.store(part, Ordering::SeqCst);
        }
        shared.barrier.wait();
    }
    // A last round that leaves segments for the others to be connected to.
    for _ in 0..400 {
        actor.step();
    }
    actor.part();
    shared.barrier.wait();
    if index == 0 {
        println!("parted");
    }
    while !shared.end.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(2));
    }
    actor.take_down();
}

impl Shared {
    /// Compares what the process holds with the first time.
    fn count(&self) {
        let mut empty = self.empty.lock().unwrap();
        let Some(first) = *empty else {
            // Late ends of connections shall not count as what is normal.
            std::thread::sleep(Duration::from_millis(100));
            *empty = Some(Census::now());
            return;
        };
        let most = Census {
            descriptors: first.descriptors + KEPT,
            threads: first.threads + KEPT,
            maps: first.maps + KEPT,
            ..first
        };
        match Census::settle(most) {
            Ok(now) => println!("resident {}", now.resident),
            Err(now) => panic!("life {}: {first:?} grew to {now:?}", self.life),
        }
    }
}

/// Hears the supervisor; its end is ours.
fn listen(shared: &'static Shared) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let line = line.unwrap_or_default();
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["killed", life] => shared
                    .killed
                    .lock()
                    .unwrap()
                    .push(life.parse().expect("a number")),
                ["part"] => shared.part.store(true, Ordering::SeqCst),
                ["end"] => shared.end.store(true, Ordering::SeqCst),
                _ => {}
            }
        }
        if !shared.end.load(Ordering::SeqCst) {
            std::process::exit(1);
        }
        loop {
            std::thread::park();
        }
    });
}

fn report(shared: &'static Shared) {
    std::thread::spawn(move || {
        loop {
            let calls = shared
                .calls
                .each_ref()
                .map(|calls| calls.load(Ordering::Relaxed));
            println!("calls {} {}", calls[0], calls[1]);
            std::thread::sleep(Duration::from_millis(300));
        }
    });
}

//! Hand-offs between threads of the emulator, under loom: `cargo xtask test --only models`.
#![cfg(loom)]

/// What the hand-off is made of.
mod atomics {
    pub use loom::sync::Mutex;
    pub use loom::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    pub fn lock<T>(mutex: &Mutex<T>) -> loom::sync::MutexGuard<'_, T> {
        mutex.lock().unwrap()
    }
}

#[path = "../src/runtime/hazard/protocol.rs"]
mod protocol;

use atomics::{AtomicPtr, AtomicUsize, Mutex};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering, fence};
use protocol::{Limbo, hold, let_go};

/// An object that notices when it is used after its end.
struct Object {
    value: UnsafeCell<u32>,
}

/// What ends an object: loom finds it if a user reads at the same time or later.
struct Ends(*const Object, Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        // SAFETY: the memory itself stays until the model's end; loom tells if a user is not done.
        unsafe { (*self.0).value.with_mut(|value| *value = 0) };
        assert!(!self.1.swap(true, Ordering::AcqRel), "ended twice");
    }
}

struct World {
    slots: [AtomicUsize; 2],
    place: AtomicPtr<Object>,
    limbo: Limbo<Ends>,
    ended: Arc<AtomicBool>,
    object: Box<Object>,
}

// SAFETY: the object's cell is what loom watches; `Ends` only carries its address.
unsafe impl Send for World {}
// SAFETY: as for Send.
unsafe impl Sync for World {}

/// The kernel's help (`membarrier`) is beyond loom; without it both sides fence.
fn barrier() {
    fence(Ordering::SeqCst);
}

impl World {
    fn new() -> Arc<Self> {
        let object = Box::new(Object {
            value: UnsafeCell::new(7),
        });
        Arc::new(Self {
            slots: [AtomicUsize::new(0), AtomicUsize::new(0)],
            place: AtomicPtr::new(std::ptr::from_ref(&*object).cast_mut()),
            limbo: Limbo {
                objects: Mutex::new(Vec::new()),
                waiting: AtomicUsize::new(0),
            },
            ended: Arc::new(AtomicBool::new(false)),
            object,
        })
    }

    fn is_held(&self, address: usize) -> bool {
        let mut slots = self.slots.iter();
        slots.any(|slot| slot.load(Ordering::Acquire) == address)
    }

    /// Uses the object once, if it is still there.
    fn use_once(&self, slot: usize) {
        let slot = &self.slots[slot];
        if let Some(object) = hold(slot, &self.place, barrier) {
            // SAFETY: held, so it has not ended; loom checks that.
            let value = unsafe { object.as_ref() }
                .value
                .with(|value| unsafe { *value });
            assert_eq!(value, 7, "used after its end");
        }
        if let_go(slot, &self.limbo, barrier) {
            self.limbo.sweep(|address| self.is_held(address));
        }
    }

    fn take_away(&self) {
        let pointer = self.place.swap(std::ptr::null_mut(), Ordering::AcqRel);
        let ends = Ends(std::ptr::from_ref(&*self.object), self.ended.clone());
        let mut ends = Some(ends);
        let limbo = || ends.take().expect("once");
        self.limbo.retire(
            pointer.addr(),
            limbo,
            |address| self.is_held(address),
            barrier,
        );
        // Nobody held it: it ends here.
        drop(ends);
    }
}

/// Whatever the interleaving, an object ends exactly once, and after its last user.
#[test]
fn loom_an_object_ends_once_and_after_its_users() {
    loom::model(|| {
        let world = World::new();
        let user = {
            let world = world.clone();
            loom::thread::spawn(move || world.use_once(0))
        };
        world.take_away();
        user.join().unwrap();
        assert!(world.ended.load(Ordering::Acquire), "kept for ever");
    });
}

/// The same with two users, within a bound on preemptions that loom's authors found to be enough.
#[test]
fn loom_the_last_of_two_users_ends_it() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let world = World::new();
        let users: Vec<_> = (0..2)
            .map(|slot| {
                let world = world.clone();
                loom::thread::spawn(move || world.use_once(slot))
            })
            .collect();
        world.take_away();
        for user in users {
            user.join().unwrap();
        }
        assert!(world.ended.load(Ordering::Acquire), "kept for ever");
    });
}

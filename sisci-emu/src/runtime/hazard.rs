//! Pointers that a thread is using right now, so that nobody frees what they point to.
//!
//! Looking a handle up happens in every call, taking an object away seldom. So a reader only stores
//! the pointer where others can see it, checks that the object is still in its place, and later
//! clears it: no locked instruction, no shared cache line. Who takes an object away makes all other
//! processors catch up (`membarrier`), and then looks whether somebody uses it; in that case the
//! last user frees it. Where the kernel has no such call, readers pay for a fence.

use rustix::thread::{MembarrierCommand, membarrier};
use std::any::Any;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, compiler_fence, fence};
use std::sync::{Arc, Mutex, OnceLock};

mod protocol;

/// What [`protocol`] is made of here; its model has loom's.
mod atomics {
    pub use crate::runtime::sync::lock;
    pub use std::sync::Mutex;
    pub use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
}

use protocol::Limbo;

/// Objects that one thread uses at a time without a lock; calls look up two at most.
const SLOTS: usize = 4;

/// What a thread uses. Records are used again, but never freed, so all can be looked at any time.
#[repr(align(128))]
struct Record {
    /// Addresses; 0 in a free slot.
    slots: [AtomicUsize; SLOTS],
    taken: AtomicBool,
    next: AtomicPtr<Record>,
}

/// The first record.
static RECORDS: AtomicPtr<Record> = AtomicPtr::new(std::ptr::null_mut());

/// A thread's record, given back at its end.
struct Own(Cell<Option<&'static Record>>);

thread_local! {
    static OWN: Own = const { Own(Cell::new(None)) };
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(record) = self.0.take() {
            record.taken.store(false, Ordering::Release);
        }
    }
}

/// All records there are.
fn records() -> impl Iterator<Item = &'static Record> {
    let follow = |place: &AtomicPtr<Record>| {
        // SAFETY: null or from a box that is never freed.
        unsafe { place.load(Ordering::Acquire).as_ref() }
    };
    std::iter::successors(follow(&RECORDS), move |record| follow(&record.next))
}

impl Record {
    /// A free record, or a new one.
    fn acquire() -> &'static Self {
        let free = records().find(|record| {
            let taken = &record.taken;
            !taken.load(Ordering::Relaxed) && !taken.swap(true, Ordering::AcqRel)
        });
        free.unwrap_or_else(|| {
            let record: &'static Self = Box::leak(Box::new(Self {
                slots: [const { AtomicUsize::new(0) }; SLOTS],
                taken: AtomicBool::new(true),
                next: AtomicPtr::default(),
            }));
            let pointer = std::ptr::from_ref(record).cast_mut();
            let mut first = RECORDS.load(Ordering::Acquire);
            loop {
                record.next.store(first, Ordering::Relaxed);
                let pushed = RECORDS.compare_exchange_weak(
                    first,
                    pointer,
                    Ordering::AcqRel,
                    Ordering::Acquire,
                );
                match pushed {
                    Ok(_) => return record,
                    Err(found) => first = found,
                }
            }
        })
    }

    fn free_slot(&self) -> Option<&AtomicUsize> {
        self.slots
            .iter()
            .find(|slot| slot.load(Ordering::Relaxed) == 0)
    }
}

/// A free slot of this thread.
#[inline]
fn slot() -> Option<&'static AtomicUsize> {
    OWN.try_with(|own| {
        let record = own.0.get().unwrap_or_else(|| {
            let record = Record::acquire();
            own.0.set(Some(record));
            record
        });
        record.free_slot()
    })
    .ok()
    .flatten()
}

/// True once the kernel makes other processors catch up for us.
static ASYMMETRIC: AtomicBool = AtomicBool::new(false);

/// Orders the store to a slot before the loads behind it.
#[inline]
fn light_barrier() {
    if ASYMMETRIC.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// Asks the kernel for its help; lookups are cheaper from then on.
pub fn prepare() {
    heavy_barrier();
}

/// The other half of [`light_barrier`], in all threads of the process.
fn heavy_barrier() {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let register = || membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok();
    let registered = *REGISTERED.get_or_init(|| {
        let registered = register();
        ASYMMETRIC.store(registered, Ordering::Relaxed);
        registered
    });
    if !registered {
        fence(Ordering::SeqCst);
    } else if membarrier(MembarrierCommand::PrivateExpedited).is_err() {
        // A forked child, which has to register for itself.
        register();
        let _ = membarrier(MembarrierCommand::PrivateExpedited);
    }
}

/// A use of an object by this thread.
pub struct Hold(&'static AtomicUsize);

impl Hold {
    /// Holds what `place` points to; `None` if it is null. The second `None` says that this thread
    /// can't hold more.
    #[inline]
    pub fn new<T>(place: &AtomicPtr<T>) -> Option<Option<(Self, NonNull<T>)>> {
        let hold = Self(slot()?);
        let object = protocol::hold(hold.0, place, light_barrier);
        Some(object.map(|object| (hold, object)))
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if protocol::let_go(self.0, &LIMBO, light_barrier) {
            LIMBO.sweep(is_held);
        }
    }
}

static LIMBO: Limbo<Arc<dyn Any + Send + Sync>> = Limbo {
    objects: Mutex::new(Vec::new()),
    waiting: AtomicUsize::new(0),
};

/// Keeps an object that was just taken from its place alive as long as somebody holds it.
pub fn retire<T: Send + Sync + 'static>(object: &Arc<T>) {
    let keep = || Arc::clone(object) as _;
    LIMBO.retire(Arc::as_ptr(object).addr(), keep, is_held, heavy_barrier);
}

fn is_held(address: usize) -> bool {
    records().any(|record| {
        let mut slots = record.slots.iter();
        slots.any(|slot| slot.load(Ordering::Acquire) == address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// The place and what it counts as alive.
    fn place(alive: &Arc<()>) -> AtomicPtr<Arc<()>> {
        AtomicPtr::new(Arc::into_raw(Arc::new(Arc::clone(alive))).cast_mut())
    }

    fn take(place: &AtomicPtr<Arc<()>>) {
        let pointer = place.swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: came from `into_raw`, and was taken once.
        let object = unsafe { Arc::from_raw(pointer.cast_const()) };
        retire(&object);
    }

    #[test]
    fn an_object_lives_until_its_last_user_lets_go() {
        let alive = Arc::new(());
        let place = place(&alive);
        let (one, _) = Hold::new(&place).unwrap().unwrap();
        let (two, object) = Hold::new(&place).unwrap().unwrap();
        take(&place);
        drop(one);
        // SAFETY: still held.
        assert!(Arc::ptr_eq(unsafe { object.as_ref() }, &alive));
        assert_eq!(Arc::strong_count(&alive), 2);
        drop(two);
        // By us, or by another thread that lets go of something and was quicker to sweep.
        let patience = Instant::now() + Duration::from_secs(10);
        while Arc::strong_count(&alive) > 1 {
            assert!(Instant::now() < patience, "nobody freed it");
            std::thread::yield_now();
        }
        assert!(Hold::new(&place).unwrap().is_none());
    }

    #[test]
    fn without_users_an_object_ends_at_once() {
        let alive = Arc::new(());
        take(&place(&alive));
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}

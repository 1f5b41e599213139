//! What C++ holds: an object of the transport, or none yet, or what a defect has left of one.
//!
//! C++ destroys its sockets where an exception would end the daemon, and finds them in its lists by
//! the number of their descriptor. So no panic gets out of here, not even when the object is dropped, and
//! the number stays the same for life.

use crate::ffi::{IoKind, IoOutcome};
use crate::guard;
use crate::outcome::unconnected;

/// An object and the number of its descriptor.
#[derive(Debug)]
pub(crate) struct Held<T> {
    object: Option<T>,
    fd: i32,
}

impl<T> Held<T> {
    /// None yet; the descriptor is -1.
    pub(crate) const fn none() -> Self {
        Self {
            object: None,
            fd: -1,
        }
    }

    /// Takes `object`, whose descriptor is `fd`. What was held before is dropped.
    pub(crate) fn put(&mut self, object: T, fd: i32) {
        self.clear();
        (self.object, self.fd) = (Some(object), fd);
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.object.as_ref()
    }

    /// The descriptor's number, also after a defect: then it stays open, so that the number is nobody
    /// else's.
    pub(crate) fn fd(&self) -> i32 {
        self.fd
    }

    /// Runs `work` on the object. After a defect it is given up: it says its `last_words`, so that
    /// others hear of it, and is leaked, as dropping what a panic left behind may panic again.
    pub(crate) fn run(
        &mut self,
        work: impl FnOnce(&mut T) -> IoOutcome,
        last_words: impl FnOnce(&mut T),
    ) -> IoOutcome {
        let Some(object) = self.object.as_mut() else {
            return unconnected();
        };
        let outcome = guard::outcome(|| work(object));
        if outcome.kind == IoKind::Internal
            && let Some(mut broken) = self.object.take().map(std::mem::ManuallyDrop::new)
        {
            guard::value((), || last_words(&mut broken));
        }
        outcome
    }

    fn clear(&mut self) {
        let object = self.object.take();
        guard::value((), || drop(object));
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken;

    impl Drop for Broken {
        fn drop(&mut self) {
            panic!("a defect in a destructor");
        }
    }

    fn broken() -> Held<Broken> {
        let mut held = Held::none();
        held.put(Broken, 7);
        held
    }

    #[test]
    fn a_panic_while_it_is_dropped_stays_inside() {
        drop(broken());
        let mut held = broken();
        held.put(Broken, 8);
        assert_eq!((held.get().is_some(), held.fd()), (true, 8));
    }

    #[test]
    fn after_a_panic_only_the_number_is_left() {
        let mut held = broken();
        let mut said = false;
        let panics = |_: &mut Broken| panic!("a defect");
        let outcome = held.run(panics, |_| {
            said = true;
            panic!("another one");
        });
        assert_eq!(outcome.kind, IoKind::Internal);
        assert!(said && held.get().is_none());
        assert_eq!(held.fd(), 7, "pollers find it by this number");
        let again = held.run(|_| IoOutcome::done(1), |_| ());
        assert_eq!(again.kind, IoKind::Disconnected);
    }

    #[test]
    fn what_fails_in_order_is_kept() {
        let mut held = Held::none();
        held.put((), 7);
        let fails = |_: &mut ()| IoOutcome::failed(IoKind::TimedOut, "late");
        let outcome = held.run(fails, |_| panic!("not its end"));
        assert_eq!(outcome.kind, IoKind::TimedOut);
        assert!(held.get().is_some());
    }
}

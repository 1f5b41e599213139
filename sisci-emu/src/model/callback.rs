//! A callback of the program, and the promise that it doesn't run after its object is gone.

use crate::Result;
use crate::fabric::member::Member;
use crate::runtime::reactor::Reactor;
use crate::runtime::sync::lock;
use sisci_sys::sci_callback_action_t as Action;
use std::ffi::c_void;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A function of the program with its argument. Calls are serialised, on the callback thread.
pub struct Callback<F> {
    function: F,
    argument: Argument,
    state: Mutex<State>,
    idle: Condvar,
    thread: Arc<Reactor>,
}

/// The pointer that the program gets back.
#[derive(Clone, Copy)]
pub struct Argument(pub *mut c_void);

// SAFETY: the library only hands it back; that the program can use it on the library's thread is what
// the interface asks of a program that gives a callback.
unsafe impl Send for Argument {}
// SAFETY: as above.
unsafe impl Sync for Argument {}

struct State {
    armed: bool,
    running: bool,
}

impl<F: Copy> Callback<F> {
    /// A callback that is armed.
    ///
    /// # Errors
    /// `SYSTEM` if the callback thread can't be started.
    pub fn new(function: F, argument: *mut c_void, member: &Member) -> Result<Self> {
        Ok(Self {
            function,
            argument: Argument(argument),
            state: Mutex::new(State {
                armed: true,
                running: false,
            }),
            idle: Condvar::new(),
            thread: member.callbacks()?,
        })
    }

    /// The thread that it runs on.
    pub fn thread(&self) -> &Arc<Reactor> {
        &self.thread
    }

    /// Runs `call` with the function and its argument, if armed; on the callback thread only.
    pub fn run(&self, call: impl FnOnce(F, *mut c_void) -> Action) {
        let mut state = lock(&self.state);
        if !state.armed {
            return;
        }
        state.running = true;
        drop(state);
        let action = call(self.function, self.argument.0);
        let mut state = lock(&self.state);
        state.running = false;
        state.armed &= action != Action::SCI_CALLBACK_CANCEL;
        self.idle.notify_all();
    }

    /// True until the program or the end of the object has cancelled it.
    pub fn is_armed(&self) -> bool {
        lock(&self.state).armed
    }

    /// Lets it run no more. Waits for a run to end, except on the callback thread itself.
    pub fn cancel(&self) {
        let mut state = lock(&self.state);
        state.armed = false;
        while state.running && !self.thread.is_current() {
            state = self
                .idle
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

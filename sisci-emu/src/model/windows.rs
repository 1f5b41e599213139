//! The windows onto one connected segment, and what they show while the way to it is cut.

use crate::Result;
use crate::runtime::log::report;
use crate::runtime::memory::{Mapping, SharedMemory, from_errno};
use crate::runtime::sync::lock;
use crate::runtime::void::{self, Tick};
use rustix::io::Errno;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

/// Why windows are void; they come back when no reason is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// The link is down.
    Down = 1,
    /// The connection was lost with its node.
    Lost = 2,
    /// A fault lets stores vanish.
    Fault = 4,
}

/// All windows of a segment.
pub struct Windows {
    memory: Arc<SharedMemory>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Bits of [`Reason`].
    void: u8,
    next: u64,
    open: HashMap<u64, Weak<Mapping>>,
}

/// One open window. It has to be closed before its memory is given back: afterwards the address may
/// belong to others.
pub struct Window {
    all: Arc<Windows>,
    number: u64,
    mapping: Arc<Mapping>,
}

impl Windows {
    /// No windows yet onto this memory.
    pub fn new(memory: Arc<SharedMemory>) -> Arc<Self> {
        Arc::new(Self {
            memory,
            state: Mutex::default(),
        })
    }

    /// Opens a window; it is void from its first moment if the others are.
    ///
    /// # Errors
    /// Those of `map`; `SYSTEM` or `NOSPC` if it can't be made void.
    pub fn open(
        self: &Arc<Self>,
        map: impl FnOnce(&SharedMemory) -> Result<Mapping>,
    ) -> Result<Window> {
        let mut state = lock(&self.state);
        let mapping = Arc::new(map(&self.memory)?);
        if state.void != 0 {
            mapping.make_void().map_err(from_errno)?;
        }
        let number = state.next;
        state.next += 1;
        state.open.insert(number, Arc::downgrade(&mapping));
        let is_void = state.void != 0;
        drop(state);
        if is_void {
            self.keep_void();
        }
        Ok(Window {
            all: Arc::clone(self),
            number,
            mapping,
        })
    }

    /// Makes all windows void, for one more reason.
    pub fn hide(self: &Arc<Self>, reason: Reason) {
        let mut state = lock(&self.state);
        let before = state.void;
        state.void |= reason as u8;
        if before == 0 {
            state.each(Mapping::make_void);
        }
        let in_use = !state.open.is_empty();
        drop(state);
        if in_use {
            self.keep_void();
        }
    }

    /// Has them filled with ones again and again.
    fn keep_void(self: &Arc<Self>) {
        let this: Arc<dyn Tick> = Arc::clone(self) as _;
        void::tick(&this);
    }

    /// Takes a reason back; without one left the windows show the memory again.
    pub fn show(&self, reason: Reason) {
        let mut state = lock(&self.state);
        let before = state.void;
        state.void &= !(reason as u8);
        if before != 0 && state.void == 0 {
            state.each(|mapping| mapping.restore(&self.memory));
        }
    }
}

impl State {
    fn each(&self, change: impl Fn(&Mapping) -> std::result::Result<(), Errno>) {
        for mapping in self.open.values().filter_map(Weak::upgrade) {
            if let Err(errno) = change(&mapping) {
                report!(Error, "a window can't follow its link: {errno}");
            }
        }
    }
}

impl Tick for Windows {
    fn tick(&self) -> bool {
        let state = lock(&self.state);
        if state.void != 0 {
            state.each(|mapping| {
                mapping.refill_void();
                Ok(())
            });
        }
        state.void != 0 && !state.open.is_empty()
    }
}

impl Window {
    /// The memory that it shows.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Drops what was stored into it if it is void, so that the next load gives ones.
    pub fn refill(&self) {
        let state = lock(&self.all.state);
        if state.void != 0 {
            self.mapping.refill_void();
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // Whoever changes windows holds the lock meanwhile, and finds this one no more.
        lock(&self.all.state).open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::budget::Budget;
    use crate::runtime::memory::{Access, Where};

    fn first_byte(window: &Window) -> u8 {
        let mut byte = [0];
        window.mapping().load(0, &mut byte);
        byte[0]
    }

    #[test]
    fn windows_come_back_when_the_last_reason_goes() {
        let memory = Arc::new(SharedMemory::create("test", 100, &Budget::new(None)).unwrap());
        let windows = Windows::new(Arc::clone(&memory));
        let open = || {
            windows
                .open(|memory| memory.map(0, 100, Access::ReadWrite, Where::Anywhere))
                .unwrap()
        };
        let early = open();
        windows.hide(Reason::Fault);
        windows.hide(Reason::Down);
        let late = open();
        assert_eq!((first_byte(&early), first_byte(&late)), (255, 255));
        late.mapping().store(0, &[1]);
        late.refill();
        assert_eq!(first_byte(&late), 255);
        windows.show(Reason::Down);
        assert_eq!(first_byte(&late), 255);
        windows.show(Reason::Fault);
        assert_eq!((first_byte(&early), first_byte(&late)), (0, 0));
        early.mapping().store(0, &[9]);
        assert_eq!(first_byte(&late), 9);
        drop(early);
        windows.hide(Reason::Lost);
        assert_eq!(first_byte(&late), 255);
    }
}

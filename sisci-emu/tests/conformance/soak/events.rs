//! What callbacks tell the rest of the program, and what they do themselves.

use super::message;
use crate::sci::{Sci, call};
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_segment_cb_reason_t as Reason;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

/// Where the callbacks of one object leave what they saw. Stays for good, objects follow each other.
#[derive(Default)]
pub struct Events {
    /// Between the creation of the object and the return of its removal.
    alive: AtomicBool,
    /// Connections minus their ends, of a local segment.
    pub users: AtomicU32,
    /// A remote segment is disconnected or lost.
    pub ended: AtomicBool,
    calls: AtomicU32,
}

/// What the callbacks use; set once before the first is armed.
pub struct World {
    pub sci: &'static Sci,
    pub device: AtomicPtr<sci_desc>,
}

pub static WORLD: std::sync::OnceLock<World> = std::sync::OnceLock::new();

impl Events {
    pub fn new() -> &'static Self {
        Box::leak(Box::default())
    }

    /// Before an object is made.
    pub fn begin(&'static self) -> *mut c_void {
        self.users.store(0, Ordering::SeqCst);
        self.ended.store(false, Ordering::SeqCst);
        self.alive.store(true, Ordering::SeqCst);
        (&raw const *self).cast_mut().cast()
    }

    /// After it was removed: no callback may come any more.
    pub fn end(&self) {
        self.alive.store(false, Ordering::SeqCst);
    }

    /// What a callback got as its argument.
    ///
    /// # Safety
    /// It came from [`Events::begin`].
    unsafe fn of(argument: *mut c_void, object: &str) -> &'static Self {
        // SAFETY: the caller's promise; the values are never freed.
        let events = unsafe { &*argument.cast::<Self>() };
        if !events.alive.load(Ordering::SeqCst) {
            eprintln!("a callback of a removed {object}");
            std::process::abort();
        }
        events
    }

    /// Sometimes does what a callback may do: anything.
    fn work(&self) -> sci_callback_action_t {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        if calls % 16 == 3 {
            make_and_remove_a_segment();
        }
        sci_callback_action_t::SCI_CALLBACK_CONTINUE
    }
}

fn make_and_remove_a_segment() {
    let Some(world) = WORLD.get() else { return };
    let (sci, device) = (world.sci, world.device.load(Ordering::SeqCst));
    let flags = sci.constants().flag_auto_id;
    let made = sci.create_segment(device, 50_000, 4096, flags);
    let removed = made.and_then(|segment| {
        sci.prepare(segment)?;
        let (map, _) = sci.map_local(segment, 0, 64)?;
        sci.unmap(map)?;
        sci.remove_segment(segment, 0)
    });
    if let Err(code) = removed {
        eprintln!("a segment in a callback: {}", error_name(code));
        std::process::abort();
    }
    let mut node = 0;
    let ask = sci.functions().get_local_node_id;
    let _ = call!(error => ask(0, &mut node, 0, &mut error));
}

/// Counts the users of a local segment.
pub unsafe extern "C" fn on_local(
    argument: *mut c_void,
    _: sci_local_segment_t,
    reason: Reason,
    _: u32,
    _: u32,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: armed with `Events::begin`.
    let events = unsafe { Events::of(argument, "local segment") };
    match reason {
        Reason::SCI_CB_CONNECT => events.users.fetch_add(1, Ordering::SeqCst),
        Reason::SCI_CB_DISCONNECT | Reason::SCI_CB_LOST => {
            events.users.fetch_sub(1, Ordering::SeqCst)
        }
        _ => 0,
    };
    events.work()
}

/// Remembers the end of a remote segment.
pub unsafe extern "C" fn on_remote(
    argument: *mut c_void,
    _: sci_remote_segment_t,
    reason: Reason,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: armed with `Events::begin`.
    let events = unsafe { Events::of(argument, "remote segment") };
    if [Reason::SCI_CB_DISCONNECT, Reason::SCI_CB_LOST].contains(&reason) {
        events.ended.store(true, Ordering::SeqCst);
    }
    events.work()
}

pub unsafe extern "C" fn on_interrupt(
    argument: *mut c_void,
    _: sci_local_interrupt_t,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: armed with `Events::begin`.
    unsafe { Events::of(argument, "interrupt") }.work()
}

pub unsafe extern "C" fn on_message(
    argument: *mut c_void,
    _: sci_local_data_interrupt_t,
    data: *mut c_void,
    length: u32,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: the library lends the message for the call.
    let found = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length as usize) };
    if !message::is_whole(found) {
        eprintln!("a broken message: {found:?}");
        std::process::abort();
    }
    // SAFETY: armed with `Events::begin`.
    unsafe { Events::of(argument, "data interrupt") }.work()
}

pub unsafe extern "C" fn on_transfer(
    argument: *mut c_void,
    _: sci_dma_queue_t,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: armed with `Events::begin`.
    unsafe { Events::of(argument, "DMA queue") }.work()
}

/// A null handle, for calls that fill it.
pub fn unset<T>() -> *mut T {
    null_mut()
}

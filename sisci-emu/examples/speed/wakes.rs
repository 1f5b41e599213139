//! From a trigger to the callback, beside a bare wake-up by the kernel.

use crate::compare;
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use sisci::measure::client::{Client, Outcome};
use sisci::measure::spread::Spread;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3_000;

pub fn run(client: &Client) -> Outcome<()> {
    println!(
        "# from a trigger to the callback, in turn with a bare wake-up: µs; the ratio is time"
    );
    let (sender, seen) = channel();
    let sender: &'static Sender<Instant> = Box::leak(Box::new(sender));
    let plain = plain_interrupt(client, sender)?;
    let with_data = data_interrupt(client, sender)?;
    let sci = client.functions();
    let mut error = sci_error_t::SCI_ERR_OK;
    let mut message = [0u8; 16];
    // SAFETY: connected handles and a message that lives.
    let mut ring_plain = || unsafe { (sci.trigger_interrupt)(plain, 0, &mut error) };
    let plain = against_bare(&mut ring_plain, &seen);
    let data = message.as_mut_ptr().cast();
    // SAFETY: as above.
    let mut ring_data =
        || unsafe { (sci.trigger_data_interrupt)(with_data, data, 16, 0, &mut error) };
    let with_data = against_bare(&mut ring_data, &seen);
    for (name, (ours, bare)) in [("interrupt", plain), ("data interrupt of 16 B", with_data)] {
        compare(
            name,
            "us",
            ours,
            bare,
            ours.median / bare.median,
            "goal 1.3 at most",
        );
    }
    Ok(())
}

/// One of ours, one of the kernel's, and so on, after pauses in which everybody falls asleep.
fn against_bare(ring: &mut dyn FnMut(), seen: &Receiver<Instant>) -> (Spread, Spread) {
    let event = Arc::new(eventfd(0, EventfdFlags::empty()).expect("an eventfd"));
    let (sender, bare_seen) = channel();
    let waiting = Arc::clone(&event);
    let waiter = std::thread::spawn(move || {
        for _ in 0..ROUNDS {
            poll(&mut [PollFd::new(&*waiting, PollFlags::IN)], None).expect("poll");
            let now = Instant::now();
            rustix::io::read(&*waiting, &mut [0; 8]).expect("read");
            sender.send(now).expect("somebody waits");
        }
    });
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        std::thread::sleep(Duration::from_micros(60));
        let begun = Instant::now();
        ring();
        ours.push((seen.recv().expect("the callback runs") - begun).as_secs_f64() * 1e6);
        std::thread::sleep(Duration::from_micros(60));
        let begun = Instant::now();
        rustix::io::write(&*event, &1u64.to_ne_bytes()).expect("write");
        bare.push((bare_seen.recv().expect("the waiter runs") - begun).as_secs_f64() * 1e6);
    }
    waiter.join().expect("the waiter ends");
    (Spread::of(ours), Spread::of(bare))
}

fn plain_interrupt(
    client: &Client,
    sender: &'static Sender<Instant>,
) -> Outcome<sci_remote_interrupt_t> {
    unsafe extern "C" fn arrived(
        argument: *mut c_void,
        _: sci_local_interrupt_t,
        _: sci_error_t,
    ) -> sci_callback_action_t {
        tell(argument)
    }
    let (sci, flag) = (client.functions(), client.constants().flag_use_callback);
    let (mut local, mut remote, mut number) = (null_mut(), null_mut(), 0);
    let argument = std::ptr::from_ref(sender).cast_mut().cast();
    let (device, node, mut error) = (client.device(), client.node()?, sci_error_t::SCI_ERR_OK);
    // SAFETY: live out pointers; the channel is never freed.
    unsafe {
        (sci.create_interrupt)(
            device,
            &mut local,
            0,
            &mut number,
            Some(arrived),
            argument,
            flag,
            &mut error,
        );
        (sci.connect_interrupt)(
            device,
            &mut remote,
            node,
            0,
            number,
            u32::MAX,
            0,
            &mut error,
        );
    }
    connected(remote, error)
}

fn data_interrupt(
    client: &Client,
    sender: &'static Sender<Instant>,
) -> Outcome<sci_remote_data_interrupt_t> {
    unsafe extern "C" fn arrived(
        argument: *mut c_void,
        _: sci_local_data_interrupt_t,
        _: *mut c_void,
        _: u32,
        _: sci_error_t,
    ) -> sci_callback_action_t {
        tell(argument)
    }
    let (sci, flag) = (client.functions(), client.constants().flag_use_callback);
    let (mut local, mut remote, mut number) = (null_mut(), null_mut(), 0);
    let argument = std::ptr::from_ref(sender).cast_mut().cast();
    let (device, node, mut error) = (client.device(), client.node()?, sci_error_t::SCI_ERR_OK);
    // SAFETY: live out pointers; the channel is never freed.
    unsafe {
        (sci.create_data_interrupt)(
            device,
            &mut local,
            0,
            &mut number,
            Some(arrived),
            argument,
            flag,
            &mut error,
        );
        (sci.connect_data_interrupt)(
            device,
            &mut remote,
            node,
            0,
            number,
            u32::MAX,
            0,
            &mut error,
        );
    }
    connected(remote, error)
}

fn connected<T>(handle: *mut T, error: sci_error_t) -> Outcome<*mut T> {
    match error {
        sci_error_t::SCI_ERR_OK => Ok(handle),
        other => Err(error_name(other).to_owned()),
    }
}

fn tell(argument: *mut c_void) -> sci_callback_action_t {
    let now = Instant::now();
    // SAFETY: what `run` gave, which is never freed.
    let sender = unsafe { &*argument.cast::<Sender<Instant>>() };
    sender.send(now).expect("somebody waits");
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

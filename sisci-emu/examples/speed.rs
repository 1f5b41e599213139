//! How long the emulator's calls take, beside what the kernel itself needs for a wake-up.
//!
//! `cargo run --release -p sisci-emu --example speed [LIBRARY]`

use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 2_000;
const SIZE: usize = 1 << 20;

fn main() {
    let program = std::env::current_exe().expect("this program has a path");
    let built = program
        .ancestors()
        .nth(2)
        .expect("it lies in examples/")
        .join("deps/libsisci.so");
    let library = std::env::args_os().nth(1).unwrap_or(built.into());
    let library = Library::open(library).expect("the library loads");
    let (sci, constants) = (library.functions(), library.constants());
    let mut error = sci_error_t::SCI_ERR_OK;
    let (mut device, mut segment, mut node) = (null_mut(), null_mut(), 0);
    // SAFETY: the calls follow the order of the interface, with live out pointers.
    unsafe {
        (sci.initialize)(0, &mut error);
        (sci.open)(&mut device, 0, &mut error);
        (sci.get_local_node_id)(0, &mut node, 0, &mut error);
        (sci.create_segment)(
            device,
            &mut segment,
            1,
            SIZE,
            None,
            null_mut(),
            0,
            &mut error,
        );
        (sci.prepare_segment)(segment, 0, 0, &mut error);
        (sci.set_segment_available)(segment, 0, 0, &mut error);
    }
    assert_eq!(error, sci_error_t::SCI_ERR_OK, "{}", error_name(error));
    println!("{}", library.path().display());
    report(
        "connect and map a segment",
        (0..ROUNDS).map(|_| connect(sci, device, node)).collect(),
    );
    report(
        "trigger to callback",
        messages(sci, constants, device, node),
    );
    report("eventfd write to poll (bare)", bare_wakes());
}

/// Connects, maps, and takes both back; the time of the first two.
fn connect(sci: &Functions, device: sci_desc_t, node: u32) -> Duration {
    let (mut remote, mut map, mut error) = (null_mut(), null_mut(), sci_error_t::SCI_ERR_OK);
    let begun = Instant::now();
    // SAFETY: live out pointers; the handles are used only after their call succeeded.
    unsafe {
        (sci.connect_segment)(
            device,
            &mut remote,
            node,
            1,
            0,
            None,
            null_mut(),
            u32::MAX,
            0,
            &mut error,
        );
        assert_eq!(error, sci_error_t::SCI_ERR_OK, "{}", error_name(error));
        (sci.map_remote_segment)(remote, &mut map, 0, SIZE, null_mut(), 0, &mut error);
        let taken = begun.elapsed();
        (sci.unmap_segment)(map, 0, &mut error);
        (sci.disconnect_segment)(remote, 0, &mut error);
        assert_eq!(error, sci_error_t::SCI_ERR_OK, "{}", error_name(error));
        taken
    }
}

unsafe extern "C" fn arrived(
    argument: *mut c_void,
    _: sci_local_data_interrupt_t,
    _: *mut c_void,
    _: u32,
    _: sci_error_t,
) -> sci_callback_action_t {
    let now = Instant::now();
    // SAFETY: `messages` keeps the channel alive as long as the interrupt.
    let channel = unsafe { &*argument.cast::<mpsc::Sender<Instant>>() };
    channel.send(now).expect("somebody waits");
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn messages(
    sci: &Functions,
    constants: &Constants,
    device: sci_desc_t,
    node: u32,
) -> Vec<Duration> {
    let (sender, receiver) = mpsc::channel::<Instant>();
    let argument = (&raw const sender).cast_mut().cast();
    let (mut local, mut remote, mut number) = (null_mut(), null_mut(), 0);
    let (mut error, flag) = (sci_error_t::SCI_ERR_OK, constants.flag_use_callback);
    // SAFETY: live out pointers; the channel outlives the interrupt, which is removed below.
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
    assert_eq!(error, sci_error_t::SCI_ERR_OK, "{}", error_name(error));
    let mut message = [0u8; 16];
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        let data = message.as_mut_ptr().cast();
        // SAFETY: the message is alive, the handle connected.
        unsafe { (sci.trigger_data_interrupt)(remote, data, 16, 0, &mut error) };
        let seen = receiver.recv().expect("the callback runs");
        std::thread::sleep(Duration::from_micros(50));
        seen - begun
    });
    let times = times.collect();
    // SAFETY: the handles are alive, and not used again.
    unsafe {
        (sci.disconnect_data_interrupt)(remote, 0, &mut error);
        (sci.remove_data_interrupt)(local, 0, &mut error);
    }
    times
}

/// The same between two threads with nothing but the kernel.
fn bare_wakes() -> Vec<Duration> {
    use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
    let event = std::sync::Arc::new(eventfd(0, EventfdFlags::empty()).expect("an eventfd"));
    let (sender, receiver) = mpsc::channel::<Instant>();
    let waiting = std::sync::Arc::clone(&event);
    let waiter = std::thread::spawn(move || {
        for _ in 0..ROUNDS {
            poll(&mut [PollFd::new(&*waiting, PollFlags::IN)], None).expect("poll");
            let now = Instant::now();
            rustix::io::read(&*waiting, &mut [0; 8]).expect("read");
            sender.send(now).expect("somebody waits");
        }
    });
    let times = (0..ROUNDS).map(|_| {
        std::thread::sleep(Duration::from_micros(50));
        let begun = Instant::now();
        rustix::io::write(&*event, &1u64.to_ne_bytes()).expect("write");
        receiver.recv().expect("the waiter runs") - begun
    });
    let times = times.collect();
    waiter.join().expect("the waiter ends");
    times
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_nanos() as f64 / 1e3;
    println!(
        "{what:30} median {:8.1} us   99 % {:8.1} us",
        at(50),
        at(99)
    );
}

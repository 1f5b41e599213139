//! DMA queues.

use crate::sci::{ADAPTER, Answer, Sci, call, eventually, load, store, while_busy};
use crate::{Case, Needs};
use sisci_sys::sci_dma_queue_state_t as Status;
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};

pub const CASES: &[Case] = &[
    Case {
        name: "dma_needs_no_map",
        needs: Needs::OneNode,
        body: no_map,
    },
    Case {
        name: "dma_queue_that_is_removed_calls_back_no_more",
        needs: Needs::OneNode,
        body: no_late_callback,
    },
    Case {
        name: "dma_writes_and_reads",
        needs: Needs::OneNode,
        body: both_ways,
    },
    Case {
        name: "dma_waits_inside_the_call",
        needs: Needs::OneNode,
        body: blocking,
    },
    Case {
        name: "dma_calls_back",
        needs: Needs::OneNode,
        body: calls_back,
    },
    Case {
        name: "dma_arguments_are_checked",
        needs: Needs::OneNode,
        body: arguments,
    },
    Case {
        name: "dma_one_transfer_at_a_time",
        needs: Needs::Emulator,
        body: one_at_a_time,
    },
    Case {
        name: "dma_can_be_aborted",
        needs: Needs::Emulator,
        body: abort,
    },
];

const SIZE: usize = 1 << 20;
const BIG: usize = 64 << 20;

/// A source, a target on the own node, and a queue.
struct Bench<'a> {
    sci: &'a Sci,
    device: sci_desc_t,
    source: sci_local_segment_t,
    target: sci_local_segment_t,
    remote: sci_remote_segment_t,
    queue: sci_dma_queue_t,
    near: (sci_map_t, *mut u8),
    far: (sci_map_t, *mut u8),
}

impl<'a> Bench<'a> {
    fn open(sci: &'a Sci, size: usize) -> Self {
        let device = sci.open().unwrap();
        let source = sci.create_segment(device, 100, size, 0).unwrap();
        sci.prepare(source).unwrap();
        let target = sci.offer(device, 101, size);
        let remote = sci.connect(device, sci.local_node(), 101).unwrap();
        let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
        call!(error => create(device, &mut queue, ADAPTER, 1, 0, &mut error)).unwrap();
        let near = sci.map_local(source, 0, size).unwrap();
        let far = sci.map_local(target, 0, size).unwrap();
        Self {
            sci,
            device,
            source,
            target,
            remote,
            queue,
            near,
            far,
        }
    }

    fn start(&self, span: (usize, usize, usize), flags: u32) -> Answer<()> {
        self.start_with(span, flags, None, null_mut())
    }

    /// Local offset, size, remote offset.
    fn start_with(
        &self,
        (local, size, remote): (usize, usize, usize),
        flags: u32,
        callback: sci_cb_dma_t,
        argument: *mut c_void,
    ) -> Answer<()> {
        let start = self.sci.functions().start_dma_transfer;
        let flags = flags | self.sci.constants().flag_dma_global;
        call!(error => start(
            self.queue, self.source, self.remote, local, size, remote, callback, argument, flags,
            &mut error
        ))
    }

    fn state(&self) -> Status {
        // SAFETY: the library checks the handle.
        unsafe { (self.sci.functions().dma_queue_state)(self.queue) }
    }

    fn wait(&self) -> Answer<Status> {
        let wait = self.sci.functions().wait_for_dma_queue;
        call!(error => wait(self.queue, 20_000, 0, &mut error))
    }

    fn close(self) {
        let remove = self.sci.functions().remove_dma_queue;
        call!(error => remove(self.queue, 0, &mut error)).unwrap();
        self.sci.unmap(self.near.0).unwrap();
        self.sci.unmap(self.far.0).unwrap();
        self.sci.disconnect(self.remote).unwrap();
        while_busy(|| self.sci.remove_segment(self.target, 0)).unwrap();
        while_busy(|| self.sci.remove_segment(self.source, 0)).unwrap();
        self.sci.close(self.device).unwrap();
    }
}

fn both_ways(sci: &Sci) {
    let bench = Bench::open(sci, SIZE);
    assert_eq!(bench.state(), Status::SCI_DMAQUEUE_IDLE);
    (0..SIZE).for_each(|offset| store(bench.near.1, offset, (offset % 253) as u8));
    bench.start((4096, 65_536, 8192), 0).unwrap();
    assert_eq!(bench.wait(), Ok(Status::SCI_DMAQUEUE_DONE));
    assert_eq!(bench.state(), Status::SCI_DMAQUEUE_DONE);
    let moved = |offset: usize| load(bench.far.1, 8192 + offset) == ((4096 + offset) % 253) as u8;
    assert!((0..65_536).all(moved));
    assert_eq!(
        (load(bench.far.1, 8191), load(bench.far.1, 8192 + 65_536)),
        (0, 0)
    );

    (0..SIZE).for_each(|offset| store(bench.far.1, offset, 9));
    bench
        .start((0, 4096, 0), sci.constants().flag_dma_read)
        .unwrap();
    assert_eq!(bench.wait(), Ok(Status::SCI_DMAQUEUE_DONE));
    assert!((0..4096).all(|offset| load(bench.near.1, offset) == 9));
    assert_ne!(load(bench.near.1, 4096), 9);
    bench.close();
}

fn blocking(sci: &Sci) {
    let bench = Bench::open(sci, SIZE);
    store(bench.near.1, SIZE - 1, 5);
    bench
        .start((0, SIZE, 0), sci.constants().flag_dma_wait)
        .unwrap();
    assert_eq!(load(bench.far.1, SIZE - 1), 5);
    assert_eq!(bench.state(), Status::SCI_DMAQUEUE_DONE);
    bench.close();
}

/// The codes of finished transfers, one more than the code.
unsafe extern "C" fn done(
    argument: *mut c_void,
    _: sci_dma_queue_t,
    status: Code,
) -> sci_callback_action_t {
    // SAFETY: `calls_back` keeps the value alive until the queue is removed.
    let seen = unsafe { &*argument.cast::<AtomicU32>() };
    assert_eq!(status, Code::SCI_ERR_OK);
    seen.fetch_add(1, Ordering::SeqCst);
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn calls_back(sci: &Sci) {
    let bench = Bench::open(sci, SIZE);
    let seen = AtomicU32::new(0);
    let argument = (&raw const seen).cast_mut().cast();
    let flag = sci.constants().flag_use_callback;
    for round in 1..=3 {
        bench
            .start_with((0, SIZE, 0), flag, Some(done), argument)
            .unwrap();
        eventually("the callback", || seen.load(Ordering::SeqCst) == round);
        bench.wait().unwrap();
    }
    bench.close();
}

fn arguments(sci: &Sci) {
    let bench = Bench::open(sci, SIZE);
    assert_eq!(
        bench.start((0, SIZE + 8, 0), 0),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    assert_eq!(
        bench.start((SIZE, 8, 0), 0),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    assert_eq!(
        bench.start((0, 8, usize::MAX - 7), 0),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    let (size, offset) = (
        bench.start((0, 13, 0), 0),
        bench.wait().and_then(|_| bench.start((1, 16, 0), 0)),
    );
    let _ = bench.wait();
    // An adapter that wants more says so when it is asked.
    let aligned = |answer: Answer<()>, code| answer == Ok(()) || answer == Err(code);
    assert!(aligned(size, Code::SCI_ERR_SIZE_ALIGNMENT), "{size:?}");
    assert!(
        aligned(offset, Code::SCI_ERR_OFFSET_ALIGNMENT),
        "{offset:?}"
    );
    bench.close();
}

/// Starts large transfers until `seen` says that one was met while it ran.
fn meet_running(bench: &Bench<'_>, mut seen: impl FnMut() -> bool) {
    for _ in 0..100 {
        bench.start((0, BIG, 0), 0).unwrap();
        if seen() {
            return;
        }
        bench.wait().unwrap();
    }
    panic!("no transfer of {BIG} bytes was met while it ran");
}

fn one_at_a_time(sci: &Sci) {
    let bench = Bench::open(sci, BIG);
    meet_running(&bench, || {
        let second = bench.start((0, 8, 0), 0);
        let removal = sci.remove_segment(bench.source, 0);
        assert_eq!(removal, Err(Code::SCI_ERR_BUSY), "it is mapped, too");
        second == Err(Code::SCI_ERR_ILLEGAL_OPERATION)
    });
    assert_eq!(bench.wait(), Ok(Status::SCI_DMAQUEUE_DONE));
    bench.close();
}

fn abort(sci: &Sci) {
    let bench = Bench::open(sci, BIG);
    let function = sci.functions().abort_dma_queue;
    let abort = || call!(error => function(bench.queue, 0, &mut error));
    assert_eq!(abort(), Err(Code::SCI_ERR_ILLEGAL_OPERATION));
    meet_running(&bench, || {
        abort() == Ok(()) && bench.state() == Status::SCI_DMAQUEUE_ABORTED
    });
    bench.start((0, 4096, 0), 0).unwrap();
    assert_eq!(bench.wait(), Ok(Status::SCI_DMAQUEUE_DONE));
    bench.close();
}

fn no_map(sci: &Sci) {
    let bench = Bench::open(sci, SIZE);
    store(bench.near.1, 0, 77);
    let (start, wait) = (
        sci.functions().start_dma_transfer,
        sci.constants().flag_dma_wait,
    );
    let started = call!(error => start(
        bench.queue, bench.source, bench.remote, 0, 4096, 0, None, null_mut(), wait, &mut error
    ));
    assert_eq!(started, Ok(()));
    assert_eq!(load(bench.far.1, 0), 77);
    bench.close();
}

/// Aborts the process if it runs after the end of its queue.
unsafe extern "C" fn guarded(
    argument: *mut c_void,
    _: sci_dma_queue_t,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: `no_late_callback` never frees the value.
    let removed = unsafe { &*argument.cast::<AtomicU32>() };
    if removed.load(Ordering::SeqCst) != 0 {
        eprintln!("a callback of a queue that is gone");
        std::process::abort();
    }
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

fn no_late_callback(sci: &Sci) {
    let mut bench = Bench::open(sci, SIZE);
    let functions = sci.functions();
    let flag = sci.constants().flag_use_callback;
    for _ in 0..200 {
        let removed: &AtomicU32 = Box::leak(Box::default());
        let argument = (&raw const *removed).cast_mut().cast();
        bench
            .start_with((0, 64, 0), flag, Some(guarded), argument)
            .unwrap();
        bench.wait().unwrap();
        let queue = bench.queue;
        call!(error => (functions.remove_dma_queue)(queue, 0, &mut error)).unwrap();
        removed.store(1, Ordering::SeqCst);
        let (device, queue) = (bench.device, &mut bench.queue);
        let create = functions.create_dma_queue;
        call!(error => create(device, queue, ADAPTER, 1, 0, &mut error)).unwrap();
    }
    bench.close();
}

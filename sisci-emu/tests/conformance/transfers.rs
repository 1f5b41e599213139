//! Copies by the processor, sequences and order.

use crate::sci::{Answer, Sci, call, load, store, while_busy};
use crate::{Case, Needs};
use sisci_sys::sci_error_t as Code;
use sisci_sys::sci_sequence_status_t as Status;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};

pub const CASES: &[Case] = &[
    Case {
        name: "sequence_life",
        needs: Needs::OneNode,
        body: life,
    },
    Case {
        name: "sequence_needs_a_remote_map",
        needs: Needs::OneNode,
        body: remote_only,
    },
    Case {
        name: "memcpy_copies_both_ways",
        needs: Needs::OneNode,
        body: copies,
    },
    Case {
        name: "memcpy_ranges_are_checked",
        needs: Needs::OneNode,
        body: ranges,
    },
    Case {
        name: "flush_and_barrier_order_stores",
        needs: Needs::OneNode,
        body: order,
    },
];

const SIZE: usize = 64 << 10;

/// A segment of the own node, seen from both sides.
struct Window<'a> {
    sci: &'a Sci,
    device: sci_desc_t,
    local: sci_local_segment_t,
    remote: sci_remote_segment_t,
    near: (sci_map_t, *mut u8),
    far: (sci_map_t, *mut u8),
}

impl<'a> Window<'a> {
    fn open(sci: &'a Sci) -> Self {
        let device = sci.open().unwrap();
        let local = sci.offer(device, 100, SIZE);
        let remote = sci.connect(device, sci.local_node(), 100).unwrap();
        let near = sci.map_local(local, 0, SIZE).unwrap();
        let far = sci.map_remote(remote, 0, SIZE).unwrap();
        Self {
            sci,
            device,
            local,
            remote,
            near,
            far,
        }
    }

    fn close(self) {
        self.sci.unmap(self.near.0).unwrap();
        self.sci.unmap(self.far.0).unwrap();
        self.sci.disconnect(self.remote).unwrap();
        while_busy(|| self.sci.remove_segment(self.local, 0)).unwrap();
        self.sci.close(self.device).unwrap();
    }

    fn sequence(&self, map: sci_map_t) -> Answer<sci_sequence_t> {
        let (mut sequence, create) = (null_mut(), self.sci.functions().create_map_sequence);
        call!(error => create(map, &mut sequence, 0, &mut error)).map(|()| sequence)
    }

    fn start(&self, sequence: sci_sequence_t) {
        let start = self.sci.functions().start_sequence;
        while call!(error => start(sequence, 0, &mut error)) != Ok(Status::SCI_SEQ_OK) {}
    }

    fn check(&self, sequence: sci_sequence_t) -> Answer<Status> {
        let check = self.sci.functions().check_sequence;
        call!(error => check(sequence, 0, &mut error))
    }

    fn remove(&self, sequence: sci_sequence_t) -> Answer<()> {
        let remove = self.sci.functions().remove_sequence;
        call!(error => remove(sequence, 0, &mut error))
    }

    fn copy(
        &self,
        sequence: sci_sequence_t,
        memory: *mut c_void,
        offset: usize,
        size: usize,
        flags: u32,
    ) -> Answer<()> {
        let copy = self.sci.functions().mem_cpy;
        call!(error => copy(sequence, memory, self.far.0, offset, size, flags, &mut error))
    }
}

fn life(sci: &Sci) {
    let window = Window::open(sci);
    let sequence = window.sequence(window.far.0).unwrap();
    window.start(sequence);
    store(window.far.1, 1, 2);
    assert_eq!(window.check(sequence), Ok(Status::SCI_SEQ_OK));
    assert_eq!(load(window.near.1, 1), 2);
    assert_eq!(sci.unmap(window.far.0), Err(Code::SCI_ERR_BUSY));
    window.remove(sequence).unwrap();
    window.close();
}

fn remote_only(sci: &Sci) {
    let window = Window::open(sci);
    assert!(window.sequence(window.near.0).is_err());
    window.close();
}

fn copies(sci: &Sci) {
    let window = Window::open(sci);
    let sequence = window.sequence(window.far.0).unwrap();
    window.start(sequence);
    let (read, check) = (
        sci.constants().flag_block_read,
        sci.constants().flag_error_check,
    );
    let mut bytes: Vec<u8> = (0..4096).map(|value| (value % 251) as u8).collect();
    window
        .copy(null_mut(), bytes.as_mut_ptr().cast(), 64, bytes.len(), 0)
        .unwrap();
    window
        .copy(
            sequence,
            bytes.as_mut_ptr().cast(),
            8192,
            bytes.len(),
            check,
        )
        .unwrap();
    sci.flush();
    for (index, byte) in bytes.iter().enumerate() {
        assert_eq!(
            (
                load(window.near.1, 64 + index),
                load(window.near.1, 8192 + index)
            ),
            (*byte, *byte)
        );
    }
    let mut back = vec![0u8; bytes.len()];
    window
        .copy(null_mut(), back.as_mut_ptr().cast(), 64, back.len(), read)
        .unwrap();
    assert_eq!(back, bytes);
    window.remove(sequence).unwrap();
    window.close();
}

fn ranges(sci: &Sci) {
    let window = Window::open(sci);
    let mut bytes = [0u8; 64];
    let memory = bytes.as_mut_ptr().cast();
    let beyond = window.copy(null_mut(), memory, SIZE - 32, 64, 0);
    assert_eq!(beyond, Err(Code::SCI_ERR_OUT_OF_RANGE));
    let beyond = window.copy(null_mut(), memory, usize::MAX - 7, 64, 0);
    assert_eq!(beyond, Err(Code::SCI_ERR_OUT_OF_RANGE));
    let unknown = window.copy(null_mut(), memory, 0, 64, 1 << 31);
    assert_eq!(unknown, Err(Code::SCI_ERR_ILLEGAL_FLAG));
    window.close();
}

/// A reader that sees the number of a round sees all that was stored before it.
fn order(sci: &Sci) {
    const ROUNDS: u32 = 20_000;
    let window = Window::open(sci);
    let (flag_near, payload_near) = (word(window.near.1, 0), word(window.near.1, 4096));
    let reader = std::thread::spawn(move || {
        let mut last = 0;
        while last < ROUNDS {
            last = flag_near.load(Ordering::Acquire);
            let payload = payload_near.load(Ordering::Relaxed);
            assert!(
                payload >= last,
                "the flag {last} overtook the payload {payload}"
            );
        }
    });
    let (flag, payload) = (word(window.far.1, 0), word(window.far.1, 4096));
    for round in 1..=ROUNDS {
        payload.store(round, Ordering::Relaxed);
        if round % 2 == 0 {
            sci.flush();
        } else {
            // SAFETY: a null sequence is taken like any other.
            unsafe { (sci.functions().store_barrier)(null_mut(), 0) };
        }
        flag.store(round, Ordering::Relaxed);
    }
    sci.flush();
    reader.join().unwrap();
    window.close();
}

/// The word at `offset`, a multiple of 4, of a map that stays until the end of the case.
fn word(map: *mut u8, offset: usize) -> &'static AtomicU32 {
    let word: *mut u32 = map.wrapping_add(offset).cast::<c_void>().cast();
    assert!(word.is_aligned());
    // SAFETY: inside the map, aligned, and alive while the case uses it; all use it as an atomic.
    unsafe { AtomicU32::from_ptr(word) }
}

//! The ways to start a DMA transfer besides one range of a segment: memory of the program, vectors,
//! lists that are gathered, channels.

use crate::sci::{ADAPTER, Answer, Sci, call, load, store, while_busy};
use crate::{Case, Needs};
use sisci_sys::sci_dma_queue_state_t as Status;
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "dma_takes_memory_of_the_program",
        needs: Needs::Emulator,
        body: memory,
    },
    Case {
        name: "dma_vectors_are_carried_out_in_order",
        needs: Needs::OneNode,
        body: vectors,
    },
    Case {
        name: "dma_lists_are_gathered_and_posted",
        needs: Needs::Emulator,
        body: gathered,
    },
    Case {
        name: "dma_channels_are_reserved",
        needs: Needs::Emulator,
        body: channels,
    },
];

const SIZE: usize = 64 << 10;

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
    fn open(sci: &'a Sci, entries: u32) -> Self {
        let device = sci.open().unwrap();
        let source = sci.create_segment(device, 100, SIZE, 0).unwrap();
        sci.prepare(source).unwrap();
        let target = sci.offer(device, 101, SIZE);
        let remote = sci.connect(device, sci.local_node(), 101).unwrap();
        let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
        call!(error => create(device, &mut queue, ADAPTER, entries, 0, &mut error)).unwrap();
        let near = sci.map_local(source, 0, SIZE).unwrap();
        let far = sci.map_local(target, 0, SIZE).unwrap();
        for index in 0..SIZE {
            store(near.1, index, (index % 251) as u8);
        }
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

    fn flags(&self) -> u32 {
        self.sci.constants().flag_dma_global | self.sci.constants().flag_dma_wait
    }

    fn vector(&self, vector: &mut [dis_dma_vec_t], flags: u32) -> Answer<()> {
        let start = self
            .sci
            .functions()
            .start_dma_transfer_vec
            .expect("SCIStartDmaTransferVec");
        let (length, first) = (vector.len(), vector.as_mut_ptr());
        call!(error => start(
            self.queue, self.source, self.remote, length, first, None, null_mut(), flags,
            &mut error
        ))
    }

    fn state(&self) -> Status {
        // SAFETY: any handle is allowed.
        unsafe { (self.sci.functions().dma_queue_state)(self.queue) }
    }

    fn close(self) {
        let sci = self.sci;
        let remove = sci.functions().remove_dma_queue;
        call!(error => remove(self.queue, 0, &mut error)).unwrap();
        sci.unmap(self.near.0).unwrap();
        sci.unmap(self.far.0).unwrap();
        sci.disconnect(self.remote).unwrap();
        for segment in [self.source, self.target] {
            while_busy(|| sci.remove_segment(segment, 0)).unwrap();
        }
        sci.close(self.device).unwrap();
    }
}

fn element(local: usize, remote: usize, size: usize) -> dis_dma_vec_t {
    dis_dma_vec_t {
        size: size as u32,
        local_offset: local as u32,
        remote_offset: remote as u32,
        flags: 0,
    }
}

fn memory(sci: &Sci) {
    let bench = Bench::open(sci, 1);
    let start = sci.functions().start_dma_transfer_mem.unwrap();
    let start = |memory: *mut c_void, size, offset, flags| {
        call!(error => start(
            bench.queue, memory, bench.remote, size, offset, None, null_mut(), flags, &mut error
        ))
    };
    let mut words = vec![0x0102_0304_0506_0708u64; 512];
    let (address, size) = (words.as_mut_ptr().cast::<c_void>(), 4096);
    start(address, size, 8192, bench.flags()).unwrap();
    assert_eq!(
        (load(bench.far.1, 8192), load(bench.far.1, 8192 + 4095)),
        (8, 1)
    );
    store(bench.far.1, 0, 99);
    let read = bench.flags() | sci.constants().flag_dma_read;
    start(address, size, 0, read).unwrap();
    assert_eq!(words[0].to_ne_bytes()[0], 99);
    let refused = Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
    assert_eq!(start(null_mut(), size, 0, bench.flags()), refused);
    let nowhere = std::ptr::without_provenance_mut(1 << 46);
    assert_eq!(start(nowhere, size, 0, bench.flags()), refused);
    let range = start(address, SIZE + 8, 0, bench.flags());
    assert_eq!(range, Err(Code::SCI_ERR_OUT_OF_RANGE));
    let odd = address.wrapping_byte_add(1);
    start(odd, 7, 3, bench.flags()).expect("any byte will do");
    // Code can be read, not written: the engine finds out.
    let code = std::ptr::without_provenance_mut(memory as fn(&Sci) as usize & !4095);
    assert_eq!(start(code, 64, 0, read), Err(Code::SCI_ERR_TRANSFER_FAILED));
    assert_eq!(bench.state(), Status::SCI_DMAQUEUE_ERROR);
    start(code, 64, 0, bench.flags()).expect("it can be sent");
    bench.close();
}

fn vectors(sci: &Sci) {
    let bench = Bench::open(sci, 1);
    // The last one writes over a part of the first.
    let mut vector = [
        element(0, 0, 4096),
        element(8192, 16384, 64),
        element(8, 1024, 8),
    ];
    bench.vector(&mut vector, bench.flags()).unwrap();
    let expected = |offset: usize| (offset % 251) as u8;
    assert_eq!(load(bench.far.1, 100), expected(100));
    assert_eq!(load(bench.far.1, 16384 + 63), expected(8192 + 63));
    assert_eq!(
        (load(bench.far.1, 1024), load(bench.far.1, 1032)),
        (8, expected(1032))
    );
    let max = DIS_DMA_MAX_VECLEN as usize;
    let many = |count: usize| -> Vec<_> { (0..count).map(|i| element(i * 8, i * 8, 8)).collect() };
    bench
        .vector(&mut many(max), bench.flags())
        .expect("the longest");
    assert_eq!(
        bench.vector(&mut many(max + 1), bench.flags()),
        Err(Code::SCI_ERR_MAX_ENTRIES)
    );
    assert!(bench.vector(&mut [], bench.flags()).is_err());
    let mut beyond = [element(0, 0, 64), element(0, SIZE, 64)];
    assert_eq!(
        bench.vector(&mut beyond, bench.flags()),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    assert_ne!(
        bench.state(),
        Status::SCI_DMAQUEUE_POSTED,
        "nothing of a bad vector runs"
    );
    bench.close();
}

fn gathered(sci: &Sci) {
    let bench = Bench::open(sci, 2);
    let functions = sci.functions();
    let enqueue = functions.enqueue_dma_transfer.unwrap();
    let enqueue = |local, remote, size, flags| {
        call!(error => enqueue(
            bench.queue, bench.source, bench.remote, local, remote, size, flags, &mut error
        ))
    };
    let post = || {
        let post = functions.post_dma_queue.unwrap();
        call!(error => post(bench.queue, None, null_mut(), 0, &mut error))
    };
    let reset = || call!(error => (functions.reset_dma_queue.unwrap())(bench.queue, 0, &mut error));
    let wait = || {
        let wait = functions.wait_for_dma_queue;
        call!(error => wait(bench.queue, 20_000, 0, &mut error))
    };
    let wrong = Err(Code::SCI_ERR_ILLEGAL_OPERATION);
    assert_eq!(post(), wrong, "nothing was gathered");
    assert_eq!(enqueue(0, 4096, 64, 0), Ok(Status::SCI_DMAQUEUE_GATHER));
    assert_eq!(load(bench.far.1, 4097), 0, "not before it is posted");
    let one = bench.vector(&mut [element(0, 0, 8)], bench.flags());
    assert_eq!(one, wrong, "a list is being gathered");
    enqueue(64, 8192, 64, 0).unwrap();
    assert_eq!(enqueue(0, 0, 64, 0), Err(Code::SCI_ERR_MAX_ENTRIES));
    post().unwrap();
    assert_eq!(wait(), Ok(Status::SCI_DMAQUEUE_DONE));
    assert_eq!((load(bench.far.1, 4097), load(bench.far.1, 8192)), (1, 64));
    assert_eq!(enqueue(0, 0, 64, 0).map(drop), wrong, "not before a reset");
    reset().unwrap();
    assert_eq!(bench.state(), Status::SCI_DMAQUEUE_IDLE);
    let constants = sci.constants();
    let (posted, reset_too) = (
        constants.flag_dma_post.unwrap(),
        constants.flag_dma_reset.unwrap(),
    );
    let all = posted | constants.flag_dma_wait | reset_too;
    assert_eq!(enqueue(8, 256, 8, all), Ok(Status::SCI_DMAQUEUE_IDLE));
    assert_eq!(load(bench.far.1, 256), 8);
    assert_eq!(
        enqueue(8, 256, 8, reset_too),
        Err(Code::SCI_ERR_ILLEGAL_FLAG)
    );
    enqueue(8, 264, 8, 0).unwrap();
    reset().expect("what was gathered is forgotten");
    assert_eq!(post(), wrong);
    bench.close();
}

fn channels(sci: &Sci) {
    let bench = Bench::open(sci, 1);
    let functions = sci.functions();
    let shared = sci.constants().flag_dma_channel_shared.unwrap();
    let request = |kind, id, flags| {
        let (mut channel, request) = (null_mut(), functions.request_dma_channel.unwrap());
        call!(error => request(
            bench.device, &mut channel, ADAPTER, kind, id, flags, &mut error
        ))
        .map(|()| channel)
    };
    let give_back =
        |channel| call!(error => (functions.return_dma_channel.unwrap())(channel, &mut error));
    let kind = sci_dma_type_t::SCI_DMA_TYPE_DONTCARE;
    let any = u32::MAX;
    let first = request(kind, any, 0).unwrap();
    assert_eq!(request(kind, 0, 0), Err(Code::SCI_ERR_BUSY));
    assert_eq!(request(kind, 0, shared), Err(Code::SCI_ERR_BUSY));
    assert_eq!(request(kind, 99, 0), Err(Code::SCI_ERR_ILLEGAL_PARAMETER));
    assert_eq!(
        request(sci_dma_type_t(0), 1, 0),
        Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
    );
    let pair = [
        request(kind, 1, shared).unwrap(),
        request(kind, 1, shared).unwrap(),
    ];
    pair.iter().for_each(|channel| give_back(*channel).unwrap());

    let assign = functions.assign_dma_channel.unwrap();
    call!(error => assign(first, bench.queue, 0, &mut error)).unwrap();
    let prepare = functions.prepare_local_segment_for_dma.unwrap();
    call!(error => prepare(first, bench.source, 0, &mut error)).unwrap();
    bench
        .vector(&mut [element(0, 0, 8)], bench.flags())
        .unwrap();
    assert_eq!(give_back(first), Err(Code::SCI_ERR_BUSY), "a queue has it");
    let unprepare = functions.unprepare_local_segment_for_dma.unwrap();
    let unprepare = || call!(error => unprepare(first, bench.source, 0, &mut error));
    unprepare().unwrap();
    assert_eq!(unprepare(), Err(Code::SCI_ERR_ILLEGAL_OPERATION));
    bench.close_queue_first(|| give_back(first).unwrap());
}

impl Bench<'_> {
    /// Closes everything; `between` runs as soon as the queue is gone.
    fn close_queue_first(self, between: impl FnOnce()) {
        let sci = self.sci;
        let remove = sci.functions().remove_dma_queue;
        call!(error => remove(self.queue, 0, &mut error)).unwrap();
        between();
        let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
        call!(error => create(self.device, &mut queue, ADAPTER, 1, 0, &mut error)).unwrap();
        Self { queue, ..self }.close();
    }
}

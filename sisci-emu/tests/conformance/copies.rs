//! Copies by the library besides SCIMemCpy, and what maps can be told to be.

use crate::sci::{Answer, Sci, call, eventually, load, store};
use crate::{Case, Needs};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};

pub const CASES: &[Case] = &[
    Case {
        name: "copies_to_an_address_and_to_two_maps",
        needs: Needs::Emulator,
        body: copies,
    },
    Case {
        name: "copies_from_map_to_map",
        needs: Needs::Emulator,
        body: blocks,
    },
    Case {
        name: "maps_go_where_they_are_told_to",
        needs: Needs::Emulator,
        body: fixed,
    },
    Case {
        name: "map_flags_are_answered",
        needs: Needs::Emulator,
        body: flags,
    },
];

const SIZE: usize = 256 << 10;

struct Maps<'a> {
    sci: &'a Sci,
    segment: sci_local_segment_t,
    remote: sci_remote_segment_t,
    near: (sci_map_t, *mut u8),
    far: (sci_map_t, *mut u8),
}

impl<'a> Maps<'a> {
    fn open(sci: &'a Sci) -> Self {
        let device = sci.open().unwrap();
        let segment = sci.offer(device, 100, SIZE);
        let remote = sci.connect(device, sci.local_node(), 100).unwrap();
        Self {
            sci,
            segment,
            remote,
            near: sci.map_local(segment, 0, SIZE).unwrap(),
            far: sci.map_remote(remote, 4096, SIZE - 4096).unwrap(),
        }
    }

    fn map(&self, offset: usize, address: *mut c_void, flags: u32) -> Answer<*mut u8> {
        let (mut map, function) = (null_mut(), self.sci.functions().map_remote_segment);
        call!(error => function(
            self.remote, &mut map, offset, 4096, address, flags, &mut error
        ))
        .map(|address| address.cast())
    }
}

fn copies(sci: &Sci) {
    let maps = Maps::open(sci);
    let functions = sci.functions();
    let mut bytes: Vec<u8> = (0..1000).map(|value| (value % 251) as u8).collect();
    let memory: *mut c_void = bytes.as_mut_ptr().cast();
    let write = |to: *mut u8, size| {
        let write = functions.mem_write.unwrap();
        call!(error => write(memory, to.cast(), size, 0, &mut error))
    };
    write(maps.far.1.wrapping_add(8), 1000).unwrap();
    assert_eq!(load(maps.near.1, 4096 + 8 + 999), bytes[999]);
    let last = maps.far.1.wrapping_add(SIZE - 4096 - 10);
    write(last, 10).unwrap();
    assert_eq!(write(last, 11), Err(Code::SCI_ERR_OUT_OF_RANGE));
    assert_eq!(write(null_mut(), 8), Err(Code::SCI_ERR_ILLEGAL_ADDRESS));
    assert_eq!(
        write(memory.cast(), 8),
        Err(Code::SCI_ERR_ILLEGAL_ADDRESS),
        "no map"
    );
    assert_eq!(
        write(maps.near.1, 8),
        Err(Code::SCI_ERR_ILLEGAL_PARAMETER),
        "a local one"
    );

    let (second, _) = sci.map_remote(maps.remote, 128 << 10, 4096).unwrap();
    let dual = functions.mem_cpy_dual.unwrap();
    call!(error => dual(
        null_mut(), null_mut(), memory, maps.far.0, second, 64, 100, 0, &mut error
    ))
    .unwrap();
    let copied = (
        load(maps.near.1, 4096 + 64 + 99),
        load(maps.near.1, (128 << 10) + 64 + 99),
    );
    assert_eq!(copied, (99, 99));
    let copy = functions.mem_copy.unwrap();
    let check = sci.constants().flag_error_check;
    call!(error => copy(memory, maps.far.0, 2048, 5, check, &mut error)).unwrap();
    assert_eq!(load(maps.near.1, 4096 + 2048 + 4), 4);

    let sync = functions.cache_sync.unwrap();
    let sync = |map, address: *mut u8, length, flags| call!(error => sync(map, address.cast(), length, flags, &mut error));
    let flush = sci.constants().flag_cache_flush.unwrap();
    assert_eq!(sync(maps.near.0, maps.near.1, SIZE, flush), Ok(()));
    assert_eq!(sync(null_mut(), maps.near.1, SIZE, flush), Ok(()));
    let beyond = sync(maps.near.0, maps.near.1, SIZE + 1, flush);
    assert_eq!(beyond, Err(Code::SCI_ERR_OUT_OF_RANGE));
    assert_eq!(
        sync(null_mut(), maps.near.1, 8, 1),
        Err(Code::SCI_ERR_ILLEGAL_FLAG)
    );
}

static ENDED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn ended(_: *mut c_void, _: sci_block_transfer_t, status: Code) -> c_int {
    ENDED.store(1 + status.0, Ordering::Release);
    0
}

fn blocks(sci: &Sci) {
    let maps = Maps::open(sci);
    let functions = sci.functions();
    for index in 0..1000 {
        store(maps.near.1, index, (index % 251) as u8);
    }
    let copy = functions.transfer_block.unwrap();
    let copy = |from, from_offset, to, to_offset, size| call!(error => copy(from, from_offset, to, to_offset, size, 0, &mut error));
    copy(maps.near.0, 0, maps.far.0, 8192, 1000).unwrap();
    assert_eq!(load(maps.near.1, 4096 + 8192 + 999), (999 % 251) as u8);
    let refused = Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    assert_eq!(
        copy(maps.near.0, 0, maps.near.0, 8192, 8),
        refused,
        "both are local"
    );
    assert_eq!(copy(maps.near.0, 0, maps.far.0, 0, 0), refused);
    let beyond = copy(maps.near.0, 0, maps.far.0, 0, SIZE);
    assert_eq!(beyond, Err(Code::SCI_ERR_OUT_OF_RANGE));
    assert_eq!(copy(null_mut(), 0, maps.far.0, 0, 8), refused);

    let start = functions.transfer_block_async.unwrap();
    let mut block = null_mut();
    let called = sci.constants().flag_use_callback;
    call!(error => start(
        maps.far.0, 8192, maps.near.0, 0, 128 << 10, &mut block, Some(ended), null_mut(), called,
        &mut error
    ))
    .unwrap();
    let wait = || {
        let wait = functions.wait_for_block_transfer.unwrap();
        call!(error => wait(block, 20_000, 0, &mut error))
    };
    wait().unwrap();
    assert_eq!(wait(), refused, "the handle is stale");
    eventually("the callback", || ENDED.load(Ordering::Acquire) == 1);
    assert_eq!(load(maps.near.1, 999), (999 % 251) as u8);
}

fn fixed(sci: &Sci) {
    let maps = Maps::open(sci);
    let flag = sci.constants().flag_fixed_map_addr.unwrap();
    let rights = rustix::mm::ProtFlags::READ;
    // SAFETY: a fresh mapping disturbs nothing; it is taken away at once, so the place is free.
    let place = unsafe {
        let private = rustix::mm::MapFlags::PRIVATE;
        let place = rustix::mm::mmap_anonymous(null_mut(), 8192, rights, private).unwrap();
        rustix::mm::munmap(place, 8192).unwrap();
        place
    };
    let mapped = maps.map(4096, place, flag).unwrap();
    assert_eq!(mapped, place.cast());
    store(mapped, 3, 33);
    assert_eq!(load(maps.near.1, 4099), 33);
    let refused = Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
    assert_eq!(maps.map(0, place, flag), refused, "the place is taken");
    assert_eq!(load(mapped, 3), 33, "and what is there stays");
    assert_eq!(maps.map(0, null_mut(), flag), refused);
    assert_eq!(maps.map(0, place.wrapping_byte_add(1), flag), refused);
    let far_away = std::ptr::without_provenance_mut(usize::MAX & !4095);
    assert_eq!(maps.map(0, far_away, flag), refused);
    maps.map(0, place, 0)
        .expect("without the flag the address doesn't count");

    let pointer = sci.functions().get_map_pointer.unwrap();
    // SAFETY: any handle is allowed.
    let (known, unknown) = unsafe { (pointer(maps.far.0), pointer(null_mut())) };
    assert_eq!((known.cast(), unknown), (maps.far.1, null_mut()));
    let address = sci.functions().get_map_phys_addr.unwrap();
    // SAFETY: any handle is allowed.
    let addresses = unsafe {
        (
            address(maps.near.0),
            address(maps.far.0),
            address(null_mut()),
        )
    };
    assert!(
        addresses.0 != 0 && addresses.1 != 0 && addresses.2 == 0,
        "{addresses:?}"
    );
    assert!(!maps.segment.is_null());
}

fn flags(sci: &Sci) {
    let maps = Maps::open(sci);
    let constants = sci.constants();
    let map = |flag: Option<u32>| maps.map(0, null_mut(), flag.unwrap()).map(drop);
    for hint in [
        constants.flag_io_map_iospace,
        constants.flag_shared_map,
        constants.flag_write_back_cache_map,
        constants.flag_no_memory_loopback_map,
        constants.flag_read_prefetch_aggr_hold_map,
        constants.flag_read_prefetch_no_hold_map,
        constants.flag_writes_disable_gather_map,
        constants.flag_disable_128_bytes_packets,
    ] {
        assert_eq!(map(hint), Ok(()));
    }
    for special in [
        constants.flag_lock_operation,
        constants.flag_conditional_interrupt_map,
        constants.flag_unconditional_data_interrupt_map,
        constants.flag_dmove_map,
    ] {
        assert_eq!(map(special), Err(Code::SCI_ERR_FLAG_NOT_IMPLEMENTED));
    }
    assert_eq!(map(Some(1 << 30)), Err(Code::SCI_ERR_ILLEGAL_FLAG));
    let local = |map: sci_map_t| {
        let mut asked = sci_query_map_t {
            map,
            subcommand: constants.q_map_mapped_to_local_target.unwrap(),
            data: 99,
        };
        let (command, data) = (constants.q_map.unwrap(), &raw mut asked);
        call!(error => (sci.functions().query)(command, data.cast(), 0, &mut error)).unwrap();
        asked.data
    };
    let (mut around, function) = (null_mut(), sci.functions().map_remote_segment);
    let flag = constants.flag_no_memory_loopback_map.unwrap();
    call!(error => function(
        maps.remote, &mut around, 0, 4096, null_mut(), flag, &mut error
    ))
    .unwrap();
    assert_eq!((local(maps.far.0), local(around)), (1, 0));

    let mut wrong = sci_query_map_t {
        map: maps.far.0,
        subcommand: constants.q_map_ioaddr.unwrap(),
        data: 0,
    };
    let (command, data) = (constants.q_remote_segment.unwrap(), &raw mut wrong);
    let ask = || call!(error => (sci.functions().query)(command, data.cast(), 0, &mut error));
    assert_eq!(
        ask(),
        Err(Code::SCI_ERR_ILLEGAL_QUERY),
        "a map is no segment"
    );
    sci.terminate();
    // SAFETY: the library's threads have ended.
    unsafe { std::env::set_var("SISCI_EMU_TOLERATE", "map-query") };
    sci.initialize().unwrap();
    let maps = Maps::open(sci);
    wrong.map = maps.far.0;
    let data = &raw mut wrong;
    call!(error => (sci.functions().query)(command, data.cast(), 0, &mut error)).unwrap();
    assert_ne!(wrong.data, 0, "where it is tolerated");
}

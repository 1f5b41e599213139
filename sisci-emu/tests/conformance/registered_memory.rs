//! Segments without memory of their own: they get the program's, or what a bus address names.

use crate::sci::{Answer, Sci, call, load, store};
use crate::{Case, Needs};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "registered_memory_is_the_segment",
        needs: Needs::OneNode,
        body: registered,
    },
    Case {
        name: "registration_is_checked",
        needs: Needs::Emulator,
        body: checked,
    },
    Case {
        name: "registered_memory_may_be_freed_early",
        needs: Needs::Emulator,
        body: freed,
    },
    Case {
        name: "children_have_registered_memory_of_their_own",
        needs: Needs::Emulator,
        body: forked,
    },
    Case {
        name: "a_bus_address_leads_to_its_memory",
        needs: Needs::Emulator,
        body: physical,
    },
];

const SIZE: usize = 64 << 10;

/// Private pages of this process, which stay until [`free`].
fn pages(size: usize) -> *mut u8 {
    let rights = rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE;
    // SAFETY: a fresh mapping disturbs nothing.
    let pages = unsafe {
        rustix::mm::mmap_anonymous(null_mut(), size, rights, rustix::mm::MapFlags::PRIVATE)
    };
    pages.expect("memory").cast()
}

fn free(pages: *mut u8, size: usize) {
    // SAFETY: the cases free what `pages` gave them, and use it no more.
    unsafe { rustix::mm::munmap(pages.cast(), size) }.unwrap();
}

fn empty(sci: &Sci, device: sci_desc_t, id: u32, size: usize) -> sci_local_segment_t {
    let flag = sci.constants().flag_empty.expect("SCI_FLAG_EMPTY");
    sci.create_segment(device, id, size, flag).unwrap()
}

fn register(sci: &Sci, segment: sci_local_segment_t, address: *mut u8, size: usize) -> Answer<()> {
    let register = sci.functions().register_segment_memory;
    let register = register.expect("SCIRegisterSegmentMemory");
    let flags = sci.constants().flag_lock_user_mem.unwrap_or(0);
    call!(error => register(address.cast(), size, segment, flags, &mut error))
}

fn registered(sci: &Sci) {
    let device = sci.open().unwrap();
    let memory = pages(SIZE);
    store(memory, 5, 77);
    for round in 0..3 {
        let segment = empty(sci, device, 100, SIZE);
        register(sci, segment, memory, SIZE).unwrap();
        assert_eq!(load(memory, 5), 77, "the contents stay");
        sci.prepare(segment).unwrap();
        sci.set_available(segment).unwrap();
        let remote = sci.connect(device, sci.local_node(), 100).unwrap();
        let (map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
        assert_eq!(load(far, 5), 77);
        store(far, SIZE - 1, round);
        sci.flush();
        assert_eq!(load(memory, SIZE - 1), round);
        store(memory, 6, round + 1);
        assert_eq!(load(far, 6), round + 1);
        sci.unmap(map).unwrap();
        sci.disconnect(remote).unwrap();
        crate::sci::while_busy(|| sci.remove_segment(segment, 0)).unwrap();
        assert_eq!(
            (load(memory, 5), load(memory, 6), load(memory, SIZE - 1)),
            (77, round + 1, round),
            "they stay after the segment too"
        );
    }
    free(memory, SIZE);
}

fn checked(sci: &Sci) {
    let device = sci.open().unwrap();
    let memory = pages(2 * SIZE);
    let segment = empty(sci, device, 100, SIZE);
    let no_memory = Err(Code::SCI_ERR_ILLEGAL_OPERATION);
    assert_eq!(sci.prepare(segment), no_memory);
    assert_eq!(sci.map_local(segment, 0, SIZE).map(drop), no_memory);
    let try_register = |address, size| register(sci, segment, address, size);
    assert_eq!(
        try_register(memory, 2 * SIZE),
        Err(Code::SCI_ERR_OUT_OF_RANGE)
    );
    assert_eq!(
        try_register(memory, 0),
        Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
    );
    let refused = Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
    assert_eq!(try_register(null_mut(), SIZE), refused);
    assert_eq!(
        try_register(memory.wrapping_add(64), SIZE),
        refused,
        "inside of a page"
    );
    let mut local = [0u8; 8192];
    let on_stack = local
        .as_mut_ptr()
        .wrapping_add(4096)
        .map_addr(|address| address & !4095);
    assert_eq!(try_register(on_stack, 4096), refused, "the stack");
    let code = (checked as fn(&Sci) as usize & !4095) as *mut u8;
    assert_eq!(try_register(code, 4096), refused, "code");
    free(memory.wrapping_add(SIZE), SIZE);
    let last_page = memory.wrapping_add(SIZE - 4096);
    assert_eq!(
        try_register(last_page, 8192),
        refused,
        "half of it is not there"
    );
    try_register(memory, SIZE).unwrap();
    assert_eq!(
        try_register(memory, SIZE),
        no_memory,
        "it has memory already"
    );

    let own = sci.create_segment(device, 101, SIZE, 0).unwrap();
    assert_eq!(
        register(sci, own, memory, SIZE),
        no_memory,
        "not an empty one"
    );
    let part = empty(sci, device, 102, 8192);
    register(sci, part, memory.wrapping_add(4096), 8192).expect("a part of it once more");
    let (_, near) = sci.map_local(part, 0, 8192).unwrap();
    store(near, 0, 9);
    assert_eq!(load(memory, 4096), 9);
}

/// The program unmaps a part, and something else comes there.
fn freed(sci: &Sci) {
    let device = sci.open().unwrap();
    let memory = pages(SIZE);
    let segment = empty(sci, device, 100, SIZE);
    register(sci, segment, memory, SIZE).unwrap();
    store(memory, 0, 1);
    free(memory.wrapping_add(8192), SIZE - 8192);
    let rights = rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE;
    let flags = rustix::mm::MapFlags::PRIVATE | rustix::mm::MapFlags::FIXED_NOREPLACE;
    let place = memory.wrapping_add(8192).cast();
    // SAFETY: nothing else is in that place, or the call fails.
    let other = unsafe { rustix::mm::mmap_anonymous(place, 4096, rights, flags) };
    let other = other.expect("the place is free").cast();
    store(other, 0, 42);
    sci.remove_segment(segment, 0).unwrap();
    assert_eq!((load(memory, 0), load(other, 0)), (1, 42));
    let inodes = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(!inodes.contains("sisci-registered"), "{inodes}");
}

fn forked(sci: &Sci) {
    let device = sci.open().unwrap();
    let memory = pages(SIZE);
    store(memory, 0, 1);
    let segment = empty(sci, device, 100, SIZE);
    register(sci, segment, memory, SIZE).unwrap();
    // SAFETY: the child only touches memory and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let seen = load(memory, 0);
        store(memory, 0, 2);
        // SAFETY: ends the child without the parent's exit handlers.
        unsafe { libc::_exit(i32::from(seen != 1)) }
    }
    let mut status = -1;
    // SAFETY: waits for the own child.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!((waited, status), (child, 0));
    assert_eq!(load(memory, 0), 1, "the child's store stays in the child");
    sci.remove_segment(segment, 0).unwrap();
}

fn bus_address(sci: &Sci, segment: sci_local_segment_t) -> u64 {
    let constants = sci.constants();
    let mut asked = sci_query_local_segment_t {
        segment,
        subcommand: constants.q_local_segment_ioaddr.unwrap(),
        data: sci_query_local_segment_t__bindgen_ty_1 { ioaddr: 0 },
    };
    let (command, data) = (constants.q_local_segment.unwrap(), &raw mut asked);
    call!(error => (sci.functions().query)(command, data.cast(), 0, &mut error)).unwrap();
    // SAFETY: the union has one field.
    unsafe { asked.data.ioaddr }
}

fn physical(sci: &Sci) {
    let device = sci.open().unwrap();
    let attach = sci.functions().attach_physical_memory.unwrap();
    let attach = |bus: u64, address: *mut c_void, size, segment, flags| call!(error => attach(bus, address, 0, size, segment, flags, &mut error));
    let owner = sci.create_segment(device, 100, SIZE, 0).unwrap();
    let (_, near) = sci.map_local(owner, 0, SIZE).unwrap();
    let bus = bus_address(sci, owner);
    let second = empty(sci, device, 101, 8192);
    assert_eq!(
        attach(bus + SIZE as u64 - 4096, null_mut(), 8192, second, 0),
        Err(Code::SCI_ERR_ILLEGAL_ADDRESS),
        "it ends earlier"
    );
    assert_eq!(
        attach(0x1234, null_mut(), 8192, second, 0),
        Err(Code::SCI_ERR_ILLEGAL_ADDRESS)
    );
    let gpu = sci.constants().flag_cuda_buffer.unwrap();
    assert_eq!(
        attach(0, near.cast(), 8192, second, gpu),
        Err(Code::SCI_ERR_HW_NOSPC)
    );
    attach(bus + 4096, null_mut(), 8192, second, 0).unwrap();
    sci.prepare(second).unwrap();
    sci.set_available(second).unwrap();
    let remote = sci.connect(device, sci.local_node(), 101).unwrap();
    let (_, far) = sci.map_remote(remote, 0, 8192).unwrap();
    store(far, 3, 55);
    assert_eq!(load(near, 4096 + 3), 55);

    let memory = pages(8192);
    let third = empty(sci, device, 102, 8192);
    attach(0, memory.cast(), 8192, third, 0).expect("an address of the program");
    let (_, mapped) = sci.map_local(third, 0, 8192).unwrap();
    store(mapped, 1, 66);
    assert_eq!(load(memory, 1), 66);
    assert_ne!(bus_address(sci, third), bus_address(sci, second));
}

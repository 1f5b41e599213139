//! Handles and arguments that are wrong.

use crate::sci::{ADAPTER, Sci, call, eventually};
use crate::{Case, Needs};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::c_void;
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicU32, Ordering};

pub const CASES: &[Case] = &[
    Case {
        name: "stale_handles_are_refused",
        needs: Needs::Emulator,
        body: stale,
    },
    Case {
        name: "null_and_foreign_handles_are_refused",
        needs: Needs::Emulator,
        body: bad,
    },
    Case {
        name: "null_pointers_are_refused",
        needs: Needs::Emulator,
        body: null_pointers,
    },
    Case {
        name: "flags_are_checked",
        needs: Needs::OneNode,
        body: flags,
    },
    Case {
        name: "adapters_are_checked",
        needs: Needs::OneNode,
        body: adapters,
    },
    Case {
        name: "queries_answer",
        needs: Needs::OneNode,
        body: queries,
    },
    Case {
        name: "error_strings",
        needs: Needs::OneNode,
        body: strings,
    },
    Case {
        name: "open_needs_initialize",
        needs: Needs::Emulator,
        body: uninitialised,
    },
    Case {
        name: "terminate_releases_everything",
        needs: Needs::Emulator,
        body: terminate,
    },
    Case {
        name: "terminate_waits_for_callbacks",
        needs: Needs::Emulator,
        body: terminate_in_callbacks,
    },
];

const SIZE: usize = 4096;
const REFUSED: Code = Code::SCI_ERR_ILLEGAL_PARAMETER;

fn stale(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    let (map, _) = sci.map_local(segment, 0, SIZE).unwrap();
    sci.unmap(map).unwrap();
    assert_eq!(sci.unmap(map), Err(REFUSED));
    sci.remove_segment(segment, 0).unwrap();
    assert_eq!(sci.remove_segment(segment, 0), Err(REFUSED));
    assert_eq!(sci.prepare(segment), Err(REFUSED));
    // The place in the table is used again, the old handle must not reach the new segment.
    let next = sci.create_segment(device, 100, SIZE, 0).unwrap();
    assert_eq!(sci.prepare(segment), Err(REFUSED));
    sci.remove_segment(next, 0).unwrap();
    sci.close(device).unwrap();
    assert_eq!(sci.close(device), Err(REFUSED));
    assert_eq!(sci.create_segment(device, 100, SIZE, 0), Err(REFUSED));
}

fn bad(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let functions = sci.functions();
    for bits in [0usize, 1, 0x1000, usize::MAX, 0x5200_0000_00FF_FFFF] {
        assert_eq!(
            sci.close(without_provenance_mut(bits)),
            Err(REFUSED),
            "{bits:#x}"
        );
        assert_eq!(
            sci.prepare(without_provenance_mut(bits)),
            Err(REFUSED),
            "{bits:#x}"
        );
        assert_eq!(
            sci.unmap(without_provenance_mut(bits)),
            Err(REFUSED),
            "{bits:#x}"
        );
        assert_eq!(
            sci.disconnect(without_provenance_mut(bits)),
            Err(REFUSED),
            "{bits:#x}"
        );
        assert_eq!(
            sci.send(without_provenance_mut(bits), b"x"),
            Err(REFUSED),
            "{bits:#x}"
        );
        let check = functions.check_sequence;
        let answer = call!(error => check(without_provenance_mut(bits), 0, &mut error));
        assert_eq!(answer, Err(REFUSED), "{bits:#x}");
        // SAFETY: this library checks every handle.
        unsafe {
            assert_eq!(
                (functions.get_local_segment_size)(without_provenance_mut(bits)),
                0
            );
            assert_eq!(
                (functions.get_remote_segment_id)(without_provenance_mut(bits)),
                0
            );
            (functions.flush)(without_provenance_mut(bits), 0);
            (functions.store_barrier)(without_provenance_mut(bits), 0);
        }
    }
    // A handle of another kind is as foreign as any number.
    assert_eq!(sci.close(segment.cast()), Err(REFUSED));
    assert_eq!(sci.disconnect(device.cast()), Err(REFUSED));
    sci.remove_segment(segment, 0).unwrap();
}

fn null_pointers(sci: &Sci) {
    let functions = sci.functions();
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    assert_eq!(
        call!(error => (functions.open)(null_mut(), 0, &mut error)),
        Err(REFUSED)
    );
    let create = functions.create_segment;
    let answer = call!(error => create(
        device, null_mut(), 101, SIZE, None, null_mut(), 0, &mut error
    ));
    assert_eq!(answer, Err(REFUSED));
    // A callback is asked for, and none given.
    let (mut handle, flag) = (null_mut(), sci.constants().flag_use_callback);
    let answer = call!(error => create(
        device, &mut handle, 101, SIZE, None, null_mut(), flag, &mut error
    ));
    assert_eq!(answer, Err(REFUSED));
    let query = functions.query;
    let answer = call!(error => query(sci.constants().q_api, null_mut(), 0, &mut error));
    assert_eq!(answer, Err(REFUSED));
    // SAFETY: this library takes a null error pointer.
    unsafe {
        (functions.prepare_segment)(segment, ADAPTER, 0, null_mut());
        (functions.prepare_segment)(null_mut(), ADAPTER, 0, null_mut());
    }
    sci.remove_segment(segment, 0).unwrap();
}

fn flags(sci: &Sci) {
    let device = sci.open().unwrap();
    let unknown = sci.create_segment(device, 100, SIZE, 1 << 31);
    assert_eq!(unknown, Err(Code::SCI_ERR_ILLEGAL_FLAG));
    let functions = sci.functions();
    let answer = call!(error => (functions.close)(device, 1 << 31, &mut error));
    assert_eq!(answer, Err(Code::SCI_ERR_ILLEGAL_FLAG));
    sci.close(device).unwrap();
}

fn adapters(sci: &Sci) {
    let mut node = 0;
    let ask = sci.functions().get_local_node_id;
    let absent = call!(error => ask(9, &mut node, 0, &mut error)).unwrap_err();
    let wrong = [
        Code::SCI_ERR_NO_SUCH_ADAPTERNO,
        Code::SCI_ERR_ILLEGAL_ADAPTERNO,
    ];
    assert!(wrong.contains(&absent));
    assert!(wrong.contains(&call!(error => ask(4711, &mut node, 0, &mut error)).unwrap_err()));
    let device = sci.open().unwrap();
    let probe = sci.functions().probe_node;
    let own = sci.local_node();
    let here = call!(error => probe(device, ADAPTER, own, 0, &mut error));
    assert_ne!(here, Ok(0));
    assert!(call!(error => probe(device, ADAPTER, 244, 0, &mut error)).is_err());
}

fn queries(sci: &Sci) {
    let (query, constants) = (sci.functions().query, sci.constants());
    let text = |command| {
        let mut buffer = [1u8; 64];
        let mut asked = sci_query_string_t {
            str_: buffer.as_mut_ptr().cast(),
            length: 64,
        };
        let data = (&raw mut asked).cast();
        call!(error => query(command, data, 0, &mut error)).unwrap();
        let end = buffer
            .iter()
            .position(|byte| *byte == 0)
            .expect("a closed text");
        String::from_utf8(buffer[..end].to_vec()).unwrap()
    };
    assert!(text(constants.q_api).contains("SISCI"));
    assert!(!text(constants.q_vendorid).is_empty());

    let adapter = |subcommand| {
        let mut value = u32::MAX;
        let data = (&raw mut value).cast();
        let mut asked = sci_query_adapter_t {
            localAdapterNo: ADAPTER,
            portNo: 0,
            subcommand,
            data,
        };
        let data = (&raw mut asked).cast();
        call!(error => query(constants.q_adapter, data, 0, &mut error)).map(|()| value)
    };
    assert_eq!(adapter(constants.q_adapter_nodeid), Ok(sci.local_node()));
    assert_eq!(adapter(constants.q_adapter_link_operational), Ok(1));
    assert!(
        adapter(constants.q_adapter_dma_size_alignment)
            .unwrap()
            .is_power_of_two()
    );
    assert_eq!(adapter(12_345), Err(Code::SCI_ERR_ILLEGAL_QUERY));
    let mut unused = [0u64; 4];
    let data = (&raw mut unused).cast();
    let unknown = call!(error => query(12_345, data, 0, &mut error));
    assert_eq!(unknown, Err(Code::SCI_ERR_ILLEGAL_QUERY));

    let (Some(dma), Some(capabilities)) = (constants.q_dma, constants.q_dma_capabilities) else {
        return;
    };
    // SAFETY: all fields are numbers.
    let mut found: sci_dma_capabilities_t = unsafe { std::mem::zeroed() };
    let mut asked = sci_query_dma_t {
        localAdapterNo: ADAPTER,
        subcommand: capabilities,
        data: (&raw mut found).cast(),
    };
    let (data, flags) = ((&raw mut asked).cast(), constants.flag_dma_adapter);
    call!(error => query(dma, data, flags, &mut error)).unwrap();
    assert!(found.max_transfer_size > 0);
}

fn strings(sci: &Sci) {
    for code in [Code::SCI_ERR_OK, Code::SCI_ERR_BUSY, Code(77)] {
        // SAFETY: the answer is a static text.
        let text = unsafe {
            let text = (sci.functions().get_error_string)(code);
            std::ffi::CStr::from_ptr(text).to_str().unwrap()
        };
        assert!(!text.is_empty());
    }
}

fn uninitialised(sci: &Sci) {
    sci.terminate();
    assert_eq!(sci.open(), Err(Code::SCI_ERR_NOT_INITIALIZED));
    sci.initialize().unwrap();
    let device = sci.open().unwrap();
    sci.close(device).unwrap();
    // Two users of one process end independently.
    sci.initialize().unwrap();
    sci.terminate();
    sci.open().expect("one user is left");
    sci.terminate();
    assert_eq!(sci.open(), Err(Code::SCI_ERR_NOT_INITIALIZED));
}

fn terminate(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let remote = sci.connect(device, sci.local_node(), 100).unwrap();
    sci.map_remote(remote, 0, SIZE).unwrap();
    sci.create_data_interrupt(device, None, null_mut()).unwrap();
    sci.terminate();
    assert_eq!(sci.prepare(segment), Err(REFUSED));
    let node = format!("{}/node-4", std::env::var("SISCI_EMU_DIR").unwrap());
    let left: Vec<_> = std::fs::read_dir(node)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"]);
    let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
    assert_eq!(threads, 1, "the library's threads have ended");
    sci.initialize().unwrap();
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    sci.remove_segment(segment, 0).unwrap();
    sci.close(device).unwrap();
}

/// Aborts the process if it runs after the end of the library.
unsafe extern "C" fn slow(
    argument: *mut c_void,
    _: sci_local_interrupt_t,
    _: Code,
) -> sci_callback_action_t {
    // SAFETY: `terminate_in_callbacks` never frees the value.
    let calls = unsafe { &*argument.cast::<AtomicU32>() };
    if calls.fetch_add(1, Ordering::SeqCst) >= ENDED {
        eprintln!("a callback after the end of the library");
        std::process::abort();
    }
    std::thread::sleep(std::time::Duration::from_millis(3));
    if calls.load(Ordering::SeqCst) >= ENDED {
        eprintln!("a callback outlived the library");
        std::process::abort();
    }
    sci_callback_action_t::SCI_CALLBACK_CONTINUE
}

/// Added to the calls once the library has ended.
const ENDED: u32 = 1 << 30;

fn terminate_in_callbacks(sci: &Sci) {
    let functions = sci.functions();
    for _ in 0..20 {
        let device = sci.open().unwrap();
        let calls: &AtomicU32 = Box::leak(Box::default());
        let argument = (&raw const *calls).cast_mut().cast();
        let (mut bell, mut number) = (null_mut(), 0);
        let (callback, flag): (sci_cb_interrupt_t, _) =
            (Some(slow), sci.constants().flag_use_callback);
        call!(error => (functions.create_interrupt)(
            device, &mut bell, ADAPTER, &mut number, callback, argument, flag, &mut error
        ))
        .unwrap();
        let mut trigger = null_mut();
        call!(error => (functions.connect_interrupt)(
            device, &mut trigger, sci.local_node(), ADAPTER, number, 0, 0, &mut error
        ))
        .unwrap();
        eventually("the first callback", || {
            call!(error => (functions.trigger_interrupt)(trigger, 0, &mut error)).unwrap();
            calls.load(Ordering::SeqCst) > 0
        });
        sci.terminate();
        calls.fetch_add(ENDED, Ordering::SeqCst);
        sci.initialize().unwrap();
    }
}

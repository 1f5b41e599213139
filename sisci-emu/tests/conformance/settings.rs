//! What `fabric.toml` says: limits, access, timing.

use crate::peer::{Peer, Talk};
use crate::sci::{ADAPTER, Sci, call, load};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::time::{Duration, Instant};

pub const CASES: &[Case] = &[
    Case {
        name: "bad_settings_are_refused",
        needs: Needs::Emulator,
        body: bad_settings,
    },
    Case {
        name: "limits_of_a_node_are_shared_by_its_processes",
        needs: Needs::Emulator,
        body: shared_limits,
    },
    Case {
        name: "a_killed_process_holds_no_part_of_a_limit",
        needs: Needs::Emulator,
        body: killed,
    },
    Case {
        name: "the_window_of_an_adapter_is_limited",
        needs: Needs::Emulator,
        body: window,
    },
    Case {
        name: "interrupts_and_queues_are_limited",
        needs: Needs::Emulator,
        body: interrupts,
    },
    Case {
        name: "dma_limits_are_settings",
        needs: Needs::Emulator,
        body: dma,
    },
    Case {
        name: "files_are_for_those_whom_the_settings_let_in",
        needs: Needs::Emulator,
        body: access,
    },
    Case {
        name: "a_model_makes_calls_take_their_time",
        needs: Needs::Emulator,
        body: model,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "limited",
        body: limited,
    },
    Role {
        name: "offerer",
        body: offerer,
    },
];

fn folder() -> PathBuf {
    std::env::var("SISCI_EMU_DIR").unwrap().into()
}

/// Starts the library again with these settings, and opens a device.
fn with(sci: &Sci, settings: &str) -> sci_desc_t {
    sci.terminate();
    std::fs::write(folder().join("fabric.toml"), settings).unwrap();
    sci.initialize().expect("the settings are good");
    sci.open().unwrap()
}

fn bad_settings(sci: &Sci) {
    sci.terminate();
    for text in [
        "acces = \"user\"",
        "access = \"everybody\"",
        "adapter = 810",
        "model = \"warp\"",
        "model = \"/no/such/file.toml\"",
        "[limits]\nsegments = 0",
        "[limits]\nsegments = -1",
        "[limits]\nsegment = 1",
        "[limits]\nqueue_depth = 100000",
        "not TOML at all",
        "\u{0}",
    ] {
        std::fs::write(folder().join("fabric.toml"), text).unwrap();
        assert_eq!(sci.initialize(), Err(Code::SCI_ERR_SYSTEM), "{text}");
    }
    std::fs::write(folder().join("fabric.toml"), [0xFF, 0xFE]).unwrap();
    assert_eq!(sci.initialize(), Err(Code::SCI_ERR_SYSTEM));
    std::fs::write(folder().join("fabric.toml"), "").unwrap();
    sci.initialize().expect("an empty file is all defaults");
}

/// Creates as many segments as it can and stays.
fn limited(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let mut count = 0;
    let last = loop {
        match sci.create_segment(device, 1000 + count, 4096, 0) {
            Ok(_) => count += 1,
            Err(code) => break code,
        }
    };
    assert_eq!(last, Code::SCI_ERR_NOSPC);
    talk.say(count);
    talk.hear();
}

fn shared_limits(sci: &Sci) {
    let device = with(sci, "[limits]\nsegments = 3\n");
    let own = sci.create_segment(device, 1, 4096, 0).unwrap();
    let mut peer = Peer::start_on(4, "limited");
    assert_eq!(peer.talk.hear_number(), 2);
    assert_eq!(
        sci.create_segment(device, 2, 4096, 0),
        Err(Code::SCI_ERR_NOSPC)
    );
    let mut elsewhere = Peer::start_on(8, "limited");
    assert_eq!(elsewhere.talk.hear_number(), 3, "another node has its own");
    sci.remove_segment(own, 0).unwrap();
    sci.create_segment(device, 2, 4096, 0)
        .expect("there is room again");
}

fn killed(sci: &Sci) {
    let device = with(sci, "[limits]\nsegments = 3\n");
    for _ in 0..3 {
        let mut peer = Peer::start_on(4, "limited");
        assert_eq!(peer.talk.hear_number(), 3);
        peer.kill();
    }
    for id in 0..3 {
        sci.create_segment(device, id, 4096, 0).unwrap();
    }
    assert_eq!(
        sci.create_segment(device, 4, 4096, 0),
        Err(Code::SCI_ERR_NOSPC)
    );
}

/// Offers segments 0 and 1 of 1 MiB.
fn offerer(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    for id in 0..2 {
        let segment = sci.offer(device, id, 1 << 20);
        let (_, address) = sci.map_local(segment, 0, 1 << 20).unwrap();
        assert_eq!(load(address, 0), 0);
    }
    talk.say("offered");
    talk.hear();
}

fn window(sci: &Sci) {
    let device = with(sci, "[limits]\nwindow_mib = 1\nmaps = 2\n");
    let mut peer = Peer::start("offerer");
    peer.talk.expect("offered");
    let far = sci.connect(device, 8, 0).unwrap();
    let (half, _) = sci.map_remote(far, 0, 1 << 19).unwrap();
    let full = Err(Code::SCI_ERR_HW_NOSPC);
    assert_eq!(
        sci.map_remote(far, 0, (1 << 19) + 1).map(drop),
        full,
        "in whole pages"
    );
    let (rest, _) = sci.map_remote(far, 4096, 4096).unwrap();
    assert_eq!(
        sci.map_remote(far, 0, 1).map(drop),
        full,
        "two maps are all"
    );
    sci.unmap(half).unwrap();
    let (page, _) = sci.map_remote(far, 4095, 2).unwrap();
    sci.unmap(page).unwrap();
    sci.unmap(rest).unwrap();
    let (whole, _) = sci.map_remote(far, 0, 1 << 20).unwrap();
    sci.unmap(whole).unwrap();
    sci.disconnect(far).unwrap();
}

fn interrupts(sci: &Sci) {
    let device = with(
        sci,
        "[limits]\ninterrupts = 1\ndata_interrupts = 1\nqueue_depth = 2\nmessage_bytes = 10\ndma_queues = 1\n",
    );
    let create = || {
        let (mut handle, mut number) = (null_mut(), 0);
        let create = sci.functions().create_interrupt;
        call!(error => create(device, &mut handle, ADAPTER, &mut number, None, null_mut(), 0, &mut error))
            .map(|()| handle)
    };
    let interrupt = create().unwrap();
    assert_eq!(create(), Err(Code::SCI_ERR_HW_NOSPC));
    call!(error => (sci.functions().remove_interrupt)(interrupt, 0, &mut error)).unwrap();
    create().expect("there is room again");

    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let second = sci.create_data_interrupt(device, None, null_mut());
    assert_eq!(second.map(drop), Err(Code::SCI_ERR_HW_NOSPC));
    let remote = sci.connect_data_interrupt(device, 4, number).unwrap();
    assert_eq!(
        sci.send(remote, &[1; 11]),
        Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
    );
    for _ in 0..2 {
        sci.send(remote, &[1; 10]).unwrap();
    }
    assert_eq!(sci.send(remote, &[1]), Err(Code::SCI_ERR_NOSPC));
    assert_eq!(sci.receive(local, 1000).unwrap(), [1; 10]);
    sci.send(remote, &[2]).unwrap();

    let queue = || {
        let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
        call!(error => create(device, &mut queue, ADAPTER, 1, 0, &mut error)).map(|()| queue)
    };
    queue().unwrap();
    assert_eq!(queue(), Err(Code::SCI_ERR_NOSPC));
}

fn dma(sci: &Sci) {
    let device = with(
        sci,
        "[limits]\ndma_bytes = 4096\ndma_alignment = 64\nvector_elements = 2\n",
    );
    let local = sci.offer(device, 1, 1 << 20);
    sci.offer(device, 2, 1 << 20);
    let far = sci.connect(device, 4, 2).unwrap();
    sci.map_remote(far, 0, 1 << 20).unwrap();
    let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
    call!(error => create(device, &mut queue, ADAPTER, 4, 0, &mut error)).unwrap();
    let start = |offset, size| {
        let (start, flags) = (
            sci.functions().start_dma_transfer,
            sci.constants().flag_dma_wait,
        );
        call!(error => start(queue, local, far, offset, size, offset, None, null_mut(), flags, &mut error))
    };
    start(64, 4096).unwrap();
    assert_eq!(start(0, 4160), Err(Code::SCI_ERR_ILLEGAL_PARAMETER));
    assert_eq!(start(0, 8), Err(Code::SCI_ERR_SIZE_ALIGNMENT));
    assert_eq!(start(8, 64), Err(Code::SCI_ERR_OFFSET_ALIGNMENT));
}

fn access(sci: &Sci) {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = || {
        let entries = std::fs::read_dir(folder().join("node-4")).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let device = with(sci, "");
    sci.offer(device, 1, 4096);
    for file in files() {
        assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
    }
    // The widest mask: what is open was opened on purpose.
    // SAFETY: this process makes no other files at this moment.
    unsafe { libc::umask(0o077) };
    for (access, folder_mode) in [("group", 0o770), ("all", 0o777)] {
        let device = with(sci, &format!("access = {access:?}\n"));
        sci.offer(device, 1, 4096);
        assert_eq!(mode(&folder()) & folder_mode, folder_mode);
        assert_eq!(mode(&folder().join("node-4")) & folder_mode, folder_mode);
        for file in files() {
            let missing = folder_mode & 0o666 & !mode(&file);
            let from_before = file.ends_with("lock");
            assert!(
                missing == 0 || from_before,
                "{}: {:o}",
                file.display(),
                mode(&file)
            );
        }
    }
}

fn model(sci: &Sci) {
    let text = "name = \"slow\"\nlatency = [[0, 3000]]\nsend = [[0, 1000]]\nread = [[0, 2000]]\n\
                dma = [[0, 5000]]\n[cost]\nflush_cpu = 0\ncheck = 0\ntrigger = 0\ndata_trigger = 0\n";
    std::fs::write(folder().join("slow.toml"), text).unwrap();
    let device = with(sci, "model = \"slow.toml\"\n");
    let mut peer = Peer::start("offerer");
    peer.talk.expect("offered");
    let far = sci.connect(device, 8, 0).unwrap();
    let (map, _) = sci.map_remote(far, 0, 1 << 20).unwrap();
    let mut bytes = [7u8; 16];
    let mut copy = |flags| {
        let (memory, begun) = (bytes.as_mut_ptr().cast(), Instant::now());
        let copy = sci.functions().mem_cpy;
        call!(error => copy(null_mut(), memory, map, 0, 16, flags, &mut error)).unwrap();
        begun.elapsed()
    };
    // Only that it takes at least its time; how much more says `ntb emu calibrate`. What the machine
    // needs itself is taken off, twice 400 us at most; who is late may catch up, so only all of many
    // together count.
    let begun = Instant::now();
    let first = copy(0);
    assert!(first >= Duration::from_micros(2200), "{first:?}");
    for _ in 0..5 {
        copy(0);
    }
    let all = begun.elapsed();
    assert!(all >= Duration::from_micros(2200 + 5 * 1000), "{all:?}");
    assert!(copy(sci.constants().flag_block_read) >= Duration::from_micros(2000));
    assert_eq!(bytes, [7; 16]);
    let begun = Instant::now();
    sci.flush();
    assert!(begun.elapsed() >= Duration::from_micros(3000));

    let local = sci.offer(device, 1, 4096);
    let (mut queue, create) = (null_mut(), sci.functions().create_dma_queue);
    call!(error => create(device, &mut queue, ADAPTER, 1, 0, &mut error)).unwrap();
    let (start, begun) = (sci.functions().start_dma_transfer, Instant::now());
    call!(error => start(queue, local, far, 0, 4096, 0, None, null_mut(), 0, &mut error)).unwrap();
    let wait = sci.functions().wait_for_dma_queue;
    let state = call!(error => wait(queue, u32::MAX, 0, &mut error)).unwrap();
    assert_eq!(state, sci_dma_queue_state_t::SCI_DMAQUEUE_DONE);
    assert!(begun.elapsed() >= Duration::from_micros(5000));
}

//! Hosts with several adapters, and names of hosts.

use crate::peer::{Peer, Talk};
use crate::sci::{Answer, Sci, call, load, store};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::*;
use std::ffi::CString;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "each_adapter_is_a_node",
        needs: Needs::Emulator,
        body: two_adapters,
    },
    Case {
        name: "names_lead_to_node_ids",
        needs: Needs::Emulator,
        body: names,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "other-rail",
        body: other_rail,
    },
    Role {
        name: "id-taker",
        body: id_taker,
    },
];

const SIZE: usize = 8192;

/// Connects to the node that it is told, and stores there.
fn other_rail(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    talk.say("ready");
    assert_eq!(
        sci.connect(device, 4, 100),
        Err(Code::SCI_ERR_NO_SUCH_SEGMENT)
    );
    let remote = sci.connect(device, 68, 100).unwrap();
    let (_, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    store(far, 0, 68);
    sci.flush();
    talk.say("stored");
    talk.hear();
}

fn two_adapters(sci: &Sci) {
    sci.terminate();
    // SAFETY: this process has one thread.
    unsafe { std::env::set_var("SISCI_EMU_NODE", "4,68") };
    sci.initialize().unwrap();
    let device = sci.open().unwrap();
    let functions = sci.functions();
    let node_of = |adapter| {
        let mut node = 0;
        call!(error => (functions.get_local_node_id)(adapter, &mut node, 0, &mut error))
            .map(|()| node)
    };
    assert_eq!((node_of(0), node_of(1)), (Ok(4), Ok(68)));
    assert_eq!(node_of(2), Err(Code::SCI_ERR_NO_SUCH_ADAPTERNO));
    assert_eq!(node_of(16), Err(Code::SCI_ERR_ILLEGAL_ADAPTERNO));

    let segment = sci.create_segment(device, 100, SIZE, 0).unwrap();
    let on =
        |call: SCIPrepareSegment, adapter| call!(error => call(segment, adapter, 0, &mut error));
    on(functions.prepare_segment, 1).unwrap();
    assert_eq!(
        on(functions.set_segment_available, 0),
        Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED)
    );
    on(functions.set_segment_available, 1).unwrap();
    assert_eq!(
        on(functions.set_segment_unavailable, 0),
        Err(Code::SCI_ERR_ILLEGAL_OPERATION)
    );
    let mut peer = Peer::start("other-rail");
    peer.talk.expect("ready");
    peer.talk.expect("stored");
    let (map, near) = sci.map_local(segment, 0, SIZE).unwrap();
    assert_eq!(load(near, 0), 68);
    let mut rail = Peer::start_with(68, "host-4", "id-taker");
    rail.talk.expect("SCI_ERR_SEGMENTID_USED");
    rail.talk.expect("SCI_ERR_OK");
    assert_eq!(
        sci.create_segment(device, 101, SIZE, 0),
        Err(Code::SCI_ERR_SEGMENTID_USED),
        "a process at one adapter of the host has it"
    );
    let auto = sci.constants().flag_auto_id;
    for (expected, kept) in [(102, true), (103, false), (103, false), (103, true)] {
        let chosen = sci.create_segment(device, 100, SIZE, auto).unwrap();
        // SAFETY: any handle is allowed.
        let id = unsafe { (functions.get_local_segment_id)(chosen) };
        assert_eq!(id, expected, "free at all adapters");
        if !kept {
            sci.remove_segment(chosen, 0).unwrap();
        }
    }
    rail.kill();
    sci.unmap(map).unwrap();

    dma_by_adapter(sci, device);
    peer.kill();
    crate::sci::while_busy(|| sci.remove_segment(segment, 0)).unwrap();
}

/// A queue reaches only what is prepared and connected at its own adapter.
fn dma_by_adapter(sci: &Sci, device: sci_desc_t) {
    let functions = sci.functions();
    let source = sci.create_segment(device, 200, SIZE, 0).unwrap();
    let prepare = |adapter| {
        call!(error => (functions.prepare_segment)(source, adapter, 0, &mut error)).unwrap();
    };
    let remote = sci.connect(device, 68, 100).expect("by adapter 0");
    let (mut queue, create) = (null_mut(), functions.create_dma_queue);
    call!(error => create(device, &mut queue, 1, 1, 0, &mut error)).unwrap();
    let flags = sci.constants().flag_dma_global | sci.constants().flag_dma_wait;
    let start = |queue| {
        let start = functions.start_dma_transfer;
        call!(error => start(
            queue, source, remote, 0, 64, 0, None, null_mut(), flags, &mut error
        ))
    };
    assert_eq!(start(queue), Err(Code::SCI_ERR_SEGMENT_NOT_PREPARED));
    prepare(1);
    assert_eq!(start(queue), Err(Code::SCI_ERR_SEGMENT_NOT_CONNECTED));
    prepare(0);
    call!(error => create(device, &mut queue, 0, 1, 0, &mut error)).unwrap();
    start(queue).unwrap();
    sci.disconnect(remote).unwrap();
    sci.remove_segment(source, 0).unwrap();
}

fn names(sci: &Sci) {
    let device = sci.open().unwrap();
    let mut peer = Peer::start_with(8, "pluto", "opener");
    peer.talk.expect("SCI_ERR_OK");
    let look = |name: &str| -> Answer<Vec<u32>> {
        let look = sci.functions().get_node_id_by_adapter_name.unwrap();
        let name = CString::new(name).unwrap();
        let (mut list, mut kind) = ([99; 64], dis_virt_adapter_t(99));
        call!(error => look(name.as_ptr().cast_mut(), &mut list, &mut kind, 0, &mut error))?;
        assert_eq!(kind, dis_virt_adapter_t::DIS_VIRT_ADAPTER_SINGLE);
        Ok(list.into_iter().take_while(|node| *node != 0).collect())
    };
    assert_eq!(look("pluto"), Ok(vec![8]));
    assert_eq!(look("host-4"), Ok(vec![4]));
    assert_eq!((look("12"), look("node-12")), (Ok(vec![12]), Ok(vec![12])));
    assert_eq!(look("mars"), Err(Code::SCI_ERR_NO_SUCH_NODEID));
    assert_eq!(look("13"), Err(Code::SCI_ERR_NO_SUCH_NODEID));
    assert_eq!(look(""), Err(Code::SCI_ERR_ILLEGAL_PARAMETER));
    let text = sci.functions().get_adapter_type_string.unwrap();
    for kind in [0, 1, u32::MAX] {
        // SAFETY: the library gives a text that lives as long as itself.
        let text = unsafe { std::ffi::CStr::from_ptr(text(kind)) };
        assert!(!text.is_empty());
    }
    sci.close(device).unwrap();
}

/// Tells how it ends to create 100 and then 101.
fn id_taker(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    for id in [100, 101] {
        let created = sci.create_segment(device, id, SIZE, 0);
        talk.say(created.err().map_or("SCI_ERR_OK", error_name));
    }
    talk.hear();
}

//! What only the emulator has: its environment.

use crate::peer::{Peer, Talk};
use crate::sci::{Sci, call};
use crate::{Case, Needs, Role};
use sisci_sys::sci_error_t as Code;
use sisci_sys::{error_name, sci_error_t, sci_segment_cb_reason_t};

pub const CASES: &[Case] = &[
    Case {
        name: "removing_a_connected_segment_can_be_tolerated",
        needs: Needs::Emulator,
        body: remove_connected,
    },
    Case {
        name: "a_node_belongs_to_one_host",
        needs: Needs::Emulator,
        body: one_host,
    },
    Case {
        name: "processes_of_a_host_share_its_node",
        needs: Needs::Emulator,
        body: shared_node,
    },
    Case {
        name: "another_fabric_version_is_refused",
        needs: Needs::Emulator,
        body: version,
    },
    Case {
        name: "an_unusable_folder_is_refused",
        needs: Needs::Emulator,
        body: folder,
    },
    Case {
        name: "exported_memory_is_bounded",
        needs: Needs::Emulator,
        body: memory,
    },
    Case {
        name: "unknown_nodes_are_told_apart",
        needs: Needs::Emulator,
        body: nodes,
    },
    Case {
        name: "a_forked_child_can_start_anew",
        needs: Needs::Emulator,
        body: forked,
    },
];

pub const ROLES: &[Role] = &[
    Role {
        name: "opener",
        body: opener,
    },
    Role {
        name: "sharer",
        body: sharer,
    },
];

/// Tells how its `SCIOpen` ends.
fn opener(sci: &Sci, talk: &mut Talk) {
    talk.say(sci.open().err().map_or("SCI_ERR_OK", error_name));
    talk.hear();
}

fn one_host(sci: &Sci) {
    sci.open().unwrap();
    let ask = |node, host| {
        let mut peer = Peer::start_with(node, host, "opener");
        (peer.talk.hear(), peer)
    };
    assert_eq!(ask(4, "another-host").0, "SCI_ERR_SYSTEM");
    assert_eq!(ask(8, "another-host").0, "SCI_ERR_OK");
    let (answer, mut owner) = ask(12, "host-12");
    assert_eq!(
        (answer.as_str(), ask(12, "thief").0.as_str()),
        ("SCI_ERR_OK", "SCI_ERR_SYSTEM")
    );
    owner.kill();
    assert_eq!(
        ask(12, "heir").0,
        "SCI_ERR_OK",
        "a dead host's node is free"
    );
}

fn sharer(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let taken = sci.create_segment(device, 100, 4096, 0);
    assert_eq!(taken, Err(Code::SCI_ERR_SEGMENTID_USED));
    sci.offer(device, 101, 4096);
    talk.say("offered");
    talk.hear();
}

fn shared_node(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, 4096);
    let mut peer = Peer::start_on(4, "sharer");
    peer.talk.expect("offered");
    let remote = sci
        .connect(device, 4, 101)
        .expect("the other process's segment");
    sci.disconnect(remote).unwrap();
    sci.remove_segment(segment, 0).unwrap();
}

fn version(sci: &Sci) {
    sci.terminate();
    let file = std::path::Path::new(&std::env::var("SISCI_EMU_DIR").unwrap()).join("version");
    std::fs::write(&file, "999\n").unwrap();
    assert_eq!(sci.initialize(), Err(Code::SCI_ERR_INCONSISTENT_VERSIONS));
}

fn folder(sci: &Sci) {
    sci.terminate();
    // SAFETY: this process has one thread.
    unsafe { std::env::set_var("SISCI_EMU_DIR", "/proc/no-such-folder") };
    assert_eq!(sci.initialize(), Err(Code::SCI_ERR_SYSTEM));
    // SAFETY: this process has one thread.
    unsafe { std::env::set_var("SISCI_EMU_NODE", "7") };
    assert_eq!(sci.initialize(), Err(Code::SCI_ERR_SYSTEM));
}

fn memory(sci: &Sci) {
    sci.terminate();
    // SAFETY: this process has one thread.
    unsafe { std::env::set_var("SISCI_EMU_MEMORY_LIMIT", "2") };
    sci.initialize().unwrap();
    let device = sci.open().unwrap();
    let create = |id, size| sci.create_segment(device, id, size, 0);
    assert_eq!(create(100, 3 << 20), Err(Code::SCI_ERR_NOSPC));
    assert_eq!(create(100, 1 << 60), Err(Code::SCI_ERR_NOSPC));
    assert_eq!(create(100, usize::MAX), Err(Code::SCI_ERR_NOSPC));
    let half = create(100, 1 << 20).unwrap();
    create(101, 1 << 20).unwrap();
    assert_eq!(create(102, 1), Err(Code::SCI_ERR_NOSPC));
    sci.remove_segment(half, 0).unwrap();
    create(102, 1).expect("there is room again");
}

fn nodes(sci: &Sci) {
    let device = sci.open().unwrap();
    let connect = |node| sci.connect(device, node, 100).map(drop);
    assert_eq!(connect(0), Err(Code::SCI_ERR_ILLEGAL_NODEID));
    assert_eq!(connect(5), Err(Code::SCI_ERR_ILLEGAL_NODEID));
    assert_eq!(connect(252), Err(Code::SCI_ERR_ILLEGAL_NODEID));
    // As on a host that is up without the program; what isn't in the list doesn't exist.
    assert_eq!(connect(200), Err(Code::SCI_ERR_NO_SUCH_SEGMENT));
    assert_eq!(connect(204), Err(Code::SCI_ERR_NO_SUCH_NODEID));
    assert_eq!(connect(4), Err(Code::SCI_ERR_NO_SUCH_SEGMENT));
    let mut peer = Peer::start("opener");
    peer.talk.expect("SCI_ERR_OK");
    assert_eq!(connect(8), Err(Code::SCI_ERR_NO_SUCH_SEGMENT));
    peer.kill();
    assert_eq!(connect(8), Err(Code::SCI_ERR_NO_SUCH_SEGMENT));
}

/// A daemon that forks after the library was used by its parent.
fn forked(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, 4096);
    // SAFETY: the child calls nothing that another thread of this process could hold a lock of: the
    // library's threads wait for events.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let worked = (|| {
            sci.initialize()?;
            let device = sci.open()?;
            assert!(
                sci.create_segment(device, 100, 4096, 0).is_err(),
                "it is the parent's"
            );
            let own = sci.offer(device, 200, 4096);
            for id in [100, 200] {
                let remote = sci.connect(device, 4, id)?;
                sci.disconnect(remote)?;
            }
            sci.remove_segment(own, 0)
        })();
        // SAFETY: ends the child without the parent's exit handlers.
        unsafe { libc::_exit(i32::from(worked.is_err())) }
    }
    let mut status = -1;
    // SAFETY: waits for the own child.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!((waited, status), (child, 0));
    let remote = sci.connect(device, 4, 100).expect("the parent goes on");
    sci.disconnect(remote).unwrap();
    sci.remove_segment(segment, 0).unwrap();
}

fn remove_connected(sci: &Sci) {
    sci.terminate();
    // SAFETY: the library has no threads now, and this process has no other.
    unsafe { std::env::set_var("SISCI_EMU_TOLERATE", "remove-connected") };
    sci.initialize().unwrap();
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, 4096);
    let remote = sci.connect(device, sci.local_node(), 100).unwrap();
    let (map, _) = sci.map_local(segment, 0, 4096).unwrap();
    assert_eq!(
        sci.remove_segment(segment, 0),
        Err(Code::SCI_ERR_BUSY),
        "it is mapped"
    );
    sci.unmap(map).unwrap();
    sci.remove_segment(segment, 0).unwrap();
    let (mut status, wait) = (Code(0), sci.functions().wait_for_remote_segment_event);
    let told = call!(error => wait(remote, &mut status, 20_000, 0, &mut error));
    assert_eq!(told, Ok(sci_segment_cb_reason_t::SCI_CB_DISCONNECT));
    sci.disconnect(remote).unwrap();
    sci.close(device).unwrap();
}

//! Many things at once.

use crate::peer::{Peer, Talk};
use crate::sci::{Sci, load, store, until_there, while_busy};
use crate::{Case, Needs, Role};
use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use std::os::fd::OwnedFd;
use std::ptr::null_mut;

pub const CASES: &[Case] = &[
    Case {
        name: "threads_do_not_disturb_each_other",
        needs: Needs::OneNode,
        body: threads,
    },
    Case {
        name: "peers_that_come_and_die",
        needs: Needs::Emulator,
        body: killed_peers,
    },
    Case {
        name: "garbage_at_the_door_is_dropped",
        needs: Needs::Emulator,
        body: garbage,
    },
    Case {
        name: "killed_nodes_leave_nothing_behind",
        needs: Needs::Emulator,
        body: soak,
    },
];

pub const ROLES: &[Role] = &[Role {
    name: "busy-user",
    body: busy_user,
}];

const SIZE: usize = 4096;

/// One life of a segment, a connection and a data interrupt.
fn one_life(sci: &Sci, id: u32, round: u8) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, id, SIZE);
    let remote = sci.connect(device, sci.local_node(), id).unwrap();
    let (near_map, near) = sci.map_local(segment, 0, SIZE).unwrap();
    let (far_map, far) = sci.map_remote(remote, 0, SIZE).unwrap();
    store(far, 7, round);
    sci.flush();
    assert_eq!(load(near, 7), round);
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let sender = sci
        .connect_data_interrupt(device, sci.local_node(), number)
        .unwrap();
    sci.send(sender, &[round; 20]).unwrap();
    assert_eq!(sci.receive(local, 20_000).unwrap(), [round; 20]);
    sci.disconnect_data_interrupt(sender).unwrap();
    sci.remove_data_interrupt(local).unwrap();
    sci.unmap(near_map).unwrap();
    sci.unmap(far_map).unwrap();
    sci.disconnect(remote).unwrap();
    while_busy(|| sci.remove_segment(segment, 0)).unwrap();
    sci.close(device).unwrap();
}

fn threads(sci: &Sci) {
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            scope.spawn(move || {
                for round in 0..60 {
                    one_life(sci, 1000 + thread, round);
                }
            });
        }
    });
    sci.terminate();
}

/// Connects and disconnects until it is killed.
fn busy_user(sci: &Sci, talk: &mut Talk) {
    let device = sci.open().unwrap();
    let (node, number) = (talk.hear_number(), talk.hear_number());
    let mut rounds = 0u32;
    loop {
        let segment = until_there(|| sci.connect(device, node, 100));
        let sender = until_there(|| sci.connect_data_interrupt(device, node, number));
        let (map, far) = sci.map_remote(segment, 0, SIZE).unwrap();
        store(far, 0, rounds as u8);
        // Full while nobody receives.
        let _ = sci.send(sender, &rounds.to_le_bytes());
        sci.unmap(map).unwrap();
        sci.disconnect(segment).unwrap();
        sci.disconnect_data_interrupt(sender).unwrap();
        rounds += 1;
        if rounds == 5 {
            talk.say("busy");
        }
    }
}

fn killed_peers(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let (local, number) = sci.create_data_interrupt(device, None, null_mut()).unwrap();
    let open_before = open_descriptors();
    for _ in 0..5 {
        let mut peers: Vec<_> = (0..3).map(|_| Peer::start("busy-user")).collect();
        for peer in &mut peers {
            peer.talk.say(sci.local_node());
            peer.talk.say(number);
        }
        for peer in &mut peers {
            peer.talk.expect("busy");
            peer.kill();
        }
    }
    while sci.receive(local, 100).is_ok() {}
    while_busy(|| sci.remove_segment(segment, 0)).expect("all connections have ended");
    sci.remove_data_interrupt(local).unwrap();
    crate::sci::eventually("descriptors are closed", || {
        open_descriptors() < open_before
    });
}

/// The short run of `soak`: in processes of its own, not in this one.
fn soak(sci: &Sci) {
    sci.terminate();
    crate::soak::short();
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A bare connection to this process's own door.
fn knock() -> OwnedFd {
    let node = format!("{}/node-4", std::env::var("SISCI_EMU_DIR").unwrap());
    let mut paths = std::fs::read_dir(node)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let door = paths
        .find(|path| path.extension().is_some_and(|kind| kind == "sock"))
        .unwrap();
    let flags = SocketFlags::CLOEXEC;
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
    rustix::net::connect(&socket, &SocketAddrUnix::new(door).unwrap()).unwrap();
    socket
}

fn garbage(sci: &Sci) {
    let device = sci.open().unwrap();
    let segment = sci.offer(device, 100, SIZE);
    let silent: Vec<_> = (0..50).map(|_| knock()).collect();
    for length in [1, 4, 8, 24, 27, 28, 29, 4096] {
        let socket = knock();
        rustix::net::send(&socket, &vec![0xA5; length], SendFlags::empty()).unwrap();
        let answer = rustix::net::recv(&socket, &mut [0; 64], rustix::net::RecvFlags::empty());
        assert!(
            !matches!(answer, Ok((length, _)) if length > 0),
            "no answer to {length} bytes"
        );
    }
    let remote = sci
        .connect(device, sci.local_node(), 100)
        .expect("the door is open to others");
    sci.disconnect(remote).unwrap();
    drop(silent);
    sci.remove_segment(segment, 0).unwrap();
}

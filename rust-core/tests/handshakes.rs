//! How connections are made: whom a handshake may hold up, what it costs, and what comes right behind it.

mod common;

use common::*;
use ntb_core::driver::{Config, Error, Received, Transport};
use ntb_core::proto::wire::Message;
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// An acceptor that says Accept to `transport`, with memory of its own, and `then` in the same segment.
fn connect_to_hasty(
    transport: &Transport,
    then: &[Message],
) -> (ntb_core::driver::Endpoint, TcpStream) {
    let channel = own_channel(transport);
    let acceptor = TcpListener::bind(local(0)).unwrap();
    let address = acceptor.local_addr().unwrap();
    std::thread::scope(|scope| {
        let connecting = scope.spawn(|| transport.connect(address).unwrap());
        let mut control = acceptor.accept().unwrap().0;
        read_message(&mut control).expect("a hello");
        let node = transport.node();
        let mut bytes = Message::Accept { node, channel }
            .encode()
            .as_bytes()
            .to_vec();
        for message in then {
            bytes.extend(message.encode().as_bytes());
        }
        control.write_all(&bytes).unwrap();
        (connecting.join().unwrap(), control)
    })
}

#[test]
fn what_comes_right_behind_accept_is_not_lost() {
    isolated("what_comes_right_behind_accept_is_not_lost", || {
        let transport = Transport::start(config()).unwrap();
        let goodbye = [Message::Bye { end: 0 }];
        let (mut endpoint, control) = connect_to_hasty(&transport, &goodbye);
        control.shutdown(Shutdown::Write).unwrap();
        let end = endpoint.recv(&mut [0; 8], Some(5 * SECOND)).unwrap();
        assert_eq!(end, Received::End);

        let (endpoint, _control) = connect_to_hasty(&transport, &[Message::Wake]);
        assert!(is_readable(endpoint.raw_fd(), 5 * SECOND));
    });
}

#[test]
fn bytes_that_are_missing_are_waited_for_without_using_the_processor() {
    isolated(
        "bytes_that_are_missing_are_waited_for_without_using_the_processor",
        || {
            let transport = Transport::start(config()).unwrap();
            let goodbye = [Message::Bye { end: 100 }];
            let (mut endpoint, _control) = connect_to_hasty(&transport, &goodbye);
            let clock = || clock_gettime(ClockId::ThreadCPUTime);
            let begun = clock();
            let error = endpoint.recv(&mut [0; 8], None).unwrap_err();
            assert!(matches!(error, Error::PeerFault(_)), "{error}");
            // A second has passed.
            let used = clock() - begun;
            assert!(Duration::try_from(used).unwrap() < SECOND / 4, "{used:?}");
        },
    );
}

#[test]
fn a_full_backlog_refuses_with_its_reason() {
    isolated("a_full_backlog_refuses_with_its_reason", || {
        let transport = Transport::start(Config {
            ring_bytes: 4 << 10,
            ..config()
        })
        .unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let mut waiting = Vec::new();
        let error = loop {
            match transport.connect(listener.address()) {
                Ok(endpoint) => waiting.push(endpoint),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Refused { .. }), "{error}");
        assert!(error.to_string().contains("128 connections"), "{error}");
        assert_eq!(waiting.len(), 128);
        // Nobody is hurt, and there is room again.
        let mut first = accept(&listener);
        waiting[0].send(b"x").unwrap();
        recv_exact(&mut first, &mut [0; 1]);
        assert!(transport.connect(listener.address()).is_ok());
    });
}

#[test]
fn a_process_that_is_stopped_holds_no_other_handshake_up() {
    isolated(
        "a_process_that_is_stopped_holds_no_other_handshake_up",
        || {
            let transport = Transport::start(config()).unwrap();
            let listener = transport.listen(local(0)).unwrap();
            let stopped = Peer::start(8);
            let (_control, node, channel) = say_hello(
                local(stopped.port),
                transport.node(),
                own_channel(&transport),
            )
            .unwrap();
            let pid = Pid::from_raw(stopped.pid().cast_signed()).unwrap();
            kill_process(pid, Signal::STOP).unwrap();
            // They describe memory that is there; but its process will not answer.
            let stuck = [(); 3].map(|()| {
                let mut control = TcpStream::connect(listener.address()).unwrap();
                let hello = hello(node, channel).encode();
                control.write_all(hello.as_bytes()).unwrap();
                control
            });
            std::thread::sleep(Duration::from_millis(50));
            // For a process that is not known yet, and then for one that is.
            for _ in 0..2 {
                let endpoint = transport.connect(listener.address());
                assert!(endpoint.is_ok(), "{:?}", endpoint.map(drop));
            }
            kill_process(pid, Signal::CONT).unwrap();
            drop(stuck);
        },
    );
}

#[test]
fn a_channel_that_does_not_exist_costs_no_memory() {
    isolated("a_channel_that_does_not_exist_costs_no_memory", || {
        let transport = Transport::start(config()).unwrap();
        let listener = transport.listen(local(0)).unwrap();
        let mut channel = own_channel(&transport);
        channel.instance += 1;
        channel.segment = 0x77;
        channel.ring = 32 << 20;
        channel.segment_bytes = 64 << 20;
        channel.offset = 0;
        let before = transport.report().fabric;
        for _ in 0..3 {
            assert!(say_hello(listener.address(), transport.node(), channel).is_none());
        }
        let after = transport.report().fabric;
        assert_eq!(before.arena_bytes, after.arena_bytes);
        assert_eq!(before.arena_used, after.arena_used);
    });
}

#[test]
fn a_wait_without_any_end_is_none() {
    isolated("a_wait_without_any_end_is_none", || {
        let spin = Duration::ZERO;
        let transport = Transport::start(Config { spin, ..config() }).unwrap();
        let (mut client, mut server) = pair(&transport);
        let receiver =
            std::thread::spawn(move || server.recv(&mut [0; 4], Some(Duration::MAX)).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        client.send(b"x").unwrap();
        assert_eq!(receiver.join().unwrap(), Received::Data(1));
        let send_timeout = Duration::MAX;
        let refused = Transport::start(Config {
            send_timeout,
            ..config()
        });
        assert!(matches!(refused, Err(Error::Setting { .. })));
    });
}

//! The client against a server in memory, over TCP: what it gets, and how it says what is wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use beemsg::request::Group;
use beemsg::responder::{Behaviour, Responder};
use beemsg::{Chunk, Cluster, Connection, Error, Family, NodeType, Path, Place, Secret};

const PATIENCE: Duration = Duration::from_secs(20);
const PLACE: Place = Place {
    target: 101,
    mirror: None,
};

fn open(server: SocketAddr) -> Connection {
    Connection::open(&Path::tcp(), server, Family::Eight, None, PATIENCE).unwrap()
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 % 253) as u8).collect()
}

#[test]
fn what_is_written_is_read_again() {
    let server = Responder::start(Behaviour::default());
    let mut connection = open(server.address());
    let chunk = Chunk::new(PLACE, 1, "0-1-1", "1-1-1");
    let data = pattern(200_000);
    chunk.write(&mut connection, 0, &data).unwrap();
    chunk.write(&mut connection, 100, b"hello").unwrap();
    let mut buffer = vec![0; data.len() + 5];
    assert_eq!(
        chunk.read(&mut connection, 0, &mut buffer).unwrap(),
        data.len(),
        "the end of the chunk"
    );
    assert_eq!(buffer[100..105], *b"hello");
    assert_eq!(buffer[105..data.len()], data[105..]);
    assert_eq!(chunk.close(&mut connection).unwrap(), data.len() as u64);
    chunk.remove(&mut connection).unwrap();
    chunk.remove(&mut connection).unwrap();
    assert_eq!(chunk.read(&mut connection, 0, &mut buffer).unwrap(), 0);
    assert_eq!(server.stored(), (0, 0));
}

#[test]
fn flags_reach_the_server() {
    let server = Responder::start(Behaviour::default());
    let mut connection = open(server.address());
    let mirrored = Place {
        mirror: Some((1, false)),
        ..PLACE
    };
    let chunk = Chunk::new(mirrored, 1, "0-1-1", "1-1-1");
    let chunk = chunk.without_io().forwarding();
    chunk.write(&mut connection, 0, &pattern(5000)).unwrap();
    let mut buffer = [1; 3000];
    assert_eq!(
        chunk.read(&mut connection, 0, &mut buffer).unwrap(),
        buffer.len()
    );
    assert_eq!(server.flagged(), (2, 1));
    assert_eq!(server.stored(), (1, 0), "made, but empty");
}

#[test]
fn the_family_is_found_out() {
    let secret = Secret::from_bytes(b"something secret");
    for family in Family::ALL {
        let server = Responder::start(Behaviour {
            family,
            secret: Some(secret.number(family)),
            ..Behaviour::default()
        });
        let cluster = Cluster::ask(server.address(), None, Some(&secret), PATIENCE).unwrap();
        assert_eq!(cluster.family, family);
        assert_eq!(cluster.storage[0].name, "responder");
        let group = Group {
            number: 1,
            primary: 101,
            secondary: 99,
        };
        assert_eq!(cluster.groups, [group]);
        assert!(cluster.meta_groups.is_empty() && !cluster.root().is_mirrored());
        assert_eq!(cluster.target(None).unwrap(), (server.address(), PLACE));
        let (_, place) = cluster.group(1).unwrap();
        assert_eq!(place.mirror, Some((1, false)));
        let missing = cluster.target(Some(5)).unwrap_err().to_string();
        assert!(missing.contains("known: 101"), "{missing}");
        let found = beemsg::management::family_of(
            server.address(),
            NodeType::Storage,
            None,
            Some(&secret),
            PATIENCE,
        );
        assert_eq!(found.unwrap(), family);
    }
}

#[test]
fn a_family_is_found_without_a_secret() {
    for family in Family::ALL {
        let behaviour = Behaviour {
            family,
            ..Behaviour::default()
        };
        let server = Responder::start(behaviour);
        let cluster = Cluster::ask(server.address(), None, None, PATIENCE).unwrap();
        assert_eq!(cluster.family, family);
    }
}

#[test]
fn a_wrong_secret_is_named() {
    let secret = Secret::from_bytes(b"right");
    let server = Responder::start(Behaviour {
        secret: Some(secret.number(Family::Eight)),
        ..Behaviour::default()
    });
    let wrong = Secret::from_bytes(b"wrong");
    for (shown, word) in [(Some(&wrong), "connAuthFile"), (None, "wants a secret")] {
        let error = Cluster::ask(server.address(), None, shown, PATIENCE).unwrap_err();
        assert!(matches!(error, Error::Unheard { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn another_kind_of_server_is_named() {
    let server = Responder::start(Behaviour {
        node_type: 1,
        ..Behaviour::default()
    });
    let error = open(server.address())
        .identify(NodeType::Storage)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("is a metadata server"), "{text}");
}

#[test]
fn a_target_that_is_not_there_is_named() {
    let server = Responder::start(Behaviour::default());
    let elsewhere = Place {
        target: 7,
        mirror: None,
    };
    let chunk = Chunk::new(elsewhere, 1, "0-1-1", "1-1-1");
    let error = chunk
        .read(&mut open(server.address()), 0, &mut [0])
        .unwrap_err();
    assert!(error.to_string().contains("no such target"), "{error}");

    let behaviour = Behaviour {
        offline: true,
        ..Behaviour::default()
    };
    let server = Responder::start(behaviour);
    let cluster = Cluster::ask(server.address(), None, None, PATIENCE).unwrap();
    let error = cluster.target(Some(101)).unwrap_err().to_string();
    assert!(error.contains("offline"), "{error}");
}

#[test]
fn a_server_that_goes_is_named() {
    let server = Responder::start(Behaviour {
        dies_after: Some(2),
        ..Behaviour::default()
    });
    let mut connection = open(server.address());
    let chunk = Chunk::new(PLACE, 1, "0-1-1", "1-1-1");
    chunk.write(&mut connection, 0, &[1; 100]).unwrap();
    chunk.write(&mut connection, 0, &[1; 100]).unwrap();
    let error = chunk.write(&mut connection, 0, &[1; 100]).unwrap_err();
    assert!(matches!(error, Error::Lost { .. }), "{error}");
}

#[test]
fn a_port_where_nobody_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = Connection::open(&Path::tcp(), address, Family::Eight, None, PATIENCE).unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
}

/// A server that says something of its own to whatever comes.
fn stranger(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 40];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(answer).unwrap();
        let _ = stream.read(&mut request);
    });
    address
}

#[test]
fn another_protocol_is_named() {
    let http = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    let error = open(stranger(http)).identify(NodeType::Storage);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("does not speak BeeGFS's protocol"), "{text}");
}

#[test]
fn an_answer_that_is_too_long_is_not_awaited() {
    const HUGE: &[u8] =
        b"\xff\xff\xff\x7f\0\0\0\0\0\0\0\0SFGB\xfc\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let error = open(stranger(HUGE)).identify(NodeType::Storage);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("too long"), "{text}");
}

#[test]
fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let patience = Duration::from_millis(50);
    let path = Path::tcp();
    let mut connection = Connection::open(&path, address, Family::Eight, None, patience).unwrap();
    let error = connection.identify(NodeType::Storage).unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    drop(listener);
}

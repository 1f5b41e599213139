//! C and C++ programs over the library, as their authors would compile and run them: two processes on
//! two nodes of an emulated fabric.
//!
//! `NTB_TEST_PREFIX` names a folder that `cargo xtask capi install` laid out: then `pkg-config` says
//! where things are. Without it the header of the source tree is used, and the library that was built
//! with this program.

mod node;

use node::{Fabric, Program};

const C99: (&str, &[&str]) = ("cc", &["-std=c99", "-pthread"]);

fn example(name: &str) -> Program {
    Program::compile(C99.0, C99.1, &format!("examples/{name}.c"))
}

#[test]
fn a_blocking_server_echoes() {
    let (echo, fabric) = (example("echo"), Fabric::new());
    let server = fabric.start(4, &echo, &["serve", "127.0.0.1", "2"]);
    let port = server.first_line();
    for (bytes, rounds) in [("1", "500"), ("65536", "50")] {
        let client = fabric.start(8, &echo, &["ask", "127.0.0.1", &port, bytes, rounds]);
        let said = client.succeed();
        let expected = format!("{rounds} rounds of {bytes} bytes with node 4 at 127.0.0.1");
        assert!(said.starts_with(&expected), "{said}");
    }
    server.succeed();
}

#[test]
fn one_thread_serves_many_connections() {
    let (events, fabric) = (example("events"), Fabric::new());
    let server = fabric.start(4, &events, &["serve", "127.0.0.1", "150"]);
    let port = server.first_line();
    let start = |node| {
        let words = ["ask", "127.0.0.1", &port, "50", "40"];
        fabric.start(node, &events, &words)
    };
    let clients = [8, 12, 16].map(start);
    for client in clients {
        assert_eq!(client.succeed(), "50 connections, 40 rounds each\n");
    }
    server.succeed();
}

#[test]
fn bandwidth_is_measured() {
    let (bandwidth, fabric) = (example("bandwidth"), Fabric::new());
    for (bytes, mebibytes) in [("4096", "8"), ("1048576", "64")] {
        let sink = fabric.start(4, &bandwidth, &["sink", "127.0.0.1"]);
        let port = sink.first_line();
        let words = ["source", "127.0.0.1", &port, bytes, mebibytes];
        let said = fabric.start(8, &bandwidth, &words).succeed();
        assert!(said.contains(" GB/s"), "{said}");
        sink.succeed();
    }
}

#[test]
fn the_header_is_cpp_too() {
    for standard in ["-std=c++11", "-std=c++20"] {
        let program = Program::compile("c++", &[standard], "tests/c/header.cpp");
        Fabric::new().start(4, &program, &[]).succeed();
    }
}

#[test]
fn misuse_is_answered() {
    let misuse = Program::compile(C99.0, C99.1, "tests/c/misuse.c");
    Fabric::new().start(4, &misuse, &[]).succeed();
}

#[test]
fn bad_arguments_and_a_missing_library_are_explained() {
    let fabric = Fabric::new();
    for name in ["echo", "events", "bandwidth"] {
        let program = example(name);
        for words in [&[][..], &["nonsense"], &["ask", "127.0.0.1", "x", "1", "1"]] {
            let ended = fabric.start(4, &program, words).end();
            assert_eq!(ended.code, Some(2), "{name} {words:?}: {}", ended.said);
            assert!(ended.said.contains("usage"), "{}", ended.said);
        }
        let role = if name == "bandwidth" {
            &["sink", "127.0.0.1"][..]
        } else {
            &["serve", "127.0.0.1", "1"]
        };
        let ended = fabric.without_library(4, &program, role).end();
        assert_eq!(ended.code, Some(1), "{}", ended.said);
        assert!(ended.said.contains("NTB_ERR_LIBRARY: "), "{}", ended.said);
    }
}

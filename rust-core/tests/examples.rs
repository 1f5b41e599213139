//! The examples do what their text says.

mod common;

use common::*;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

fn example(name: &str) -> PathBuf {
    peer_program().with_file_name(name)
}

/// A process that is killed if the test ends before it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn hello() {
    isolated("hello", || {
        let program = example("hello");
        let said = Command::new(program).arg(library()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        assert!(said.stdout.starts_with(b"as expected: "), "{said:?}");
        let missing = Command::new(example("hello"))
            .arg("/nowhere/libsisci.so")
            .output()
            .unwrap();
        assert!(!missing.status.success());
        let told = String::from_utf8_lossy(&missing.stderr);
        assert!(told.contains("/nowhere/libsisci.so"), "{told}");
    });
}

#[test]
fn an_event_loop_serves_many_connections() {
    isolated("an_event_loop_serves_many_connections", || {
        let mut server = Command::new(example("events"));
        server.arg("serve").arg(library()).arg("80");
        server.env("SISCI_EMU_NODE", "8").stdout(Stdio::piped());
        let mut server = Running(server.spawn().unwrap());
        let mut port = String::new();
        let output = server.0.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut port).unwrap();
        let ask = |node: &str| {
            let mut client = Command::new(example("events"));
            client
                .arg("ask")
                .arg(library())
                .args([port.trim(), "40", "50"]);
            client.env("SISCI_EMU_NODE", node);
            Running(client.spawn().unwrap())
        };
        let mut clients = [ask("12"), ask("16")];
        for client in &mut clients {
            assert!(client.0.wait().unwrap().success());
        }
        assert!(server.0.wait().unwrap().success());
    });
}

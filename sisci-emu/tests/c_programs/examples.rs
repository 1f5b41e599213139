//! The programs in `examples/`, compiled and run as two to four nodes.

use crate::nodes::Node;
use crate::toolchain::Toolchain;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A compiled example with a fabric of its own.
struct Example {
    toolchain: Toolchain,
    work: TempDir,
}

impl Example {
    fn compile(name: &str, compiler: &str, flags: &[&str]) -> Self {
        let example = Self {
            toolchain: Toolchain::find(),
            work: tempfile::tempdir().unwrap(),
        };
        let file = format!("examples/{name}.c");
        let program = example.program();
        example.toolchain.compile(compiler, flags, &file, &program);
        example
    }

    fn program(&self) -> PathBuf {
        self.work.path().join("program")
    }

    fn start(&self, node: u32, words: &[&str]) -> Node {
        let fabric = self.work.path().join("fabric");
        let library: &Path = &self.toolchain.library;
        Node::start(&self.program(), words, node, &fabric, library)
    }
}

#[test]
fn ping_pong() {
    let example = Example::compile("pio_pingpong", "cc", &["-std=c99"]);
    for (size, rounds) in [("1", "200"), ("8", "200"), ("5000", "50")] {
        let words = ["-s", size, "-n", rounds];
        let ping = example.start(4, &[&words[..], &["ping", "8"]].concat());
        let pong = example.start(8, &[&words[..], &["pong", "4"]].concat());
        pong.succeed();
        let said = ping.succeed();
        assert!(said.starts_with(&format!("{size} bytes: ")), "{said}");
    }
}

#[test]
fn dma() {
    let example = Example::compile("dma_bandwidth", "c++", &["-std=c++17", "-x", "c++"]);
    let words = ["-m", "65536", "-n", "3"];
    let target = example.start(4, &[&words[..], &["target"]].concat());
    let source = example.start(8, &[&words[..], &["source", "4"]].concat());
    let said = source.succeed();
    target.succeed();
    // 64 to 65536 and a head.
    assert_eq!(said.lines().count(), 12, "{said}");
}

#[test]
fn mailboxes() {
    let flags = ["-std=c99", "-pthread"];
    let example = Example::compile("data_interrupt_mailbox", "cc", &flags);
    let words = ["-n", "300"];
    let server = example.start(4, &[&words[..], &["-c", "3", "server"]].concat());
    let start = |node| example.start(node, &[&words[..], &["client", "4"]].concat());
    let clients = [8, 12, 16].map(start);
    for client in clients {
        client.succeed();
    }
    assert_eq!(server.succeed(), "900 requests of 3 clients answered\n");
}

#[test]
fn members_of_a_group() {
    let flags = ["-std=c++17", "-pthread", "-x", "c++"];
    let example = Example::compile("broadcast", "c++", &flags);
    let start = |rank: u32| {
        let words = ["-n", "50", &rank.to_string(), "4"];
        example.start(4 + 4 * rank, &words)
    };
    let members = [0, 1, 2, 3].map(start);
    for member in members {
        member.succeed();
    }
}

#[test]
fn bad_arguments_are_explained() {
    for name in [
        "pio_pingpong",
        "dma_bandwidth",
        "data_interrupt_mailbox",
        "broadcast",
    ] {
        let example = Example::compile(name, "cc", &["-std=c99"]);
        for words in [&[][..], &["-z"], &["nonsense", "0"]] {
            let ended = example.start(4, words).end();
            assert_eq!(ended.code, Some(2), "{name} {words:?}: {}", ended.said);
            assert!(!ended.said.is_empty());
        }
    }
}

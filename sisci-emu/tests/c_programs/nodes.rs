//! Runs programs as nodes of a fabric.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No program takes nearly as long on an idle machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A program that runs as a node.
pub struct Node {
    child: Child,
    name: String,
}

/// What a program left.
pub struct Ended {
    /// Its exit code, `None` if it was killed.
    pub code: Option<i32>,
    /// What it said on both streams.
    pub said: String,
}

impl Node {
    /// Starts a program as node `node`, on a host of its own.
    pub fn start(program: &Path, words: &[&str], node: u32, fabric: &Path, library: &Path) -> Self {
        let child = Command::new(program)
            .args(words)
            .env("SISCI_EMU_DIR", fabric)
            .env("SISCI_EMU_NODE", node.to_string())
            .env("SISCI_EMU_HOST", format!("host-{node}"))
            // Cargo puts a folder first that may hold an older build.
            .env("LD_LIBRARY_PATH", library)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            name: format!("node {node}: {} {}", program.display(), words.join(" ")),
        }
    }

    /// Waits for its end; kills it when it takes too long.
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + LIMIT;
        // What these programs print fits into a pipe.
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let mut said = String::new();
        let mut output = self.child.stdout.take().unwrap();
        output.read_to_string(&mut said).unwrap();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut said).unwrap();
        Ended {
            code: status.code(),
            said,
        }
    }

    /// Waits for a good end and gives what it said.
    pub fn succeed(self) -> String {
        let name = self.name.clone();
        let Ended { code, said } = self.end();
        assert_eq!(code, Some(0), "{name}\n{said}");
        said
    }
}

//! Peers: other processes that play a part in a case, led by lines of text.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The other end of a conversation, one line at a time.
pub struct Talk {
    input: Box<dyn BufRead>,
    output: Box<dyn Write>,
}

impl Talk {
    /// A peer's conversation with its case.
    pub fn stdio() -> Self {
        let input = Box::new(BufReader::new(std::io::stdin()));
        Self {
            input,
            output: Box::new(std::io::stdout()),
        }
    }

    fn child(input: ChildStdout, output: ChildStdin) -> Self {
        Self {
            input: Box::new(BufReader::new(input)),
            output: Box::new(output),
        }
    }

    /// Says a line.
    pub fn say(&mut self, line: impl std::fmt::Display) {
        writeln!(self.output, "{line}").expect("the other side listens");
        self.output.flush().expect("the other side listens");
    }

    /// Hears a line.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        let length = self.input.read_line(&mut line).expect("lines are text");
        assert_ne!(length, 0, "the other side ended");
        line.trim_end().to_owned()
    }

    /// Hears a line that is a number.
    pub fn hear_number(&mut self) -> u32 {
        let line = self.hear();
        line.parse()
            .unwrap_or_else(|_| panic!("{line:?} is a number"))
    }

    /// Hears exactly this line.
    pub fn expect(&mut self, line: &str) {
        assert_eq!(self.hear(), line);
    }
}

/// A running peer; killed at the end of the case.
pub struct Peer {
    child: Child,
    /// The conversation.
    pub talk: Talk,
}

impl Peer {
    /// Starts a peer on another node.
    pub fn start(role: &str) -> Self {
        Self::start_on(8, role)
    }

    /// Starts a peer on this node of the emulated fabric; anywhere else on real hardware.
    pub fn start_on(node: u32, role: &str) -> Self {
        Self::start_with(node, &format!("host-{node}"), role)
    }

    /// Starts a peer on a node of the emulated fabric, as a process of this host.
    pub fn start_with(node: u32, host: &str, role: &str) -> Self {
        let mut command = match std::env::var("SISCI_TEST_PEER") {
            Ok(words) => {
                let mut words = words.split_whitespace();
                let mut command = Command::new(words.next().expect("SISCI_TEST_PEER is a command"));
                command.args(words);
                command
            }
            Err(_) => Command::new(std::env::current_exe().expect("this program has a path")),
        };
        command
            .args(["peer", role])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
            .env("SISCI_EMU_NODE", node.to_string())
            .env("SISCI_EMU_HOST", host);
        let mut child = command.spawn().expect("the peer starts");
        let output = child.stdin.take().expect("it has an input");
        let input = child.stdout.take().expect("it has an output");
        Self {
            child,
            talk: Talk::child(input, output),
        }
    }

    /// Kills the peer without a warning, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("the peer runs");
        self.child.wait().expect("the peer ends");
    }

    /// Stops the peer, as a debugger does, and waits until all its threads stand.
    pub fn stop(&self) {
        self.signal(libc::SIGSTOP);
        let (pid, mut status) = (self.child.id() as i32, 0);
        // SAFETY: asks about the own child only; a stop doesn't end it.
        let stopped = unsafe { libc::waitpid(pid, &mut status, libc::WUNTRACED) };
        assert!(stopped == pid && libc::WIFSTOPPED(status));
    }

    /// Ends a stop.
    pub fn go_on(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the process is our child, and not waited for yet, so the id is still its own.
        let sent = unsafe { libc::kill(self.child.id() as i32, signal) };
        assert_eq!(sent, 0);
    }

    /// Waits until the peer has done its part.
    pub fn finish(mut self) {
        let status = self.child.wait().expect("the peer ends");
        assert!(status.success(), "the peer: {status}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

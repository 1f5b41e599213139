//! The transports that are compared, behind one small trait, so that all of them do the same work.

pub mod line;
pub mod ntb;
pub mod ring;
pub mod sleeper;
pub mod socket;

use super::wire::{Kind, Setup};

/// One end of a connected byte stream.
pub trait Stream {
    /// Sends all of `data`.
    fn send(&mut self, data: &[u8]) -> anyhow::Result<()>;

    /// Receives at least one byte; how many. The end of the stream is an error: no workload
    /// ends in the middle.
    fn recv(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize>;

    /// Fills the buffer.
    #[inline]
    fn recv_all(&mut self, buffer: &mut [u8]) -> anyhow::Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            filled += self.recv(&mut buffer[filled..])?;
        }
        Ok(())
    }
}

/// A way to connect two processes.
pub trait Transport {
    type Stream: Stream;

    /// Gets ready for connections; the address to connect to.
    fn listen(&mut self) -> anyhow::Result<String>;

    /// Connects to what the other side's [`Self::listen`] said.
    fn connect(&mut self, address: &str) -> anyhow::Result<Self::Stream>;

    /// Waits for the next connection.
    fn accept(&mut self) -> anyhow::Result<Self::Stream>;
}

/// A text that says what is compared, for people: versions and settings that decide.
pub fn describe(setup: &Setup) -> String {
    match setup.kind {
        Kind::Tcp | Kind::TcpSystem | Kind::Veth | Kind::VethSystem => match &setup.congestion {
            Some(name) => format!("congestion control {name} set on both sockets, TCP_NODELAY"),
            None => {
                // Each network namespace has its own.
                let name = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control");
                let name = name.unwrap_or_default();
                format!(
                    "the system's congestion control, {}, TCP_NODELAY",
                    name.trim()
                )
            }
        },
        Kind::Unix => "stream socket, default buffers".to_owned(),
        Kind::Ring | Kind::RingPrefetch => format!(
            "byte ring of {} in shared memory, {} copies",
            bytesize::ByteSize(setup.ring_bytes),
            if setup.kind == Kind::Ring {
                "the system's"
            } else {
                "512-bit copies that fetch ahead (where there are any), else the system's"
            }
        ),
        Kind::LineRing => format!(
            "ring of {} 64-byte lines, 56 bytes of payload each",
            line::LINES
        ),
        _ => String::new(),
    }
}

//! Byte streams to a server: over TCP, or over NTB as the patched daemons talk to each other.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use ntb_core::driver::{Endpoint, Error as NtbError, Received, Transport};
use ntb_core::proto::wire::RefusalCode;
use rustix::net::sockopt;

use crate::error::Error;

/// The way to a server.
#[derive(Debug, Clone)]
pub enum Path {
    /// TCP without delay of small messages, as BeeGFS sets it.
    Tcp {
        /// Congestion control of what we send; `None`: the system's. What the server sends follows
        /// the setting of its host.
        congestion: Option<String>,
    },
    /// NTB: the server's control port is its TCP port plus `port_shift` (`connNTBPortShift`).
    Ntb {
        /// The presence of this process on the fabric.
        transport: Arc<Transport>,
        /// Distance of the ports.
        port_shift: u16,
    },
}

impl Path {
    /// TCP with the system's congestion control.
    pub fn tcp() -> Self {
        Self::Tcp { congestion: None }
    }

    /// Connects to the TCP port `server`, or to the control port that belongs to it. `timeout` is
    /// that of the connect and of each later wait; NTB has its own for connecting, from the
    /// transport's settings.
    ///
    /// # Errors
    /// [`Error::Connect`] or [`Error::NoNtb`].
    pub(crate) fn connect(&self, server: SocketAddr, timeout: Duration) -> Result<Stream, Error> {
        match self {
            Self::Tcp { congestion } => {
                let connect = || {
                    let stream = TcpStream::connect_timeout(&server, timeout)?;
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(timeout))?;
                    stream.set_write_timeout(Some(timeout))?;
                    if let Some(name) = congestion {
                        sockopt::set_tcp_congestion(&stream, name)?;
                    }
                    Ok(Stream::Tcp(stream))
                };
                connect().map_err(|source| Error::Connect { server, source })
            }
            Self::Ntb {
                transport,
                port_shift,
            } => {
                let control = SocketAddr::new(server.ip(), server.port().wrapping_add(*port_shift));
                match transport.connect(control) {
                    Ok(endpoint) => Ok(Stream::Ntb(Box::new(endpoint), timeout)),
                    Err(error) => Err(no_ntb(control, &error)),
                }
            }
        }
    }
}

const OTHER_SECRET: &str = " (do both sides have the same connAuthFile?)";
const OTHER_VERSION: &str = " (one of the two has to be updated)";

/// What to look at when the server has refused; its own reason stands before it.
fn hint_of(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::Version => OTHER_VERSION,
        RefusalCode::Authentication => OTHER_SECRET,
        RefusalCode::Memory => " (is the server's connNTBMemoryLimit too small?)",
        RefusalCode::Fabric => " (is the NTB link up, and are both hosts on one fabric?)",
        RefusalCode::Other => "",
    }
}

fn no_ntb(server: SocketAddr, error: &NtbError) -> Error {
    let hint = match error {
        NtbError::Io { source, .. } if source.kind() == ErrorKind::ConnectionRefused => {
            " (the server runs without NTB, or with another connNTBPortShift)"
        }
        NtbError::Authentication(_) => OTHER_SECRET,
        NtbError::Incompatible { .. } => OTHER_VERSION,
        NtbError::Refused { code, .. } => hint_of(*code),
        _ => "",
    };
    let reason = match error {
        NtbError::Io { what, source } => format!("{what}: {source}"),
        other => other.to_string(),
    };
    Error::NoNtb {
        server,
        reason,
        hint,
    }
}

/// A connected stream.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    /// With the longest time to wait for bytes.
    Ntb(Box<Endpoint>, Duration),
}

/// How a stream fails.
#[derive(Debug)]
pub(crate) enum StreamError {
    /// The peer closed it, or is gone.
    Ended(String),
    TimedOut,
}

impl Stream {
    /// Sends all of `data`.
    pub(crate) fn send(&mut self, data: &[u8]) -> Result<(), StreamError> {
        match self {
            Self::Tcp(stream) => stream.write_all(data).map_err(of_io),
            Self::Ntb(endpoint, _) => endpoint.send(data).map_err(|error| of_ntb(&error)),
        }
    }

    /// Says that the server sends this many bytes before it waits for a request.
    pub(crate) fn expect(&mut self, bytes: usize) {
        if let Self::Ntb(endpoint, _) = self {
            endpoint.expect(bytes as u64);
        }
    }

    /// Fills `buffer`; each wait for more bytes may take the whole timeout.
    pub(crate) fn recv_exact(&mut self, mut buffer: &mut [u8]) -> Result<(), StreamError> {
        match self {
            Self::Tcp(stream) => stream.read_exact(buffer).map_err(of_io),
            Self::Ntb(endpoint, timeout) => {
                while !buffer.is_empty() {
                    match endpoint.recv(buffer, Some(*timeout)) {
                        Ok(Received::Data(count)) => buffer = &mut buffer[count..],
                        Ok(Received::End) => return Err(closed()),
                        Err(error) => return Err(of_ntb(&error)),
                    }
                }
                Ok(())
            }
        }
    }
}

fn closed() -> StreamError {
    StreamError::Ended("closed by the server".to_owned())
}

fn of_io(error: std::io::Error) -> StreamError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => StreamError::TimedOut,
        ErrorKind::UnexpectedEof => closed(),
        _ => StreamError::Ended(error.to_string()),
    }
}

fn of_ntb(error: &NtbError) -> StreamError {
    match error {
        NtbError::TimedOut { .. } => StreamError::TimedOut,
        other => StreamError::Ended(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(error: &NtbError) -> String {
        no_ntb(SocketAddr::from(([10, 0, 0, 1], 9003)), error).to_string()
    }

    #[test]
    fn the_secret_is_suspected_only_where_it_may_be_the_cause() {
        let refused = |code| {
            let reason = "its own words".to_owned();
            text(&NtbError::Refused { code, reason })
        };
        let cases = [
            (RefusalCode::Version, "updated"),
            (RefusalCode::Authentication, "connAuthFile"),
            (RefusalCode::Memory, "connNTBMemoryLimit"),
            (RefusalCode::Fabric, "link"),
            (RefusalCode::Other, "its own words"),
        ];
        for (code, word) in cases {
            let text = refused(code);
            assert!(
                text.contains(word) && text.contains("its own words"),
                "{text}"
            );
            let of_secret = code == RefusalCode::Authentication;
            assert_eq!(text.contains("connAuthFile"), of_secret, "{text}");
        }
        assert!(refused(RefusalCode::Other).ends_with("its own words"));
    }

    #[test]
    fn what_this_side_finds_has_hints_too() {
        let authentication = text(&NtbError::Authentication("no proof"));
        assert!(authentication.ends_with(OTHER_SECRET), "{authentication}");
        let version = text(&NtbError::Incompatible {
            ours: (2, 2),
            theirs: (3, 4),
        });
        assert!(version.ends_with(OTHER_VERSION), "{version}");
        let port = text(&NtbError::Io {
            what: "connect",
            source: ErrorKind::ConnectionRefused.into(),
        });
        assert!(port.contains("connNTBPortShift"), "{port}");
        let lost = text(&NtbError::Lost("peer gone"));
        assert!(lost.ends_with("peer gone"), "{lost}");
    }
}

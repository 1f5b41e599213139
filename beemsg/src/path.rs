//! Byte streams to a server: over TCP, or over NTB as the patched daemons talk to each other.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use ntb_core::driver::{Endpoint, Error as NtbError, Received, Transport};
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

fn no_ntb(server: SocketAddr, error: &NtbError) -> Error {
    let refused = matches!(error, NtbError::Io { source, .. }
        if source.kind() == ErrorKind::ConnectionRefused);
    let hint = match error {
        _ if refused => " (the server runs without NTB, or with another connNTBPortShift)",
        NtbError::Authentication(_) | NtbError::Refused { .. } => {
            " (do both sides have the same connAuthFile?)"
        }
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

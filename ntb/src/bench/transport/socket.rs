//! TCP and AF_UNIX: what a user has without us.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use anyhow::{Context, bail};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send, sockopt};

use super::{Stream, Transport};
use crate::bench::wire::{Kind, Mode, Setup};

/// A kernel socket; asks the kernel again and again instead of sleeping in it if it spins.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    spin: bool,
}

impl Stream for Socket {
    #[inline]
    fn send(&mut self, mut data: &[u8]) -> anyhow::Result<()> {
        let flags = if self.spin {
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL
        } else {
            SendFlags::NOSIGNAL
        };
        while !data.is_empty() {
            match send(&self.fd, data, flags) {
                Ok(count) => data = &data[count..],
                Err(Errno::AGAIN) => std::hint::spin_loop(),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno).context("send"),
            }
        }
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        let flags = if self.spin {
            RecvFlags::DONTWAIT
        } else {
            RecvFlags::empty()
        };
        loop {
            match recv(&self.fd, &mut *buffer, flags) {
                Ok((0, _)) => bail!("the peer closed the connection"),
                Ok((count, _)) => return Ok(count),
                Err(Errno::AGAIN) => std::hint::spin_loop(),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno).context("receive"),
            }
        }
    }
}

/// TCP with Nagle's algorithm off.
#[derive(Debug)]
pub struct Tcp {
    spin: bool,
    address: String,
    congestion: Option<String>,
    listener: Option<TcpListener>,
}

impl Tcp {
    pub fn new(setup: &Setup) -> Self {
        Self {
            spin: setup.mode == Mode::Spinning,
            address: setup.address.clone(),
            congestion: setup.congestion.clone(),
            listener: None,
        }
    }

    fn stream(&self, stream: TcpStream) -> anyhow::Result<Socket> {
        stream.set_nodelay(true).context("TCP_NODELAY")?;
        if let Some(name) = &self.congestion {
            sockopt::set_tcp_congestion(&stream, name)
                .with_context(|| format!("setting congestion control {name}"))?;
        }
        Ok(Socket {
            fd: stream.into(),
            spin: self.spin,
        })
    }
}

impl Transport for Tcp {
    type Stream = Socket;

    fn listen(&mut self) -> anyhow::Result<String> {
        let listener = TcpListener::bind((self.address.as_str(), 0))
            .with_context(|| format!("binding {}", self.address))?;
        let address = listener.local_addr()?.to_string();
        self.listener = Some(listener);
        Ok(address)
    }

    fn connect(&mut self, address: &str) -> anyhow::Result<Socket> {
        let address: SocketAddr = address.parse()?;
        let stream =
            TcpStream::connect(address).with_context(|| format!("connecting {address}"))?;
        self.stream(stream)
    }

    fn accept(&mut self) -> anyhow::Result<Socket> {
        let (stream, _) = self.listener.as_ref().context("not listening")?.accept()?;
        self.stream(stream)
    }
}

/// AF_UNIX stream sockets.
#[derive(Debug)]
pub struct Unix {
    spin: bool,
    path: PathBuf,
    listener: Option<UnixListener>,
}

impl Unix {
    pub fn new(setup: &Setup) -> Self {
        Self {
            spin: setup.mode == Mode::Spinning,
            path: socket_path(setup),
            listener: None,
        }
    }

    fn stream(&self, stream: UnixStream) -> Socket {
        Socket {
            fd: stream.into(),
            spin: self.spin,
        }
    }
}

/// A name of its own for each listening worker of a run.
pub fn socket_path(setup: &Setup) -> PathBuf {
    let what = if setup.kind == Kind::Unix {
        "unix"
    } else {
        "ring"
    };
    setup.folder.join(format!("{what}-{}", std::process::id()))
}

impl Transport for Unix {
    type Stream = Socket;

    fn listen(&mut self) -> anyhow::Result<String> {
        let listener = UnixListener::bind(&self.path)
            .with_context(|| format!("binding {}", self.path.display()))?;
        self.listener = Some(listener);
        Ok(self.path.display().to_string())
    }

    fn connect(&mut self, address: &str) -> anyhow::Result<Socket> {
        let stream =
            UnixStream::connect(address).with_context(|| format!("connecting {address}"))?;
        Ok(self.stream(stream))
    }

    fn accept(&mut self) -> anyhow::Result<Socket> {
        let (stream, _) = self.listener.as_ref().context("not listening")?.accept()?;
        Ok(self.stream(stream))
    }
}

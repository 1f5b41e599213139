//! Opening a control channel: a TCP connection, on request from a certain local address.

use super::sys::timespec;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Connects within `timeout`; from the address `source` if one is given (BeeGFS's
/// `connRestrictOutboundInterfaces`).
///
/// # Errors
/// The system's; [`io::ErrorKind::TimedOut`] if there is no answer, also for an address of ours
/// that is gone.
pub(crate) fn dial(
    peer: SocketAddr,
    source: Option<IpAddr>,
    timeout: Duration,
) -> io::Result<TcpStream> {
    match source {
        None => TcpStream::connect_timeout(&peer, timeout),
        Some(source) => dial_from(peer, source, timeout),
    }
}

fn dial_from(peer: SocketAddr, source: IpAddr, timeout: Duration) -> io::Result<TcpStream> {
    let family = match peer {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    bind(&socket, &SocketAddr::new(source, 0))?;
    match connect(&socket, &peer) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    let deadline = Instant::now() + timeout;
    loop {
        let left = timespec(deadline.saturating_duration_since(Instant::now()));
        let mut fds = [PollFd::new(&socket, PollFlags::OUT)];
        match poll(&mut fds, Some(&left)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    sockopt::socket_error(&socket)??;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn the_peer_sees_the_wanted_source_address() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let peer = listener.local_addr().unwrap();
        let source = IpAddr::from([127, 0, 0, 42]);
        let stream = dial(peer, Some(source), Duration::from_secs(10)).unwrap();
        let (_accepted, from) = listener.accept().unwrap();
        assert_eq!(from, stream.local_addr().unwrap());
        assert_eq!(from.ip(), source);
    }

    #[test]
    fn failures_are_told_apart() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let peer = free.local_addr().unwrap();
        drop(free);
        let ours = Some(IpAddr::from([127, 0, 0, 42]));
        let refused = dial(peer, ours, Duration::from_secs(10)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        // Of a network for documentation: nobody's.
        let foreign = Some(IpAddr::from([192, 0, 2, 1]));
        let error = dial(peer, foreign, Duration::from_secs(10)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
    }
}

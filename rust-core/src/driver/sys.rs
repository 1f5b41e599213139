//! The few system calls for which no library of the project has a safe form.

use rustix::event::Timespec;
use rustix::fd::{AsRawFd, BorrowedFd, RawFd};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::ptr::null_mut;
use std::time::Duration;

/// A duration as the kernel wants it.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

/// Blocks all signals in the calling thread: they belong to the host program's own threads.
pub(crate) fn block_signals() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the set it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set was initialised by the line above; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), null_mut()) };
}

/// Bytes received and bytes acknowledged by the peer on a TCP socket; `None` if it isn't one.
pub(crate) fn tcp_bytes(fd: BorrowedFd<'_>) -> Option<(u64, u64)> {
    /// Where the kernel's `tcp_info` holds the two counters (uapi/linux/tcp.h, since 4.1).
    const BYTES_ACKED: usize = 120;
    const BYTES_RECEIVED: usize = 128;
    let mut info = [0u64; 32];
    let mut len = size_of_val(&info) as libc::socklen_t;
    // SAFETY: `info` is valid for `len` bytes; the kernel writes at most that many.
    let answer = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    if answer != 0 || (len as usize) < BYTES_RECEIVED + 8 {
        return None;
    }
    Some((info[BYTES_RECEIVED / 8], info[BYTES_ACKED / 8]))
}

/// A connected TCP socket of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TcpSocket {
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
}

/// All connected TCP sockets of this process, found by its table of descriptors.
pub(crate) fn tcp_sockets() -> Vec<TcpSocket> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter_map(tcp_socket).collect()
}

fn tcp_socket(number: RawFd) -> Option<TcpSocket> {
    // SAFETY: the descriptor may be closed or replaced by another thread at any time, as all of
    // them belong to the host program. It is only asked for names and counters, which changes
    // nothing and fails cleanly if it is no socket (any more), and it is not kept.
    let fd = unsafe { BorrowedFd::borrow_raw(number) };
    let (bytes_in, bytes_out) = tcp_bytes(fd)?;
    let local = rustix::net::getsockname(fd).ok()?.try_into().ok()?;
    let peer = rustix::net::getpeername(fd).ok()??.try_into().ok()?;
    Some(TcpSocket {
        local,
        peer,
        bytes_in,
        bytes_out,
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn tcp_counters_count_payload() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(&[7; 12345]).unwrap();
        server.read_exact(&mut [0; 12345]).unwrap();
        assert_eq!(tcp_bytes(server.as_fd()).unwrap().0, 12345);
        assert!(tcp_bytes(std::io::stdin().as_fd()).is_none());
    }
}

//! Connections.

use crate::code::ntb_code;
use crate::failure::{Failure, call};
use crate::handle::{self, Table};
use crate::listener::timeout;
use crate::raw;
use crate::status::{ENDPOINT_FIRST, ntb_endpoint_status};
use ntb_core::driver::{Endpoint, Received, Transport};
use std::ffi::{c_int, c_void};
use std::sync::Arc;

/// One side of a connection: a stream of bytes in each direction. Made by ntb_connect or ntb_accept,
/// ended by ntb_close. It may move between threads, but one thread at a time uses it; a second one is
/// answered NTB_ERR_BUSY.
pub struct ntb_endpoint {
    _opaque: [u8; 0],
}

struct Open {
    endpoint: Endpoint,
    _transport: Arc<Transport>,
}

static ENDPOINTS: Table<Open> = Table::new(3, "endpoint");

pub(crate) fn open(
    endpoint: Endpoint,
    transport: Arc<Transport>,
) -> Result<*mut ntb_endpoint, Failure> {
    let open = Open {
        endpoint,
        _transport: transport,
    };
    let key = ENDPOINTS.insert(open)?;
    Ok(std::ptr::without_provenance_mut(key))
}

/// Runs `work` on a connection.
#[inline]
fn with<T>(
    handle: *mut ntb_endpoint,
    work: impl FnOnce(&mut Endpoint) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut inside = ENDPOINTS.enter(handle.addr())?;
    match inside.object() {
        Some(open) => work(&mut open.endpoint),
        None => Err(Failure::internal("an open handle without its object")),
    }
}

/// Sends all of `bytes` bytes at `data`; when it returns they may be reused. Blocks while the peer's
/// ring is full, for at most `send_timeout_ms` in which the peer takes nothing.
///
/// Answers NTB_OK; NTB_TIMED_OUT; NTB_ERR_CLOSED, NTB_ERR_LOST or NTB_ERR_PEER_FAULT if the connection
/// is dead; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_BUSY. After anything but NTB_OK an unknown part of
/// the bytes has been sent, so that all that is left to do is to close.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_send(
    endpoint: *mut ntb_endpoint,
    data: *const c_void,
    bytes: usize,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives as many bytes as it says.
        let data = unsafe { raw::bytes(data, bytes, "the data") }?;
        with(endpoint, |endpoint| Ok(endpoint.send(data)?))
    })
}

/// Receives at least one byte and at most `size` into `buffer`, waiting up to `timeout_ms` milliseconds:
/// 0 does not sleep, NTB_FOREVER waits without end. `*received` is set to the number of bytes, which is
/// 0 for any answer but NTB_OK. A `size` of 0 receives nothing and succeeds.
///
/// Answers NTB_OK; NTB_END; NTB_TIMED_OUT; NTB_ERR_LOST or NTB_ERR_PEER_FAULT if the connection is dead;
/// NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_BUSY. What arrived before a connection was lost is received
/// first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_recv(
    endpoint: *mut ntb_endpoint,
    buffer: *mut c_void,
    size: usize,
    timeout_ms: i64,
    received: *mut usize,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a place for the number, here and below.
        unsafe { raw::set(received, "the place for the number of bytes", 0) }?;
        // SAFETY: the caller gives as many bytes as it says.
        let buffer = unsafe { raw::buffer(buffer, size, "the buffer") }?;
        let timeout = timeout(timeout_ms)?;
        let got = with(endpoint, |endpoint| Ok(endpoint.recv(buffer, timeout)?))?;
        match got {
            // SAFETY: as above.
            Received::Data(bytes) => unsafe {
                raw::set(received, "the place for the number of bytes", bytes)
            },
            Received::End => Err(Failure::new(ntb_code::NTB_END, "closed by the peer")),
        }
    })
}

/// Sets `*bytes` to the number of bytes that can be received without waiting. If it is 0, the descriptor
/// has been drained and becomes readable with the next byte or the end: an event loop receives until
/// this says 0, and only then waits for the descriptor again.
///
/// Answers NTB_OK; NTB_ERR_CLOSED at the end of the stream; NTB_ERR_LOST or NTB_ERR_PEER_FAULT if the
/// connection is dead; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_readable(endpoint: *mut ntb_endpoint, bytes: *mut u64) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a place for the number, here and below.
        unsafe { raw::set(bytes, "the place for the number of bytes", 0) }?;
        let readable = with(endpoint, |endpoint| Ok(endpoint.readable()?))?;
        // SAFETY: as above.
        unsafe { raw::set(bytes, "the place for the number of bytes", readable) }
    })
}

/// Sets `*fd` to a descriptor for poll, select and epoll: readable while bytes or the end may wait, see
/// ntb_readable. It is the same for the life of the connection and stays the connection's: don't read,
/// don't close it. There is none for sending: ntb_send blocks.
///
/// Answers NTB_OK, NTB_ERR_ARGUMENT, NTB_ERR_HANDLE or NTB_ERR_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_fd(endpoint: *mut ntb_endpoint, fd: *mut c_int) -> ntb_code {
    call(|| {
        let found = with(endpoint, |endpoint| Ok(endpoint.raw_fd()))?;
        // SAFETY: the caller gives a place for it.
        unsafe { raw::set(fd, "the place for the descriptor", found) }
    })
}

/// Fills `status`, whose `size` must be set.
///
/// Answers NTB_OK, NTB_ERR_ARGUMENT, NTB_ERR_HANDLE or NTB_ERR_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_get_status(
    endpoint: *mut ntb_endpoint,
    status: *mut ntb_endpoint_status,
) -> ntb_code {
    call(|| {
        let found = with(endpoint, |endpoint| {
            Ok(ntb_endpoint_status::new(
                &endpoint.status(),
                endpoint.peer(),
            ))
        })?;
        // SAFETY: the caller gives a structure of the size that it says.
        unsafe { raw::write_sized(status, &found, ENDPOINT_FIRST) }
    })
}

/// Tells the peer that nothing more will be sent, and sends nothing more. What the peer has sent can
/// still be received. The peer answers with its own goodbye, so what it sends afterwards fails there
/// with NTB_ERR_CLOSED: there is no half-closed connection. May be called again.
///
/// Answers NTB_OK, NTB_ERR_HANDLE or NTB_ERR_BUSY.
#[unsafe(no_mangle)]
pub extern "C" fn ntb_shutdown(endpoint: *mut ntb_endpoint) -> ntb_code {
    call(|| {
        with(endpoint, |endpoint| {
            endpoint.shutdown();
            Ok(())
        })
    })
}

/// Closes the connection, its descriptor and the handle. All that was sent before reaches the peer.
///
/// Answers NTB_OK; NTB_ERR_HANDLE; NTB_ERR_BUSY while another thread uses it (the handle stays valid).
#[unsafe(no_mangle)]
pub extern "C" fn ntb_close(endpoint: *mut ntb_endpoint) -> ntb_code {
    call(|| {
        let (open, broken) = ENDPOINTS.remove(endpoint.addr(), |_| Ok(()))?;
        // The peer at least hears of the end.
        handle::end(open, broken, |open| open.endpoint.shutdown());
        Ok(())
    })
}

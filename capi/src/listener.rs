//! Incoming connections.

use crate::code::ntb_code;
use crate::endpoint::{self, ntb_endpoint};
use crate::failure::{Failure, call};
use crate::handle::{self, Table};
use crate::raw;
use ntb_core::driver::{Listener, Transport};
use std::ffi::c_int;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A port on which connections are accepted. Made by ntb_listen, ended by ntb_listener_close. Several
/// threads may use it at once.
pub struct ntb_listener {
    _opaque: [u8; 0],
}

/// Timeout without end.
pub const NTB_FOREVER: i64 = -1;

struct Open {
    listener: Listener,
    transport: Arc<Transport>,
}

static LISTENERS: Table<Arc<Open>> = Table::new(2, "listener");

pub(crate) fn open(
    listener: Listener,
    transport: Arc<Transport>,
) -> Result<*mut ntb_listener, Failure> {
    let open = Open {
        listener,
        transport,
    };
    let key = LISTENERS.insert(Arc::new(open))?;
    Ok(std::ptr::without_provenance_mut(key))
}

/// A timeout of the program.
pub(crate) fn timeout(millis: i64) -> Result<Option<Duration>, Failure> {
    match u64::try_from(millis) {
        Ok(millis) => Ok(Some(Duration::from_millis(millis))),
        Err(_) if millis == NTB_FOREVER => Ok(None),
        Err(_) => Err(Failure::argument(format!(
            "the timeout is {millis} ms, must be 0 or more, or NTB_FOREVER"
        ))),
    }
}

/// Takes the next connection, waiting up to `timeout_ms` milliseconds: 0 does not wait, NTB_FOREVER
/// waits without end. When it answers NTB_TIMED_OUT, the descriptor of the listener has been drained and
/// becomes readable with the next connection.
///
/// On success `*endpoint` is a handle, to be closed by ntb_close; else it is null.
///
/// Answers NTB_OK; NTB_TIMED_OUT; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_SYSTEM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_accept(
    listener: *mut ntb_listener,
    timeout_ms: i64,
    endpoint: *mut *mut ntb_endpoint,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a place for the handle, here and below.
        unsafe { raw::set(endpoint, "the place for the endpoint", std::ptr::null_mut()) }?;
        let timeout = timeout(timeout_ms)?;
        let open = LISTENERS.share(listener.addr())?;
        let accepted = accept(&open.listener, timeout)?;
        let opened = endpoint::open(accepted, Arc::clone(&open.transport))?;
        // SAFETY: as above.
        unsafe { raw::set(endpoint, "the place for the endpoint", opened) }
    })
}

fn accept(
    listener: &Listener,
    timeout: Option<Duration>,
) -> Result<ntb_core::driver::Endpoint, Failure> {
    // Too far away to be named is without end.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        if listener.pending()
            && let Some(endpoint) = listener.accept()
        {
            return Ok(endpoint);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            let millis = timeout.unwrap_or_default().as_millis();
            let text = format!("nobody connected within {millis} ms");
            return Err(Failure::new(ntb_code::NTB_TIMED_OUT, text));
        }
        listener.wait(deadline)?;
    }
}

/// Sets `*fd` to a descriptor for poll, select and epoll: readable while a connection may wait. Accept
/// with a timeout of 0 until NTB_TIMED_OUT, which drains it. It stays the listener's: don't read, don't
/// close it.
///
/// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_listener_fd(listener: *mut ntb_listener, fd: *mut c_int) -> ntb_code {
    call(|| {
        let open = LISTENERS.share(listener.addr())?;
        // SAFETY: the caller gives a place for it.
        unsafe { raw::set(fd, "the place for the descriptor", open.listener.raw_fd()) }
    })
}

/// Sets `*port` to the TCP port that is listened on.
///
/// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_listener_port(
    listener: *mut ntb_listener,
    port: *mut u16,
) -> ntb_code {
    call(|| {
        let open = LISTENERS.share(listener.addr())?;
        // SAFETY: the caller gives a place for it.
        unsafe {
            raw::set(
                port,
                "the place for the port",
                open.listener.address().port(),
            )
        }
    })
}

/// Closes the port, its descriptor and the handle. Connections that were not accepted and handshakes
/// under way are closed, accepted connections go on. The port can be listened on again at once.
///
/// Answers NTB_OK; NTB_ERR_HANDLE; NTB_ERR_BUSY while another thread uses it (the handle stays valid).
#[unsafe(no_mangle)]
pub extern "C" fn ntb_listener_close(listener: *mut ntb_listener) -> ntb_code {
    call(|| {
        let alone = |open: &Arc<Open>| match Arc::strong_count(open) - 1 {
            0 => Ok(()),
            users => Err(Failure::busy(format!("{users} calls use this listener"))),
        };
        let (open, broken) = LISTENERS.remove(listener.addr(), alone)?;
        handle::end(open, broken, |_| ());
        Ok(())
    })
}

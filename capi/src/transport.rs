//! Starting, stopping, connecting.

use crate::code::ntb_code;
use crate::endpoint::{self, ntb_endpoint};
use crate::failure::{Failure, call};
use crate::handle::{self, Table};
use crate::listener::{self, ntb_listener};
use crate::raw;
use crate::settings::{self, ntb_settings};
use crate::status::{self, ntb_transport_status};
use ntb_core::driver::Transport;
use std::ffi::{c_char, c_int};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The presence of this process on the fabric: adapter, exported memory, one thread. Made by
/// ntb_start, ended by ntb_stop. Several threads may use it at once.
pub struct ntb_transport {
    _opaque: [u8; 0],
}

static TRANSPORTS: Table<Arc<Transport>> = Table::new(1, "transport");

/// Loads the SISCI library, opens the adapter and starts a thread. `settings` may be null, for the
/// defaults. A process may have several transports. A child of fork() must not use those of its
/// parent: fork first, then start.
///
/// On success `*transport` is a handle, to be ended by ntb_stop; else it is null.
///
/// Answers NTB_OK; NTB_ERR_ARGUMENT or NTB_ERR_SETTING; NTB_ERR_LIBRARY, NTB_ERR_DEVICE or
/// NTB_ERR_SYSTEM if there is no usable library, adapter or driver.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_start(
    settings: *const ntb_settings,
    transport: *mut *mut ntb_transport,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a place for the handle, here and below.
        unsafe {
            raw::set(
                transport,
                "the place for the transport",
                std::ptr::null_mut(),
            )
        }?;
        // SAFETY: the caller gives settings as the header says.
        let config = unsafe { settings::config(settings) }?;
        let key = TRANSPORTS.insert(Arc::new(Transport::start(config)?))?;
        // SAFETY: as above.
        unsafe { raw::set(transport, "the place for the transport", pointer(key)) }
    })
}

/// Ends a transport: its threads, its memory, and the handle. Its listeners and connections must have
/// been closed. If a peer is just being tried in the background (see ntb_connect_or_skip), waits for the
/// end of that, at most `connect_timeout_ms`. Afterwards nothing of it uses the SISCI library.
///
/// Answers NTB_OK; NTB_ERR_HANDLE; NTB_ERR_BUSY if something of it is still open or in use (the handle
/// stays valid).
#[unsafe(no_mangle)]
pub extern "C" fn ntb_stop(transport: *mut ntb_transport) -> ntb_code {
    call(|| {
        let alone = |transport: &Arc<Transport>| match Arc::strong_count(transport) - 1 {
            0 => Ok(()),
            users => Err(Failure::busy(format!(
                "{users} listeners, connections or calls still use this transport"
            ))),
        };
        let (transport, broken) = TRANSPORTS.remove(transport.addr(), alone)?;
        handle::end(transport, broken, |_| ());
        Ok(())
    })
}

/// Listens for connections on the numeric address `host` (such as "0.0.0.0", "::", "10.0.0.3") and a
/// TCP port; port 0 picks one, see ntb_listener_port. "::" takes IPv4 as well, whatever the host's
/// default for such sockets. Handshakes are done in the background from now on.
///
/// On success `*listener` is a handle, to be closed by ntb_listener_close; else it is null.
///
/// Answers NTB_OK; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_SYSTEM if the port can't be had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_listen(
    transport: *mut ntb_transport,
    host: *const c_char,
    port: u16,
    listener: *mut *mut ntb_listener,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a place for the handle, here and below.
        unsafe { raw::set(listener, "the place for the listener", std::ptr::null_mut()) }?;
        let transport = TRANSPORTS.share(transport.addr())?;
        // SAFETY: the caller gives a text with an end.
        let address = unsafe { address(host, port) }?;
        let opened = listener::open(transport.listen(address)?, transport)?;
        // SAFETY: as above.
        unsafe { raw::set(listener, "the place for the listener", opened) }
    })
}

/// Connects to the NTB port of a peer, given as a numeric address and a TCP port. Blocks for at most
/// `connect_timeout_ms`.
///
/// On success `*endpoint` is a handle, to be closed by ntb_close; else it is null.
///
/// Answers NTB_OK; NTB_TIMED_OUT; any error: the peer does not answer, refuses, speaks another version,
/// does not share our secret, can't be reached over the fabric, or our memory is used up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_connect(
    transport: *mut ntb_transport,
    host: *const c_char,
    port: u16,
    endpoint: *mut *mut ntb_endpoint,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a place for the handle, here and below.
        unsafe { raw::set(endpoint, "the place for the endpoint", std::ptr::null_mut()) }?;
        let transport = TRANSPORTS.share(transport.addr())?;
        // SAFETY: the caller gives a text with an end.
        let address = unsafe { address(host, port) }?;
        let opened = endpoint::open(transport.connect(address)?, transport)?;
        // SAFETY: as above.
        unsafe { raw::set(endpoint, "the place for the endpoint", opened) }
    })
}

/// ntb_connect for a program that has another path, such as TCP: a peer that could not be reached is
/// remembered, and further calls answer NTB_SKIPPED at once. Such calls let it be tried again in the
/// background, after pauses of at most `retry_ms`; when it answers, the next call connects. While one
/// thread connects, others that want the same peer wait for the outcome. `is_new` may be null; it is
/// set to 1 if the kind of reason was not given before and so is worth a line in a log, else to 0.
///
/// Answers NTB_OK; NTB_SKIPPED, with the reason as text; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_connect_or_skip(
    transport: *mut ntb_transport,
    host: *const c_char,
    port: u16,
    endpoint: *mut *mut ntb_endpoint,
    is_new: *mut c_int,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives places for both, here and below.
        unsafe { raw::set(endpoint, "the place for the endpoint", std::ptr::null_mut()) }?;
        let news = |news| {
            if is_new.is_null() {
                return Ok(());
            }
            // SAFETY: as above.
            unsafe { raw::set(is_new, "the place for is_new", c_int::from(news)) }
        };
        news(false)?;
        let transport = TRANSPORTS.share(transport.addr())?;
        // SAFETY: the caller gives a text with an end.
        let address = unsafe { address(host, port) }?;
        match transport.connect_or_skip(address, None) {
            Ok(connected) => {
                let opened = endpoint::open(connected, transport)?;
                // SAFETY: as above.
                unsafe { raw::set(endpoint, "the place for the endpoint", opened) }
            }
            Err(skip) => {
                news(skip.is_new)?;
                Err(skip.into())
            }
        }
    })
}

/// Fills `status`, whose `size` must be set.
///
/// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_transport_get_status(
    transport: *mut ntb_transport,
    status: *mut ntb_transport_status,
) -> ntb_code {
    call(|| {
        let report = TRANSPORTS.share(transport.addr())?.report();
        // SAFETY: the caller gives a structure of the size that it says.
        unsafe { raw::write_sized(status, &(&report).into(), status::TRANSPORT_FIRST) }
    })
}

/// Everything there is to know of a transport, as a JSON document in UTF-8: adapter, memory, each
/// connection with its counters, each peer that is skipped with the reason. It is the document that
/// `ntb stat` shows.
///
/// Writes at most `size` bytes to `buffer`, a zero byte at their end; what does not fit is cut. If
/// `needed` is not null, it is set to the size that would have been enough. `buffer` may be null if
/// `size` is 0.
///
/// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_report(
    transport: *mut ntb_transport,
    buffer: *mut c_char,
    size: usize,
    needed: *mut usize,
) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives `size` bytes.
        let buffer = unsafe { raw::buffer(buffer.cast(), size, "the buffer") }?;
        let report = TRANSPORTS.share(transport.addr())?.report();
        let document =
            serde_json::to_vec(&report).map_err(|error| Failure::internal(&error.to_string()))?;
        if let Some(room) = size.checked_sub(1) {
            let fits = room.min(document.len());
            buffer[..fits].copy_from_slice(&document[..fits]);
            buffer[fits] = 0;
        }
        if needed.is_null() {
            return Ok(());
        }
        // SAFETY: the caller gives a place for the number.
        unsafe { raw::set(needed, "the place for the size", document.len() + 1) }
    })
}

/// A key as C holds it: no address, so whoever follows it by mistake is stopped at once.
fn pointer(key: usize) -> *mut ntb_transport {
    std::ptr::without_provenance_mut(key)
}

/// # Safety
/// `host` is null or a text with an end.
unsafe fn address(host: *const c_char, port: u16) -> Result<SocketAddr, Failure> {
    // SAFETY: as the caller promises.
    let host = unsafe { raw::text(host, "the address") }?;
    let host = host.ok_or_else(|| Failure::argument("the address is null"))?;
    let ip: IpAddr = host
        .parse()
        .map_err(|_| Failure::argument(format!("{host:?} is no numeric IPv4 or IPv6 address")))?;
    Ok(SocketAddr::new(ip, port))
}

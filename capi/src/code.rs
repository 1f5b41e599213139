//! What a call answers.

use std::ffi::c_char;

/// What a call answers. 0 is success, positive is an outcome that a program has to expect, negative
/// an error. New values may come: treat unknown negative ones as NTB_ERR_INTERNAL.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ntb_code {
    /// As asked.
    NTB_OK = 0,
    /// The peer closed the connection in order, and all that it sent has been received.
    NTB_END = 1,
    /// The time was up. Nothing was lost: the call may be repeated (a send may not, see there).
    NTB_TIMED_OUT = 2,
    /// This peer is not reached over NTB: take another path. The text says why.
    NTB_SKIPPED = 3,

    /// Caller: an argument is out of range, a pointer null or misaligned, a structure too small.
    NTB_ERR_ARGUMENT = -1,
    /// Caller: the handle is null, closed, or one of another kind.
    NTB_ERR_HANDLE = -2,
    /// Caller: another thread is inside this handle, or others still need it.
    NTB_ERR_BUSY = -3,
    /// Caller: a setting is out of range. `value` has it, the text the range.
    NTB_ERR_SETTING = -4,

    /// Peer: it broke the protocol; the connection is dead.
    NTB_ERR_PEER_FAULT = -10,
    /// Peer: no protocol version in common. `value` has its highest, `limit` ours.
    NTB_ERR_INCOMPATIBLE = -11,
    /// Peer: it refused the connection. The text has its reason.
    NTB_ERR_REFUSED = -12,
    /// Peer: it can't prove that it knows our secret, or one side has none.
    NTB_ERR_AUTHENTICATION = -13,

    /// Connection: the peer closed it, so that it takes no more bytes. `value` has the number of bytes
    /// received.
    NTB_ERR_CLOSED = -20,
    /// Connection: the peer's process, its host or the link is gone, or this side has shut it down.
    NTB_ERR_LOST = -21,

    /// Host: the memory for peers is used up. `value` has the bytes wanted, `limit` those of the setting.
    NTB_ERR_MEMORY = -30,
    /// Host: a call into the SISCI library failed. `system` has its result.
    NTB_ERR_DEVICE = -31,
    /// Host: the SISCI library can't be loaded, or is none.
    NTB_ERR_LIBRARY = -32,
    /// Host: the operating system refused something. `system` has the errno.
    NTB_ERR_SYSTEM = -33,

    /// A defect in this library. The object that was used is dead and can only be closed.
    NTB_ERR_INTERNAL = -40,
}

/// Whose fault an error is: what to change so that it does not come again.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ntb_fault {
    /// Nobody's: success, or an outcome.
    NTB_FAULT_NONE = 0,
    /// The calling program or its settings.
    NTB_FAULT_CALLER = 1,
    /// The other side of the connection.
    NTB_FAULT_PEER = 2,
    /// Nobody's: the connection ended. Another one may do better.
    NTB_FAULT_CONNECTION = 3,
    /// This host: adapter, library, memory, operating system.
    NTB_FAULT_HOST = 4,
    /// This library.
    NTB_FAULT_LIBRARY = 5,
}

impl ntb_code {
    /// The name, with its end for C.
    pub(crate) fn name(self) -> &'static std::ffi::CStr {
        match self {
            Self::NTB_OK => c"NTB_OK",
            Self::NTB_END => c"NTB_END",
            Self::NTB_TIMED_OUT => c"NTB_TIMED_OUT",
            Self::NTB_SKIPPED => c"NTB_SKIPPED",
            Self::NTB_ERR_ARGUMENT => c"NTB_ERR_ARGUMENT",
            Self::NTB_ERR_HANDLE => c"NTB_ERR_HANDLE",
            Self::NTB_ERR_BUSY => c"NTB_ERR_BUSY",
            Self::NTB_ERR_SETTING => c"NTB_ERR_SETTING",
            Self::NTB_ERR_PEER_FAULT => c"NTB_ERR_PEER_FAULT",
            Self::NTB_ERR_INCOMPATIBLE => c"NTB_ERR_INCOMPATIBLE",
            Self::NTB_ERR_REFUSED => c"NTB_ERR_REFUSED",
            Self::NTB_ERR_AUTHENTICATION => c"NTB_ERR_AUTHENTICATION",
            Self::NTB_ERR_CLOSED => c"NTB_ERR_CLOSED",
            Self::NTB_ERR_LOST => c"NTB_ERR_LOST",
            Self::NTB_ERR_MEMORY => c"NTB_ERR_MEMORY",
            Self::NTB_ERR_DEVICE => c"NTB_ERR_DEVICE",
            Self::NTB_ERR_LIBRARY => c"NTB_ERR_LIBRARY",
            Self::NTB_ERR_SYSTEM => c"NTB_ERR_SYSTEM",
            Self::NTB_ERR_INTERNAL => c"NTB_ERR_INTERNAL",
        }
    }

    /// Whose fault this is; the ranges above are the faults.
    pub(crate) fn fault(self) -> ntb_fault {
        match self as i32 {
            0.. => ntb_fault::NTB_FAULT_NONE,
            -9..0 => ntb_fault::NTB_FAULT_CALLER,
            -19..-9 => ntb_fault::NTB_FAULT_PEER,
            -29..-19 => ntb_fault::NTB_FAULT_CONNECTION,
            -39..-29 => ntb_fault::NTB_FAULT_HOST,
            _ => ntb_fault::NTB_FAULT_LIBRARY,
        }
    }

    pub(crate) const ALL: [Self; 19] = [
        Self::NTB_OK,
        Self::NTB_END,
        Self::NTB_TIMED_OUT,
        Self::NTB_SKIPPED,
        Self::NTB_ERR_ARGUMENT,
        Self::NTB_ERR_HANDLE,
        Self::NTB_ERR_BUSY,
        Self::NTB_ERR_SETTING,
        Self::NTB_ERR_PEER_FAULT,
        Self::NTB_ERR_INCOMPATIBLE,
        Self::NTB_ERR_REFUSED,
        Self::NTB_ERR_AUTHENTICATION,
        Self::NTB_ERR_CLOSED,
        Self::NTB_ERR_LOST,
        Self::NTB_ERR_MEMORY,
        Self::NTB_ERR_DEVICE,
        Self::NTB_ERR_LIBRARY,
        Self::NTB_ERR_SYSTEM,
        Self::NTB_ERR_INTERNAL,
    ];
}

/// The name of a code, such as "NTB_ERR_LOST"; "unknown code" for any other number. Never null, and
/// nobody's to free.
#[unsafe(no_mangle)]
pub extern "C" fn ntb_code_name(code: i32) -> *const c_char {
    let known = ntb_code::ALL
        .into_iter()
        .find(|known| *known as i32 == code);
    known.map_or(c"unknown code", ntb_code::name).as_ptr()
}

/// The version of the library that runs, such as "0.1.0". Never null, and nobody's to free.
#[unsafe(no_mangle)]
pub extern "C" fn ntb_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

//! The last error of a thread, and the guard at each exported function.

use crate::code::{ntb_code, ntb_fault};
use ntb_core::driver::{Error, Skip};
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Room for the text of an error, in bytes, its end included.
pub const NTB_TEXT_MAX: usize = 512;

/// The last error of a thread, with its numbers.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ntb_error {
    /// Size of this structure in bytes, set by the caller: sizeof(ntb_error).
    pub size: usize,
    /// What the call answered.
    pub code: ntb_code,
    /// Whose fault it is.
    pub fault: ntb_fault,
    /// The number that was wrong, where the code has one; else 0.
    pub value: u64,
    /// The number that it should have kept to, where the code has one; else 0.
    pub limit: u64,
    /// An errno or a result of the SISCI library, where the code has one; else 0.
    pub system: i64,
    /// What happened, in English, with all numbers; ends with a zero byte, cut if longer.
    pub text: [c_char; NTB_TEXT_MAX],
}

/// Why a call did not give what was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) code: ntb_code,
    pub(crate) text: String,
    value: u64,
    limit: u64,
    system: i64,
}

impl Failure {
    pub(crate) fn new(code: ntb_code, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            value: 0,
            limit: 0,
            system: 0,
        }
    }

    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Self::new(ntb_code::NTB_ERR_ARGUMENT, text)
    }

    pub(crate) fn handle(text: String) -> Self {
        Self::new(ntb_code::NTB_ERR_HANDLE, text)
    }

    pub(crate) fn busy(text: String) -> Self {
        Self::new(ntb_code::NTB_ERR_BUSY, text)
    }

    pub(crate) fn internal(text: &str) -> Self {
        Self::new(ntb_code::NTB_ERR_INTERNAL, text)
    }

    fn numbers(mut self, value: u64, limit: u64) -> Self {
        (self.value, self.limit) = (value, limit);
        self
    }

    fn system(mut self, system: i64) -> Self {
        self.system = system;
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let of = |code| Self::new(code, text);
        match error {
            Error::PeerFault(_) => of(ntb_code::NTB_ERR_PEER_FAULT),
            Error::Incompatible { ours, theirs } => {
                of(ntb_code::NTB_ERR_INCOMPATIBLE).numbers(theirs.1.into(), ours.1.into())
            }
            Error::Refused { .. } => of(ntb_code::NTB_ERR_REFUSED),
            Error::Authentication(_) => of(ntb_code::NTB_ERR_AUTHENTICATION),
            Error::Closed { received } => of(ntb_code::NTB_ERR_CLOSED).numbers(received, 0),
            Error::Lost(_) => of(ntb_code::NTB_ERR_LOST),
            Error::TimedOut { after, .. } => {
                let after = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                of(ntb_code::NTB_TIMED_OUT).numbers(after, 0)
            }
            Error::OutOfMemory { wanted, limit, .. } => {
                of(ntb_code::NTB_ERR_MEMORY).numbers(wanted, limit)
            }
            Error::Busy { waiting } => of(ntb_code::NTB_ERR_MEMORY).numbers(waiting as u64, 0),
            Error::Device(device) => of(ntb_code::NTB_ERR_DEVICE).system(i64::from(device.code.0)),
            Error::Library(_) => of(ntb_code::NTB_ERR_LIBRARY),
            Error::Setting { value, .. } => of(ntb_code::NTB_ERR_SETTING).numbers(value, 0),
            Error::Table { .. } => of(ntb_code::NTB_ERR_SETTING),
            Error::Io { source, .. } => {
                let errno = source.raw_os_error().unwrap_or_default();
                of(ntb_code::NTB_ERR_SYSTEM).system(errno.into())
            }
            // What a later version of the core may say: its text tells more than a wrong code.
            _ => of(ntb_code::NTB_ERR_INTERNAL),
        }
    }
}

impl From<Skip> for Failure {
    fn from(skip: Skip) -> Self {
        Self::new(ntb_code::NTB_SKIPPED, skip.reason)
    }
}

struct Last {
    failure: Failure,
    text: CString,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Runs a call: what fails is remembered for this thread, and no panic gets out.
pub(crate) fn call(work: impl FnOnce() -> Result<(), Failure>) -> ntb_code {
    // What a panic leaves behind is never used again: a handle notices by its lock.
    let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no text");
        Err(Failure::internal(&format!("defect in libntb: {text}")))
    });
    let Err(failure) = result else {
        return ntb_code::NTB_OK;
    };
    let code = failure.code;
    remember(failure);
    code
}

#[cold]
fn remember(failure: Failure) {
    // A text with a zero byte in it would end there.
    let text = CString::new(failure.text.replace('\0', " ")).unwrap_or_default();
    // Fails only while the thread ends, and nobody asks then.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(Last { failure, text });
        }
    });
}

/// The last failure of this thread.
fn last() -> Option<Failure> {
    LAST.try_with(|last| Some(last.try_borrow().ok()?.as_ref()?.failure.clone()))
        .ok()
        .flatten()
}

/// What the last call of this thread that did not answer NTB_OK has to say. Calls that succeed leave
/// it as it is. `error->size` must be set. Before any failure the code is NTB_OK and the text empty.
///
/// Answers NTB_OK, or NTB_ERR_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_last_error(error: *mut ntb_error) -> ntb_code {
    let last = last().unwrap_or_else(|| Failure::new(ntb_code::NTB_OK, ""));
    call(|| {
        let filled = ntb_error {
            size: size_of::<ntb_error>(),
            code: last.code,
            fault: last.code.fault(),
            value: last.value,
            limit: last.limit,
            system: last.system,
            text: chars(&last.text),
        };
        // SAFETY: the caller gives a structure of the size that it says.
        unsafe { crate::raw::write_sized(error, &filled, ERROR_FIRST) }
    })
}

/// The text of ntb_last_error; empty before any failure. Never null, valid until the next call of
/// this thread into the library, nobody's to free.
#[unsafe(no_mangle)]
pub extern "C" fn ntb_last_error_text() -> *const c_char {
    let text = LAST.try_with(|last| {
        let last = last.try_borrow().ok()?;
        Some(last.as_ref()?.text.as_ptr())
    });
    text.ok().flatten().unwrap_or(c"".as_ptr())
}

/// Size of the first published [`ntb_error`]; members are only added after it.
const ERROR_FIRST: usize = 40 + NTB_TEXT_MAX;
const _: () = assert!(size_of::<ntb_error>() == ERROR_FIRST);

/// A text as a C array, cut at a character if it is too long.
pub(crate) fn chars<const N: usize>(text: &str) -> [c_char; N] {
    let mut cut = text.len().min(N - 1);
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut chars = [0; N];
    for (to, from) in chars.iter_mut().zip(&text.as_bytes()[..cut]) {
        *to = from.cast_signed();
    }
    chars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_code_and_a_text() {
        let code = call(|| panic!("number {}", 7));
        assert_eq!(code, ntb_code::NTB_ERR_INTERNAL);
        assert!(last().unwrap().text.contains("number 7"));
        assert_eq!(call(|| Ok(())), ntb_code::NTB_OK);
        assert!(
            last().unwrap().text.contains("number 7"),
            "success changes nothing"
        );
    }

    #[test]
    fn errors_keep_their_numbers_and_whose_fault_they_are() {
        let full = Failure::from(Error::OutOfMemory {
            wanted: 3,
            used: 2,
            limit: 4,
        });
        assert_eq!((full.value, full.limit), (3, 4));
        assert_eq!(full.code.fault(), ntb_fault::NTB_FAULT_HOST);
        let closed = Failure::from(Error::Closed { received: 9 });
        assert_eq!(
            (closed.value, closed.code.fault()),
            (9, ntb_fault::NTB_FAULT_CONNECTION)
        );
    }

    #[test]
    fn names_are_those_of_the_codes() {
        for code in ntb_code::ALL {
            assert_eq!(code.name().to_str().unwrap(), format!("{code:?}"));
        }
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let chars: [c_char; 4] = chars("aéé");
        assert_eq!(chars.map(|c| c.cast_unsigned()), [b'a', 0xc3, 0xa9, 0]);
    }
}

//! The raw SISCI interface: generated types, and a loader that finds `libsisci.so` at run time.
//!
//! Nothing here decides anything. Which library is opened, what a code means for a connection and
//! who owns a handle is up to the caller.
//!
//! ```no_run
//! use sisci_sys::{Library, error_name, sci_desc_t, sci_error_t};
//!
//! let library = Library::open("libsisci.so")?;
//! let (sci, constants) = (library.functions(), library.constants());
//! let mut error = sci_error_t::SCI_ERR_OK;
//! let mut device: sci_desc_t = std::ptr::null_mut();
//! // SAFETY: both out pointers are valid; the library is initialised before the device is opened.
//! unsafe {
//!     (sci.initialize)(0, &mut error);
//!     (sci.open)(&mut device, 0, &mut error);
//! }
//! assert_eq!(error, sci_error_t::SCI_ERR_OK, "{}", error_name(error));
//! println!("{} uses {:#x} for a forced removal", library.path().display(), constants.flag_force_remove);
//! # Ok::<(), sisci_sys::LoadError>(())
//! ```

#[rustfmt::skip]
mod bindings;
mod constants;
mod functions;
mod library;
pub mod symbols;

pub use bindings::*;
pub use constants::Constants;
pub use functions::Functions;
pub use library::{Library, LoadError};

/// The name of a result code, or `"unknown SISCI error"`.
///
/// Where two names share a code (no such segment and no such interrupt) the segment's is returned.
pub fn error_name(code: sci_error_t) -> &'static str {
    let known = ERROR_NAMES.iter().find(|(value, _)| *value == code);
    known.map_or("unknown SISCI error", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_follow_the_published_values() {
        assert_eq!(sci_error_t::SCI_ERR_NOSPC.0, 0x4000_0904);
        assert_eq!(sci_error_t::SCI_ERR_TRANSFER_FAILED.0, 0x4000_0A06);
        assert_eq!(error_name(sci_error_t::SCI_ERR_OK), "SCI_ERR_OK");
        assert_eq!(
            error_name(sci_error_t(0x4000_090C)),
            "SCI_ERR_NO_SUCH_SEGMENT"
        );
        assert_eq!(error_name(sci_error_t(7)), "unknown SISCI error");
    }
}

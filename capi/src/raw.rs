//! Pointers of the program. Everything that follows one stands in this file.
//!
//! What can be checked is: null, alignment, and the size that a structure says it has. That there is
//! memory behind a pointer is the program's promise, as with every C library.

use crate::failure::Failure;
use std::ffi::{CStr, c_char, c_void};

/// A structure that says it is larger has not been initialised.
const SIZE_MAX: usize = 4096;

fn checked<T>(pointer: *const T, what: &str) -> Result<(), Failure> {
    if pointer.is_null() {
        return Err(Failure::argument(format!("{what} is null")));
    }
    if !pointer.is_aligned() {
        return Err(Failure::argument(format!(
            "{what} is misaligned: {pointer:p}"
        )));
    }
    Ok(())
}

/// Checks where a result will go, before anything is done for it, and sets it to `value`.
///
/// # Safety
/// `out` is null, misaligned, or may be written.
pub(crate) unsafe fn set<T>(out: *mut T, what: &str, value: T) -> Result<(), Failure> {
    checked(out, what)?;
    // SAFETY: neither null nor misaligned, so the caller may write there.
    unsafe { out.write(value) };
    Ok(())
}

/// A text; `None` if it is null.
///
/// # Safety
/// `text` is null, or has a zero byte at its end and stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char, what: &str) -> Result<Option<&'a str>, Failure> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, so it ends with a zero byte.
    let text = unsafe { CStr::from_ptr(text) };
    let text = text.to_str();
    text.map(Some)
        .map_err(|error| Failure::argument(format!("{what} is not UTF-8: {error}")))
}

fn span(pointer: *const c_void, bytes: usize, what: &str) -> Result<(), Failure> {
    if pointer.is_null() && bytes > 0 {
        return Err(Failure::argument(format!(
            "{what} is null, of {bytes} bytes"
        )));
    }
    if bytes > isize::MAX.cast_unsigned() {
        return Err(Failure::argument(format!(
            "{what} has {bytes} bytes, more than there can be"
        )));
    }
    Ok(())
}

/// Bytes to be read.
///
/// # Safety
/// `data` is null, or `bytes` bytes from there may be read and stay as they are for `'a`.
pub(crate) unsafe fn bytes<'a>(
    data: *const c_void,
    bytes: usize,
    what: &str,
) -> Result<&'a [u8], Failure> {
    span(data, bytes, what)?;
    if bytes == 0 {
        return Ok(&[]);
    }
    // SAFETY: not null and not larger than an object can be, so the caller's promise holds.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), bytes) })
}

/// Bytes to be written. They need not have a value yet: all that is done with them is copying to them.
///
/// # Safety
/// `buffer` is null, or `bytes` bytes from there may be written by nobody else for `'a`.
pub(crate) unsafe fn buffer<'a>(
    buffer: *mut c_void,
    bytes: usize,
    what: &str,
) -> Result<&'a mut [u8], Failure> {
    span(buffer, bytes, what)?;
    if bytes == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not null and not larger than an object can be, so the caller's promise holds. Memory
    // from outside of Rust has some value to its optimiser, also where C has written none.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), bytes) })
}

/// A structure that begins with its own size and may be of an older or newer version than ours: what
/// it lacks is taken from `defaults`, what we don't know must be zero.
///
/// # Safety
/// `T` is plain data that begins with a `usize` and of which any value is valid; `from` is null,
/// misaligned, or as many bytes from there may be read as the first word says.
pub(crate) unsafe fn read_sized<T: Copy>(
    from: *const T,
    defaults: &T,
    first: usize,
    what: &str,
) -> Result<T, Failure> {
    checked(from, what)?;
    // SAFETY: neither null nor misaligned; the caller says that it begins with a readable word.
    let size = unsafe { from.cast::<usize>().read() };
    sized(size, first, what)?;
    let known = size.min(size_of::<T>());
    // SAFETY: the caller says that `size` bytes may be read.
    let unknown = unsafe {
        bytes(
            from.cast::<u8>().wrapping_add(known).cast(),
            size - known,
            what,
        )?
    };
    if let Some(at) = unknown.iter().position(|byte| *byte != 0) {
        return Err(Failure::argument(format!(
            "{what} has something at byte {}, where this older library knows nothing",
            known + at
        )));
    }
    let mut value = *defaults;
    // SAFETY: `known` is not larger than either of both, and any bytes are a valid `T`.
    unsafe {
        std::ptr::copy_nonoverlapping(from.cast::<u8>(), (&raw mut value).cast(), known);
    }
    Ok(value)
}

/// Fills a structure that begins with its own size, as far as it reaches; what we don't know is set
/// to zero. The size stays as it is.
///
/// # Safety
/// `T` begins with a `usize`; `out` is null, misaligned, or as many bytes from there may be written as
/// its first word says.
pub(crate) unsafe fn write_sized<T: Copy>(
    out: *mut T,
    value: &T,
    first: usize,
) -> Result<(), Failure> {
    checked(out, "the structure")?;
    // SAFETY: neither null nor misaligned; the caller says that it begins with a readable word.
    let size = unsafe { out.cast::<usize>().read() };
    sized(size, first, "the structure")?;
    let known = size.min(size_of::<T>());
    let word = size_of::<usize>();
    let (to, from) = (out.cast::<u8>(), std::ptr::from_ref(value).cast::<u8>());
    // SAFETY: `known` is at least a word and not larger than either of both.
    unsafe {
        std::ptr::copy_nonoverlapping(from.wrapping_add(word), to.wrapping_add(word), known - word)
    };
    // SAFETY: the caller says that `size` bytes may be written.
    unsafe { to.wrapping_add(known).write_bytes(0, size - known) };
    Ok(())
}

fn sized(size: usize, first: usize, what: &str) -> Result<(), Failure> {
    if (first..=SIZE_MAX).contains(&size) {
        return Ok(());
    }
    Err(Failure::argument(format!(
        "{what} says that it has {size} bytes, must be {first} to {SIZE_MAX}: set its size"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Now {
        size: usize,
        old: u64,
        new: u64,
    }

    #[repr(C)]
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Later {
        now: Now,
        later: u64,
    }

    const DEFAULTS: Now = Now {
        size: 24,
        old: 1,
        new: 2,
    };

    fn later(size: usize, later: u64) -> Later {
        let now = Now {
            size,
            old: 7,
            new: 8,
        };
        Later { now, later }
    }

    fn read(from: &Later) -> Result<Now, Failure> {
        // SAFETY: as many bytes as it may say are there.
        unsafe { read_sized((&raw const *from).cast(), &DEFAULTS, 16, "it") }
    }

    #[test]
    fn older_and_newer_programs_are_understood() {
        assert_eq!(
            read(&later(16, 0)).unwrap().new,
            2,
            "an older one has the default"
        );
        assert_eq!(read(&later(24, 9)).unwrap().new, 8);
        assert_eq!(
            read(&later(32, 0)).unwrap().new,
            8,
            "a newer one that asks for nothing new"
        );
        let text = read(&later(32, 9)).unwrap_err().text;
        assert!(text.contains("byte 24"), "{text}");
        for size in [0, 15, 4097, usize::MAX] {
            assert!(
                read(&later(size, 0))
                    .unwrap_err()
                    .text
                    .contains("set its size")
            );
        }
    }

    #[test]
    fn results_reach_as_far_as_the_program_knows() {
        let write = |size| {
            let mut out = later(size, 5);
            // SAFETY: as many bytes as it may say are there.
            unsafe { write_sized((&raw mut out).cast(), &DEFAULTS, 16) }.unwrap();
            (out.now.size, out.now.old, out.now.new, out.later)
        };
        assert_eq!(write(16), (16, 1, 8, 5));
        assert_eq!(write(24), (24, 1, 2, 5));
        assert_eq!(write(32), (32, 1, 2, 0));
    }

    #[test]
    fn what_can_be_seen_to_be_no_pointer_is_refused() {
        let word = 0u64;
        let crooked: *const u64 = (&raw const word).cast::<u8>().wrapping_add(1).cast();
        // SAFETY: null and misaligned ones are allowed.
        unsafe {
            assert!(set(std::ptr::null_mut(), "it", 1).is_err());
            assert!(set(crooked.cast_mut(), "it", 1).is_err());
            assert!(bytes(std::ptr::null(), 1, "it").is_err());
            assert!(bytes(std::ptr::null(), 0, "it").is_ok());
            assert!(bytes((&raw const word).cast(), usize::MAX, "it").is_err());
            assert!(buffer(std::ptr::null_mut(), 1, "it").is_err());
            assert!(text(c"\xff".as_ptr(), "it").is_err());
        }
    }
}

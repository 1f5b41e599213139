//! Memory of the program that it only named by an address.
//!
//! The program may be wrong about it, or free it too early. So the kernel does the copying: what is
//! not there is an error then, not a crash.

use crate::runtime::log::report;
use crate::runtime::memory::Mapping;
use crate::{Code, Result};
use std::ffi::c_void;

/// A range of the program's addresses that was readable when it was checked.
#[derive(Clone, Copy, Debug)]
pub struct UserRange {
    address: usize,
    size: usize,
}

/// The memory is not there, or not writable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmapped;

/// Which way bytes go.
#[derive(Clone, Copy)]
enum Direction {
    FromUser,
    ToUser,
}

impl UserRange {
    /// A range whose first and last byte can be read.
    ///
    /// # Errors
    /// `ILLEGAL_ADDRESS`
    pub fn checked(address: usize, size: usize) -> Result<Self> {
        let range = Self { address, size };
        let last = size
            .checked_sub(1)
            .and_then(|last| address.checked_add(last));
        let ends = last.map(|last| [address, last]);
        let readable = |end: usize| {
            let mut byte = [0u8];
            // SAFETY: the near side is our own byte.
            unsafe { move_bytes(end, byte.as_mut_ptr().cast(), 1, Direction::FromUser) }.is_ok()
        };
        if address == 0 || ends.is_none_or(|ends| !ends.into_iter().all(readable)) {
            report!(Warn, "{size} bytes at {address:#x} are not readable memory");
            return Err(Code::SCI_ERR_ILLEGAL_ADDRESS);
        }
        Ok(range)
    }

    /// Copies `size` bytes from `offset` to `target_offset` of a mapping.
    ///
    /// # Errors
    /// If the memory is gone.
    ///
    /// # Panics
    /// If either range is not inside of its memory, or the mapping is for reading.
    pub fn copy_to(
        &self,
        offset: usize,
        target: &Mapping,
        target_offset: usize,
        size: usize,
    ) -> std::result::Result<(), Unmapped> {
        let near = target.range_for_writing(target_offset, size).cast();
        // SAFETY: the near side lies inside of the writable mapping.
        unsafe { move_bytes(self.at(offset, size), near, size, Direction::FromUser) }
    }

    /// Copies `size` bytes from `source_offset` of a mapping to `offset`.
    ///
    /// # Errors
    /// If the memory is gone or can't be written.
    ///
    /// # Panics
    /// If either range is not inside of its memory.
    pub fn copy_from(
        &self,
        offset: usize,
        source: &Mapping,
        source_offset: usize,
        size: usize,
    ) -> std::result::Result<(), Unmapped> {
        let near = source.range(source_offset, size).cast();
        // SAFETY: the near side lies inside of the mapping and is only read.
        unsafe { move_bytes(self.at(offset, size), near, size, Direction::ToUser) }
    }

    /// Writes one byte.
    ///
    /// # Errors
    /// As [`UserRange::copy_from`].
    pub fn store(&self, offset: usize, mut byte: u8) -> std::result::Result<(), Unmapped> {
        let near = std::ptr::from_mut(&mut byte).cast();
        // SAFETY: the near side is our own byte.
        unsafe { move_bytes(self.at(offset, 1), near, 1, Direction::ToUser) }
    }

    fn at(&self, offset: usize, size: usize) -> usize {
        assert!(offset.checked_add(size).is_some_and(|end| end <= self.size));
        self.address + offset
    }
}

/// Moves `size` bytes between the program's `address` and `near`.
///
/// # Safety
/// `near` must be valid for `size` bytes, for writing if they come from the program.
unsafe fn move_bytes(
    address: usize,
    near: *mut c_void,
    size: usize,
    direction: Direction,
) -> std::result::Result<(), Unmapped> {
    let pid = std::process::id() as libc::pid_t;
    let mut done = 0;
    while done < size {
        let part = |base: *mut c_void| libc::iovec {
            iov_base: base.wrapping_byte_add(done),
            iov_len: size - done,
        };
        let (near, far) = (
            part(near),
            part(std::ptr::with_exposed_provenance_mut(address)),
        );
        // SAFETY: the kernel checks both sides; the near one is what the caller promises, and the
        // program itself asked for the other one to be read or written.
        let moved = unsafe {
            match direction {
                Direction::FromUser => libc::process_vm_readv(pid, &near, 1, &far, 1, 0),
                Direction::ToUser => libc::process_vm_writev(pid, &near, 1, &far, 1, 0),
            }
        };
        match usize::try_from(moved) {
            Ok(moved) if moved > 0 => done += moved,
            _ => return Err(Unmapped),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_an_error() {
        let mut bytes = [1u8; 64];
        let address = std::ptr::from_mut(&mut bytes).expose_provenance();
        let range = UserRange::checked(address, bytes.len()).unwrap();
        range.store(3, 9).unwrap();
        assert_eq!(bytes[3], 9);
        for address in [0, 1, usize::MAX - 3, 1 << 46] {
            let refused = UserRange::checked(address, 64).map(drop);
            assert_eq!(refused, Err(Code::SCI_ERR_ILLEGAL_ADDRESS), "{address:#x}");
        }
        let code = (what_is_not_there_is_an_error as fn() as usize) & !4095;
        let code = UserRange::checked(code, 64).unwrap();
        assert_eq!(code.store(0, 0), Err(Unmapped), "code can't be written");
    }
}

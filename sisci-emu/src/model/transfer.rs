//! Copies by library calls: the one place where the processor moves bytes for a program.
//!
//! Whatever the call is named, its bytes cross the bridge here, so here they take their time, vanish
//! or change as the way to the peer says. Stores through a pointer are seen by nobody.

use crate::fabric::route::TransferFate;
use crate::model::map::Map;
use crate::runtime::memory::Mapping;
use crate::runtime::timing;
use crate::{Code, Result};

/// Copies `size` bytes from `source` to `offset` of the map. None are nothing, and no error.
///
/// # Errors
/// `OUT_OF_RANGE`; `ACCESS` for a read-only map.
///
/// # Safety
/// `source` must be valid for reading `size` bytes.
pub unsafe fn write(map: &Map, offset: usize, source: *const u8, size: usize) -> Result<()> {
    let window = map.mapping();
    check(window, offset, size)?;
    if !window.is_writable() {
        return Err(Code::SCI_ERR_ACCESS);
    }
    let Some(route) = map.route() else {
        // SAFETY: the range lies in the window (`check`); the rest is the caller's promise.
        unsafe { window.store_raw(offset, source, size) };
        return Ok(());
    };
    let fate = route.transfer();
    timing::write(route.peer(), size, |part| {
        // SAFETY: a part of the `size` bytes that the caller promises.
        let source = unsafe { source.add(part.start) };
        let (offset, length) = (offset + part.start, part.len());
        match fate {
            // SAFETY: as above.
            TransferFate::Deliver => unsafe { window.store_raw(offset, source, length) },
            TransferFate::Drop => {}
            TransferFate::Corrupt => {
                let broken = part.contains(&(size / 2)).then(|| size / 2 - part.start);
                for index in 0..length {
                    // SAFETY: `index` is less than `length`.
                    let byte = unsafe { source.add(index).read() };
                    let byte = if Some(index) == broken { !byte } else { byte };
                    window.store(offset + index, &[byte]);
                }
            }
        }
    });
    Ok(())
}

/// Copies `size` bytes from `offset` of the map to `target`. A read that is lost gives all ones.
///
/// # Errors
/// `OUT_OF_RANGE`.
///
/// # Safety
/// `target` must be valid for writing `size` bytes.
pub unsafe fn read(map: &Map, offset: usize, target: *mut u8, size: usize) -> Result<()> {
    let window = map.mapping();
    check(window, offset, size)?;
    let Some(route) = map.route() else {
        // SAFETY: the range lies in the window (`check`); the rest is the caller's promise.
        unsafe { window.load_raw(offset, target, size) };
        return Ok(());
    };
    let fate = route.transfer();
    timing::read(size, || match fate {
        // SAFETY: the caller's promise.
        TransferFate::Drop => unsafe { target.write_bytes(u8::MAX, size) },
        // SAFETY: the range lies in the window (`check`); the rest is the caller's promise.
        _ => unsafe { window.load_raw(offset, target, size) },
    });
    if fate == TransferFate::Corrupt && size > 0 {
        // SAFETY: inside of the `size` bytes that the caller promises.
        unsafe {
            let broken = target.add(size / 2);
            broken.write(!broken.read());
        }
    }
    Ok(())
}

/// Copies `size` bytes from one map to another.
///
/// # Errors
/// As [`read()`] and [`write()`].
pub fn copy(from: &Map, from_offset: usize, to: &Map, to_offset: usize, size: usize) -> Result<()> {
    check(from.mapping(), from_offset, size)?;
    check(to.mapping(), to_offset, size)?;
    let mut buffer = vec![0; size.min(PIECE)];
    for done in (0..size).step_by(PIECE) {
        let piece = PIECE.min(size - done);
        // SAFETY: the buffer has room for a piece.
        unsafe {
            read(from, from_offset + done, buffer.as_mut_ptr(), piece)?;
            write(to, to_offset + done, buffer.as_ptr(), piece)?;
        }
    }
    Ok(())
}

/// A copy between two maps goes in pieces of this many bytes.
const PIECE: usize = 64 << 10;

fn check(window: &Mapping, offset: usize, size: usize) -> Result<()> {
    let end = offset.checked_add(size);
    if end.is_none_or(|end| end > window.size()) {
        return Err(Code::SCI_ERR_OUT_OF_RANGE);
    }
    Ok(())
}

//! SCIQuery.

use super::{answer, sisci};
use crate::model::flags::*;
use crate::model::query::{self, DmaAnswer};
use crate::model::tables;
use crate::runtime::config::Tolerance;
use crate::runtime::log::report;
use crate::runtime::process;
use crate::{Code, Result};
use sisci_sys as c;
use std::ffi::{c_uint, c_void};

sisci! {
    /// Asks for a property.
    fn SCIQuery as ask(command: c_uint, data: *mut c_void, flags: c_uint, error: *mut Code) {
        // SAFETY: `error` as promised; `data` as each arm needs it.
        unsafe {
            answer(error, (), || {
                if data.is_null() {
                    return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
                }
                let engines = SCI_FLAG_DMA_ADAPTER | SCI_FLAG_DMA_GLOBAL | SCI_FLAG_DMA_SYSDMA;
                legal_flags(flags, if command == SCI_Q_DMA { engines } else { 0 }, 0)?;
                let process = process::current()?;
                match command {
                    SCI_Q_VENDORID => text(data.cast(), &query::vendor()),
                    SCI_Q_API => text(data.cast(), query::API),
                    SCI_Q_SISCI_DRIVER_VERSION => text(data.cast(), query::DRIVER),
                    SCI_Q_ADAPTER => {
                        let asked = data.cast::<c::sci_query_adapter_t>().read();
                        let (adapter, port) = (asked.localAdapterNo, asked.portNo);
                        let value = query::adapter(&process, adapter, port, asked.subcommand)?;
                        put(asked.data, value)
                    }
                    SCI_Q_SYSTEM => {
                        let asked = data.cast::<c::sci_query_system_t>().read();
                        put(asked.data, query::system(asked.subcommand)?)
                    }
                    SCI_Q_DMA => {
                        let asked = data.cast::<c::sci_query_dma_t>().read();
                        match query::dma(asked.localAdapterNo, asked.subcommand)? {
                            DmaAnswer::Available(value) => put(asked.data, value),
                            DmaAnswer::Capabilities(value) => put(asked.data, value),
                        }
                    }
                    SCI_Q_LOCAL_SEGMENT => local_segment(data.cast()),
                    SCI_Q_REMOTE_SEGMENT => remote_segment(data.cast()),
                    SCI_Q_MAP => map(data.cast()),
                    _ => Err(Code::SCI_ERR_ILLEGAL_QUERY),
                }
            })
        }
    }
}

/// Writes an answer to where the structure points.
///
/// # Safety
/// `place` is null or valid for writing a `T`.
unsafe fn put<T>(place: *mut c_void, value: T) -> Result<()> {
    if place.is_null() {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    // SAFETY: not null, so valid by the caller's promise; no alignment is assumed.
    unsafe { place.cast::<T>().write_unaligned(value) };
    Ok(())
}

/// Fills the caller's buffer, cut to its size, and closes the text with a 0.
///
/// # Safety
/// `data` is valid, and its `str` null or valid for `length` bytes.
unsafe fn text(data: *mut c::sci_query_string_t, text: &str) -> Result<()> {
    // SAFETY: the caller's promise.
    let asked = unsafe { data.read() };
    if asked.str_.is_null() || asked.length == 0 {
        return Err(Code::SCI_ERR_ILLEGAL_PARAMETER);
    }
    let length = text.len().min(asked.length as usize - 1);
    let target = asked.str_.cast::<u8>();
    // SAFETY: `length` plus the closing 0 is at most the buffer's length.
    unsafe {
        target.copy_from_nonoverlapping(text.as_ptr(), length);
        target.add(length).write(0);
    }
    Ok(())
}

/// Addresses on the bus; those in a driver are not there.
///
/// # Safety
/// `data` is valid for reading and writing.
unsafe fn local_segment(data: *mut c::sci_query_local_segment_t) -> Result<()> {
    // SAFETY: the caller's promise.
    let data = unsafe { &mut *data };
    let segment = tables::LOCAL_SEGMENTS.get(data.segment)?;
    match data.subcommand {
        SCI_Q_LOCAL_SEGMENT_IOADDR | SCI_Q_LOCAL_SEGMENT_PHYS_ADDR => {
            data.data.ioaddr = segment.memory()?.bus_address();
            Ok(())
        }
        _ => Err(Code::SCI_ERR_ILLEGAL_QUERY),
    }
}

/// As [`local_segment`].
///
/// # Safety
/// `data` is valid for reading and writing.
unsafe fn remote_segment(data: *mut c::sci_query_remote_segment_t) -> Result<()> {
    // SAFETY: the caller's promise.
    let data = unsafe { &mut *data };
    if is_map_query(data.subcommand) {
        if process::current()?.tolerates(Tolerance::MapQuery) {
            // SAFETY: both structures have the same shape: a handle, a number, 64 bits.
            return unsafe { map(std::ptr::from_mut(data).cast()) };
        }
        report!(
            Warn,
            "a question about a map was asked with SCI_Q_REMOTE_SEGMENT instead of SCI_Q_MAP; \
             SISCI_EMU_TOLERATE=map-query answers it"
        );
        return Err(Code::SCI_ERR_ILLEGAL_QUERY);
    }
    let segment = tables::REMOTE_SEGMENTS.get(data.segment)?;
    match data.subcommand {
        SCI_Q_REMOTE_SEGMENT_IOADDR => {
            data.data.ioaddr = segment.memory().bus_address();
            Ok(())
        }
        _ => Err(Code::SCI_ERR_ILLEGAL_QUERY),
    }
}

fn is_map_query(subcommand: u32) -> bool {
    [
        SCI_Q_MAP_IOADDR,
        SCI_Q_MAP_PHYS_ADDR,
        SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET,
        SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET,
    ]
    .contains(&subcommand)
}

/// As [`local_segment`].
///
/// # Safety
/// `data` is valid for reading and writing.
unsafe fn map(data: *mut c::sci_query_map_t) -> Result<()> {
    // SAFETY: the caller's promise.
    let data = unsafe { &mut *data };
    let map = tables::MAPS.get(data.map)?;
    data.data = match data.subcommand {
        SCI_Q_MAP_IOADDR | SCI_Q_MAP_PHYS_ADDR => map.bus_address(),
        SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET | SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET => {
            u64::from(map.route().is_none())
        }
        _ => return Err(Code::SCI_ERR_ILLEGAL_QUERY),
    };
    Ok(())
}

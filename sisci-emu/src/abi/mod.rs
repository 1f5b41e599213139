//! The C interface: each function checks its arguments, calls the model, and writes the answer.
//!
//! Two things hold for all of them. No Rust panic leaves the library: it becomes `SCI_ERR_SYSTEM`.
//! And a bad handle or a null pointer is an error code, never a crash; a null `error` pointer is
//! taken as "don't tell".

mod adapter;
mod block_transfer;
mod conditional_interrupt;
mod copy;
mod data_interrupt;
mod dma;
mod dma_channel;
mod dma_gather;
mod dma_transfer;
mod init;
mod interrupt;
mod local_segment;
mod map;
mod query;
mod remote_segment;
mod segment_memory;
mod segment_share;
mod sequence;
mod smartio;

use crate::runtime::log::report;
use crate::{Code, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Defines a function of the interface and exports it in both flavours. That it has the prototype
/// of the headers is checked when this compiles.
macro_rules! sisci {
    ($(#[$doc:meta])* fn $name:ident as $inner:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// Pointers are null or valid for what the interface says is behind them.
        pub unsafe extern "C" fn $inner($($arg: $type),*) $(-> $result)? $body

        const _: () = {
            #[unsafe(export_name = concat!("_SISCI_PUBLIC_FUNC_MT_", stringify!($name)))]
            unsafe extern "C" fn mt($($arg: $type),*) $(-> $result)? {
                // SAFETY: the same function with the same promises of the caller.
                unsafe { $inner($($arg),*) }
            }

            #[unsafe(export_name = concat!("_SISCI_PUBLIC_FUNC_ST_", stringify!($name)))]
            unsafe extern "C" fn st($($arg: $type),*) $(-> $result)? {
                // SAFETY: the same function with the same promises of the caller.
                unsafe { $inner($($arg),*) }
            }

            const _: [sisci_sys::$name; 2] = [mt, st];
        };
    };
}
pub(crate) use sisci;

/// Defines and exports functions that answer `SCI_ERR_NOT_IMPLEMENTED`; their `error` parameter is
/// added, what they return stands behind the type.
macro_rules! not_built {
    ($(fn $name:ident as $inner:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty = $value:expr)?;)+) => {
        $($crate::abi::sisci! {
            /// Not built.
            #[allow(unused_variables)]
            fn $name as $inner($($arg: $type,)* error: *mut $crate::Code) $(-> $result)? {
                let absent = || Err($crate::Code::SCI_ERR_NOT_IMPLEMENTED);
                // SAFETY: `error` as promised.
                unsafe { $crate::abi::answer(error, ($($value)?), absent) }
            }
        })+
    };
}
pub(crate) use not_built;

/// Defines and exports functions without an `error` parameter that always answer the same.
macro_rules! constant_answer {
    ($(fn $name:ident as $inner:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty = $value:expr)?;)+) => {
        $($crate::abi::sisci! {
            /// Not built.
            #[allow(unused_variables)]
            fn $name as $inner($($arg: $type),*) $(-> $result)? { $($value)? }
        })+
    };
}
pub(crate) use constant_answer;

/// Runs `call`, writes its code to `error`, and gives its value, or `fallback` if it failed. The log
/// names the call then.
///
/// # Safety
/// `error` is null or valid for writing.
unsafe fn answer<T, F>(error: *mut Code, fallback: T, call: F) -> T
where
    F: FnOnce() -> Result<T>,
{
    let (code, value) = match guarded(call) {
        Ok(value) => (Code::SCI_ERR_OK, value),
        Err(code) => {
            let (name, code_name) = (call_name::<F>(), sisci_sys::error_name(code));
            report!(Debug, "{name} answers {code_name}");
            (code, fallback)
        }
    };
    // SAFETY: the caller's promise.
    unsafe { set(error, code) };
    value
}

/// The function that a closure stands in.
fn call_name<F>() -> &'static str {
    let mut parts = std::any::type_name::<F>().rsplit("::");
    parts
        .find(|part| !part.starts_with('{'))
        .unwrap_or("a call")
}

/// Turns a panic into a code.
fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    // What a panic leaves half done is behind locks that are taken anyway (`sync::lock`).
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        report!(Error, "a bug in this library: see the message above");
        Err(Code::SCI_ERR_SYSTEM)
    })
}

/// Writes through an out pointer unless it is null.
///
/// # Safety
/// `place` is null or valid for writing.
unsafe fn set<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not null, so valid by the caller's promise.
        unsafe { place.write(value) }
    }
}

/// Refuses a null out pointer that the caller needs the answer from.
fn require<T>(place: *mut T) -> Result<()> {
    if place.is_null() {
        Err(Code::SCI_ERR_ILLEGAL_PARAMETER)
    } else {
        Ok(())
    }
}

/// The callback that a call asks for: with the flag there has to be one, without it there is none.
fn wanted<F, A>(flags: u32, function: Option<F>, argument: A) -> Result<Option<(F, A)>> {
    if flags & crate::model::flags::SCI_FLAG_USE_CALLBACK == 0 {
        return Ok(None);
    }
    let function = function.ok_or(Code::SCI_ERR_ILLEGAL_PARAMETER)?;
    Ok(Some((function, argument)))
}

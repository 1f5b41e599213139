//! From the transport's results to what C++ gets.

use crate::ffi::{IoKind, IoOutcome};
use ntb_core::driver::Error;

impl IoOutcome {
    /// Success with a number of bytes.
    pub(crate) fn done(bytes: usize) -> Self {
        Self {
            kind: IoKind::Done,
            bytes,
            text: String::new(),
        }
    }

    /// A failure with its reason.
    pub(crate) fn failed(kind: IoKind, text: impl ToString) -> Self {
        Self {
            kind,
            bytes: 0,
            text: text.to_string(),
        }
    }
}

/// The outcome of an operation on a connection.
pub(crate) fn of_stream(result: Result<usize, Error>) -> IoOutcome {
    match result {
        Ok(bytes) => IoOutcome::done(bytes),
        Err(error @ Error::TimedOut { .. }) => IoOutcome::failed(IoKind::TimedOut, error),
        Err(error) => IoOutcome::failed(IoKind::Disconnected, error),
    }
}

/// What an unconnected socket answers.
pub(crate) fn unconnected() -> IoOutcome {
    IoOutcome::failed(IoKind::Disconnected, "the socket is not connected")
}

//! No panic reaches C++.
//!
//! A panic that arrives at an exported function would abort the daemon. None is expected; should
//! a defect cause one all the same, it ends one socket instead of a file server.

use crate::ffi::{IoKind, IoOutcome};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work`; a panic becomes [`IoKind::Internal`].
pub(crate) fn outcome(work: impl FnOnce() -> IoOutcome) -> IoOutcome {
    // What was borrowed may be inconsistent afterwards: the callers drop the socket then.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no text");
        IoOutcome::failed(
            IoKind::Internal,
            format!("defect in the NTB transport: {text}"),
        )
    })
}

/// Runs `work`; a panic becomes `otherwise`.
pub(crate) fn value<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_outcome() {
        let outcome = outcome(|| panic!("number {}", 7));
        assert_eq!(outcome.kind, IoKind::Internal);
        assert!(outcome.text.contains("number 7"));
        assert_eq!(value(5, || panic!()), 5);
    }
}

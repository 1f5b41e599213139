//! How long things take under the model of the fabric. Without one, nothing is added.

use std::time::Duration;

/// Waits before a store of `size` bytes by a library call becomes visible.
pub fn before_write(_size: usize) {}

/// Waits until a load of `size` bytes by a library call would be answered.
pub fn after_read(_size: usize) {}

/// Waits as long as a flush or a store barrier takes.
pub fn flush() {}

/// Waits as long as a check of a sequence takes.
pub fn check() {}

/// Waits before a trigger arrives.
pub fn before_trigger() {}

/// How long a DMA transfer takes from its start; `None` if nothing is added to the copy.
pub fn dma(_size: usize) -> Option<Duration> {
    None
}

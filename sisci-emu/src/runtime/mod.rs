//! What carries the model: configuration, log, memory, threads, handles.

pub mod budget;
pub mod config;
pub mod event;
pub mod handles;
pub mod log;
pub mod memory;
pub mod process;
pub mod reactor;
pub mod sync;
pub mod timing;
pub mod void;
pub mod words;

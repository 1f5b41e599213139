//! What carries the model: configuration, log, memory, threads, handles.

pub mod access;
pub mod address_space;
pub mod budget;
pub mod bus;
pub mod config;
pub mod descriptors;
pub mod event;
pub mod handles;
pub mod hazard;
pub mod hop;
pub mod limits;
pub mod log;
pub mod memory;
pub mod model;
pub mod process;
pub mod reactor;
pub mod settings;
pub mod signal;
pub mod sync;
pub mod timing;
pub mod user_memory;
pub mod user_pages;
pub mod void;
pub mod words;

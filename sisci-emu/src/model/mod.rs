//! What SISCI means: devices, segments, maps, sequences, DMA queues, interrupts, queries.

pub mod adapter;
pub mod backing;
pub mod block_transfer;
pub mod broadcast;
pub mod callback;
pub mod data_interrupt;
pub mod device;
pub mod dma;
pub mod flags;
pub mod interrupt;
pub mod local_segment;
pub mod map;
pub mod message_queue;
pub mod names;
pub mod query;
pub mod remote_segment;
pub mod segment_core;
pub mod segment_share;
pub mod sequence;
pub mod tables;
pub mod targets;
pub mod transfer;
pub mod waking;
pub mod windows;

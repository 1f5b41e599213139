//! All live objects, by handle.

use crate::model::block_transfer::BlockTransfer;
use crate::model::data_interrupt::{LocalDataInterrupt, RemoteDataInterrupt};
use crate::model::device::Device;
use crate::model::dma::{DmaChannel, DmaQueue};
use crate::model::interrupt::{LocalInterrupt, RemoteInterrupt};
use crate::model::local_segment::LocalSegment;
use crate::model::map::Map;
use crate::model::remote_segment::RemoteSegment;
use crate::model::sequence::Sequence;
use crate::runtime::handles::Table;
use sisci_sys as c;

/// Virtual devices.
pub static DEVICES: Table<Device, c::sci_desc> = Table::new(0x51);
/// Segments of this process.
pub static LOCAL_SEGMENTS: Table<LocalSegment, c::sci_local_segment> = Table::new(0x52);
/// Connections to segments.
pub static REMOTE_SEGMENTS: Table<RemoteSegment, c::sci_remote_segment> = Table::new(0x53);
/// Maps of both kinds.
pub static MAPS: Table<Map, c::sci_map> = Table::new(0x54);
/// Sequences.
pub static SEQUENCES: Table<Sequence, c::sci_sequence> = Table::new(0x55);
/// DMA queues.
pub static DMA_QUEUES: Table<DmaQueue, c::sci_dma_queue> = Table::new(0x56);
/// Interrupts of this process.
pub static LOCAL_INTERRUPTS: Table<LocalInterrupt, c::sci_local_interrupt> = Table::new(0x57);
/// Connections to interrupts.
pub static REMOTE_INTERRUPTS: Table<RemoteInterrupt, c::sci_remote_interrupt> = Table::new(0x58);
/// Data interrupts of this process.
pub static LOCAL_DATA_INTERRUPTS: Table<LocalDataInterrupt, c::sci_local_data_interrupt> =
    Table::new(0x59);
/// Connections to data interrupts.
pub static REMOTE_DATA_INTERRUPTS: Table<RemoteDataInterrupt, c::sci_remote_data_interrupt> =
    Table::new(0x5A);

/// DMA channels.
pub static DMA_CHANNELS: Table<DmaChannel, c::sci_dma_channel> = Table::new(0x5B);
/// Copies from map to map in the background.
pub static BLOCK_TRANSFERS: Table<BlockTransfer, c::sci_block_transfer> = Table::new(0x5C);

/// Makes every handle stale and ends what is behind it, in an order in which nothing is in use.
pub fn release_all() {
    BLOCK_TRANSFERS
        .drain()
        .iter()
        .for_each(|transfer| transfer.release());
    DMA_QUEUES.drain().iter().for_each(|queue| queue.stop());
    DMA_CHANNELS
        .drain()
        .iter()
        .for_each(|channel| channel.release());
    drop(SEQUENCES.drain());
    drop(MAPS.drain());
    REMOTE_SEGMENTS
        .drain()
        .iter()
        .for_each(|segment| segment.release());
    REMOTE_INTERRUPTS
        .drain()
        .iter()
        .for_each(|interrupt| interrupt.release());
    REMOTE_DATA_INTERRUPTS
        .drain()
        .iter()
        .for_each(|interrupt| interrupt.release());
    LOCAL_INTERRUPTS
        .drain()
        .iter()
        .for_each(|interrupt| interrupt.release());
    LOCAL_DATA_INTERRUPTS
        .drain()
        .iter()
        .for_each(|interrupt| interrupt.release());
    LOCAL_SEGMENTS
        .drain()
        .iter()
        .for_each(|segment| segment.release());
    drop(DEVICES.drain());
}

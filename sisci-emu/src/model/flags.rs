//! The flags and numbers of this library, which it also exports.
//!
//! Where a value is published it is the same here. The others are free: programs read them.

use crate::{Code, Result};

/// Defines the constants and exports each under its C name.
macro_rules! constants {
    ($($name:ident = $value:expr;)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: u32 = $value;
        )+

        /// All constants by name.
        pub const ALL: &[(&str, u32)] = &[$((stringify!($name), $name)),+];

        $(
            const _: () = {
                #[unsafe(export_name = concat!("_SISCI_PUBLIC_CONST_", stringify!($name)))]
                static EXPORTED: std::ffi::c_uint = $name;
            };
        )+
    };
}

constants! {
    // Special values.
    SCI_LOCAL_HOST = 0xFFFF_FFFF;
    SCI_INFINITE_TIMEOUT = 0xFFFF_FFFF;

    // SCIOpen.
    SCI_FLAG_THREAD_SAFE = 0x1;

    // Callbacks of every kind.
    SCI_FLAG_USE_CALLBACK = 0x1;

    // SCICreateSegment, SCIPrepareSegment, SCISetSegmentUnavailable, SCIRemoveSegment.
    SCI_FLAG_EMPTY = 0x2;
    SCI_FLAG_PRIVATE = 0x4;
    SCI_FLAG_AUTO_ID = 0x2000_0000;
    SCI_FLAG_BROADCAST = 0x4_0000;
    SCI_FLAG_ALLOW_UNICAST = 0x80;
    SCI_FLAG_PHYSICAL = 0x1000;
    SCI_FLAG_DMA_SOURCE_ONLY = 0x8;
    SCI_FLAG_FORCE_DISCONNECT = 0x40_0000;
    SCI_FLAG_NOTIFY = 0x80_0000;
    SCI_FLAG_FORCE_REMOVE = 0x20;

    // SCIRegisterSegmentMemory, SCIAttachPhysicalMemory.
    SCI_FLAG_LOCK_USER_MEM = 0x400;
    SCI_FLAG_CUDA_BUFFER = 0x2000;
    SCI_FLAG_SCIF_BUFFER = 0x4000;

    // SCIConnectSegment.
    SCI_FLAG_ASYNCHRONOUS_CONNECT = 0x2;

    // SCIMapLocalSegment, SCIMapRemoteSegment.
    SCI_FLAG_FIXED_MAP_ADDR = 0x1;
    SCI_FLAG_READONLY_MAP = 0x2;
    SCI_FLAG_IO_MAP_IOSPACE = 0x80;
    SCI_FLAG_NO_MEMORY_LOOPBACK_MAP = 0x800;
    SCI_FLAG_NO_MEMORY_LOOPBACK = 0x800;
    SCI_FLAG_SHARED_MAP = 0x2000;
    SCI_FLAG_WRITE_BACK_CACHE_MAP = 0x0800_0000;
    SCI_FLAG_LOCK_OPERATION = 0x4;
    SCI_FLAG_CONDITIONAL_INTERRUPT_MAP = 0x8;
    SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP = 0x10;
    SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP = 0x20;
    SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP = 0x40;
    SCI_FLAG_DMOVE_MAP = 0x100;
    SCI_FLAG_WRITES_DISABLE_GATHER_MAP = 0x200;
    SCI_FLAG_DISABLE_128_BYTES_PACKETS = 0x400;

    // SCIMemCpy, SCIFlush, SCICacheSync, sequences.
    SCI_FLAG_BLOCK_READ = 0x0001_0000;
    SCI_FLAG_ERROR_CHECK = 0x0002_0000;
    SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY = 0x0008_0000;
    SCI_FLAG_FAST_BARRIER = 0x0100_0000;
    SCI_FLAG_NO_FLUSH = 0x0200_0000;
    SCI_FLAG_NO_STORE_BARRIER = 0x0400_0000;
    SCI_FLAG_CACHE_FLUSH = 0x10_0000;
    SCI_FLAG_CACHE_INVALIDATE = 0x20_0000;

    // DMA.
    SCI_FLAG_DMA_POST = 0x2;
    SCI_FLAG_DMA_WAIT = 0x4;
    SCI_FLAG_DMA_RESET = 0x8;
    SCI_FLAG_DMA_READ = 0x10;
    SCI_FLAG_DMA_PHDMA = 0x20;
    SCI_FLAG_DMA_GLOBAL = 0x40;
    SCI_FLAG_DMA_SYSDMA = 0x100;
    SCI_FLAG_DMA_USER_MEM = 0x200;
    SCI_FLAG_DMA_ADAPTER = 0x800;
    SCI_FLAG_DMA_CHANNEL_SHARED = 0x1;

    // Interrupts.
    SCI_FLAG_FIXED_INTNO = 0x2;
    SCI_FLAG_SHARED_INT = 0x4;
    SCI_FLAG_COUNTING_INT = 0x20;
    SCI_FLAG_SHARE_EXTERNAL = 0x40;
    SCI_FLAG_CONDITIONAL_INTERRUPT = 0x8;

    // SmartIO, PCIe requesters.
    SCI_FLAG_PCIE_REQUESTER_GLOBAL = 0x1;
    SCI_FLAG_EXCLUSIVE = 0x0100_0000;
    SCI_FLAG_DEVICE_SIDE_ONLY = 0x0200_1000;
    SCI_FLAG_LOCAL_ONLY = 0x0200_2000;
    SCI_FLAG_DEVICE_PREFER_BANDWIDTH = 0x0400_0001;
    SCI_FLAG_HOST_PREFER_BANDWIDTH = 0x0400_0002;
    SCI_FLAG_SPECIFY_PATH = 0x1000_0000;
    SCI_FLAG_SPECIFY_SLOT = 0x2000_0000;

    // Commands.
    SCI_Q_VENDORID = 0x1000_0001;
    SCI_Q_API = 0x1000_0002;
    SCI_Q_SISCI_DRIVER_VERSION = 0x1000_0009;
    SCI_Q_ADAPTER = 0x1000_0003;
    SCI_Q_SYSTEM = 0x1000_0004;
    SCI_Q_LOCAL_SEGMENT = 0x1000_0005;
    SCI_Q_REMOTE_SEGMENT = 0x1000_0006;
    SCI_Q_MAP = 0x1000_0007;
    SCI_Q_DMA = 0x1000_0008;
    SCI_Q_DEVICE = 0x1000_000A;

    // Subcommands of SCI_Q_ADAPTER.
    SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT = 0x2000_0001;
    SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT = 0x2000_0002;
    SCI_Q_ADAPTER_DMA_MTU = 0x2000_0003;
    SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE = 0x2000_0004;
    SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE = 0x2000_0005;
    SCI_Q_ADAPTER_CARD_TYPE = 0x2000_0006;
    SCI_Q_ADAPTER_SERIAL_NUMBER = 0x2000_0007;
    SCI_Q_ADAPTER_NODEID = 0x2000_0008;
    SCI_Q_ADAPTER_NUMBER_OF_STREAMS = 0x2000_0009;
    SCI_Q_ADAPTER_CONFIGURED = 0x2000_000A;
    SCI_Q_ADAPTER_LINK_OPERATIONAL = 0x2000_000B;
    SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK = 0x2000_000C;
    SCI_Q_ADAPTER_NUMBER = 0x2000_000D;
    SCI_Q_ADAPTER_INSTANCE_NUMBER = 0x2000_000E;
    SCI_Q_ADAPTER_FIRMWARE_OK = 0x2000_000F;
    SCI_Q_ADAPTER_CONNECTED_TO_SWITCH = 0x2000_0010;
    SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE = 0x2000_0011;
    SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER = 0x2000_0012;
    SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT = 0x2000_0013;
    SCI_Q_ADAPTER_STREAM_BUFFER_SIZE = 0x2000_0014;
    SCI_Q_ADAPTER_ATT_PAGE_SIZE = 0x2000_0015;
    SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES = 0x2000_0016;
    SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES = 0x2000_0017;
    SCI_Q_ADAPTER_PHYS_MEM_NODEID = 0x2000_0018;
    SCI_Q_ADAPTER_PHYS_MBX_NODEID = 0x2000_0019;
    SCI_Q_ADAPTER_PHYS_LINK_PORT_NODEID = 0x2000_001A;
    SCI_Q_ADAPTER_SCI_LINK_FREQUENCY = 0x2000_001B;
    SCI_Q_ADAPTER_B_LINK_FREQUENCY = 0x2000_001C;
    SCI_Q_ADAPTER_IO_BUS_FREQUENCY = 0x2000_001D;
    SCI_Q_ADAPTER_BDF = 0x2000_0030;
    SCI_Q_ADAPTER_MCAST_MAX_GROUPS = 0x2000_0031;
    SCI_Q_ADAPTER_NUMBER_OF_LINKS = 0x2000_0032;
    SCI_Q_ADAPTER_LINK_WIDTH = 0x2000_0033;
    SCI_Q_ADAPTER_LINK_SPEED = 0x2000_0034;
    SCI_Q_ADAPTER_LINK_UPTIME = 0x2000_0035;
    SCI_Q_ADAPTER_LINK_DOWNTIME = 0x2000_0036;
    SCI_Q_ADAPTER_LINK_CABLE_INSERTED = 0x2000_0037;
    SCI_Q_ADAPTER_LINK_ENABLED = 0x2000_0038;
    SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO = 0x2000_0039;

    // Subcommands of SCI_Q_SYSTEM.
    SCI_Q_SYSTEM_HOSTBRIDGE = 0x4000_0001;
    SCI_Q_SYSTEM_WRITE_POSTING_ENABLED = 0x4000_0002;
    SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED = 0x4000_0003;
    SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE = 0x4000_0004;

    // Subcommands of SCI_Q_DMA.
    SCI_Q_DMA_AVAILABLE = 0x5000_0001;
    SCI_Q_DMA_CAPABILITIES = 0x5000_0002;

    // Subcommands of SCI_Q_LOCAL_SEGMENT, SCI_Q_REMOTE_SEGMENT, SCI_Q_MAP.
    SCI_Q_LOCAL_SEGMENT_IOADDR = 0x6000_0001;
    SCI_Q_LOCAL_SEGMENT_PHYS_ADDR = 0x6000_0002;
    SCI_Q_LOCAL_SEGMENT_VIRTUAL_KERNEL_ADDR = 0x6000_0003;
    SCI_Q_REMOTE_SEGMENT_IOADDR = 0x7000_0001;
    SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET = 0x7800_0003;
    SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET = 0x7800_0004;
    SCI_Q_MAP_IOADDR = 0x7800_0001;
    SCI_Q_MAP_PHYS_ADDR = 0x7800_0002;

    // Subcommands of SCI_Q_DEVICE.
    SCI_Q_DEVICE_INFO = 0x7C00_0001;
}

/// Exports a constant under its irregular name as well, so that old and new programs find it.
macro_rules! irregular {
    ($($name:ident as $symbol:literal;)+) => {
        $(
            const _: () = {
                #[unsafe(export_name = concat!("_SISCI_PUBLIC_CONST_", $symbol))]
                static EXPORTED: std::ffi::c_uint = $name;
            };
        )+

        #[cfg(test)]
        const IRREGULAR: &[(&str, &str)] = &[$((stringify!($name), $symbol)),+];
    };
}

irregular! {
    SCI_FLAG_WRITE_BACK_CACHE_MAP as "WRITE_BACK_CACHE_MAP";
    SCI_Q_ADAPTER_PHYS_MEM_NODEID as "SCI_Q_SCI_Q_ADAPTER_PHYS_MEM_NODEID";
    SCI_Q_ADAPTER_PHYS_MBX_NODEID as "SCI_Q_SCI_Q_ADAPTER_PHYS_MBX_NODEID";
}

/// Accepts flags that are among `built`.
///
/// # Errors
/// `FLAG_NOT_IMPLEMENTED` for those among `known`, `ILLEGAL_FLAG` for all others.
pub fn legal_flags(flags: u32, built: u32, known: u32) -> Result<()> {
    if flags & !(built | known) != 0 {
        Err(Code::SCI_ERR_ILLEGAL_FLAG)
    } else if flags & !built != 0 {
        Err(Code::SCI_ERR_FLAG_NOT_IMPLEMENTED)
    } else {
        Ok(())
    }
}

/// Accepts no flag at all.
///
/// # Errors
/// `ILLEGAL_FLAG`
pub fn no_flags(flags: u32) -> Result<()> {
    legal_flags(flags, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_constant_of_the_headers_is_exported() {
        let ours: BTreeSet<_> = ALL.iter().map(|(name, _)| name).collect();
        let headers: BTreeSet<_> = sisci_sys::CONSTANT_NAMES.iter().collect();
        assert_eq!(ours, headers);
    }

    #[test]
    fn irregular_names_are_those_of_the_headers() {
        assert_eq!(IRREGULAR, sisci_sys::symbols::IRREGULAR_CONSTANTS);
    }

    #[test]
    fn flags_are_refused_by_kind() {
        assert_eq!(legal_flags(1, 1, 2), Ok(()));
        assert_eq!(
            legal_flags(3, 1, 2),
            Err(Code::SCI_ERR_FLAG_NOT_IMPLEMENTED)
        );
        assert_eq!(legal_flags(7, 1, 2), Err(Code::SCI_ERR_ILLEGAL_FLAG));
    }
}

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
    SCI_LOCAL_HOST = 0xFFFF_FFFF;
    SCI_INFINITE_TIMEOUT = 0xFFFF_FFFF;

    SCI_FLAG_USE_CALLBACK = 0x1;
    SCI_FLAG_EMPTY = 0x2;
    SCI_FLAG_PRIVATE = 0x4;
    SCI_FLAG_AUTO_ID = 0x2000_0000;
    SCI_FLAG_BROADCAST = 0x4_0000;
    SCI_FLAG_ALLOW_UNICAST = 0x80;
    SCI_FLAG_DMA_SOURCE_ONLY = 0x8;
    SCI_FLAG_FORCE_DISCONNECT = 0x40_0000;
    SCI_FLAG_NOTIFY = 0x80_0000;
    SCI_FLAG_FORCE_REMOVE = 0x20;

    SCI_FLAG_FIXED_MAP_ADDR = 0x1;
    SCI_FLAG_READONLY_MAP = 0x2;
    SCI_FLAG_IO_MAP_IOSPACE = 0x80;
    SCI_FLAG_NO_MEMORY_LOOPBACK_MAP = 0x800;
    SCI_FLAG_SHARED_MAP = 0x2000;
    SCI_FLAG_WRITE_BACK_CACHE_MAP = 0x0800_0000;

    SCI_FLAG_BLOCK_READ = 0x0001_0000;
    SCI_FLAG_ERROR_CHECK = 0x0002_0000;
    SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY = 0x0008_0000;
    SCI_FLAG_FAST_BARRIER = 0x0100_0000;
    SCI_FLAG_NO_FLUSH = 0x0200_0000;
    SCI_FLAG_NO_STORE_BARRIER = 0x0400_0000;

    SCI_FLAG_DMA_WAIT = 0x4;
    SCI_FLAG_DMA_READ = 0x10;
    SCI_FLAG_DMA_GLOBAL = 0x40;
    SCI_FLAG_DMA_SYSDMA = 0x100;
    SCI_FLAG_DMA_ADAPTER = 0x800;

    SCI_FLAG_FIXED_INTNO = 0x2;
    SCI_FLAG_SHARED_INT = 0x4;
    SCI_FLAG_COUNTING_INT = 0x20;

    SCI_Q_VENDORID = 0x1000_0001;
    SCI_Q_API = 0x1000_0002;
    SCI_Q_ADAPTER = 0x1000_0003;
    SCI_Q_SYSTEM = 0x1000_0004;
    SCI_Q_LOCAL_SEGMENT = 0x1000_0005;
    SCI_Q_REMOTE_SEGMENT = 0x1000_0006;
    SCI_Q_MAP = 0x1000_0007;
    SCI_Q_DMA = 0x1000_0008;

    SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT = 0x2000_0001;
    SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT = 0x2000_0002;
    SCI_Q_ADAPTER_DMA_MTU = 0x2000_0003;
    SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE = 0x2000_0004;
    SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE = 0x2000_0005;
    SCI_Q_ADAPTER_CARD_TYPE = 0x2000_0006;
    SCI_Q_ADAPTER_SERIAL_NUMBER = 0x2000_0007;
    SCI_Q_ADAPTER_NODEID = 0x2000_0008;
    SCI_Q_ADAPTER_CONFIGURED = 0x2000_000A;
    SCI_Q_ADAPTER_LINK_OPERATIONAL = 0x2000_000B;
    SCI_Q_ADAPTER_NUMBER = 0x2000_000D;
    SCI_Q_ADAPTER_INSTANCE_NUMBER = 0x2000_000E;
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

    SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE = 0x4000_0004;
    SCI_Q_DMA_AVAILABLE = 0x5000_0001;
    SCI_Q_DMA_CAPABILITIES = 0x5000_0002;
    SCI_Q_LOCAL_SEGMENT_IOADDR = 0x6000_0001;
    SCI_Q_LOCAL_SEGMENT_PHYS_ADDR = 0x6000_0002;
    SCI_Q_REMOTE_SEGMENT_IOADDR = 0x7000_0001;
    SCI_Q_MAP_IOADDR = 0x7800_0001;
    SCI_Q_MAP_PHYS_ADDR = 0x7800_0002;
    SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET = 0x7800_0003;
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
    fn flags_are_refused_by_kind() {
        assert_eq!(legal_flags(1, 1, 2), Ok(()));
        assert_eq!(
            legal_flags(3, 1, 2),
            Err(Code::SCI_ERR_FLAG_NOT_IMPLEMENTED)
        );
        assert_eq!(legal_flags(7, 1, 2), Err(Code::SCI_ERR_ILLEGAL_FLAG));
    }
}

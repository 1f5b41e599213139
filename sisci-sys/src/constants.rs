//! The flags, query numbers and special values of a loaded library.

use crate::library::Symbols;

/// Defines the table and its reading: `field: source name`.
macro_rules! constant_table {
    (
        required { $($field:ident: $name:ident,)+ }
        optional { $($maybe:ident: $maybe_name:ident,)+ }
    ) => {
        /// What the library's exported constants hold, under their names in snake case.
        ///
        /// Libraries differ here, so no value may be assumed. An optional one is `None` if the
        /// library doesn't export it.
        #[derive(Clone, Copy, Debug)]
        pub struct Constants {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                pub $field: u32,
            )+
            $(
                #[doc = concat!("`", stringify!($maybe_name), "`")]
                pub $maybe: Option<u32>,
            )+
        }

        impl Constants {
            /// Reads every constant; `None` if a required one is missing (`symbols` knows which).
            pub(crate) fn resolve(symbols: &mut Symbols<'_>) -> Option<Self> {
                $(let $field = symbols.constant(stringify!($name));)+
                Some(Self {
                    $($field: $field?,)+
                    $($maybe: symbols.optional_constant(stringify!($maybe_name)),)+
                })
            }

            /// Source names of all constants in the table.
            pub const NAMES: &[&str] = &[$(stringify!($name),)+ $(stringify!($maybe_name)),+];
        }
    };
}

constant_table! {
    required {
        infinite_timeout: SCI_INFINITE_TIMEOUT,
        flag_use_callback: SCI_FLAG_USE_CALLBACK,
        flag_auto_id: SCI_FLAG_AUTO_ID,
        flag_force_remove: SCI_FLAG_FORCE_REMOVE,
        flag_fixed_intno: SCI_FLAG_FIXED_INTNO,
        flag_block_read: SCI_FLAG_BLOCK_READ,
        flag_error_check: SCI_FLAG_ERROR_CHECK,
        flag_flush_cpu_buffers_only: SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY,
        flag_dma_wait: SCI_FLAG_DMA_WAIT,
        flag_dma_read: SCI_FLAG_DMA_READ,
        flag_dma_global: SCI_FLAG_DMA_GLOBAL,
        flag_dma_sysdma: SCI_FLAG_DMA_SYSDMA,
        flag_dma_adapter: SCI_FLAG_DMA_ADAPTER,
        q_vendorid: SCI_Q_VENDORID,
        q_api: SCI_Q_API,
        q_adapter: SCI_Q_ADAPTER,
        q_adapter_nodeid: SCI_Q_ADAPTER_NODEID,
        q_adapter_link_operational: SCI_Q_ADAPTER_LINK_OPERATIONAL,
        q_adapter_dma_size_alignment: SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT,
        q_adapter_dma_offset_alignment: SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT,
        q_adapter_dma_mtu: SCI_Q_ADAPTER_DMA_MTU,
    }
    optional {
        local_host: SCI_LOCAL_HOST,
        flag_empty: SCI_FLAG_EMPTY,
        flag_private: SCI_FLAG_PRIVATE,
        flag_broadcast: SCI_FLAG_BROADCAST,
        flag_allow_unicast: SCI_FLAG_ALLOW_UNICAST,
        flag_dma_source_only: SCI_FLAG_DMA_SOURCE_ONLY,
        flag_force_disconnect: SCI_FLAG_FORCE_DISCONNECT,
        flag_notify: SCI_FLAG_NOTIFY,
        flag_fixed_map_addr: SCI_FLAG_FIXED_MAP_ADDR,
        flag_readonly_map: SCI_FLAG_READONLY_MAP,
        flag_io_map_iospace: SCI_FLAG_IO_MAP_IOSPACE,
        flag_no_memory_loopback_map: SCI_FLAG_NO_MEMORY_LOOPBACK_MAP,
        flag_shared_map: SCI_FLAG_SHARED_MAP,
        flag_write_back_cache_map: SCI_FLAG_WRITE_BACK_CACHE_MAP,
        flag_fast_barrier: SCI_FLAG_FAST_BARRIER,
        flag_no_flush: SCI_FLAG_NO_FLUSH,
        flag_no_store_barrier: SCI_FLAG_NO_STORE_BARRIER,
        flag_shared_int: SCI_FLAG_SHARED_INT,
        flag_counting_int: SCI_FLAG_COUNTING_INT,
        q_system: SCI_Q_SYSTEM,
        q_local_segment: SCI_Q_LOCAL_SEGMENT,
        q_remote_segment: SCI_Q_REMOTE_SEGMENT,
        q_map: SCI_Q_MAP,
        q_dma: SCI_Q_DMA,
        q_adapter_suggested_min_dma_size: SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE,
        q_adapter_suggested_min_block_size: SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE,
        q_adapter_card_type: SCI_Q_ADAPTER_CARD_TYPE,
        q_adapter_serial_number: SCI_Q_ADAPTER_SERIAL_NUMBER,
        q_adapter_configured: SCI_Q_ADAPTER_CONFIGURED,
        q_adapter_number: SCI_Q_ADAPTER_NUMBER,
        q_adapter_instance_number: SCI_Q_ADAPTER_INSTANCE_NUMBER,
        q_adapter_bdf: SCI_Q_ADAPTER_BDF,
        q_adapter_mcast_max_groups: SCI_Q_ADAPTER_MCAST_MAX_GROUPS,
        q_adapter_number_of_links: SCI_Q_ADAPTER_NUMBER_OF_LINKS,
        q_adapter_link_width: SCI_Q_ADAPTER_LINK_WIDTH,
        q_adapter_link_speed: SCI_Q_ADAPTER_LINK_SPEED,
        q_adapter_link_uptime: SCI_Q_ADAPTER_LINK_UPTIME,
        q_adapter_link_downtime: SCI_Q_ADAPTER_LINK_DOWNTIME,
        q_adapter_link_cable_inserted: SCI_Q_ADAPTER_LINK_CABLE_INSERTED,
        q_adapter_link_enabled: SCI_Q_ADAPTER_LINK_ENABLED,
        q_adapter_link_partner_port_no: SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO,
        q_system_cpu_cache_line_size: SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE,
        q_dma_available: SCI_Q_DMA_AVAILABLE,
        q_dma_capabilities: SCI_Q_DMA_CAPABILITIES,
        q_local_segment_ioaddr: SCI_Q_LOCAL_SEGMENT_IOADDR,
        q_local_segment_phys_addr: SCI_Q_LOCAL_SEGMENT_PHYS_ADDR,
        q_remote_segment_ioaddr: SCI_Q_REMOTE_SEGMENT_IOADDR,
        q_map_ioaddr: SCI_Q_MAP_IOADDR,
        q_map_phys_addr: SCI_Q_MAP_PHYS_ADDR,
        q_map_mapped_to_local_target: SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn table_and_headers_hold_the_same_constants() {
        let table: BTreeSet<_> = Constants::NAMES.iter().collect();
        let headers: BTreeSet<_> = crate::bindings::CONSTANT_NAMES.iter().collect();
        assert_eq!(table, headers);
    }
}

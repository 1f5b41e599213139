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

            /// Source names of the constants without which a library can't be used.
            pub const REQUIRED: &[&str] = &[$(stringify!($name)),+];

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
        flag_block_read: SCI_FLAG_BLOCK_READ,
        flag_error_check: SCI_FLAG_ERROR_CHECK,
        flag_flush_cpu_buffers_only: SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY,
        flag_dma_wait: SCI_FLAG_DMA_WAIT,
        flag_dma_read: SCI_FLAG_DMA_READ,
        flag_dma_global: SCI_FLAG_DMA_GLOBAL,
        flag_dma_sysdma: SCI_FLAG_DMA_SYSDMA,
        flag_dma_adapter: SCI_FLAG_DMA_ADAPTER,
        flag_fixed_intno: SCI_FLAG_FIXED_INTNO,
        q_vendorid: SCI_Q_VENDORID,
        q_api: SCI_Q_API,
        q_adapter: SCI_Q_ADAPTER,
        q_adapter_dma_size_alignment: SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT,
        q_adapter_dma_offset_alignment: SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT,
        q_adapter_dma_mtu: SCI_Q_ADAPTER_DMA_MTU,
        q_adapter_nodeid: SCI_Q_ADAPTER_NODEID,
        q_adapter_link_operational: SCI_Q_ADAPTER_LINK_OPERATIONAL,
    }
    optional {
        local_host: SCI_LOCAL_HOST,
        flag_thread_safe: SCI_FLAG_THREAD_SAFE,
        flag_empty: SCI_FLAG_EMPTY,
        flag_private: SCI_FLAG_PRIVATE,
        flag_broadcast: SCI_FLAG_BROADCAST,
        flag_allow_unicast: SCI_FLAG_ALLOW_UNICAST,
        flag_physical: SCI_FLAG_PHYSICAL,
        flag_dma_source_only: SCI_FLAG_DMA_SOURCE_ONLY,
        flag_force_disconnect: SCI_FLAG_FORCE_DISCONNECT,
        flag_notify: SCI_FLAG_NOTIFY,
        flag_lock_user_mem: SCI_FLAG_LOCK_USER_MEM,
        flag_cuda_buffer: SCI_FLAG_CUDA_BUFFER,
        flag_scif_buffer: SCI_FLAG_SCIF_BUFFER,
        flag_asynchronous_connect: SCI_FLAG_ASYNCHRONOUS_CONNECT,
        flag_fixed_map_addr: SCI_FLAG_FIXED_MAP_ADDR,
        flag_readonly_map: SCI_FLAG_READONLY_MAP,
        flag_io_map_iospace: SCI_FLAG_IO_MAP_IOSPACE,
        flag_no_memory_loopback_map: SCI_FLAG_NO_MEMORY_LOOPBACK_MAP,
        flag_no_memory_loopback: SCI_FLAG_NO_MEMORY_LOOPBACK,
        flag_shared_map: SCI_FLAG_SHARED_MAP,
        flag_write_back_cache_map: SCI_FLAG_WRITE_BACK_CACHE_MAP,
        flag_lock_operation: SCI_FLAG_LOCK_OPERATION,
        flag_conditional_interrupt_map: SCI_FLAG_CONDITIONAL_INTERRUPT_MAP,
        flag_unconditional_data_interrupt_map: SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP,
        flag_read_prefetch_aggr_hold_map: SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP,
        flag_read_prefetch_no_hold_map: SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP,
        flag_dmove_map: SCI_FLAG_DMOVE_MAP,
        flag_writes_disable_gather_map: SCI_FLAG_WRITES_DISABLE_GATHER_MAP,
        flag_disable_128_bytes_packets: SCI_FLAG_DISABLE_128_BYTES_PACKETS,
        flag_fast_barrier: SCI_FLAG_FAST_BARRIER,
        flag_no_flush: SCI_FLAG_NO_FLUSH,
        flag_no_store_barrier: SCI_FLAG_NO_STORE_BARRIER,
        flag_cache_flush: SCI_FLAG_CACHE_FLUSH,
        flag_cache_invalidate: SCI_FLAG_CACHE_INVALIDATE,
        flag_dma_post: SCI_FLAG_DMA_POST,
        flag_dma_reset: SCI_FLAG_DMA_RESET,
        flag_dma_phdma: SCI_FLAG_DMA_PHDMA,
        flag_dma_user_mem: SCI_FLAG_DMA_USER_MEM,
        flag_dma_channel_shared: SCI_FLAG_DMA_CHANNEL_SHARED,
        flag_shared_int: SCI_FLAG_SHARED_INT,
        flag_counting_int: SCI_FLAG_COUNTING_INT,
        flag_share_external: SCI_FLAG_SHARE_EXTERNAL,
        flag_conditional_interrupt: SCI_FLAG_CONDITIONAL_INTERRUPT,
        flag_pcie_requester_global: SCI_FLAG_PCIE_REQUESTER_GLOBAL,
        flag_exclusive: SCI_FLAG_EXCLUSIVE,
        flag_device_side_only: SCI_FLAG_DEVICE_SIDE_ONLY,
        flag_local_only: SCI_FLAG_LOCAL_ONLY,
        flag_device_prefer_bandwidth: SCI_FLAG_DEVICE_PREFER_BANDWIDTH,
        flag_host_prefer_bandwidth: SCI_FLAG_HOST_PREFER_BANDWIDTH,
        flag_specify_path: SCI_FLAG_SPECIFY_PATH,
        flag_specify_slot: SCI_FLAG_SPECIFY_SLOT,
        q_sisci_driver_version: SCI_Q_SISCI_DRIVER_VERSION,
        q_system: SCI_Q_SYSTEM,
        q_local_segment: SCI_Q_LOCAL_SEGMENT,
        q_remote_segment: SCI_Q_REMOTE_SEGMENT,
        q_map: SCI_Q_MAP,
        q_dma: SCI_Q_DMA,
        q_device: SCI_Q_DEVICE,
        q_adapter_suggested_min_dma_size: SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE,
        q_adapter_suggested_min_block_size: SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE,
        q_adapter_card_type: SCI_Q_ADAPTER_CARD_TYPE,
        q_adapter_serial_number: SCI_Q_ADAPTER_SERIAL_NUMBER,
        q_adapter_number_of_streams: SCI_Q_ADAPTER_NUMBER_OF_STREAMS,
        q_adapter_configured: SCI_Q_ADAPTER_CONFIGURED,
        q_adapter_hw_link_status_is_ok: SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK,
        q_adapter_number: SCI_Q_ADAPTER_NUMBER,
        q_adapter_instance_number: SCI_Q_ADAPTER_INSTANCE_NUMBER,
        q_adapter_firmware_ok: SCI_Q_ADAPTER_FIRMWARE_OK,
        q_adapter_connected_to_switch: SCI_Q_ADAPTER_CONNECTED_TO_SWITCH,
        q_adapter_local_switch_type: SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE,
        q_adapter_local_switch_port_number: SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER,
        q_adapter_connected_to_expected_switch_port: SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT,
        q_adapter_stream_buffer_size: SCI_Q_ADAPTER_STREAM_BUFFER_SIZE,
        q_adapter_att_page_size: SCI_Q_ADAPTER_ATT_PAGE_SIZE,
        q_adapter_att_number_of_entries: SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES,
        q_adapter_att_available_entries: SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES,
        q_adapter_phys_mem_nodeid: SCI_Q_ADAPTER_PHYS_MEM_NODEID,
        q_adapter_phys_mbx_nodeid: SCI_Q_ADAPTER_PHYS_MBX_NODEID,
        q_adapter_phys_link_port_nodeid: SCI_Q_ADAPTER_PHYS_LINK_PORT_NODEID,
        q_adapter_sci_link_frequency: SCI_Q_ADAPTER_SCI_LINK_FREQUENCY,
        q_adapter_b_link_frequency: SCI_Q_ADAPTER_B_LINK_FREQUENCY,
        q_adapter_io_bus_frequency: SCI_Q_ADAPTER_IO_BUS_FREQUENCY,
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
        q_system_hostbridge: SCI_Q_SYSTEM_HOSTBRIDGE,
        q_system_write_posting_enabled: SCI_Q_SYSTEM_WRITE_POSTING_ENABLED,
        q_system_write_combining_enabled: SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED,
        q_system_cpu_cache_line_size: SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE,
        q_dma_available: SCI_Q_DMA_AVAILABLE,
        q_dma_capabilities: SCI_Q_DMA_CAPABILITIES,
        q_local_segment_ioaddr: SCI_Q_LOCAL_SEGMENT_IOADDR,
        q_local_segment_phys_addr: SCI_Q_LOCAL_SEGMENT_PHYS_ADDR,
        q_local_segment_virtual_kernel_addr: SCI_Q_LOCAL_SEGMENT_VIRTUAL_KERNEL_ADDR,
        q_remote_segment_ioaddr: SCI_Q_REMOTE_SEGMENT_IOADDR,
        q_map_mapped_to_local_target: SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET,
        q_map_query_remote_mapped_to_local_target: SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET,
        q_map_ioaddr: SCI_Q_MAP_IOADDR,
        q_map_phys_addr: SCI_Q_MAP_PHYS_ADDR,
        q_device_info: SCI_Q_DEVICE_INFO,
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

//! The functions of a loaded library.

use crate::bindings;
use crate::library::Symbols;

/// Defines the table and its resolution: `field: source name`.
macro_rules! function_table {
    (
        required { $($field:ident: $name:ident,)+ }
        optional { $($maybe:ident: $maybe_name:ident,)+ }
    ) => {
        /// Every function under its SISCI name in snake case, without the `SCI` in front.
        ///
        /// The arguments and the rules of each are those of the C function; all of them are
        /// unsafe to call, since handles and pointers are taken as they come. An optional one is
        /// `None` if the library lacks it: releases differ in what they offer beyond the basics.
        #[derive(Clone, Copy, Debug)]
        pub struct Functions {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                pub $field: bindings::$name,
            )+
            $(
                #[doc = concat!("`", stringify!($maybe_name), "`")]
                pub $maybe: Option<bindings::$maybe_name>,
            )+
        }

        impl Functions {
            /// Looks every function up; `None` if a required one is missing (`symbols` then knows
            /// which).
            pub(crate) fn resolve(symbols: &mut Symbols<'_>) -> Option<Self> {
                $(let $field = symbols.function(stringify!($name));)+
                $(let $maybe = symbols.optional_function(stringify!($maybe_name));)+
                Some(Self {
                    $(
                        // SAFETY: the address belongs to the function of this name, and the type was
                        // generated from the prototype that the C headers give that name.
                        $field: unsafe {
                            std::mem::transmute::<std::ptr::NonNull<_>, bindings::$name>($field?)
                        },
                    )+
                    $(
                        // SAFETY: as above.
                        $maybe: $maybe.map(|address| unsafe {
                            std::mem::transmute::<std::ptr::NonNull<_>, bindings::$maybe_name>(address)
                        }),
                    )+
                })
            }

            /// Source names of the functions without which a library can't be used.
            pub const REQUIRED: &[&str] = &[$(stringify!($name)),+];

            /// Source names of all functions in the table.
            pub const NAMES: &[&str] = &[$(stringify!($name),)+ $(stringify!($maybe_name)),+];
        }
    };
}

function_table! {
    required {
        initialize: SCIInitialize,
        terminate: SCITerminate,
        open: SCIOpen,
        close: SCIClose,
        get_error_string: SCIGetErrorString,
        get_local_node_id: SCIGetLocalNodeId,
        probe_node: SCIProbeNode,
        query: SCIQuery,
        create_segment: SCICreateSegment,
        prepare_segment: SCIPrepareSegment,
        set_segment_available: SCISetSegmentAvailable,
        set_segment_unavailable: SCISetSegmentUnavailable,
        remove_segment: SCIRemoveSegment,
        get_local_segment_id: SCIGetLocalSegmentId,
        get_local_segment_size: SCIGetLocalSegmentSize,
        map_local_segment: SCIMapLocalSegment,
        connect_segment: SCIConnectSegment,
        disconnect_segment: SCIDisconnectSegment,
        get_remote_segment_size: SCIGetRemoteSegmentSize,
        map_remote_segment: SCIMapRemoteSegment,
        unmap_segment: SCIUnmapSegment,
        create_map_sequence: SCICreateMapSequence,
        remove_sequence: SCIRemoveSequence,
        start_sequence: SCIStartSequence,
        check_sequence: SCICheckSequence,
        flush: SCIFlush,
        mem_cpy: SCIMemCpy,
        create_dma_queue: SCICreateDMAQueue,
        remove_dma_queue: SCIRemoveDMAQueue,
        start_dma_transfer: SCIStartDmaTransfer,
        dma_queue_state: SCIDMAQueueState,
        wait_for_dma_queue: SCIWaitForDMAQueue,
        abort_dma_queue: SCIAbortDMAQueue,
        create_interrupt: SCICreateInterrupt,
        remove_interrupt: SCIRemoveInterrupt,
        wait_for_interrupt: SCIWaitForInterrupt,
        connect_interrupt: SCIConnectInterrupt,
        disconnect_interrupt: SCIDisconnectInterrupt,
        trigger_interrupt: SCITriggerInterrupt,
        create_data_interrupt: SCICreateDataInterrupt,
        remove_data_interrupt: SCIRemoveDataInterrupt,
        connect_data_interrupt: SCIConnectDataInterrupt,
        disconnect_data_interrupt: SCIDisconnectDataInterrupt,
        trigger_data_interrupt: SCITriggerDataInterrupt,
        wait_for_local_segment_event: SCIWaitForLocalSegmentEvent,
        wait_for_remote_segment_event: SCIWaitForRemoteSegmentEvent,
        get_remote_segment_id: SCIGetRemoteSegmentId,
        get_remote_segment_node_id: SCIGetRemoteSegmentNodeId,
        store_barrier: SCIStoreBarrier,
        wait_for_data_interrupt: SCIWaitForDataInterrupt,
    }
    optional {
        get_node_id_by_adapter_name: SCIGetNodeIdByAdapterName,
        get_node_info_by_adapter_name: SCIGetNodeInfoByAdapterName,
        get_adapter_type_string: SCIGetAdapterTypeString,
        get_adapter_family_string: SCIGetAdapterFamilyString,
        get_csr_register: SCIGetCSRRegister,
        set_csr_register: SCISetCSRRegister,
        get_local_csr: SCIGetLocalCSR,
        set_local_csr: SCISetLocalCSR,
        register_segment_memory: SCIRegisterSegmentMemory,
        attach_physical_memory: SCIAttachPhysicalMemory,
        share_segment: SCIShareSegment,
        attach_local_segment: SCIAttachLocalSegment,
        get_map_pointer: SCIGetMapPointer,
        get_map_phys_addr: SCIGetMapPhysAddr,
        mem_cpy_dual: SCIMemCpy_dual,
        mem_write: SCIMemWrite,
        cache_sync: SCICacheSync,
        get_sci_mem_copy_function: GetSciMemCopyFunction,
        set_sci_mem_copy_function: SetSciMemCopyFunction,
        start_dma_transfer_mem: SCIStartDmaTransferMem,
        start_dma_transfer_vec: SCIStartDmaTransferVec,
        dis_start_dma_transfer: DISStartDmaTransfer,
        dis_start_dma_transfer_vec: DISStartDmaTransferVec,
        request_dma_channel: SCIRequestDMAChannel,
        return_dma_channel: SCIReturnDMAChannel,
        assign_dma_channel: SCIAssignDMAChannel,
        prepare_local_segment_for_dma: SCIPrepareLocalSegmentForDMA,
        unprepare_local_segment_for_dma: SCIUnprepareLocalSegmentForDMA,
        prepare_remote_segment_for_dma: SCIPrepareRemoteSegmentForDMA,
        unprepare_remote_segment_for_dma: SCIUnprepareRemoteSegmentForDMA,
        create_named_interrupt: SCICreateNamedInterrupt,
        register_interrupt_flag: SCIRegisterInterruptFlag,
        enable_conditional_interrupt: SCIEnableConditionalInterrupt,
        disable_conditional_interrupt: SCIDisableConditionalInterrupt,
        get_conditional_interrupt_trig_counter: SCIGetConditionalInterruptTrigCounter,
        get_device_list: SCIGetDeviceList,
        get_fabric_device_id: SCIGetFabricDeviceId,
        borrow_device: SCIBorrowDevice,
        return_device: SCIReturnDevice,
        release_exclusive_borrow: SCIReleaseExclusiveBorrow,
        connect_device_segment: SCIConnectDeviceSegment,
        connect_device_segment_path: SCIConnectDeviceSegmentPath,
        create_device_segment: SCICreateDeviceSegment,
        map_local_segment_for_device: SCIMapLocalSegmentForDevice,
        unmap_local_segment_for_device: SCIUnmapLocalSegmentForDevice,
        map_remote_segment_for_device: SCIMapRemoteSegmentForDevice,
        unmap_remote_segment_for_device: SCIUnmapRemoteSegmentForDevice,
        register_pcie_requester: SCIRegisterPCIeRequester,
        unregister_pcie_requester: SCIUnregisterPCIeRequester,
        enqueue_dma_transfer: SCIEnqueueDMATransfer,
        post_dma_queue: SCIPostDMAQueue,
        reset_dma_queue: SCIResetDMAQueue,
        ph_dma_enqueue: SCIphDmaEnqueue,
        ph_dma_start: SCIphDmaStart,
        mem_copy: SCIMemCopy,
        transfer_block: SCITransferBlock,
        transfer_block_async: SCITransferBlockAsync,
        wait_for_block_transfer: SCIWaitForBlockTransfer,
        abort_block_transfer: SCIAbortBlockTransfer,
        flush_read_buffers: SCIFlushReadBuffers,
        connect_sci_space: SCIConnectSCISpace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn table_and_headers_hold_the_same_functions() {
        let table: BTreeSet<_> = Functions::NAMES.iter().collect();
        let headers: BTreeSet<_> = bindings::FUNCTION_NAMES.iter().collect();
        assert_eq!(table, headers);
    }
}

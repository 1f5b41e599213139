//! The functions of a loaded library.

use crate::bindings;
use crate::library::Symbols;

/// Defines the table and its resolution: `field: source name`.
macro_rules! function_table {
    ($($field:ident: $name:ident,)+) => {
        /// Every function under its SISCI name in snake case, without the `SCI` in front.
        ///
        /// The arguments and the rules of each are those of the C function; all of them are
        /// unsafe to call, since handles and pointers are taken as they come.
        #[derive(Clone, Copy, Debug)]
        pub struct Functions {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                pub $field: bindings::$name,
            )+
        }

        impl Functions {
            /// Looks every function up; `None` if one is missing (`symbols` then knows which).
            pub(crate) fn resolve(symbols: &mut Symbols<'_>) -> Option<Self> {
                $(let $field = symbols.function(stringify!($name));)+
                Some(Self {
                    $(
                        // SAFETY: the address belongs to the function of this name, and the type was
                        // generated from the prototype that the C headers give that name.
                        $field: unsafe {
                            std::mem::transmute::<std::ptr::NonNull<_>, bindings::$name>($field?)
                        },
                    )+
                })
            }

            /// Source names of all functions in the table.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];
        }
    };
}

function_table! {
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
    wait_for_local_segment_event: SCIWaitForLocalSegmentEvent,
    connect_segment: SCIConnectSegment,
    disconnect_segment: SCIDisconnectSegment,
    get_remote_segment_size: SCIGetRemoteSegmentSize,
    get_remote_segment_id: SCIGetRemoteSegmentId,
    get_remote_segment_node_id: SCIGetRemoteSegmentNodeId,
    map_remote_segment: SCIMapRemoteSegment,
    unmap_segment: SCIUnmapSegment,
    wait_for_remote_segment_event: SCIWaitForRemoteSegmentEvent,
    create_map_sequence: SCICreateMapSequence,
    remove_sequence: SCIRemoveSequence,
    start_sequence: SCIStartSequence,
    check_sequence: SCICheckSequence,
    store_barrier: SCIStoreBarrier,
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
    wait_for_data_interrupt: SCIWaitForDataInterrupt,
    connect_data_interrupt: SCIConnectDataInterrupt,
    disconnect_data_interrupt: SCIDisconnectDataInterrupt,
    trigger_data_interrupt: SCITriggerDataInterrupt,
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

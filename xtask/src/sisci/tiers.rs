//! How widely each function is used by public programs: what a library should have first.

/// Used by nearly every program.
const FIRST: &[&str] = &[
    "SCIInitialize",
    "SCITerminate",
    "SCIOpen",
    "SCIClose",
    "SCICreateSegment",
    "SCIPrepareSegment",
    "SCISetSegmentAvailable",
    "SCISetSegmentUnavailable",
    "SCIRemoveSegment",
    "SCIConnectSegment",
    "SCIDisconnectSegment",
    "SCIMapLocalSegment",
    "SCIMapRemoteSegment",
    "SCIUnmapSegment",
    "SCIGetErrorString",
    "SCIGetRemoteSegmentSize",
    "SCIGetLocalNodeId",
    "SCIQuery",
];

/// Messages, DMA, interrupts, flushes.
const SECOND: &[&str] = &[
    "SCICreateDataInterrupt",
    "SCIRemoveDataInterrupt",
    "SCIConnectDataInterrupt",
    "SCIDisconnectDataInterrupt",
    "SCITriggerDataInterrupt",
    "SCIWaitForDataInterrupt",
    "SCICreateDMAQueue",
    "SCIRemoveDMAQueue",
    "SCIStartDmaTransfer",
    "SCIDMAQueueState",
    "SCIWaitForDMAQueue",
    "SCIAbortDMAQueue",
    "SCIFlush",
    "SCICreateInterrupt",
    "SCIRemoveInterrupt",
    "SCIConnectInterrupt",
    "SCIDisconnectInterrupt",
    "SCITriggerInterrupt",
    "SCIWaitForInterrupt",
];

/// Checks, copies, and memory of other kinds.
const THIRD: &[&str] = &[
    "SCICreateMapSequence",
    "SCIRemoveSequence",
    "SCIStartSequence",
    "SCICheckSequence",
    "SCIStoreBarrier",
    "SCIMemCpy",
    "SCIMemWrite",
    "SCIStartDmaTransferVec",
    "SCIStartDmaTransferMem",
    "SCIGetLocalSegmentId",
    "SCIGetLocalSegmentSize",
    "SCIGetRemoteSegmentId",
    "SCIGetRemoteSegmentNodeId",
    "SCIRegisterSegmentMemory",
    "SCIAttachPhysicalMemory",
    "SCICacheSync",
    "SCIProbeNode",
    "SCIWaitForLocalSegmentEvent",
    "SCIWaitForRemoteSegmentEvent",
];

/// 1 (nearly every program) to 4 (rare or of one release).
pub fn tier(function: &str) -> u8 {
    [FIRST, SECOND, THIRD]
        .iter()
        .position(|tier| tier.contains(&function))
        .map_or(4, |index| index as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_of_the_headers() {
        for name in [FIRST, SECOND, THIRD].concat() {
            assert!(sisci_sys::FUNCTION_NAMES.contains(&name), "{name}");
        }
        assert_eq!(
            (tier("SCIOpen"), tier("SCIFlush"), tier("SCIMemCpy")),
            (1, 2, 3)
        );
        assert_eq!(tier("SCIBorrowDevice"), 4);
    }
}

/*
 * Local segments: memory of this process that other nodes are let into.
 *
 * Order: create (an empty one then gets memory), prepare for each adapter, set available on each
 * adapter; map at any time after creation. Back: set unavailable, unmap, remove.
 */
#ifndef SISCI_LOCAL_SEGMENTS_H
#define SISCI_LOCAL_SEGMENTS_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCICreateSegment SISCI_FUNCTION_SYMBOL(SCICreateSegment)
/**
 * Allocates memory that peers can be let into. Nobody sees it before it is available. Ids are
 * unique on the node, so over all processes and adapters of it.
 *
 * Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_EMPTY, SCI_FLAG_PRIVATE, SCI_FLAG_AUTO_ID,
 * SCI_FLAG_BROADCAST, SCI_FLAG_ALLOW_UNICAST, SCI_FLAG_DMA_GLOBAL, SCI_FLAG_PHYSICAL.
 * SCI_ERR_SEGMENTID_USED, SCI_ERR_SIZE_ALIGNMENT, SCI_ERR_NOSPC.
 */
void SCICreateSegment(sci_desc_t sd, sci_local_segment_t *segment, unsigned int segmentId,
    size_t size, sci_cb_local_segment_t callback, void *callbackArg, unsigned int flags,
    sci_error_t *error);

#define SCIRegisterSegmentMemory SISCI_FUNCTION_SYMBOL(SCIRegisterSegmentMemory)
/**
 * Gives an empty segment memory of the program. Before SCIPrepareSegment; the memory stays where it
 * is until the segment is removed. Legal: SCI_FLAG_LOCK_USER_MEM.
 * SCI_ERR_SIZE_ALIGNMENT, SCI_ERR_ILLEGAL_ADDRESS, SCI_ERR_OUT_OF_RANGE.
 */
void SCIRegisterSegmentMemory(void *address, size_t size, sci_local_segment_t segment,
    unsigned int flags, sci_error_t *error);

#define SCIAttachPhysicalMemory SISCI_FUNCTION_SYMBOL(SCIAttachPhysicalMemory)
/**
 * Gives an empty segment memory by its bus address, or that of another device. `address` is where
 * the program sees it, null if it does not. Before SCIPrepareSegment.
 * Legal: SCI_FLAG_CUDA_BUFFER, SCI_FLAG_SCIF_BUFFER. SCI_ERR_HW_NOSPC.
 */
void SCIAttachPhysicalMemory(sci_ioaddr_t ioaddress, void *address, unsigned int busNo,
    size_t size, sci_local_segment_t segment, unsigned int flags, sci_error_t *error);

#define SCIPrepareSegment SISCI_FUNCTION_SYMBOL(SCIPrepareSegment)
/**
 * Makes the memory reachable by an adapter; once per adapter. Needed before the segment is set
 * available and before it is a source or target of DMA.
 * Legal: SCI_FLAG_DMA_SOURCE_ONLY, SCI_FLAG_BROADCAST. SCI_ERR_HW_NOSPC.
 */
void SCIPrepareSegment(sci_local_segment_t segment, unsigned int localAdapterNo, unsigned int flags,
    sci_error_t *error);

#define SCISetSegmentAvailable SISCI_FUNCTION_SYMBOL(SCISetSegmentAvailable)
/**
 * Lets peers connect over an adapter. SCI_ERR_SEGMENT_NOT_PREPARED; SCI_ERR_ILLEGAL_OPERATION for
 * a private segment.
 */
void SCISetSegmentAvailable(sci_local_segment_t segment, unsigned int localAdapterNo,
    unsigned int flags, sci_error_t *error);

#define SCISetSegmentUnavailable SISCI_FUNCTION_SYMBOL(SCISetSegmentUnavailable)
/**
 * Refuses new connections over an adapter; existing ones stay unless forced.
 * Legal: SCI_FLAG_FORCE_DISCONNECT, SCI_FLAG_NOTIFY. SCI_ERR_ILLEGAL_OPERATION.
 */
void SCISetSegmentUnavailable(sci_local_segment_t segment, unsigned int localAdapterNo,
    unsigned int flags, sci_error_t *error);

#define SCIRemoveSegment SISCI_FUNCTION_SYMBOL(SCIRemoveSegment)
/**
 * Frees the segment and its id; who waits for its events gets SCI_ERR_CANCELLED.
 * Legal: SCI_FLAG_FORCE_REMOVE. SCI_ERR_BUSY while it is connected (unless forced), mapped or in a
 * DMA transfer.
 */
void SCIRemoveSegment(sci_local_segment_t segment, unsigned int flags, sci_error_t *error);

#define SCIGetLocalSegmentId SISCI_FUNCTION_SYMBOL(SCIGetLocalSegmentId)
/** The id, which the library chose under SCI_FLAG_AUTO_ID; 0 for a bad handle. */
unsigned int SCIGetLocalSegmentId(sci_local_segment_t segment);

#define SCIGetLocalSegmentSize SISCI_FUNCTION_SYMBOL(SCIGetLocalSegmentSize)
/** Size in bytes; 0 for a bad handle. */
size_t SCIGetLocalSegmentSize(sci_local_segment_t segment);

#define SCIMapLocalSegment SISCI_FUNCTION_SYMBOL(SCIMapLocalSegment)
/**
 * Maps the segment's own, cached memory. `addr` is where, with SCI_FLAG_FIXED_MAP_ADDR.
 * Legal: SCI_FLAG_FIXED_MAP_ADDR, SCI_FLAG_READONLY_MAP. Null comes with SCI_ERR_OUT_OF_RANGE,
 * SCI_ERR_SIZE_ALIGNMENT, SCI_ERR_OFFSET_ALIGNMENT.
 */
void *SCIMapLocalSegment(sci_local_segment_t segment, sci_map_t *map, size_t offset, size_t size,
    void *addr, unsigned int flags, sci_error_t *error);

#define SCIShareSegment SISCI_FUNCTION_SYMBOL(SCIShareSegment)
/** Lets other processes of the node attach to the segment. */
void SCIShareSegment(sci_local_segment_t segment, unsigned int flags, sci_error_t *error);

#define SCIAttachLocalSegment SISCI_FUNCTION_SYMBOL(SCIAttachLocalSegment)
/**
 * A handle to a segment that another process of the node created and shared; the state is common.
 * `size` receives the size, which may be rounded up. Legal: SCI_FLAG_USE_CALLBACK,
 * SCI_FLAG_BROADCAST. SCI_ERR_ACCESS if it is not shared, SCI_ERR_NO_SUCH_SEGMENT.
 */
void SCIAttachLocalSegment(sci_desc_t sd, sci_local_segment_t *segment, unsigned int segmentId,
    size_t *size, sci_cb_local_segment_t callback, void *callbackArg, unsigned int flags,
    sci_error_t *error);

#define SCIWaitForLocalSegmentEvent SISCI_FUNCTION_SYMBOL(SCIWaitForLocalSegmentEvent)
/**
 * The next connect, disconnect or link event, with the node and the adapter it came from. Blocks up
 * to `timeout`. Not together with a callback. SCI_ERR_TIMEOUT, SCI_ERR_CANCELLED, and
 * SCI_ERR_OVERFLOW if events were lost.
 */
sci_segment_cb_reason_t SCIWaitForLocalSegmentEvent(sci_local_segment_t segment,
    unsigned int *sourceNodeId, unsigned int *localAdapterNo, unsigned int timeout,
    unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

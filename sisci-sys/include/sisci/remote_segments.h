/*
 * Remote segments: memory of another process, on another node or on this one.
 *
 * Order: connect, map, use; back: remove sequences, unmap, disconnect.
 */
#ifndef SISCI_REMOTE_SEGMENTS_H
#define SISCI_REMOTE_SEGMENTS_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCIConnectSegment SISCI_FUNCTION_SYMBOL(SCIConnectSegment)
/**
 * Connects to an available segment. Does not wait for one to appear, whatever the timeout says:
 * programs call it in a loop. For a multicast group the node is DIS_BROADCAST_NODEID_GROUP_ALL and
 * the segment id the group's.
 *
 * Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_BROADCAST, SCI_FLAG_ASYNCHRONOUS_CONNECT.
 * SCI_ERR_NO_SUCH_SEGMENT, SCI_ERR_CONNECTION_REFUSED, SCI_ERR_TIMEOUT, SCI_ERR_NO_LINK_ACCESS,
 * SCI_ERR_NO_REMOTE_LINK_ACCESS, SCI_ERR_NODE_NOT_RESPONDING.
 */
void SCIConnectSegment(sci_desc_t sd, sci_remote_segment_t *segment, unsigned int nodeId,
    unsigned int segmentId, unsigned int localAdapterNo, sci_cb_remote_segment_t callback,
    void *callbackArg, unsigned int timeout, unsigned int flags, sci_error_t *error);

#define SCIDisconnectSegment SISCI_FUNCTION_SYMBOL(SCIDisconnectSegment)
/**
 * Ends a connection; who waits for its events gets SCI_ERR_CANCELLED. SCI_ERR_BUSY while maps or
 * DMA transfers use it.
 */
void SCIDisconnectSegment(sci_remote_segment_t segment, unsigned int flags, sci_error_t *error);

#define SCIGetRemoteSegmentSize SISCI_FUNCTION_SYMBOL(SCIGetRemoteSegmentSize)
/** Size in bytes; 0 for a bad handle. */
size_t SCIGetRemoteSegmentSize(sci_remote_segment_t segment);

#define SCIGetRemoteSegmentId SISCI_FUNCTION_SYMBOL(SCIGetRemoteSegmentId)
/** The segment's id; 0 for a bad handle. */
unsigned int SCIGetRemoteSegmentId(sci_remote_segment_t segment);

#define SCIGetRemoteSegmentNodeId SISCI_FUNCTION_SYMBOL(SCIGetRemoteSegmentNodeId)
/** The owner's node id; 0 for a bad handle. */
unsigned int SCIGetRemoteSegmentNodeId(sci_remote_segment_t segment);

#define SCIMapRemoteSegment SISCI_FUNCTION_SYMBOL(SCIMapRemoteSegment)
/**
 * Maps a window onto the remote memory, write combining unless the flags say otherwise. A store
 * returns before it has arrived; see transfers.h for order and checks.
 *
 * Legal: the map flags of flags.h and SCI_FLAG_BROADCAST. Null comes with SCI_ERR_OUT_OF_RANGE,
 * SCI_ERR_SIZE_ALIGNMENT, SCI_ERR_OFFSET_ALIGNMENT, SCI_ERR_HW_NOSPC.
 */
volatile void *SCIMapRemoteSegment(sci_remote_segment_t segment, sci_map_t *map, size_t offset,
    size_t size, void *addr, unsigned int flags, sci_error_t *error);

#define SCIUnmapSegment SISCI_FUNCTION_SYMBOL(SCIUnmapSegment)
/** Removes a map of either kind. SCI_ERR_BUSY while sequences use it. */
void SCIUnmapSegment(sci_map_t map, unsigned int flags, sci_error_t *error);

#define SCIGetMapPointer SISCI_FUNCTION_SYMBOL(SCIGetMapPointer)
/** Where a map of either kind lies; null for a bad handle. */
volatile void *SCIGetMapPointer(sci_map_t map);

#define SCIGetMapPhysAddr SISCI_FUNCTION_SYMBOL(SCIGetMapPhysAddr)
/** The physical address behind a map; 0 for a bad handle. */
sci_ioaddr_t SCIGetMapPhysAddr(sci_map_t map);

#define SCIWaitForRemoteSegmentEvent SISCI_FUNCTION_SYMBOL(SCIWaitForRemoteSegmentEvent)
/**
 * The next event of the connection; `status` receives the state that goes with it. Blocks up to
 * `timeout`. Not together with a callback. SCI_ERR_TIMEOUT, SCI_ERR_ILLEGAL_OPERATION,
 * SCI_ERR_CANCELLED.
 */
sci_segment_cb_reason_t SCIWaitForRemoteSegmentEvent(sci_remote_segment_t segment,
    sci_error_t *status, unsigned int timeout, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

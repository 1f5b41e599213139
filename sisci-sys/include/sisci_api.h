/*
 * The SISCI functions and constants.
 *
 * Unless stated otherwise a function reports through its last parameter, sizes and offsets are bytes,
 * timeouts are milliseconds (SCI_INFINITE_TIMEOUT: no limit), and unused flags must be 0.
 */
#ifndef SISCI_API_H
#define SISCI_API_H

#include <stddef.h>

#include "sisci_api_macros.h"
#include "sisci_error.h"
#include "sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Constants: Special values. */

#define SCI_LOCAL_HOST SISCI_CONSTANT_SYMBOL(SCI_LOCAL_HOST)
extern const unsigned int SCI_LOCAL_HOST;
#define SCI_INFINITE_TIMEOUT SISCI_CONSTANT_SYMBOL(SCI_INFINITE_TIMEOUT)
extern const unsigned int SCI_INFINITE_TIMEOUT;

/* Constants: SCICreateSegment, SCIPrepareSegment, SCISetSegmentUnavailable, SCIRemoveSegment. */

#define SCI_FLAG_USE_CALLBACK SISCI_CONSTANT_SYMBOL(SCI_FLAG_USE_CALLBACK)
extern const unsigned int SCI_FLAG_USE_CALLBACK;
#define SCI_FLAG_EMPTY SISCI_CONSTANT_SYMBOL(SCI_FLAG_EMPTY)
extern const unsigned int SCI_FLAG_EMPTY;
#define SCI_FLAG_PRIVATE SISCI_CONSTANT_SYMBOL(SCI_FLAG_PRIVATE)
extern const unsigned int SCI_FLAG_PRIVATE;
#define SCI_FLAG_AUTO_ID SISCI_CONSTANT_SYMBOL(SCI_FLAG_AUTO_ID)
extern const unsigned int SCI_FLAG_AUTO_ID;
#define SCI_FLAG_BROADCAST SISCI_CONSTANT_SYMBOL(SCI_FLAG_BROADCAST)
extern const unsigned int SCI_FLAG_BROADCAST;
#define SCI_FLAG_ALLOW_UNICAST SISCI_CONSTANT_SYMBOL(SCI_FLAG_ALLOW_UNICAST)
extern const unsigned int SCI_FLAG_ALLOW_UNICAST;
#define SCI_FLAG_DMA_SOURCE_ONLY SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_SOURCE_ONLY)
extern const unsigned int SCI_FLAG_DMA_SOURCE_ONLY;
#define SCI_FLAG_FORCE_DISCONNECT SISCI_CONSTANT_SYMBOL(SCI_FLAG_FORCE_DISCONNECT)
extern const unsigned int SCI_FLAG_FORCE_DISCONNECT;
#define SCI_FLAG_NOTIFY SISCI_CONSTANT_SYMBOL(SCI_FLAG_NOTIFY)
extern const unsigned int SCI_FLAG_NOTIFY;
#define SCI_FLAG_FORCE_REMOVE SISCI_CONSTANT_SYMBOL(SCI_FLAG_FORCE_REMOVE)
extern const unsigned int SCI_FLAG_FORCE_REMOVE;

/* Constants: SCIMapLocalSegment, SCIMapRemoteSegment. */

#define SCI_FLAG_FIXED_MAP_ADDR SISCI_CONSTANT_SYMBOL(SCI_FLAG_FIXED_MAP_ADDR)
extern const unsigned int SCI_FLAG_FIXED_MAP_ADDR;
#define SCI_FLAG_READONLY_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_READONLY_MAP)
extern const unsigned int SCI_FLAG_READONLY_MAP;
#define SCI_FLAG_IO_MAP_IOSPACE SISCI_CONSTANT_SYMBOL(SCI_FLAG_IO_MAP_IOSPACE)
extern const unsigned int SCI_FLAG_IO_MAP_IOSPACE;
#define SCI_FLAG_NO_MEMORY_LOOPBACK_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_MEMORY_LOOPBACK_MAP)
extern const unsigned int SCI_FLAG_NO_MEMORY_LOOPBACK_MAP;
#define SCI_FLAG_SHARED_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_SHARED_MAP)
extern const unsigned int SCI_FLAG_SHARED_MAP;
#define SCI_FLAG_WRITE_BACK_CACHE_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_WRITE_BACK_CACHE_MAP)
extern const unsigned int SCI_FLAG_WRITE_BACK_CACHE_MAP;

/* Constants: SCIMemCpy, SCIFlush, sequences. */

#define SCI_FLAG_BLOCK_READ SISCI_CONSTANT_SYMBOL(SCI_FLAG_BLOCK_READ)
extern const unsigned int SCI_FLAG_BLOCK_READ;
#define SCI_FLAG_ERROR_CHECK SISCI_CONSTANT_SYMBOL(SCI_FLAG_ERROR_CHECK)
extern const unsigned int SCI_FLAG_ERROR_CHECK;
#define SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY SISCI_CONSTANT_SYMBOL(SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY)
extern const unsigned int SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY;
#define SCI_FLAG_FAST_BARRIER SISCI_CONSTANT_SYMBOL(SCI_FLAG_FAST_BARRIER)
extern const unsigned int SCI_FLAG_FAST_BARRIER;
#define SCI_FLAG_NO_FLUSH SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_FLUSH)
extern const unsigned int SCI_FLAG_NO_FLUSH;
#define SCI_FLAG_NO_STORE_BARRIER SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_STORE_BARRIER)
extern const unsigned int SCI_FLAG_NO_STORE_BARRIER;

/* Constants: DMA. */

#define SCI_FLAG_DMA_WAIT SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_WAIT)
extern const unsigned int SCI_FLAG_DMA_WAIT;
#define SCI_FLAG_DMA_READ SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_READ)
extern const unsigned int SCI_FLAG_DMA_READ;
#define SCI_FLAG_DMA_GLOBAL SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_GLOBAL)
extern const unsigned int SCI_FLAG_DMA_GLOBAL;
#define SCI_FLAG_DMA_SYSDMA SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_SYSDMA)
extern const unsigned int SCI_FLAG_DMA_SYSDMA;
#define SCI_FLAG_DMA_ADAPTER SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_ADAPTER)
extern const unsigned int SCI_FLAG_DMA_ADAPTER;

/* Constants: Interrupts. */

#define SCI_FLAG_FIXED_INTNO SISCI_CONSTANT_SYMBOL(SCI_FLAG_FIXED_INTNO)
extern const unsigned int SCI_FLAG_FIXED_INTNO;
#define SCI_FLAG_SHARED_INT SISCI_CONSTANT_SYMBOL(SCI_FLAG_SHARED_INT)
extern const unsigned int SCI_FLAG_SHARED_INT;
#define SCI_FLAG_COUNTING_INT SISCI_CONSTANT_SYMBOL(SCI_FLAG_COUNTING_INT)
extern const unsigned int SCI_FLAG_COUNTING_INT;

/* Constants: SCIQuery: commands. */

#define SCI_Q_VENDORID SISCI_CONSTANT_SYMBOL(SCI_Q_VENDORID)
extern const unsigned int SCI_Q_VENDORID;
#define SCI_Q_API SISCI_CONSTANT_SYMBOL(SCI_Q_API)
extern const unsigned int SCI_Q_API;
#define SCI_Q_ADAPTER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER)
extern const unsigned int SCI_Q_ADAPTER;
#define SCI_Q_SYSTEM SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM)
extern const unsigned int SCI_Q_SYSTEM;
#define SCI_Q_LOCAL_SEGMENT SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT)
extern const unsigned int SCI_Q_LOCAL_SEGMENT;
#define SCI_Q_REMOTE_SEGMENT SISCI_CONSTANT_SYMBOL(SCI_Q_REMOTE_SEGMENT)
extern const unsigned int SCI_Q_REMOTE_SEGMENT;
#define SCI_Q_MAP SISCI_CONSTANT_SYMBOL(SCI_Q_MAP)
extern const unsigned int SCI_Q_MAP;
#define SCI_Q_DMA SISCI_CONSTANT_SYMBOL(SCI_Q_DMA)
extern const unsigned int SCI_Q_DMA;

/* Constants: SCIQuery: subcommands of SCI_Q_ADAPTER. */

#define SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT)
extern const unsigned int SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT;
#define SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT)
extern const unsigned int SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT;
#define SCI_Q_ADAPTER_DMA_MTU SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_DMA_MTU)
extern const unsigned int SCI_Q_ADAPTER_DMA_MTU;
#define SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE)
extern const unsigned int SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE;
#define SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE)
extern const unsigned int SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE;
#define SCI_Q_ADAPTER_CARD_TYPE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_CARD_TYPE)
extern const unsigned int SCI_Q_ADAPTER_CARD_TYPE;
#define SCI_Q_ADAPTER_SERIAL_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SERIAL_NUMBER)
extern const unsigned int SCI_Q_ADAPTER_SERIAL_NUMBER;
#define SCI_Q_ADAPTER_NODEID SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NODEID)
extern const unsigned int SCI_Q_ADAPTER_NODEID;
#define SCI_Q_ADAPTER_CONFIGURED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_CONFIGURED)
extern const unsigned int SCI_Q_ADAPTER_CONFIGURED;
#define SCI_Q_ADAPTER_LINK_OPERATIONAL SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_OPERATIONAL)
extern const unsigned int SCI_Q_ADAPTER_LINK_OPERATIONAL;
#define SCI_Q_ADAPTER_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NUMBER)
extern const unsigned int SCI_Q_ADAPTER_NUMBER;
#define SCI_Q_ADAPTER_INSTANCE_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_INSTANCE_NUMBER)
extern const unsigned int SCI_Q_ADAPTER_INSTANCE_NUMBER;
#define SCI_Q_ADAPTER_BDF SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_BDF)
extern const unsigned int SCI_Q_ADAPTER_BDF;
#define SCI_Q_ADAPTER_MCAST_MAX_GROUPS SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_MCAST_MAX_GROUPS)
extern const unsigned int SCI_Q_ADAPTER_MCAST_MAX_GROUPS;
#define SCI_Q_ADAPTER_NUMBER_OF_LINKS SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NUMBER_OF_LINKS)
extern const unsigned int SCI_Q_ADAPTER_NUMBER_OF_LINKS;
#define SCI_Q_ADAPTER_LINK_WIDTH SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_WIDTH)
extern const unsigned int SCI_Q_ADAPTER_LINK_WIDTH;
#define SCI_Q_ADAPTER_LINK_SPEED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_SPEED)
extern const unsigned int SCI_Q_ADAPTER_LINK_SPEED;
#define SCI_Q_ADAPTER_LINK_UPTIME SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_UPTIME)
extern const unsigned int SCI_Q_ADAPTER_LINK_UPTIME;
#define SCI_Q_ADAPTER_LINK_DOWNTIME SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_DOWNTIME)
extern const unsigned int SCI_Q_ADAPTER_LINK_DOWNTIME;
#define SCI_Q_ADAPTER_LINK_CABLE_INSERTED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_CABLE_INSERTED)
extern const unsigned int SCI_Q_ADAPTER_LINK_CABLE_INSERTED;
#define SCI_Q_ADAPTER_LINK_ENABLED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_ENABLED)
extern const unsigned int SCI_Q_ADAPTER_LINK_ENABLED;
#define SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO)
extern const unsigned int SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO;

/* Constants: SCIQuery: subcommands of SCI_Q_SYSTEM, SCI_Q_DMA. */

#define SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE)
extern const unsigned int SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE;
#define SCI_Q_DMA_AVAILABLE SISCI_CONSTANT_SYMBOL(SCI_Q_DMA_AVAILABLE)
extern const unsigned int SCI_Q_DMA_AVAILABLE;
#define SCI_Q_DMA_CAPABILITIES SISCI_CONSTANT_SYMBOL(SCI_Q_DMA_CAPABILITIES)
extern const unsigned int SCI_Q_DMA_CAPABILITIES;

/* Constants: SCIQuery: subcommands of SCI_Q_LOCAL_SEGMENT, SCI_Q_REMOTE_SEGMENT, SCI_Q_MAP. */

#define SCI_Q_LOCAL_SEGMENT_IOADDR SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT_IOADDR)
extern const unsigned int SCI_Q_LOCAL_SEGMENT_IOADDR;
#define SCI_Q_LOCAL_SEGMENT_PHYS_ADDR SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT_PHYS_ADDR)
extern const unsigned int SCI_Q_LOCAL_SEGMENT_PHYS_ADDR;
#define SCI_Q_REMOTE_SEGMENT_IOADDR SISCI_CONSTANT_SYMBOL(SCI_Q_REMOTE_SEGMENT_IOADDR)
extern const unsigned int SCI_Q_REMOTE_SEGMENT_IOADDR;
#define SCI_Q_MAP_IOADDR SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_IOADDR)
extern const unsigned int SCI_Q_MAP_IOADDR;
#define SCI_Q_MAP_PHYS_ADDR SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_PHYS_ADDR)
extern const unsigned int SCI_Q_MAP_PHYS_ADDR;
#define SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET)
extern const unsigned int SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET;

/* Library and virtual devices. */

#define SCIInitialize SISCI_FUNCTION_SYMBOL(SCIInitialize)
/** Starts the library. Once per process, before every other call. */
void SCIInitialize(unsigned int flags, sci_error_t *error);

#define SCITerminate SISCI_FUNCTION_SYMBOL(SCITerminate)
/** Ends the use of the library; the last call. */
void SCITerminate(void);

#define SCIOpen SISCI_FUNCTION_SYMBOL(SCIOpen)
/** Opens a virtual device: what all other resources hang on. */
void SCIOpen(sci_desc_t *sd, unsigned int flags, sci_error_t *error);

#define SCIClose SISCI_FUNCTION_SYMBOL(SCIClose)
/** Closes a virtual device. SCI_ERR_BUSY while resources hang on it. */
void SCIClose(sci_desc_t sd, unsigned int flags, sci_error_t *error);

#define SCIGetErrorString SISCI_FUNCTION_SYMBOL(SCIGetErrorString)
/** Static text for a result code. */
const char *SCIGetErrorString(sci_error_t error);

/* Nodes and adapters. */

#define SCIGetLocalNodeId SISCI_FUNCTION_SYMBOL(SCIGetLocalNodeId)
/** Own node id on an adapter. */
void SCIGetLocalNodeId(unsigned int localAdapterNo, unsigned int *nodeId, unsigned int flags,
    sci_error_t *error);

#define SCIProbeNode SISCI_FUNCTION_SYMBOL(SCIProbeNode)
/** Non-zero if the node answers over the fabric. */
int SCIProbeNode(sci_desc_t sd, unsigned int localAdapterNo, unsigned int nodeId,
    unsigned int flags, sci_error_t *error);

#define SCIQuery SISCI_FUNCTION_SYMBOL(SCIQuery)
/** Asks for a property; `data` points to the structure that belongs to the command. */
void SCIQuery(unsigned int command, void *data, unsigned int flags, sci_error_t *error);

/* Local segments. */

#define SCICreateSegment SISCI_FUNCTION_SYMBOL(SCICreateSegment)
/** Allocates memory that peers can be let into; ids are unique on the node. */
void SCICreateSegment(sci_desc_t sd, sci_local_segment_t *segment, unsigned int segmentId,
    size_t size, sci_cb_local_segment_t callback, void *callbackArg, unsigned int flags,
    sci_error_t *error);

#define SCIPrepareSegment SISCI_FUNCTION_SYMBOL(SCIPrepareSegment)
/** Makes the memory reachable by an adapter. */
void SCIPrepareSegment(sci_local_segment_t segment, unsigned int localAdapterNo, unsigned int flags,
    sci_error_t *error);

#define SCISetSegmentAvailable SISCI_FUNCTION_SYMBOL(SCISetSegmentAvailable)
/** Lets peers connect; needs a prepared segment. */
void SCISetSegmentAvailable(sci_local_segment_t segment, unsigned int localAdapterNo,
    unsigned int flags, sci_error_t *error);

#define SCISetSegmentUnavailable SISCI_FUNCTION_SYMBOL(SCISetSegmentUnavailable)
/** Refuses new connections; existing ones stay unless forced. */
void SCISetSegmentUnavailable(sci_local_segment_t segment, unsigned int localAdapterNo,
    unsigned int flags, sci_error_t *error);

#define SCIRemoveSegment SISCI_FUNCTION_SYMBOL(SCIRemoveSegment)
/** Frees the segment. SCI_ERR_BUSY while it is connected, mapped or in a DMA transfer. */
void SCIRemoveSegment(sci_local_segment_t segment, unsigned int flags, sci_error_t *error);

#define SCIGetLocalSegmentId SISCI_FUNCTION_SYMBOL(SCIGetLocalSegmentId)
/** The id, which the library chose under SCI_FLAG_AUTO_ID; 0 for a bad handle. */
unsigned int SCIGetLocalSegmentId(sci_local_segment_t segment);

#define SCIGetLocalSegmentSize SISCI_FUNCTION_SYMBOL(SCIGetLocalSegmentSize)
/** Size in bytes; 0 for a bad handle. */
size_t SCIGetLocalSegmentSize(sci_local_segment_t segment);

#define SCIMapLocalSegment SISCI_FUNCTION_SYMBOL(SCIMapLocalSegment)
/** Maps the segment's own, cached memory. */
void *SCIMapLocalSegment(sci_local_segment_t segment, sci_map_t *map, size_t offset, size_t size,
    void *addr, unsigned int flags, sci_error_t *error);

#define SCIWaitForLocalSegmentEvent SISCI_FUNCTION_SYMBOL(SCIWaitForLocalSegmentEvent)
/** Waits (milliseconds) for the next connect, disconnect or link event. */
sci_segment_cb_reason_t SCIWaitForLocalSegmentEvent(sci_local_segment_t segment,
    unsigned int *sourceNodeId, unsigned int *localAdapterNo, unsigned int timeout,
    unsigned int flags, sci_error_t *error);

/* Remote segments. */

#define SCIConnectSegment SISCI_FUNCTION_SYMBOL(SCIConnectSegment)
/** Connects to an available segment. Does not wait for one to appear, whatever the timeout says. */
void SCIConnectSegment(sci_desc_t sd, sci_remote_segment_t *segment, unsigned int nodeId,
    unsigned int segmentId, unsigned int localAdapterNo, sci_cb_remote_segment_t callback,
    void *callbackArg, unsigned int timeout, unsigned int flags, sci_error_t *error);

#define SCIDisconnectSegment SISCI_FUNCTION_SYMBOL(SCIDisconnectSegment)
/** Ends the connection. SCI_ERR_BUSY while maps or DMA transfers use it. */
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
/** Maps a window onto the remote memory. */
volatile void *SCIMapRemoteSegment(sci_remote_segment_t segment, sci_map_t *map, size_t offset,
    size_t size, void *addr, unsigned int flags, sci_error_t *error);

#define SCIUnmapSegment SISCI_FUNCTION_SYMBOL(SCIUnmapSegment)
/** Removes a map of either kind. SCI_ERR_BUSY while sequences use it. */
void SCIUnmapSegment(sci_map_t map, unsigned int flags, sci_error_t *error);

#define SCIWaitForRemoteSegmentEvent SISCI_FUNCTION_SYMBOL(SCIWaitForRemoteSegmentEvent)
/** Waits (milliseconds) for the next event of the connection. */
sci_segment_cb_reason_t SCIWaitForRemoteSegmentEvent(sci_remote_segment_t segment,
    sci_error_t *status, unsigned int timeout, unsigned int flags, sci_error_t *error);

/* Stores, order, and their check. */

#define SCICreateMapSequence SISCI_FUNCTION_SYMBOL(SCICreateMapSequence)
/** Prepares the check of stores through a remote map. */
void SCICreateMapSequence(sci_map_t map, sci_sequence_t *sequence, unsigned int flags,
    sci_error_t *error);

#define SCIRemoveSequence SISCI_FUNCTION_SYMBOL(SCIRemoveSequence)
/** Ends a sequence. */
void SCIRemoveSequence(sci_sequence_t sequence, unsigned int flags, sci_error_t *error);

#define SCIStartSequence SISCI_FUNCTION_SYMBOL(SCIStartSequence)
/** Arms the check; repeat until it says SCI_SEQ_OK. */
sci_sequence_status_t SCIStartSequence(sci_sequence_t sequence, unsigned int flags,
    sci_error_t *error);

#define SCICheckSequence SISCI_FUNCTION_SYMBOL(SCICheckSequence)
/** Flushes, then says whether a store since the start or the last check failed. */
sci_sequence_status_t SCICheckSequence(sci_sequence_t sequence, unsigned int flags,
    sci_error_t *error);

#define SCIStoreBarrier SISCI_FUNCTION_SYMBOL(SCIStoreBarrier)
/** Waits until earlier stores are complete at the far end. */
void SCIStoreBarrier(sci_sequence_t sequence, unsigned int flags);

#define SCIFlush SISCI_FUNCTION_SYMBOL(SCIFlush)
/** Pushes out what write combining holds back; the sequence may be null. */
void SCIFlush(sci_sequence_t sequence, unsigned int flags);

#define SCIMemCpy SISCI_FUNCTION_SYMBOL(SCIMemCpy)
/** Copies memory to the remote map, or back with SCI_FLAG_BLOCK_READ; the sequence may be null. */
void SCIMemCpy(sci_sequence_t sequence, void *memAddr, sci_map_t remoteMap, size_t remoteOffset,
    size_t size, unsigned int flags, sci_error_t *error);

/* DMA. */

#define SCICreateDMAQueue SISCI_FUNCTION_SYMBOL(SCICreateDMAQueue)
/** Creates a queue in state SCI_DMAQUEUE_IDLE. */
void SCICreateDMAQueue(sci_desc_t sd, sci_dma_queue_t *queue, unsigned int localAdapterNo,
    unsigned int maxEntries, unsigned int flags, sci_error_t *error);

#define SCIRemoveDMAQueue SISCI_FUNCTION_SYMBOL(SCIRemoveDMAQueue)
/** Removes a queue that no transfer runs on. */
void SCIRemoveDMAQueue(sci_dma_queue_t queue, unsigned int flags, sci_error_t *error);

#define SCIStartDmaTransfer SISCI_FUNCTION_SYMBOL(SCIStartDmaTransfer)
/** Starts one transfer, local to remote unless SCI_FLAG_DMA_READ is given. */
void SCIStartDmaTransfer(sci_dma_queue_t queue, sci_local_segment_t localSegment,
    sci_remote_segment_t remoteSegment, size_t localOffset, size_t size, size_t remoteOffset,
    sci_cb_dma_t callback, void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIDMAQueueState SISCI_FUNCTION_SYMBOL(SCIDMAQueueState)
/** The queue's state now. */
sci_dma_queue_state_t SCIDMAQueueState(sci_dma_queue_t queue);

#define SCIWaitForDMAQueue SISCI_FUNCTION_SYMBOL(SCIWaitForDMAQueue)
/** Waits (milliseconds) until no transfer runs. */
sci_dma_queue_state_t SCIWaitForDMAQueue(sci_dma_queue_t queue, unsigned int timeout,
    unsigned int flags, sci_error_t *error);

#define SCIAbortDMAQueue SISCI_FUNCTION_SYMBOL(SCIAbortDMAQueue)
/** Stops the running transfer. */
void SCIAbortDMAQueue(sci_dma_queue_t queue, unsigned int flags, sci_error_t *error);

/* Interrupts. */

#define SCICreateInterrupt SISCI_FUNCTION_SYMBOL(SCICreateInterrupt)
/** Creates an interrupt that peers can trigger; writes its number unless SCI_FLAG_FIXED_INTNO gives one. */
void SCICreateInterrupt(sci_desc_t sd, sci_local_interrupt_t *interrupt,
    unsigned int localAdapterNo, unsigned int *interruptNo, sci_cb_interrupt_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIRemoveInterrupt SISCI_FUNCTION_SYMBOL(SCIRemoveInterrupt)
/** Removes an interrupt; a waiter gets SCI_ERR_CANCELLED. */
void SCIRemoveInterrupt(sci_local_interrupt_t interrupt, unsigned int flags, sci_error_t *error);

#define SCIWaitForInterrupt SISCI_FUNCTION_SYMBOL(SCIWaitForInterrupt)
/** Waits (milliseconds) for the next trigger. */
void SCIWaitForInterrupt(sci_local_interrupt_t interrupt, unsigned int timeout, unsigned int flags,
    sci_error_t *error);

#define SCIConnectInterrupt SISCI_FUNCTION_SYMBOL(SCIConnectInterrupt)
/** Connects to a peer's interrupt; never waits for it to appear. */
void SCIConnectInterrupt(sci_desc_t sd, sci_remote_interrupt_t *interrupt, unsigned int nodeId,
    unsigned int localAdapterNo, unsigned int interruptNo, unsigned int timeout, unsigned int flags,
    sci_error_t *error);

#define SCIDisconnectInterrupt SISCI_FUNCTION_SYMBOL(SCIDisconnectInterrupt)
/** Ends the connection. */
void SCIDisconnectInterrupt(sci_remote_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCITriggerInterrupt SISCI_FUNCTION_SYMBOL(SCITriggerInterrupt)
/** Triggers without waiting for an answer. */
void SCITriggerInterrupt(sci_remote_interrupt_t interrupt, unsigned int flags, sci_error_t *error);

/* Interrupts that carry data. */

#define SCICreateDataInterrupt SISCI_FUNCTION_SYMBOL(SCICreateDataInterrupt)
/** Creates a message queue that peers can send to. */
void SCICreateDataInterrupt(sci_desc_t sd, sci_local_data_interrupt_t *interrupt,
    unsigned int localAdapterNo, unsigned int *interruptNo, sci_cb_data_interrupt_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIRemoveDataInterrupt SISCI_FUNCTION_SYMBOL(SCIRemoveDataInterrupt)
/** Removes it; a waiter gets SCI_ERR_CANCELLED. */
void SCIRemoveDataInterrupt(sci_local_data_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCIConnectDataInterrupt SISCI_FUNCTION_SYMBOL(SCIConnectDataInterrupt)
/** Connects to a peer's data interrupt; never waits for it to appear. */
void SCIConnectDataInterrupt(sci_desc_t sd, sci_remote_data_interrupt_t *interrupt,
    unsigned int nodeId, unsigned int localAdapterNo, unsigned int interruptNo,
    unsigned int timeout, unsigned int flags, sci_error_t *error);

#define SCIDisconnectDataInterrupt SISCI_FUNCTION_SYMBOL(SCIDisconnectDataInterrupt)
/** Ends the connection. */
void SCIDisconnectDataInterrupt(sci_remote_data_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCITriggerDataInterrupt SISCI_FUNCTION_SYMBOL(SCITriggerDataInterrupt)
/** Sends one message. SCI_ERR_NOSPC while the receiver's queue is full. */
void SCITriggerDataInterrupt(sci_remote_data_interrupt_t interrupt, void *data, unsigned int length,
    unsigned int flags, sci_error_t *error);

#define SCIWaitForDataInterrupt SISCI_FUNCTION_SYMBOL(SCIWaitForDataInterrupt)
/** Takes one message; `length` is the room at first, the message's length afterwards. */
void SCIWaitForDataInterrupt(sci_local_data_interrupt_t interrupt, void *data, unsigned int *length,
    unsigned int timeout, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

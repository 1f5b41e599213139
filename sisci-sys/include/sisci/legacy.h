/*
 * Functions of API 1 that later releases replaced; new programs use SCIStartDmaTransfer and SCIMemCpy.
 *
 * Sizes and offsets were unsigned int there and are size_t here, as in all functions that stayed.
 */
#ifndef SISCI_LEGACY_H
#define SISCI_LEGACY_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The queue model: enqueue (IDLE to GATHER), post (POSTED, then DONE), reset (IDLE). */

#define SCIEnqueueDMATransfer SISCI_FUNCTION_SYMBOL(SCIEnqueueDMATransfer)
/**
 * Adds one transfer to the queue; note the order of the offsets. Legal: SCI_FLAG_DMA_READ, and
 * SCI_FLAG_DMA_POST, SCI_FLAG_DMA_WAIT, SCI_FLAG_DMA_RESET, which do the later steps as well.
 * SCI_ERR_MAX_ENTRIES, SCI_ERR_ILLEGAL_OPERATION, SCI_ERR_OUT_OF_RANGE.
 */
sci_dma_queue_state_t SCIEnqueueDMATransfer(sci_dma_queue_t queue, sci_local_segment_t localSegment,
    sci_remote_segment_t remoteSegment, size_t localOffset, size_t remoteOffset, size_t size,
    unsigned int flags, sci_error_t *error);

#define SCIPostDMAQueue SISCI_FUNCTION_SYMBOL(SCIPostDMAQueue)
/** Starts what was gathered. Legal: SCI_FLAG_USE_CALLBACK. SCI_ERR_ILLEGAL_OPERATION. */
void SCIPostDMAQueue(sci_dma_queue_t queue, sci_cb_dma_t callback, void *callbackArg,
    unsigned int flags, sci_error_t *error);

#define SCIResetDMAQueue SISCI_FUNCTION_SYMBOL(SCIResetDMAQueue)
/** Empties a queue that is done, failed or aborted. SCI_ERR_ILLEGAL_OPERATION. */
void SCIResetDMAQueue(sci_dma_queue_t queue, unsigned int flags, sci_error_t *error);

#define SCIphDmaEnqueue SISCI_FUNCTION_SYMBOL(SCIphDmaEnqueue)
/** Adds a transfer by physical addresses (privileged). Legal: SCI_FLAG_DMA_READ. */
void SCIphDmaEnqueue(sci_dma_queue_t queue, unsigned int size, sci_ioaddr_t localAddress,
    unsigned int remoteNodeId, unsigned int remoteOffsHi, unsigned int remoteOffsLo,
    unsigned int flags, sci_error_t *error);

#define SCIphDmaStart SISCI_FUNCTION_SYMBOL(SCIphDmaStart)
/** Starts those transfers (privileged). Shape assumed. */
sci_dma_queue_state_t SCIphDmaStart(sci_dma_queue_t queue, sci_cb_dma_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

/* Copies. */

#define SCIMemCopy SISCI_FUNCTION_SYMBOL(SCIMemCopy)
/**
 * SCIMemCpy without a sequence. API 1 made this a call through a variable of the library. Legal:
 * SCI_FLAG_BLOCK_READ, SCI_FLAG_ERROR_CHECK.
 */
void SCIMemCopy(void *memAddr, sci_map_t remoteMap, size_t remoteOffset, size_t size,
    unsigned int flags, sci_error_t *error);

#define SCITransferBlock SISCI_FUNCTION_SYMBOL(SCITransferBlock)
/** Copies from map to map; one of them local, one remote. Blocks. Legal: SCI_FLAG_ERROR_CHECK. */
void SCITransferBlock(sci_map_t sourceMap, size_t sourceOffset, sci_map_t destinationMap,
    size_t destinationOffset, size_t size, unsigned int flags, sci_error_t *error);

#define SCITransferBlockAsync SISCI_FUNCTION_SYMBOL(SCITransferBlockAsync)
/**
 * As SCITransferBlock in the background; `block` names the transfer until SCIWaitForBlockTransfer
 * has said that it ended. Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_ERROR_CHECK.
 */
void SCITransferBlockAsync(sci_map_t sourceMap, size_t sourceOffset, sci_map_t destinationMap,
    size_t destinationOffset, size_t size, sci_block_transfer_t *block,
    sci_cb_block_transfer_t callback, void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIWaitForBlockTransfer SISCI_FUNCTION_SYMBOL(SCIWaitForBlockTransfer)
/** Blocks up to `timeout` until it has ended, and says how: SCI_ERR_TIMEOUT, SCI_ERR_TRANSFER_FAILED. */
void SCIWaitForBlockTransfer(sci_block_transfer_t block, unsigned int timeout, unsigned int flags,
    sci_error_t *error);

#define SCIAbortBlockTransfer SISCI_FUNCTION_SYMBOL(SCIAbortBlockTransfer)
/** Stops it. */
void SCIAbortBlockTransfer(sci_block_transfer_t block, unsigned int flags, sci_error_t *error);

#define SCIFlushReadBuffers SISCI_FUNCTION_SYMBOL(SCIFlushReadBuffers)
/** Drops what the adapter has prefetched for loads. */
void SCIFlushReadBuffers(sci_sequence_t sequence);

/* Memory by its address on the fabric. */

#define SCIConnectSCISpace SISCI_FUNCTION_SYMBOL(SCIConnectSCISpace)
/** Connects to a stretch of a node's address space instead of a segment (privileged, SCI adapters). */
void SCIConnectSCISpace(sci_desc_t sd, unsigned int localAdapterNo, sci_remote_segment_t *segment,
    sci_address_t address, size_t size, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

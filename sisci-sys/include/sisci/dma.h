/*
 * DMA: an engine copies while the processor does something else.
 *
 * A queue carries one transfer at a time: IDLE, POSTED, then DONE, ERROR or ABORTED, and the next
 * may start as soon as it is not POSTED. DONE says that the data is in the target's memory. There is
 * no order between DMA and stores: wait for DONE, then store the flag that announces the data.
 */
#ifndef SISCI_DMA_H
#define SISCI_DMA_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCICreateDMAQueue SISCI_FUNCTION_SYMBOL(SCICreateDMAQueue)
/**
 * Creates a queue in state SCI_DMAQUEUE_IDLE; `maxEntries` bounds the transfers that the queue model
 * of API 1 gathers. Legal: SCI_FLAG_DMA_PHDMA (privileged). SCI_ERR_NOSPC.
 */
void SCICreateDMAQueue(sci_desc_t sd, sci_dma_queue_t *queue, unsigned int localAdapterNo,
    unsigned int maxEntries, unsigned int flags, sci_error_t *error);

#define SCIRemoveDMAQueue SISCI_FUNCTION_SYMBOL(SCIRemoveDMAQueue)
/** Removes a queue. SCI_ERR_ILLEGAL_OPERATION while a transfer runs. */
void SCIRemoveDMAQueue(sci_dma_queue_t queue, unsigned int flags, sci_error_t *error);

#define SCIStartDmaTransfer SISCI_FUNCTION_SYMBOL(SCIStartDmaTransfer)
/**
 * Starts one transfer, local to remote unless SCI_FLAG_DMA_READ is given. The local segment is
 * prepared for the queue's adapter, the remote one connected over it. Blocks with SCI_FLAG_DMA_WAIT
 * only; the callback runs once when the transfer has ended.
 *
 * Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_DMA_READ, SCI_FLAG_DMA_WAIT, SCI_FLAG_DMA_GLOBAL,
 * SCI_FLAG_DMA_SYSDMA, SCI_FLAG_DMA_ADAPTER, SCI_FLAG_BROADCAST.
 * SCI_ERR_OUT_OF_RANGE, SCI_ERR_MAX_ENTRIES, SCI_ERR_ILLEGAL_OPERATION (a transfer runs),
 * SCI_ERR_SIZE_ALIGNMENT, SCI_ERR_OFFSET_ALIGNMENT, SCI_ERR_SEGMENT_NOT_PREPARED,
 * SCI_ERR_SEGMENT_NOT_CONNECTED, SCI_ERR_DMA_NOT_AVAILABLE, SCI_ERR_DMA_DISABLED,
 * SCI_ERR_NOT_SUPPORTED.
 */
void SCIStartDmaTransfer(sci_dma_queue_t queue, sci_local_segment_t localSegment,
    sci_remote_segment_t remoteSegment, size_t localOffset, size_t size, size_t remoteOffset,
    sci_cb_dma_t callback, void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIStartDmaTransferMem SISCI_FUNCTION_SYMBOL(SCIStartDmaTransferMem)
/**
 * As SCIStartDmaTransfer with memory of the program as the local side; it has to stay in place until
 * the transfer has ended. Also SCI_ERR_ILLEGAL_ADDRESS.
 */
void SCIStartDmaTransferMem(sci_dma_queue_t queue, void *localAddress,
    sci_remote_segment_t remoteSegment, size_t size, size_t remoteOffset, sci_cb_dma_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIStartDmaTransferVec SISCI_FUNCTION_SYMBOL(SCIStartDmaTransferVec)
/**
 * As SCIStartDmaTransfer with several pieces, done in the order of the list. At most
 * DIS_DMA_MAX_VECLEN of them: SCI_ERR_MAX_ENTRIES. The list is copied before the call returns.
 */
void SCIStartDmaTransferVec(sci_dma_queue_t queue, sci_local_segment_t localSegment,
    sci_remote_segment_t remoteSegment, size_t vecLength, dis_dma_vec_t *vec, sci_cb_dma_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define DISStartDmaTransfer SISCI_FUNCTION_SYMBOL(DISStartDmaTransfer)
/** SCIStartDmaTransfer under the name of its first releases. */
void DISStartDmaTransfer(sci_dma_queue_t queue, sci_local_segment_t localSegment,
    sci_remote_segment_t remoteSegment, size_t localOffset, size_t size, size_t remoteOffset,
    sci_cb_dma_t callback, void *callbackArg, unsigned int flags, sci_error_t *error);

#define DISStartDmaTransferVec SISCI_FUNCTION_SYMBOL(DISStartDmaTransferVec)
/** SCIStartDmaTransferVec under the name of its first releases. */
void DISStartDmaTransferVec(sci_dma_queue_t queue, sci_local_segment_t localSegment,
    sci_remote_segment_t remoteSegment, size_t vecLength, dis_dma_vec_t *vec, sci_cb_dma_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIDMAQueueState SISCI_FUNCTION_SYMBOL(SCIDMAQueueState)
/** The queue's state now; SCI_DMAQUEUE_ERROR for a bad handle. */
sci_dma_queue_state_t SCIDMAQueueState(sci_dma_queue_t queue);

#define SCIWaitForDMAQueue SISCI_FUNCTION_SYMBOL(SCIWaitForDMAQueue)
/** Blocks up to `timeout` until no transfer runs. SCI_ERR_TIMEOUT, SCI_ERR_ILLEGAL_OPERATION. */
sci_dma_queue_state_t SCIWaitForDMAQueue(sci_dma_queue_t queue, unsigned int timeout,
    unsigned int flags, sci_error_t *error);

#define SCIAbortDMAQueue SISCI_FUNCTION_SYMBOL(SCIAbortDMAQueue)
/** Stops the running transfer: SCI_DMAQUEUE_ABORTED. SCI_ERR_ILLEGAL_OPERATION. */
void SCIAbortDMAQueue(sci_dma_queue_t queue, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

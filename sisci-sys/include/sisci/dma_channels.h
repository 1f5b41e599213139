/* DMA channels: an engine's channel for queues of one's own. */
#ifndef SISCI_DMA_CHANNELS_H
#define SISCI_DMA_CHANNELS_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCIRequestDMAChannel SISCI_FUNCTION_SYMBOL(SCIRequestDMAChannel)
/**
 * Reserves a channel of an engine, any with SCI_DMA_CHANNEL_ID_DONTCARE.
 * Legal: SCI_FLAG_DMA_CHANNEL_SHARED. SCI_ERR_DMA_NOT_AVAILABLE, SCI_ERR_BUSY.
 */
void SCIRequestDMAChannel(sci_desc_t sd, sci_dma_channel_t *channel, unsigned int localAdapterNo,
    sci_dma_type_t type, unsigned int channelId, unsigned int flags, sci_error_t *error);

#define SCIReturnDMAChannel SISCI_FUNCTION_SYMBOL(SCIReturnDMAChannel)
/** Gives a channel back. SCI_ERR_BUSY while queues or prepared segments use it. */
void SCIReturnDMAChannel(sci_dma_channel_t channel, sci_error_t *error);

#define SCIAssignDMAChannel SISCI_FUNCTION_SYMBOL(SCIAssignDMAChannel)
/** Makes a queue use the channel. */
void SCIAssignDMAChannel(sci_dma_channel_t channel, sci_dma_queue_t queue, unsigned int flags,
    sci_error_t *error);

#define SCIPrepareLocalSegmentForDMA SISCI_FUNCTION_SYMBOL(SCIPrepareLocalSegmentForDMA)
/** Translates a local segment for the channel, so that transfers start faster. */
void SCIPrepareLocalSegmentForDMA(sci_dma_channel_t channel, sci_local_segment_t segment,
    unsigned int flags, sci_error_t *error);

#define SCIUnprepareLocalSegmentForDMA SISCI_FUNCTION_SYMBOL(SCIUnprepareLocalSegmentForDMA)
/** Takes that back. */
void SCIUnprepareLocalSegmentForDMA(sci_dma_channel_t channel, sci_local_segment_t segment,
    unsigned int flags, sci_error_t *error);

#define SCIPrepareRemoteSegmentForDMA SISCI_FUNCTION_SYMBOL(SCIPrepareRemoteSegmentForDMA)
/** Translates a remote segment for the channel, which then need not be mapped. */
void SCIPrepareRemoteSegmentForDMA(sci_dma_channel_t channel, sci_remote_segment_t segment,
    unsigned int flags, sci_error_t *error);

#define SCIUnprepareRemoteSegmentForDMA SISCI_FUNCTION_SYMBOL(SCIUnprepareRemoteSegmentForDMA)
/** Takes that back. */
void SCIUnprepareRemoteSegmentForDMA(sci_dma_channel_t channel, sci_remote_segment_t segment,
    unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

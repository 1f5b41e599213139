/*
 * Stores through a map: order, copies, and the check whether they arrived.
 *
 * A store is posted: it leaves the processor some time later and nobody says when it has arrived.
 * Stores to one node arrive in the order in which they leave the processor, and SCIFlush makes them
 * leave. Whether all arrived is told by a sequence: create it on the map, start it until it answers
 * SCI_SEQ_OK, store, check; on SCI_SEQ_RETRIABLE start it again and store again.
 */
#ifndef SISCI_TRANSFERS_H
#define SISCI_TRANSFERS_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCICreateMapSequence SISCI_FUNCTION_SYMBOL(SCICreateMapSequence)
/** Prepares the check of stores through a remote map. Legal: SCI_FLAG_FAST_BARRIER. */
void SCICreateMapSequence(sci_map_t map, sci_sequence_t *sequence, unsigned int flags,
    sci_error_t *error);

#define SCIRemoveSequence SISCI_FUNCTION_SYMBOL(SCIRemoveSequence)
/** Ends a sequence. */
void SCIRemoveSequence(sci_sequence_t sequence, unsigned int flags, sci_error_t *error);

#define SCIStartSequence SISCI_FUNCTION_SYMBOL(SCIStartSequence)
/** Arms the check; repeat until it says SCI_SEQ_OK, or SCI_SEQ_NOT_RETRIABLE: connect anew. */
sci_sequence_status_t SCIStartSequence(sci_sequence_t sequence, unsigned int flags,
    sci_error_t *error);

#define SCICheckSequence SISCI_FUNCTION_SYMBOL(SCICheckSequence)
/**
 * Flushes and waits for earlier stores, then says whether an access since the start or the last
 * check failed. Blocks for a round trip. Legal: SCI_FLAG_NO_FLUSH, SCI_FLAG_NO_STORE_BARRIER.
 */
sci_sequence_status_t SCICheckSequence(sci_sequence_t sequence, unsigned int flags,
    sci_error_t *error);

#define SCIStoreBarrier SISCI_FUNCTION_SYMBOL(SCIStoreBarrier)
/** Blocks until earlier stores through the sequence's map are complete at the far end. */
void SCIStoreBarrier(sci_sequence_t sequence, unsigned int flags);

#define SCIFlush SISCI_FUNCTION_SYMBOL(SCIFlush)
/**
 * Pushes out what write combining and the adapter hold back; the sequence may be null.
 * Legal: SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY.
 */
void SCIFlush(sci_sequence_t sequence, unsigned int flags);

#define SCIMemCpy SISCI_FUNCTION_SYMBOL(SCIMemCpy)
/**
 * Copies memory to the remote map, or back with SCI_FLAG_BLOCK_READ. Blocks while the processor
 * copies; delivery is posted as for a store. The sequence may be null, but not with
 * SCI_FLAG_ERROR_CHECK, which starts and checks it around the copy.
 * SCI_ERR_OUT_OF_RANGE, SCI_ERR_SIZE_ALIGNMENT, SCI_ERR_OFFSET_ALIGNMENT, SCI_ERR_TRANSFER_FAILED.
 */
void SCIMemCpy(sci_sequence_t sequence, void *memAddr, sci_map_t remoteMap, size_t remoteOffset,
    size_t size, unsigned int flags, sci_error_t *error);

#define SCIMemCpy_dual SISCI_FUNCTION_SYMBOL(SCIMemCpy_dual)
/**
 * Copies memory to the same offset of two remote maps, as one SCIMemCpy to each. Flags and errors
 * as there. Only the name is public; the shape is assumed.
 */
void SCIMemCpy_dual(sci_sequence_t sequence1, sci_sequence_t sequence2, void *memAddr,
    sci_map_t remoteMap1, sci_map_t remoteMap2, size_t remoteOffset, size_t size,
    unsigned int flags, sci_error_t *error);

#define SCIMemWrite SISCI_FUNCTION_SYMBOL(SCIMemWrite)
/** Copies memory to an address inside a remote map. Otherwise as SCIMemCpy without a sequence. */
void SCIMemWrite(void *memAddr, volatile void *remoteAddr, size_t size, unsigned int flags,
    sci_error_t *error);

#define SCICacheSync SISCI_FUNCTION_SYMBOL(SCICacheSync)
/**
 * Brings a processor whose caches the I/O bus does not see into step with memory; no effect
 * elsewhere. The map may be null. Legal: SCI_FLAG_CACHE_FLUSH, SCI_FLAG_CACHE_INVALIDATE.
 */
void SCICacheSync(sci_map_t map, void *addr, size_t length, unsigned int flags, sci_error_t *error);

#define GetSciMemCopyFunction SISCI_FUNCTION_SYMBOL(GetSciMemCopyFunction)
/** The number of the copy routine in use. Shape assumed. */
unsigned int GetSciMemCopyFunction(void);

#define SetSciMemCopyFunction SISCI_FUNCTION_SYMBOL(SetSciMemCopyFunction)
/** Chooses the copy routine of SCIMemCpy and SCIMemWrite; an unknown number changes nothing. */
void SetSciMemCopyFunction(unsigned int number);

#ifdef __cplusplus
}
#endif

#endif

/*
 * Flags and special values.
 *
 * They are objects of the library and no compile-time constants, because libraries differ in their
 * values. One bit means different things to different functions; the headings say where a flag is
 * legal. A flag that a function does not take is answered by SCI_ERR_ILLEGAL_FLAG, one that is legal
 * but not built by SCI_ERR_FLAG_NOT_IMPLEMENTED.
 */
#ifndef SISCI_FLAGS_H
#define SISCI_FLAGS_H

#include "../sisci_api_macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Special values. */

#define SCI_LOCAL_HOST SISCI_CONSTANT_SYMBOL(SCI_LOCAL_HOST)
/** Node id that stands for the own node. */
extern const unsigned int SCI_LOCAL_HOST;
#define SCI_INFINITE_TIMEOUT SISCI_CONSTANT_SYMBOL(SCI_INFINITE_TIMEOUT)
/** Timeout without a limit. */
extern const unsigned int SCI_INFINITE_TIMEOUT;

/* SCIOpen. */

#define SCI_FLAG_THREAD_SAFE SISCI_CONSTANT_SYMBOL(SCI_FLAG_THREAD_SAFE)
/** API 1: accepted, no effect; the MT flavour is always safe. */
extern const unsigned int SCI_FLAG_THREAD_SAFE;

/* Callbacks of every kind. */

#define SCI_FLAG_USE_CALLBACK SISCI_CONSTANT_SYMBOL(SCI_FLAG_USE_CALLBACK)
/** The callback argument counts; without this flag it is ignored. */
extern const unsigned int SCI_FLAG_USE_CALLBACK;

/* SCICreateSegment, SCIPrepareSegment, SCISetSegmentUnavailable, SCIRemoveSegment. */

#define SCI_FLAG_EMPTY SISCI_CONSTANT_SYMBOL(SCI_FLAG_EMPTY)
/** Create: no memory yet; SCIRegisterSegmentMemory or SCIAttachPhysicalMemory gives it. */
extern const unsigned int SCI_FLAG_EMPTY;
#define SCI_FLAG_PRIVATE SISCI_CONSTANT_SYMBOL(SCI_FLAG_PRIVATE)
/** Create: never made available, needs no unique id. */
extern const unsigned int SCI_FLAG_PRIVATE;
#define SCI_FLAG_AUTO_ID SISCI_CONSTANT_SYMBOL(SCI_FLAG_AUTO_ID)
/** Create: the library picks a free id, from the given one upwards. */
extern const unsigned int SCI_FLAG_AUTO_ID;
#define SCI_FLAG_BROADCAST SISCI_CONSTANT_SYMBOL(SCI_FLAG_BROADCAST)
/** Create, prepare, connect, map, DMA: a multicast group; the segment id is the group's. */
extern const unsigned int SCI_FLAG_BROADCAST;
#define SCI_FLAG_ALLOW_UNICAST SISCI_CONSTANT_SYMBOL(SCI_FLAG_ALLOW_UNICAST)
/** Create, with SCI_FLAG_BROADCAST: single nodes may connect as well. */
extern const unsigned int SCI_FLAG_ALLOW_UNICAST;
#define SCI_FLAG_PHYSICAL SISCI_CONSTANT_SYMBOL(SCI_FLAG_PHYSICAL)
/** Create: for memory that is attached by its bus address. */
extern const unsigned int SCI_FLAG_PHYSICAL;
#define SCI_FLAG_DMA_SOURCE_ONLY SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_SOURCE_ONLY)
/** Prepare: only as source of DMA, so no window of the adapter is used. */
extern const unsigned int SCI_FLAG_DMA_SOURCE_ONLY;
#define SCI_FLAG_FORCE_DISCONNECT SISCI_CONSTANT_SYMBOL(SCI_FLAG_FORCE_DISCONNECT)
/** Set unavailable: breaks existing connections. */
extern const unsigned int SCI_FLAG_FORCE_DISCONNECT;
#define SCI_FLAG_NOTIFY SISCI_CONSTANT_SYMBOL(SCI_FLAG_NOTIFY)
/** Set unavailable: tells those who are connected. */
extern const unsigned int SCI_FLAG_NOTIFY;
#define SCI_FLAG_FORCE_REMOVE SISCI_CONSTANT_SYMBOL(SCI_FLAG_FORCE_REMOVE)
/** Remove: also while peers are connected. */
extern const unsigned int SCI_FLAG_FORCE_REMOVE;

/* SCIRegisterSegmentMemory, SCIAttachPhysicalMemory. */

#define SCI_FLAG_LOCK_USER_MEM SISCI_CONSTANT_SYMBOL(SCI_FLAG_LOCK_USER_MEM)
/** Register: the pages stay in memory. */
extern const unsigned int SCI_FLAG_LOCK_USER_MEM;
#define SCI_FLAG_CUDA_BUFFER SISCI_CONSTANT_SYMBOL(SCI_FLAG_CUDA_BUFFER)
/** Attach: the address is one of a CUDA device. */
extern const unsigned int SCI_FLAG_CUDA_BUFFER;
#define SCI_FLAG_SCIF_BUFFER SISCI_CONSTANT_SYMBOL(SCI_FLAG_SCIF_BUFFER)
/** Attach: the address is one of a SCIF device. */
extern const unsigned int SCI_FLAG_SCIF_BUFFER;

/* SCIConnectSegment. */

#define SCI_FLAG_ASYNCHRONOUS_CONNECT SISCI_CONSTANT_SYMBOL(SCI_FLAG_ASYNCHRONOUS_CONNECT)
/** API 1: the call returns before the connection stands. */
extern const unsigned int SCI_FLAG_ASYNCHRONOUS_CONNECT;

/* SCIMapLocalSegment, SCIMapRemoteSegment. */

#define SCI_FLAG_FIXED_MAP_ADDR SISCI_CONSTANT_SYMBOL(SCI_FLAG_FIXED_MAP_ADDR)
/** Map at the given address or fail. */
extern const unsigned int SCI_FLAG_FIXED_MAP_ADDR;
#define SCI_FLAG_READONLY_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_READONLY_MAP)
/** Stores through the map are a fault. */
extern const unsigned int SCI_FLAG_READONLY_MAP;
#define SCI_FLAG_IO_MAP_IOSPACE SISCI_CONSTANT_SYMBOL(SCI_FLAG_IO_MAP_IOSPACE)
/** Remote: no write combining, one transaction for each store. */
extern const unsigned int SCI_FLAG_IO_MAP_IOSPACE;
#define SCI_FLAG_NO_MEMORY_LOOPBACK_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_MEMORY_LOOPBACK_MAP)
/** Remote, on the own node: through the adapter all the same. */
extern const unsigned int SCI_FLAG_NO_MEMORY_LOOPBACK_MAP;
#define SCI_FLAG_NO_MEMORY_LOOPBACK SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_MEMORY_LOOPBACK)
/** The same flag under the name of newer programs. */
extern const unsigned int SCI_FLAG_NO_MEMORY_LOOPBACK;
#define SCI_FLAG_SHARED_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_SHARED_MAP)
/** Remote: the window may be shared with other maps. */
extern const unsigned int SCI_FLAG_SHARED_MAP;
#define SCI_FLAG_WRITE_BACK_CACHE_MAP SISCI_CONSTANT_SYMBOL(WRITE_BACK_CACHE_MAP)
/** Remote: cached with write back, where the processor can. */
extern const unsigned int SCI_FLAG_WRITE_BACK_CACHE_MAP;
#define SCI_FLAG_LOCK_OPERATION SISCI_CONSTANT_SYMBOL(SCI_FLAG_LOCK_OPERATION)
/** Remote: loads are fetch-and-add (SCI adapters). */
extern const unsigned int SCI_FLAG_LOCK_OPERATION;
#define SCI_FLAG_CONDITIONAL_INTERRUPT_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_CONDITIONAL_INTERRUPT_MAP)
/** Remote: stores raise a conditional interrupt (SCI adapters). */
extern const unsigned int SCI_FLAG_CONDITIONAL_INTERRUPT_MAP;
#define SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP)
/** Remote: stores raise an interrupt (SCI adapters). */
extern const unsigned int SCI_FLAG_UNCONDITIONAL_DATA_INTERRUPT_MAP;
#define SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP)
/** Remote: prefetch of reads, held (SCI adapters). */
extern const unsigned int SCI_FLAG_READ_PREFETCH_AGGR_HOLD_MAP;
#define SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP)
/** Remote: prefetch of reads, not held (SCI adapters). */
extern const unsigned int SCI_FLAG_READ_PREFETCH_NO_HOLD_MAP;
#define SCI_FLAG_DMOVE_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMOVE_MAP)
/** Remote: unacknowledged stores (SCI adapters). */
extern const unsigned int SCI_FLAG_DMOVE_MAP;
#define SCI_FLAG_WRITES_DISABLE_GATHER_MAP SISCI_CONSTANT_SYMBOL(SCI_FLAG_WRITES_DISABLE_GATHER_MAP)
/** Remote: the adapter does not gather stores (SCI adapters). */
extern const unsigned int SCI_FLAG_WRITES_DISABLE_GATHER_MAP;
#define SCI_FLAG_DISABLE_128_BYTES_PACKETS SISCI_CONSTANT_SYMBOL(SCI_FLAG_DISABLE_128_BYTES_PACKETS)
/** Remote: packets of 64 bytes at most (SCI adapters). */
extern const unsigned int SCI_FLAG_DISABLE_128_BYTES_PACKETS;

/* SCIMemCpy, SCIFlush, SCICacheSync, sequences. */

#define SCI_FLAG_BLOCK_READ SISCI_CONSTANT_SYMBOL(SCI_FLAG_BLOCK_READ)
/** Copy: from the remote map to memory. */
extern const unsigned int SCI_FLAG_BLOCK_READ;
#define SCI_FLAG_ERROR_CHECK SISCI_CONSTANT_SYMBOL(SCI_FLAG_ERROR_CHECK)
/** Copy: check by the sequence and report a failed transfer. */
extern const unsigned int SCI_FLAG_ERROR_CHECK;
#define SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY SISCI_CONSTANT_SYMBOL(SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY)
/** Flush: only what the processor holds back. */
extern const unsigned int SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY;
#define SCI_FLAG_FAST_BARRIER SISCI_CONSTANT_SYMBOL(SCI_FLAG_FAST_BARRIER)
/** Create sequence: a cheaper store barrier where the adapter has one. */
extern const unsigned int SCI_FLAG_FAST_BARRIER;
#define SCI_FLAG_NO_FLUSH SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_FLUSH)
/** Check sequence: do not flush first. */
extern const unsigned int SCI_FLAG_NO_FLUSH;
#define SCI_FLAG_NO_STORE_BARRIER SISCI_CONSTANT_SYMBOL(SCI_FLAG_NO_STORE_BARRIER)
/** Check sequence: do not wait for earlier stores first. */
extern const unsigned int SCI_FLAG_NO_STORE_BARRIER;
#define SCI_FLAG_CACHE_FLUSH SISCI_CONSTANT_SYMBOL(SCI_FLAG_CACHE_FLUSH)
/** Cache sync: write dirty lines back. */
extern const unsigned int SCI_FLAG_CACHE_FLUSH;
#define SCI_FLAG_CACHE_INVALIDATE SISCI_CONSTANT_SYMBOL(SCI_FLAG_CACHE_INVALIDATE)
/** Cache sync: drop lines. */
extern const unsigned int SCI_FLAG_CACHE_INVALIDATE;

/* DMA. */

#define SCI_FLAG_DMA_POST SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_POST)
/** API 1: start as soon as enqueued. */
extern const unsigned int SCI_FLAG_DMA_POST;
#define SCI_FLAG_DMA_WAIT SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_WAIT)
/** Return when the transfer has ended. */
extern const unsigned int SCI_FLAG_DMA_WAIT;
#define SCI_FLAG_DMA_RESET SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_RESET)
/** API 1: reset the queue after the transfer. */
extern const unsigned int SCI_FLAG_DMA_RESET;
#define SCI_FLAG_DMA_READ SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_READ)
/** Remote to local; otherwise local to remote. */
extern const unsigned int SCI_FLAG_DMA_READ;
#define SCI_FLAG_DMA_PHDMA SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_PHDMA)
/** Create queue: physical addresses (privileged). */
extern const unsigned int SCI_FLAG_DMA_PHDMA;
#define SCI_FLAG_DMA_GLOBAL SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_GLOBAL)
/** Engine choice: the remote segment need not be mapped. */
extern const unsigned int SCI_FLAG_DMA_GLOBAL;
#define SCI_FLAG_DMA_SYSDMA SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_SYSDMA)
/** Engine choice: the processor's. */
extern const unsigned int SCI_FLAG_DMA_SYSDMA;
#define SCI_FLAG_DMA_USER_MEM SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_USER_MEM)
/** The local side is user memory. */
extern const unsigned int SCI_FLAG_DMA_USER_MEM;
#define SCI_FLAG_DMA_ADAPTER SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_ADAPTER)
/** Engine choice: the adapter's. */
extern const unsigned int SCI_FLAG_DMA_ADAPTER;
#define SCI_FLAG_DMA_CHANNEL_SHARED SISCI_CONSTANT_SYMBOL(SCI_FLAG_DMA_CHANNEL_SHARED)
/** Request channel: others may have the channel too. */
extern const unsigned int SCI_FLAG_DMA_CHANNEL_SHARED;

/* Interrupts. */

#define SCI_FLAG_FIXED_INTNO SISCI_CONSTANT_SYMBOL(SCI_FLAG_FIXED_INTNO)
/** Create: the number is given; otherwise the library picks it. */
extern const unsigned int SCI_FLAG_FIXED_INTNO;
#define SCI_FLAG_SHARED_INT SISCI_CONSTANT_SYMBOL(SCI_FLAG_SHARED_INT)
/** Create: several handles on one number. */
extern const unsigned int SCI_FLAG_SHARED_INT;
#define SCI_FLAG_COUNTING_INT SISCI_CONSTANT_SYMBOL(SCI_FLAG_COUNTING_INT)
/** Create, connect: each trigger counts, none are merged. */
extern const unsigned int SCI_FLAG_COUNTING_INT;
#define SCI_FLAG_SHARE_EXTERNAL SISCI_CONSTANT_SYMBOL(SCI_FLAG_SHARE_EXTERNAL)
/** Create: other processes of the node may share the number. */
extern const unsigned int SCI_FLAG_SHARE_EXTERNAL;
#define SCI_FLAG_CONDITIONAL_INTERRUPT SISCI_CONSTANT_SYMBOL(SCI_FLAG_CONDITIONAL_INTERRUPT)
/** Register interrupt flag: conditional interrupts. */
extern const unsigned int SCI_FLAG_CONDITIONAL_INTERRUPT;

/* SmartIO, PCIe requesters. */

#define SCI_FLAG_PCIE_REQUESTER_GLOBAL SISCI_CONSTANT_SYMBOL(SCI_FLAG_PCIE_REQUESTER_GLOBAL)
/** Register requester: it may reach every node. */
extern const unsigned int SCI_FLAG_PCIE_REQUESTER_GLOBAL;
#define SCI_FLAG_EXCLUSIVE SISCI_CONSTANT_SYMBOL(SCI_FLAG_EXCLUSIVE)
/** Borrow: for this borrower alone. */
extern const unsigned int SCI_FLAG_EXCLUSIVE;
#define SCI_FLAG_DEVICE_SIDE_ONLY SISCI_CONSTANT_SYMBOL(SCI_FLAG_DEVICE_SIDE_ONLY)
/** Device segment: only in memory at the device. */
extern const unsigned int SCI_FLAG_DEVICE_SIDE_ONLY;
#define SCI_FLAG_LOCAL_ONLY SISCI_CONSTANT_SYMBOL(SCI_FLAG_LOCAL_ONLY)
/** Device segment: only in local memory. */
extern const unsigned int SCI_FLAG_LOCAL_ONLY;
#define SCI_FLAG_DEVICE_PREFER_BANDWIDTH SISCI_CONSTANT_SYMBOL(SCI_FLAG_DEVICE_PREFER_BANDWIDTH)
/** Device segment: placed for the device's throughput. */
extern const unsigned int SCI_FLAG_DEVICE_PREFER_BANDWIDTH;
#define SCI_FLAG_HOST_PREFER_BANDWIDTH SISCI_CONSTANT_SYMBOL(SCI_FLAG_HOST_PREFER_BANDWIDTH)
/** Device segment: placed for the host's throughput. */
extern const unsigned int SCI_FLAG_HOST_PREFER_BANDWIDTH;
#define SCI_FLAG_SPECIFY_PATH SISCI_CONSTANT_SYMBOL(SCI_FLAG_SPECIFY_PATH)
/** Connect device segment: the path is given. */
extern const unsigned int SCI_FLAG_SPECIFY_PATH;
#define SCI_FLAG_SPECIFY_SLOT SISCI_CONSTANT_SYMBOL(SCI_FLAG_SPECIFY_SLOT)
/** Device by its slot. */
extern const unsigned int SCI_FLAG_SPECIFY_SLOT;

/* The short name that old programs use. */
#define FLUSH_CPU_BUFFERS_ONLY SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY

#ifdef __cplusplus
}
#endif

#endif

/*
 * Result codes of the SISCI calls.
 *
 * Every code but SCI_ERR_OK has bit 30 set. Values behind "assumed" are not published; they follow
 * the order in which the names are listed and have to be checked against a vendor header.
 */
#ifndef SISCI_ERROR_H
#define SISCI_ERROR_H

/** Bit of every code but SCI_ERR_OK. */
#define SISCI_ERR_MASK 0x40000000
/** The same under its name in API 1. */
#define SCI_ERR_MASK SISCI_ERR_MASK
/** Bit of errors that come from the remote side; not all of them have it. Name assumed. */
#define SISCI_ERR_REMOTE_MASK 0x01

#define SISCI_ERR_CODE(low) (SISCI_ERR_MASK | (low))

typedef enum {
    SCI_ERR_OK = 0, /**< Success. */

    SCI_ERR_BUSY = SISCI_ERR_CODE(0x900),                  /**< The resource is in use. */
    SCI_ERR_FLAG_NOT_IMPLEMENTED = SISCI_ERR_CODE(0x901),  /**< A known flag that this library lacks. */
    SCI_ERR_ILLEGAL_FLAG = SISCI_ERR_CODE(0x902),          /**< A flag that this call does not take. */
    SCI_ERR_NOSPC = SISCI_ERR_CODE(0x904),                 /**< No memory, or the receiver's queue is full. */
    SCI_ERR_API_NOSPC = SISCI_ERR_CODE(0x905),             /**< The library is out of a resource. */
    SCI_ERR_HW_NOSPC = SISCI_ERR_CODE(0x906),              /**< The adapter is out of a resource. */
    SCI_ERR_NOT_IMPLEMENTED = SISCI_ERR_CODE(0x907),       /**< This library lacks the function. */
    SCI_ERR_ILLEGAL_ADAPTERNO = SISCI_ERR_CODE(0x908),     /**< Adapter number out of range. */
    SCI_ERR_NO_SUCH_ADAPTERNO = SISCI_ERR_CODE(0x909),     /**< No adapter has this number. */
    SCI_ERR_TIMEOUT = SISCI_ERR_CODE(0x90A),               /**< The wait ended without an event. */
    SCI_ERR_OUT_OF_RANGE = SISCI_ERR_CODE(0x90B),          /**< Offset plus size is too large. */
    SCI_ERR_NO_SUCH_SEGMENT = SISCI_ERR_CODE(0x90C),       /**< The node has no such segment. */
    SCI_ERR_NO_SUCH_INTNO = SISCI_ERR_CODE(0x90C),         /**< The node has no such interrupt; same value. */
    SCI_ERR_ILLEGAL_NODEID = SISCI_ERR_CODE(0x90D),        /**< No legal node id. */
    SCI_ERR_CONNECTION_REFUSED = SISCI_ERR_CODE(0x90E),    /**< The other side refused. */
    SCI_ERR_SEGMENT_NOT_CONNECTED = SISCI_ERR_CODE(0x90F), /**< No connection over this adapter. */
    SCI_ERR_SIZE_ALIGNMENT = SISCI_ERR_CODE(0x910),        /**< The size is not aligned. */
    SCI_ERR_OFFSET_ALIGNMENT = SISCI_ERR_CODE(0x911),      /**< The offset is not aligned. */
    SCI_ERR_ILLEGAL_PARAMETER = SISCI_ERR_CODE(0x912),     /**< A bad argument, a dead handle included. */
    SCI_ERR_MAX_ENTRIES = SISCI_ERR_CODE(0x913),           /**< The queue or table is full. */
    SCI_ERR_SEGMENT_NOT_PREPARED = SISCI_ERR_CODE(0x914),  /**< SCIPrepareSegment is missing. */
    SCI_ERR_ILLEGAL_ADDRESS = SISCI_ERR_CODE(0x915),       /**< A bad address. */
    SCI_ERR_ILLEGAL_OPERATION = SISCI_ERR_CODE(0x916),     /**< Not in this state. */
    SCI_ERR_ILLEGAL_QUERY = SISCI_ERR_CODE(0x917),         /**< An unknown query. */
    SCI_ERR_SEGMENTID_USED = SISCI_ERR_CODE(0x918),        /**< The id is taken on this node. */
    SCI_ERR_INTNO_USED = SISCI_ERR_CODE(0x918),            /**< The number is taken; value assumed. */
    SCI_ERR_SYSTEM = SISCI_ERR_CODE(0x919),                /**< The operating system failed; see errno. */
    SCI_ERR_CANCELLED = SISCI_ERR_CODE(0x91A),             /**< The handle was removed during the wait. */
    SCI_ERR_NOT_CONNECTED = SISCI_ERR_CODE(0x91B),         /**< The connection is gone. */
    SCI_ERR_NOT_AVAILABLE = SISCI_ERR_CODE(0x91C),         /**< Not available. */
    SCI_ERR_INCONSISTENT_VERSIONS = SISCI_ERR_CODE(0x91D), /**< Library and driver do not fit. */
    SCI_ERR_COND_INT_RACE_PROBLEM = SISCI_ERR_CODE(0x91E), /**< Conditional interrupts raced. */
    SCI_ERR_OVERFLOW = SISCI_ERR_CODE(0x91F),              /**< A count or an event queue overflowed. */
    SCI_ERR_NOT_INITIALIZED = SISCI_ERR_CODE(0x920),       /**< SCIInitialize is missing. */
    SCI_ERR_ACCESS = SISCI_ERR_CODE(0x921),                /**< No right to do this. */
    SCI_ERR_NOT_SUPPORTED = SISCI_ERR_CODE(0x922),         /**< Not supported; value assumed. */
    SCI_ERR_DEPRECATED = SISCI_ERR_CODE(0x923),            /**< No longer supported; value assumed. */
    SCI_ERR_DMA_NOT_AVAILABLE = SISCI_ERR_CODE(0x924),     /**< No such DMA engine; value assumed. */
    SCI_ERR_DMA_DISABLED = SISCI_ERR_CODE(0x925),          /**< The DMA engine is off; value assumed. */
    SCI_ERR_NO_SUCH_FDID = SISCI_ERR_CODE(0x926),          /**< No such fabric device; value assumed. */

    SCI_ERR_NO_SUCH_NODEID = SISCI_ERR_CODE(0xA00),        /**< No node answers to this id. */
    SCI_ERR_NODE_NOT_RESPONDING = SISCI_ERR_CODE(0xA02),   /**< The node does not answer. */
    SCI_ERR_NO_REMOTE_LINK_ACCESS = SISCI_ERR_CODE(0xA04), /**< A link beyond the local one is down. */
    SCI_ERR_NO_LINK_ACCESS = SISCI_ERR_CODE(0xA05),        /**< The local link is down. */
    SCI_ERR_TRANSFER_FAILED = SISCI_ERR_CODE(0xA06),       /**< A checked transfer failed. */

    SCI_ERR_EWOULD_BLOCK = SISCI_ERR_CODE(0xA10),             /**< Kernel queues: would block; value assumed. */
    SCI_ERR_SEMAPHORE_COUNT_EXCEEDED = SISCI_ERR_CODE(0xA11), /**< Windows kernels; value assumed. */
    SCI_ERR_IRQL_ILLEGAL = SISCI_ERR_CODE(0xA12),             /**< Windows kernels; value assumed. */

    SCI_ERR_REMOTE_BUSY = SISCI_ERR_CODE(0xB00), /**< The remote side is in use. */
    SCI_ERR_LOCAL_BUSY = SISCI_ERR_CODE(0xB01),  /**< The local side is in use; value assumed. */
    SCI_ERR_ALL_BUSY = SISCI_ERR_CODE(0xB02)     /**< Everything is in use; value assumed. */
} sci_error_t;

#endif

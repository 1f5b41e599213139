/* Types of the SISCI interface: handles, enumerations, query structures, callbacks. */
#ifndef SISCI_TYPES_H
#define SISCI_TYPES_H

#include <stddef.h>

#include "dis_types.h"
#include "sisci_error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Handles. Opaque, one pointer wide; valid until the call that releases them. */

typedef struct sci_desc *sci_desc_t;                                   /**< SCIOpen .. SCIClose */
typedef struct sci_local_segment *sci_local_segment_t;                 /**< SCICreateSegment .. SCIRemoveSegment */
typedef struct sci_remote_segment *sci_remote_segment_t;               /**< SCIConnectSegment .. SCIDisconnectSegment */
typedef struct sci_map *sci_map_t;                                     /**< SCIMap..Segment .. SCIUnmapSegment */
typedef struct sci_sequence *sci_sequence_t;                           /**< SCICreateMapSequence .. SCIRemoveSequence */
typedef struct sci_dma_queue *sci_dma_queue_t;                         /**< SCICreateDMAQueue .. SCIRemoveDMAQueue */
typedef struct sci_dma_channel *sci_dma_channel_t;                     /**< SCIRequestDMAChannel .. SCIReturnDMAChannel */
typedef struct sci_local_interrupt *sci_local_interrupt_t;             /**< SCICreateInterrupt .. SCIRemoveInterrupt */
typedef struct sci_remote_interrupt *sci_remote_interrupt_t;           /**< SCIConnectInterrupt .. SCIDisconnectInterrupt */
typedef struct sci_local_data_interrupt *sci_local_data_interrupt_t;   /**< SCICreateDataInterrupt .. Remove */
typedef struct sci_remote_data_interrupt *sci_remote_data_interrupt_t; /**< SCIConnectDataInterrupt .. Disconnect */
typedef struct sci_block_transfer *sci_block_transfer_t;               /**< SCITransferBlockAsync .. SCIWaitForBlockTransfer */
typedef struct sci_smartio_device *sci_smartio_device_t;               /**< SCIBorrowDevice .. SCIReturnDevice */

/** The name of sci_smartio_device_t in early SmartIO programs. */
typedef sci_smartio_device_t sci_device_t;

/** An address on the I/O bus. */
typedef unsigned long long sci_ioaddr_t;

/** An address on the fabric. */
typedef struct {
    unsigned short nodeId;
    unsigned short offsHi;
    unsigned int offsLo;
} sci_address_t;

/* Enumerations; unknown values have to be expected. */

/** Why a segment callback runs, or what a wait for a segment event saw. */
typedef enum {
    SCI_CB_CONNECT = 1,         /**< A peer connected. */
    SCI_CB_DISCONNECT = 2,      /**< The other side disconnected or withdrew the segment. */
    SCI_CB_NOT_OPERATIONAL = 3, /**< The link went down; the connection may survive. */
    SCI_CB_OPERATIONAL = 4,     /**< The link is up again. */
    SCI_CB_LOST = 5             /**< The connection is gone for good. */
} sci_segment_cb_reason_t;

/** What a callback asks for. */
typedef enum {
    SCI_CALLBACK_CANCEL = 1,  /**< Do not call again. */
    SCI_CALLBACK_CONTINUE = 2 /**< Stay armed. */
} sci_callback_action_t;

/** State of a DMA queue. */
typedef enum {
    SCI_DMAQUEUE_IDLE = 0,    /**< Never used. */
    SCI_DMAQUEUE_GATHER = 1,  /**< Being filled (old queue model). */
    SCI_DMAQUEUE_POSTED = 2,  /**< A transfer runs. */
    SCI_DMAQUEUE_DONE = 3,    /**< The last transfer is complete. */
    SCI_DMAQUEUE_ABORTED = 4, /**< The last transfer was aborted. */
    SCI_DMAQUEUE_ERROR = 5    /**< The last transfer failed. */
} sci_dma_queue_state_t;

/** What became of the stores since the last start or check of a sequence. */
typedef enum {
    SCI_SEQ_OK = 0,            /**< All delivered. */
    SCI_SEQ_RETRIABLE = 1,     /**< Something was lost: send again. */
    SCI_SEQ_NOT_RETRIABLE = 2, /**< The connection is broken: connect again. */
    SCI_SEQ_PENDING = 3        /**< Not known yet: start the sequence again. */
} sci_sequence_status_t;

/** Kind of DMA engine. */
typedef enum {
    SCI_DMA_TYPE_DONTCARE = 1,   /**< Any. */
    SCI_DMA_TYPE_ADAPTER = 2,    /**< The adapter's. */
    SCI_DMA_TYPE_GLOBAL = 3,     /**< One that reaches remote segments without a map. */
    SCI_DMA_TYPE_SYSTEM = 4,     /**< The processor's. */
    SCI_DMA_TYPE_TRANSPARENT = 5 /**< One behind transparent bridges. */
} sci_dma_type_t;

/** A channel number that leaves the choice to the library. */
#define SCI_DMA_CHANNEL_ID_DONTCARE 0xFFFFFFFFu

/** Where memory of a SmartIO device lies. */
typedef enum {
    SCI_MEMTYPE_BAR = 1,     /**< One of the device's BARs. */
    SCI_MEMTYPE_PRIVATE = 2, /**< A segment of this borrower. */
    SCI_MEMTYPE_SHARED = 4   /**< A segment of all borrowers. */
} sci_memtype_t;

/** Who accesses a device segment; values are combined. */
typedef enum {
    SCI_MEMACCESS_DEVICE_READ = 0x01,     /**< The device reads. */
    SCI_MEMACCESS_DEVICE_WRITE = 0x02,    /**< The device writes. */
    SCI_MEMACCESS_HOST_READ = 0x04,       /**< This host reads. */
    SCI_MEMACCESS_HOST_WRITE = 0x08,      /**< This host writes. */
    SCI_MEMACCESS_MULTIHOST_READ = 0x14,  /**< Several hosts read. */
    SCI_MEMACCESS_MULTIHOST_WRITE = 0x18, /**< Several hosts write. */
    SCI_MEMACCESS_P2P_READ = 0x21,        /**< Other devices read. */
    SCI_MEMACCESS_P2P_WRITE = 0x22        /**< Other devices write. */
} sci_memaccess_t;

/* Structures that SCIQuery fills. */

/** SCI_Q_VENDORID, SCI_Q_API: `str` is the caller's buffer of `length` bytes. */
typedef struct {
    char *str;
    unsigned int length;
} sci_query_string_t;

/** SCI_Q_ADAPTER: `data` points to an unsigned int. */
typedef struct {
    unsigned int localAdapterNo;
    unsigned int portNo;
    unsigned int subcommand;
    void *data;
} sci_query_adapter_t;

/** SCI_Q_SYSTEM: `data` points to an unsigned int. */
typedef struct {
    unsigned int subcommand;
    void *data;
} sci_query_system_t;

/** SCI_Q_DMA: `data` points to an unsigned int or to a sci_dma_capabilities_t. */
typedef struct {
    unsigned int localAdapterNo;
    unsigned int subcommand;
    void *data;
} sci_query_dma_t;

/** SCI_Q_LOCAL_SEGMENT */
typedef struct {
    sci_local_segment_t segment;
    unsigned int subcommand;
    union {
        sci_ioaddr_t ioaddr;
    } data;
} sci_query_local_segment_t;

/** SCI_Q_REMOTE_SEGMENT */
typedef struct {
    sci_remote_segment_t segment;
    unsigned int subcommand;
    union {
        sci_ioaddr_t ioaddr;
    } data;
} sci_query_remote_segment_t;

/** SCI_Q_MAP */
typedef struct {
    sci_map_t map;
    unsigned int subcommand;
    unsigned long long data;
} sci_query_map_t;

/** What a DMA engine can do. */
typedef struct {
    unsigned int num_channels;
    unsigned int max_transfer_size;
    unsigned int max_vector_length;
    unsigned int support_mem2io;
    unsigned int support_io2mem;
    unsigned int support_io2io;
    unsigned int min_align_bytes;
    unsigned int suggested_align_bytes;
} sci_dma_capabilities_t;

/** One piece of a vectored DMA transfer. `flags` must be 0. Four 32-bit fields: assumed. */
typedef struct {
    unsigned int size;
    unsigned int local_offset;
    unsigned int remote_offset;
    unsigned int flags;
} dis_dma_vec_t;

/** A device on the fabric; also the filter of SCIGetDeviceList. */
typedef struct {
    unsigned long long fdid;
    unsigned short pci_device_id;
    unsigned short pci_vendor_id;
    unsigned int pci_class;
    unsigned short pci_subsystem_device_id;
    unsigned short pci_subsystem_vendor_id;
    unsigned long long pci_serial_number;
    unsigned short remote_bdf;
    unsigned short local_bdf;
    unsigned int adapter;
    unsigned int nodeid;
    int physical_slot;
    char user_name[64];
    char uuid[37];
} sci_smartio_device_info_t;

/** SCI_Q_DEVICE: `data` points to what the subcommand answers. Order of the fields assumed. */
typedef struct {
    unsigned long long fdid;
    unsigned int subcommand;
    void *data;
} sci_smartio_query_device_t;

/* Callbacks. They run on a thread of the library and may call any SISCI function. */

typedef sci_callback_action_t (*sci_cb_local_segment_t)(void *arg, sci_local_segment_t segment,
                                                        sci_segment_cb_reason_t reason, unsigned int nodeId,
                                                        unsigned int localAdapterNo, sci_error_t error);

typedef sci_callback_action_t (*sci_cb_remote_segment_t)(void *arg, sci_remote_segment_t segment,
                                                         sci_segment_cb_reason_t reason, sci_error_t status);

typedef sci_callback_action_t (*sci_cb_dma_t)(void *arg, sci_dma_queue_t queue, sci_error_t status);

typedef sci_callback_action_t (*sci_cb_interrupt_t)(void *arg, sci_local_interrupt_t interrupt, sci_error_t status);

typedef sci_callback_action_t (*sci_cb_data_interrupt_t)(void *arg, sci_local_data_interrupt_t interrupt, void *data,
                                                         unsigned int length, sci_error_t status);

/** API 1; what it returns has no effect. */
typedef int (*sci_cb_block_transfer_t)(void *arg, sci_block_transfer_t block, sci_error_t status);

#ifdef __cplusplus
}
#endif

#endif

/*
 * Commands and subcommands of SCIQuery: objects of the library like the flags.
 *
 * What a library or an adapter does not know is answered by SCI_ERR_ILLEGAL_QUERY.
 */
#ifndef SISCI_QUERIES_H
#define SISCI_QUERIES_H

#include "../sisci_api_macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Commands; each takes the structure of its name (sisci_types.h). */

#define SCI_Q_VENDORID SISCI_CONSTANT_SYMBOL(SCI_Q_VENDORID)
/** sci_query_string_t: who made the library. */
extern const unsigned int SCI_Q_VENDORID;
#define SCI_Q_API SISCI_CONSTANT_SYMBOL(SCI_Q_API)
/** sci_query_string_t: version of the interface. */
extern const unsigned int SCI_Q_API;
#define SCI_Q_SISCI_DRIVER_VERSION SISCI_CONSTANT_SYMBOL(SCI_Q_SISCI_DRIVER_VERSION)
/** sci_query_string_t: version of the driver. */
extern const unsigned int SCI_Q_SISCI_DRIVER_VERSION;
#define SCI_Q_ADAPTER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER)
/** sci_query_adapter_t; `data` points to an unsigned int. */
extern const unsigned int SCI_Q_ADAPTER;
#define SCI_Q_SYSTEM SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM)
/** sci_query_system_t; `data` points to an unsigned int. */
extern const unsigned int SCI_Q_SYSTEM;
#define SCI_Q_LOCAL_SEGMENT SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT)
/** sci_query_local_segment_t */
extern const unsigned int SCI_Q_LOCAL_SEGMENT;
#define SCI_Q_REMOTE_SEGMENT SISCI_CONSTANT_SYMBOL(SCI_Q_REMOTE_SEGMENT)
/** sci_query_remote_segment_t */
extern const unsigned int SCI_Q_REMOTE_SEGMENT;
#define SCI_Q_MAP SISCI_CONSTANT_SYMBOL(SCI_Q_MAP)
/** sci_query_map_t */
extern const unsigned int SCI_Q_MAP;
#define SCI_Q_DMA SISCI_CONSTANT_SYMBOL(SCI_Q_DMA)
/** sci_query_dma_t; the flags of SCIQuery choose the engine. */
extern const unsigned int SCI_Q_DMA;
#define SCI_Q_DEVICE SISCI_CONSTANT_SYMBOL(SCI_Q_DEVICE)
/** sci_smartio_query_device_t */
extern const unsigned int SCI_Q_DEVICE;

/* Subcommands of SCI_Q_ADAPTER. */

#define SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT)
/** Bytes that DMA sizes are a multiple of. */
extern const unsigned int SCI_Q_ADAPTER_DMA_SIZE_ALIGNMENT;
#define SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT)
/** Bytes that DMA offsets are a multiple of. */
extern const unsigned int SCI_Q_ADAPTER_DMA_OFFSET_ALIGNMENT;
#define SCI_Q_ADAPTER_DMA_MTU SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_DMA_MTU)
/** Bytes of the largest single DMA transfer. */
extern const unsigned int SCI_Q_ADAPTER_DMA_MTU;
#define SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE)
/** Bytes from which DMA pays. */
extern const unsigned int SCI_Q_ADAPTER_SUGGESTED_MIN_DMA_SIZE;
#define SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE)
/** Bytes from which block copies pay. */
extern const unsigned int SCI_Q_ADAPTER_SUGGESTED_MIN_BLOCK_SIZE;
#define SCI_Q_ADAPTER_CARD_TYPE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_CARD_TYPE)
/** Number for SCIGetAdapterTypeString. */
extern const unsigned int SCI_Q_ADAPTER_CARD_TYPE;
#define SCI_Q_ADAPTER_SERIAL_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SERIAL_NUMBER)
/** Serial number. */
extern const unsigned int SCI_Q_ADAPTER_SERIAL_NUMBER;
#define SCI_Q_ADAPTER_NODEID SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NODEID)
/** Own node id. */
extern const unsigned int SCI_Q_ADAPTER_NODEID;
#define SCI_Q_ADAPTER_NUMBER_OF_STREAMS SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NUMBER_OF_STREAMS)
/** Streams of stores in hardware. */
extern const unsigned int SCI_Q_ADAPTER_NUMBER_OF_STREAMS;
#define SCI_Q_ADAPTER_CONFIGURED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_CONFIGURED)
/** 1 if the adapter is configured. */
extern const unsigned int SCI_Q_ADAPTER_CONFIGURED;
#define SCI_Q_ADAPTER_LINK_OPERATIONAL SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_OPERATIONAL)
/** 1 if the link `portNo` is up. */
extern const unsigned int SCI_Q_ADAPTER_LINK_OPERATIONAL;
#define SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK)
/** 1 if the hardware reports no link fault. */
extern const unsigned int SCI_Q_ADAPTER_HW_LINK_STATUS_IS_OK;
#define SCI_Q_ADAPTER_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NUMBER)
/** The adapter's number. */
extern const unsigned int SCI_Q_ADAPTER_NUMBER;
#define SCI_Q_ADAPTER_INSTANCE_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_INSTANCE_NUMBER)
/** The driver's number for it. */
extern const unsigned int SCI_Q_ADAPTER_INSTANCE_NUMBER;
#define SCI_Q_ADAPTER_FIRMWARE_OK SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_FIRMWARE_OK)
/** 1 if the firmware fits the driver. */
extern const unsigned int SCI_Q_ADAPTER_FIRMWARE_OK;
#define SCI_Q_ADAPTER_CONNECTED_TO_SWITCH SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_CONNECTED_TO_SWITCH)
/** 1 if the link ends at a switch. */
extern const unsigned int SCI_Q_ADAPTER_CONNECTED_TO_SWITCH;
#define SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE)
/** Kind of that switch. */
extern const unsigned int SCI_Q_ADAPTER_LOCAL_SWITCH_TYPE;
#define SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER)
/** Port at that switch. */
extern const unsigned int SCI_Q_ADAPTER_LOCAL_SWITCH_PORT_NUMBER;
#define SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT)
/** 1 if the port is the configured one. */
extern const unsigned int SCI_Q_ADAPTER_CONNECTED_TO_EXPECTED_SWITCH_PORT;
#define SCI_Q_ADAPTER_STREAM_BUFFER_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_STREAM_BUFFER_SIZE)
/** Bytes of one stream buffer. */
extern const unsigned int SCI_Q_ADAPTER_STREAM_BUFFER_SIZE;
#define SCI_Q_ADAPTER_ATT_PAGE_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_ATT_PAGE_SIZE)
/** Bytes of a page of the address translation. */
extern const unsigned int SCI_Q_ADAPTER_ATT_PAGE_SIZE;
#define SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES)
/** Entries of the address translation. */
extern const unsigned int SCI_Q_ADAPTER_ATT_NUMBER_OF_ENTRIES;
#define SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES)
/** Free entries of it. */
extern const unsigned int SCI_Q_ADAPTER_ATT_AVAILABLE_ENTRIES;
#define SCI_Q_ADAPTER_PHYS_MEM_NODEID SISCI_CONSTANT_SYMBOL(SCI_Q_SCI_Q_ADAPTER_PHYS_MEM_NODEID)
/** Physical node id of memory (SCI adapters). */
extern const unsigned int SCI_Q_ADAPTER_PHYS_MEM_NODEID;
#define SCI_Q_ADAPTER_PHYS_MBX_NODEID SISCI_CONSTANT_SYMBOL(SCI_Q_SCI_Q_ADAPTER_PHYS_MBX_NODEID)
/** Physical node id of the mailbox (SCI adapters). */
extern const unsigned int SCI_Q_ADAPTER_PHYS_MBX_NODEID;
#define SCI_Q_ADAPTER_PHYS_LINK_PORT_NODEID SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_PHYS_LINK_PORT_NODEID)
/** Physical node id of a link port (SCI adapters). */
extern const unsigned int SCI_Q_ADAPTER_PHYS_LINK_PORT_NODEID;
#define SCI_Q_ADAPTER_SCI_LINK_FREQUENCY SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_SCI_LINK_FREQUENCY)
/** Link clock (SCI adapters). */
extern const unsigned int SCI_Q_ADAPTER_SCI_LINK_FREQUENCY;
#define SCI_Q_ADAPTER_B_LINK_FREQUENCY SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_B_LINK_FREQUENCY)
/** Back-end link clock (SCI adapters). */
extern const unsigned int SCI_Q_ADAPTER_B_LINK_FREQUENCY;
#define SCI_Q_ADAPTER_IO_BUS_FREQUENCY SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_IO_BUS_FREQUENCY)
/** I/O bus clock (SCI adapters). */
extern const unsigned int SCI_Q_ADAPTER_IO_BUS_FREQUENCY;
#define SCI_Q_ADAPTER_BDF SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_BDF)
/** Bus << 8 | device << 3 | function on the host's PCIe. */
extern const unsigned int SCI_Q_ADAPTER_BDF;
#define SCI_Q_ADAPTER_MCAST_MAX_GROUPS SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_MCAST_MAX_GROUPS)
/** Number of multicast groups. */
extern const unsigned int SCI_Q_ADAPTER_MCAST_MAX_GROUPS;
#define SCI_Q_ADAPTER_NUMBER_OF_LINKS SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_NUMBER_OF_LINKS)
/** Number of links. */
extern const unsigned int SCI_Q_ADAPTER_NUMBER_OF_LINKS;
#define SCI_Q_ADAPTER_LINK_WIDTH SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_WIDTH)
/** Lanes of the link `portNo`. */
extern const unsigned int SCI_Q_ADAPTER_LINK_WIDTH;
#define SCI_Q_ADAPTER_LINK_SPEED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_SPEED)
/** PCIe generation of the link `portNo`. */
extern const unsigned int SCI_Q_ADAPTER_LINK_SPEED;
#define SCI_Q_ADAPTER_LINK_UPTIME SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_UPTIME)
/** Seconds that the link `portNo` has been up. */
extern const unsigned int SCI_Q_ADAPTER_LINK_UPTIME;
#define SCI_Q_ADAPTER_LINK_DOWNTIME SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_DOWNTIME)
/** Seconds that it has been down. */
extern const unsigned int SCI_Q_ADAPTER_LINK_DOWNTIME;
#define SCI_Q_ADAPTER_LINK_CABLE_INSERTED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_CABLE_INSERTED)
/** 1 if a cable is in `portNo`. */
extern const unsigned int SCI_Q_ADAPTER_LINK_CABLE_INSERTED;
#define SCI_Q_ADAPTER_LINK_ENABLED SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_ENABLED)
/** 1 if the link `portNo` is enabled. */
extern const unsigned int SCI_Q_ADAPTER_LINK_ENABLED;
#define SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO SISCI_CONSTANT_SYMBOL(SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO)
/** Port at the far end of `portNo`. */
extern const unsigned int SCI_Q_ADAPTER_LINK_PARTNER_PORT_NO;

/* Subcommands of SCI_Q_SYSTEM. */

#define SCI_Q_SYSTEM_HOSTBRIDGE SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM_HOSTBRIDGE)
/** Kind of host bridge. */
extern const unsigned int SCI_Q_SYSTEM_HOSTBRIDGE;
#define SCI_Q_SYSTEM_WRITE_POSTING_ENABLED SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM_WRITE_POSTING_ENABLED)
/** 1 if stores are posted. */
extern const unsigned int SCI_Q_SYSTEM_WRITE_POSTING_ENABLED;
#define SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED)
/** 1 if the processor combines stores. */
extern const unsigned int SCI_Q_SYSTEM_WRITE_COMBINING_ENABLED;
#define SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE SISCI_CONSTANT_SYMBOL(SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE)
/** Bytes of a cache line. */
extern const unsigned int SCI_Q_SYSTEM_CPU_CACHE_LINE_SIZE;

/* Subcommands of SCI_Q_DMA. */

#define SCI_Q_DMA_AVAILABLE SISCI_CONSTANT_SYMBOL(SCI_Q_DMA_AVAILABLE)
/** `data` points to an unsigned int: 1 if the engine is there. */
extern const unsigned int SCI_Q_DMA_AVAILABLE;
#define SCI_Q_DMA_CAPABILITIES SISCI_CONSTANT_SYMBOL(SCI_Q_DMA_CAPABILITIES)
/** `data` points to a sci_dma_capabilities_t. */
extern const unsigned int SCI_Q_DMA_CAPABILITIES;

/* Subcommands of SCI_Q_LOCAL_SEGMENT, SCI_Q_REMOTE_SEGMENT, SCI_Q_MAP. */

#define SCI_Q_LOCAL_SEGMENT_IOADDR SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT_IOADDR)
/** Address on the I/O bus. */
extern const unsigned int SCI_Q_LOCAL_SEGMENT_IOADDR;
#define SCI_Q_LOCAL_SEGMENT_PHYS_ADDR SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT_PHYS_ADDR)
/** Physical address. */
extern const unsigned int SCI_Q_LOCAL_SEGMENT_PHYS_ADDR;
#define SCI_Q_LOCAL_SEGMENT_VIRTUAL_KERNEL_ADDR SISCI_CONSTANT_SYMBOL(SCI_Q_LOCAL_SEGMENT_VIRTUAL_KERNEL_ADDR)
/** Address in the driver. */
extern const unsigned int SCI_Q_LOCAL_SEGMENT_VIRTUAL_KERNEL_ADDR;
#define SCI_Q_REMOTE_SEGMENT_IOADDR SISCI_CONSTANT_SYMBOL(SCI_Q_REMOTE_SEGMENT_IOADDR)
/** Address on the I/O bus. */
extern const unsigned int SCI_Q_REMOTE_SEGMENT_IOADDR;
#define SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET)
/** 1 if the map reaches memory of this node directly. */
extern const unsigned int SCI_Q_MAP_MAPPED_TO_LOCAL_TARGET;
#define SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET)
/** As above, asked at the remote side (API 1). */
extern const unsigned int SCI_Q_MAP_QUERY_REMOTE_MAPPED_TO_LOCAL_TARGET;
#define SCI_Q_MAP_IOADDR SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_IOADDR)
/** Address on the I/O bus. */
extern const unsigned int SCI_Q_MAP_IOADDR;
#define SCI_Q_MAP_PHYS_ADDR SISCI_CONSTANT_SYMBOL(SCI_Q_MAP_PHYS_ADDR)
/** Physical address. */
extern const unsigned int SCI_Q_MAP_PHYS_ADDR;

/* Subcommands of SCI_Q_DEVICE. */

#define SCI_Q_DEVICE_INFO SISCI_CONSTANT_SYMBOL(SCI_Q_DEVICE_INFO)
/** `data` points to a sci_smartio_device_info_t. */
extern const unsigned int SCI_Q_DEVICE_INFO;

#ifdef __cplusplus
}
#endif

#endif

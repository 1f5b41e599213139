/*
 * SmartIO: PCIe devices of other hosts, and devices of this host as requesters on the fabric.
 *
 * A library or adapter without it answers SCI_ERR_NOT_SUPPORTED or SCI_ERR_NOT_IMPLEMENTED.
 */
#ifndef SISCI_SMARTIO_H
#define SISCI_SMARTIO_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCIGetDeviceList SISCI_FUNCTION_SYMBOL(SCIGetDeviceList)
/**
 * Writes the fabric device ids of up to `length` devices that fit the filter (fields that are 0 fit
 * all; a null filter fits all), and returns their number.
 */
size_t SCIGetDeviceList(sci_desc_t sd, unsigned int *fdids, size_t length,
    sci_smartio_device_info_t *filter, unsigned int flags, sci_error_t *error);

#define SCIGetFabricDeviceId SISCI_FUNCTION_SYMBOL(SCIGetFabricDeviceId)
/** The fabric device id of a borrowed device; 0 for a bad handle. */
unsigned int SCIGetFabricDeviceId(sci_smartio_device_t device);

#define SCIBorrowDevice SISCI_FUNCTION_SYMBOL(SCIBorrowDevice)
/**
 * Borrows a device. Legal: SCI_FLAG_EXCLUSIVE. SCI_ERR_NO_SUCH_FDID, SCI_ERR_NOT_AVAILABLE if
 * somebody else has it.
 */
void SCIBorrowDevice(sci_desc_t sd, sci_smartio_device_t *device, unsigned int fdid,
    unsigned int flags, sci_error_t *error);

#define SCIReturnDevice SISCI_FUNCTION_SYMBOL(SCIReturnDevice)
/** Gives a device back. SCI_ERR_BUSY. */
void SCIReturnDevice(sci_smartio_device_t device, unsigned int flags, sci_error_t *error);

#define SCIReleaseExclusiveBorrow SISCI_FUNCTION_SYMBOL(SCIReleaseExclusiveBorrow)
/** Lets others borrow it too. Shape assumed. */
void SCIReleaseExclusiveBorrow(sci_smartio_device_t device, unsigned int flags, sci_error_t *error);

#define SCIConnectDeviceSegment SISCI_FUNCTION_SYMBOL(SCIConnectDeviceSegment)
/**
 * Connects to memory of a device: a BAR (`segmentId` is its number), or a segment made by
 * SCICreateDeviceSegment. SCI_ERR_NO_SUCH_SEGMENT.
 */
void SCIConnectDeviceSegment(sci_smartio_device_t device, sci_remote_segment_t *segment,
    unsigned int segmentId, unsigned int memoryType, sci_cb_remote_segment_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIConnectDeviceSegmentPath SISCI_FUNCTION_SYMBOL(SCIConnectDeviceSegmentPath)
/** As SCIConnectDeviceSegment over a given adapter. Only the name is public; shape assumed. */
void SCIConnectDeviceSegmentPath(sci_smartio_device_t device, sci_remote_segment_t *segment,
    unsigned int segmentId, unsigned int memoryType, unsigned int localAdapterNo,
    sci_cb_remote_segment_t callback, void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCICreateDeviceSegment SISCI_FUNCTION_SYMBOL(SCICreateDeviceSegment)
/**
 * Makes memory for a device, placed by who will access it (SCI_MEMACCESS_..., combined).
 * SCI_ERR_SEGMENTID_USED.
 */
void SCICreateDeviceSegment(sci_smartio_device_t device, unsigned int segmentId, size_t size,
    unsigned int memoryType, unsigned int accessHints, unsigned int flags, sci_error_t *error);

#define SCIMapLocalSegmentForDevice SISCI_FUNCTION_SYMBOL(SCIMapLocalSegmentForDevice)
/** Maps a local segment, which is available on the adapter, for a device: its address there. */
void SCIMapLocalSegmentForDevice(sci_local_segment_t segment, unsigned int localAdapterNo,
    sci_smartio_device_t device, sci_ioaddr_t *address, size_t offset, size_t size,
    unsigned int flags, sci_error_t *error);

#define SCIUnmapLocalSegmentForDevice SISCI_FUNCTION_SYMBOL(SCIUnmapLocalSegmentForDevice)
/** Takes that back. SCI_ERR_BUSY. */
void SCIUnmapLocalSegmentForDevice(sci_local_segment_t segment, unsigned int localAdapterNo,
    sci_smartio_device_t device, unsigned int flags, sci_error_t *error);

#define SCIMapRemoteSegmentForDevice SISCI_FUNCTION_SYMBOL(SCIMapRemoteSegmentForDevice)
/** Maps a remote segment for a device: its address there. */
void SCIMapRemoteSegmentForDevice(sci_remote_segment_t segment, sci_smartio_device_t device,
    sci_ioaddr_t *address, size_t offset, size_t size, unsigned int flags, sci_error_t *error);

#define SCIUnmapRemoteSegmentForDevice SISCI_FUNCTION_SYMBOL(SCIUnmapRemoteSegmentForDevice)
/** Takes that back. SCI_ERR_BUSY. */
void SCIUnmapRemoteSegmentForDevice(sci_remote_segment_t segment, sci_smartio_device_t device,
    unsigned int flags, sci_error_t *error);

#define SCIRegisterPCIeRequester SISCI_FUNCTION_SYMBOL(SCIRegisterPCIeRequester)
/** Lets a device of this host access remote memory. Legal: SCI_FLAG_PCIE_REQUESTER_GLOBAL. */
void SCIRegisterPCIeRequester(sci_desc_t sd, unsigned int localAdapterNo, unsigned int bus,
    unsigned int devfn, unsigned int flags, sci_error_t *error);

#define SCIUnregisterPCIeRequester SISCI_FUNCTION_SYMBOL(SCIUnregisterPCIeRequester)
/** Takes that back. */
void SCIUnregisterPCIeRequester(sci_desc_t sd, unsigned int localAdapterNo, unsigned int bus,
    unsigned int devfn, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

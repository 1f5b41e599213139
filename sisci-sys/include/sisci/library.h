/* Library, virtual devices, nodes and adapters, queries. */
#ifndef SISCI_LIBRARY_H
#define SISCI_LIBRARY_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Library and virtual devices. */

#define SCIInitialize SISCI_FUNCTION_SYMBOL(SCIInitialize)
/** Starts the library. Once per process, before every other call. SCI_ERR_INCONSISTENT_VERSIONS. */
void SCIInitialize(unsigned int flags, sci_error_t *error);

#define SCITerminate SISCI_FUNCTION_SYMBOL(SCITerminate)
/** Ends the use of the library; the last call. Releases what is left of its resources. */
void SCITerminate(void);

#define SCIOpen SISCI_FUNCTION_SYMBOL(SCIOpen)
/**
 * Opens a virtual device: what all other resources hang on. Any number per process.
 * Legal: SCI_FLAG_THREAD_SAFE. SCI_ERR_INCONSISTENT_VERSIONS, SCI_ERR_SYSTEM.
 */
void SCIOpen(sci_desc_t *sd, unsigned int flags, sci_error_t *error);

#define SCIClose SISCI_FUNCTION_SYMBOL(SCIClose)
/** Closes a virtual device. SCI_ERR_BUSY while resources hang on it; nothing is freed then. */
void SCIClose(sci_desc_t sd, unsigned int flags, sci_error_t *error);

#define SCIGetErrorString SISCI_FUNCTION_SYMBOL(SCIGetErrorString)
/** Static text for a result code; never null. */
const char *SCIGetErrorString(sci_error_t error);

/* Nodes and adapters. */

#define SCIGetLocalNodeId SISCI_FUNCTION_SYMBOL(SCIGetLocalNodeId)
/** Own node id on an adapter. */
void SCIGetLocalNodeId(unsigned int localAdapterNo, unsigned int *nodeId, unsigned int flags,
    sci_error_t *error);

#define SCIProbeNode SISCI_FUNCTION_SYMBOL(SCIProbeNode)
/**
 * Non-zero if the node answers over the fabric, whatever programs run there. Blocks for one access.
 * Zero comes with the cause: SCI_ERR_NO_LINK_ACCESS, SCI_ERR_NO_REMOTE_LINK_ACCESS,
 * SCI_ERR_NO_SUCH_NODEID.
 */
int SCIProbeNode(sci_desc_t sd, unsigned int localAdapterNo, unsigned int nodeId,
    unsigned int flags, sci_error_t *error);

#define SCIGetNodeIdByAdapterName SISCI_FUNCTION_SYMBOL(SCIGetNodeIdByAdapterName)
/**
 * Looks a host or adapter name up in the cluster configuration. An unknown name gives an empty
 * list, whose first entry is 0.
 */
void SCIGetNodeIdByAdapterName(const char *adapterName, dis_nodeId_list_t *nodeIdList,
    dis_virt_adapter_t *type, unsigned int flags, sci_error_t *error);

#define SCIGetNodeInfoByAdapterName SISCI_FUNCTION_SYMBOL(SCIGetNodeInfoByAdapterName)
/**
 * As SCIGetNodeIdByAdapterName, and for each node the number of the local adapter that reaches it.
 * `adapterNoList` has room for DIS_MAX_NSCIS entries. Shape taken from a caller; assumed.
 */
void SCIGetNodeInfoByAdapterName(const char *adapterName, unsigned int *adapterNoList,
    dis_nodeId_list_t *nodeIdList, dis_adapter_type_t *type, unsigned int flags, sci_error_t *error);

#define SCIGetAdapterTypeString SISCI_FUNCTION_SYMBOL(SCIGetAdapterTypeString)
/** Static text for what SCI_Q_ADAPTER_CARD_TYPE answers; never null. */
const char *SCIGetAdapterTypeString(unsigned int type);

#define SCIGetAdapterFamilyString SISCI_FUNCTION_SYMBOL(SCIGetAdapterFamilyString)
/** Static text for the family of that type; never null. */
const char *SCIGetAdapterFamilyString(unsigned int type);

#define SCIQuery SISCI_FUNCTION_SYMBOL(SCIQuery)
/**
 * Asks for a property; `data` points to the structure that belongs to the command (queries.h).
 * Needs no virtual device. Legal with SCI_Q_DMA: SCI_FLAG_DMA_ADAPTER, SCI_FLAG_DMA_GLOBAL,
 * SCI_FLAG_DMA_SYSDMA. SCI_ERR_ILLEGAL_QUERY.
 */
void SCIQuery(unsigned int command, void *data, unsigned int flags, sci_error_t *error);

/* Registers of an adapter: privileged, for diagnosis. */

#define SCIGetCSRRegister SISCI_FUNCTION_SYMBOL(SCIGetCSRRegister)
/** Reads a register of a node's adapter. SCI_ERR_NO_LINK_ACCESS, SCI_ERR_NO_REMOTE_LINK_ACCESS. */
unsigned int SCIGetCSRRegister(sci_desc_t sd, unsigned int localAdapterNo, unsigned int nodeId,
    unsigned int offset, unsigned int flags, sci_error_t *error);

#define SCISetCSRRegister SISCI_FUNCTION_SYMBOL(SCISetCSRRegister)
/** Writes a register of a node's adapter; errors as SCIGetCSRRegister. */
void SCISetCSRRegister(sci_desc_t sd, unsigned int localAdapterNo, unsigned int nodeId,
    unsigned int offset, unsigned int value, unsigned int flags, sci_error_t *error);

#define SCIGetLocalCSR SISCI_FUNCTION_SYMBOL(SCIGetLocalCSR)
/** Reads a register of the own adapter. */
unsigned int SCIGetLocalCSR(sci_desc_t sd, unsigned int localAdapterNo, unsigned int offset,
    unsigned int flags, sci_error_t *error);

#define SCISetLocalCSR SISCI_FUNCTION_SYMBOL(SCISetLocalCSR)
/** Writes a register of the own adapter. */
void SCISetLocalCSR(sci_desc_t sd, unsigned int localAdapterNo, unsigned int offset,
    unsigned int value, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

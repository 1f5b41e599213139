/*
 * The SISCI interface: shared memory between the nodes of a PCIe fabric.
 *
 * Rules that hold for all functions unless stated otherwise:
 *
 * - A function reports through its last parameter, which must not be null: SCI_ERR_OK, or a code of
 *   sisci_error.h; what it returns or writes elsewhere only counts after SCI_ERR_OK.
 * - Sizes and offsets are bytes, timeouts milliseconds (SCI_INFINITE_TIMEOUT: no limit).
 * - `flags` that a function has no use for must be 0: SCI_ERR_ILLEGAL_FLAG.
 * - Any function may report, beyond what stands with it: SCI_ERR_ILLEGAL_FLAG,
 *   SCI_ERR_FLAG_NOT_IMPLEMENTED, SCI_ERR_NOT_IMPLEMENTED, SCI_ERR_ILLEGAL_PARAMETER (a dead handle,
 *   a null pointer), SCI_ERR_SYSTEM, SCI_ERR_NOSPC, SCI_ERR_API_NOSPC, SCI_ERR_HW_NOSPC; before
 *   SCIInitialize SCI_ERR_NOT_INITIALIZED. With an adapter number: SCI_ERR_ILLEGAL_ADAPTERNO,
 *   SCI_ERR_NO_SUCH_ADAPTERNO. With a node id: SCI_ERR_ILLEGAL_NODEID, SCI_ERR_NO_SUCH_NODEID.
 * - A function returns at once unless it says "Blocks".
 * - Handles are dead after the call that releases them, and after SCI_ERR_CANCELLED.
 *
 * Where public sources leave the shape of a function open, its comment says "assumed".
 */
#ifndef SISCI_API_H
#define SISCI_API_H

#include <stddef.h>

#include "sisci_types.h"
#include "sisci_error.h"
#include "sisci_api_macros.h"

#include "sisci/flags.h"
#include "sisci/queries.h"

#include "sisci/library.h"
#include "sisci/local_segments.h"
#include "sisci/remote_segments.h"
#include "sisci/transfers.h"
#include "sisci/dma.h"
#include "sisci/dma_channels.h"
#include "sisci/interrupts.h"
#include "sisci/data_interrupts.h"
#include "sisci/smartio.h"
#include "sisci/legacy.h"

#endif

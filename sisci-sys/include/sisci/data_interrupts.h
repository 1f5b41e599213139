/*
 * Data interrupts: short messages. Each trigger is one message; messages keep their boundaries and
 * their order, and none is merged or dropped: a full queue is told to the sender.
 */
#ifndef SISCI_DATA_INTERRUPTS_H
#define SISCI_DATA_INTERRUPTS_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCICreateDataInterrupt SISCI_FUNCTION_SYMBOL(SCICreateDataInterrupt)
/**
 * Creates a message queue that peers can send to; writes its number unless SCI_FLAG_FIXED_INTNO
 * gives one. Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_FIXED_INTNO, SCI_FLAG_BROADCAST.
 * SCI_ERR_INTNO_USED.
 */
void SCICreateDataInterrupt(sci_desc_t sd, sci_local_data_interrupt_t *interrupt,
    unsigned int localAdapterNo, unsigned int *interruptNo, sci_cb_data_interrupt_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIRemoveDataInterrupt SISCI_FUNCTION_SYMBOL(SCIRemoveDataInterrupt)
/** Removes it; a waiter gets SCI_ERR_CANCELLED. */
void SCIRemoveDataInterrupt(sci_local_data_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCIConnectDataInterrupt SISCI_FUNCTION_SYMBOL(SCIConnectDataInterrupt)
/**
 * Connects to a peer's data interrupt. Does not wait for it to appear, whatever the timeout says.
 * Legal: SCI_FLAG_BROADCAST. SCI_ERR_NO_SUCH_INTNO, SCI_ERR_CONNECTION_REFUSED, SCI_ERR_TIMEOUT.
 */
void SCIConnectDataInterrupt(sci_desc_t sd, sci_remote_data_interrupt_t *interrupt,
    unsigned int nodeId, unsigned int localAdapterNo, unsigned int interruptNo,
    unsigned int timeout, unsigned int flags, sci_error_t *error);

#define SCIDisconnectDataInterrupt SISCI_FUNCTION_SYMBOL(SCIDisconnectDataInterrupt)
/** Ends the connection. */
void SCIDisconnectDataInterrupt(sci_remote_data_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCITriggerDataInterrupt SISCI_FUNCTION_SYMBOL(SCITriggerDataInterrupt)
/**
 * Sends one message of `length` bytes, copied before the call returns. SCI_ERR_NOSPC while the
 * receiver's queue is full: send again later.
 */
void SCITriggerDataInterrupt(sci_remote_data_interrupt_t interrupt, void *data, unsigned int length,
    unsigned int flags, sci_error_t *error);

#define SCIWaitForDataInterrupt SISCI_FUNCTION_SYMBOL(SCIWaitForDataInterrupt)
/**
 * Takes one message; `length` is the room at first, the message's length afterwards. Blocks up to
 * `timeout`. Not together with a callback. SCI_ERR_TIMEOUT, SCI_ERR_CANCELLED.
 */
void SCIWaitForDataInterrupt(sci_local_data_interrupt_t interrupt, void *data, unsigned int *length,
    unsigned int timeout, unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

/*
 * Interrupts without data: a process of one node wakes a process of another.
 *
 * A trigger before anybody waits is remembered. Several triggers may arrive as one, unless the
 * interrupt counts (SCI_FLAG_COUNTING_INT at both ends).
 */
#ifndef SISCI_INTERRUPTS_H
#define SISCI_INTERRUPTS_H

#include "../sisci_api_macros.h"
#include "../sisci_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCICreateInterrupt SISCI_FUNCTION_SYMBOL(SCICreateInterrupt)
/**
 * Creates an interrupt that peers can trigger from now on; writes its number unless
 * SCI_FLAG_FIXED_INTNO gives one. Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_FIXED_INTNO,
 * SCI_FLAG_SHARED_INT, SCI_FLAG_COUNTING_INT, SCI_FLAG_SHARE_EXTERNAL. SCI_ERR_INTNO_USED.
 */
void SCICreateInterrupt(sci_desc_t sd, sci_local_interrupt_t *interrupt,
    unsigned int localAdapterNo, unsigned int *interruptNo, sci_cb_interrupt_t callback,
    void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCICreateNamedInterrupt SISCI_FUNCTION_SYMBOL(SCICreateNamedInterrupt)
/**
 * As SCICreateInterrupt, with a name by which the number can be found. Only the name of the function
 * is public; the shape is assumed.
 */
void SCICreateNamedInterrupt(sci_desc_t sd, sci_local_interrupt_t *interrupt,
    unsigned int localAdapterNo, unsigned int *interruptNo, const char *name,
    sci_cb_interrupt_t callback, void *callbackArg, unsigned int flags, sci_error_t *error);

#define SCIRemoveInterrupt SISCI_FUNCTION_SYMBOL(SCIRemoveInterrupt)
/** Removes an interrupt; a waiter gets SCI_ERR_CANCELLED. SCI_ERR_BUSY. */
void SCIRemoveInterrupt(sci_local_interrupt_t interrupt, unsigned int flags, sci_error_t *error);

#define SCIWaitForInterrupt SISCI_FUNCTION_SYMBOL(SCIWaitForInterrupt)
/**
 * Blocks up to `timeout` until the next trigger. Not together with a callback. SCI_ERR_TIMEOUT,
 * SCI_ERR_CANCELLED.
 */
void SCIWaitForInterrupt(sci_local_interrupt_t interrupt, unsigned int timeout, unsigned int flags,
    sci_error_t *error);

#define SCIConnectInterrupt SISCI_FUNCTION_SYMBOL(SCIConnectInterrupt)
/**
 * Connects to a peer's interrupt. Does not wait for it to appear, whatever the timeout says.
 * Legal: SCI_FLAG_COUNTING_INT. SCI_ERR_NO_SUCH_INTNO, SCI_ERR_CONNECTION_REFUSED, SCI_ERR_TIMEOUT.
 */
void SCIConnectInterrupt(sci_desc_t sd, sci_remote_interrupt_t *interrupt, unsigned int nodeId,
    unsigned int localAdapterNo, unsigned int interruptNo, unsigned int timeout, unsigned int flags,
    sci_error_t *error);

#define SCIDisconnectInterrupt SISCI_FUNCTION_SYMBOL(SCIDisconnectInterrupt)
/** Ends the connection. */
void SCIDisconnectInterrupt(sci_remote_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCITriggerInterrupt SISCI_FUNCTION_SYMBOL(SCITriggerInterrupt)
/**
 * Triggers without waiting for an answer. Stores that were flushed before arrive before.
 * SCI_ERR_NO_LINK_ACCESS, SCI_ERR_NO_REMOTE_LINK_ACCESS.
 */
void SCITriggerInterrupt(sci_remote_interrupt_t interrupt, unsigned int flags, sci_error_t *error);

/* Conditional interrupts: a store through a special map raises them (SCI adapters). */

#define SCIRegisterInterruptFlag SISCI_FUNCTION_SYMBOL(SCIRegisterInterruptFlag)
/**
 * Makes the word at `offset` of a local segment raise an interrupt.
 * Legal: SCI_FLAG_USE_CALLBACK, SCI_FLAG_CONDITIONAL_INTERRUPT.
 */
void SCIRegisterInterruptFlag(unsigned int localAdapterNo, sci_local_interrupt_t *interrupt,
    sci_local_segment_t segment, size_t offset, sci_cb_interrupt_t callback, void *callbackArg,
    unsigned int flags, sci_error_t *error);

#define SCIEnableConditionalInterrupt SISCI_FUNCTION_SYMBOL(SCIEnableConditionalInterrupt)
/** Lets the interrupt through. SCI_ERR_COND_INT_RACE_PROBLEM. */
void SCIEnableConditionalInterrupt(sci_local_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCIDisableConditionalInterrupt SISCI_FUNCTION_SYMBOL(SCIDisableConditionalInterrupt)
/** Holds the interrupt back. SCI_ERR_COND_INT_RACE_PROBLEM. */
void SCIDisableConditionalInterrupt(sci_local_interrupt_t interrupt, unsigned int flags,
    sci_error_t *error);

#define SCIGetConditionalInterruptTrigCounter SISCI_FUNCTION_SYMBOL(SCIGetConditionalInterruptTrigCounter)
/** How often it was raised. SCI_ERR_OVERFLOW. */
void SCIGetConditionalInterruptTrigCounter(sci_local_interrupt_t interrupt, unsigned int *counter,
    unsigned int flags, sci_error_t *error);

#ifdef __cplusplus
}
#endif

#endif

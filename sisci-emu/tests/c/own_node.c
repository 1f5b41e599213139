/*
 * A SISCI program as people write them: it offers a segment and a data interrupt, connects to both on
 * its own node, moves some bytes, and takes everything down. Valid as C99 and as C++.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sisci_api.h"

#define SEGMENT_ID 4711
#define SEGMENT_SIZE 8192
#define ADAPTER 0

static void check(const char *call, sci_error_t error)
{
    if (error != SCI_ERR_OK) {
        fprintf(stderr, "%s: %s\n", call, SCIGetErrorString(error));
        exit(1);
    }
}

static void require(const char *what, int holds)
{
    if (!holds) {
        fprintf(stderr, "does not hold: %s\n", what);
        exit(1);
    }
}

/* Keeps the reason of the last event. */
static sci_callback_action_t on_segment(void *arg, sci_local_segment_t segment, sci_segment_cb_reason_t reason,
                                        unsigned int node, unsigned int adapter, sci_error_t error)
{
    (void)segment;
    (void)node;
    (void)adapter;
    (void)error;
    *(volatile sci_segment_cb_reason_t *)arg = reason;
    return SCI_CALLBACK_CONTINUE;
}

static void move_bytes(sci_local_segment_t local, sci_remote_segment_t remote)
{
    sci_error_t error;
    sci_map_t near_map, far_map;
    sci_sequence_t sequence;
    char text[] = "across the bridge";

    char *near_side = (char *)SCIMapLocalSegment(local, &near_map, 0, SEGMENT_SIZE, NULL, 0, &error);
    check("SCIMapLocalSegment", error);
    volatile char *far_side =
        (volatile char *)SCIMapRemoteSegment(remote, &far_map, 0, SEGMENT_SIZE, NULL, 0, &error);
    check("SCIMapRemoteSegment", error);
    SCICreateMapSequence(far_map, &sequence, 0, &error);
    check("SCICreateMapSequence", error);
    while (SCIStartSequence(sequence, 0, &error) != SCI_SEQ_OK)
        check("SCIStartSequence", error);

    SCIMemCpy(sequence, text, far_map, 100, sizeof(text), SCI_FLAG_ERROR_CHECK, &error);
    check("SCIMemCpy", error);
    far_side[0] = 'x';
    SCIFlush(sequence, SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY);
    require("the check succeeds", SCICheckSequence(sequence, 0, &error) == SCI_SEQ_OK);
    require("the text arrived", strcmp(near_side + 100, text) == 0);
    require("the store arrived", near_side[0] == 'x');

    SCIRemoveSequence(sequence, 0, &error);
    check("SCIRemoveSequence", error);
    SCIUnmapSegment(far_map, 0, &error);
    check("SCIUnmapSegment", error);
    SCIUnmapSegment(near_map, 0, &error);
    check("SCIUnmapSegment", error);
}

static void send_message(sci_desc_t device, unsigned int node)
{
    sci_error_t error;
    sci_local_data_interrupt_t local;
    sci_remote_data_interrupt_t remote;
    unsigned int number = 0, length;
    char message[] = "ring", received[64];

    SCICreateDataInterrupt(device, &local, ADAPTER, &number, NULL, NULL, 0, &error);
    check("SCICreateDataInterrupt", error);
    SCIConnectDataInterrupt(device, &remote, node, ADAPTER, number, SCI_INFINITE_TIMEOUT, 0, &error);
    check("SCIConnectDataInterrupt", error);
    SCITriggerDataInterrupt(remote, message, sizeof(message), 0, &error);
    check("SCITriggerDataInterrupt", error);
    length = sizeof(received);
    SCIWaitForDataInterrupt(local, received, &length, 10000, 0, &error);
    check("SCIWaitForDataInterrupt", error);
    require("the message arrived", length == sizeof(message) && strcmp(message, received) == 0);
    SCIDisconnectDataInterrupt(remote, 0, &error);
    check("SCIDisconnectDataInterrupt", error);
    SCIRemoveDataInterrupt(local, 0, &error);
    check("SCIRemoveDataInterrupt", error);
}

static void query(unsigned int node)
{
    sci_error_t error;
    sci_query_adapter_t adapter;
    sci_query_string_t api;
    unsigned int found = 0;
    char text[128];

    adapter.localAdapterNo = ADAPTER;
    adapter.portNo = 0;
    adapter.subcommand = SCI_Q_ADAPTER_NODEID;
    adapter.data = &found;
    SCIQuery(SCI_Q_ADAPTER, &adapter, 0, &error);
    check("SCIQuery", error);
    require("both calls name the same node", found == node);
    api.str = text;
    api.length = sizeof(text);
    SCIQuery(SCI_Q_API, &api, 0, &error);
    check("SCIQuery", error);
    printf("node %u, %s\n", node, text);
}

int main(void)
{
    sci_error_t error;
    sci_desc_t device;
    sci_local_segment_t local;
    sci_remote_segment_t remote;
    unsigned int node;
    volatile sci_segment_cb_reason_t reason = SCI_CB_LOST;

    SCIInitialize(0, &error);
    check("SCIInitialize", error);
    SCIOpen(&device, 0, &error);
    check("SCIOpen", error);
    SCIGetLocalNodeId(ADAPTER, &node, 0, &error);
    check("SCIGetLocalNodeId", error);
    query(node);

    SCICreateSegment(device, &local, SEGMENT_ID, SEGMENT_SIZE, on_segment, (void *)&reason,
                     SCI_FLAG_USE_CALLBACK, &error);
    check("SCICreateSegment", error);
    SCIPrepareSegment(local, ADAPTER, 0, &error);
    check("SCIPrepareSegment", error);
    SCISetSegmentAvailable(local, ADAPTER, 0, &error);
    check("SCISetSegmentAvailable", error);
    SCIConnectSegment(device, &remote, node, SEGMENT_ID, ADAPTER, NULL, NULL, SCI_INFINITE_TIMEOUT, 0, &error);
    check("SCIConnectSegment", error);
    require("the sizes agree", SCIGetRemoteSegmentSize(remote) == SCIGetLocalSegmentSize(local));
    move_bytes(local, remote);
    send_message(device, node);

    SCIDisconnectSegment(remote, 0, &error);
    check("SCIDisconnectSegment", error);
    SCISetSegmentUnavailable(local, ADAPTER, 0, &error);
    check("SCISetSegmentUnavailable", error);
    while (reason != SCI_CB_DISCONNECT)
        continue;
    do
        SCIRemoveSegment(local, 0, &error);
    while (error == SCI_ERR_BUSY);
    check("SCIRemoveSegment", error);
    SCIClose(device, 0, &error);
    check("SCIClose", error);
    SCITerminate();
    return 0;
}

/* What the examples share: arguments, errors, time. Valid as C99 and as C++. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sisci_api.h"

/* How the programs end. */
enum { ENDED_WELL = 0, CALL_FAILED = 1, BAD_USAGE = 2, WRONG_DATA = 3, TOO_LATE = 4 };

/* Seconds that a program waits for its peers before it gives up. */
#define PATIENCE 30.0

/** Ends the program if a SISCI call failed. */
static inline void check(const char *call, sci_error_t error)
{
    if (error != SCI_ERR_OK) {
        fprintf(stderr, "%s: %s (0x%x)\n", call, SCIGetErrorString(error), (unsigned int)error);
        exit(CALL_FAILED);
    }
}

/** Seconds on a clock that only runs forward. */
static inline double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/** Ends the program if the patience is over; otherwise lets others run. */
static inline void wait_for(const char *what, double since)
{
    if (now() - since > PATIENCE) {
        fprintf(stderr, "waited %.0f s in vain for %s\n", PATIENCE, what);
        exit(TOO_LATE);
    }
    sched_yield();
}

/** Pauses between two tries of something that only works once a peer is ready. */
static inline void pause_ms(long milliseconds)
{
    struct timespec time;
    time.tv_sec = milliseconds / 1000;
    time.tv_nsec = milliseconds % 1000 * 1000000L;
    nanosleep(&time, NULL);
}

/** A number from the command line, between both bounds, or the end of the program. */
static inline unsigned long number(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    unsigned long value;
    errno = 0;
    value = strtoul(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || value < least || value > most) {
        fprintf(stderr, "%s is no number from %lu to %lu\n", text, least, most);
        exit(BAD_USAGE);
    }
    return value;
}

/** Connects as soon as the peer offers the segment, as SCIConnectSegment doesn't wait. */
static inline sci_remote_segment_t connect_segment(sci_desc_t device, unsigned int node, unsigned int id,
                                                   unsigned int adapter, unsigned int flags)
{
    sci_remote_segment_t segment;
    sci_error_t error;
    double since = now();

    for (;;) {
        SCIConnectSegment(device, &segment, node, id, adapter, NULL, NULL, SCI_INFINITE_TIMEOUT, flags, &error);
        if (error == SCI_ERR_OK)
            return segment;
        if (now() - since > PATIENCE)
            check("SCIConnectSegment", error);
        pause_ms(10);
    }
}

/** Removes a segment once its last user has gone. */
static inline void remove_segment(sci_local_segment_t segment)
{
    sci_error_t error;
    double since = now();

    for (;;) {
        SCIRemoveSegment(segment, 0, &error);
        if (error != SCI_ERR_BUSY || now() - since > PATIENCE)
            break;
        pause_ms(1);
    }
    check("SCIRemoveSegment", error);
}

#endif

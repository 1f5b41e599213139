/*
 * Ping-pong by stores of the processor: how long a message takes to the other node and back.
 *
 * Both nodes offer a segment and map that of the other one. A message is a payload and, behind it, the
 * number of the round; whoever sees the number arrive finds the payload complete.
 */
#define _POSIX_C_SOURCE 200809L

#include "example.h"

struct options {
    unsigned int adapter, segment_id, rounds, peer;
    size_t size; /* of the payload, bytes */
    int first;   /* this side sends the first message */
};

/* One direction. The payload comes first, the number of the round on a line of its own behind it. */
struct window {
    volatile unsigned char *payload;
    volatile unsigned int *round;
};

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [-a ADAPTER] [-i SEGMENT_ID] [-n ROUNDS] [-s BYTES] ping|pong PEER_NODE\n"
            "One node plays ping and the other one pong; everything else has to agree.\n"
            "  -a  adapter number, default 0\n"
            "  -i  segment id on both nodes, default 1024\n"
            "  -n  rounds, default 1000\n"
            "  -s  bytes of a message, 1 to 1048576, default 8\n",
            program);
    exit(BAD_USAGE);
}

static struct options parse(int count, char **words)
{
    struct options options;
    int option;

    options.adapter = 0;
    options.segment_id = 1024;
    options.rounds = 1000;
    options.size = 8;
    while ((option = getopt(count, words, "a:i:n:s:")) != -1) {
        switch (option) {
        case 'a': options.adapter = (unsigned int)number(optarg, 0, 255); break;
        case 'i': options.segment_id = (unsigned int)number(optarg, 0, 0xFFFFFFFF); break;
        case 'n': options.rounds = (unsigned int)number(optarg, 1, 100000000); break;
        case 's': options.size = number(optarg, 1, 1 << 20); break;
        default: usage(words[0]);
        }
    }
    if (count - optind != 2 || (strcmp(words[optind], "ping") && strcmp(words[optind], "pong")))
        usage(words[0]);
    options.first = strcmp(words[optind], "ping") == 0;
    options.peer = (unsigned int)number(words[optind + 1], 1, 0xFFFF);
    return options;
}

/** Where the number of the round stands: behind the payload, at the next multiple of 64. */
static size_t round_offset(size_t size)
{
    return (size + 63) / 64 * 64;
}

static struct window window_at(volatile void *address, size_t size)
{
    struct window window;
    window.payload = (volatile unsigned char *)address;
    window.round = (volatile unsigned int *)((volatile char *)address + round_offset(size));
    return window;
}

static unsigned char pattern(unsigned int round, size_t index)
{
    return (unsigned char)(round * 31 + index);
}

static void send_message(struct window far_side, unsigned int round, size_t size)
{
    for (size_t index = 0; index < size; index++)
        far_side.payload[index] = pattern(round, index);
    /* The payload has to leave the write-combining buffers first. */
    SCIFlush(NULL, SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY);
    *far_side.round = round;
    SCIFlush(NULL, SCI_FLAG_FLUSH_CPU_BUFFERS_ONLY);
}

static void receive_message(struct window near_side, unsigned int round, size_t size)
{
    double since = now();

    for (unsigned int turn = 1; *near_side.round != round; turn++) {
        if (turn % 1024 == 0)
            wait_for("a message", since);
    }
    for (size_t index = 0; index < size; index++) {
        if (near_side.payload[index] != pattern(round, index)) {
            fprintf(stderr, "round %u: byte %lu is wrong\n", round, (unsigned long)index);
            exit(WRONG_DATA);
        }
    }
}

/** All rounds; returns the seconds they took. */
static double play(const struct options *options, struct window near_side, struct window far_side)
{
    double begin = 0;

    for (unsigned int round = 1; round <= options->rounds; round++) {
        if (options->first)
            send_message(far_side, round, options->size);
        receive_message(near_side, round, options->size);
        if (!options->first)
            send_message(far_side, round, options->size);
        /* The first round includes the start of the other program. */
        if (round == 1)
            begin = now();
    }
    return now() - begin;
}

int main(int count, char **words)
{
    struct options options = parse(count, words);
    size_t size = round_offset(options.size) + 64;
    sci_error_t error;
    sci_desc_t device;
    sci_local_segment_t local;
    sci_remote_segment_t remote;
    sci_map_t near_map, far_map;
    sci_sequence_t sequence;
    double seconds;

    SCIInitialize(0, &error);
    check("SCIInitialize", error);
    SCIOpen(&device, 0, &error);
    check("SCIOpen", error);

    SCICreateSegment(device, &local, options.segment_id, size, NULL, NULL, 0, &error);
    check("SCICreateSegment", error);
    SCIPrepareSegment(local, options.adapter, 0, &error);
    check("SCIPrepareSegment", error);
    void *near_address = SCIMapLocalSegment(local, &near_map, 0, size, NULL, 0, &error);
    check("SCIMapLocalSegment", error);
    memset(near_address, 0, size);
    SCISetSegmentAvailable(local, options.adapter, 0, &error);
    check("SCISetSegmentAvailable", error);

    remote = connect_segment(device, options.peer, options.segment_id, options.adapter, 0);
    if (SCIGetRemoteSegmentSize(remote) < size) {
        fprintf(stderr, "the segment of node %u is too small; do both sides use the same -s?\n", options.peer);
        return BAD_USAGE;
    }
    volatile void *far_address = SCIMapRemoteSegment(remote, &far_map, 0, size, NULL, 0, &error);
    check("SCIMapRemoteSegment", error);
    SCICreateMapSequence(far_map, &sequence, 0, &error);
    check("SCICreateMapSequence", error);
    while (SCIStartSequence(sequence, 0, &error) == SCI_SEQ_PENDING)
        check("SCIStartSequence", error);

    seconds = play(&options, window_at(near_address, options.size), window_at(far_address, options.size));
    if (SCICheckSequence(sequence, 0, &error) == SCI_SEQ_RETRIABLE)
        fprintf(stderr, "transfers had to be repeated by the adapter\n");
    if (options.first && options.rounds > 1) {
        double round_trip = seconds / (options.rounds - 1) * 1e6;
        printf("%lu bytes: %.2f us there and back, %.2f us one way, %u rounds\n", (unsigned long)options.size,
               round_trip, round_trip / 2, options.rounds);
    }

    SCIRemoveSequence(sequence, 0, &error);
    check("SCIRemoveSequence", error);
    SCIUnmapSegment(far_map, 0, &error);
    check("SCIUnmapSegment", error);
    SCIDisconnectSegment(remote, 0, &error);
    check("SCIDisconnectSegment", error);
    SCISetSegmentUnavailable(local, options.adapter, 0, &error);
    check("SCISetSegmentUnavailable", error);
    SCIUnmapSegment(near_map, 0, &error);
    check("SCIUnmapSegment", error);
    remove_segment(local);
    SCIClose(device, 0, &error);
    check("SCIClose", error);
    SCITerminate();
    return ENDED_WELL;
}

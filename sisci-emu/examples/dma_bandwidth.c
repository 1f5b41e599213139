/*
 * Throughput of the DMA engine over the size of a transfer, in both directions.
 *
 * The target offers a segment. The source writes to it and reads it back with transfers of growing size,
 * compares what came back, and tells the target by an interrupt when it has finished.
 */
#define _POSIX_C_SOURCE 200809L

#include "example.h"

#define SMALLEST 64
#define LARGEST (64ul << 20)

struct options {
    unsigned int adapter, segment_id, interrupt, repeats, peer;
    size_t largest;
    int is_target;
};

/* What the source works with. */
struct bench {
    sci_local_segment_t local;
    sci_remote_segment_t remote;
    sci_dma_queue_t queue;
    unsigned char *memory; /* first half: what is written, second half: what is read back */
};

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [-a ADAPTER] [-i SEGMENT_ID] [-q INTERRUPT] [-m BYTES] [-n REPEATS] source PEER_NODE\n"
            "       %s [-a ADAPTER] [-i SEGMENT_ID] [-q INTERRUPT] [-m BYTES] target\n"
            "  -a  adapter number, default 0\n"
            "  -i  id of the target's segment, default 1025\n"
            "  -q  number of the target's interrupt, default 25\n"
            "  -m  largest transfer, a power of two from 64 to 67108864, default 4194304\n"
            "  -n  transfers of each size, default 20\n",
            program, program);
    exit(BAD_USAGE);
}

static struct options parse(int count, char **words)
{
    struct options options;
    int option;

    options.adapter = 0;
    options.segment_id = 1025;
    options.interrupt = 25;
    options.repeats = 20;
    options.largest = 4 << 20;
    options.peer = 0;
    while ((option = getopt(count, words, "a:i:q:m:n:")) != -1) {
        switch (option) {
        case 'a': options.adapter = (unsigned int)number(optarg, 0, 255); break;
        case 'i': options.segment_id = (unsigned int)number(optarg, 0, 0xFFFFFFFF); break;
        case 'q': options.interrupt = (unsigned int)number(optarg, 0, 0xFFFF); break;
        case 'm': options.largest = number(optarg, SMALLEST, LARGEST); break;
        case 'n': options.repeats = (unsigned int)number(optarg, 1, 1000000); break;
        default: usage(words[0]);
        }
    }
    if (options.largest & (options.largest - 1) || optind == count)
        usage(words[0]);
    options.is_target = strcmp(words[optind], "target") == 0;
    if (!options.is_target && strcmp(words[optind], "source"))
        usage(words[0]);
    if (count - optind != (options.is_target ? 1 : 2))
        usage(words[0]);
    if (!options.is_target)
        options.peer = (unsigned int)number(words[optind + 1], 1, 0xFFFF);
    return options;
}

/** One transfer from start to end. */
static void transfer(const struct bench *bench, size_t local_offset, size_t size, unsigned int flags)
{
    sci_error_t error;
    sci_dma_queue_state_t state;

    SCIStartDmaTransfer(bench->queue, bench->local, bench->remote, local_offset, size, 0, NULL, NULL,
                        SCI_FLAG_DMA_GLOBAL | flags, &error);
    check("SCIStartDmaTransfer", error);
    state = SCIWaitForDMAQueue(bench->queue, SCI_INFINITE_TIMEOUT, 0, &error);
    check("SCIWaitForDMAQueue", error);
    if (state != SCI_DMAQUEUE_DONE) {
        fprintf(stderr, "a transfer of %lu bytes ended in state %d\n", (unsigned long)size, (int)state);
        exit(CALL_FAILED);
    }
}

/** Bytes per microsecond, which are MB/s. */
static double measure(const struct bench *bench, const struct options *options, size_t offset, size_t size,
                      unsigned int flags)
{
    double begin = now();

    for (unsigned int repeat = 0; repeat < options->repeats; repeat++)
        transfer(bench, offset, size, flags);
    return (double)size * options->repeats / (now() - begin) / 1e6;
}

static void measure_all(const struct bench *bench, const struct options *options)
{
    printf("%10s %12s %12s\n", "bytes", "write MB/s", "read MB/s");
    for (size_t size = SMALLEST; size <= options->largest; size *= 2) {
        double written, read;

        for (size_t index = 0; index < size; index++)
            bench->memory[index] = (unsigned char)(index * 7 + size / SMALLEST);
        memset(bench->memory + options->largest, 0, size);
        written = measure(bench, options, 0, size, 0);
        read = measure(bench, options, options->largest, size, SCI_FLAG_DMA_READ);
        if (memcmp(bench->memory, bench->memory + options->largest, size)) {
            fprintf(stderr, "%lu bytes came back changed\n", (unsigned long)size);
            exit(WRONG_DATA);
        }
        printf("%10lu %12.1f %12.1f\n", (unsigned long)size, written, read);
    }
}

static void source(sci_desc_t device, const struct options *options)
{
    struct bench bench;
    sci_error_t error;
    sci_map_t map;
    sci_remote_interrupt_t finished;
    size_t size = 2 * options->largest;

    /* Only a source of transfers: nobody connects to it. */
    SCICreateSegment(device, &bench.local, 0, size, NULL, NULL, SCI_FLAG_PRIVATE, &error);
    check("SCICreateSegment", error);
    SCIPrepareSegment(bench.local, options->adapter, SCI_FLAG_DMA_SOURCE_ONLY, &error);
    check("SCIPrepareSegment", error);
    bench.memory = (unsigned char *)SCIMapLocalSegment(bench.local, &map, 0, size, NULL, 0, &error);
    check("SCIMapLocalSegment", error);
    bench.remote = connect_segment(device, options->peer, options->segment_id, options->adapter, 0);
    SCICreateDMAQueue(device, &bench.queue, options->adapter, 1, 0, &error);
    check("SCICreateDMAQueue", error);
    SCIConnectInterrupt(device, &finished, options->peer, options->adapter, options->interrupt,
                        SCI_INFINITE_TIMEOUT, 0, &error);
    check("SCIConnectInterrupt", error);

    measure_all(&bench, options);
    SCITriggerInterrupt(finished, 0, &error);
    check("SCITriggerInterrupt", error);

    SCIDisconnectInterrupt(finished, 0, &error);
    check("SCIDisconnectInterrupt", error);
    SCIRemoveDMAQueue(bench.queue, 0, &error);
    check("SCIRemoveDMAQueue", error);
    SCIDisconnectSegment(bench.remote, 0, &error);
    check("SCIDisconnectSegment", error);
    SCIUnmapSegment(map, 0, &error);
    check("SCIUnmapSegment", error);
    remove_segment(bench.local);
}

static void target(sci_desc_t device, const struct options *options)
{
    sci_error_t error;
    sci_local_segment_t segment;
    sci_local_interrupt_t finished;
    unsigned int interrupt = options->interrupt;

    /* The interrupt first: whoever finds the segment finds it, too. */
    SCICreateInterrupt(device, &finished, options->adapter, &interrupt, NULL, NULL, SCI_FLAG_FIXED_INTNO, &error);
    check("SCICreateInterrupt", error);
    SCICreateSegment(device, &segment, options->segment_id, options->largest, NULL, NULL, 0, &error);
    check("SCICreateSegment", error);
    SCIPrepareSegment(segment, options->adapter, 0, &error);
    check("SCIPrepareSegment", error);
    SCISetSegmentAvailable(segment, options->adapter, 0, &error);
    check("SCISetSegmentAvailable", error);

    SCIWaitForInterrupt(finished, SCI_INFINITE_TIMEOUT, 0, &error);
    check("SCIWaitForInterrupt", error);

    SCIRemoveInterrupt(finished, 0, &error);
    check("SCIRemoveInterrupt", error);
    SCISetSegmentUnavailable(segment, options->adapter, 0, &error);
    check("SCISetSegmentUnavailable", error);
    remove_segment(segment);
}

int main(int count, char **words)
{
    struct options options = parse(count, words);
    sci_error_t error;
    sci_desc_t device;

    SCIInitialize(0, &error);
    check("SCIInitialize", error);
    SCIOpen(&device, 0, &error);
    check("SCIOpen", error);
    if (options.is_target)
        target(device, &options);
    else
        source(device, &options);
    SCIClose(device, 0, &error);
    check("SCIClose", error);
    SCITerminate();
    return ENDED_WELL;
}

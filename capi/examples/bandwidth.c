/*
 * How fast bytes go one way: the source writes and sends them, the sink receives and adds them up.
 *
 *     bandwidth sink HOST                       prints its port, ends after one source
 *     bandwidth source HOST PORT BYTES MEBIBYTES
 *
 * BYTES is the size of one send; MEBIBYTES is how much is sent in all.
 */
#define _POSIX_C_SOURCE 199309L
#include "example.h"

#include <time.h>

#define SEND_MAX (16ul << 20)

static void usage(void)
{
    fprintf(stderr, "usage: bandwidth sink HOST | bandwidth source HOST PORT BYTES MEBIBYTES\n");
    exit(2);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t sum_of(const unsigned char *bytes, size_t count)
{
    uint64_t sum = 0;
    size_t i;

    for (i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

/* Receives exactly so many bytes. */
static void receive(ntb_endpoint *peer, void *to, size_t count)
{
    size_t filled = 0, got;

    while (filled < count) {
        must(ntb_recv(peer, (char *)to + filled, count - filled, 60000, &got), "receive");
        filled += got;
    }
}

static void sink(const char *host)
{
    ntb_transport *transport = start("bandwidth sink");
    ntb_listener *listener = listen_and_tell(transport, host);
    unsigned char *buffer = malloc(SEND_MAX);
    uint64_t bytes, sum = 0;
    ntb_endpoint *source;
    size_t got;

    if (buffer == NULL)
        exit(1);
    must(ntb_accept(listener, NTB_FOREVER, &source), "accept");
    receive(source, &bytes, sizeof bytes);
    while (bytes > 0) {
        size_t room = bytes < SEND_MAX ? (size_t)bytes : SEND_MAX;

        must(ntb_recv(source, buffer, room, 60000, &got), "receive");
        sum += sum_of(buffer, got);
        bytes -= got;
    }
    /* The source's clock stops when everything has been looked at. */
    must(ntb_send(source, &sum, sizeof sum), "send");
    if (ntb_recv(source, buffer, 1, 60000, &got) != NTB_END) {
        fprintf(stderr, "the source sends more than it said\n");
        exit(1);
    }
    must(ntb_close(source), "close");
    must(ntb_listener_close(listener), "close the listener");
    must(ntb_stop(transport), "stop");
    free(buffer);
}

static void source(const char *host, unsigned long port, unsigned long size, unsigned long mebibytes)
{
    ntb_transport *transport = start("bandwidth source");
    uint64_t left = (uint64_t)mebibytes << 20, all = left, sum = 0, theirs;
    unsigned char *buffer = malloc(size), filler = 0;
    ntb_endpoint *peer;
    double begin, took;

    if (buffer == NULL)
        exit(1);
    must(ntb_connect(transport, host, (uint16_t)port, &peer), "connect");
    must(ntb_send(peer, &all, sizeof all), "send");
    begin = seconds();
    while (left > 0) {
        size_t piece = left < size ? (size_t)left : size;

        memset(buffer, filler, piece);
        sum += (uint64_t)filler++ * piece;
        must(ntb_send(peer, buffer, piece), "send");
        left -= piece;
    }
    receive(peer, &theirs, sizeof theirs);
    took = seconds() - begin;
    if (theirs != sum) {
        fprintf(stderr, "the sum of all bytes differs\n");
        exit(1);
    }
    printf("%lu MiB in sends of %lu bytes: %.2f GB/s\n", mebibytes, size, (double)all / took * 1e-9);
    must(ntb_close(peer), "close");
    must(ntb_stop(transport), "stop");
    free(buffer);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "sink") == 0)
        sink(argv[2]);
    else if (argc == 6 && strcmp(argv[1], "source") == 0)
        source(argv[2], number(argv[3], 65535, usage), number(argv[4], SEND_MAX, usage),
               number(argv[5], 1 << 20, usage));
    else
        usage();
    return 0;
}

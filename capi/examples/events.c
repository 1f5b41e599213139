/*
 * Many connections in one thread: an echo server around epoll, and a client that keeps all its
 * connections busy at once.
 *
 *     events serve HOST CONNECTIONS         prints its port, ends after so many connections
 *     events ask HOST PORT CONNECTIONS ROUNDS
 *
 * The rule for the descriptors is that of ntb_readable: they are level-triggered, and a connection is
 * left alone only after ntb_readable said 0.
 */
#define _GNU_SOURCE
#include "example.h"

#include <sys/epoll.h>
#include <unistd.h>

#define AT_ONCE 64
#define MESSAGE 100

static void usage(void)
{
    fprintf(stderr, "usage: events serve HOST CONNECTIONS | events ask HOST PORT CONNECTIONS ROUNDS\n");
    exit(2);
}

static void failed(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int set, int fd, void *what)
{
    struct epoll_event event;

    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.ptr = what;
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0)
        failed("epoll_ctl");
}

static void watch_endpoint(int set, ntb_endpoint *endpoint)
{
    int fd;
    uint64_t bytes;

    must(ntb_fd(endpoint, &fd), "descriptor");
    watch(set, fd, endpoint);
    /* Asks the peer to ring for its first byte; if that is here already, the descriptor says so. */
    must(ntb_readable(endpoint, &bytes), "readable");
}

/* Takes everybody who waits; gives how many that were. */
static unsigned long accept_all(ntb_listener *listener, int set)
{
    unsigned long count = 0;
    ntb_endpoint *client;
    ntb_code code;

    while ((code = ntb_accept(listener, 0, &client)) == NTB_OK) {
        watch_endpoint(set, client);
        count++;
    }
    if (code != NTB_TIMED_OUT)
        must(code, "accept");
    return count;
}

/* Sends back what has come. 0: the client is gone, and its connection closed. */
static int answer(ntb_endpoint *client)
{
    static char buffer[1 << 16];
    uint64_t bytes;
    size_t got;
    ntb_code code;

    while ((code = ntb_readable(client, &bytes)) == NTB_OK && bytes > 0) {
        must(ntb_recv(client, buffer, sizeof buffer, 0, &got), "receive");
        must(ntb_send(client, buffer, got), "send");
    }
    if (code == NTB_OK)
        return 1;
    if (code != NTB_ERR_CLOSED)
        must(code, "readable");
    /* This also takes the descriptor out of the set. */
    must(ntb_close(client), "close");
    return 0;
}

static void serve(const char *host, unsigned long connections)
{
    ntb_transport *transport = start("events serve");
    ntb_listener *listener = listen_and_tell(transport, host);
    struct epoll_event events[AT_ONCE];
    unsigned long open = 0;
    int set = epoll_create1(EPOLL_CLOEXEC), fd, count, i;

    if (set < 0)
        failed("epoll_create1");
    must(ntb_listener_fd(listener, &fd), "descriptor");
    watch(set, fd, listener);
    while (connections > 0 || open > 0) {
        count = epoll_wait(set, events, AT_ONCE, -1);
        if (count < 0)
            failed("epoll_wait");
        for (i = 0; i < count; i++) {
            if (events[i].data.ptr == (void *)listener) {
                unsigned long fresh = accept_all(listener, set);

                open += fresh;
                connections -= fresh < connections ? fresh : connections;
            } else if (!answer(events[i].data.ptr)) {
                open--;
            }
        }
    }
    close(set);
    must(ntb_listener_close(listener), "close the listener");
    must(ntb_stop(transport), "stop");
}

/* One of the client's connections. */
struct talk {
    ntb_endpoint *server;
    unsigned long rounds;
    size_t filled;
    char echo[MESSAGE];
};

static void ask_next(struct talk *talk)
{
    char question[MESSAGE];

    memset(question, (int)(talk->rounds & 0x7f), sizeof question);
    talk->filled = 0;
    must(ntb_send(talk->server, question, sizeof question), "send");
}

/* Takes what has come of the answer; 1 once all rounds are done. */
static int listen_to(struct talk *talk)
{
    uint64_t bytes;
    size_t got, i;

    for (;;) {
        must(ntb_readable(talk->server, &bytes), "readable");
        if (bytes == 0)
            return 0;
        must(ntb_recv(talk->server, talk->echo + talk->filled, MESSAGE - talk->filled, 0, &got),
             "receive");
        talk->filled += got;
        if (talk->filled < MESSAGE)
            continue;
        for (i = 0; i < MESSAGE; i++) {
            if (talk->echo[i] != (char)(talk->rounds & 0x7f)) {
                fprintf(stderr, "the echo differs\n");
                exit(1);
            }
        }
        if (--talk->rounds == 0)
            return 1;
        ask_next(talk);
    }
}

static void ask(const char *host, unsigned long port, unsigned long connections, unsigned long rounds)
{
    ntb_transport *transport = start("events ask");
    struct talk *talks = calloc(connections, sizeof *talks);
    struct epoll_event events[AT_ONCE];
    unsigned long open = connections, i;
    int set = epoll_create1(EPOLL_CLOEXEC), count, at, fd;

    if (talks == NULL || set < 0)
        failed("set-up");
    for (i = 0; i < connections; i++) {
        must(ntb_connect(transport, host, (uint16_t)port, &talks[i].server), "connect");
        must(ntb_fd(talks[i].server, &fd), "descriptor");
        watch(set, fd, &talks[i]);
        talks[i].rounds = rounds;
    }
    for (i = 0; i < connections; i++)
        ask_next(&talks[i]);
    while (open > 0) {
        count = epoll_wait(set, events, AT_ONCE, -1);
        if (count < 0)
            failed("epoll_wait");
        for (at = 0; at < count; at++) {
            struct talk *talk = events[at].data.ptr;

            if (listen_to(talk)) {
                must(ntb_close(talk->server), "close");
                open--;
            }
        }
    }
    printf("%lu connections, %lu rounds each\n", connections, rounds);
    close(set);
    free(talks);
    must(ntb_stop(transport), "stop");
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve(argv[2], number(argv[3], 1000000, usage));
    else if (argc == 6 && strcmp(argv[1], "ask") == 0)
        ask(argv[2], number(argv[3], 65535, usage), number(argv[4], 10000, usage),
            number(argv[5], 1000000000, usage));
    else
        usage();
    return 0;
}

/*
 * The smallest pair of programs: a server that sends back what it gets, and a client that checks it.
 * Both block.
 *
 *     echo serve HOST CONNECTIONS         prints its port, ends after so many connections
 *     echo ask HOST PORT BYTES ROUNDS
 */
#include "example.h"

static void usage(void)
{
    fprintf(stderr, "usage: echo serve HOST CONNECTIONS | echo ask HOST PORT BYTES ROUNDS\n");
    exit(2);
}

/* Until the client closes. */
static void answer(ntb_endpoint *client)
{
    static char buffer[1 << 16];
    size_t got;
    ntb_code code;

    while ((code = ntb_recv(client, buffer, sizeof buffer, NTB_FOREVER, &got)) == NTB_OK)
        must(ntb_send(client, buffer, got), "send");
    if (code != NTB_END)
        must(code, "receive");
    must(ntb_close(client), "close");
}

static void serve(const char *host, unsigned long connections)
{
    ntb_transport *transport = start("echo serve");
    ntb_listener *listener = listen_and_tell(transport, host);

    while (connections-- > 0) {
        ntb_endpoint *client;

        must(ntb_accept(listener, NTB_FOREVER, &client), "accept");
        answer(client);
    }
    must(ntb_listener_close(listener), "close the listener");
    must(ntb_stop(transport), "stop");
}

static void ask(const char *host, unsigned long port, unsigned long bytes, unsigned long rounds)
{
    ntb_transport *transport = start("echo ask");
    ntb_endpoint *server;
    ntb_endpoint_status status;
    char *question = malloc(bytes), *echo = malloc(bytes);
    unsigned long round, i;

    if (question == NULL || echo == NULL)
        exit(1);
    must(ntb_connect(transport, host, (uint16_t)port, &server), "connect");
    for (round = 0; round < rounds; round++) {
        size_t filled = 0, got;

        for (i = 0; i < bytes; i++)
            question[i] = (char)(i * 7 + round);
        must(ntb_send(server, question, bytes), "send");
        while (filled < bytes) {
            must(ntb_recv(server, echo + filled, bytes - filled, 10000, &got), "receive");
            filled += got;
        }
        if (memcmp(question, echo, bytes) != 0) {
            fprintf(stderr, "round %lu: the echo differs\n", round);
            exit(1);
        }
    }
    status.size = sizeof status;
    must(ntb_get_status(server, &status), "status");
    printf("%lu rounds of %lu bytes with node %u at %s, %llu bytes came back\n", rounds, bytes,
           (unsigned)status.peer_node, status.peer, (unsigned long long)status.bytes_in);
    must(ntb_close(server), "close");
    must(ntb_stop(transport), "stop");
    free(question);
    free(echo);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        serve(argv[2], number(argv[3], 1000000, usage));
    else if (argc == 6 && strcmp(argv[1], "ask") == 0)
        ask(argv[2], number(argv[3], 65535, usage), number(argv[4], 1 << 16, usage),
            number(argv[5], 1000000000, usage));
    else
        usage();
    return 0;
}

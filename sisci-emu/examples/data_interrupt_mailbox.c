/*
 * Mailboxes made of data interrupts: clients send requests to a server, and it answers each of them.
 *
 * A request names the node and the interrupt that the answer goes to. The server works in a callback, which
 * runs on a thread of the library; the clients wait.
 */
#define _POSIX_C_SOURCE 200809L

#include "example.h"

#define MOST_CLIENTS 64

struct options {
    unsigned int adapter, mailbox, messages, clients, server;
    int is_server;
};

/* What travels; nodes of a fabric share the byte order. */
struct request {
    unsigned int node, mailbox; /* where the answer goes */
    unsigned int serial, value;
};

struct answer {
    unsigned int serial, value;
};

/* A client as the server knows it. */
struct client {
    unsigned int node, mailbox, next_serial;
    sci_remote_data_interrupt_t answers;
};

struct server {
    const struct options *options;
    sci_desc_t device;
    struct client clients[MOST_CLIENTS];
    unsigned int known;
    volatile unsigned int served; /* all answers so far */
};

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [-a ADAPTER] [-q MAILBOX] [-n MESSAGES] [-c CLIENTS] server\n"
            "       %s [-a ADAPTER] [-q MAILBOX] [-n MESSAGES] client SERVER_NODE\n"
            "  -a  adapter number, default 0\n"
            "  -q  number of the server's data interrupt, default 40\n"
            "  -n  requests of each client, default 1000; the same for all\n"
            "  -c  clients that the server waits for, 1 to 64, default 1\n",
            program, program);
    exit(BAD_USAGE);
}

static struct options parse(int count, char **words)
{
    struct options options;
    int option;

    options.adapter = 0;
    options.mailbox = 40;
    options.messages = 1000;
    options.clients = 1;
    options.server = 0;
    while ((option = getopt(count, words, "a:q:n:c:")) != -1) {
        switch (option) {
        case 'a': options.adapter = (unsigned int)number(optarg, 0, 255); break;
        case 'q': options.mailbox = (unsigned int)number(optarg, 0, 0xFFFF); break;
        case 'n': options.messages = (unsigned int)number(optarg, 1, 10000000); break;
        case 'c': options.clients = (unsigned int)number(optarg, 1, MOST_CLIENTS); break;
        default: usage(words[0]);
        }
    }
    if (optind == count)
        usage(words[0]);
    options.is_server = strcmp(words[optind], "server") == 0;
    if (!options.is_server && strcmp(words[optind], "client"))
        usage(words[0]);
    if (count - optind != (options.is_server ? 1 : 2))
        usage(words[0]);
    if (!options.is_server)
        options.server = (unsigned int)number(words[optind + 1], 1, 0xFFFF);
    return options;
}

/** Connects as soon as the other side has its interrupt. */
static sci_remote_data_interrupt_t connect_mailbox(sci_desc_t device, unsigned int node, unsigned int adapter,
                                                   unsigned int mailbox)
{
    sci_remote_data_interrupt_t interrupt;
    sci_error_t error;
    double since = now();

    for (;;) {
        SCIConnectDataInterrupt(device, &interrupt, node, adapter, mailbox, SCI_INFINITE_TIMEOUT, 0, &error);
        if (error == SCI_ERR_OK)
            return interrupt;
        if (now() - since > PATIENCE)
            check("SCIConnectDataInterrupt", error);
        pause_ms(10);
    }
}

/** Sends, again and again while the receiver's queue is full. */
static void post(sci_remote_data_interrupt_t interrupt, void *message, unsigned int length)
{
    sci_error_t error;
    double since = now();

    for (;;) {
        SCITriggerDataInterrupt(interrupt, message, length, 0, &error);
        if (error != SCI_ERR_NOSPC)
            break;
        wait_for("a place in the queue", since);
    }
    check("SCITriggerDataInterrupt", error);
}

static struct client *client_of(struct server *server, const struct request *request)
{
    struct client *client;

    for (unsigned int index = 0; index < server->known; index++) {
        client = &server->clients[index];
        if (client->node == request->node && client->mailbox == request->mailbox)
            return client;
    }
    if (server->known == server->options->clients) {
        fprintf(stderr, "a request of one client too many, from node %u\n", request->node);
        exit(WRONG_DATA);
    }
    client = &server->clients[server->known++];
    client->node = request->node;
    client->mailbox = request->mailbox;
    client->next_serial = 0;
    client->answers = connect_mailbox(server->device, client->node, server->options->adapter, client->mailbox);
    return client;
}

static sci_callback_action_t on_request(void *argument, sci_local_data_interrupt_t interrupt, void *data,
                                        unsigned int length, sci_error_t status)
{
    struct server *server = (struct server *)argument;
    struct request request;
    struct answer answer;
    struct client *client;

    (void)interrupt;
    check("a request", status);
    if (length != sizeof(request)) {
        fprintf(stderr, "a request of %u bytes\n", length);
        exit(WRONG_DATA);
    }
    memcpy(&request, data, sizeof(request));
    client = client_of(server, &request);
    if (request.serial != client->next_serial) {
        fprintf(stderr, "node %u: request %u instead of %u\n", client->node, request.serial, client->next_serial);
        exit(WRONG_DATA);
    }
    client->next_serial++;
    answer.serial = request.serial;
    answer.value = ~request.value;
    post(client->answers, &answer, sizeof(answer));
    server->served = server->served + 1;
    return SCI_CALLBACK_CONTINUE;
}

static void serve(sci_desc_t device, const struct options *options)
{
    static struct server server;
    sci_local_data_interrupt_t requests;
    sci_error_t error;
    unsigned int mailbox = options->mailbox, seen = 0;
    double since = now();

    server.options = options;
    server.device = device;
    SCICreateDataInterrupt(device, &requests, options->adapter, &mailbox, on_request, &server,
                           SCI_FLAG_FIXED_INTNO | SCI_FLAG_USE_CALLBACK, &error);
    check("SCICreateDataInterrupt", error);
    while (server.served < options->messages * options->clients) {
        if (server.served != seen) {
            seen = server.served;
            since = now();
        }
        wait_for("a request", since);
        pause_ms(1);
    }
    /* Waits for the end of a running callback. */
    SCIRemoveDataInterrupt(requests, 0, &error);
    check("SCIRemoveDataInterrupt", error);
    for (unsigned int index = 0; index < server.known; index++) {
        SCIDisconnectDataInterrupt(server.clients[index].answers, 0, &error);
        check("SCIDisconnectDataInterrupt", error);
    }
    printf("%u requests of %u clients answered\n", server.served, server.known);
}

static void ask(sci_desc_t device, const struct options *options)
{
    sci_local_data_interrupt_t answers;
    sci_remote_data_interrupt_t requests;
    sci_error_t error;
    struct request request;
    struct answer answer;
    double begin, since;

    request.mailbox = 0;
    SCIGetLocalNodeId(options->adapter, &request.node, 0, &error);
    check("SCIGetLocalNodeId", error);
    SCICreateDataInterrupt(device, &answers, options->adapter, &request.mailbox, NULL, NULL, 0, &error);
    check("SCICreateDataInterrupt", error);
    requests = connect_mailbox(device, options->server, options->adapter, options->mailbox);

    begin = now();
    for (unsigned int serial = 0; serial < options->messages; serial++) {
        unsigned int length = sizeof(answer);

        request.serial = serial;
        request.value = serial * 2654435761u;
        post(requests, &request, sizeof(request));
        since = now();
        do {
            SCIWaitForDataInterrupt(answers, &answer, &length, 1000, 0, &error);
        } while (error == SCI_ERR_TIMEOUT && now() - since < PATIENCE);
        check("SCIWaitForDataInterrupt", error);
        if (length != sizeof(answer) || answer.serial != serial || answer.value != ~request.value) {
            fprintf(stderr, "request %u: a wrong answer\n", serial);
            exit(WRONG_DATA);
        }
    }
    printf("%u answers, %.1f us each\n", options->messages, (now() - begin) / options->messages * 1e6);
    SCIDisconnectDataInterrupt(requests, 0, &error);
    check("SCIDisconnectDataInterrupt", error);
    SCIRemoveDataInterrupt(answers, 0, &error);
    check("SCIRemoveDataInterrupt", error);
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
    if (options.is_server)
        serve(device, &options);
    else
        ask(device, &options);
    SCIClose(device, 0, &error);
    check("SCIClose", error);
    SCITerminate();
    return ENDED_WELL;
}

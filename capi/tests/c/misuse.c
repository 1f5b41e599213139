/* What a program can do wrong, and what then happens: an answer, never a crash. */
#define _GNU_SOURCE
#include <ntb.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_at(int line, ntb_code wanted, ntb_code got, const char *what)
{
    if (wanted == got)
        return;
    fprintf(stderr, "line %d: %s: wanted %s, got %s: %s\n", line, what, ntb_code_name(wanted),
            ntb_code_name(got), ntb_last_error_text());
    exit(1);
}

static void check_at(int line, int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "line %d: %s; last error: %s\n", line, what, ntb_last_error_text());
    exit(1);
}

#define EXPECT(code, call) expect_at(__LINE__, code, call, #call)
#define CHECK(holds) check_at(__LINE__, holds, #holds)

static ntb_error last(void)
{
    ntb_error error;

    error.size = sizeof error;
    EXPECT(NTB_OK, ntb_last_error(&error));
    return error;
}

static void settings_for(ntb_settings *settings)
{
    EXPECT(NTB_OK, ntb_settings_init(settings, sizeof *settings));
    settings->library = getenv("NTB_LIBRARY");
    settings->connect_timeout_ms = 1500;
}

static struct sockaddr_in here(uint16_t port)
{
    struct sockaddr_in address = {0};

    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* A plain TCP connection that says nothing. */
static int silent_caller(uint16_t port)
{
    const struct sockaddr_in address = here(port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* A port at which no connection is taken and none refused, as if its host were gone: its queue is full. */
static uint16_t silent_port(int *listener, int *filler)
{
    struct sockaddr_in address = here(0);
    socklen_t size = sizeof address;

    *listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(*listener >= 0 && bind(*listener, (struct sockaddr *)&address, size) == 0);
    CHECK(listen(*listener, 0) == 0);
    CHECK(getsockname(*listener, (struct sockaddr *)&address, &size) == 0);
    *filler = silent_caller(ntohs(address.sin_port));
    return ntohs(address.sin_port);
}

/* Threads of this process with this name. */
static int threads_named(const char *name)
{
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;
    char path[300], comm[32];
    int count = 0;

    CHECK(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        file = fopen(path, "r");
        if (file == NULL)
            continue;
        if (fgets(comm, sizeof comm, file) != NULL) {
            comm[strcspn(comm, "\n")] = '\0';
            count += strcmp(comm, name) == 0;
        }
        fclose(file);
    }
    closedir(folder);
    return count;
}

/* Every function with this in the place of each of its handles. */
static void no_handles(void *wrong)
{
    ntb_transport *transport = wrong;
    ntb_listener *listener = wrong;
    ntb_endpoint *endpoint = wrong, *made = (ntb_endpoint *)&transport;
    ntb_listener *port = NULL;
    ntb_transport_status transport_status;
    ntb_endpoint_status endpoint_status;
    char byte = 0;
    size_t size;
    uint64_t bytes;
    uint16_t number;
    int fd;

    transport_status.size = sizeof transport_status;
    endpoint_status.size = sizeof endpoint_status;
    EXPECT(NTB_ERR_HANDLE, ntb_stop(transport));
    EXPECT(NTB_ERR_HANDLE, ntb_listen(transport, "127.0.0.1", 0, &port));
    EXPECT(NTB_ERR_HANDLE, ntb_connect(transport, "127.0.0.1", 1, &made));
    CHECK(made == NULL);
    EXPECT(NTB_ERR_HANDLE, ntb_connect_or_skip(transport, "127.0.0.1", 1, &made, NULL));
    EXPECT(NTB_ERR_HANDLE, ntb_transport_get_status(transport, &transport_status));
    EXPECT(NTB_ERR_HANDLE, ntb_report(transport, NULL, 0, &size));
    EXPECT(NTB_ERR_HANDLE, ntb_accept(listener, 0, &made));
    EXPECT(NTB_ERR_HANDLE, ntb_listener_fd(listener, &fd));
    EXPECT(NTB_ERR_HANDLE, ntb_listener_port(listener, &number));
    EXPECT(NTB_ERR_HANDLE, ntb_listener_close(listener));
    EXPECT(NTB_ERR_HANDLE, ntb_send(endpoint, &byte, 1));
    EXPECT(NTB_ERR_HANDLE, ntb_recv(endpoint, &byte, 1, 0, &size));
    EXPECT(NTB_ERR_HANDLE, ntb_readable(endpoint, &bytes));
    EXPECT(NTB_ERR_HANDLE, ntb_fd(endpoint, &fd));
    EXPECT(NTB_ERR_HANDLE, ntb_get_status(endpoint, &endpoint_status));
    EXPECT(NTB_ERR_HANDLE, ntb_shutdown(endpoint));
    EXPECT(NTB_ERR_HANDLE, ntb_close(endpoint));
    CHECK(last().fault == NTB_FAULT_CALLER);
}

static void wrong_sizes(void)
{
    struct {
        ntb_settings known;
        char later[64];
    } newer;
    ntb_settings settings;
    ntb_transport *transport;
    ntb_error error;

    EXPECT(NTB_ERR_ARGUMENT, ntb_settings_init(NULL, sizeof settings));
    EXPECT(NTB_ERR_ARGUMENT, ntb_settings_init(&settings, 8));
    EXPECT(NTB_ERR_ARGUMENT, ntb_start(NULL, NULL));
    settings_for(&settings);
    settings.size = 0;
    EXPECT(NTB_ERR_ARGUMENT, ntb_start(&settings, &transport));
    settings.size = (size_t)-1;
    EXPECT(NTB_ERR_ARGUMENT, ntb_start(&settings, &transport));
    CHECK(transport == NULL && strstr(ntb_last_error_text(), "set its size") != NULL);
    error.size = 3;
    EXPECT(NTB_ERR_ARGUMENT, ntb_last_error(&error));
    EXPECT(NTB_ERR_ARGUMENT, ntb_last_error(NULL));

    /* A program that is newer than the library, first without and then with a wish of its own. */
    memset(&newer, 0x55, sizeof newer);
    EXPECT(NTB_OK, ntb_settings_init(&newer.known, sizeof newer));
    CHECK(newer.later[0] == 0 && newer.later[63] == 0 && newer.known.size == sizeof newer);
    newer.known.library = getenv("NTB_LIBRARY");
    EXPECT(NTB_OK, ntb_start(&newer.known, &transport));
    EXPECT(NTB_OK, ntb_stop(transport));
    newer.later[3] = 1;
    EXPECT(NTB_ERR_ARGUMENT, ntb_start(&newer.known, &transport));
}

static void wrong_settings(void)
{
    ntb_settings settings;
    ntb_transport *transport;

    settings_for(&settings);
    settings.adapter = 99;
    EXPECT(NTB_ERR_SETTING, ntb_start(&settings, &transport));
    CHECK(last().value == 99 && strstr(last().text, "0 to 15") != NULL);
    settings_for(&settings);
    settings.wakeup = 7;
    EXPECT(NTB_ERR_ARGUMENT, ntb_start(&settings, &transport));
    settings_for(&settings);
    settings.memory_limit = 1;
    EXPECT(NTB_ERR_SETTING, ntb_start(&settings, &transport));
    settings_for(&settings);
    settings.secret_bytes = 5;
    EXPECT(NTB_ERR_ARGUMENT, ntb_start(&settings, &transport));
    settings_for(&settings);
    settings.library = "/nowhere/libsisci.so";
    EXPECT(NTB_ERR_LIBRARY, ntb_start(&settings, &transport));
    CHECK(strstr(last().text, "/nowhere/libsisci.so") != NULL && last().fault == NTB_FAULT_HOST);
    settings.library = "libc.so.6";
    EXPECT(NTB_ERR_LIBRARY, ntb_start(&settings, &transport));
}

static void wrong_addresses(ntb_transport *transport, uint16_t taken)
{
    ntb_listener *listener;
    ntb_endpoint *endpoint;
    int is_new = 7;

    EXPECT(NTB_ERR_ARGUMENT, ntb_listen(transport, NULL, 0, &listener));
    EXPECT(NTB_ERR_ARGUMENT, ntb_listen(transport, "localhost", 0, &listener));
    EXPECT(NTB_ERR_ARGUMENT, ntb_listen(transport, "\xff\xfe", 0, &listener));
    EXPECT(NTB_ERR_SYSTEM, ntb_listen(transport, "127.0.0.1", taken, &listener));
    CHECK(last().system == EADDRINUSE && listener == NULL);
    EXPECT(NTB_ERR_SYSTEM, ntb_connect(transport, "127.0.0.1", 1, &endpoint));
    CHECK(last().system == ECONNREFUSED && endpoint == NULL);
    EXPECT(NTB_ERR_ARGUMENT, ntb_connect(transport, "127.0.0.1", 1, NULL));
    EXPECT(NTB_SKIPPED, ntb_connect_or_skip(transport, "127.0.0.1", 1, &endpoint, &is_new));
    CHECK(is_new == 1 && *ntb_last_error_text() != '\0');
    EXPECT(NTB_SKIPPED, ntb_connect_or_skip(transport, "127.0.0.1", 1, &endpoint, &is_new));
    CHECK(is_new == 0 && endpoint == NULL && last().fault == NTB_FAULT_NONE);
}

static void wrong_buffers(ntb_endpoint *endpoint)
{
    char byte;
    size_t got = 7;
    uint64_t words[2] = {0, 0};

    EXPECT(NTB_ERR_ARGUMENT, ntb_send(endpoint, NULL, 1));
    EXPECT(NTB_ERR_ARGUMENT, ntb_send(endpoint, &byte, (size_t)-1));
    EXPECT(NTB_OK, ntb_send(endpoint, NULL, 0));
    EXPECT(NTB_ERR_ARGUMENT, ntb_recv(endpoint, NULL, 1, 0, &got));
    CHECK(got == 0);
    EXPECT(NTB_ERR_ARGUMENT, ntb_recv(endpoint, &byte, 1, 0, NULL));
    EXPECT(NTB_ERR_ARGUMENT, ntb_recv(endpoint, &byte, 1, -2, &got));
    EXPECT(NTB_OK, ntb_recv(endpoint, NULL, 0, 0, &got));
    EXPECT(NTB_TIMED_OUT, ntb_recv(endpoint, &byte, 1, 1, &got));
    EXPECT(NTB_ERR_ARGUMENT, ntb_readable(endpoint, NULL));
    EXPECT(NTB_ERR_ARGUMENT, ntb_readable(endpoint, (uint64_t *)(void *)((char *)words + 1)));
    EXPECT(NTB_ERR_ARGUMENT, ntb_fd(endpoint, NULL));
    EXPECT(NTB_ERR_ARGUMENT, ntb_get_status(endpoint, NULL));
}

static void *receive_for_ever(void *endpoint)
{
    char byte;
    size_t got;

    ntb_code code;

    /* The other thread asks from time to time whether this one is inside. */
    while ((code = ntb_recv(endpoint, &byte, 1, NTB_FOREVER, &got)) == NTB_ERR_BUSY)
        usleep(1000);
    EXPECT(NTB_END, code);
    return NULL;
}

/* A second thread is told that it is one too many, and nothing breaks. */
static void two_threads(ntb_endpoint *one, ntb_endpoint *other)
{
    pthread_t thread;
    ntb_code code;
    int descriptor;

    CHECK(pthread_create(&thread, NULL, receive_for_ever, one) == 0);
    while ((code = ntb_fd(one, &descriptor)) == NTB_OK)
        usleep(1000);
    EXPECT(NTB_ERR_BUSY, code);
    EXPECT(NTB_ERR_BUSY, ntb_close(one));
    EXPECT(NTB_OK, ntb_close(other));
    CHECK(pthread_join(thread, NULL) == 0);
}

static void one_process(void)
{
    ntb_settings settings;
    ntb_transport *transport;
    ntb_listener *listener;
    ntb_endpoint *out, *in, *old;
    ntb_transport_status status;
    char text[64];
    size_t needed, got;
    uint64_t bytes;
    uint16_t port;

    settings_for(&settings);
    EXPECT(NTB_OK, ntb_start(&settings, &transport));
    EXPECT(NTB_OK, ntb_listen(transport, "127.0.0.1", 0, &listener));
    EXPECT(NTB_OK, ntb_listener_port(listener, &port));
    EXPECT(NTB_ERR_ARGUMENT, ntb_listener_port(listener, NULL));
    EXPECT(NTB_TIMED_OUT, ntb_accept(listener, 1, &in));
    EXPECT(NTB_ERR_ARGUMENT, ntb_accept(listener, -5, &in));
    wrong_addresses(transport, port);
    EXPECT(NTB_OK, ntb_connect(transport, "127.0.0.1", port, &out));
    EXPECT(NTB_OK, ntb_accept(listener, 10000, &in));
    wrong_buffers(out);
    no_handles(NULL);
    no_handles(&settings);
    no_handles((void *)(uintptr_t)-1);

    /* Handles of another kind, and a transport that is still needed. */
    EXPECT(NTB_ERR_HANDLE, ntb_close((ntb_endpoint *)listener));
    EXPECT(NTB_ERR_HANDLE, ntb_stop((ntb_transport *)out));
    EXPECT(NTB_ERR_HANDLE, ntb_listener_close((ntb_listener *)transport));
    EXPECT(NTB_ERR_BUSY, ntb_stop(transport));

    /* A document that does not fit is cut, and says how much it wants. */
    EXPECT(NTB_OK, ntb_report(transport, text, sizeof text, &needed));
    CHECK(needed > sizeof text && strlen(text) == sizeof text - 1 && text[0] == '{');
    EXPECT(NTB_ERR_ARGUMENT, ntb_report(transport, NULL, 10, NULL));

    /* What was sent before a close arrives, then the end, again and again. */
    EXPECT(NTB_OK, ntb_send(out, "abc", 3));
    EXPECT(NTB_OK, ntb_close(out));
    EXPECT(NTB_ERR_HANDLE, ntb_close(out));
    EXPECT(NTB_ERR_HANDLE, ntb_send(out, "abc", 3));
    EXPECT(NTB_OK, ntb_recv(in, text, sizeof text, 10000, &got));
    CHECK(got == 3 && memcmp(text, "abc", 3) == 0);
    EXPECT(NTB_END, ntb_recv(in, text, sizeof text, 10000, &got));
    EXPECT(NTB_END, ntb_recv(in, text, sizeof text, 0, &got));
    EXPECT(NTB_ERR_CLOSED, ntb_readable(in, &bytes));
    CHECK(last().value == 3 && last().fault == NTB_FAULT_CONNECTION);
    EXPECT(NTB_ERR_CLOSED, ntb_send(in, "x", 1));
    EXPECT(NTB_OK, ntb_close(in));

    /* The place of a closed handle is used again, the handle is not. */
    old = out;
    EXPECT(NTB_OK, ntb_connect(transport, "127.0.0.1", port, &out));
    EXPECT(NTB_OK, ntb_accept(listener, 10000, &in));
    CHECK(out != old && in != old);
    EXPECT(NTB_ERR_HANDLE, ntb_send(old, "abc", 3));
    two_threads(in, out);
    EXPECT(NTB_OK, ntb_close(in));

    status.size = sizeof status;
    EXPECT(NTB_OK, ntb_transport_get_status(transport, &status));
    CHECK(status.connections == 0 && status.skipped == 1 && status.memory_limit == 512ull << 20);
    EXPECT(NTB_OK, ntb_listener_close(listener));
    EXPECT(NTB_OK, ntb_stop(transport));
    no_handles(transport);
    no_handles(listener);
    no_handles(in);
}

/* A peer of another node that sends a byte and then does nothing until it is killed. */
static void victim(const char *port)
{
    ntb_settings settings;
    ntb_transport *transport;
    ntb_endpoint *endpoint;

    settings_for(&settings);
    EXPECT(NTB_OK, ntb_start(&settings, &transport));
    EXPECT(NTB_OK, ntb_connect(transport, "127.0.0.1", (uint16_t)atoi(port), &endpoint));
    EXPECT(NTB_OK, ntb_send(endpoint, "x", 1));
    for (;;)
        pause();
}

static void killed_peer(const char *program)
{
    ntb_settings settings;
    ntb_transport *transport;
    ntb_listener *listener;
    ntb_endpoint *endpoint;
    ntb_endpoint_status status;
    char text[16];
    size_t got;
    uint64_t bytes;
    uint16_t port;
    pid_t child;

    settings_for(&settings);
    EXPECT(NTB_OK, ntb_start(&settings, &transport));
    EXPECT(NTB_OK, ntb_listen(transport, "127.0.0.1", 0, &listener));
    EXPECT(NTB_OK, ntb_listener_port(listener, &port));
    sprintf(text, "%u", (unsigned)port);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        setenv("SISCI_EMU_NODE", "8", 1);
        setenv("SISCI_EMU_HOST", "host-8", 1);
        execl(program, program, "victim", text, (char *)NULL);
        _exit(127);
    }
    EXPECT(NTB_OK, ntb_accept(listener, 20000, &endpoint));
    EXPECT(NTB_OK, ntb_recv(endpoint, text, sizeof text, 20000, &got));
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    EXPECT(NTB_ERR_LOST, ntb_recv(endpoint, text, sizeof text, 20000, &got));
    CHECK(got == 0 && last().fault == NTB_FAULT_CONNECTION);
    EXPECT(NTB_ERR_LOST, ntb_readable(endpoint, &bytes));
    EXPECT(NTB_ERR_LOST, ntb_send(endpoint, "x", 1));
    status.size = sizeof status;
    EXPECT(NTB_OK, ntb_get_status(endpoint, &status));
    CHECK(status.state == NTB_STATE_BROKEN && status.peer_node == 8 && status.incoming == 1);
    CHECK(status.bytes_in == 1 && strcmp(status.peer, "127.0.0.1") == 0);
    EXPECT(NTB_OK, ntb_close(endpoint));
    EXPECT(NTB_OK, ntb_listener_close(listener));
    EXPECT(NTB_OK, ntb_stop(transport));
}

static void secrets(void)
{
    ntb_settings settings;
    ntb_transport *knows, *guesses;
    ntb_listener *listener;
    ntb_endpoint *endpoint;
    uint16_t port;

    settings_for(&settings);
    settings.secret = "right";
    settings.secret_bytes = 5;
    EXPECT(NTB_OK, ntb_start(&settings, &knows));
    settings.secret = "wrong";
    EXPECT(NTB_OK, ntb_start(&settings, &guesses));
    EXPECT(NTB_OK, ntb_listen(knows, "::1", 0, &listener));
    EXPECT(NTB_OK, ntb_listener_port(listener, &port));
    EXPECT(NTB_ERR_AUTHENTICATION, ntb_connect(guesses, "::1", port, &endpoint));
    CHECK(last().fault == NTB_FAULT_PEER);
    EXPECT(NTB_OK, ntb_connect(knows, "::1", port, &endpoint));
    EXPECT(NTB_OK, ntb_close(endpoint));
    EXPECT(NTB_OK, ntb_listener_close(listener));
    EXPECT(NTB_OK, ntb_stop(guesses));
    EXPECT(NTB_OK, ntb_stop(knows));
}

/* A peer that is silent costs the connect timeout and is no failure of the system; whoever tries it in
   the background is gone when the transport is. */
static void silent_peer(void)
{
    ntb_settings settings;
    ntb_transport *transport;
    ntb_endpoint *endpoint;
    int listener, filler, tries;
    uint16_t port = silent_port(&listener, &filler);

    settings_for(&settings);
    settings.retry_ms = 16;
    EXPECT(NTB_OK, ntb_start(&settings, &transport));
    EXPECT(NTB_TIMED_OUT, ntb_connect(transport, "127.0.0.1", port, &endpoint));
    CHECK(endpoint == NULL && last().value == settings.connect_timeout_ms && last().system == 0);
    CHECK(last().fault == NTB_FAULT_NONE);

    EXPECT(NTB_SKIPPED, ntb_connect_or_skip(transport, "127.0.0.1", port, &endpoint, NULL));
    for (tries = 0; tries < 1000 && threads_named("ntb-scout") == 0; tries++) {
        usleep(1000);
        EXPECT(NTB_SKIPPED, ntb_connect_or_skip(transport, "127.0.0.1", port, &endpoint, NULL));
    }
    CHECK(threads_named("ntb-scout") == 1);
    EXPECT(NTB_OK, ntb_stop(transport));
    /* The kernel may need a moment to take a thread that has been joined off its list. */
    for (tries = 0; tries < 100 && threads_named("ntb-scout") != 0; tries++)
        usleep(1000);
    CHECK(threads_named("ntb-scout") == 0);
    close(filler);
    close(listener);
}

/* A caller that never says a word does not keep the port of a listener that was closed. */
static void silent_stranger(void)
{
    ntb_settings settings;
    ntb_transport *transport;
    ntb_listener *listener;
    ntb_endpoint *endpoint;
    uint16_t port;
    char byte;
    int caller;

    settings_for(&settings);
    settings.connect_timeout_ms = 60000;
    EXPECT(NTB_OK, ntb_start(&settings, &transport));
    EXPECT(NTB_OK, ntb_listen(transport, "127.0.0.1", 0, &listener));
    EXPECT(NTB_OK, ntb_listener_port(listener, &port));
    caller = silent_caller(port);
    /* Those who come later are served, so this one's handshake is under way. */
    EXPECT(NTB_OK, ntb_connect(transport, "127.0.0.1", port, &endpoint));
    EXPECT(NTB_OK, ntb_close(endpoint));
    EXPECT(NTB_OK, ntb_listener_close(listener));
    EXPECT(NTB_OK, ntb_listen(transport, "127.0.0.1", port, &listener));
    CHECK(recv(caller, &byte, 1, 0) == 0);
    close(caller);
    EXPECT(NTB_OK, ntb_listener_close(listener));
    EXPECT(NTB_OK, ntb_stop(transport));
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "victim") == 0)
        victim(argv[2]);
    CHECK(last().code == NTB_OK && *ntb_last_error_text() == '\0');
    CHECK(strcmp(ntb_code_name(12345), "unknown code") == 0 && *ntb_version() != '\0');
    wrong_sizes();
    wrong_settings();
    one_process();
    secrets();
    killed_peer(argv[0]);
    silent_peer();
    silent_stranger();
    return 0;
}

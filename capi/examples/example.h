/* What the examples share: one way to look at an answer, and the settings from the environment. */
#ifndef NTB_EXAMPLE_H
#define NTB_EXAMPLE_H

#include <ntb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with what the library has to say, unless the call went well. */
static void must(ntb_code code, const char *what)
{
    if (code == NTB_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, ntb_code_name(code), ntb_last_error_text());
    exit(1);
}

/* A transport on the library that NTB_LIBRARY names, or the vendor's. */
static ntb_transport *start(const char *process)
{
    ntb_settings settings;
    ntb_transport *transport;

    must(ntb_settings_init(&settings, sizeof settings), "settings");
    settings.library = getenv("NTB_LIBRARY");
    settings.process = process;
    must(ntb_start(&settings, &transport), "start");
    return transport;
}

/* Listens on a port of this host, says which, and lets whoever reads that go on. */
static ntb_listener *listen_and_tell(ntb_transport *transport, const char *host)
{
    ntb_listener *listener;
    uint16_t port;

    must(ntb_listen(transport, host, 0, &listener), "listen");
    must(ntb_listener_port(listener, &port), "port");
    printf("%u\n", (unsigned)port);
    fflush(stdout);
    return listener;
}

/* A whole number between 1 and most; ends the program with its usage if it is none. */
static unsigned long number(const char *text, unsigned long most, void (*usage)(void))
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > most)
        usage();
    return value;
}

#endif

/*
 * ntb.h: streams of bytes over the shared memory of PCIe non-transparent bridges.
 *
 * Made by `cargo xtask capi header`; changes belong into the Rust sources beside it.
 *
 * A program starts a transport, listens or connects, and sends and receives:
 *
 *     ntb_transport *transport;
 *     ntb_endpoint *peer;
 *     if (ntb_start(NULL, &transport) != NTB_OK
 *         || ntb_connect(transport, "10.0.0.3", 9103, &peer) != NTB_OK
 *         || ntb_send(peer, "hello", 5) != NTB_OK)
 *         fprintf(stderr, "%s\n", ntb_last_error_text());
 *
 * Answers. Every call that can fail answers an ntb_code; ntb_last_error tells the rest. Results go to
 * places that the program gives, which must not be null unless it says so. Functions without a list of
 * answers can't fail.
 *
 * Handles are numbers, not addresses. A handle that is null, closed or of another kind is answered
 * NTB_ERR_HANDLE, always. All other pointers must lead to as much memory as the call says, for as long as
 * the call takes; the library keeps none of them and never gives away memory to be freed.
 *
 * Structures begin with their size, so that programs and libraries of different age understand each
 * other: members are only ever added at the end.
 *
 * Threads. Any function may be called by any thread. Transports and listeners may be used by several at
 * once; an endpoint by one at a time, a second one gets NTB_ERR_BUSY. The last error is each thread's own.
 * No function may be called from a signal handler. SIGPIPE is never raised.
 *
 * Events. ntb_fd and ntb_listener_fd give descriptors for poll and epoll, in level-triggered use: see
 * ntb_readable and ntb_accept for what drains them.
 */

#ifndef NTB_H
#define NTB_H

#include <stddef.h>
#include <stdint.h>

// Room for the text of an error, in bytes, its end included.
#define NTB_TEXT_MAX 512

// For ntb_settings.wakeup: by control channel on the emulator, by interrupt on adapters.
#define NTB_WAKEUP_AUTO 0

// For ntb_settings.wakeup: a SISCI data interrupt wakes a sleeping peer.
#define NTB_WAKEUP_INTERRUPT 1

// For ntb_settings.wakeup: a message on the control channel wakes a sleeping peer.
#define NTB_WAKEUP_CONTROL 2

// Room for an address as text, in bytes, its end included.
#define NTB_ADDRESS_MAX 64

// For ntb_endpoint_status.state: usable in both directions.
#define NTB_STATE_OPEN 0

// For ntb_endpoint_status.state: the peer has shut it down; what it sent before can be received.
#define NTB_STATE_CLOSING 1

// For ntb_endpoint_status.state: ended by a fault or the loss of the peer.
#define NTB_STATE_BROKEN 2

// Timeout without end.
#define NTB_FOREVER -1

// What a call answers. 0 is success, positive is an outcome that a program has to expect, negative
// an error. New values may come: treat unknown negative ones as NTB_ERR_INTERNAL.
enum ntb_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // As asked.
    NTB_OK = 0,
    // The peer closed the connection in order, and all that it sent has been received.
    NTB_END = 1,
    // The time was up. Nothing was lost: the call may be repeated (a send may not, see there).
    NTB_TIMED_OUT = 2,
    // This peer is not reached over NTB: take another path. The text says why.
    NTB_SKIPPED = 3,
    // Caller: an argument is out of range, a pointer null or misaligned, a structure too small.
    NTB_ERR_ARGUMENT = -1,
    // Caller: the handle is null, closed, or one of another kind.
    NTB_ERR_HANDLE = -2,
    // Caller: another thread is inside this handle, or others still need it.
    NTB_ERR_BUSY = -3,
    // Caller: a setting is out of range. `value` has it, the text the range.
    NTB_ERR_SETTING = -4,
    // Peer: it broke the protocol; the connection is dead.
    NTB_ERR_PEER_FAULT = -10,
    // Peer: no protocol version in common. `value` has its highest, `limit` ours.
    NTB_ERR_INCOMPATIBLE = -11,
    // Peer: it refused the connection. The text has its reason.
    NTB_ERR_REFUSED = -12,
    // Peer: it can't prove that it knows our secret, or one side has none.
    NTB_ERR_AUTHENTICATION = -13,
    // Connection: the peer closed it, so that it takes no more bytes. `value` has the number of bytes
    // received.
    NTB_ERR_CLOSED = -20,
    // Connection: the peer's process, its host or the link is gone, or this side has shut it down.
    NTB_ERR_LOST = -21,
    // Host: the memory for peers is used up. `value` has the bytes wanted, `limit` those of the setting.
    NTB_ERR_MEMORY = -30,
    // Host: a call into the SISCI library failed. `system` has its result.
    NTB_ERR_DEVICE = -31,
    // Host: the SISCI library can't be loaded, or is none.
    NTB_ERR_LIBRARY = -32,
    // Host: the operating system refused something. `system` has the errno.
    NTB_ERR_SYSTEM = -33,
    // A defect in this library. The object that was used is dead and can only be closed.
    NTB_ERR_INTERNAL = -40,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ntb_code ntb_code;
#else
typedef int32_t ntb_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Whose fault an error is: what to change so that it does not come again.
enum ntb_fault
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Nobody's: success, or an outcome.
    NTB_FAULT_NONE = 0,
    // The calling program or its settings.
    NTB_FAULT_CALLER = 1,
    // The other side of the connection.
    NTB_FAULT_PEER = 2,
    // Nobody's: the connection ended. Another one may do better.
    NTB_FAULT_CONNECTION = 3,
    // This host: adapter, library, memory, operating system.
    NTB_FAULT_HOST = 4,
    // This library.
    NTB_FAULT_LIBRARY = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ntb_fault ntb_fault;
#else
typedef int32_t ntb_fault;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// One side of a connection: a stream of bytes in each direction. Made by ntb_connect or ntb_accept,
// ended by ntb_close. It may move between threads, but one thread at a time uses it; a second one is
// answered NTB_ERR_BUSY.
typedef struct ntb_endpoint ntb_endpoint;

// A port on which connections are accepted. Made by ntb_listen, ended by ntb_listener_close. Several
// threads may use it at once.
typedef struct ntb_listener ntb_listener;

// The presence of this process on the fabric: adapter, exported memory, one thread. Made by
// ntb_start, ended by ntb_stop. Several threads may use it at once.
typedef struct ntb_transport ntb_transport;

// The last error of a thread, with its numbers.
typedef struct ntb_error {
    // Size of this structure in bytes, set by the caller: sizeof(ntb_error).
    size_t size;
    // What the call answered.
    ntb_code code;
    // Whose fault it is.
    ntb_fault fault;
    // The number that was wrong, where the code has one; else 0.
    uint64_t value;
    // The number that it should have kept to, where the code has one; else 0.
    uint64_t limit;
    // An errno or a result of the SISCI library, where the code has one; else 0.
    int64_t system;
    // What happened, in English, with all numbers; ends with a zero byte, cut if longer.
    char text[NTB_TEXT_MAX];
} ntb_error;

// Settings of a transport. Fill it by ntb_settings_init, then change what should differ; nothing in it
// is kept after ntb_start. Later versions add members at its end.
typedef struct ntb_settings {
    // Size of this structure in bytes, set by ntb_settings_init.
    size_t size;
    // The SISCI library to load: a path, or a name that the dynamic linker searches. Null:
    // "libsisci.so". Nothing else is tried if it can't be loaded.
    const char *library;
    // Number of the local adapter, 0 to 15. Default 0.
    uint32_t adapter;
    // How a sleeping peer is woken, an NTB_WAKEUP_ number. Default NTB_WAKEUP_AUTO.
    uint32_t wakeup;
    // Bytes of the ring that each connection of ours has in each direction; rounded up to a power of
    // two between 4 KiB and 256 MiB. The connecting side's setting counts for both. Default 2 MiB.
    uint64_t ring_bytes;
    // Most bytes of memory that are exported to peers, at least 1 MiB and one connection. When they are
    // used up, connections fail with NTB_ERR_MEMORY. Default 512 MiB.
    uint64_t memory_limit;
    // Microseconds for which a receiver or a blocked sender looks before it sleeps; 0: it sleeps at
    // once. Default 50.
    uint32_t spin_us;
    // Milliseconds that connect and handshake may take, at least 1. Default 2000.
    uint32_t connect_timeout_ms;
    // Milliseconds that a send waits for a peer that takes nothing. Default 180000.
    uint32_t send_timeout_ms;
    // Longest time in milliseconds for which ntb_connect_or_skip leaves a peer alone that could not
    // be reached. Default 60000.
    uint32_t retry_ms;
    // The secret that both sides must know; null: none, and peers with one are refused. It is never
    // sent.
    const void *secret;
    // Bytes of the secret, 1 to 4096; 0 if it is null.
    size_t secret_bytes;
    // Name of this process in statistics; null: the name of the program.
    const char *process;
    // Percent of the processors on which threads of this process may look at once before they sleep,
    // 0 to 100; at least one processor, unless it is 0. Default 50.
    uint32_t spin_share;
    // Connections at most that get a data interrupt of their own, on which blocking calls sleep; 0 to
    // 65536. Default 64.
    uint32_t interrupts;
    // Path of a TOML file with a tuning table (docs/transfers.md); null: what suits the adapter.
    const char *tuning_file;
} ntb_settings;

// What a transport holds. All sizes in bytes. Later versions add members at its end.
typedef struct ntb_transport_status {
    // Size of this structure in bytes, set by the caller: sizeof(ntb_transport_status).
    size_t size;
    // Node id of this host on the fabric.
    uint32_t node;
    // Number of the adapter.
    uint32_t adapter;
    // Most memory that is exported to peers.
    uint64_t memory_limit;
    // Memory that is exported.
    uint64_t memory_exported;
    // Memory of it that belongs to connections.
    uint64_t memory_used;
    // Connections that are open.
    uint64_t connections;
    // Incoming connections that were refused since the start.
    uint64_t refused;
    // Peers that are not reached over NTB at the moment; ntb_report has the reasons.
    uint64_t skipped;
} ntb_transport_status;

// What a connection is and has done. Later versions add members at its end.
typedef struct ntb_endpoint_status {
    // Size of this structure in bytes, set by the caller: sizeof(ntb_endpoint_status).
    size_t size;
    // A number that no other connection of this transport has or will have.
    uint64_t id;
    // Node id of the peer on the fabric.
    uint32_t peer_node;
    // Port of the control channel's other end.
    uint16_t peer_port;
    // 1 if the peer connected to us, 0 if we did to it.
    uint16_t incoming;
    // An NTB_STATE_ number.
    uint32_t state;
    // Always 0.
    uint32_t reserved;
    // Size of one direction's ring in bytes.
    uint64_t ring_bytes;
    // Payload received, in bytes.
    uint64_t bytes_in;
    // Payload sent, in bytes.
    uint64_t bytes_out;
    // Waits for data that ended while looking.
    uint64_t recv_polled;
    // Waits for data that had to sleep.
    uint64_t recv_slept;
    // Waits for room in the peer's ring that ended while looking.
    uint64_t send_polled;
    // Waits for room in the peer's ring that had to sleep.
    uint64_t send_slept;
    // Address of the control channel's other end, such as "10.0.0.3"; ends with a zero byte.
    char peer[NTB_ADDRESS_MAX];
} ntb_endpoint_status;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The name of a code, such as "NTB_ERR_LOST"; "unknown code" for any other number. Never null, and
// nobody's to free.
const char *ntb_code_name(int32_t code);

// The version of the library that runs, such as "0.1.0". Never null, and nobody's to free.
const char *ntb_version(void);

// What the last call of this thread that did not answer NTB_OK has to say. Calls that succeed leave
// it as it is. `error->size` must be set. Before any failure the code is NTB_OK and the text empty.
//
// Answers NTB_OK, or NTB_ERR_ARGUMENT.
ntb_code ntb_last_error(struct ntb_error *error);

// The text of ntb_last_error; empty before any failure. Never null, valid until the next call of
// this thread into the library, nobody's to free.
const char *ntb_last_error_text(void);

// Fills `settings` with the defaults. `size` is sizeof(ntb_settings) as the program was compiled, so
// that an older program and a newer library (or the other way round) understand each other.
//
// Answers NTB_OK, or NTB_ERR_ARGUMENT.
ntb_code ntb_settings_init(struct ntb_settings *settings,
                           size_t size);

// Loads the SISCI library, opens the adapter and starts a thread. `settings` may be null, for the
// defaults. A process may have several transports. A child of fork() must not use those of its
// parent: fork first, then start.
//
// On success `*transport` is a handle, to be ended by ntb_stop; else it is null.
//
// Answers NTB_OK; NTB_ERR_ARGUMENT or NTB_ERR_SETTING; NTB_ERR_LIBRARY, NTB_ERR_DEVICE or
// NTB_ERR_SYSTEM if there is no usable library, adapter or driver.
ntb_code ntb_start(const struct ntb_settings *settings, struct ntb_transport **transport);

// Ends a transport: its threads, its memory, and the handle. Its listeners and connections must have
// been closed. If a peer is just being tried in the background (see ntb_connect_or_skip), waits for the
// end of that, at most `connect_timeout_ms`. Afterwards nothing of it uses the SISCI library.
//
// Answers NTB_OK; NTB_ERR_HANDLE; NTB_ERR_BUSY if something of it is still open or in use (the handle
// stays valid).
ntb_code ntb_stop(struct ntb_transport *transport);

// Listens for connections on the numeric address `host` (such as "0.0.0.0", "::", "10.0.0.3") and a
// TCP port; port 0 picks one, see ntb_listener_port. "::" takes IPv4 as well, whatever the host's
// default for such sockets. Handshakes are done in the background from now on.
//
// On success `*listener` is a handle, to be closed by ntb_listener_close; else it is null.
//
// Answers NTB_OK; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_SYSTEM if the port can't be had.
ntb_code ntb_listen(struct ntb_transport *transport,
                    const char *host,
                    uint16_t port,
                    struct ntb_listener **listener);

// Connects to the NTB port of a peer, given as a numeric address and a TCP port. Blocks for at most
// `connect_timeout_ms`.
//
// On success `*endpoint` is a handle, to be closed by ntb_close; else it is null.
//
// Answers NTB_OK; NTB_TIMED_OUT; any error: the peer does not answer, refuses, speaks another version,
// does not share our secret, can't be reached over the fabric, or our memory is used up.
ntb_code ntb_connect(struct ntb_transport *transport,
                     const char *host,
                     uint16_t port,
                     struct ntb_endpoint **endpoint);

// ntb_connect for a program that has another path, such as TCP: a peer that could not be reached is
// remembered, and further calls answer NTB_SKIPPED at once. Such calls let it be tried again in the
// background, after pauses of at most `retry_ms`; when it answers, the next call connects. While one
// thread connects, others that want the same peer wait for the outcome. `is_new` may be null; it is
// set to 1 if the kind of reason was not given before and so is worth a line in a log, else to 0.
//
// Answers NTB_OK; NTB_SKIPPED, with the reason as text; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE.
ntb_code ntb_connect_or_skip(struct ntb_transport *transport,
                             const char *host,
                             uint16_t port,
                             struct ntb_endpoint **endpoint,
                             int *is_new);

// Fills `status`, whose `size` must be set.
//
// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
ntb_code ntb_transport_get_status(struct ntb_transport *transport,
                                  struct ntb_transport_status *status);

// Everything there is to know of a transport, as a JSON document in UTF-8: adapter, memory, each
// connection with its counters, each peer that is skipped with the reason. It is the document that
// `ntb stat` shows.
//
// Writes at most `size` bytes to `buffer`, a zero byte at their end; what does not fit is cut. If
// `needed` is not null, it is set to the size that would have been enough. `buffer` may be null if
// `size` is 0.
//
// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
ntb_code ntb_report(struct ntb_transport *transport, char *buffer, size_t size, size_t *needed);

// Takes the next connection, waiting up to `timeout_ms` milliseconds: 0 does not wait, NTB_FOREVER
// waits without end. When it answers NTB_TIMED_OUT, the descriptor of the listener has been drained and
// becomes readable with the next connection.
//
// On success `*endpoint` is a handle, to be closed by ntb_close; else it is null.
//
// Answers NTB_OK; NTB_TIMED_OUT; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_SYSTEM.
ntb_code ntb_accept(struct ntb_listener *listener,
                    int64_t timeout_ms,
                    struct ntb_endpoint **endpoint);

// Sets `*fd` to a descriptor for poll, select and epoll: readable while a connection may wait. Accept
// with a timeout of 0 until NTB_TIMED_OUT, which drains it. It stays the listener's: don't read, don't
// close it.
//
// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
ntb_code ntb_listener_fd(struct ntb_listener *listener,
                         int *fd);

// Sets `*port` to the TCP port that is listened on.
//
// Answers NTB_OK, NTB_ERR_ARGUMENT or NTB_ERR_HANDLE.
ntb_code ntb_listener_port(struct ntb_listener *listener, uint16_t *port);

// Closes the port, its descriptor and the handle. Connections that were not accepted and handshakes
// under way are closed, accepted connections go on. The port can be listened on again at once.
//
// Answers NTB_OK; NTB_ERR_HANDLE; NTB_ERR_BUSY while another thread uses it (the handle stays valid).
ntb_code ntb_listener_close(struct ntb_listener *listener);

// Sends all of `bytes` bytes at `data`; when it returns they may be reused. Blocks while the peer's
// ring is full, for at most `send_timeout_ms` in which the peer takes nothing.
//
// Answers NTB_OK; NTB_TIMED_OUT; NTB_ERR_CLOSED, NTB_ERR_LOST or NTB_ERR_PEER_FAULT if the connection
// is dead; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_BUSY. After anything but NTB_OK an unknown part of
// the bytes has been sent, so that all that is left to do is to close.
ntb_code ntb_send(struct ntb_endpoint *endpoint,
                  const void *data,
                  size_t bytes);

// Receives at least one byte and at most `size` into `buffer`, waiting up to `timeout_ms` milliseconds:
// 0 does not sleep, NTB_FOREVER waits without end. `*received` is set to the number of bytes, which is
// 0 for any answer but NTB_OK. A `size` of 0 receives nothing and succeeds.
//
// Answers NTB_OK; NTB_END; NTB_TIMED_OUT; NTB_ERR_LOST or NTB_ERR_PEER_FAULT if the connection is dead;
// NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_BUSY. What arrived before a connection was lost is received
// first.
ntb_code ntb_recv(struct ntb_endpoint *endpoint,
                  void *buffer,
                  size_t size,
                  int64_t timeout_ms,
                  size_t *received);

// Sets `*bytes` to the number of bytes that can be received without waiting. If it is 0, the descriptor
// has been drained and becomes readable with the next byte or the end: an event loop receives until
// this says 0, and only then waits for the descriptor again.
//
// Answers NTB_OK; NTB_ERR_CLOSED at the end of the stream; NTB_ERR_LOST or NTB_ERR_PEER_FAULT if the
// connection is dead; NTB_ERR_ARGUMENT; NTB_ERR_HANDLE; NTB_ERR_BUSY.
ntb_code ntb_readable(struct ntb_endpoint *endpoint,
                      uint64_t *bytes);

// Sets `*fd` to a descriptor for poll, select and epoll: readable while bytes or the end may wait, see
// ntb_readable. It is the same for the life of the connection and stays the connection's: don't read,
// don't close it. There is none for sending: ntb_send blocks.
//
// Answers NTB_OK, NTB_ERR_ARGUMENT, NTB_ERR_HANDLE or NTB_ERR_BUSY.
ntb_code ntb_fd(struct ntb_endpoint *endpoint,
                int *fd);

// Fills `status`, whose `size` must be set.
//
// Answers NTB_OK, NTB_ERR_ARGUMENT, NTB_ERR_HANDLE or NTB_ERR_BUSY.
ntb_code ntb_get_status(struct ntb_endpoint *endpoint, struct ntb_endpoint_status *status);

// Tells the peer that nothing more will be sent, and sends nothing more. What the peer has sent can
// still be received. The peer answers with its own goodbye, so what it sends afterwards fails there
// with NTB_ERR_CLOSED: there is no half-closed connection. May be called again.
//
// Answers NTB_OK, NTB_ERR_HANDLE or NTB_ERR_BUSY.
ntb_code ntb_shutdown(struct ntb_endpoint *endpoint);

// Closes the connection, its descriptor and the handle. All that was sent before reaches the peer.
//
// Answers NTB_OK; NTB_ERR_HANDLE; NTB_ERR_BUSY while another thread uses it (the handle stays valid).
ntb_code ntb_close(struct ntb_endpoint *endpoint);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* NTB_H */

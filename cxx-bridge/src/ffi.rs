//! What C++ sees. Nothing but the bridge itself stands in this file.

use crate::endpoint::{Endpoint, new_endpoint};
use crate::listener::{Listener, new_listener};
use crate::process::{reachable, start};

#[cxx::bridge(namespace = "ntb::ffi")]
#[allow(
    missing_docs,
    unused_qualifications,
    reason = "the macro generates what has neither"
)]
pub mod bridge {
    /// How an operation ended; C++ maps it to an exception of BeeGFS.
    #[derive(Debug)]
    enum IoKind {
        /// As asked; `bytes` says how much.
        Done,
        /// The time was up.
        TimedOut,
        /// The peer closed the connection, or it broke.
        Disconnected,
        /// No connection came about.
        NotConnected,
        /// The SISCI library can't be loaded or is none.
        NoLibrary,
        /// A setting makes no sense, or the file that it names; `text` says which.
        BadSetting,
        /// The transport can't be used on this host now; another path can.
        Unavailable,
        /// A defect in this library; the socket is dead.
        Internal,
    }

    /// Outcome of an operation. `text` is empty if `kind` is `Done`.
    struct IoOutcome {
        kind: IoKind,
        bytes: usize,
        text: String,
    }

    /// Outcome of receiving in place. `address` 0 with an outcome that is `Done`: nothing was lent.
    struct LentOutcome {
        outcome: IoOutcome,
        address: usize,
    }

    /// Settings of the transport; ranges as in the documentation of BeeGFS's keys.
    struct Settings {
        /// Path or name of the SISCI library; empty: `libsisci.so`.
        library: String,
        adapter: u32,
        buf_size: u64,
        buf_num: u64,
        memory_limit: u64,
        poll_micros: u64,
        /// Percent of the processors.
        poll_share: u32,
        /// Connections that get a data interrupt of their own.
        interrupts: u32,
        /// Path of a tuning table; empty: what suits the adapter.
        tuning_file: String,
        connect_millis: u64,
        send_millis: u64,
        retry_secs: u64,
        /// Shared secret; 0: none.
        auth_hash: u64,
        process: String,
    }

    /// A peer's control port: IPv6 form (IPv4 mapped), host byte order.
    struct PeerAddress {
        ip: [u8; 16],
        port: u16,
    }

    extern "Rust" {
        type Endpoint;
        type Listener;

        /// Opens the transport of this process, once; later calls give the first outcome unless
        /// that can get better.
        fn start(settings: &Settings) -> IoOutcome;

        /// Whether connecting to a peer is worth while, from a local address (zero: any). Never
        /// waits; may try the peer in the background, so that a later call knows better.
        fn reachable(peer: &PeerAddress, source: [u8; 16]) -> bool;

        /// An endpoint that is not connected.
        fn new_endpoint() -> Box<Endpoint>;
        /// Connects. `is_new` tells whether the reason for a failure is worth a log line.
        fn connect(self: &mut Endpoint, peer: &PeerAddress, is_new: &mut bool) -> IoOutcome;
        /// [`Endpoint::connect`] from a local address; zero: any.
        fn connect_from(
            self: &mut Endpoint,
            peer: &PeerAddress,
            source: [u8; 16],
            is_new: &mut bool,
        ) -> IoOutcome;
        /// Sends all of `data`.
        fn send(self: &mut Endpoint, data: &[u8]) -> IoOutcome;
        /// Receives at least one byte; a negative time is without end.
        fn recv(self: &mut Endpoint, buffer: &mut [u8], timeout_millis: i64) -> IoOutcome;
        /// Lends `len` bytes where they lie, until the next call; the peer can change them.
        fn recv_in_place(self: &mut Endpoint, len: usize, timeout_millis: i64) -> LentOutcome;
        /// The peer sends this many bytes before it waits for an answer: a sleep is for many of them.
        fn expect(self: &mut Endpoint, bytes: u64);
        /// `bytes` can be received at once; 0: the descriptor is drained and armed.
        fn readable(self: &mut Endpoint) -> IoOutcome;
        /// [`Endpoint::readable`] without a spin before.
        fn readable_at_once(self: &mut Endpoint) -> IoOutcome;
        /// No more sending; the peer is told.
        fn shutdown(self: &mut Endpoint);
        /// The descriptor for polling; -1 if it was never connected. The same for life.
        fn fd(self: &Endpoint) -> i32;
        /// The peer; zero if not connected.
        fn peer(self: &Endpoint) -> PeerAddress;
        /// The peer as text; empty if not connected.
        fn peer_text(self: &Endpoint) -> String;

        /// A listener that does not listen.
        fn new_listener() -> Box<Listener>;
        /// Listens on `port` of all addresses, IPv6 as well if the host has it and `v6` is set.
        fn listen(self: &mut Listener, port: u16, v6: bool) -> IoOutcome;
        /// True if a connection waits; drains the descriptor if not. Never blocks.
        fn pending(self: &mut Listener) -> bool;
        /// Moves the next connection into `endpoint`; `bytes` 0: none waits. Never blocks.
        fn accept(self: &mut Listener, endpoint: &mut Endpoint) -> IoOutcome;
        /// The descriptor for polling; -1 if not listening.
        fn fd(self: &Listener) -> i32;
    }
}

pub use bridge::*;

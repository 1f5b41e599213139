//! The protocol without I/O: streams over rings and lines, credits, waiting, handshake messages.
//!
//! | module | idea |
//! |---|---|
//! | [`layout`] | where the words, lines and the ring of a channel lie |
//! | [`words`] | the loads, stores and barriers that the protocol makes of them |
//! | [`ring`] | the two ends of a stream, as positions; which loads and stores, in which order |
//! | [`class`] | which way a message takes: in a line, in the ring, by DMA |
//! | [`connection`] | both directions, their ends, and whom to wake |
//! | [`wait`] | spin, arm, look again, sleep: as steps that somebody else carries out |
//! | [`wake`] | wait words, and when a doorbell is rung |
//! | [`wire`] | messages of the control channel |
//! | [`fault`] | the rules that a peer can break |
//!
//! Nothing here touches shared memory, a clock, a socket or an allocator: time is an argument, memory
//! is a trait, what has to be done is returned. A word of the peer is loaded **once**, checked by an
//! `accept_*` function, and only what that made of it is used: there a hostile peer is stopped
//! (`docs/threat-model.md`).
//!
//! A send, inside of the gate that says that the peer's memory may still be written:
//!
//! 1. [`connection::Connection::class`], then [`ring::Producer::reserve`] for a span or
//!    [`connection::Connection::line`] for a slot; copy the payload there.
//! 2. [`connection::Connection::publish`] or [`connection::Connection::publish_line`].
//! 3. A full fence (store before load), then [`connection::Connection::bells`].
//!
//! A receive: [`connection::Connection::look`]; [`ring::Consumer::piece`], copy, and
//! [`ring::Consumer::consume`]; [`connection::Connection::publish_credit`]. Finding nothing, it goes
//! the steps of [`wait::Wait`].
//!
//! Bulk bytes never pass through this module: it deals in [`ring::Span`]s.
#![forbid(unsafe_code)]

pub mod class;
pub mod connection;
pub mod fault;
pub mod layout;
pub mod ring;
pub mod wait;
pub mod wake;
pub mod wire;
pub mod words;

//! A small client of BeeGFS's message protocol ("BeeMsg"), for versions 7.4 and 8.
//!
//! Servers of both families take the same requests for chunks; they differ in how the secret is
//! turned into a number and in how network interfaces are written down ([`Family`]).
//!
//! | module | concept |
//! |---|---|
//! | [`codec`], [`header`] | bytes: integers, strings, sequences; what stands before each message |
//! | [`secret`], [`family`] | authentication; the two families |
//! | [`message`], [`request`], [`node`] | requests and replies |
//! | [`code`] | BeeGFS's own error numbers |
//! | [`path`] | byte streams to a server: TCP, or NTB through `ntb-core` |
//! | [`connection`] | a stream on which requests are answered |
//! | [`chunk`] | writing and reading a part of a file on a storage target |
//! | [`meta`] | folders and empty files on metadata servers |
//! | [`layout`] | where the chunks of a file are, and moving them |
//! | [`management`] | what the management daemon knows of a cluster |
//! | `responder` | a server in memory, for tests (feature of that name) |
//!
//! Numbers, names and layouts are those of BeeGFS 7.4.6 and 8.3.1, read from its sources; each
//! module names the file below `common/source/common` from which it has them.
#![forbid(unsafe_code)]

pub mod chunk;
pub mod code;
pub mod codec;
pub mod connection;
pub mod error;
pub mod family;
pub mod header;
pub mod layout;
pub mod management;
pub mod message;
pub mod meta;
pub mod node;
pub mod path;
pub mod request;
#[cfg(feature = "responder")]
pub mod responder;
pub mod secret;

pub use chunk::{Chunk, Place};
pub use code::Code;
pub use connection::Connection;
pub use error::Error;
pub use family::Family;
pub use layout::Layout;
pub use management::Cluster;
pub use node::{Node, NodeType};
pub use path::Path;
pub use secret::Secret;

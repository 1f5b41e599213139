//! What a process tells a tool about its connections.

use crate::fabric::routes::Routes;
use crate::runtime::log::report;
use crate::{Code, Result};
use rustix::fs::MemfdFlags;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;

/// Longer reports are not ours: room for a hundred thousand connections.
const MAX_BYTES: u64 = 16 << 20;

/// What a process has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its connections with other nodes, and those that it made to its own.
    #[serde(rename = "connection", default)]
    pub connections: Vec<Connection>,
}

/// One side of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// True at the side that connected.
    pub outgoing: bool,
    /// `segment`, `interrupt` or `data-interrupt`.
    pub kind: String,
    /// Segment id or interrupt number.
    pub id: u32,
    /// Node at the other end.
    pub node: u32,
    /// Process at the other end; known where it is the one that connected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pid: Option<u32>,
}

/// Writes the report of this process into a file that has no name, and tells its length.
///
/// # Errors
/// `SYSTEM`; the log says why.
pub fn write(routes: &Routes) -> Result<(OwnedFd, u64)> {
    try_write(routes).map_err(|error| {
        report!(Warn, "cannot write a report: {error}");
        Code::SCI_ERR_SYSTEM
    })
}

fn try_write(routes: &Routes) -> std::io::Result<(OwnedFd, u64)> {
    let text = toml::to_string(&collect(routes)).map_err(Error::other)?;
    let mut file = File::from(rustix::fs::memfd_create(
        "sisci-report",
        MemfdFlags::CLOEXEC,
    )?);
    file.write_all(text.as_bytes())?;
    Ok((file.into(), text.len() as u64))
}

fn collect(routes: &Routes) -> Report {
    let mut connections = Vec::new();
    for route in routes.all() {
        let described = route.travellers().into_iter();
        connections.extend(described.filter_map(|traveller| {
            let found = traveller.describe()?;
            Some(Connection {
                outgoing: found.outgoing,
                kind: found.kind.prefix().to_owned(),
                id: found.id,
                node: route.peer(),
                pid: found.pid,
            })
        }));
    }
    connections.sort_by_key(|found| (found.node, !found.outgoing, found.id));
    Report { connections }
}

/// Reads the report of another process.
///
/// # Errors
/// What the system says; `InvalidData` if it is none.
pub fn read(file: OwnedFd, size: u64) -> std::io::Result<Report> {
    let refused = |reason: String| Error::new(ErrorKind::InvalidData, reason);
    if size > MAX_BYTES {
        return Err(refused(format!("a report of {size} bytes")));
    }
    let mut bytes = vec![0; size as usize];
    let file = File::from(file);
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut bytes, 0)?;
    let mut text = String::new();
    bytes.as_slice().read_to_string(&mut text)?;
    toml::from_str(&text).map_err(|error| refused(error.message().to_owned()))
}

//! The statistics socket of this process, see [`crate::report`].

use super::error::Error;
use super::link::Link;
use super::sys;
use super::transport::Inner;
use crate::report::{self, EndpointState, Fabric, PathKind, Report, SCHEMA, TcpConnection};
use rustix::fd::{AsFd, BorrowedFd};
use std::collections::HashSet;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// The listening socket; its file goes with it.
#[derive(Debug)]
pub(crate) struct StatusSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl StatusSocket {
    /// Creates `<runtime dir>/<pid>.sock`.
    pub(crate) fn open() -> Result<Self, Error> {
        let dir = report::runtime_dir();
        // For this user alone, and not where somebody else could put another file in its place.
        let mut private = std::fs::DirBuilder::new();
        let made = private.recursive(true).mode(0o700).create(&dir);
        made.map_err(Error::io("statistics folder"))?;
        let owner = std::fs::metadata(&dir)
            .map_err(Error::io("statistics folder"))?
            .uid();
        if owner != 0 && owner != rustix::process::geteuid().as_raw() {
            let foreign = std::io::ErrorKind::PermissionDenied.into();
            return Err(Error::io("statistics folder of another user")(foreign));
        }
        let path = report::socket_path(&dir, std::process::id());
        // Left behind by a process that had our number and was killed.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(Error::io("statistics socket"))?;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, private).map_err(Error::io("statistics socket"))?;
        listener
            .set_nonblocking(true)
            .map_err(Error::io("statistics socket"))?;
        Ok(Self { listener, path })
    }

    /// Answers everyone who waits. A reader that does not take the document at once gets a part
    /// of it: the control thread waits for nobody.
    ///
    /// # Errors
    /// What the system says if it can't let them in, for example without descriptors. They still wait.
    pub(crate) fn serve(&self, inner: &Inner) -> std::io::Result<()> {
        use std::io::ErrorKind::{ConnectionAborted, Interrupted, WouldBlock};
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) => match error.kind() {
                    Interrupted | ConnectionAborted => continue,
                    WouldBlock => return Ok(()),
                    _ => return Err(error),
                },
            };
            let Ok(document) = serde_json::to_vec(&report(inner)) else {
                continue;
            };
            if stream.set_nonblocking(true).is_ok() {
                let _ = rustix::net::sockopt::set_socket_send_buffer_size(
                    &stream,
                    document.len() + (64 << 10),
                );
                let _ = stream.write_all(&document);
            }
        }
    }
}

impl AsFd for StatusSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl Drop for StatusSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The document of this moment.
pub(crate) fn report(inner: &Inner) -> Report {
    let links = inner.links();
    let control: HashSet<SocketAddr> = links
        .iter()
        .filter_map(|link| link.control().local_addr().ok())
        .collect();
    let (refused, last_refusal, accept_pauses) = inner.refusals();
    Report {
        schema: SCHEMA,
        pid: std::process::id(),
        process: process_name(&inner.config.process),
        host: rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned(),
        uptime_secs: inner.started.elapsed().as_secs_f64(),
        fabric: fabric(inner),
        listeners: inner.control.listeners(),
        endpoints: links.iter().map(|link| endpoint(link)).collect(),
        tcp: sys::tcp_sockets()
            .into_iter()
            .map(|socket| TcpConnection {
                control: control.contains(&socket.local),
                local: socket.local.to_string(),
                peer: socket.peer.to_string(),
                bytes_in: socket.bytes_in,
                bytes_out: socket.bytes_out,
            })
            .collect(),
        peers: inner.totals.report(),
        skips: inner.reach.report(),
        refused,
        last_refusal,
        accept_pauses,
    }
}

fn fabric(inner: &Inner) -> Fabric {
    let (about, usage) = (inner.device.describe(), inner.arena.usage());
    Fabric {
        library: about.library,
        vendor: about.vendor,
        api: about.api,
        adapter: inner.device.adapter(),
        node: inner.device.node(),
        arena_bytes: usage.exported,
        arena_used: usage.used,
        memory_limit: usage.limit,
    }
}

/// One connection of this moment.
pub(crate) fn endpoint(link: &Link) -> report::Endpoint {
    let counters = &link.counters;
    report::Endpoint {
        id: link.id,
        peer: link.peer.to_string(),
        peer_node: link.node,
        direction: link.direction,
        path: PathKind::Ntb,
        state: match (link.loss(), link.peer_end()) {
            (Some(_), _) => EndpointState::Broken,
            (None, Some(_)) => EndpointState::Closing,
            (None, None) => EndpointState::Open,
        },
        age_secs: link.opened.elapsed().as_secs_f64(),
        ring_bytes: link.ring_bytes,
        bytes_in: counters.bytes_in.get(),
        bytes_out: counters.bytes_out.get(),
        recv_polled: counters.recv_polled.get(),
        recv_slept: counters.recv_slept.get(),
        send_polled: counters.send_polled.get(),
        send_slept: counters.send_slept.get(),
        doorbells_in: link.bell.rung.load(Ordering::Relaxed) + counters.alarms_in.get(),
        doorbells_out: counters.doorbells_out.get(),
        alarms_in: counters.alarms_in.get(),
        bulk_out: counters.bulk_out.get(),
        bulk_refused: counters.bulk_refused.get(),
        sent_again: counters.sent_again.get(),
    }
}

fn process_name(configured: &str) -> String {
    if !configured.is_empty() {
        return configured.to_owned();
    }
    let executable = std::env::current_exe().ok();
    let name = executable.as_deref().and_then(std::path::Path::file_name);
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

//! The statistics document of a process that uses the transport, and how to find it.
//!
//! Every such process serves one Unix stream socket, `<runtime dir>/<pid>.sock`. Who connects
//! gets one JSON document ([`Report`]) and the end of the stream; nothing is read from the
//! caller. The server writes these types, tools read them ([`discover`]).
//!
//! Units: bytes and plain event counts unless the name says otherwise, times in seconds.
//! "In" is what the reporting process received, "out" what it sent. Counters only grow while
//! the object they belong to exists.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use serde::{Deserialize, Serialize};

/// Version of the document. A reader refuses any other.
pub const SCHEMA: u32 = 1;

/// Most bytes that a reader takes from one process.
pub const MAX_DOCUMENT: usize = 16 << 20;

/// Longest time that a reader spends on one process.
pub const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// A socket on which nobody listens is removed once it is this old, even if a process with
/// its number exists: the number has been given to another one.
const REFUSING_GRACE: Duration = Duration::from_secs(10);

/// What one process says about its connections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: u32,
    /// Process id, as the process itself sees it.
    pub pid: u32,
    /// Program name, as `beegfs-storage`.
    pub process: String,
    /// Name of the host (UTS name) at the time of the report.
    pub host: String,
    /// Since the transport was started in this process.
    pub uptime_secs: f64,
    /// The adapter in use.
    pub fabric: Fabric,
    /// Addresses on which control connections are accepted, as `0.0.0.0:9003`.
    pub listeners: Vec<String>,
    /// Open NTB connections.
    pub endpoints: Vec<Endpoint>,
    /// Open TCP connections of the process.
    pub tcp: Vec<TcpConnection>,
    /// Sums per peer and path; closed connections are included.
    pub peers: Vec<PeerTotal>,
    /// Peers that are reached by TCP, and why.
    pub skips: Vec<Skip>,
    /// Incoming handshakes that were refused since the transport was started.
    #[serde(default)]
    pub refused: u64,
    /// Address and reason of the last of them; empty if there was none.
    #[serde(default)]
    pub last_refusal: String,
    /// How often accepting paused because the process lacked descriptors or memory.
    #[serde(default)]
    pub accept_pauses: u64,
}

/// The NTB adapter of a process and the memory that it exports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fabric {
    /// Path of the loaded SISCI library.
    pub library: String,
    /// Vendor text of that library.
    pub vendor: String,
    /// API version text of that library.
    pub api: String,
    /// Adapter number, from 0.
    pub adapter: u32,
    /// Node id of this host on the fabric.
    pub node: u32,
    /// Bytes of exported segments.
    pub arena_bytes: u64,
    /// Bytes of these that belong to open connections.
    pub arena_used: u64,
    /// Upper limit for `arena_bytes`.
    pub memory_limit: u64,
}

/// One open NTB connection, seen from this process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Unique within the process and never used twice.
    pub id: u64,
    /// Address and port of the control connection's other end.
    pub peer: String,
    /// Node id of the peer on the fabric.
    pub peer_node: u32,
    /// Who opened the connection.
    pub direction: Direction,
    /// What carries the bytes now.
    pub path: PathKind,
    /// Where in its life the connection is.
    pub state: EndpointState,
    /// Since it was opened.
    pub age_secs: f64,
    /// Size of one direction's ring.
    pub ring_bytes: u64,
    /// Payload received.
    pub bytes_in: u64,
    /// Payload sent.
    pub bytes_out: u64,
    /// Waits for data that ended while polling.
    pub recv_polled: u64,
    /// Waits for data that had to sleep.
    pub recv_slept: u64,
    /// Waits for room in the peer's ring that ended while polling.
    pub send_polled: u64,
    /// Waits for room in the peer's ring that had to sleep.
    pub send_slept: u64,
    /// Doorbells received.
    pub doorbells_in: u64,
    /// Doorbells rung at the peer.
    pub doorbells_out: u64,
    /// Those of `doorbells_in` that came by the connection's own interrupt, which a blocking call
    /// slept on.
    #[serde(default)]
    pub alarms_in: u64,
    /// Payload sent by DMA; part of `bytes_out`.
    #[serde(default)]
    pub bulk_out: u64,
    /// Sends that were to go by DMA and did not: memory or queues were short.
    #[serde(default)]
    pub bulk_refused: u64,
    /// Pieces that were sent again because they did not arrive.
    #[serde(default)]
    pub sent_again: u64,
}

/// One open TCP connection of the process (numbers from the kernel's `TCP_INFO`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TcpConnection {
    /// Own address and port.
    pub local: String,
    /// Peer's address and port.
    pub peer: String,
    /// Bytes received, without headers.
    pub bytes_in: u64,
    /// Bytes acknowledged by the peer, without headers.
    pub bytes_out: u64,
    /// Whether this is the control channel of an NTB connection.
    pub control: bool,
}

/// All traffic with one peer over one path since the transport was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerTotal {
    /// Address without port.
    pub peer: String,
    /// What carried the bytes.
    pub path: PathKind,
    /// Connections that are open now.
    pub connections_open: u64,
    /// Connections ever opened.
    pub connections_total: u64,
    /// Payload received.
    pub bytes_in: u64,
    /// Payload sent.
    pub bytes_out: u64,
}

/// Why a peer is not reached over NTB at the moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skip {
    /// Address and control port that was tried.
    pub peer: String,
    /// Reason, for people.
    pub reason: String,
    /// Since the attempt.
    pub age_secs: f64,
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The peer did.
    In,
    /// This process did.
    Out,
}

/// What carries the bytes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PathKind {
    /// The NTB adapter.
    Ntb,
    /// A TCP connection.
    Tcp,
}

/// Where in its life a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointState {
    /// Usable in both directions.
    Open,
    /// Shut down by one side, the rest of the bytes is on its way.
    Closing,
    /// Ended by a fault or the loss of the peer.
    Broken,
}

/// A statistics socket that was found, and what came out of it.
#[derive(Debug)]
pub struct Found {
    /// Path of the socket.
    pub socket: PathBuf,
    /// Process id, from the socket's name.
    pub pid: u32,
    /// The document, or why there is none.
    pub report: Result<Report, ReadError>,
}

/// Why a process' document could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No process listens on the socket.
    #[error("nobody listens on it")]
    Refused,
    /// The process did not deliver in [`READ_TIMEOUT`].
    #[error("no answer within {} s", READ_TIMEOUT.as_secs())]
    TimedOut,
    /// The document is larger than [`MAX_DOCUMENT`].
    #[error("the document is larger than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// The document is of another version.
    #[error("the document has schema {0}, this program reads {SCHEMA}")]
    Schema(u64),
    /// The document is not what it should be.
    #[error("the document is not valid: {0}")]
    Invalid(#[from] serde_json::Error),
    /// The system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// The folder of the statistics sockets for this user: `$NTB_RUNTIME_DIR`, else
/// `/run/beegfs-ntb` for root, else `$XDG_RUNTIME_DIR/beegfs-ntb`, else
/// `/tmp/beegfs-ntb-<uid>`. It need not exist.
pub fn runtime_dir() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let uid = rustix::process::geteuid();
    if let Some(dir) = set("NTB_RUNTIME_DIR") {
        PathBuf::from(dir)
    } else if uid.is_root() {
        PathBuf::from("/run/beegfs-ntb")
    } else if let Some(dir) = set("XDG_RUNTIME_DIR") {
        Path::new(&dir).join("beegfs-ntb")
    } else {
        PathBuf::from(format!("/tmp/beegfs-ntb-{}", uid.as_raw()))
    }
}

/// Where the process `pid` serves its document.
pub fn socket_path(dir: &Path, pid: u32) -> PathBuf {
    dir.join(format!("{pid}.sock"))
}

/// Reads the documents of all processes below [`runtime_dir`]; see [`discover_in`].
///
/// # Errors
/// As [`discover_in`].
pub fn discover() -> std::io::Result<Vec<Found>> {
    discover_in(&runtime_dir())
}

/// Reads the documents of all processes that have a socket in `dir`, in the order of their ids.
///
/// Takes at most [`READ_TIMEOUT`] and [`MAX_DOCUMENT`] bytes for each of them. Sockets that a
/// dead process left behind are removed where the rights allow it, and left out.
///
/// # Errors
/// If the folder exists but cannot be listed. A missing folder is an empty answer.
pub fn discover_in(dir: &Path) -> std::io::Result<Vec<Found>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut pids: Vec<u32> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_socket()))
        .filter_map(|entry| pid_of(&entry.file_name()))
        .collect();
    pids.sort_unstable();
    let mut found = Vec::with_capacity(pids.len());
    for pid in pids {
        let socket = socket_path(dir, pid);
        let report = read(&socket);
        if matches!(report, Err(ReadError::Refused)) && is_stale(&socket, pid) {
            // Not ours to remove, perhaps: then it is left out again the next time.
            let _ = std::fs::remove_file(&socket);
            continue;
        }
        found.push(Found {
            socket,
            pid,
            report,
        });
    }
    Ok(found)
}

/// Reads the document that is served on `socket`, within [`READ_TIMEOUT`] and [`MAX_DOCUMENT`].
///
/// # Errors
/// See [`ReadError`].
pub fn read(socket: &Path) -> Result<Report, ReadError> {
    let deadline = Instant::now() + READ_TIMEOUT;
    let mut stream = connect(socket)?;
    let mut document = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ReadError::TimedOut);
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut chunk) {
            Ok(0) => return parse(&document),
            Ok(count) => document.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                return Err(ReadError::TimedOut);
            }
            Err(error) => return Err(error.into()),
        }
        if document.len() > MAX_DOCUMENT {
            return Err(ReadError::TooLarge);
        }
    }
}

fn connect(socket: &Path) -> Result<UnixStream, ReadError> {
    use rustix::io::Errno;
    let fd = rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .map_err(std::io::Error::from)?;
    // The send timeout also bounds the wait for a place in the backlog of a stuck process.
    sockopt::set_socket_timeout(&fd, sockopt::Timeout::Send, Some(READ_TIMEOUT))
        .map_err(std::io::Error::from)?;
    let address = SocketAddrUnix::new(socket).map_err(std::io::Error::from)?;
    match rustix::net::connect(&fd, &address) {
        Ok(()) => Ok(UnixStream::from(fd)),
        Err(Errno::CONNREFUSED | Errno::NOENT) => Err(ReadError::Refused),
        Err(Errno::AGAIN) => Err(ReadError::TimedOut),
        Err(error) => Err(ReadError::Io(error.into())),
    }
}

fn parse(document: &[u8]) -> Result<Report, ReadError> {
    #[derive(Deserialize)]
    struct Version {
        schema: u64,
    }
    // First only the version: a newer document may differ in everything else.
    let Version { schema } = serde_json::from_slice(document)?;
    if schema != u64::from(SCHEMA) {
        return Err(ReadError::Schema(schema));
    }
    Ok(serde_json::from_slice(document)?)
}

fn pid_of(name: &OsStr) -> Option<u32> {
    name.to_str()?.strip_suffix(".sock")?.parse().ok()
}

/// Whether a socket that refuses connections was left behind. The kernel refuses for every
/// caller alike, so that a live process of another pid namespace is never taken for dead.
fn is_stale(socket: &Path, pid: u32) -> bool {
    let age = || {
        std::fs::metadata(socket)
            .ok()?
            .modified()
            .ok()?
            .elapsed()
            .ok()
    };
    !Path::new(&format!("/proc/{pid}")).exists() || age().is_some_and(|age| age > REFUSING_GRACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::thread::JoinHandle;

    /// Serves `document` once on the socket of `pid`.
    fn serve(dir: &Path, pid: u32, document: Vec<u8>) -> JoinHandle<()> {
        let listener = UnixListener::bind(socket_path(dir, pid)).expect("bind");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("accept");
            // The reader may give up early, which is what some tests are about.
            let _ = stream.write_all(&document);
        })
    }

    fn dead_pid() -> u32 {
        let mut child = std::process::Command::new("true").spawn().expect("spawn");
        child.wait().expect("wait");
        child.id()
    }

    #[test]
    fn the_document_has_the_agreed_names() {
        let text = r#"{"schema":1,"pid":7,"process":"beegfs-storage","host":"store1",
            "uptime_secs":1.5,"fabric":{"library":"/l","vendor":"v","api":"a","adapter":0,
            "node":8,"arena_bytes":1,"arena_used":2,"memory_limit":3},
            "listeners":["0.0.0.0:9003"],
            "endpoints":[{"id":1,"peer":"10.0.0.3:9005","peer_node":4,"direction":"in",
            "path":"ntb","state":"open","age_secs":1.0,"ring_bytes":1048576,"bytes_in":1,
            "bytes_out":2,"recv_polled":3,"recv_slept":4,"send_polled":5,"send_slept":6,
            "doorbells_in":7,"doorbells_out":8,"alarms_in":6,"bulk_out":9,"bulk_refused":10,
            "sent_again":11}],
            "tcp":[{"local":"a:1","peer":"b:2","bytes_in":0,"bytes_out":0,"control":false}],
            "peers":[{"peer":"10.0.0.3","path":"tcp","connections_open":1,
            "connections_total":3,"bytes_in":0,"bytes_out":0}],
            "skips":[{"peer":"10.0.0.3:9003","reason":"r","age_secs":1.0}],
            "refused":0,"last_refusal":"","accept_pauses":0}"#;
        let report = parse(text.as_bytes()).expect("valid");
        assert_eq!(report.endpoints[0].direction, Direction::In);
        let written = serde_json::to_value(&report).expect("written");
        let agreed: serde_json::Value = serde_json::from_str(text).expect("valid");
        assert_eq!(written, agreed);
    }

    #[test]
    fn discovers_a_live_process_and_removes_a_dead_ones_socket() {
        let dir = tempfile::tempdir().expect("tempdir");
        let pid = std::process::id();
        let report = Report {
            schema: SCHEMA,
            pid,
            ..Report::default()
        };
        let server = serve(dir.path(), pid, serde_json::to_vec(&report).expect("json"));
        let dead = dead_pid();
        drop(UnixListener::bind(socket_path(dir.path(), dead)).expect("bind"));
        std::fs::write(dir.path().join("note.sock"), "not a pid").expect("write");

        let found = discover_in(dir.path()).expect("listed");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pid, pid);
        assert_eq!(found[0].report.as_ref().expect("read"), &report);
        assert!(!socket_path(dir.path(), dead).exists());
        assert!(dir.path().join("note.sock").exists());
        server.join().expect("server");
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let dir = tempfile::tempdir().expect("tempdir");
        assert!(
            discover_in(&dir.path().join("none"))
                .expect("empty")
                .is_empty()
        );
    }

    #[test]
    fn another_schema_is_named() {
        let error = parse(br#"{"schema":2,"new":true}"#).expect_err("refused");
        assert!(matches!(error, ReadError::Schema(2)));
    }

    #[test]
    fn a_silent_process_costs_a_bounded_time() {
        let dir = tempfile::tempdir().expect("tempdir");
        let socket = socket_path(dir.path(), 1);
        let _silent = UnixListener::bind(&socket).expect("bind");
        assert!(matches!(read(&socket), Err(ReadError::TimedOut)));
    }

    #[test]
    fn a_document_without_end_is_cut_off() {
        let dir = tempfile::tempdir().expect("tempdir");
        let server = serve(dir.path(), 1, vec![b' '; MAX_DOCUMENT + (1 << 20)]);
        assert!(matches!(
            read(&socket_path(dir.path(), 1)),
            Err(ReadError::TooLarge)
        ));
        server.join().expect("server");
    }
}

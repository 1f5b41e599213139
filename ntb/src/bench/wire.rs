//! What the orchestrator and its two worker processes say to each other: one JSON document a
//! line, over the worker's standard input and output.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::data::Check;

/// A way to move bytes between two processes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What this project is about.
    Ntb,
    /// The same, every message inline that fits into a line.
    NtbInline,
    /// The same, every message copied into the ring by the processor.
    NtbEager,
    /// The same, every message by DMA.
    NtbBulk,
    /// Bare byte ring in shared memory, without an API, the system's copy: the limit.
    Ring,
    /// The same with wide copies that fetch ahead, better on some processors.
    RingPrefetch,
    /// Bare ring of 64-byte lines with the flag in the payload's line: the limit up to 56 bytes.
    LineRing,
    /// TCP over loopback, congestion control cubic where there is one.
    Tcp,
    /// TCP over loopback with the system's congestion control.
    TcpSystem,
    /// TCP over a veth pair between two network namespaces, cubic. Needs root.
    Veth,
    /// The same with the system's congestion control.
    VethSystem,
    /// AF_UNIX stream socket.
    Unix,
    /// UCX stream API through ucx_perftest.
    UcxStream,
    /// UCX tag API through ucx_perftest.
    UcxTag,
    /// libfabric's shm provider through fi_pingpong.
    FabricShm,
}

impl Kind {
    /// The name on the command line and in documents.
    pub fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// Whether somebody else's program measures it, from which only its own figures come.
    pub fn is_tool(self) -> bool {
        matches!(self, Self::UcxStream | Self::UcxTag | Self::FabricShm)
    }

    /// Whether it is NTB, with a class of its own choice or a forced one.
    pub fn is_ntb(self) -> bool {
        self == Self::Ntb || self.is_forced()
    }

    /// Whether it is NTB with one transfer class for all messages: for the sweep.
    pub fn is_forced(self) -> bool {
        matches!(self, Self::NtbInline | Self::NtbEager | Self::NtbBulk)
    }

    pub fn is_veth(self) -> bool {
        matches!(self, Self::Veth | Self::VethSystem)
    }
}

/// The timing model of the emulated fabric.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// As fast as memory is.
    None,
    Pxh810,
    Mxh930,
}

impl Model {
    /// Its times, where it delays anything.
    pub fn table(self) -> Option<sisci::runtime::model::Model> {
        let named = sisci::runtime::model::Model::named(self.name(), Path::new("/"));
        named.ok().flatten()
    }

    /// The name that the emulator knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pxh810 => "pxh810",
            Self::Mxh930 => "mxh930",
        }
    }
}

/// How a receiver waits.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Never sleeps.
    Spinning,
    /// Sleeps when nothing comes; NTB and the rings spin for 50 µs first, as by default.
    Blocking,
    /// Sleeps at once (connNTBPollUsecs=0).
    NoSpin,
}

/// Which cores the two processes run on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    TwoCores,
    OneCore,
    Unpinned,
}

/// Which side of a pair a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Connects; starts exchanges; sends in one-way streams.
    Initiator,
    /// Accepts; answers; receives in one-way streams.
    Responder,
}

/// The first line to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setup {
    pub role: Role,
    pub kind: Kind,
    pub mode: Mode,
    /// Core to pin to.
    pub core: Option<usize>,
    /// SISCI library, for NTB.
    pub library: PathBuf,
    /// Ring per connection and direction, for NTB and the bare ring.
    pub ring_bytes: u64,
    /// Upper bound of the memory that NTB may export.
    pub memory_limit: u64,
    /// Tuning table of NTB, TOML; empty: the default.
    pub tuning: String,
    /// Congestion control to set on both TCP sockets.
    pub congestion: Option<String>,
    /// A folder for sockets of this run.
    pub folder: PathBuf,
    /// Address of this end, for TCP.
    pub address: String,
    /// The same with its prefix, to be given to a veth device first.
    pub veth: Option<String>,
}

/// What a worker is to do next.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Give the veth device its address.
    Network,
    /// Responder: be ready for connections, tell where.
    Listen,
    /// Initiator connects to the address, responder accepts, this often.
    Open { address: String, count: usize },
    /// One measurement.
    Run(Job),
}

/// What a worker answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Started; says what it uses.
    Ready {
        detail: String,
    },
    /// The command is done.
    Done,
    Listening {
        address: String,
    },
    Measured(Box<Sample>),
    Failed {
        reason: String,
    },
}

/// One measurement of one pair.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub work: Work,
    /// Bytes of a message, at least 1.
    pub size: usize,
    /// Messages, round trips or connections that are timed.
    pub count: u64,
    /// The same before that, not timed.
    pub warm_up: u64,
    /// What is written before each send and looked at after each receive.
    pub check: Check,
    /// Where to connect, for [`Work::Connect`].
    pub address: String,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Round trips on the first connection.
    Latency,
    /// A stream of messages, initiator to responder.
    Stream,
    /// Both sides send and receive the same amount at the same time.
    Duplex,
    /// Round trips in which the responder computes for so many nanoseconds.
    Think { nanos: u64 },
    /// A message on every connection, then the answers.
    Many,
    /// Connect, accept and the first byte.
    Connect,
    /// Nothing at all, for so many milliseconds, on all connections.
    Idle { millis: u64 },
}

/// What one side saw.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sample {
    /// Timed part, in nanoseconds.
    pub elapsed: f64,
    /// Messages of the timed part.
    pub messages: u64,
    /// Payload bytes of the timed part, both directions.
    pub bytes: u64,
    /// Distribution over the timed exchanges, in nanoseconds: one way for latency, above the
    /// think time for think, whole for connect. Only from the initiator.
    pub times: Option<Times>,
    /// CPU time of the whole process, warm-up included, in nanoseconds.
    pub cpu_user: f64,
    pub cpu_system: f64,
    /// Messages over which that time is spread.
    pub cpu_messages: u64,
    /// How often a thread of the process gave up its processor to wait.
    pub sleeps: u64,
}

/// Percentiles in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub mean: f64,
    pub max: f64,
}

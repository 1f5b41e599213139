//! What is measured: the cases, and which transports take part in each.

use std::time::Duration;

use clap::ValueEnum;
use ntb_core::driver::Tuning;
use serde::{Deserialize, Serialize};

use super::data::Check;
use super::wire::{Job, Kind, Mode, Model, Placement, Work};

/// Idle connections beside a busy one.
pub const IDLE: usize = 1000;
/// Ring of each of many connections, so that a thousand fit into the default memory limit.
pub const MANY_RING: u64 = 64 << 10;
/// Ring of one connection: the default of the `connNTB*` keys.
pub const RING: u64 = 2 << 20;
/// Length of a measurement of idleness.
const IDLE_TIME: Duration = Duration::from_millis(500);
/// Messages up to this size fit a few lines; the line ring is for them.
const LINE_RING_MOST: usize = 4 << 10;
/// From this size on a message may be forced to go by DMA.
const BULK_LEAST: usize = 8 << 10;

/// A kind of work, as the user names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// One-way latency: half of a round trip.
    Latency,
    /// Small messages, one way, one call each.
    Rate,
    /// One way, the same buffer again and again; ends of messages checked.
    Bandwidth,
    /// One way; the sender rewrites a word of every line, the receiver reads it.
    Produced,
    /// Both ways at once.
    Bidirectional,
    /// Requests on many busy connections.
    Many,
    /// Latency beside idle connections, and alone with the same settings.
    Beside,
    /// CPU time of idle connections.
    Idle,
    /// Request and response with a peer that computes in between.
    Think,
    /// Connect, accept and the first byte.
    Connect,
}

impl Workload {
    pub fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// The metric that transports are compared by, and whether less is better.
    pub fn headline(self) -> (&'static str, bool) {
        match self {
            Self::Latency | Self::Beside | Self::Think | Self::Connect => ("p50_us", true),
            Self::Rate | Self::Many => ("messages_per_s", false),
            Self::Bandwidth | Self::Produced | Self::Bidirectional => ("gb_per_s", false),
            Self::Idle => ("cpu_percent", true),
        }
    }

    /// What stands above a table of this workload.
    pub fn title(self) -> &'static str {
        match self {
            Self::Latency => "one-way latency, µs (median)",
            Self::Rate => "small messages, one stream, million/s",
            Self::Bandwidth => "bandwidth, one way, data not touched, GB/s",
            Self::Produced => "bandwidth, one way, data rewritten and read, GB/s",
            Self::Bidirectional => "both ways at once, sum of both, GB/s",
            Self::Many => "requests and answers over many busy connections, million messages/s",
            Self::Beside => "one-way latency beside idle connections, µs (median)",
            Self::Idle => "idle connections, CPU of both processes, % of a core",
            Self::Think => "request and response above the peer's think time, µs (median)",
            Self::Connect => "connect, accept and first byte, µs (median)",
        }
    }
}

/// One line of a table: work, size and circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Case {
    /// Of the fabric that NTB runs on.
    pub model: Model,
    pub workload: Workload,
    pub mode: Mode,
    pub placement: Placement,
    /// Bytes of a message.
    pub size: usize,
    /// Open connections.
    pub connections: usize,
    /// Think time of the responder.
    pub think_us: u64,
    /// Ring per connection and direction, where the transport has one.
    pub ring_bytes: u64,
    pub check: Check,
}

impl Case {
    /// One connection with the default ring, two cores.
    pub fn simple(workload: Workload, size: usize, mode: Mode) -> Self {
        Self {
            model: Model::None,
            workload,
            mode,
            placement: Placement::TwoCores,
            size,
            connections: 1,
            think_us: 0,
            ring_bytes: RING,
            check: if workload == Workload::Produced {
                Check::Lines
            } else {
                Check::Ends
            },
        }
    }

    pub fn think(micros: u64) -> Self {
        Self {
            think_us: micros,
            ..Self::simple(Workload::Think, 64, Mode::Blocking)
        }
    }

    pub fn connections(workload: Workload, connections: usize) -> Self {
        Self {
            connections,
            ring_bytes: MANY_RING,
            ..Self::simple(workload, 64, Mode::Blocking)
        }
    }

    /// The same on a fabric with this model.
    pub fn under(self, model: Model) -> Self {
        Self { model, ..self }
    }

    pub fn on(self, placement: Placement) -> Self {
        Self { placement, ..self }
    }

    /// Whether this transport can do this work.
    pub fn suits(&self, kind: Kind) -> bool {
        if kind.is_tool() {
            return self.check != Check::All && super::tools::supports(kind, self);
        }
        if !kind.is_ntb() && self.model != Model::None {
            return false;
        }
        match kind {
            Kind::NtbInline => {
                self.workload == Workload::Latency && self.size <= Tuning::INLINE_MOST
            }
            Kind::NtbBulk => self.size >= BULK_LEAST,
            Kind::LineRing => {
                let small = matches!(
                    self.workload,
                    Workload::Latency | Workload::Rate | Workload::Think
                );
                small && self.size <= LINE_RING_MOST
            }
            _ => true,
        }
    }

    /// What the workers are told.
    pub fn job(&self, count: u64, warm_up: u64) -> Job {
        let work = match self.workload {
            Workload::Latency | Workload::Beside => Work::Latency,
            Workload::Rate | Workload::Bandwidth | Workload::Produced => Work::Stream,
            Workload::Bidirectional => Work::Duplex,
            Workload::Many => Work::Many,
            Workload::Think => Work::Think {
                nanos: self.think_us * 1000,
            },
            Workload::Connect => Work::Connect,
            Workload::Idle => Work::Idle {
                millis: IDLE_TIME.as_millis() as u64,
            },
        };
        Job {
            work,
            size: self.size,
            count,
            warm_up,
            check: self.check,
            address: String::new(),
        }
    }

    /// How many messages about fill `time`, for a tool that can't be asked first: `nanos` for an
    /// empty one and 8 bytes per nanosecond.
    pub fn guess(&self, time: Duration, nanos: f64) -> u64 {
        (time.as_nanos() as f64 / (nanos + self.size as f64 / 8.0)) as u64
    }

    /// What tells this case from others of its workload, for people.
    pub fn label(&self) -> String {
        let size = bytes(self.size);
        match self.workload {
            Workload::Think => format!("{} µs", self.think_us),
            Workload::Beside if self.connections == 1 => "alone".to_owned(),
            Workload::Beside => format!("{} idle", self.connections - 1),
            Workload::Idle => format!("{} connections", self.connections),
            Workload::Many => format!("{} × {size}", self.connections),
            Workload::Connect => "one".to_owned(),
            _ => size,
        }
    }
}

/// A size in words, as `64 KiB`.
pub fn bytes(size: usize) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{} KiB", trimmed(size as f64 / 1024.0)),
        _ => format!("{} MiB", trimmed(size as f64 / 1_048_576.0)),
    }
}

fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The four ways to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Full,
    Quick,
    Goals,
    Sweep,
}

impl Scope {
    /// Sizes of messages unless the user names them.
    pub fn sizes(self) -> Vec<usize> {
        match self {
            Self::Full => vec![1, 64, 512, 4 << 10, 64 << 10, 1 << 20, 16 << 20],
            Self::Sweep => super::sweep::SIZES.to_vec(),
            Self::Quick | Self::Goals => vec![64, 4 << 10, 1 << 20],
        }
    }

    /// Ways to wait unless the user names them.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Self::Quick => &[Mode::Spinning, Mode::Blocking],
            Self::Sweep => &[Mode::Spinning],
            _ => Mode::value_variants(),
        }
    }

    pub fn rounds(self) -> usize {
        match self {
            Self::Quick => 3,
            Self::Sweep => 5,
            Self::Full | Self::Goals => 7,
        }
    }

    /// Of one measurement.
    pub fn time(self) -> Duration {
        Duration::from_millis(match self {
            Self::Quick | Self::Sweep => 25,
            Self::Full | Self::Goals => 150,
        })
    }

    /// Of the whole run: no round is begun that would not end before, and if the first one
    /// doesn't, the rest of it is dropped.
    pub fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Full => 60 * 60,
            Self::Quick => 45,
            Self::Sweep => 10 * 60,
            Self::Goals => 20 * 60,
        })
    }

    /// Workloads unless the user names them.
    pub fn workloads(self) -> &'static [Workload] {
        match self {
            Self::Quick => &[
                Workload::Latency,
                Workload::Rate,
                Workload::Produced,
                Workload::Think,
                Workload::Connect,
            ],
            Self::Sweep => &[Workload::Latency, Workload::Bandwidth],
            _ => Workload::value_variants(),
        }
    }

    /// Transports unless the user names them.
    pub fn kinds(self) -> Vec<Kind> {
        let unforced = |kind: &Kind| !kind.is_forced();
        let all = Kind::value_variants().iter().copied();
        match self {
            Self::Full => all.filter(unforced).collect(),
            Self::Sweep => all.filter(|kind| kind.is_ntb()).collect(),
            Self::Quick | Self::Goals => vec![
                Kind::Ntb,
                Kind::Ring,
                Kind::RingPrefetch,
                Kind::LineRing,
                Kind::Tcp,
                Kind::Unix,
                Kind::UcxStream,
            ],
        }
    }
}

/// All cases of these workloads.
pub fn cases(workloads: &[Workload], sizes: &[usize], modes: &[Mode], scope: Scope) -> Vec<Case> {
    let mut cases = Vec::new();
    let quick = scope == Scope::Quick;
    for &workload in workloads {
        match workload {
            Workload::Latency => {
                for &mode in modes {
                    cases.extend(sizes.iter().map(|size| Case::simple(workload, *size, mode)));
                }
            }
            Workload::Rate => {
                let small = sizes.iter().filter(|size| **size <= 512);
                let of = |mode: &Mode| {
                    let mode = *mode;
                    small
                        .clone()
                        .map(move |size| Case::simple(workload, *size, mode))
                };
                cases.extend(modes.iter().flat_map(of));
            }
            Workload::Bandwidth | Workload::Produced | Workload::Bidirectional => {
                let large = sizes.iter().filter(|size| **size >= 4 << 10);
                let waiting = modes.iter().filter(|mode| **mode != Mode::NoSpin);
                for &mode in waiting {
                    cases.extend(
                        large
                            .clone()
                            .map(|size| Case::simple(workload, *size, mode)),
                    );
                }
            }
            Workload::Many => {
                cases.extend([16, 128].map(|count| Case::connections(workload, count)));
            }
            Workload::Beside => {
                cases.extend([1, 1 + IDLE].map(|count| Case::connections(workload, count)));
            }
            Workload::Idle => cases.push(Case::connections(workload, IDLE)),
            Workload::Think => {
                let times: &[u64] = if quick { &[5] } else { &[2, 5, 10, 20] };
                cases.extend(times.iter().map(|micros| Case::think(*micros)));
            }
            Workload::Connect => cases.push(Case::simple(workload, 1, Mode::Blocking)),
        }
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_short() {
        let names = [1, 1023, 1024, 1536, 65536, 1 << 20, 16 << 20].map(bytes);
        let wanted = [
            "1 B", "1023 B", "1 KiB", "1.5 KiB", "64 KiB", "1 MiB", "16 MiB",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn every_workload_gives_cases_that_ntb_and_tcp_can_do() {
        for scope in [Scope::Full, Scope::Quick, Scope::Goals] {
            for workload in Workload::value_variants() {
                let modes = [Mode::Spinning, Mode::Blocking, Mode::NoSpin];
                let cases = cases(&[*workload], &scope.sizes(), &modes, scope);
                assert!(!cases.is_empty(), "{workload:?}");
                let both = |case: &Case| case.suits(Kind::Ntb) && case.suits(Kind::Tcp);
                assert!(cases.iter().all(both));
            }
        }
    }

    #[test]
    fn tools_only_do_what_their_programs_can() {
        let spinning = Case::simple(Workload::Latency, 64, Mode::Spinning);
        assert!(spinning.suits(Kind::UcxStream) && spinning.suits(Kind::FabricShm));
        let others = [
            Case::simple(Workload::Latency, 64, Mode::Blocking),
            Case::think(5),
            spinning.on(Placement::OneCore),
        ];
        for case in others {
            assert!(!case.suits(Kind::UcxTag) && !case.suits(Kind::FabricShm));
        }
    }
}

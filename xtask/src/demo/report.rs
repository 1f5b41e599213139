//! What the daemons report, and whether it is what it should be.

use super::setup::Workload;
use ntb_core::report::PathKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a run was asked to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    Ntb,
    Tcp,
}

impl Path {
    /// As the daemons name the type of a connection.
    pub fn name(self) -> &'static str {
        match self {
            Path::Ntb => "NTB",
            Path::Tcp => "TCP",
        }
    }
}

/// Bytes and requests of one type of connection, as its sockets counted them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    pub sent: u64,
    pub received: u64,
    pub requests: u64,
    /// Of those that a daemon served, how many came to a worker by the queue; the others followed on the
    /// same connection at once.
    pub queued: u64,
}

/// One kind of traffic. Times of single requests in microseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    pub requests: u64,
    /// Payload.
    pub bytes: u64,
    pub seconds: f64,
    pub p50_us: f64,
    pub p90_us: f64,
    pub p99_us: f64,
    pub max_us: f64,
    /// Wrong checksums or wrong answers.
    pub mismatches: u64,
}

impl Phase {
    /// MiB per second.
    pub fn throughput(&self) -> f64 {
        self.bytes as f64 / self.seconds / f64::from(1 << 20)
    }
}

/// The document that the metadata daemon writes at the end of its workload.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub version: String,
    /// Empty after success.
    pub failure: String,
    /// Requests that were sent again on another connection.
    pub retries: u64,
    /// Of the TCP connections; "none" without any.
    pub tcp_congestion: String,
    /// By type of connection, counted by the daemon that asks.
    pub paths: BTreeMap<String, Sum>,
    /// The same, counted by the daemon that serves, since its start.
    pub served: BTreeMap<String, Sum>,
    /// The connections at the end, in words.
    pub connections: String,
    pub write: Phase,
    pub read: Phase,
    pub exchange: Phase,
}

/// Payload by path from the transport's statistics: a witness independent of the daemons.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Counters {
    pub ntb_in: u64,
    pub ntb_out: u64,
    pub tcp_in: u64,
    pub tcp_out: u64,
}

impl Counters {
    pub fn new(report: &ntb_core::report::Report) -> Counters {
        let mut sums = Counters::default();
        for peer in &report.peers {
            let (bytes_in, bytes_out) = match peer.path {
                PathKind::Ntb => (&mut sums.ntb_in, &mut sums.ntb_out),
                PathKind::Tcp => (&mut sums.tcp_in, &mut sums.tcp_out),
            };
            *bytes_in += peer.bytes_in;
            *bytes_out += peer.bytes_out;
        }
        sums
    }

    /// The growth since an earlier time.
    pub fn since(&self, before: &Counters) -> Counters {
        Counters {
            ntb_in: self.ntb_in.saturating_sub(before.ntb_in),
            ntb_out: self.ntb_out.saturating_sub(before.ntb_out),
            tcp_in: self.tcp_in.saturating_sub(before.tcp_in),
            tcp_out: self.tcp_out.saturating_sub(before.tcp_out),
        }
    }
}

/// The workload on one path.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    pub path: Path,
    #[serde(flatten)]
    pub report: Report,
    /// In the serving daemon, during this run.
    pub counted: Counters,
}

impl Run {
    /// Bytes over the path that was asked for: sent, received.
    pub fn moved(&self) -> (u64, u64) {
        let sum = self.report.paths.get(self.path.name());
        sum.map_or((0, 0), |sum| (sum.sent, sum.received))
    }

    /// Everything that is not as it should be, in words.
    fn problems(&self, work: &Workload) -> Vec<String> {
        let (report, name) = (&self.report, self.path.name());
        let mut found = Vec::new();
        let mut check = |good: bool, problem: String| {
            if !good {
                found.push(format!("{name} run: {problem}"));
            }
        };
        check(report.failure.is_empty(), report.failure.clone());
        check(
            report.retries == 0,
            format!("{} requests had to be repeated", report.retries),
        );
        for (kind, phase) in [
            ("write", &report.write),
            ("read", &report.read),
            ("exchange", &report.exchange),
        ] {
            let wrong = phase.mismatches;
            check(
                wrong == 0,
                format!("{wrong} wrong checksums in phase {kind}"),
            );
        }
        for (kind, phase) in [("write", &report.write), ("read", &report.read)] {
            let bytes = phase.bytes;
            check(
                bytes == work.bytes,
                format!("phase {kind} moved only {bytes} bytes"),
            );
        }
        let exchanges = report.exchange.requests;
        check(
            exchanges == work.exchanges,
            format!("only {exchanges} exchanges"),
        );

        let used: Vec<_> = report.paths.keys().map(String::as_str).collect();
        check(
            used == [name],
            format!("used {} instead", used.join(" and ")),
        );
        let (sent, received) = self.moved();
        check(
            sent >= work.bytes && received >= work.bytes,
            format!("only {sent} bytes out and {received} bytes in went over {name}"),
        );
        let served = report
            .served
            .get(name)
            .map_or(0, |sum| sum.sent.min(sum.received));
        check(
            served >= work.bytes,
            format!("the serving daemon counted only {served} bytes over {name}"),
        );
        let (ntb_in, ntb_out) = (self.counted.ntb_in, self.counted.ntb_out);
        let witnessed = match self.path {
            Path::Ntb => ntb_in >= work.bytes && ntb_out >= work.bytes,
            Path::Tcp => ntb_in == 0 && ntb_out == 0,
        };
        check(
            witnessed,
            format!("the transport counted {ntb_in} bytes in and {ntb_out} out over NTB"),
        );
        found
    }
}

/// Both runs of one generation.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub generation: u32,
    /// The system's default; the runs name what their sockets used.
    pub system_congestion: String,
    pub ntb: Run,
    pub tcp: Run,
}

impl Outcome {
    /// Everything that is not as it should be, in words; empty after success.
    pub fn problems(&self, work: &Workload) -> Vec<String> {
        [&self.ntb, &self.tcp]
            .into_iter()
            .flat_map(|run| run.problems(work))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Workload = Workload {
        bytes: 1000,
        exchanges: 10,
    };

    fn phase(requests: u64, bytes: u64) -> Phase {
        let (p50_us, p90_us, p99_us, max_us) = (1.0, 2.0, 3.0, 4.0);
        Phase {
            requests,
            bytes,
            seconds: 0.5,
            p50_us,
            p90_us,
            p99_us,
            max_us,
            mismatches: 0,
        }
    }

    fn good(transport: Path) -> Run {
        let sum = Sum {
            sent: 1100,
            received: 1100,
            requests: 12,
            queued: 7,
        };
        let sums = || BTreeMap::from([(transport.name().to_string(), sum.clone())]);
        let ntb = if transport == Path::Ntb { 1100 } else { 0 };
        Run {
            path: transport,
            report: Report {
                version: "0-miniature".to_string(),
                failure: String::new(),
                retries: 0,
                tcp_congestion: "none".to_string(),
                paths: sums(),
                served: sums(),
                connections: String::new(),
                write: phase(1, 1000),
                read: phase(1, 1000),
                exchange: phase(10, 100),
            },
            counted: Counters {
                ntb_in: ntb,
                ntb_out: ntb,
                ..Counters::default()
            },
        }
    }

    #[test]
    fn a_good_run_has_no_problems() {
        for transport in [Path::Ntb, Path::Tcp] {
            assert_eq!(good(transport).problems(&WORK), Vec::<String>::new());
        }
    }

    #[test]
    fn traffic_on_the_wrong_path_is_found() {
        let mut run = good(Path::Tcp);
        run.path = Path::Ntb;
        let text = run.problems(&WORK).join("\n");
        assert!(text.contains("used TCP instead"), "{text}");
        assert!(text.contains("only 0 bytes out"), "{text}");
        assert!(text.contains("the transport counted 0 bytes in"), "{text}");
    }

    #[test]
    fn damage_and_shortfall_are_found() {
        let mut run = good(Path::Ntb);
        run.report.read.mismatches = 2;
        run.report.write.bytes = 999;
        run.report.exchange.requests = 9;
        run.report.retries = 1;
        let text = run.problems(&WORK).join("\n");
        for part in [
            "2 wrong checksums in phase read",
            "only 999 bytes",
            "only 9 exchanges",
            "1 requests had",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}

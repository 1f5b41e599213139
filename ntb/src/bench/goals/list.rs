//! The goals themselves.

use super::{Goal, Measure};
use crate::bench::plan::{self, Case, IDLE, Workload};
use crate::bench::wire::{Kind, Mode, Model, Placement};

/// Cost of a request beyond the peer's think time, in µs.
const THINK_OVERHEAD: f64 = 0.6;
/// "No sleep on the path": sleeps per message, with room for a stray interruption.
const STRAY_SLEEPS: f64 = 0.01;
/// Latency of small messages over that of a raw store.
const OVER_RAW: f64 = 1.15;
/// Bandwidth of long messages, of that of raw DMA.
const OF_DMA: f64 = 0.95;
/// "No CPU": percent of one core for all idle connections of both processes.
const IDLE_PERCENT: f64 = 0.1;

/// A peer, how many times better than it we want to be, and what a bare ring reached.
type Row = (Kind, f64, Option<f64>);

/// All goals.
pub fn goals() -> Vec<Goal> {
    let mut goals = Vec::new();
    spinning(&mut goals);
    sleeping(&mut goals);
    streams(&mut goals);
    others(&mut goals);
    models(&mut goals);
    goals
}

/// What the models of the adapters say is what their tables have at this size, by any program: a store
/// until it is seen, a DMA transfer from its start to its end.
fn models(goals: &mut Vec<Goal>) {
    for model in [Model::Pxh810, Model::Mxh930] {
        let Some(table) = model.table() else { continue };
        let mut push = |work: String, case: Case, goal: f64, limit: f64| {
            goals.push(Goal {
                work,
                case: Some(case.under(model)),
                measure: Measure::Itself,
                goal,
                limit: Some(limit),
            });
        };
        let name = model.name();
        for size in [8, 64, 512] {
            let raw = table.latency.at(size);
            let case = Case::simple(Workload::Latency, size, Mode::Spinning);
            push(
                format!("{size} B one-way, model {name}"),
                case,
                raw * OVER_RAW,
                raw,
            );
        }
        for size in [1 << 20, 4 << 20] {
            // Bytes per µs, in GB/s.
            let raw = size as f64 / table.dma_time(size, false) / 1e3;
            let case = Case::simple(Workload::Bandwidth, size, Mode::Spinning);
            let work = format!("{} stream, model {name}", plan::bytes(size));
            push(work, case, raw * OF_DMA, raw);
        }
    }
}

/// Rows of peers; [`Kind::Ring`] stands for the best of the rings.
fn than(goals: &mut Vec<Goal>, work: &str, case: Case, rows: &[Row]) {
    goals.extend(rows.iter().map(|&(kind, goal, limit)| Goal {
        work: work.to_owned(),
        case: Some(case),
        measure: if kind == Kind::Ring {
            Measure::ThanRing
        } else {
            Measure::Than(kind)
        },
        goal,
        limit,
    }));
}

fn spinning(goals: &mut Vec<Goal>) {
    let (tcp, ucx, unix) = (Kind::Tcp, Kind::UcxStream, Kind::Unix);
    let rows: [(usize, &[Row]); 5] = [
        (
            64,
            &[
                (tcp, 12.0, Some(18.0)),
                (ucx, 1.6, Some(2.2)),
                (unix, 8.5, Some(12.5)),
            ],
        ),
        (512, &[(tcp, 10.0, Some(14.0)), (ucx, 1.5, Some(1.9))]),
        (4 << 10, &[(tcp, 4.8, Some(5.5)), (ucx, 1.3, Some(1.5))]),
        (64 << 10, &[(tcp, 2.4, Some(2.6)), (ucx, 1.15, None)]),
        (1 << 20, &[(tcp, 1.35, Some(1.45)), (ucx, 1.2, None)]),
    ];
    for (size, rows) in rows {
        let work = format!("{} one-way, spinning", plan::bytes(size));
        than(
            goals,
            &work,
            Case::simple(Workload::Latency, size, Mode::Spinning),
            rows,
        );
    }
}

fn sleeping(goals: &mut Vec<Goal>) {
    for size in [1, 64] {
        let work = format!("{size} B one-way, blocking receive, two cores");
        let case = Case::simple(Workload::Latency, size, Mode::Blocking);
        than(goals, &work, case, &[(Kind::Tcp, 150.0, Some(197.0))]);
    }
    for (size, one_core, limit) in [
        (64, 2.2, Some(2.5)),
        (512, 2.2, Some(2.5)),
        (64 << 10, 1.6, None),
    ] {
        let name = plan::bytes(size);
        let case = Case::simple(Workload::Latency, size, Mode::NoSpin);
        let work = format!("{name} one-way, no spinning, two cores");
        than(goals, &work, case, &[(Kind::Tcp, 1.0, None)]);
        let work = format!("{name} one-way, no spinning, one core");
        let case = case.on(Placement::OneCore);
        than(goals, &work, case, &[(Kind::Tcp, one_core, limit)]);
    }
}

fn streams(goals: &mut Vec<Goal>) {
    let (tcp, ucx, ring) = (Kind::Tcp, Kind::UcxStream, Kind::Ring);
    let rows: [(usize, &[Row]); 3] = [
        (
            64 << 10,
            &[(ring, 0.92, None), (ucx, 1.12, None), (tcp, 2.1, None)],
        ),
        (512 << 10, &[(ring, 0.92, None), (ucx, 1.12, None)]),
        (
            1 << 20,
            &[(ring, 0.92, None), (ucx, 1.12, None), (tcp, 1.6, None)],
        ),
    ];
    for (size, rows) in rows {
        let work = format!("{} stream, rewritten and read", plan::bytes(size));
        than(
            goals,
            &work,
            Case::simple(Workload::Produced, size, Mode::Spinning),
            rows,
        );
    }
    let case = Case::simple(Workload::Rate, 64, Mode::Spinning);
    let work = "64 B messages, one stream";
    goals.push(Goal {
        work: work.to_owned(),
        case: Some(case),
        measure: Measure::Itself,
        goal: 20e6,
        limit: None,
    });
    than(goals, work, case, &[(Kind::Unix, 15.0, None)]);
}

fn others(goals: &mut Vec<Goal>) {
    let mut push = |work: &str, case: Option<Case>, measure: Measure, goal: f64| {
        goals.push(Goal {
            work: work.to_owned(),
            case,
            measure,
            goal,
            limit: None,
        });
    };
    for micros in [2, 5, 10, 20] {
        let (work, case) = (format!("peer thinks {micros} µs"), Case::think(micros));
        push(&work, Some(case), Measure::Itself, THINK_OVERHEAD);
        push(
            &work,
            Some(case),
            Measure::Metric("sleeps_per_message"),
            STRAY_SLEEPS,
        );
    }
    let [alone, beside] = [1, 1 + IDLE].map(|count| Case::connections(Workload::Beside, count));
    push(
        "one busy beside 1000 idle",
        Some(beside),
        Measure::Alone(alone),
        0.95,
    );
    let idle = Case::connections(Workload::Idle, IDLE);
    push(
        "1000 idle connections",
        Some(idle),
        Measure::Itself,
        IDLE_PERCENT,
    );
    let connect = Case::simple(Workload::Connect, 1, Mode::Blocking);
    push("connect plus accept", Some(connect), Measure::Itself, 300.0);
}

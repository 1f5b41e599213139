//! `ntb emu fault`.

use clap::Subcommand;
use comfy_table::{CellAlignment, Table, presets};
use sisci::control::{Fabric, FaultKind, FaultStatus, When};

use super::{note_absent, say, warn};

#[derive(Debug, Subcommand)]
pub enum Fault {
    /// Transfers vanish; a check tells. Stores through pointers until a check count as one.
    Drop(Order),
    /// Transfers by library calls and DMA arrive with one byte changed; a check tells.
    Corrupt(Order),
    /// DMA transfers end in ERROR half-way.
    DmaFail(Order),
    /// DMA transfers stay POSTED until they are aborted.
    DmaStick(Order),
    /// Triggers of interrupts are lost.
    InterruptLose(Order),
    /// Triggers of interrupts arrive together with the next one.
    InterruptMerge(Order),
    /// Data interrupts are lost.
    MessageLose(Order),
    /// Checks of sequences say RETRIABLE although nothing was lost.
    SequenceError(Order),
    /// Show the faults in force and how often they struck.
    List {
        /// Print as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take back one fault, or all.
    Clear {
        /// Its number in the list.
        id: Option<u32>,
    },
}

/// Whose operations, and which of them.
#[derive(Debug, clap::Args)]
pub struct Order {
    /// Node whose operations are struck.
    from: u32,
    /// Node that they are meant for.
    to: u32,
    #[command(flatten)]
    when: Choice,
    /// Another seed strikes other operations; with --probability.
    #[arg(long, value_name = "S", default_value_t = 0, conflicts_with_all = ["count", "every"])]
    seed: u64,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Choice {
    /// The next N.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// The last of every K.
    #[arg(long, value_name = "K")]
    every: Option<u64>,
    /// Each with this probability, from 0 to 1.
    #[arg(long, value_name = "P")]
    probability: Option<f64>,
}

impl Fault {
    pub fn run(&self, fabric: &Fabric) -> anyhow::Result<()> {
        let (kind, order) = match self {
            Self::Drop(order) => (FaultKind::Drop, order),
            Self::Corrupt(order) => (FaultKind::Corrupt, order),
            Self::DmaFail(order) => (FaultKind::DmaFail, order),
            Self::DmaStick(order) => (FaultKind::DmaStick, order),
            Self::InterruptLose(order) => (FaultKind::InterruptLose, order),
            Self::InterruptMerge(order) => (FaultKind::InterruptMerge, order),
            Self::MessageLose(order) => (FaultKind::MessageLose, order),
            Self::SequenceError(order) => (FaultKind::SequenceError, order),
            Self::List { json } => return list(fabric, *json),
            Self::Clear { id } => return clear(fabric, *id),
        };
        let (id, silent) = fabric.inject(kind, order.from, order.to, order.when())?;
        warn(&silent);
        note_absent(fabric, &[order.from, order.to])?;
        let (from, to) = (order.from, order.to);
        say(format_args!(
            "fault {id}: {} from {from} to {to}, {}",
            kind.name(),
            words(order.when())
        ))
    }
}

impl Order {
    fn when(&self) -> When {
        let Choice {
            count,
            every,
            probability,
        } = self.when;
        let counted = count.map(When::Count).or(every.map(When::Every));
        counted.unwrap_or(When::Chance {
            // One of the three is there.
            probability: probability.unwrap_or_default(),
            seed: self.seed,
        })
    }
}

fn words(when: When) -> String {
    match when {
        When::Count(1) => "the next one".to_owned(),
        When::Count(count) => format!("the next {count}"),
        When::Every(step) => format!("one of {step}"),
        When::Chance { probability, seed } => format!("probability {probability}, seed {seed}"),
    }
}

fn list(fabric: &Fabric, json: bool) -> anyhow::Result<()> {
    let faults = fabric.faults()?;
    if json {
        return say(format_args!("{}", serde_json::to_string_pretty(&faults)?));
    }
    match faults[..] {
        [] => say(format_args!("no faults")),
        _ => say(format_args!("{}", table(&faults))),
    }
}

/// The faults, one a line.
pub fn table(faults: &[FaultStatus]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "fault", "kind", "from", "to", "which", "asked", "struck", "",
    ]);
    for status in faults {
        let (fault, progress) = (&status.fault, status.progress);
        table.add_row([
            fault.id.to_string(),
            fault.kind.name().to_owned(),
            fault.from.to_string(),
            fault.to.to_string(),
            words(fault.when),
            progress.seen.to_string(),
            progress.struck.to_string(),
            if status.spent { "spent" } else { "" }.to_owned(),
        ]);
    }
    for column in [0, 2, 3, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn clear(fabric: &Fabric, id: Option<u32>) -> anyhow::Result<()> {
    let (count, silent) = match id {
        Some(id) => (1, fabric.clear_fault(id)?),
        None => fabric.clear_faults()?,
    };
    warn(&silent);
    let noun = if count == 1 { "fault" } else { "faults" };
    say(format_args!("{count} {noun} taken back"))
}

//! `ntb emu`: the emulated fabric from outside.

mod calibrate;
mod create;
mod fault;
mod link;
mod status;

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;
use sisci::control::{Fabric, Silent};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the fabric [default: $SISCI_EMU_DIR, else the user's own].
    #[arg(long, alias = "dir", global = true, value_name = "DIR")]
    fabric: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a fabric and its settings.
    Create(create::Create),
    /// Show the settings that hold in a fabric, and where each comes from.
    Show(create::Show),
    /// Measure a timing model beside the hardware's own figures.
    Calibrate(calibrate::Args),
    /// One of the two processes of a calibration.
    #[command(hide = true)]
    Measure(calibrate::node::Measure),
    /// Show nodes, processes, segments, connections, links and faults.
    Status(status::Args),
    /// Take links down and up.
    #[command(subcommand)]
    Link(link::Link),
    /// Make a node go, as if its machine were switched off, and come back.
    #[command(subcommand)]
    Node(link::Node),
    /// Order faults, list them, take them back.
    #[command(subcommand)]
    Fault(fault::Fault),
    /// Remove what killed processes have left.
    Clean,
}

/// # Errors
/// If the fabric can't be used, or standard output is gone.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let dir = args.fabric.clone().unwrap_or_else(Fabric::default_dir);
    match &args.command {
        Command::Create(args) => return args.run(&dir),
        Command::Show(args) => return args.run(&dir),
        Command::Calibrate(args) => return calibrate::run(args),
        Command::Measure(args) => return args.run(),
        _ => {}
    }
    let fabric = Fabric::open(dir)?;
    match &args.command {
        Command::Create(_) | Command::Show(_) | Command::Calibrate(_) | Command::Measure(_) => {
            Ok(())
        }
        Command::Status(args) => status::run(&fabric, args),
        Command::Link(link) => link.run(&fabric),
        Command::Node(node) => node.run(&fabric),
        Command::Fault(fault) => fault.run(&fabric),
        Command::Clean => clean(&fabric),
    }
}

fn clean(fabric: &Fabric) -> anyhow::Result<()> {
    let cleaned = fabric.clean()?;
    say(format_args!("{} files removed", cleaned.files))
}

/// One line to standard output.
fn say(line: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Names the processes that did not confirm a change. It holds all the same.
fn warn(silent: &Silent) {
    for process in &silent.0 {
        let sisci::control::SilentProcess { node, pid, reason } = process;
        eprintln!("ntb: process {pid} of node {node} did not confirm: {reason}");
    }
}

/// Says which of the nodes have no process: the command may name the wrong one.
fn note_absent(fabric: &Fabric, nodes: &[u32]) -> anyhow::Result<()> {
    let living = fabric.living_nodes()?;
    for node in nodes.iter().filter(|node| !living.contains(node)) {
        let known = match living[..] {
            [] => "no node has one".to_owned(),
            _ => format!("nodes that have: {living:?}"),
        };
        eprintln!(
            "ntb: node {node} has no process now ({known}); this holds for those that start later"
        );
    }
    Ok(())
}

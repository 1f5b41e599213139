//! `ntb beemsg`: talks to BeeGFS's servers in their own protocol, without a kernel client.
//!
//! | module | concept |
//! |---|---|
//! | [`reach`] | which servers, and the ways to them |
//! | [`nodes`] | what the management daemon knows |
//! | [`load`], [`worker`] | one measurement: threads that write or read chunks |
//! | [`pattern`] | what is in the chunks |
//! | [`figures`], [`cpu`] | what a measurement gave |
//! | [`tree`] | folders and files, for metadata servers |
//! | [`balance`] | files whose chunks go from one storage target to another |
//! | [`compare`], [`verdict`] | NTB and TCP in turns, and what comes of it |

mod balance;
pub mod compare;
mod cpu;
mod figures;
mod files;
mod load;
mod nodes;
mod pattern;
mod reach;
mod tree;
mod verdict;
mod worker;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show servers, targets and mirror groups, as the management daemon knows them.
    Nodes(nodes::Args),
    /// Write and read chunks on a storage target; check them, and measure.
    Load(load::Args),
    /// Fill the file system with folders and empty files, across metadata servers.
    Tree(tree::Args),
    /// Have the chunks of files moved from one storage target to another (BeeGFS 8.2 and later).
    Balance(balance::Args),
    /// Measure the same load over NTB and TCP in turns.
    Compare(compare::Args),
}

/// # Errors
/// If a setting makes no sense, or a server can't be reached, says no or goes away.
pub fn run(args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Nodes(args) => nodes::run(args),
        Action::Load(args) => load::run(args),
        Action::Tree(args) => tree::run(args),
        Action::Balance(args) => balance::run(args),
        Action::Compare(args) => compare::run(args),
    }
}

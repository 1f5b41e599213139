//! What a SISCI library has to do, checked through its C symbols.
//!
//! The same cases run against the emulator, always, and against another library if the environment
//! names one; otherwise those runs are reported as ignored, not as passed:
//!
//! * `SISCI_TEST_LIBRARY`: path of the library, for example `/opt/DIS/lib64/libsisci.so`
//! * `SISCI_TEST_PEER`: a command that runs this program on another node, for example
//!   `ssh other env SISCI_TEST_LIBRARY=/opt/DIS/lib64/libsisci.so /path/to/conformance`; without it
//!   cases that need a second node are ignored
//! * `SISCI_TEST_NODES`: node ids of this and of the second node, as `4,8`; each process then checks
//!   that it runs where it should
//!
//! The library is one per process, so each case runs in a process of its own, and starts further
//! ones as its peers. They are this program too: `conformance case NAME`, `conformance peer NAME`.

mod absent;
mod adapters;
mod broadcast;
mod copies;
mod data_interrupts;
mod dma;
mod dma_forms;
mod emulator;
mod every_function;
mod failures;
mod far;
mod faults;
mod handles;
mod interrupts;
mod links;
mod peer;
mod registered_memory;
mod runner;
mod sci;
mod segment_events;
mod segments;
mod settings;
mod shared_interrupts;
mod shared_segments;
mod soak;
mod stress;
mod transfers;

use sci::Sci;

/// One thing to check.
pub struct Case {
    /// What holds.
    pub name: &'static str,
    /// What it takes to check it.
    pub needs: Needs,
    /// Panics if it doesn't hold.
    pub body: fn(&Sci),
}

/// What a case needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// One process.
    OneNode,
    /// A peer on another node.
    TwoNodes,
    /// The emulator: its environment, or what only it can promise.
    Emulator,
}

/// What a peer does for a case.
pub struct Role {
    /// Name in [`peer::Peer::start`].
    pub name: &'static str,
    /// Runs in the peer's process.
    pub body: fn(&Sci, &mut peer::Talk),
}

const CASES: &[&[Case]] = &[
    segments::CASES,
    segment_events::CASES,
    transfers::CASES,
    interrupts::CASES,
    data_interrupts::CASES,
    dma::CASES,
    failures::CASES,
    handles::CASES,
    emulator::CASES,
    every_function::CASES,
    links::CASES,
    faults::CASES,
    registered_memory::CASES,
    shared_segments::CASES,
    shared_interrupts::CASES,
    broadcast::CASES,
    adapters::CASES,
    absent::CASES,
    dma_forms::CASES,
    copies::CASES,
    settings::CASES,
    stress::CASES,
];

const ROLES: &[&[Role]] = &[
    segments::ROLES,
    interrupts::ROLES,
    data_interrupts::ROLES,
    failures::ROLES,
    emulator::ROLES,
    far::ROLES,
    links::ROLES,
    faults::ROLES,
    shared_segments::ROLES,
    shared_interrupts::ROLES,
    broadcast::ROLES,
    adapters::ROLES,
    settings::ROLES,
    stress::ROLES,
];

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["case", name] => {
            let case = CASES
                .iter()
                .copied()
                .flatten()
                .find(|case| case.name == name);
            let sci = Sci::load();
            runner::check_node(&sci, 0);
            (case.expect("a known case").body)(&sci);
            std::process::ExitCode::SUCCESS
        }
        ["peer", name] => {
            let role = ROLES
                .iter()
                .copied()
                .flatten()
                .find(|role| role.name == name);
            let sci = Sci::load();
            runner::check_node(&sci, 1);
            (role.expect("a known role").body)(&sci, &mut peer::Talk::stdio());
            std::process::ExitCode::SUCCESS
        }
        ["soak", ref words @ ..] => soak::command(words),
        ["soak-node", ref words @ ..] => soak::node(words),
        _ => runner::run(CASES),
    }
}

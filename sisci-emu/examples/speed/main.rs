//! How fast the emulator is, beside what the machine itself does, in one run.
//!
//! `cargo run --release -p sisci-emu --example speed [all|copies|dma|wakes|connect|scale] [LIBRARY]`

mod copies;
mod dma;
mod scale;
mod wakes;

use sisci::measure::client::{Client, Outcome};
use sisci::measure::spread::Spread;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "all".to_owned());
    let library = arguments.next().map_or_else(built, PathBuf::from);
    let done = match what.as_str() {
        "peer" => scale::peer(&library),
        _ => run(&what, &library),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The library that was built with this program.
fn built() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    let folder = program.ancestors().nth(2).expect("it lies in examples/");
    folder.join("deps/libsisci.so")
}

fn run(what: &str, library: &std::path::Path) -> Outcome<()> {
    // Peers find this process in a fabric of its own.
    let fabric = tempfile::tempdir_in("/dev/shm").map_err(|error| error.to_string())?;
    // SAFETY: this process has one thread yet.
    unsafe {
        std::env::set_var("SISCI_EMU_DIR", fabric.path());
        std::env::set_var("SISCI_EMU_NODE", "4");
        std::env::set_var("SISCI_EMU_HOST", "leader");
    }
    let client = Client::open(library.as_os_str())?;
    println!("{}", client.path().display());
    let wanted = |name| what == name || what == "all";
    if wanted("copies") {
        copies::run(&client)?;
    }
    if wanted("dma") {
        dma::run(&client)?;
    }
    if wanted("wakes") {
        wakes::run(&client)?;
    }
    if wanted("connect") {
        scale::connect(&client)?;
    }
    if wanted("scale") {
        scale::run(&client, library)?;
    }
    Ok(())
}

/// One line: what it is, ours, the machine's, and how they compare.
fn compare(what: &str, unit: &str, ours: Spread, bare: Spread, ratio: f64, goal: &str) {
    println!(
        "{what:34} {:10.3} [{:.3} {:.3}] {unit:4} bare {:10.3} [{:.3} {:.3}]  ratio {ratio:6.3}  {goal}",
        ours.median, ours.low, ours.high, bare.median, bare.low, bare.high
    );
}

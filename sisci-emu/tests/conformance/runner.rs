//! Runs each case in a process of its own, within a time limit.

use crate::{Case, Needs};
use libtest_mimic::{Arguments, Failed, Trial};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// No case takes nearly as long on an idle machine.
const LIMIT: Duration = Duration::from_secs(120);

/// The nodes of the cases; of 200 only the place is used.
const LISTED: &str = "4,8,12,16,20,24,28,32,68,72,76,80,200";

const NODES: &str = "SISCI_TEST_NODES";

/// Runs all cases on the emulator and on the library that the environment names.
pub fn run(cases: &'static [&'static [Case]]) -> ExitCode {
    let arguments = Arguments::from_args();
    let hardware = std::env::var_os("SISCI_TEST_LIBRARY").map(PathBuf::from);
    let has_peer = std::env::var_os("SISCI_TEST_PEER").is_some();
    let mut trials = Vec::new();
    for case in cases.iter().copied().flatten() {
        trials.push(Trial::test(format!("emulator::{}", case.name), || {
            on_emulator(case)
        }));
        if case.needs == Needs::Emulator {
            continue;
        }
        let missing = hardware.is_none() || (case.needs == Needs::TwoNodes && !has_peer);
        let library = hardware.clone();
        let body = move || match &library {
            Some(library) => on_hardware(case, library),
            None => Err("SISCI_TEST_LIBRARY names no library".into()),
        };
        let trial = Trial::test(format!("hardware::{}", case.name), body);
        trials.push(trial.with_ignored_flag(missing));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn on_emulator(case: &Case) -> Result<(), Failed> {
    let fabric = tempfile::tempdir()?;
    run_case(case, emulator_library().as_os_str(), Some(fabric.path()))
}

/// Checks that this process is on the node that `SISCI_TEST_NODES` names at this place.
pub fn check_node(sci: &crate::sci::Sci, place: usize) {
    let Ok(nodes) = std::env::var(NODES) else {
        return;
    };
    let nodes: Vec<u32> = nodes
        .split(',')
        .map(|node| node.trim().parse().expect("SISCI_TEST_NODES holds numbers"))
        .collect();
    assert_eq!(nodes.len(), 2, "SISCI_TEST_NODES holds two node ids");
    assert_eq!(
        sci.local_node(),
        nodes[place],
        "this process is not on the node that SISCI_TEST_NODES says"
    );
}

/// One case at a time: they share a fabric, and use the same numbers.
fn on_hardware(case: &Case, library: &Path) -> Result<(), Failed> {
    static FABRIC: Mutex<()> = Mutex::new(());
    let _alone = FABRIC.lock().unwrap_or_else(PoisonError::into_inner);
    run_case(case, library.as_os_str(), None)
}

/// The shared object that was built with this program.
pub fn emulator_library() -> PathBuf {
    let program = std::env::current_exe().expect("this program has a path");
    let library = program
        .parent()
        .expect("it lies in a folder")
        .join("libsisci.so");
    assert!(
        library.exists(),
        "{} is built with this program",
        library.display()
    );
    library
}

fn run_case(case: &Case, library: &OsStr, fabric: Option<&Path>) -> Result<(), Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["case", case.name]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("SISCI_TEST_LIBRARY", library);
    if let Some(fabric) = fabric {
        command
            .env("SISCI_EMU_DIR", fabric)
            .env_remove("SISCI_TEST_PEER");
        command
            .env("SISCI_EMU_NODE", "4")
            .env("SISCI_EMU_HOST", "host-4");
        command.env("SISCI_EMU_NODES", LISTED).env_remove(NODES);
        command
            .env_remove("SISCI_EMU_MEMORY_LIMIT")
            .env_remove("SISCI_EMU_LOG");
    }
    let mut child = command.spawn()?;
    let output = [drain(child.stdout.take()), drain(child.stderr.take())];
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Ok(status);
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            break Err(format!("took longer than {LIMIT:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let output: String = output
        .into_iter()
        .flat_map(|thread| thread.join())
        .collect();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{status}\n{output}").into()),
        Err(error) => Err(format!("{error}\n{output}").into()),
    }
}

/// Reads to the end in the background, so that a full pipe stops nobody.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

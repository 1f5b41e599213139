//! `ntb bench` with tiny counts: that every workload runs on every transport and that the outputs
//! say so. Nothing here judges a time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::Value;

/// Longest time that a run may take before it counts as hung.
const WATCHDOG: Duration = Duration::from_secs(120);
/// What is in every test's machine.
const OURS: &str = "ntb,ring,ring-prefetch,line-ring,tcp,tcp-system,unix";

fn bench(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ntb"));
    command
        .arg("bench")
        .args(["--library", library().to_str().expect("a path in UTF-8")])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The emulator that was built for the tests.
fn library() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_ntb"));
    let folder = program.parent().expect("a folder");
    let mut candidates = ["deps/libsisci.so", "libsisci.so"]
        .map(|name| folder.join(name))
        .into_iter();
    candidates
        .find(|file| file.exists())
        .expect("the emulator is built with the tests")
}

fn output(mut command: Command) -> Output {
    let child = command.spawn().expect("ntb starts");
    let process = child.id();
    let (done, finished) = std::sync::mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if finished.recv_timeout(WATCHDOG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            signal(process, Signal::KILL);
        }
    });
    let output = child.wait_with_output().expect("ntb runs");
    drop(done);
    watchdog.join().expect("watchdog");
    output
}

fn signal(process: u32, signal: Signal) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    let _ = kill_process(process.expect("a process id"), signal);
}

fn document(arguments: &[&str]) -> Value {
    let output = output(bench(&[arguments, &["--json"]].concat()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Workload and transport of every figure, after a look at its values.
fn measured(document: &Value) -> BTreeSet<(String, String)> {
    let figures = document["figures"].as_array().expect("figures");
    let mut found = BTreeSet::new();
    for figure in figures {
        let text = |name: &str| figure[name].as_str().expect("a name").to_owned();
        let metrics = figure["metrics"].as_object().expect("metrics");
        assert!(!metrics.is_empty(), "{figure}");
        for (name, spread) in metrics {
            let number = |field: &str| spread[field].as_f64().expect("a number");
            let (min, median, max) = (number("min"), number("median"), number("max"));
            assert!(min <= median && median <= max, "{name}: {spread}");
            let rounds = spread["rounds"].as_array().expect("rounds");
            assert_eq!(
                rounds.len() as u64,
                document["settings"]["rounds_done"]
                    .as_u64()
                    .expect("rounds")
            );
        }
        found.insert((text("workload"), text("transport")));
    }
    found
}

fn all(workloads: &str, transports: &str) -> BTreeSet<(String, String)> {
    let pairs = workloads.split(',').flat_map(|workload| {
        let of = transports
            .split(',')
            .map(move |name| (workload.to_owned(), name.to_owned()));
        // The line ring is for small messages and nothing else.
        let lines = matches!(workload, "latency" | "rate" | "think");
        of.filter(move |(_, name)| lines || name != "line-ring")
    });
    pairs.collect()
}

const TINY: [&str; 4] = ["--time", "1", "--rounds", "2"];

#[test]
fn streams_and_round_trips_run_on_every_transport_with_every_byte_checked() {
    let workloads = "latency,rate,bandwidth,produced,bidirectional";
    let arguments = ["--workloads", workloads, "--transports", OURS];
    let sizes = ["--sizes", "1,64,5000,300000", "--verify"];
    let document = document(&[&TINY[..], &arguments, &sizes].concat());
    assert_eq!(measured(&document), all(workloads, OURS));
    assert!(
        document["figures"]
            .as_array()
            .expect("figures")
            .iter()
            .all(|f| f["check"] == "all")
    );
}

#[test]
fn partial_checks_run_too() {
    let arguments = ["--workloads", "produced,latency", "--transports", OURS];
    let document = document(&[&TINY[..], &arguments, &["--sizes", "100,4KiB,100kB"]].concat());
    assert_eq!(measured(&document), all("produced,latency", OURS));
}

#[test]
fn exchanges_and_connections_run_on_every_transport() {
    let workloads = "many,think,connect";
    let document =
        document(&[&TINY[..], &["--workloads", workloads, "--transports", OURS]].concat());
    assert_eq!(measured(&document), all(workloads, OURS));
}

#[test]
fn a_thousand_idle_connections_run() {
    let arguments = [
        "--workloads",
        "beside,idle",
        "--transports",
        "ntb,tcp",
        "--rounds",
        "1",
    ];
    let document = document(&[&arguments[..], &["--time", "1"]].concat());
    assert_eq!(measured(&document), all("beside,idle", "ntb,tcp"));
    let figures = document["figures"].as_array().expect("figures");
    assert!(figures.iter().any(|figure| figure["connections"] == 1001));
}

#[test]
fn one_core_and_no_core_are_places_too() {
    for place in ["--same-core", "--unpinned"] {
        let arguments = [
            place,
            "--workloads",
            "latency",
            "--sizes",
            "64",
            "--transports",
            "ntb,tcp",
        ];
        let modes = ["--modes", "blocking,no-spin"];
        let document = document(&[&TINY[..], &arguments, &modes].concat());
        assert_eq!(measured(&document), all("latency", "ntb,tcp"));
        let figures = document["figures"].as_array().expect("figures");
        assert!(
            figures
                .iter()
                .all(|figure| figure["placement"] != "two-cores")
        );
    }
}

#[test]
fn goals_are_judged_or_say_why_not() {
    let transports = ["--transports", "ntb,ring,ring-prefetch,line-ring,tcp,unix"];
    let document = document(
        &[
            &["--goals", "--time", "1", "--rounds", "1"],
            &transports[..],
        ]
        .concat(),
    );
    let goals = document["goals"].as_array().expect("goals");
    assert!(goals.len() > 30, "{} goals", goals.len());
    for goal in goals {
        let judged = goal["met"].is_boolean();
        assert_eq!(judged, goal["reached"].is_object(), "{goal}");
        assert_eq!(judged, goal["reason"].is_null(), "{goal}");
        let peer_is_out = goal["against"] == "× ucx-stream";
        assert_eq!(judged, !peer_is_out, "{goal}");
    }
    let under_models = |goal: &&Value| {
        goal["work"]
            .as_str()
            .is_some_and(|work| work.contains("model "))
    };
    assert_eq!(goals.iter().filter(under_models).count(), 10);
}

#[test]
fn a_sweep_forces_every_class_and_finds_where_they_change() {
    let sizes = ["--sizes", "64,64KiB,300000", "--verify"];
    let arguments = ["--sweep", "--models", "none,pxh810"];
    let document = document(&[&TINY[..], &arguments, &sizes].concat());
    let classes = "ntb,ntb-inline,ntb-eager,ntb-bulk";
    let mut wanted = all("latency,bandwidth", classes);
    // No stream of single lines.
    wanted.remove(&("bandwidth".to_owned(), "ntb-inline".to_owned()));
    assert_eq!(measured(&document), wanted);
    let crossovers = document["crossovers"].as_array().expect("crossovers");
    let found = crossovers.iter().map(|found| {
        let least = found["chosen_least"].as_f64().expect("a number");
        assert!(least > 0.0, "{found}");
        (found["model"].as_str(), found["workload"].as_str())
    });
    let (none, pxh810) = (Some("none"), Some("pxh810"));
    let (latency, bandwidth) = (Some("latency"), Some("bandwidth"));
    let wanted = [
        (none, latency),
        (none, bandwidth),
        (pxh810, latency),
        (pxh810, bandwidth),
    ];
    assert!(found.eq(wanted), "{crossovers:?}");
}

#[test]
fn a_table_is_found_and_can_be_used_and_a_bad_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let output_folder = folder.path().to_str().expect("UTF-8");
    let arguments = ["--tune", "--models", "mxh930", "--sizes", "64,64KiB,256KiB"];
    let found = output(bench(
        &[&TINY[..], &arguments, &["--output", output_folder]].concat(),
    ));
    let errors = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "{errors}");
    let file = folder.path().join("tuning.toml");
    let table = std::fs::read_to_string(&file).expect("the table");
    assert_eq!(table.as_bytes(), found.stdout);
    for key in [
        "publish_small = ",
        "bulk_piece = ",
        "bulk_from = ",
        "inline_max = ",
    ] {
        assert!(table.contains(key), "{table}");
    }
    let one = [
        "--workloads",
        "latency",
        "--transports",
        "ntb",
        "--sizes",
        "64",
    ];
    let with = |file: &Path| {
        let tuning = ["--tuning", file.to_str().expect("UTF-8")];
        output(bench(&[&TINY[..], &one, &tuning].concat()))
    };
    assert!(with(&file).status.success());
    for (text, part) in [
        ("bulk_form = 1", "bulk_form"),
        ("bulk_slots = 99", "2 to 8"),
    ] {
        let bad = folder.path().join("bad.toml");
        std::fs::write(&bad, text).expect("a file");
        let refused = with(&bad);
        let errors = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && errors.contains(part),
            "{errors}"
        );
    }
}

/// What `docs/benchmarks.md` promises of the document.
#[test]
fn the_document_has_what_its_description_says() {
    let arguments = [
        "--workloads",
        "latency,idle",
        "--sizes",
        "64",
        "--transports",
        "ntb,tcp",
    ];
    let document = document(&[&TINY[..], &arguments].concat());
    let description = include_str!("../../docs/benchmarks.md");
    let described = |name: &str| assert!(description.contains(&format!("`{name}`")), "{name}");
    assert_eq!(document["schema"], "ntb-bench/1");
    described("ntb-bench/1");
    let names = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    let figure = &document["figures"][0];
    let metrics = document["figures"].as_array().expect("figures").iter();
    let metrics = metrics.flat_map(|figure| names(&figure["metrics"]));
    names(&document).iter().for_each(|name| described(name));
    names(&document["machine"])
        .iter()
        .for_each(|name| described(name));
    names(&document["settings"])
        .iter()
        .for_each(|name| described(name));
    names(&document["transports"][0])
        .iter()
        .for_each(|name| described(name));
    names(figure).iter().for_each(|name| described(name));
    names(&figure["metrics"]["p50_us"])
        .iter()
        .for_each(|name| described(name));
    metrics.for_each(|name| described(&name));
    let tcp = document["transports"]
        .as_array()
        .expect("transports")
        .iter()
        .find(|who| who["name"] == "tcp");
    let detail = tcp.expect("tcp takes part")["detail"]
        .as_str()
        .expect("text")
        .to_owned();
    assert!(detail.contains("congestion control"), "{detail}");
    let system = document["machine"]["congestion_control"]
        .as_str()
        .expect("a name");
    assert!(
        detail.contains("cubic") || detail.contains(system),
        "{detail}"
    );
}

#[test]
fn reports_are_written_and_the_page_is_well_formed() {
    let folder = tempfile::tempdir().expect("tempdir");
    let place = folder.path().join("new/report");
    let place = place.to_str().expect("UTF-8");
    let arguments = [
        "--workloads",
        "latency,think",
        "--sizes",
        "64,4KiB",
        "--transports",
        "ntb,tcp,unix",
    ];
    let output = output(bench(
        &[&TINY[..], &arguments, &["--output", place]].concat(),
    ));
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| std::fs::read_to_string(Path::new(place).join(name)).expect("written");
    assert_eq!(read("report.txt").as_bytes(), output.stdout);
    let json: Value = serde_json::from_str(&read("report.json")).expect("JSON");
    assert_eq!(measured(&json), all("latency,think", "ntb,tcp,unix"));
    let page = read("report.html");
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let page = roxmltree::Document::parse_with_options(&page, options).expect("well-formed");
    let count = |tag: &str| {
        page.descendants()
            .filter(|node| node.tag_name().name() == tag)
            .count()
    };
    assert_eq!(count("svg"), 3, "a plot for each way to wait");
    assert!(count("polyline") >= 9, "a line for each transport");
    assert!(count("table") >= 6);
}

#[test]
fn a_tool_that_is_not_there_or_fails_is_named() {
    let arguments = [
        "--workloads",
        "latency",
        "--modes",
        "spinning",
        "--sizes",
        "64",
    ];
    let transports = ["--transports", "ntb,ucx-stream,fabric-shm", "--json"];
    let arguments = [&TINY[..], &arguments, &transports].concat();
    let mut command = bench(&arguments);
    command.env("PATH", "/nonexistent");
    let without: Value = serde_json::from_slice(&output(command).stdout).expect("JSON");
    let missing = |name: &str| {
        let all = without["transports"].as_array().expect("transports");
        let found = all.iter().find(|who| who["name"] == name).expect("named");
        found["missing"].as_str().expect("missing").to_owned()
    };
    assert!(
        missing("ucx-stream").starts_with("not installed"),
        "{without}"
    );
    assert!(
        missing("fabric-shm").starts_with("not installed"),
        "{without}"
    );

    let folder = tempfile::tempdir().expect("tempdir");
    let script = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.path().join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("script");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("mode");
    };
    script("ucx_info", "echo '# Version 9.9.9'");
    script("ucx_perftest", "echo 'no memory left' >&2; exit 3");
    let mut command = bench(&arguments);
    command.env("PATH", folder.path());
    let broken: Value = serde_json::from_slice(&output(command).stdout).expect("JSON");
    let notes = broken["notes"].to_string();
    assert!(notes.contains("no memory left"), "{notes}");
    assert!(broken["transports"].to_string().contains("9.9.9"));
    assert!(
        measured_names(&broken).contains("ntb"),
        "the others went on"
    );
}

fn measured_names(document: &Value) -> BTreeSet<String> {
    let figures = document["figures"].as_array().expect("figures").iter();
    let names =
        figures.filter(|figure| figure["metrics"].as_object().is_some_and(|m| !m.is_empty()));
    names
        .filter_map(|figure| figure["transport"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn veth_runs_as_root_and_says_why_not_otherwise() {
    let arguments = [
        "--workloads",
        "latency",
        "--sizes",
        "64",
        "--transports",
        "veth,veth-system",
    ];
    let output = output(bench(&[&TINY[..], &arguments, &["--json"]].concat()));
    if !output.status.success() {
        // A container may be root without the right to make namespaces; that has to be said.
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("veth"), "{errors}");
        return;
    }
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let missing = document["transports"][0]["missing"].as_str();
    assert_eq!(
        missing.is_some(),
        measured(&document).is_empty(),
        "{document}"
    );
    assert!(geteuid().is_root() || missing == Some("needs root"));
}

/// Starts a run that would take long, and waits until its workers are there.
#[allow(clippy::zombie_processes, reason = "the caller waits for it")]
fn long_run() -> (Child, Vec<u32>, PathBuf) {
    let arguments = [
        "--workloads",
        "latency",
        "--sizes",
        "64",
        "--modes",
        "spinning",
    ];
    let endless = ["--time", "20000", "--rounds", "5", "--transports", "ntb"];
    let mut child = bench(&[&arguments[..], &endless].concat())
        .spawn()
        .expect("ntb starts");
    let begin = Instant::now();
    loop {
        let workers = children(child.id());
        let folder = workers.first().and_then(|worker| folder_of(*worker));
        if let (2, Some(folder)) = (workers.len(), folder) {
            // Let them get into the middle of it.
            std::thread::sleep(Duration::from_millis(500));
            return (child, workers, folder);
        }
        if begin.elapsed() > WATCHDOG {
            let _ = child.kill();
            panic!("no workers");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn children(process: u32) -> Vec<u32> {
    let file = format!("/proc/{process}/task/{process}/children");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// The run's own folder, from what a worker was told.
fn folder_of(process: u32) -> Option<PathBuf> {
    let text = std::fs::read(format!("/proc/{process}/environ")).ok()?;
    let mut variables = text.split(|byte| *byte == 0);
    let fabric = variables.find_map(|variable| variable.strip_prefix(b"SISCI_EMU_DIR="))?;
    let fabric = PathBuf::from(String::from_utf8(fabric.to_vec()).ok()?);
    Some(fabric.parent()?.to_owned())
}

/// Nothing of the run is left, soon.
fn gone(workers: &[u32], folder: Option<&Path>) {
    let begin = Instant::now();
    let is_alive = |process: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // A zombie waits only for whoever has to take note of it.
        !status.is_empty() && !status.contains(") Z ")
    };
    while workers.iter().any(is_alive) || folder.is_some_and(Path::exists) {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{workers:?} or {folder:?} is still there"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn end(child: Child) -> (bool, String) {
    let output = child.wait_with_output().expect("ntb ends");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_dead_worker_ends_the_run_with_its_reason() {
    let (child, workers, folder) = long_run();
    signal(workers[1], Signal::KILL);
    let (success, errors) = end(child);
    assert!(!success);
    assert!(
        errors.contains("the responder's process ended (signal: 9"),
        "{errors}"
    );
    gone(&workers, Some(&folder));
}

#[test]
fn an_interrupt_ends_the_run_and_cleans_up() {
    let (child, workers, folder) = long_run();
    signal(child.id(), Signal::INT);
    let (success, errors) = end(child);
    assert!(
        !success && errors.contains("stopped by the user"),
        "{errors}"
    );
    gone(&workers, Some(&folder));
}

#[test]
fn workers_do_not_outlive_a_killed_orchestrator() {
    let (mut child, workers, folder) = long_run();
    child.kill().expect("kill");
    child.wait().expect("wait");
    gone(&workers, None);
    std::fs::remove_dir_all(folder).expect("the folder is all that is left");
}

#[test]
fn senseless_settings_are_refused() {
    let bad: [&[&str]; 7] = [
        &["--sizes", "0"],
        &["--sizes", "65MiB"],
        &["--cores", "0"],
        &["--nodes", "4,4"],
        &["--rounds", "0"],
        &["--goals", "--quick"],
        &[
            "--library",
            "/nonexistent/libsisci.so",
            "--workloads",
            "think",
            "--time",
            "1",
        ],
    ];
    for arguments in bad {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ntb"));
        command
            .arg("bench")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = output(command);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

//! Tests of patched daemons as processes: configuration, fallback to TCP, and the loss of a peer.

use super::{
    miniature::Miniature,
    report::Report,
    setup::{STORAGE_NODE, Setup, Workload, free_port},
    workspace::Workspace,
};
use anyhow::{Context, Result, ensure};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SMALL: Workload = Workload {
    bytes: 8 << 20,
    exchanges: 200,
};
/// So much that it is still under way when something happens to it.
const ENDLESS: Workload = Workload {
    bytes: 1 << 40,
    exchanges: 1,
};

const REFUSAL_LIMIT: Duration = Duration::from_secs(10);
const LOSS_LIMIT: Duration = Duration::from_secs(10);

/// For what happens in the background within seconds.
const MOVE_LIMIT: Duration = Duration::from_secs(60);

const NODE: u32 = 8;

/// What a daemon says of each peer that is on TCP although it might be on NTB.
const SKIPPED: &str = "Not using NTB for ";

/// A test: a sentence about what is true, and its proof.
type Test = (&'static str, fn(&Setup, &Miniature) -> Result<()>);

const TESTS: [Test; 12] = [
    ("the patched templates are accepted", templates_are_accepted),
    (
        "a daemon with a value that can't be used does not start",
        bad_values_are_refused,
    ),
    (
        "a transport that can't be loaded is told from a wrong value",
        a_broken_transport_is_named,
    ),
    (
        "values that fit only together may come from both file and command line",
        values_from_two_places,
    ),
    (
        "without NTB at the peer everything goes over TCP, which is no fallback",
        peer_without_ntb,
    ),
    (
        "without NTB here everything goes over TCP",
        daemon_without_ntb,
    ),
    (
        "a peer in connTcpOnlyFilterFile is used over TCP, which is said once",
        filtered_peer,
    ),
    (
        "a link that is down at first is said once, and used when it comes up",
        link_comes_up_later,
    ),
    (
        "the older listener serves, too, without an NTB port",
        older_listener,
    ),
    (
        "a worker serves the next request without the listener",
        requests_in_a_row,
    ),
    (
        "a peer that goes away in the middle of a message leaves nothing behind",
        message_is_cut_off,
    ),
    (
        "the death of a server ends its client's work in bounded time",
        server_dies,
    ),
];

/// Runs all tests against one tree.
///
/// # Errors
/// The first test that fails.
pub fn run(miniature: &Miniature, workspace: &Workspace) -> Result<()> {
    println!(
        "daemons, interface of BeeGFS {}",
        miniature.generation.number()
    );
    for (number, (name, test)) in TESTS.iter().enumerate() {
        workspace.check()?;
        let setup = Setup::new(miniature, workspace, &format!("daemons-{number}"))?;
        println!("test: {name}");
        let start = Instant::now();
        test(&setup, miniature).with_context(|| format!("test failed: {name}"))?;
        println!("  ok ({} ms)", start.elapsed().as_millis());
    }
    Ok(())
}

fn templates_are_accepted(setup: &Setup, miniature: &Miniature) -> Result<()> {
    let template = |daemon: &str| {
        let file = format!("{daemon}/build/dist/etc/beegfs-{daemon}.conf");
        format!("cfgFile={}", miniature.tree.join(file).display())
    };
    let port = free_port()?;
    let storage = setup.storage(port, &[template("storage")])?;
    let report = setup.work(NODE, port, &SMALL, &[template("meta")])?;
    ensure_only(&report, "NTB")?;
    storage.stop()
}

fn bad_values_are_refused(setup: &Setup, _: &Miniature) -> Result<()> {
    for (key, value) in [
        ("connNTBBufSize", "5000"),
        ("connNTBLibrary", "/no/such/library.so"),
        ("connNTBTuningFile", "/no/such/tuning.toml"),
        ("connNTBPortShift", "50000"), // right by itself, but not with this port
        ("connNTBSpelledWrong", "1"),
    ] {
        let mut storage = setup.launch_storage(60000, &[format!("{key}={value}")])?;
        let status = storage.wait(REFUSAL_LIMIT)?;
        let said = storage.tail();
        ensure!(
            status.code() == Some(1),
            "{key}={value} ended with {status}{said}"
        );
        let names_all =
            said.contains(key) && (said.contains(value) || key == "connNTBSpelledWrong");
        ensure!(names_all, "the message for {key}={value} is{said}");
    }
    Ok(())
}

fn a_broken_transport_is_named(setup: &Setup, _: &Miniature) -> Result<()> {
    let library = setup.file("libbeegfs_ntb.so", "no library\n")?;
    let folder = library.parent().context("a file has a folder")?;
    let mut storage = setup.launch_storage_with(folder, &[])?;
    let status = storage.wait(REFUSAL_LIMIT)?;
    let said = storage.tail();
    ensure!(status.code() == Some(1), "it ended with {status}{said}");
    let names_all =
        said.contains("the transport can't be loaded") && said.contains("libbeegfs_ntb.so");
    ensure!(names_all, "the message is{said}");

    // Nobody asked for NTB by name: the daemon lives without it, and says so.
    let mut storage = setup.launch_storage_with(folder, &["connNTBLibrary=".to_string()])?;
    storage.wait_for_log("Listening for TCP connections", REFUSAL_LIMIT)?;
    let count = storage.count_in_log("NTB is not used, because the transport can't be loaded");
    ensure!(count == 1, "said {count} times{}", storage.tail());
    storage.stop()
}

fn values_from_two_places(setup: &Setup, _: &Miniature) -> Result<()> {
    let file = setup.file("small-buffers", "connNTBBufSize=4096\n")?;
    // With the default size these would be 256 MiB.
    let settings = ["connNTBMemoryLimit=128", "connNTBBufNum=4096"].map(str::to_string);
    let file = format!("cfgFile={}", file.display());
    let port = free_port()?;
    let storage = setup.storage(port, &[&settings[..], &[file]].concat())?;
    let report = setup.work(NODE, port, &SMALL, &[])?;
    ensure_only(&report, "NTB")?;
    storage.stop()
}

fn peer_without_ntb(setup: &Setup, _: &Miniature) -> Result<()> {
    let port = free_port()?;
    let storage = setup.storage(port, &["connUseNTB=false".to_string()])?;
    let report = setup.work(NODE, port, &SMALL, &[])?;
    ensure_only(&report, "TCP")?;
    storage.stop()
}

fn daemon_without_ntb(setup: &Setup, _: &Miniature) -> Result<()> {
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;
    let report = setup.work(NODE, port, &SMALL, &["connUseNTB=false".to_string()])?;
    ensure_only(&report, "TCP")?;
    storage.stop()
}

fn filtered_peer(setup: &Setup, _: &Miniature) -> Result<()> {
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;
    let filter = setup.file("filter", "127.0.0.0/8\n")?;
    let filter = format!("connTcpOnlyFilterFile={}", filter.display());
    let mut meta = setup.launch_meta(NODE, port, &SMALL, &[filter])?;
    let status = meta.wait(MOVE_LIMIT)?;
    ensure!(status.success(), "ended with {status}{}", meta.tail());
    ensure!(meta.count_in_log("(protocol: NTB)") == 0, "{}", meta.tail());
    ensure!(meta.count_in_log(SKIPPED) == 1, "{}", meta.tail());
    ensure!(
        meta.count_in_log("it stands in connTcpOnlyFilterFile") == 1,
        "{}",
        meta.tail()
    );
    storage.stop()
}

fn link_comes_up_later(setup: &Setup, _: &Miniature) -> Result<()> {
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;
    let fabric = setup.fabric()?;
    fabric.set_link(STORAGE_NODE, NODE, false)?;
    let retry = "connNTBRetrySecs=2".to_string();
    let mut meta = setup.launch_meta(NODE, port, &ENDLESS, &[retry])?;
    meta.wait_for_log("(protocol: TCP)", REFUSAL_LIMIT)?;
    // Several pauses long, in which the peer is tried again and again.
    std::thread::sleep(Duration::from_secs(5));
    ensure!(
        meta.count_in_log("the NTB link is down") == 1,
        "{}",
        meta.tail()
    );
    ensure!(meta.count_in_log(SKIPPED) == 1, "{}", meta.tail());

    fabric.set_link(STORAGE_NODE, NODE, true)?;
    meta.wait_for_log("(protocol: NTB)", MOVE_LIMIT)?;
    ensure!(meta.count_in_log("fallback") == 0, "{}", meta.tail());
    drop(meta);
    storage.stop()
}

fn older_listener(setup: &Setup, _: &Miniature) -> Result<()> {
    let (port, classic) = (free_port()?, free_port()?);
    let storage = setup.storage(port, &[format!("connClassicPort={classic}")])?;
    let report = setup.work(NODE, classic, &SMALL, &[])?;
    ensure_only(&report, "TCP")?;
    storage.stop()
}

/// What a client sends next is on its way soon after it has its answer: a worker that looks for it finds
/// it now and then, on the busiest machine.
fn requests_in_a_row(setup: &Setup, _: &Miniature) -> Result<()> {
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;
    let report = setup.work(NODE, port, &SMALL, &[])?;
    ensure_only(&report, "NTB")?;
    let served = report.served.get("NTB").context("nothing came over NTB")?;
    ensure!(
        served.requests >= SMALL.exchanges && served.queued < served.requests,
        "{served:?} of {:?}",
        report.paths
    );
    println!(
        "    {} of {} from the queue",
        served.queued, served.requests
    );
    storage.stop()
}

/// Whose connection it is between header and payload does not depend on the path; TCP needs no library here.
fn message_is_cut_off(setup: &Setup, _: &Miniature) -> Result<()> {
    const TIMES: usize = 8;
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;
    let descriptors = || -> Result<usize> {
        let folder = format!("/proc/{}/fd", storage.pid());
        Ok(std::fs::read_dir(folder)?.count())
    };
    let wait_until = |what: &str, is_so: &dyn Fn(usize) -> bool| -> Result<()> {
        let deadline = Instant::now() + LOSS_LIMIT;
        loop {
            let now = descriptors()?;
            if is_so(now) {
                return Ok(());
            }
            let late = Instant::now() > deadline;
            ensure!(!late, "{what}: {now} descriptors{}", storage.tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let before = descriptors()?;
    let mut peers = Vec::new();
    for _ in 0..TIMES {
        let mut peer = TcpStream::connect(("127.0.0.1", port))?;
        peer.write_all(&header_of_more(4096))?;
        peers.push(peer);
    }
    wait_until("not all accepted", &|now| now >= before + TIMES)?;
    drop(peers);
    wait_until("not all closed", &|now| now <= before)?;
    storage.stop()
}

/// The header of an exchange's request of so many bytes.
fn header_of_more(length: u32) -> [u8; 40] {
    let mut header = [0; 40];
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[8..16].copy_from_slice(&(0x4247_4653_u64 << 32).to_le_bytes());
    header[16..18].copy_from_slice(&9001_u16.to_le_bytes());
    header
}

fn server_dies(setup: &Setup, _: &Miniature) -> Result<()> {
    let port = free_port()?;
    let storage = setup.storage(port, &[])?;
    let mut meta = setup.launch_meta(NODE, port, &ENDLESS, &[])?;
    meta.wait_for_log("(protocol: NTB)", REFUSAL_LIMIT)?;
    std::thread::sleep(Duration::from_millis(300));
    drop(storage); // kills it

    let status = meta.wait(LOSS_LIMIT)?;
    let said = meta.tail();
    ensure!(status.code() == Some(2), "ended with {status}{said}");
    ensure!(
        said.contains("Connect failed on all available routes"),
        "said{said}"
    );
    Ok(())
}

/// All of the workload, undamaged, on this path, which the pool does not take for a fallback.
fn ensure_only(report: &Report, path: &str) -> Result<()> {
    let used: Vec<_> = report.paths.keys().map(String::as_str).collect();
    ensure!(
        used == [path],
        "used {} instead of {path}",
        used.join(" and ")
    );
    for phase in [&report.write, &report.read, &report.exchange] {
        ensure!(phase.mismatches == 0, "{} mismatches", phase.mismatches);
    }
    ensure!(
        report.write.bytes == SMALL.bytes && report.read.bytes == SMALL.bytes,
        "not all bytes arrived"
    );
    ensure!(
        report.exchange.requests == SMALL.exchanges,
        "exchanges are missing"
    );
    ensure!(report.retries == 0, "{} retries", report.retries);
    ensure!(
        !report.connections.contains("fallback"),
        "a connection counts as a fallback: {}",
        report.connections
    );
    Ok(())
}

//! `ntb beemsg` against a server in memory: every command, both ways, and what it says when
//! something is wrong. Nothing here judges a time.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use beemsg::responder::{Behaviour, Responder};
use beemsg::{Family, Secret};
use ntb_core::driver::{Config, Transport};
use serde_json::Value;

/// Longest time that a test may take before it counts as hung.
const WATCHDOG: Duration = Duration::from_secs(120);
const INSIDE: &str = "NTB_TEST_INSIDE";

fn ntb(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ntb"));
    // The test's process is node 8; the tool is another one, on the same host.
    command
        .args(arguments)
        .env("SISCI_EMU_NODE", "4")
        .stdin(Stdio::null());
    command.output().expect("ntb runs")
}

fn document(arguments: &[&str]) -> Value {
    let output = ntb(arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn complaint(arguments: &[&str]) -> String {
    let output = ntb(arguments);
    assert!(!output.status.success(), "{arguments:?} must fail");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn server(behaviour: Behaviour) -> (Arc<Responder>, String) {
    let server = Responder::start(behaviour);
    let address = server.address().to_string();
    (server, address)
}

/// A load of a known amount over TCP.
fn load<'a>(mgmtd: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "beemsg", "load", "--way", "tcp", "--mgmtd", mgmtd, "--amount",
    ];
    [
        &fixed[..],
        &["300KiB", "--block", "100KiB", "--span", "200KiB"],
        more,
    ]
    .concat()
}

#[test]
fn a_load_moves_checks_and_removes() {
    for family in Family::ALL {
        let (server, address) = server(Behaviour {
            family,
            ..Behaviour::default()
        });
        let figures = document(&load(&address, &["--threads", "2", "--json"]));
        let rows = figures.as_array().unwrap();
        assert_eq!(rows.len(), 2, "write and read");
        for (row, work) in rows.iter().zip(["write", "read"]) {
            assert_eq!(row["work"], work);
            assert_eq!(row["requests"], 6, "3 by each thread");
            assert_eq!(row["verified"], true);
            assert!(row["times"]["p99"].as_f64().unwrap() > 0.0);
            assert!(row["server"].is_null());
        }
        assert_eq!(server.stored(), (0, 0), "chunks are removed");
        assert_eq!(server.flagged(), (0, 0));
    }
}

#[test]
fn chunks_are_kept_and_flags_passed() {
    let (server, address) = server(Behaviour::default());
    let kept = load(&address, &["--work", "write", "--keep", "--json"]);
    document(&kept);
    assert_eq!(server.stored(), (1, 200 << 10));
    let flags = ["--disable-io", "--group", "1", "--forward", "--json"];
    let own = std::process::id().to_string();
    let watched = ["--daemon-pid", &own];
    let figures = document(&load(&address, &[&flags[..], &watched[..]].concat()));
    assert_eq!(figures[0]["verified"], false, "there is nothing to compare");
    assert!(figures[0]["server"]["s_per_gib"].is_number());
    let (without_io, forwarded) = server.flagged();
    assert!(
        without_io >= 6 && forwarded >= 3,
        "{without_io} {forwarded}"
    );
}

#[test]
fn tables_are_for_people() {
    let (_server, address) = server(Behaviour::default());
    let output = ntb(&load(&address, &[]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for word in ["requests/s", "p99.9", "100.0 KiB", "write", "read"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let output = ntb(&["beemsg", "nodes", "--mgmtd", &address]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for word in ["responder", "101", "online, good", "mirror group 1"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let nodes = document(&["beemsg", "nodes", "--json", "--mgmtd", &address]);
    assert_eq!(nodes["targets"][0]["number"], 101);
    assert_eq!(nodes["family"], "8");
}

#[test]
fn wrong_contents_are_named() {
    let (_server, address) = server(Behaviour {
        corrupts: true,
        ..Behaviour::default()
    });
    let text = complaint(&load(&address, &[]));
    assert!(
        text.contains("wrong contents of") && text.contains("at byte 0"),
        "{text}"
    );
}

#[test]
fn a_server_that_goes_in_the_middle_is_named() {
    let (_server, address) = server(Behaviour {
        dies_after: Some(2),
        ..Behaviour::default()
    });
    let text = complaint(&load(&address, &["--threads", "4"]));
    assert!(text.contains("lost"), "{text}");
}

#[test]
fn a_wrong_secret_and_a_wrong_address_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let [right, wrong] = ["right", "wrong"].map(|name| {
        let file = folder.path().join(name);
        std::fs::write(&file, name).unwrap();
        file.to_str().unwrap().to_owned()
    });
    let secret = Secret::read(Path::new(&right)).unwrap();
    let (_server, address) = server(Behaviour {
        secret: Some(secret.number(Family::Seven)),
        family: Family::Seven,
        ..Behaviour::default()
    });
    let with = |file| load(&address, &["--auth-file", file, "--json"]);
    assert_eq!(document(&with(&right))[0]["requests"], 3);
    let text = complaint(&with(&wrong));
    assert!(text.contains("connAuthFile"), "{text}");
    let text = complaint(&load(&address, &["--auth-file", "/nonexistent"]));
    assert!(text.contains("/nonexistent"), "{text}");
    let text = complaint(&load("127.0.0.1:1", &[]));
    assert!(text.contains("cannot connect to 127.0.0.1:1"), "{text}");
}

#[test]
fn targets_and_servers_are_found() {
    let (_server, address) = server(Behaviour::default());
    let text = complaint(&load(&address, &["--target", "7"]));
    assert!(text.contains("no target 7; known: 101"), "{text}");
    let direct = ["beemsg", "load", "--way", "tcp", "--server", &address];
    let some = ["--amount", "1KiB", "--block", "1KiB", "--json", "--target"];
    let figures = document(&[&direct[..], &some[..], &["101"]].concat());
    assert_eq!(figures[1]["requests"], 1);
    let text = complaint(&[&direct[..], &some[..], &["7", "--work", "read"]].concat());
    assert!(text.contains("target"), "{text}");

    let (_meta, address) = server(Behaviour {
        node_type: 1,
        ..Behaviour::default()
    });
    let direct = ["beemsg", "load", "--way", "tcp", "--server", &address];
    let text = complaint(&[&direct[..], &some[..], &["101"]].concat());
    assert!(text.contains("is a metadata server"), "{text}");
}

/// Runs `body` in a process of its own, on a fabric of its own.
fn isolated(name: &str, body: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let fabric = tempfile::tempdir_in("/dev/shm").expect("a folder for the fabric");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .env("SISCI_EMU_DIR", fabric.path().join("fabric"))
        .env("NTB_RUNTIME_DIR", fabric.path().join("run"))
        .env("SISCI_EMU_NODE", "8")
        .spawn()
        .unwrap();
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > WATCHDOG {
            let _ = child.kill();
            panic!("{name} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{name} failed in its own process");
}

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

/// A server on both ways; its address and the distance of its control port.
fn on_ntb(behaviour: Behaviour) -> (Arc<Responder>, String, String) {
    let config = Config {
        library: library(),
        secret: behaviour.secret.map(|secret| secret.to_le_bytes().to_vec()),
        ..Config::default()
    };
    let transport = Transport::start(config).unwrap();
    let (server, address) = server(behaviour);
    let port = server.address().port();
    let listen = |shift: u16| {
        let control = SocketAddr::from((Ipv4Addr::LOCALHOST, port.checked_add(shift)?));
        Some((transport.listen(control).ok()?, shift))
    };
    let (listener, shift) = (1..50_000).find_map(listen).expect("a free port above");
    server.listen_on(listener);
    // It serves until the process ends.
    std::mem::forget(transport);
    (server, address, shift.to_string())
}

#[test]
fn a_load_goes_over_ntb() {
    isolated("a_load_goes_over_ntb", || {
        let secret = Secret::from_bytes(b"a secret");
        let (server, address, shift) = on_ntb(Behaviour {
            secret: Some(secret.number(Family::Eight)),
            ..Behaviour::default()
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "a secret").unwrap();
        let library = library();
        let fixed = [
            ["--library", library.to_str().unwrap()],
            ["--auth-file", file.to_str().unwrap()],
            ["--ntb-port-shift", &shift],
            ["--ring", "64KiB"],
        ]
        .concat();
        let base = ["beemsg", "load", "--mgmtd", &address, "--amount", "3MiB"];
        let rest = ["--block", "1MiB", "--threads", "2", "--json"];
        let figures = document(&[&base[..], &rest, &fixed].concat());
        assert_eq!(figures[0]["way"], "ntb");
        assert_eq!(figures[1]["requests"], 6);
        assert_eq!(server.stored(), (0, 0));

        let compare = ["beemsg", "compare", "--mgmtd", &address, "--time", "20"];
        let small = [
            "--rounds",
            "2",
            "--block",
            "4KiB",
            "--threads",
            "1,2",
            "--json",
        ];
        let document = document(&[&compare[..], &small, &fixed].concat());
        assert_eq!(document["rounds"], 2);
        let cases = document["cases"].as_array().unwrap();
        assert_eq!(
            cases.len(),
            8,
            "2 kinds of work, 2 numbers of threads, 2 disks"
        );
        for case in cases {
            let of = |name: &str| case[name]["requests_per_s"].as_f64().unwrap();
            assert!(of("ntb") > 0.0 && of("tcp") > 0.0, "{case}");
            let speed = &case["speed"];
            assert!(speed["least"].as_f64() <= speed["most"].as_f64());
        }
        assert_eq!(document["goals"].as_array().unwrap().len(), 3);
        assert_eq!(document["forward"], false);
        assert_eq!(server.flagged().1, 0, "nothing was to be forwarded");

        let bench = ["bench", "--beegfs", "--mgmtd", &address, "--time", "10"];
        let small = ["--rounds", "1", "--block", "64KiB", "--threads", "1"];
        let output = ntb(&[&bench[..], &small, &fixed].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains("NTB/TCP") && text.contains("nowhere less"),
            "{text}"
        );
        let output = ntb(&[&bench[..], &small, &fixed, &["--group", "1", "--forward"]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("and its mirror"), "{text}");
        assert!(server.flagged().1 > 0, "both ways have forwarded");
        let text = complaint(&[&bench[..], &["--forward"]].concat());
        assert!(text.contains("--group"), "{text}");
    });
}

#[test]
fn what_keeps_from_ntb_is_named() {
    isolated("what_keeps_from_ntb_is_named", || {
        let (_server, address, _) = on_ntb(Behaviour::default());
        let library = library();
        let base = ["beemsg", "load", "--mgmtd", &address, "--amount", "1KiB"];
        let text = complaint(&[&base[..], &["--library", "/nonexistent.so"]].concat());
        assert!(text.contains("/nonexistent.so"), "{text}");
        // A port above that of the server on which nobody listens.
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let own = address.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        let shift = port.wrapping_sub(own).clamp(1, 50_000).to_string();
        let library = ["--library", library.to_str().unwrap()];
        let text = complaint(&[&base[..], &library, &["--ntb-port-shift", &shift]].concat());
        assert!(text.contains("no NTB connection"), "{text}");
    });
}

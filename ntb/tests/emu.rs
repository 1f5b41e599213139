//! `ntb emu` on fabrics without a process: what it does to living ones is among the cases of the emulator.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use sisci::control::Fabric;

fn ntb(fabric: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ntb"));
    command.arg("emu").args(words.split(' '));
    command.arg("--fabric").arg(fabric);
    command
        .env_remove("SISCI_EMU_DIR")
        .output()
        .expect("ntb runs")
}

/// Standard output of a command that succeeds.
fn done(fabric: &Path, words: &str) -> String {
    let output = ntb(fabric, words);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

/// Standard error of a command that fails.
fn refused(fabric: &Path, words: &str) -> String {
    let output = ntb(fabric, words);
    assert!(!output.status.success(), "{words}");
    String::from_utf8(output.stderr).expect("text")
}

/// A fabric as the first process leaves it.
fn empty_fabric() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    sisci::fabric::dir::open(dir.path()).expect("a fabric");
    dir
}

#[test]
fn links_and_nodes_keep_what_was_done_to_them() {
    let dir = empty_fabric();
    let fabric = Fabric::open(dir.path()).unwrap();
    let state = || fabric.state().unwrap();
    assert_eq!(done(dir.path(), "link down 8 4"), "link 8-4 down\n");
    assert!(state().link(4, 8).unwrap().down);
    assert!(done(dir.path(), "status").contains("no nodes"));
    done(dir.path(), "link up 4 8");
    assert!(!state().link(4, 8).unwrap().down);
    done(dir.path(), "link down 12");
    done(dir.path(), "node gone 16");
    assert!(state().node(12).unwrap().down && state().node(16).unwrap().gone);
    let table = done(dir.path(), "status");
    assert!(table.contains("gone") && table.contains("down"), "{table}");
    done(dir.path(), "link up 12");
    done(dir.path(), "node back 16");
    assert!(!state().node(12).unwrap().down && !state().node(16).unwrap().gone);
    done(dir.path(), "link flap 4 8 --down-ms 1 --up-ms 1 --times 3");
    let link = *state().link(4, 8).unwrap();
    assert_eq!((link.down, link.downs), (false, 4));
}

#[test]
fn files_are_for_those_whom_the_settings_let_in() {
    use std::os::unix::fs::PermissionsExt;
    for (access, file) in [("user", 0o600), ("group", 0o660)] {
        let dir = empty_fabric();
        let settings = format!("access = \"{access}\"\n");
        std::fs::write(dir.path().join("fabric.toml"), settings).unwrap();
        done(dir.path(), "fault drop 4 8 --count 1");
        for name in ["control.toml", "control.lock", "fault-1"] {
            let found = std::fs::metadata(dir.path().join(name)).unwrap();
            assert_eq!(found.permissions().mode() & 0o777, file, "{name}");
        }
    }
}

#[test]
fn faults_are_ordered_listed_and_taken_back() {
    let dir = empty_fabric();
    let orders = [
        "drop 4 8 --count 3",
        "corrupt 4 8 --every 2",
        "dma-fail 4 8 --probability 0.5 --seed 3",
        "dma-stick 8 4 --count 1",
        "interrupt-lose 4 8 --count 1",
        "interrupt-merge 4 8 --count 1",
        "message-lose 4 8 --count 1",
        "sequence-error 4 8 --count 1",
    ];
    for order in orders {
        let said = done(dir.path(), &format!("fault {order}"));
        let kind = order.split(' ').next().unwrap();
        assert!(said.contains(kind), "{said}");
    }
    let list = done(dir.path(), "fault list");
    assert_eq!(list.lines().count(), 1 + orders.len(), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&done(dir.path(), "fault list --json")).unwrap();
    assert_eq!(json[2]["when"]["chance"]["seed"], 3);
    assert_eq!(json[0]["struck"], 0);
    done(dir.path(), "fault clear 2");
    assert!(refused(dir.path(), "fault clear 2").contains("no fault 2"));
    assert!(done(dir.path(), "fault clear").contains("7 faults"));
    assert_eq!(done(dir.path(), "fault list"), "no faults\n");
}

#[test]
fn mistakes_are_named() {
    let dir = empty_fabric();
    let says = |words, text: &str| {
        let said = refused(dir.path(), words);
        assert!(said.contains(text), "{words}: {said}");
    };
    says("link down 4 5", "5 is no node id");
    says("link down 4 4", "reaches itself");
    says("node gone 252", "252 is no node id");
    says("fault drop 4 8 --count 0", "at least 1");
    says("fault drop 4 8 --probability 1.5", "from 0 to 1");
    says("fault drop 4 8", "--count");
    says("fault drop 4 8 --count 1 --every 2", "--every");
    says("fault drop 4 8 --count 1 --seed 2", "--seed");
    let absent = ntb(dir.path(), "link down 4 8");
    let noted = String::from_utf8(absent.stderr).unwrap();
    assert!(noted.contains("node 4 has no process now"), "{noted}");

    let nowhere = dir.path().join("nowhere");
    assert!(refused(&nowhere, "status").contains("no fabric in"));
    std::fs::write(dir.path().join("control.toml"), "format = 99\n").unwrap();
    says("status", "control.toml");
    std::fs::write(dir.path().join("version"), "1\n").unwrap();
    says("status", "version 1");
}

/// A child that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn flapping(fabric: &Path) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ntb"));
    command.args([
        "emu",
        "link",
        "flap",
        "4",
        "8",
        "--down-ms",
        "3600000",
        "--fabric",
    ]);
    let child = command
        .arg(fabric)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = Ended(child.spawn().expect("ntb runs"));
    wait_for("the link is down", || is_down(fabric));
    child
}

fn is_down(fabric: &Path) -> bool {
    let state = Fabric::open(fabric).unwrap().state().unwrap();
    state.link(4, 8).is_some_and(|link| link.down)
}

fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !happened() {
        assert!(Instant::now() < deadline, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn an_interrupted_flap_leaves_the_link_up() {
    let dir = empty_fabric();
    let mut tool = flapping(dir.path());
    let pid = tool.0.id().to_string();
    let signalled = Command::new("kill").args(["-INT", &pid]).status();
    assert!(signalled.expect("kill runs").success());
    assert!(tool.0.wait().unwrap().success());
    assert!(!is_down(dir.path()));
}

#[test]
fn a_killed_flap_leaves_a_state_that_can_be_mended() {
    let dir = empty_fabric();
    drop(flapping(dir.path()));
    assert!(is_down(dir.path()));
    done(dir.path(), "link up 4 8");
    assert!(!is_down(dir.path()));
}

#[test]
fn what_the_dead_leave_is_shown_and_cleaned() {
    let dir = empty_fabric();
    let node = dir.path().join("node-8");
    std::fs::create_dir(&node).unwrap();
    for (name, text) in [
        ("999999-0.proc", "host-a"),
        ("999999-0.sock", ""),
        ("segment-7", "999999-0"),
    ] {
        std::fs::write(node.join(name), text).unwrap();
    }
    std::fs::write(dir.path().join("fault-3"), "").unwrap();
    let table = done(dir.path(), "status");
    assert!(
        table.contains("999999") && table.contains("dead"),
        "{table}"
    );
    let json: serde_json::Value = serde_json::from_str(&done(dir.path(), "status --json")).unwrap();
    let process = &json["nodes"][0]["processes"][0];
    assert_eq!(process["segments"][0], 7);
    assert_eq!(process["alive"], false);
    done(dir.path(), "clean");
    assert!(!node.join("segment-7").exists() && !dir.path().join("fault-3").exists());
    assert!(done(dir.path(), "status").contains("none"));
}

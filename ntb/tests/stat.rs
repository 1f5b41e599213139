//! The program against processes that only exist as statistics sockets.

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::JoinHandle;

use ntb_core::report::{
    Direction, Endpoint, EndpointState, Fabric, PathKind, PeerTotal, Report, SCHEMA, Skip,
    TcpConnection, socket_path,
};

/// Serves one document per connection, `times` times.
fn serve(dir: &Path, pid: u32, documents: Vec<Vec<u8>>) -> JoinHandle<()> {
    let listener = UnixListener::bind(socket_path(dir, pid)).expect("bind");
    std::thread::spawn(move || {
        for document in documents {
            let (mut stream, _) = listener.accept().expect("accept");
            stream.write_all(&document).expect("write");
        }
    })
}

fn report(process: &str, bytes_in: u64) -> Report {
    Report {
        schema: SCHEMA,
        pid: 11,
        process: process.to_owned(),
        host: "store1".to_owned(),
        uptime_secs: 75.0,
        fabric: Fabric {
            node: 8,
            memory_limit: 512 << 20,
            ..Fabric::default()
        },
        listeners: vec!["0.0.0.0:9003".to_owned()],
        endpoints: vec![Endpoint {
            id: 1,
            peer: "10.0.0.3:9005".to_owned(),
            peer_node: 4,
            direction: Direction::In,
            path: PathKind::Ntb,
            state: EndpointState::Open,
            age_secs: 3.0,
            ring_bytes: 1 << 20,
            bytes_in,
            bytes_out: 20,
            recv_polled: 31,
            recv_slept: 32,
            send_polled: 33,
            send_slept: 34,
            doorbells_in: 35,
            doorbells_out: 36,
            alarms_in: 30,
            bulk_out: 37,
            bulk_refused: 38,
            sent_again: 39,
        }],
        tcp: vec![TcpConnection {
            local: "10.0.0.2:5000".to_owned(),
            peer: "10.0.0.1:8008".to_owned(),
            bytes_in: 1000,
            bytes_out: 2000,
            control: false,
        }],
        peers: vec![PeerTotal {
            peer: "10.0.0.3".to_owned(),
            path: PathKind::Ntb,
            connections_open: 1,
            connections_total: 4,
            bytes_in,
            bytes_out: 20,
        }],
        skips: vec![Skip {
            peer: "10.0.0.9:9003".to_owned(),
            reason: "no answer on the control port".to_owned(),
            age_secs: 2.0,
        }],
        refused: 2,
        last_refusal: "10.0.0.7: wrong secret".to_owned(),
        accept_pauses: 0,
    }
}

fn json(report: &Report) -> Vec<u8> {
    serde_json::to_vec(report).expect("json")
}

fn ntb(dir: &Path, args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_ntb");
    Command::new(program)
        .args(args)
        .env("NTB_RUNTIME_DIR", dir)
        .output()
        .expect("ntb runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The cells of the only line that begins with these two.
fn row(text: &str, peer: &str, path: &str) -> Vec<String> {
    let rows = text
        .lines()
        .map(|line| line.split_whitespace().map(str::to_owned).collect());
    let is_row = |row: &Vec<String>| row.len() > 1 && row[0] == peer && row[1] == path;
    let found: Vec<Vec<String>> = rows.filter(is_row).collect();
    assert_eq!(found.len(), 1, "one row {peer} {path} in:\n{text}");
    found.into_iter().next().expect("counted")
}

#[test]
fn shows_peers_paths_bytes_and_waits() {
    let dir = tempfile::tempdir().expect("tempdir");
    let server = serve(
        dir.path(),
        11,
        vec![json(&report("beegfs-storage", 3 << 20))],
    );
    let output = ntb(dir.path(), &["stat"]);
    server.join().expect("server");
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    assert!(
        text.starts_with("beegfs-storage on store1, pid 11: NTB node 8"),
        "{text}"
    );
    let ntb = row(&text, "10.0.0.3", "NTB");
    assert_eq!(ntb[2..], ["1", "4", "3.0", "MiB", "20", "B"]);
    let tcp = row(&text, "10.0.0.1", "TCP");
    assert_eq!(tcp[2..], ["1", "-", "1000", "B", "2.0", "KiB"]);
    assert!(
        text.contains("receive 31 polled, 32 slept; send 33 polled, 34 slept"),
        "{text}"
    );
    assert!(text.contains("doorbells 35 in, 36 out"), "{text}");
    assert!(
        text.contains("10.0.0.9:9003 by TCP only: no answer on the control port"),
        "{text}"
    );
    let refused = "2 incoming handshakes refused, the last one: 10.0.0.7: wrong secret";
    assert!(text.contains(refused), "{text}");
    assert!(
        !text.contains("10.0.0.3:9005"),
        "single connections are not asked for:\n{text}"
    );
}

#[test]
fn lists_single_connections() {
    let dir = tempfile::tempdir().expect("tempdir");
    let server = serve(dir.path(), 11, vec![json(&report("beegfs-storage", 1))]);
    let output = ntb(dir.path(), &["stat", "--endpoints"]);
    server.join().expect("server");
    let text = stdout(&output);
    let row = row(&text, "10.0.0.3:9005", "4");
    assert_eq!(row[2..6], ["by", "peer", "NTB", "open"]);
    assert_eq!(row[row.len() - 6..], ["31", "32", "33", "34", "35", "36"]);
}

#[test]
fn json_is_the_document_itself_and_a_name_selects() {
    let dir = tempfile::tempdir().expect("tempdir");
    let storage = report("beegfs-storage", 1);
    let servers = [
        serve(dir.path(), 11, vec![json(&storage)]),
        serve(dir.path(), 12, vec![json(&report("beegfs-meta", 2))]),
    ];
    let output = ntb(dir.path(), &["stat", "--json", "--process", "storage"]);
    servers
        .into_iter()
        .for_each(|server| server.join().expect("server"));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
    let expected = serde_json::json!({ "processes": [storage], "unreadable": [] });
    assert_eq!(value, expected);
}

#[test]
fn says_when_there_is_no_process() {
    let dir = tempfile::tempdir().expect("tempdir");
    let output = ntb(dir.path(), &["stat"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains("no running process with NTB sockets"),
        "{message}"
    );
    assert!(
        message.contains(&*dir.path().to_string_lossy()),
        "{message}"
    );
}

#[test]
fn a_process_that_answers_nonsense_is_named_beside_the_others() {
    let dir = tempfile::tempdir().expect("tempdir");
    let servers = [
        serve(dir.path(), 11, vec![json(&report("beegfs-storage", 1))]),
        serve(dir.path(), 12, vec![b"{\"schema\":7}".to_vec()]),
    ];
    let output = ntb(dir.path(), &["stat"]);
    servers
        .into_iter()
        .for_each(|server| server.join().expect("server"));
    assert!(output.status.success());
    let text = stdout(&output);
    assert!(text.contains("beegfs-storage on store1"), "{text}");
    assert!(
        text.contains("process 12: the document has schema 7"),
        "{text}"
    );
}

#[test]
fn watching_shows_rates() {
    let dir = tempfile::tempdir().expect("tempdir");
    let documents = vec![
        json(&report("beegfs-storage", 0)),
        json(&report("beegfs-storage", 1 << 30)),
    ];
    let server = serve(dir.path(), 11, documents);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ntb"))
        .args(["stat", "--watch", "0.2"])
        .env("NTB_RUNTIME_DIR", dir.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("ntb runs");
    // After the second document the server is gone; the program goes on without it.
    server.join().expect("server");
    let stdout = child.stdout.take().expect("piped");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stdout));
    let rated = lines
        .by_ref()
        // Enough for some seconds, so that a missing rate is a failure and no endless test.
        .take(200)
        .map(|line| line.expect("text"))
        .find(|line| line.contains("10.0.0.3") && line.contains("NTB") && line.contains("GiB"))
        .expect("a second table");
    child.kill().expect("kill");
    child.wait().expect("wait");
    let cells: Vec<&str> = rated.split_whitespace().collect();
    assert_eq!(cells[4..6], ["1.0", "GiB"]);
    // 1 GiB in at least 0.2 s.
    let rate: f64 = cells[8].parse().expect("a rate");
    assert!(rate > 0.0 && (cells[9] != "GiB" || rate <= 5.0), "{rated}");
}

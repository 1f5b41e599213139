//! The smallest use of the crate: an echo server, and a client that measures round trips.
//!
//! ```text
//! SISCI_EMU_NODE=4 peer serve LIBRARY          prints its control port
//! SISCI_EMU_NODE=8 peer ping LIBRARY PORT SIZE COUNT
//! ```
//!
//! `SPIN_MICROS` in the environment changes how long each side spins before it sleeps.

use ntb_core::driver::{Config, Endpoint, Received, Transport};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["serve", library] => serve(library),
        ["ping", library, port, size, count] => {
            ping(library, port.parse()?, size.parse()?, count.parse()?)
        }
        _ => Err("usage: peer serve LIBRARY | peer ping LIBRARY PORT SIZE COUNT".into()),
    }
}

fn transport(library: &str) -> Result<Transport, Failure> {
    let mut config = Config {
        library: library.into(),
        ..Config::default()
    };
    if let Ok(micros) = std::env::var("SPIN_MICROS") {
        config.spin = Duration::from_micros(micros.parse()?);
    }
    Ok(Transport::start(config)?)
}

/// Echoes whatever comes on every connection, until it is killed.
fn serve(library: &str) -> Result<(), Failure> {
    let transport = transport(library)?;
    let listener = transport.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    println!("{}", listener.address().port());
    loop {
        listener.wait(None)?;
        while listener.pending() {
            if let Some(endpoint) = listener.accept() {
                std::thread::spawn(move || echo(endpoint));
            }
        }
    }
}

fn echo(mut endpoint: Endpoint) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(Received::Data(bytes)) = endpoint.recv(&mut buffer, None) {
        if endpoint.send(&buffer[..bytes]).is_err() {
            break;
        }
    }
}

fn ping(library: &str, port: u16, size: usize, count: usize) -> Result<(), Failure> {
    let transport = transport(library)?;
    let mut endpoint = transport.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let (message, mut answer) = (vec![7; size], vec![0; size]);
    let mut halves: Vec<Duration> = Vec::with_capacity(count);
    for _ in 0..count {
        let begin = Instant::now();
        endpoint.send(&message)?;
        let mut filled = 0;
        while filled < size {
            match endpoint.recv(&mut answer[filled..], Some(Duration::from_secs(5)))? {
                Received::Data(bytes) => filled += bytes,
                Received::End => return Err("the server closed the connection".into()),
            }
        }
        halves.push(begin.elapsed() / 2);
        if answer != message {
            return Err("the echo differs from what was sent".into());
        }
    }
    halves.sort();
    let at = |share: f64| halves[((count - 1) as f64 * share) as usize];
    println!(
        "{size} bytes one way: median {:?}, p99 {:?}",
        at(0.5),
        at(0.99)
    );
    println!(
        "{}",
        serde_json::to_string_pretty(&transport.report().endpoints)?
    );
    Ok(())
}

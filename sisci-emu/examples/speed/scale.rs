//! What calls cost when there is much of everything.

use sisci::measure::client::{Client, Far, Outcome};
use sisci::measure::spread::Spread;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const SEGMENT: usize = 4096;
/// How often each call is measured at each number of objects.
const SAMPLES: u32 = 200;
/// Own segments that are connected and mapped too; each takes three descriptors more.
const CONNECTED: usize = 1_000;
const PROCESSES: usize = 200;
const CONNECTIONS: usize = 5;

/// Connecting and mapping alone.
pub fn connect(client: &Client) -> Outcome<()> {
    let node = client.node()?;
    let own = client.create(5, 1 << 20, 0)?;
    let times: Outcome<Vec<f64>> = (0..2_000)
        .map(|_| timed(|| client.reach(node, 5, 1 << 20), |far| client.leave(far)))
        .collect();
    let times = Spread::of(times?);
    println!(
        "# connect and map a segment: µs\n{:.1} [{:.1} {:.1}]  goal 200 at most",
        times.median, times.low, times.high
    );
    client.remove(own)
}

/// µs of `what`; `undo` is not counted.
fn timed<T>(
    what: impl FnOnce() -> Outcome<T>,
    undo: impl FnOnce(T) -> Outcome<()>,
) -> Outcome<f64> {
    let begun = Instant::now();
    let value = what()?;
    let time = begun.elapsed().as_secs_f64() * 1e6;
    undo(value)?;
    Ok(time)
}

pub fn run(client: &Client, library: &Path) -> Outcome<()> {
    segments(client)?;
    peers(client, library)
}

fn segments(client: &Client) -> Outcome<()> {
    println!(
        "# cost of a call beside this many segments, all with ids of AUTO_ID, up to 1,000 mapped: µs"
    );
    println!(
        "{:>9} {:>14} {:>14} {:>14} {:>14}",
        "segments", "create+offer", "connect+map", "SCIMemCpy 8 B", "remove"
    );
    let (node, auto) = (client.node()?, client.constants().flag_auto_id);
    let mut kept = Vec::new();
    for count in [10, 1_000, 10_000] {
        while kept.len() < count {
            let segment = client.create(1000, SEGMENT, auto)?;
            // SAFETY: a live handle.
            let id = unsafe { (client.functions().get_local_segment_id)(segment) };
            let far = if kept.len() < CONNECTED {
                Some(client.reach(node, id, SEGMENT)?)
            } else {
                None
            };
            kept.push((segment, far));
        }
        let (mut create, mut connect, mut copy, mut remove) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for index in 0..SAMPLES {
            let begun = Instant::now();
            let segment = client.create(1000, SEGMENT, auto)?;
            create.push(begun.elapsed().as_secs_f64() * 1e6);
            // SAFETY: a live handle.
            let id = unsafe { (client.functions().get_local_segment_id)(segment) };
            connect.push(timed(
                || client.reach(node, id, SEGMENT),
                |far| client.leave(far),
            )?);
            let near = kept.len().min(CONNECTED);
            let far: &Far = kept[index as usize * 7919 % near]
                .1
                .as_ref()
                .ok_or("no map")?;
            let begun = Instant::now();
            for _ in 0..100 {
                client.copy(far.map, 0, &[0; 8])?;
            }
            copy.push(begun.elapsed().as_secs_f64() * 1e4);
            remove.push(timed(|| client.remove(segment), Ok)?);
        }
        print!("{count:>9}");
        for times in [create, connect, copy, remove] {
            print!(" {:>14.3}", Spread::of(times).median);
        }
        println!();
    }
    for (segment, far) in kept {
        if let Some(far) = far {
            client.leave(far)?;
        }
        client.remove(segment)?;
    }
    Ok(())
}

/// One of many processes that connect to the leader's segments.
pub fn peer(library: &Path) -> Outcome<()> {
    let client = Client::open(library.as_os_str())?;
    for id in 0..CONNECTIONS as u32 {
        client.reach_soon(4, id, SEGMENT)?;
    }
    println!("connected");
    let _ = std::io::stdin().lines().next();
    Ok(())
}

fn peers(client: &Client, library: &Path) -> Outcome<()> {
    println!(
        "# cost of a call beside this many connections of {PROCESSES} processes on 61 nodes: µs"
    );
    println!(
        "{:>11} {:>14} {:>14}",
        "connections", "create+offer", "connect+map"
    );
    let own: Outcome<Vec<_>> = (0..CONNECTIONS as u32)
        .map(|id| client.create(id, SEGMENT, 0))
        .collect();
    let own = own?;
    let mut children = Vec::new();
    for count in [2, PROCESSES / 10, PROCESSES] {
        while children.len() < count {
            children.push(start(library, children.len())?);
        }
        let (mut create, mut connect) = (Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            create.push(timed(
                || client.create(900, SEGMENT, 0),
                |segment| client.remove(segment),
            )?);
            connect.push(timed(
                || client.reach(4, 1, SEGMENT),
                |far| client.leave(far),
            )?);
        }
        let (create, connect) = (Spread::of(create).median, Spread::of(connect).median);
        println!("{:>11} {create:>14.3} {connect:>14.3}", count * CONNECTIONS);
    }
    for mut child in children {
        drop(child.stdin.take());
        child.wait().map_err(|error| error.to_string())?;
    }
    own.into_iter()
        .try_for_each(|segment| client.remove(segment))
}

fn start(library: &Path, number: usize) -> Outcome<Child> {
    let node = 8 + number % 61 * 4;
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .arg("peer")
            .arg(library)
            .env("SISCI_EMU_NODE", node.to_string())
            .env("SISCI_EMU_HOST", format!("host-{node}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
    });
    let mut child = started.map_err(|error| error.to_string())?;
    let mut line = String::new();
    let output = child.stdout.as_mut().ok_or("no output")?;
    let heard = BufReader::new(output).read_line(&mut line);
    std::io::stdout()
        .flush()
        .map_err(|error| error.to_string())?;
    match heard {
        Ok(length) if length > 0 => Ok(child),
        _ => Err("a peer failed".to_owned()),
    }
}

//! A worker process: one side of a pair, on one transport. Does what the orchestrator says on its
//! standard input until that ends.

use std::io::{BufRead, StdinLock, Write};
use std::process::Command as Program;

use anyhow::{Context, bail, ensure};
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};

use super::sys::Clock;
use super::transport::line::LineRing;
use super::transport::ntb::Ntb;
use super::transport::ring::{Ring, Rings};
use super::transport::socket::{Tcp, Unix};
use super::transport::{self, Transport};
use super::wire::{Answer, Command, Kind, Role, Setup};
use super::{netns, place, work};

/// Runs until standard input ends.
///
/// # Errors
/// Only if the orchestrator can't be heard or told; all else is an answer.
pub fn run() -> anyhow::Result<()> {
    // Nothing outlives the orchestrator, however it ends.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    raise_descriptor_limit();
    let mut input = std::io::stdin().lock();
    let setup: Setup = read(&mut input)?.context("no setup")?;
    let outcome = start(&setup, &mut input);
    if let Err(error) = &outcome {
        answer(&Answer::Failed {
            reason: format!("{error:#}"),
        })?;
    }
    Ok(())
}

fn start(setup: &Setup, input: &mut StdinLock<'_>) -> anyhow::Result<()> {
    if let Some(core) = setup.core {
        place::pin(core)?;
    }
    if setup.veth.is_some() {
        // The devices come when both workers, and so both namespaces, exist.
        answer(&Answer::Ready {
            detail: String::new(),
        })?;
        let command = read(input)?;
        ensure!(matches!(command, Some(Command::Network)), "no network yet");
        netns::configure(setup)?;
    }
    let text = transport::describe(setup);
    match setup.kind {
        Kind::Ntb | Kind::NtbInline | Kind::NtbEager | Kind::NtbBulk => {
            let transport = Ntb::start(setup)?;
            let text = transport.describe();
            serve(setup, input, transport, text)
        }
        Kind::Ring | Kind::RingPrefetch => serve(setup, input, Rings::<Ring>::new(setup), text),
        Kind::LineRing => serve(setup, input, Rings::<LineRing>::new(setup), text),
        Kind::Tcp | Kind::TcpSystem | Kind::Veth | Kind::VethSystem => {
            serve(setup, input, Tcp::new(setup), text)
        }
        Kind::Unix => serve(setup, input, Unix::new(setup), text),
        Kind::UcxStream | Kind::UcxTag | Kind::FabricShm => {
            bail!("{} has its own program", setup.kind.name())
        }
    }
}

fn serve<T: Transport>(
    setup: &Setup,
    input: &mut StdinLock<'_>,
    mut transport: T,
    detail: String,
) -> anyhow::Result<()> {
    let clock = Clock::calibrate();
    let mut streams: Vec<T::Stream> = Vec::new();
    answer(&Answer::Ready { detail })?;
    while let Some(command) = read(input)? {
        let reply = match command {
            Command::Network => bail!("the network is there already"),
            Command::Listen => Answer::Listening {
                address: transport.listen()?,
            },
            Command::Open { address, count } => {
                for number in 0..count {
                    let stream = match setup.role {
                        Role::Initiator => transport.connect(&address),
                        Role::Responder => transport.accept(),
                    };
                    streams.push(stream.with_context(|| format!("connection {number}"))?);
                }
                Answer::Done
            }
            Command::Run(job) => {
                let sample = work::run(setup.role, clock, &mut transport, &mut streams, &job)?;
                Answer::Measured(Box::new(sample))
            }
        };
        answer(&reply)?;
    }
    Ok(())
}

fn read<D: serde::de::DeserializeOwned>(input: &mut StdinLock<'_>) -> anyhow::Result<Option<D>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line).context("a command")?))
}

fn answer(answer: &Answer) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

/// A thousand connections need a few thousand descriptors.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = setrlimit(Resource::Nofile, raised);
}

/// Runs a program that configures something.
///
/// # Errors
/// With what it printed, if it fails.
pub fn command(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Program::new(program).args(arguments).output();
    let output = output.with_context(|| format!("running {program}"))?;
    ensure!(
        output.status.success(),
        "{program} {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

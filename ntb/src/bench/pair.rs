//! Two worker processes on one transport, as the orchestrator sees them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command as Program, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::netns;
use super::wire::{Answer, Command, Job, Role, Sample, Setup};

/// The hidden option that makes this program a worker.
pub const WORKER_OPTION: &str = "--as-worker";

/// For starting, listening and connecting.
const SETUP_TIME: Duration = Duration::from_secs(60);
/// How often a wait looks whether the user wants to stop. Seldom: the orchestrator runs on the
/// cores that are measured.
const LOOK: Duration = Duration::from_millis(200);
/// After one side failed: for the other one's reason, which may be the better one.
const SECOND_REASON: Duration = Duration::from_millis(500);
/// For a worker to end by itself.
const FAREWELL: Duration = Duration::from_secs(2);

/// Set by Ctrl-C and the like.
pub type Stop = Arc<AtomicBool>;

/// What came from a worker; `None`: its output ended.
type Event = (Role, Option<String>);

/// Both sides, connected.
#[derive(Debug)]
pub struct Pair {
    name: String,
    workers: [Worker; 2],
    events: Receiver<Event>,
    stop: Stop,
    address: String,
    /// What the responder said of its transport.
    pub detail: String,
}

#[derive(Debug)]
struct Worker {
    child: Child,
    /// `None` once it was told to end.
    input: Option<ChildStdin>,
}

impl Pair {
    /// Starts two workers and opens `connections` connections between them. `environment` is
    /// what each side's process gets in addition.
    ///
    /// # Errors
    /// With the reason that a worker gave.
    pub fn start(
        setups: [Setup; 2],
        environment: [Vec<(String, String)>; 2],
        connections: usize,
        stop: &Stop,
    ) -> anyhow::Result<Self> {
        let name = setups[0].kind.name();
        let veth = setups[0].veth.is_some();
        let (sender, events) = channel();
        let [first, second] = setups;
        let [first_environment, second_environment] = environment;
        let workers = [
            Worker::spawn(&first, first_environment, &sender)?,
            Worker::spawn(&second, second_environment, &sender)?,
        ];
        let mut pair = Self {
            name,
            workers,
            events,
            stop: Arc::clone(stop),
            address: String::new(),
            detail: String::new(),
        };
        let mut ready = pair.gather(Instant::now() + SETUP_TIME)?;
        if veth {
            let [first, second] = &pair.workers;
            netns::join(first.child.id(), second.child.id())?;
            ready = pair.both(&Command::Network, &Command::Network, SETUP_TIME)?;
        }
        if let [_, Answer::Ready { detail }] = ready {
            pair.detail = detail;
        }
        let reply = pair.one(Role::Responder, &Command::Listen, SETUP_TIME)?;
        let Answer::Listening { address } = reply else {
            bail!("{}: the responder does not listen: {reply:?}", pair.name);
        };
        pair.address = address;
        let open = Command::Open {
            address: pair.address.clone(),
            count: connections,
        };
        pair.both(&open, &open, SETUP_TIME)?;
        Ok(pair)
    }

    /// Runs a job on both sides; what the initiator and the responder saw.
    ///
    /// # Errors
    /// If a worker fails, dies or takes longer than `limit`, or the user stops the run.
    pub fn run(&mut self, mut job: Job, limit: Duration) -> anyhow::Result<[Sample; 2]> {
        job.address.clone_from(&self.address);
        let command = Command::Run(job);
        match self.both(&command, &command, limit)? {
            [Answer::Measured(first), Answer::Measured(second)] => Ok([*first, *second]),
            other => bail!("{}: no measurement: {other:?}", self.name),
        }
    }

    fn both(
        &mut self,
        first: &Command,
        second: &Command,
        limit: Duration,
    ) -> anyhow::Result<[Answer; 2]> {
        self.workers[0].tell(first)?;
        self.workers[1].tell(second)?;
        self.gather(Instant::now() + limit)
    }

    fn one(&mut self, role: Role, command: &Command, limit: Duration) -> anyhow::Result<Answer> {
        self.worker(role).tell(command)?;
        let deadline = Instant::now() + limit;
        let (from, answer) = self.next(deadline)?;
        anyhow::ensure!(from == role, "{}: an answer without a question", self.name);
        Ok(answer)
    }

    /// One answer of each side, initiator's first.
    fn gather(&mut self, deadline: Instant) -> anyhow::Result<[Answer; 2]> {
        let (first, answer) = self.next(deadline)?;
        let (second, other) = self.next(deadline)?;
        match (first, second) {
            (Role::Initiator, Role::Responder) => Ok([answer, other]),
            (Role::Responder, Role::Initiator) => Ok([other, answer]),
            _ => bail!("{}: two answers of one side", self.name),
        }
    }

    fn next(&mut self, deadline: Instant) -> anyhow::Result<(Role, Answer)> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                bail!("stopped by the user");
            }
            let now = Instant::now();
            if now >= deadline {
                bail!("{}: a worker does not answer in time", self.name);
            }
            match self.events.recv_timeout(LOOK.min(deadline - now)) {
                Ok(event) => match self.understand(event) {
                    Ok(answer) => return Ok(answer),
                    Err(reason) => bail!(self.with_second_reason(reason)),
                },
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("{}: both sides ended", self.name),
            }
        }
    }

    fn understand(&mut self, (role, line): Event) -> Result<(Role, Answer), String> {
        let who = match role {
            Role::Initiator => "initiator",
            Role::Responder => "responder",
        };
        let Some(line) = line else {
            let status = self.worker(role).child.wait();
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            return Err(format!("the {who}'s process ended ({status})"));
        };
        match serde_json::from_str(&line) {
            Ok(Answer::Failed { reason }) => Err(format!("the {who} failed: {reason}")),
            Ok(answer) => Ok((role, answer)),
            Err(error) => Err(format!("the {who} said {line:?}: {error}")),
        }
    }

    /// The death of one side makes the other one fail too, in any order.
    fn with_second_reason(&mut self, first: String) -> String {
        let mut text = format!("{}: {first}", self.name);
        if let Ok(event) = self.events.recv_timeout(SECOND_REASON)
            && let Err(second) = self.understand(event)
        {
            text = format!("{text}; {second}");
        }
        text
    }

    fn worker(&mut self, role: Role) -> &mut Worker {
        &mut self.workers[usize::from(role == Role::Responder)]
    }
}

impl Worker {
    fn spawn(
        setup: &Setup,
        environment: Vec<(String, String)>,
        events: &Sender<Event>,
    ) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("finding this program")?;
        let mut program = if setup.veth.is_some() {
            let mut program = Program::new("unshare");
            program.args(["--net", "--"]).arg(own);
            program
        } else {
            Program::new(own)
        };
        let mut child = program
            .args(["bench", WORKER_OPTION])
            .envs(environment)
            // Ctrl-C is for the orchestrator, which ends its workers.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting a worker process")?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut worker = Self { child, input };
        worker.send(serde_json::to_string(setup)?)?;
        let (role, events) = (setup.role, events.clone());
        std::thread::Builder::new()
            .name("answers".into())
            .spawn(move || {
                for line in output
                    .into_iter()
                    .flat_map(|output| BufReader::new(output).lines())
                {
                    let Ok(line) = line else { break };
                    if events.send((role, Some(line))).is_err() {
                        return;
                    }
                }
                let _ = events.send((role, None));
            })?;
        Ok(worker)
    }

    fn tell(&mut self, command: &Command) -> anyhow::Result<()> {
        self.send(serde_json::to_string(command)?)
    }

    fn send(&mut self, mut line: String) -> anyhow::Result<()> {
        line.push('\n');
        if let Some(input) = &mut self.input {
            // A worker that is gone is noticed when its answer is awaited.
            let _ = input.write_all(line.as_bytes());
        }
        Ok(())
    }
}

impl Drop for Pair {
    /// Both sides end by themselves or are ended.
    fn drop(&mut self) {
        for worker in &mut self.workers {
            worker.input = None;
        }
        let deadline = Instant::now() + FAREWELL;
        for worker in &mut self.workers {
            // Idle workers see the end of their input at once; a busy one is in the middle of
            // something that nobody wants any more.
            while Instant::now() < deadline && matches!(worker.child.try_wait(), Ok(None)) {
                if self.stop.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            let _ = worker.child.kill();
            let _ = worker.child.wait();
        }
    }
}

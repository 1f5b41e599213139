//! Starts the nodes, kills some, and watches that the others go on.

use super::Plan;
use super::random::Random;
use crate::runner::emulator_library;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Nobody may stand still for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a process has told.
#[derive(Default)]
struct Told {
    /// Calls of each of its threads, and when they last changed.
    calls: Vec<(u64, Option<Instant>)>,
    /// Resident memory (KiB) at each moment when it held nothing.
    resident: Vec<u64>,
    parted: bool,
    ended: bool,
}

struct Process {
    child: Child,
    life: u32,
    told: Arc<Mutex<Told>>,
    stopped_until: Option<Instant>,
}

/// Runs the plan.
///
/// # Errors
/// Whatever went wrong, with the name of the process.
pub fn run(plan: Plan, fabric: &Path) -> Result<String, String> {
    let mut fleet = Fleet {
        plan,
        fabric,
        random: Random::new(plan.seed),
        processes: Vec::new(),
        lives: 0,
        kills: 0,
    };
    for place in 0..=plan.nodes {
        let process = fleet.start(place)?;
        fleet.processes.push(process);
    }
    let outcome = fleet.play().and_then(|()| fleet.finish());
    for process in &mut fleet.processes {
        let _ = process.child.kill();
        let _ = process.child.wait();
    }
    outcome?;
    left_in(fabric)?;
    let calls: u64 = fleet.processes.iter().map(Process::calls).sum();
    Ok(format!(
        "{} kills, {calls} calls of the last lives, {} lives: nothing left behind",
        fleet.kills, fleet.lives
    ))
}

struct Fleet<'a> {
    plan: Plan,
    fabric: &'a Path,
    random: Random,
    processes: Vec<Process>,
    lives: u32,
    kills: u32,
}

impl Fleet<'_> {
    /// Starts the process of a place: one for each node, and a second one of the first node.
    fn start(&mut self, place: u32) -> Result<Process, String> {
        self.lives += 1;
        let (node, second) = (4 * (1 + place % self.plan.nodes), place / self.plan.nodes);
        let mut child = Command::new(std::env::current_exe().map_err(|error| error.to_string())?)
            .arg("soak-node")
            .arg(self.lives.to_string())
            .arg(second.to_string())
            .arg(self.plan.nodes.to_string())
            .arg((self.plan.seed + u64::from(self.lives)).to_string())
            .env("SISCI_TEST_LIBRARY", emulator_library())
            .env("SISCI_EMU_DIR", self.fabric)
            .env("SISCI_EMU_NODE", node.to_string())
            .env("SISCI_EMU_HOST", format!("host-{node}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let told = Arc::new(Mutex::new(Told::default()));
        let (output, shared) = (child.stdout.take(), Arc::clone(&told));
        std::thread::spawn(move || {
            for line in output
                .into_iter()
                .flat_map(|output| BufReader::new(output).lines())
            {
                let Ok(line) = line else { break };
                shared.lock().unwrap().hear(&line);
            }
        });
        Ok(Process {
            child,
            life: self.lives,
            told,
            stopped_until: None,
        })
    }

    fn play(&mut self) -> Result<(), String> {
        let end = Instant::now() + self.plan.length;
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(
                20 + u64::from(self.random.below(300)),
            ));
            // The first three survive: both processes of the first node, and another node.
            let place = 2 + self.random.below(self.plan.nodes - 2);
            match self.random.below(8) {
                0 => self.stop(place as usize),
                1..=5 => self.kill(place)?,
                _ => {}
            }
            self.wake();
            self.watch()?;
        }
        for process in &mut self.processes {
            process.go_on();
        }
        Ok(())
    }

    fn kill(&mut self, place: u32) -> Result<(), String> {
        let dead = &mut self.processes[place as usize];
        dead.child.kill().map_err(|error| error.to_string())?;
        let status = dead.child.wait().map_err(|error| error.to_string())?;
        // It may have found something just before.
        dead.check(status)?;
        let life = dead.life;
        self.kills += 1;
        // The next one has the same numbers, at once.
        self.processes[place as usize] = self.start(place)?;
        self.tell(&format!("killed {life}"));
        Ok(())
    }

    /// Stops a process for a while, as a debugger or a full machine does.
    fn stop(&mut self, place: usize) {
        let pause = Duration::from_millis(u64::from(self.random.below(500)));
        let process = &mut self.processes[place];
        process.signal(libc::SIGSTOP);
        process.stopped_until = Some(Instant::now() + pause);
    }

    fn wake(&mut self) {
        let now = Instant::now();
        for process in &mut self.processes {
            if process.stopped_until.is_some_and(|until| until < now) {
                process.go_on();
            }
        }
    }

    fn tell(&mut self, line: &str) {
        for process in &mut self.processes {
            // One that has just died is seen by `watch`.
            if let Some(input) = &mut process.child.stdin {
                let _ = writeln!(input, "{line}");
            }
        }
    }

    fn watch(&mut self) -> Result<(), String> {
        for process in &mut self.processes {
            if let Ok(Some(status)) = process.child.try_wait() {
                process.check(status)?;
                // Its last words may still be in the pipe.
                let heard = || process.told.lock().unwrap().ended;
                let limit = Instant::now() + Duration::from_secs(5);
                while !heard() && Instant::now() < limit {
                    std::thread::sleep(Duration::from_millis(1));
                }
                if !heard() {
                    return Err(format!("life {} ended by itself: {status}", process.life));
                }
            } else if process.is_stuck() {
                return Err(format!(
                    "life {} (process {}) stands still:\n{}",
                    process.life,
                    process.child.id(),
                    stacks(process.child.id())
                ));
            }
        }
        Ok(())
    }

    /// First all give up what they use, then all take down what they offer.
    fn finish(&mut self) -> Result<(), String> {
        self.tell("part");
        self.until(|told| told.parted)?;
        self.tell("end");
        self.until(|told| told.ended)?;
        for process in &mut self.processes {
            let status = process.child.wait().map_err(|error| error.to_string())?;
            process.check(status)?;
            if !status.success() {
                return Err(format!("life {}: {status}", process.life));
            }
            process.memory()?;
        }
        Ok(())
    }

    fn until(&mut self, holds: impl Fn(&Told) -> bool) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while !self
            .processes
            .iter()
            .all(|process| holds(&process.told.lock().unwrap()))
        {
            self.watch()?;
            if Instant::now() > deadline {
                let late = |process: &&Process| !holds(&process.told.lock().unwrap());
                let late = self.processes.iter().find(late);
                let what = late.map_or(String::new(), |late| {
                    format!("life {}:\n{}", late.life, stacks(late.child.id()))
                });
                return Err(format!("the end takes too long: {what}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Process {
    fn signal(&self, signal: i32) {
        // SAFETY: the process is our child, and not waited for yet, so the id is still its own.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    fn go_on(&mut self) {
        self.signal(libc::SIGCONT);
        self.stopped_until = None;
        // The time that it stood isn't its fault.
        for (_, changed) in &mut self.told.lock().unwrap().calls {
            *changed = Some(Instant::now());
        }
    }

    fn calls(&self) -> u64 {
        let told = self.told.lock().unwrap();
        told.calls.iter().map(|(calls, _)| calls).sum()
    }

    fn is_stuck(&self) -> bool {
        let told = self.told.lock().unwrap();
        self.stopped_until.is_none()
            && !told.parted
            && told
                .calls
                .iter()
                .any(|(_, changed)| changed.is_some_and(|at| at.elapsed() > PATIENCE))
    }

    /// A process may end because it was killed, or well; nothing else.
    fn check(&self, status: ExitStatus) -> Result<(), String> {
        use std::os::unix::process::ExitStatusExt;
        if status.success() || status.signal() == Some(libc::SIGKILL) {
            return Ok(());
        }
        Err(format!("life {}: {status}, see its words above", self.life))
    }

    /// Memory may grow while the allocator warms up, not for ever.
    fn memory(&self) -> Result<(), String> {
        const MOST: u64 = 32 << 10;
        let told = self.told.lock().unwrap();
        let early = told.resident.get(told.resident.len() / 4);
        let (Some(early), Some(late)) = (early, told.resident.last()) else {
            return Ok(());
        };
        println!(
            "life {}: {} rounds, {early} KiB early, {late} KiB at the end",
            self.life,
            told.resident.len()
        );
        if *late > early + MOST {
            return Err(format!(
                "life {}: {early} KiB grew to {late} KiB",
                self.life
            ));
        }
        Ok(())
    }
}

impl Told {
    fn hear(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("calls") => {
                let counts: Vec<u64> = words.flat_map(str::parse).collect();
                self.calls.resize(counts.len(), (0, None));
                for (known, count) in self.calls.iter_mut().zip(counts) {
                    if known.0 != count || known.1.is_none() {
                        *known = (count, Some(Instant::now()));
                    }
                }
            }
            Some("resident") => self.resident.extend(words.flat_map(str::parse::<u64>)),
            Some("parted") => self.parted = true,
            Some("ended") => self.ended = true,
            _ => println!("{line}"),
        }
    }
}

/// Where the threads of a process stand.
fn stacks(process: u32) -> String {
    let debugger = Command::new("gdb")
        .args(["-p", &process.to_string(), "-batch", "-nx"])
        .args(["-ex", "set pagination off", "-ex", "thread apply all bt 25"])
        .stderr(Stdio::null())
        .output();
    if let Ok(output) = debugger {
        return String::from_utf8_lossy(&output.stdout).into_owned();
    }
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    let lines = threads.into_iter().flatten().flatten().map(|thread| {
        let read =
            |file: &str| std::fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        format!("{} {}", read("comm").trim(), read("wchan").trim())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Only what a fabric keeps may be there when all have left.
fn left_in(fabric: &Path) -> Result<(), String> {
    for node in std::fs::read_dir(fabric)
        .map_err(|error| error.to_string())?
        .flatten()
    {
        if !node.file_name().to_string_lossy().starts_with("node-") {
            continue;
        }
        for file in std::fs::read_dir(node.path())
            .map_err(|error| error.to_string())?
            .flatten()
        {
            if file.file_name() != "lock" {
                return Err(format!("{} is left", file.path().display()));
            }
        }
    }
    Ok(())
}

//! `cargo xtask test`: everything that CI runs, in the order from quick to slow.

use crate::util;
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::Instant;

/// Flags of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run only the steps whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Show the steps and what they run, without running them.
    #[arg(long)]
    dry_run: bool,
}

/// What a step does.
enum Work {
    /// A command that must succeed.
    Command(Command),
    /// Tests under the model checker, of which at least so many must have run.
    Models { command: Command, least: usize },
    /// A check of this program.
    Check(fn() -> Result<()>),
    /// A check that needs what not every machine has.
    Optional(fn() -> Result<Outcome>),
}

/// How a step ended that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Nothing was checked; says why.
    Skipped(String),
}

struct Step {
    name: &'static str,
    what: &'static str,
    work: Work,
}

/// Runs all steps, also after a failure, so that one run shows everything.
///
/// # Errors
/// If a step failed; the message names all that did.
pub fn run(args: Args) -> Result<()> {
    let wanted = |step: &Step| {
        args.only
            .as_ref()
            .is_none_or(|only| step.name.contains(only))
    };
    let steps: Vec<Step> = steps().into_iter().filter(wanted).collect();
    if steps.is_empty() {
        bail!(
            "no step has {:?} in its name",
            args.only.unwrap_or_default()
        );
    }
    let (mut failed, mut skipped) = (Vec::new(), Vec::new());
    let total = steps.len();
    for (number, step) in steps.into_iter().enumerate() {
        let Step { name, what, work } = step;
        println!("\n=== {}/{total} {name}: {what}", number + 1);
        if args.dry_run {
            println!("{}", describe(&work));
            continue;
        }
        let begin = Instant::now();
        let outcome = perform(work);
        let seconds = begin.elapsed().as_secs();
        match outcome {
            Ok(Outcome::Done) => println!("=== {name}: ok in {seconds} s"),
            Ok(Outcome::Skipped(reason)) => {
                println!("=== {name}: SKIPPED: {reason}");
                skipped.push(name);
            }
            Err(error) => {
                println!("=== {name}: FAILED after {seconds} s: {error:#}");
                failed.push(name);
            }
        }
    }
    if args.dry_run {
        return Ok(());
    }
    let passed = total - failed.len() - skipped.len();
    println!(
        "\n{passed} passed, {} failed{}",
        failed.len(),
        skips(&skipped)
    );
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("failed: {}", failed.join(", "))
    }
}

fn steps() -> Vec<Step> {
    vec![
        command(
            "format",
            "the code is formatted",
            cargo(&["fmt", "--all", "--check"]),
        ),
        Step {
            name: "tidy",
            what: "the repository keeps its own rules",
            work: Work::Check(crate::tidy::run),
        },
        command("deny", "licences and sources of all dependencies", deny()),
        command(
            "clippy",
            "no warnings in any target",
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ]),
        ),
        command(
            "core",
            "the protocol core builds without the standard library",
            cargo(&["check", "-p", "ntb-core", "--no-default-features"]),
        ),
        command(
            "bindgen",
            "the committed bindings are those of the headers",
            xtask(&["sisci", "bindgen", "--check"]),
        ),
        command(
            "header",
            "the committed ntb.h is that of the sources",
            xtask(&["capi", "header", "--check"]),
        ),
        Step {
            name: "capi",
            what: "C programs compile against an installed libntb, run, and can do nothing wrong",
            work: Work::Check(crate::capi::stranger_programs),
        },
        Step {
            name: "sisci",
            what: "programs compile against an installation as a stranger's would",
            work: Work::Check(crate::sisci::stranger_programs),
        },
        command(
            "tests",
            "unit, property, conformance and multi-process tests",
            cargo(&["test", "--workspace", "--no-fail-fast"]),
        ),
        Step {
            name: "models",
            what: "thread hand-offs under loom",
            work: models(),
        },
        Step {
            name: "fuzz",
            what: "a minute of hostile peers and one of hostile strangers",
            work: Work::Check(crate::fuzz::short),
        },
        command(
            "pipeline",
            "the miniature tree from patch to traffic, both generations",
            xtask(&["demo", "--quick"]),
        ),
        Step {
            name: "sockets",
            what: "the socket class, the daemons around it and the plugin for unpatched ones, both generations",
            work: Work::Check(crate::demo::socket_tests),
        },
        Step {
            name: "containers",
            what: "the miniature tree twice in containers, and its packages on a clean system",
            work: Work::Optional(crate::container::ci::run),
        },
        command("docs", "the documentation builds without warnings", docs()),
    ]
}

/// The end of the last line, if steps were skipped.
fn skips(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        names => format!(", {} skipped: {}", names.len(), names.join(", ")),
    }
}

fn command(name: &'static str, what: &'static str, command: Command) -> Step {
    Step {
        name,
        what,
        work: Work::Command(command),
    }
}

fn cargo(args: &[&str]) -> Command {
    let mut command = util::cargo();
    command.args(args);
    command
}

fn deny() -> Command {
    cargo(&[
        "deny",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ])
}

/// This program with another command.
fn xtask(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.current_dir(util::root()).args(args);
    command
}

fn docs() -> Command {
    let mut command = cargo(&[
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]);
    // Links to private items are what a developer wants, since these are documented as well.
    command.env(
        "RUSTDOCFLAGS",
        "-D warnings -A rustdoc::private-intra-doc-links",
    );
    command
}

/// Loom's types replace the standard ones in the whole crate, so this is a build of its own.
fn models() -> Work {
    let mut command = cargo(&["test", "-p", "ntb-core", "-p", "sisci-emu", "--lib"]);
    command
        .args(["--test", "models", "loom_"])
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", util::target_dir().join("loom"));
    // As many as the table in ARCHITECTURE.md names: none may get lost.
    Work::Models { command, least: 5 }
}

fn describe(work: &Work) -> String {
    match work {
        Work::Command(command) | Work::Models { command, .. } => format!("{command:?}"),
        Work::Check(_) | Work::Optional(_) => "(a check of this program)".to_owned(),
    }
}

fn perform(work: Work) -> Result<Outcome> {
    match work {
        Work::Check(check) => check()?,
        Work::Optional(check) => return check(),
        Work::Command(mut command) => {
            let status = command
                .status()
                .with_context(|| format!("starting {command:?}"))?;
            if !status.success() {
                bail!("{status}{}", hint(&command));
            }
        }
        Work::Models { mut command, least } => {
            let text = util::output(&mut command)?;
            let found = text.lines().filter(|line| line.ends_with("... ok")).count();
            println!("{text}");
            if found < least {
                bail!("{found} models were run, there are at least {least}");
            }
        }
    }
    Ok(Outcome::Done)
}

/// How to get a tool that cargo does not have.
fn hint(command: &Command) -> &'static str {
    let is_deny = command
        .get_args()
        .next()
        .is_some_and(|first| first == "deny");
    let installed = || {
        let mut probe = cargo(&["deny", "--version"]);
        probe.output().is_ok_and(|output| output.status.success())
    };
    if is_deny && !installed() {
        "; install it with: cargo install cargo-deny --locked"
    } else {
        ""
    }
}

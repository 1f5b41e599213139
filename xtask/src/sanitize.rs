//! `cargo xtask sanitize`: the tests of several threads and processes, under the compiler's sanitizers.
//!
//! Everything that runs is instrumented: the core, its tests and their peer processes, and the
//! emulator. For threads the standard library is built with instrumentation too, since its locks order
//! what they guard only if the sanitizer sees them; that takes its sources (`rust-src`).

use crate::util;
use anyhow::{Context, Result, bail, ensure};
use std::path::PathBuf;
use std::process::Command;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sanitizer {
    /// Memory used outside of its bounds or after its end, and leaks.
    Address,
    /// Memory that two threads of a process use without an order between them.
    Thread,
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this one; both otherwise.
    sanitizer: Option<Sanitizer>,
    /// Only tests whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// A package and the test programs of it that are run.
struct Suite {
    package: &'static str,
    targets: &'static [&'static str],
    /// Whether what is never freed counts.
    leaks: bool,
    /// Tests of how long something takes or how much memory is left, which instrumented code can't keep.
    measured: &'static [&'static str],
    /// Tests that count the process's threads or fork a process that has some: the thread sanitizer has
    /// a thread of its own and supports no such fork.
    counted: &'static [&'static str],
}

/// How many times longer than usual a test may take before it counts as hanging.
const PATIENCE: u32 = 10;

/// What runs code of ours in several threads or processes. C programs are not among them: they are
/// linked by another compiler, whose sanitizer is not this one's.
const SUITES: &[Suite] = &[
    Suite {
        package: "ntb-core",
        targets: &["--lib", "--tests"],
        leaks: true,
        measured: &[],
        counted: &[],
    },
    Suite {
        package: "sisci-emu",
        targets: &["--lib", "--test", "conformance"],
        // The tests leave what late callbacks might still use; the suite counts leftovers itself.
        leaks: false,
        measured: &[
            "a_model_makes_calls_take_their_time",
            "killed_nodes_leave_nothing_behind",
        ],
        counted: &[
            "terminate_releases_everything",
            "a_forked_child_can_start_anew",
        ],
    },
    Suite {
        package: "ntb-capi",
        targets: &["--lib"],
        leaks: true,
        measured: &[],
        counted: &[],
    },
];

/// Builds and runs everything under each sanitizer.
///
/// # Errors
/// If this machine lacks something (the message says what, and nothing counts as passed), if a test
/// fails, or a sanitizer finds something.
pub fn run(args: Args) -> Result<()> {
    let chosen = match args.sanitizer {
        Some(one) => vec![one],
        None => vec![Sanitizer::Address, Sanitizer::Thread],
    };
    // All needs first: half an hour of one must not hide that the other can't run.
    let toolchain = Toolchain::find()?;
    for sanitizer in &chosen {
        toolchain.check(*sanitizer)?;
    }
    let mut failed = Vec::new();
    for sanitizer in chosen {
        for suite in SUITES {
            println!("\n=== {sanitizer:?}: {}", suite.package);
            let status = run_suite(&toolchain, sanitizer, suite, args.only.as_deref())?;
            if !status {
                failed.push(format!("{sanitizer:?} in {}", suite.package));
            }
        }
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    println!("\nnothing was found");
    Ok(())
}

/// True if all went well.
fn run_suite(
    toolchain: &Toolchain,
    sanitizer: Sanitizer,
    suite: &Suite,
    only: Option<&str>,
) -> Result<bool> {
    // The programs that some tests start; `cargo test` with chosen targets does not make them.
    let mut examples = command(toolchain, sanitizer, suite, "build");
    examples.arg("--examples");
    let mut tests = command(toolchain, sanitizer, suite, "test");
    tests
        .arg("--no-fail-fast")
        .args(suite.targets)
        .arg("--")
        .args(only);
    let counted = match sanitizer {
        Sanitizer::Thread => suite.counted,
        Sanitizer::Address => &[],
    };
    let measured = suite
        .measured
        .iter()
        .map(|test| (test, "a test of time or memory"));
    let counted = counted
        .iter()
        .map(|test| (test, "the sanitizer has a thread itself"));
    for (test, why) in measured.chain(counted) {
        println!("(not run: {test}, {why})");
        tests.args(["--skip", test]);
    }
    for mut command in [examples, tests] {
        if !command.status().context("starting cargo")?.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn command(toolchain: &Toolchain, sanitizer: Sanitizer, suite: &Suite, verb: &str) -> Command {
    let name = sanitizer.name();
    let folder = util::target_dir().join("sanitize").join(name);
    // The emulator is loaded at run time and takes the sanitizer from the program that loads it.
    let flags = format!("-Zsanitizer={name} -Clink-arg=-rdynamic");
    let mut command = util::cargo();
    command
        .args([verb, "--target", &toolchain.host])
        .args(["--package", suite.package])
        .env("RUSTFLAGS", flags)
        .env("CARGO_TARGET_DIR", folder)
        // Flags of the compiler that have no stable name.
        .env("RUSTC_BOOTSTRAP", "1")
        // A finding ends the process that has it, and so its test.
        .env(
            "ASAN_OPTIONS",
            format!(
                "halt_on_error=1:detect_stack_use_after_return=1:detect_leaks={}",
                u8::from(suite.leaks)
            ),
        )
        .env("TSAN_OPTIONS", "halt_on_error=1:second_deadlock_stack=1")
        .env("NTB_TEST_PATIENCE", PATIENCE.to_string());
    if sanitizer == Sanitizer::Thread {
        command.arg("-Zbuild-std");
    }
    command
}

impl Sanitizer {
    /// As the compiler calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Thread => "thread",
        }
    }

    /// The end of the file name of its runtime.
    fn runtime(self) -> &'static str {
        match self {
            Self::Address => "_rt.asan.a",
            Self::Thread => "_rt.tsan.a",
        }
    }
}

/// The compiler that cargo uses here.
struct Toolchain {
    sysroot: PathBuf,
    /// Its target triple.
    host: String,
}

impl Toolchain {
    fn find() -> Result<Self> {
        let rustc = || {
            let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
            rustc.current_dir(util::root());
            rustc
        };
        let sysroot = util::output(rustc().args(["--print", "sysroot"]))?;
        let version = util::output(rustc().arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        Ok(Self {
            sysroot: sysroot.into(),
            host: host.context("rustc -vV names no host")?.to_owned(),
        })
    }

    /// Whether everything is there that `sanitizer` takes.
    fn check(&self, sanitizer: Sanitizer) -> Result<()> {
        let name = sanitizer.name();
        let libraries = self
            .sysroot
            .join("lib/rustlib")
            .join(&self.host)
            .join("lib");
        let mut files = std::fs::read_dir(&libraries)
            .with_context(|| format!("reading {}", libraries.display()))?;
        let has_runtime = files.any(|file| {
            file.is_ok_and(|file| {
                let name = file.file_name();
                name.to_string_lossy().ends_with(sanitizer.runtime())
            })
        });
        if !has_runtime {
            bail!(
                "this toolchain has no {name} sanitizer for {}: nothing was run",
                self.host
            );
        }
        let sources = self.sysroot.join("lib/rustlib/src/rust/library/Cargo.lock");
        if sanitizer == Sanitizer::Thread && !sources.is_file() {
            bail!(
                "the thread sanitizer has to see the standard library's locks, whose sources are missing: \
                 nothing was run; install them with: rustup component add rust-src"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_and_nothing_passes() {
        let empty = tempfile::tempdir().unwrap();
        let libraries = empty.path().join("lib/rustlib/host/lib");
        std::fs::create_dir_all(&libraries).unwrap();
        let toolchain = Toolchain {
            sysroot: empty.path().into(),
            host: "host".to_owned(),
        };
        let told = |sanitizer| toolchain.check(sanitizer).unwrap_err().to_string();
        assert!(told(Sanitizer::Address).contains("no address sanitizer"));
        std::fs::write(libraries.join("librustc-x_rt.asan.a"), "").unwrap();
        std::fs::write(libraries.join("librustc-x_rt.tsan.a"), "").unwrap();
        assert!(toolchain.check(Sanitizer::Address).is_ok());
        assert!(told(Sanitizer::Thread).contains("rustup component add rust-src"));
    }
}

//! The CI step `sisci`: programs compiled against an installed prefix, as anybody would compile them.

use super::install;
use crate::libraries::Profile;
use crate::util;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Compiler, language and flags of one way to compile.
const WAYS: &[(&str, &[&str])] = &[
    ("cc", &["-std=c99"]),
    ("cc", &["-std=c99", "-pthread"]),
    ("cc", &["-std=gnu11", "-D_REENTRANT"]),
    ("c++", &["-std=c++11", "-x", "c++"]),
    ("c++", &["-std=c++17", "-x", "c++"]),
    ("c++", &["-std=c++17", "-x", "c++", "-pthread"]),
    ("c++", &["-std=c++20", "-x", "c++"]),
];

/// Installs into a folder of its own, moves that, and compiles and runs against the new place.
///
/// # Errors
/// If anything of that fails. Tools that this machine lacks are named and passed over.
pub fn run() -> Result<()> {
    let library = install::build(Profile::Debug)?;
    let work = tempfile::tempdir().context("a folder to work in")?;
    let first = work.path().join("first");
    install::install(&first, &library)?;
    let prefix = work.path().join("moved");
    fs::rename(&first, &prefix).context("moving the prefix")?;

    headers_alone(&prefix, work.path())?;
    let own = util::root().join("sisci-emu/tests/c/own_node.c");
    for (number, (compiler, flags)) in WAYS.iter().enumerate() {
        // The vendor's layout: headers in include and include/dis, the library in lib64.
        let include = prefix.join(if number % 2 == 0 {
            "include"
        } else {
            "include/dis"
        });
        let program = work.path().join(format!("own_node_{number}"));
        let mut compile = Command::new(compiler);
        compile.args(*flags).arg("-I").arg(include).arg(&own);
        compile.args(["-x", "none", "-o"]).arg(&program);
        compile.arg("-L").arg(prefix.join("lib64")).arg("-lsisci");
        util::output(&mut compile)?;
        execute(&program, &prefix, work.path())?;
        println!("  {compiler} {}: compiled and run", flags.join(" "));
    }
    pkg_config(&prefix, &own, work.path())?;
    cmake(&prefix, &own, work.path())?;
    examples(&prefix)
}

/// Each header compiles by itself, without a warning.
fn headers_alone(prefix: &Path, work: &Path) -> Result<()> {
    let include = prefix.join("include");
    let source = work.join("alone.c");
    let mut count = 0;
    for entry in walkdir::WalkDir::new(&include) {
        let path = entry.context("the installed headers")?.into_path();
        if path.is_file() {
            let name = path.strip_prefix(&include)?.display().to_string();
            fs::write(
                &source,
                format!("#include \"{name}\"\nint main(void) {{ return 0; }}\n"),
            )?;
            for (compiler, flags) in WAYS {
                let mut compile = Command::new(compiler);
                compile
                    .args(*flags)
                    .args(["-Wall", "-Wextra", "-pedantic", "-Werror"]);
                compile
                    .arg("-I")
                    .arg(&include)
                    .arg("-fsyntax-only")
                    .arg(&source);
                util::output(&mut compile).with_context(|| format!("{name} alone"))?;
            }
            count += 1;
        }
    }
    println!("  {count} headers compile alone, {} ways", WAYS.len());
    Ok(())
}

fn pkg_config(prefix: &Path, source: &Path, work: &Path) -> Result<()> {
    if !exists("pkg-config") {
        println!("  pkg-config: not on this machine, skipped");
        return Ok(());
    }
    let mut ask = Command::new("pkg-config");
    ask.args(["--cflags", "--libs", "sisci >= 2"]);
    ask.env("PKG_CONFIG_PATH", prefix.join("lib64/pkgconfig"));
    let flags = util::output(&mut ask)?;
    ensure!(
        flags.contains(&work.display().to_string()),
        "pkg-config does not follow the moved prefix: {flags}"
    );
    let program = work.join("by_pkg_config");
    let mut compile = Command::new("cc");
    compile
        .arg(source)
        .arg("-o")
        .arg(&program)
        .args(flags.split_whitespace());
    util::output(&mut compile)?;
    execute(&program, prefix, work)?;
    println!("  pkg-config: compiled and run");
    Ok(())
}

fn cmake(prefix: &Path, source: &Path, work: &Path) -> Result<()> {
    if !exists("cmake") {
        println!("  cmake: not on this machine, skipped");
        return Ok(());
    }
    let (project, build) = (work.join("project"), work.join("project/build"));
    fs::create_dir_all(&project)?;
    let lists = format!(
        "cmake_minimum_required(VERSION 3.10)\nproject(stranger C)\n\
         find_package(SISCI 2 REQUIRED)\nadd_executable(stranger {})\n\
         target_link_libraries(stranger SISCI::sisci)\n",
        source.display()
    );
    fs::write(project.join("CMakeLists.txt"), lists)?;
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(&project).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    util::output(&mut configure)?;
    util::output(Command::new("cmake").arg("--build").arg(&build))?;
    execute(&build.join("stranger"), prefix, work)?;
    println!("  cmake: compiled and run");
    Ok(())
}

/// The example programs, compiled with what pkg-config says and run as nodes.
fn examples(prefix: &Path) -> Result<()> {
    let mut tests = util::cargo();
    tests.args(["test", "--package", "sisci-emu", "--test", "c_programs"]);
    tests.env("SISCI_TEST_PREFIX", prefix);
    let told = util::output(&mut tests)?;
    let examples = told
        .lines()
        .filter(|line| line.starts_with("test examples::") && line.ends_with("ok"));
    let count = examples.count();
    ensure!(count > 0, "no example was run:\n{told}");
    println!("  examples as two to four nodes: {count} tests");
    Ok(())
}

/// Longest time that a program may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a program as the only node of its own fabric.
fn execute(program: &Path, prefix: &Path, work: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix.join("lib64"));
    command
        .env("SISCI_EMU_DIR", work.join("fabric"))
        .env("SISCI_EMU_NODE", "4");
    let shown = program.display();
    let mut child = command
        .spawn()
        .with_context(|| format!("starting {shown}"))?;
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "{shown} failed ({status})");
    Ok(())
}

fn exists(tool: &str) -> bool {
    let probe = Command::new(tool).arg("--version").output();
    probe.is_ok_and(|output| output.status.success())
}

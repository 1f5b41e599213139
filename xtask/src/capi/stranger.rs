//! The CI step `capi`: C and C++ programs against an installed prefix, as anybody would compile them.

use super::install::{self, SONAME};
use crate::libraries::Profile;
use crate::sisci::elf;
use crate::util;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Compiler and flags of each way in which the header has to compile alone.
const WAYS: &[(&str, &[&str])] = &[
    ("cc", &["-std=c99"]),
    ("cc", &["-std=c11"]),
    ("c++", &["-std=c++11", "-x", "c++"]),
    ("c++", &["-std=c++20", "-x", "c++"]),
];

/// Installs into a folder of its own, moves that, and compiles and runs against the new place.
///
/// # Errors
/// If anything of that fails.
pub fn run() -> Result<()> {
    let libraries = install::build(Profile::Debug)?;
    let work = tempfile::tempdir().context("a folder to work in")?;
    let first = work.path().join("first");
    install::install(&first, &libraries)?;
    let prefix = work.path().join("moved");
    fs::rename(&first, &prefix).context("moving the prefix")?;
    header_alone(&prefix, work.path())?;
    exports(&prefix)?;
    programs(&prefix)
}

fn header_alone(prefix: &Path, work: &Path) -> Result<()> {
    let source = work.join("alone.c");
    fs::write(&source, "#include <ntb.h>\nint main(void) { return 0; }\n")?;
    for (compiler, flags) in WAYS {
        let mut compile = Command::new(compiler);
        compile
            .args(*flags)
            .args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"])
            .arg("-I")
            .arg(prefix.join("include"))
            .arg(&source);
        util::output(&mut compile)?;
    }
    println!("  ntb.h compiles alone, {} ways", WAYS.len());
    Ok(())
}

/// The shared object has its soname, and exports exactly what the header declares.
fn exports(prefix: &Path) -> Result<()> {
    let library = prefix.join("lib").join(SONAME);
    let exported: BTreeSet<String> = elf::read(&library)?.symbols.into_keys().collect();
    let header = fs::read_to_string(prefix.join("include/ntb.h"))?;
    let declared = declared(&header);
    ensure!(!declared.is_empty(), "the header declares no function");
    ensure!(
        exported == declared,
        "exported and declared differ: {:?}",
        exported.symmetric_difference(&declared).collect::<Vec<_>>()
    );
    let soname = format!("{SONAME}\0");
    let bytes = fs::read(&library).context("the installed library")?;
    ensure!(
        bytes
            .windows(soname.len())
            .any(|found| found == soname.as_bytes()),
        "the library has no soname {SONAME}"
    );
    println!(
        "  libntb exports {} functions, those of the header",
        exported.len()
    );
    Ok(())
}

/// Names of functions that a header declares: words before a bracket, outside of comments.
fn declared(header: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let code = header
        .lines()
        .filter(|line| !line.trim_start().starts_with(['/', '*', '#']));
    for line in code {
        let Some((before, _)) = line.split_once('(') else {
            continue;
        };
        let name = before.rsplit([' ', '*']).next().unwrap_or_default();
        if name.starts_with("ntb_") {
            names.insert(name.to_owned());
        }
    }
    names
}

/// The examples and the misuse, compiled with what pkg-config says and run as nodes.
fn programs(prefix: &Path) -> Result<()> {
    let mut tests = util::cargo();
    tests.args(["test", "--package", "ntb-capi", "--test", "c_programs"]);
    tests.env("NTB_TEST_PREFIX", prefix);
    let told = util::output(&mut tests)?;
    let passed = told
        .lines()
        .filter(|line| line.starts_with("test ") && line.ends_with("... ok"));
    let count = passed.count();
    ensure!(count > 0, "no program was run:\n{told}");
    println!("  programs as two nodes, compiled by pkg-config: {count} tests");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_found_and_comments_are_not() {
        let header = "// see ntb_not_me(1)\nconst char *ntb_a(int x);\n  ntb_code ntb_b(void);\n\
                      ntb_code ntb_c(int a,\n   int b);\n#define NTB(x) x\n";
        let names: Vec<_> = declared(header).into_iter().collect();
        assert_eq!(names, ["ntb_a", "ntb_b", "ntb_c"]);
    }
}

//! Upstream's unit tests, on the tree as it is and on the patched one.

use crate::build::{Job, daemons};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Names of test cases, and whether they passed.
type Results = BTreeMap<String, bool>;

/// Components whose tests are run, as far as the release has them.
const TESTED: [&str; 8] = [
    "common", "meta", "storage", "mgmtd", "fsck", "ctl", "helperd", "mon",
];

/// The figures of both trees, if all results are equal.
///
/// # Errors
/// A test program that cannot be built or run; tests whose results differ, by name.
pub fn compare(pristine: &Job, patched: &Job) -> Result<String> {
    let components = tested(patched);
    ensure!(!components.is_empty(), "the release has no unit tests");
    let before = run_all(pristine, &components).context("unpatched tree")?;
    let after = run_all(patched, &components).context("patched tree")?;
    let differences = differences(&before, &after);
    if !differences.is_empty() {
        bail!(
            "{} tests differ:\n  {}",
            differences.len(),
            differences.join("\n  ")
        );
    }
    let passed = after.values().filter(|passed| **passed).count();
    let failed = after.len() - passed;
    Ok(format!(
        "{passed} pass and {failed} fail in both ({})",
        components.join(", ")
    ))
}

/// Components that are built and have tests of their own.
fn tested(job: &Job) -> Vec<&'static str> {
    let built = |component: &&'static str| {
        *component == "common" || job.components.iter().any(|c| c.folder() == *component)
    };
    let has_tests = |component: &&str| {
        let folder = job.tree().join(component).join("tests");
        walkdir::WalkDir::new(folder)
            .into_iter()
            .filter_map(Result::ok)
            .any(|entry| entry.path().extension().is_some_and(|end| end == "cpp"))
    };
    let all = TESTED.iter().copied();
    all.filter(built).filter(has_tests).collect()
}

fn run_all(job: &Job, components: &[&'static str]) -> Result<Results> {
    let programs = daemons::build_tests(job, components)?;
    let mut results = Results::new();
    for (component, program) in components.iter().zip(&programs) {
        let of_component = run(program).context(*component)?;
        ensure!(!of_component.is_empty(), "{component}: no test was run");
        let named = of_component
            .into_iter()
            .map(|(name, passed)| (format!("{component}: {name}"), passed));
        results.extend(named);
    }
    Ok(results)
}

/// Runs one program of tests where upstream's makefile runs it, with the argument that upstream
/// gives.
fn run(program: &Path) -> Result<Results> {
    let folder = program.parent().context("a program lies in a folder")?;
    let output = Command::new(program)
        .arg("--compiler")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    std::fs::write(folder.join("test-runner.log"), &output.stdout)?;
    let results = parse(&text);
    // A program that ends in the middle has tests that neither passed nor failed.
    let ended = text.contains("[==========]") && text.contains("[  PASSED  ]");
    let failed = results.values().any(|passed| !passed);
    ensure!(
        ended || failed,
        "{} ended early ({})",
        program.display(),
        output.status
    );
    Ok(results)
}

/// The results in GoogleTest's output: one line for each test that ended.
fn parse(text: &str) -> Results {
    let result = |line: &str| {
        let (rest, passed) = match line.strip_prefix("[       OK ] ") {
            Some(rest) => (rest, true),
            None => (line.strip_prefix("[  FAILED  ] ")?, false),
        };
        // The summary repeats failures without their time, and counts them.
        let name = rest.split([' ', ',']).next()?;
        name.contains('.').then(|| (name.to_owned(), passed))
    };
    text.lines().filter_map(result).collect()
}

fn differences(before: &Results, after: &Results) -> Vec<String> {
    let word = |result: Option<&bool>| match result {
        Some(true) => "passes",
        Some(false) => "fails",
        None => "is missing",
    };
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let (before, after) = (word(before.get(name)), word(after.get(name)));
            format!("{name}: {before} unpatched, {after} patched")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
[==========] Running 3 tests from 2 test cases.
[ RUN      ] TestA.one
[       OK ] TestA.one (0 ms)
[ RUN      ] TestA.two
file.cpp:12: Failure
[  FAILED  ] TestA.two (3 ms)
[ RUN      ] TestB/0.three
[       OK ] TestB/0.three (1 ms)
[==========] 3 tests from 2 test cases ran. (4 ms total)
[  PASSED  ] 2 tests.
[  FAILED  ] 1 test, listed below:
[  FAILED  ] TestA.two
 1 FAILED TEST
";

    #[test]
    fn results_are_read_from_the_output() {
        let results = parse(OUTPUT);
        let expected = [
            ("TestA.one", true),
            ("TestA.two", false),
            ("TestB/0.three", true),
        ];
        let expected = expected.map(|(name, passed)| (name.to_owned(), passed));
        assert_eq!(results, Results::from(expected));
    }

    #[test]
    fn a_test_that_is_gone_or_ends_otherwise_is_named() {
        let before = parse(OUTPUT);
        let mut after = before.clone();
        assert!(differences(&before, &after).is_empty());
        after.insert("TestA.two".into(), true);
        after.remove("TestA.one");
        assert_eq!(
            differences(&before, &after),
            [
                "TestA.one: passes unpatched, is missing patched",
                "TestA.two: fails unpatched, passes patched"
            ]
        );
    }
}

//! Rules of this repository that no other tool checks.

use anyhow::{Result, bail};

/// Where `unsafe` may stand: FFI, shared memory, the emulator's mapping, and tests of these.
const UNSAFE_ALLOWED: &[&str] = &[
    "sisci-sys/",
    "sisci-emu/",
    "rust-core/src/sisci/",
    "rust-core/src/window/",
    "rust-core/src/driver/sys.rs",
    "rust-core/src/driver/descriptors.rs",
    "rust-core/src/driver/gate.rs", // the loom model's cell
    "rust-core/tests/",
    "ntb/src/bench/sys.rs",
    "capi/src/",
];

/// What the protocol core must not know of.
const NOT_IN_PROTO: &[&str] = &[
    "crate::driver",
    "crate::window",
    "crate::sisci",
    "std::",
    "unsafe ",
];

/// Lines of a source file above which it holds more than one idea.
const LINES_MAX: usize = 700;

/// Checks every tracked file; reports all findings at once.
pub fn run() -> Result<()> {
    let mut findings = Vec::new();
    let root = crate::util::root();
    for entry in walkdir::WalkDir::new(&root)
        .into_iter()
        .filter_entry(is_ours)
    {
        let entry = entry?;
        let path = entry
            .path()
            .strip_prefix(&root)?
            .to_string_lossy()
            .into_owned();
        let is_source = [".rs", ".cpp", ".h", ".c"]
            .iter()
            .any(|end| path.ends_with(end));
        if entry.file_type().is_file() && is_source {
            check(
                &path,
                &std::fs::read_to_string(entry.path())?,
                &mut findings,
            );
        }
    }
    findings.extend(crate::named_tests::findings(&root)?);
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{} findings:\n  {}", findings.len(), findings.join("\n  "))
}

/// What belongs to the repository: neither hidden nor built.
pub fn is_ours(entry: &walkdir::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0 || (!name.starts_with('.') && name != "target" && name != "dist")
}

fn check(path: &str, text: &str, findings: &mut Vec<String>) {
    let generated = path.ends_with("sisci-sys/src/bindings.rs");
    if text.lines().count() > LINES_MAX && !generated {
        findings.push(format!("{path}: more than {LINES_MAX} lines, split it"));
    }
    if !path.ends_with(".rs") {
        return;
    }
    let allowed = UNSAFE_ALLOWED.iter().any(|prefix| path.starts_with(prefix));
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let number = number + 1;
        if !allowed && is_unsafe(code) {
            findings.push(format!(
                "{path}:{number}: unsafe outside of FFI and shared memory"
            ));
        }
        if path.starts_with("rust-core/src/proto/") {
            for word in NOT_IN_PROTO.iter().filter(|word| code.contains(**word)) {
                findings.push(format!("{path}:{number}: the protocol core uses {word}"));
            }
        }
    }
}

/// The keyword in front of what it may introduce; in a string it stands behind a quote or a `\`.
fn is_unsafe(code: &str) -> bool {
    let starts = ["{", "fn ", "impl "];
    code.match_indices("unsafe ").any(|(at, keyword)| {
        let quoted = code[..at].ends_with(['"', '`']);
        !quoted
            && starts
                .iter()
                .any(|start| code[at + keyword.len()..].starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        let mut findings = Vec::new();
        check(path, text, &mut findings);
        findings.len()
    }

    #[test]
    fn broken_rules_are_found() {
        let block = format!("fn f() {{ {} {{ }} }}", "unsafe");
        assert_eq!(findings("ntb/src/main.rs", &block), 1);
        assert_eq!(findings("rust-core/src/window/channel.rs", &block), 0);
        assert_eq!(
            findings("rust-core/src/proto/ring.rs", "use std::mem;\n// std::\n"),
            1
        );
        assert_eq!(
            findings("beegfs-ssock/plugin/x.cpp", &"a\n".repeat(LINES_MAX + 1)),
            1
        );
    }
}

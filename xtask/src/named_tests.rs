//! Documents that promise something name the test of each promise. This checks that the tests exist.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A table of a document whose last column names tests.
struct Table {
    document: &'static str,
    /// The heading above it, without its `#`.
    heading: &'static str,
}

const TABLES: &[Table] = &[
    Table {
        document: "docs/threat-model.md",
        heading: "What we promise",
    },
    Table {
        document: "ARCHITECTURE.md",
        heading: "Hand-offs between threads",
    },
];

/// What is wrong with the tables.
///
/// # Errors
/// If a document or a source can't be read.
pub fn findings(root: &Path) -> Result<Vec<String>> {
    let sources = sources(root)?;
    let mut findings = Vec::new();
    for table in TABLES {
        let path = root.join(table.document);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let rows = rows(&text, table.heading);
        if rows.is_empty() {
            let heading = table.heading;
            findings.push(format!("{}: no table under {heading:?}", table.document));
        }
        for row in rows {
            check_row(table.document, row, &sources, &mut findings);
        }
    }
    Ok(findings)
}

/// The rows of the tables between this heading and the next one.
fn rows<'text>(text: &'text str, heading: &str) -> Vec<&'text str> {
    let is_heading = |line: &str| line.starts_with('#');
    text.lines()
        .skip_while(|line| !is_heading(line) || line.trim_start_matches('#').trim() != heading)
        .skip(1)
        .take_while(|line| !is_heading(line))
        .skip_while(|line| !line.starts_with("|--"))
        .skip(1)
        .filter(|line| line.starts_with('|'))
        .collect()
}

fn check_row(document: &str, row: &str, sources: &[(PathBuf, String)], findings: &mut Vec<String>) {
    let last = row.trim_end_matches(['|', ' ']).rsplit('|').next();
    let tests = last.unwrap_or_default().split('`').skip(1).step_by(2);
    let mut count = 0;
    for test in tests {
        count += 1;
        if !exists(test, sources) {
            findings.push(format!("{document}: there is no test {test}"));
        }
    }
    if count == 0 {
        let begin: String = row.chars().take(60).collect();
        findings.push(format!("{document}: no test is named in: {begin}…"));
    }
}

/// `file.rs::function`, or the file of a fuzz target.
fn exists(test: &str, sources: &[(PathBuf, String)]) -> bool {
    let (file, function) = test.split_once("::").unwrap_or((test, ""));
    let mut candidates = sources.iter().filter(|(path, _)| path.ends_with(file));
    if function.is_empty() {
        return candidates.any(|(_, text)| text.contains("fuzz_target!"));
    }
    candidates.any(|(path, text)| is_test(path, text, function))
}

/// The attribute stands above a test; the conformance suite has a list of its own.
fn is_test(path: &Path, text: &str, function: &str) -> bool {
    let listed = path
        .components()
        .any(|part| part.as_os_str() == "conformance");
    let wanted = format!("fn {function}(");
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(number, line)| {
        let above = &lines[number.saturating_sub(3)..number];
        line.starts_with(&wanted) && (listed || above.contains(&"#[test]"))
    })
}

fn sources(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut sources = Vec::new();
    for entry in walkdir::WalkDir::new(root)
        .into_iter()
        .filter_entry(crate::tidy::is_ours)
    {
        let path = entry?.into_path();
        if path.extension().is_some_and(|end| end == "rs") && path.is_file() {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            sources.push((path, text));
        }
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# Other\n| x |\n|---|\n| `no.rs::no` |\n## Ours\ntext\n\n\
        | a | test |\n|---|---|\n| b | `t.rs::one`, `f/two.rs` |\n| c | the same |\n\n# End\n| d | `e` |\n";

    fn source(path: &str, text: &str) -> (PathBuf, String) {
        (path.into(), text.to_owned())
    }

    #[test]
    fn rows_are_those_under_the_heading() {
        assert_eq!(rows(DOCUMENT, "Ours").len(), 2);
        assert!(rows(DOCUMENT, "Our").is_empty());
    }

    #[test]
    fn tests_that_do_not_exist_are_found() {
        let good = [
            source("a/t.rs", "#[test]\nfn one() {}\n"),
            source("f/two.rs", "fuzz_target!(|x|)"),
        ];
        let mut findings = Vec::new();
        let rows = rows(DOCUMENT, "Ours");
        check_row("doc", rows[0], &good, &mut findings);
        assert!(findings.is_empty(), "{findings:?}");
        check_row("doc", rows[1], &good, &mut findings);
        assert_eq!(findings.len(), 1, "{findings:?}");
        // A function that is no test, and a name that only begins alike.
        let bad = [
            source("a/t.rs", "fn one() {}\n#[test]\nfn one_more() {}\n"),
            source("f/two.rs", ""),
        ];
        check_row("doc", rows[0], &bad, &mut findings);
        assert_eq!(findings.len(), 3, "{findings:?}");
    }
}

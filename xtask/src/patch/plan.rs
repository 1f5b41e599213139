//! Plans all edits of a tree in memory. Nothing is written here: a plan either holds the new text
//! of every changed file, or says about every edit what stands in its way.

use super::anchor::{self, AnchorError, Change};
use super::conf;
use super::cpp::Source;
use super::edit::{Edit, EditSet};
use super::near;
use super::token;
use semver::Version;
use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

/// What became of one edit in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It fits; the line, counted from 1 in the unpatched file, where its text goes.
    Fits { line: usize },
    /// It is for other releases.
    OtherVersion,
    /// The tree has no such component.
    NoComponent(String),
    /// Its text already stands in the file.
    Present,
    /// The reason why it does not fit.
    Failed(String),
}

/// One edit in one file.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub id: String,
    pub why: String,
    pub file: String,
    pub status: Status,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome {
            id, file, status, ..
        } = self;
        match status {
            Status::Fits { line } => write!(f, "{id}: {file}:{line}"),
            Status::OtherVersion => write!(f, "{id}: {file}: not for this release"),
            Status::NoComponent(name) => write!(f, "{id}: {file}: this tree has no {name}"),
            Status::Present => write!(f, "{id}: {file}: its text already stands there"),
            Status::Failed(reason) => write!(f, "{id}: {file}: {reason}"),
        }
    }
}

/// All edits of one tree.
#[derive(Debug, Default)]
pub struct Plan {
    pub outcomes: Vec<Outcome>,
    /// New content of the changed files, by their path in the tree.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Plan {
    /// The edits that stand in the way of applying the plan.
    pub fn problems(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes
            .iter()
            .filter(|o| matches!(o.status, Status::Failed(_) | Status::Present))
    }
}

/// Plans `set` for the tree in `root`, which is release `version`; without one, edits of all
/// releases are tried.
pub fn plan(root: &Path, version: Option<&Version>, set: &EditSet) -> Plan {
    let mut plan = Plan::default();
    let mut by_file: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &set.edits {
        for file in &edit.files {
            match skipped(root, version, edit) {
                Some(status) => plan.note(edit, file, status),
                None => by_file.entry(file).or_default().push(edit),
            }
        }
    }
    for (file, edits) in by_file {
        match std::fs::read(root.join(file)) {
            Ok(text) => plan.file(root, file, &edits, text),
            Err(error) => {
                let reason = match error.kind() {
                    io::ErrorKind::NotFound => no_such_file(root, file),
                    _ => format!("cannot read the file: {error}"),
                };
                for edit in edits {
                    plan.note(edit, file, Status::Failed(reason.clone()));
                }
            }
        }
    }
    plan
}

fn no_such_file(root: &Path, file: &str) -> String {
    let near = near::file(root, file);
    let near = near.map_or_else(String::new, |near| format!("; nearest: {}", near.display()));
    format!("the tree has no such file{near}")
}

fn skipped(root: &Path, version: Option<&Version>, edit: &Edit) -> Option<Status> {
    if let Some(component) = &edit.component
        && !root.join(component).is_dir()
    {
        return Some(Status::NoComponent(component.clone()));
    }
    let wanted = edit.versions.as_ref().zip(version);
    let fits = wanted.is_none_or(|(requirement, version)| requirement.matches(version));
    (!fits).then_some(Status::OtherVersion)
}

impl Plan {
    fn note(&mut self, edit: &Edit, file: &str, status: Status) {
        let (id, why) = (edit.id.clone(), edit.why.clone());
        self.outcomes.push(Outcome {
            id,
            why,
            file: file.to_string(),
            status,
        });
    }

    /// Plans all edits of one file; its new text is kept only if all of them fit.
    fn file(&mut self, root: &Path, file: &str, edits: &[&Edit], text: Vec<u8>) {
        let source = Source::parse(text);
        let mut changes = Vec::new();
        let mut complete = true;
        for edit in edits {
            let status = match place(root, file, &source, edit) {
                Ok((line, mut found)) => {
                    changes.append(&mut found);
                    Status::Fits { line }
                }
                Err(status) => {
                    complete = false;
                    status
                }
            };
            self.note(edit, file, status);
        }
        if !complete {
            return;
        }
        match apply(&source, changes, edits[0].op.is_conf()) {
            Ok(text) => {
                self.files.insert(PathBuf::from(file), text);
            }
            Err(reason) => {
                for edit in edits {
                    self.note(edit, file, Status::Failed(reason.clone()));
                }
            }
        }
    }
}

/// Where one edit goes: its line and its changes.
fn place(
    root: &Path,
    file: &str,
    source: &Source,
    edit: &Edit,
) -> Result<(usize, Vec<Change>), Status> {
    let located = if edit.op.is_conf() {
        if conf_present(&source.text, &edit.text) {
            return Err(Status::Present);
        }
        conf::locate(&source.text, &edit.op, &edit.text)
    } else {
        if !token::find(&source.text, edit.text.as_bytes()).is_empty() {
            return Err(Status::Present);
        }
        anchor::locate(source, &edit.op, &edit.text)
    };
    let changes = located.map_err(|error| Status::Failed(explain(root, file, source, &error)))?;
    let line = changes
        .first()
        .map_or(0, |change| source.line(change.range.start));
    Ok((line, changes))
}

/// Why an edit has no place, with what helps to mend it.
fn explain(root: &Path, file: &str, source: &Source, error: &AnchorError) -> String {
    let mut reason = error.to_string();
    let AnchorError::Missing { moved, .. } = error else {
        return reason;
    };
    if let Some(place) = moved
        .as_ref()
        .and_then(|name| near::elsewhere(root, file, name))
    {
        reason.push_str(&format!("; defined in {place}"));
    }
    let is_code = !file.ends_with(".conf");
    let faults = if is_code { source.faults() } else { Vec::new() };
    if !faults.is_empty() {
        reason.push_str(&format!(
            " (the file has syntax the parser skips, lines {faults:?})"
        ));
    }
    reason
}

/// Whether the first key that `text` sets or documents is already in the template.
fn conf_present(file: &[u8], text: &str) -> bool {
    let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else {
        return false;
    };
    let key = conf::setting_key(first.as_bytes());
    file.split(|&byte| byte == b'\n').any(|line| match key {
        Some(key) => conf::setting_key(line) == Some(key),
        None => line.trim_ascii_end() == first.trim_end().as_bytes(),
    })
}

/// The file's new text, with all changes of all its edits.
fn apply(source: &Source, mut changes: Vec<Change>, is_conf: bool) -> Result<Vec<u8>, String> {
    // Stable: insertions at one place keep the order of the edits.
    changes.sort_by_key(|change| change.range.start);
    let mut text = Vec::with_capacity(source.text.len() + 4096);
    let mut done = 0;
    for change in &changes {
        if change.range.start < done {
            return Err(format!(
                "two edits overlap in line {}",
                source.line(change.range.start)
            ));
        }
        text.extend_from_slice(&source.text[done..change.range.start]);
        text.extend_from_slice(&change.text);
        done = change.range.end;
    }
    text.extend_from_slice(&source.text[done..]);
    if is_conf {
        return Ok(text);
    }
    let patched = Source::parse(text);
    let (before, after) = (source.faults(), patched.faults());
    if after.len() > before.len() {
        let new = after
            .iter()
            .find(|line| !before.contains(line))
            .unwrap_or(&after[0]);
        return Err(format!(
            "the edited text would be broken syntax, near its line {new}"
        ));
    }
    Ok(patched.text)
}

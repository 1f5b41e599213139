//! The rows of the matrix, and how they are kept.

use super::Stage;
use anyhow::{Context, Result};
use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// What became of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// As it should be; with figures.
    Good(String),
    /// Not done, and why.
    Left(String),
    Failed(String),
}

impl Cell {
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(text) => write!(f, "{text}"),
            Self::Left(text) => write!(f, "not done: {text}"),
            Self::Failed(text) => write!(f, "FAILED: {text}"),
        }
    }
}

/// One release.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    version: String,
    /// What the row was made of.
    key: String,
    cells: BTreeMap<String, Cell>,
}

impl Row {
    pub fn new(version: &str, key: &str) -> Self {
        Self {
            version: version.to_owned(),
            key: key.to_owned(),
            cells: BTreeMap::new(),
        }
    }

    pub fn set(&mut self, stage: Stage, cell: Cell) {
        self.cells.insert(stage.name(), cell);
    }

    /// Whether this stage was done and went well.
    pub fn is_good(&self, stage: Stage) -> bool {
        matches!(self.cells.get(&stage.name()), Some(Cell::Good(_)))
    }

    /// Stages that could not be done.
    pub fn left(&self) -> Vec<String> {
        let left = self.cells.iter();
        let left = left.filter(|(_, cell)| matches!(cell, Cell::Left(_)));
        left.map(|(stage, _)| format!("{} {stage}", self.version))
            .collect()
    }

    pub fn failed(&self) -> bool {
        self.cells.values().any(Cell::is_failure)
    }

    /// Keeps the row for the next run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(self)? + "\n";
        let new = path.with_extension("new");
        fs::write(&new, text).with_context(|| format!("writing {}", new.display()))?;
        fs::rename(&new, path).with_context(|| format!("writing {}", path.display()))
    }
}

/// The row that an earlier run kept, if it was made of the same things. A failure is not kept: it
/// is tried again.
pub fn load(path: &Path, key: &str) -> Option<Row> {
    let text = fs::read(path).ok()?;
    let mut row: Row = serde_json::from_slice(&text).ok()?;
    row.cells.retain(|_, cell| !cell.is_failure());
    (row.key == key).then_some(row)
}

/// The matrix: the first line of each cell.
pub fn table(rows: &[Row]) -> String {
    let stages = Stage::value_variants();
    let mut table = Table::new();
    let names = stages.iter().map(|stage| stage.name());
    table
        .load_style(presets::NOTHING)
        .set_header(std::iter::once("BeeGFS".to_owned()).chain(names));
    for row in rows {
        let cell = |stage: &Stage| match row.cells.get(&stage.name()) {
            Some(cell) => {
                let text = cell.to_string();
                text.lines().next().unwrap_or_default().to_owned()
            }
            None => "-".to_owned(),
        };
        let cells = stages.iter().map(cell);
        table.add_row(std::iter::once(row.version.clone()).chain(cells));
    }
    format!("{table}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_kept_while_its_inputs_are_the_same_but_not_its_failures() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/row.json");
        let mut row = Row::new("7.4.6", "one");
        row.set(Stage::Edits, Cell::Good("36 fit".into()));
        row.set(Stage::Build, Cell::Failed("no compiler".into()));
        row.save(&path).unwrap();
        assert!(row.failed());

        let kept = load(&path, "one").unwrap();
        assert!(kept.is_good(Stage::Edits) && !kept.failed());
        assert!(!kept.is_good(Stage::Build));
        assert!(load(&path, "two").is_none());
        assert!(load(&folder.path().join("none"), "one").is_none());
    }

    #[test]
    fn the_table_has_one_line_for_each_release() {
        let mut row = Row::new("8.3.1", "");
        row.set(Stage::Edits, Cell::Failed("first\nsecond".into()));
        let text = table(&[Row::new("7.4.0", ""), row]);
        assert_eq!(text.trim_end().lines().count(), 3, "{text}");
        assert!(text.contains("FAILED: first") && !text.contains("second"));
    }
}

//! The table that a run of several trials ends with, and its exit code.

use std::time::Instant;

use anyhow::bail;
use comfy_table::Table;

use super::status;

/// How a trial ended that could not be made.
pub const NOT_HERE: &str = "not here";

/// What became of each trial so far.
pub struct Outcomes {
    table: Table,
    failed: Vec<String>,
    left: Vec<String>,
    columns: usize,
}

impl Outcomes {
    /// The columns between the name and the seconds are what trials fill; the first one says how they ended.
    pub fn new(headings: &[&str]) -> Self {
        let headings = [headings, &["s"]].concat();
        Self {
            table: status::table(&headings, &[headings.len() - 1]),
            failed: Vec::new(),
            left: Vec::new(),
            columns: headings.len(),
        }
    }

    /// A trial that began at `begin`. A failure is said at once: the table comes only at the end.
    pub fn add<const N: usize>(
        &mut self,
        name: String,
        begin: Instant,
        outcome: anyhow::Result<[String; N]>,
    ) {
        let mut row = vec![name.clone()];
        match outcome {
            Ok(cells) => {
                if cells.first().is_some_and(|cell| cell == NOT_HERE) {
                    self.left.push(name);
                }
                row.extend(cells);
            }
            Err(error) => {
                eprintln!("{name}: {error:#}");
                row.extend(["FAILED".to_owned(), format!("{error:#}")]);
                self.failed.push(name);
            }
        }
        row.resize(self.columns - 1, String::new());
        row.push(format!("{:.0}", begin.elapsed().as_secs_f64()));
        self.table.add_row(row);
    }

    /// # Errors
    /// If a trial has failed; names all of them.
    pub fn finish(self) -> anyhow::Result<()> {
        println!("{}", self.table);
        if !self.left.is_empty() {
            println!("not shown by this run: {}", self.left.join(", "));
        }
        if !self.failed.is_empty() {
            bail!("failed: {}", self.failed.join(", "));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_a_full_row_and_the_last_word() {
        let mut outcomes = Outcomes::new(&["kind", "outcome", "compared", "over NTB"]);
        let good = ["done", "all bytes", "1 MiB"].map(str::to_owned);
        outcomes.add("one".to_owned(), Instant::now(), Ok(good));
        let bad: anyhow::Result<[String; 3]> = Err(anyhow::anyhow!("no way"));
        outcomes.add("other".to_owned(), Instant::now(), bad);
        let text = outcomes.table.to_string();
        assert!(
            text.contains("all bytes") && text.contains("no way"),
            "{text}"
        );
        assert_eq!(
            outcomes.table.row_iter().map(|row| row.cell_count()).min(),
            Some(5)
        );
        assert_eq!(outcomes.finish().unwrap_err().to_string(), "failed: other");
    }
}

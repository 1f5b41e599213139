//! The file of one number: who owns it.
//!
//! A number with one owner holds the name of its process; one that several share holds the line
//! `shared` and then a line "process index" for each. A file is replaced, never changed, so readers
//! need no lock.

use crate::runtime::access;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What a file says.
#[derive(Debug, Default)]
pub struct Entry {
    /// More owners may come.
    pub shared: bool,
    /// Processes, and which owner in that process.
    pub owners: Vec<(String, u32)>,
}

impl Entry {
    /// Reads the file of a number; nobody owns one without a file.
    ///
    /// # Errors
    /// If the file is there but can't be read.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Self {
        let Some(shared) = text.strip_prefix("shared\n") else {
            let owners = Vec::from([(text.to_owned(), 0)]);
            return Self {
                shared: false,
                owners,
            };
        };
        let owner = |line: &str| {
            let (process, index) = line.split_once(' ')?;
            Some((process.to_owned(), index.parse().ok()?))
        };
        Self {
            shared: true,
            owners: shared.lines().filter_map(owner).collect(),
        }
    }

    /// Writes the file of a number. The caller holds the lock of the node.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = String::new();
        if self.shared {
            text.push_str("shared\n");
            for (process, index) in &self.owners {
                text.push_str(&format!("{process} {index}\n"));
            }
        } else {
            text.extend(self.owners.iter().map(|(process, _)| process.as_str()));
        }
        let draft = path.with_extension("draft");
        let mut file = access::options().create(true).truncate(true).open(&draft)?;
        access::widen(&draft)?;
        file.write_all(text.as_bytes())?;
        std::fs::rename(draft, path)
    }

    /// True if one of the processes owns the number.
    pub fn has_any(&self, processes: &[String]) -> bool {
        let mut owners = self.owners.iter();
        owners.any(|(process, _)| processes.contains(process))
    }
}

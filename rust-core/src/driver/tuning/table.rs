//! A tuning table as a user writes it: TOML, every key optional.

use super::Tuning;
use crate::driver::error::Error;
use bytesize::ByteSize;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::{self, Write};
use std::path::Path;

/// What is set; everything else is as the adapter's family has it. The keys are those of [`Tuning`]:
///
/// ```toml
/// publish_large = "16KiB"    # sizes are bytes, or texts with a unit
/// bulk_from = "never"        # or a size
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuningTable {
    /// See [`Tuning::inline_max`].
    #[serde(deserialize_with = "size")]
    pub inline_max: Option<usize>,
    /// See [`Tuning::large_from`].
    #[serde(deserialize_with = "size")]
    pub large_from: Option<usize>,
    /// See [`Tuning::publish_small`].
    #[serde(deserialize_with = "size")]
    pub publish_small: Option<usize>,
    /// See [`Tuning::publish_large`].
    #[serde(deserialize_with = "size")]
    pub publish_large: Option<usize>,
    /// See [`Tuning::bulk_from`]; `Some(None)` is never.
    #[serde(deserialize_with = "size_or_never")]
    pub bulk_from: Option<Option<usize>>,
    /// See [`Tuning::bulk_piece`].
    #[serde(deserialize_with = "size")]
    pub bulk_piece: Option<usize>,
    /// See [`Tuning::bulk_slots`].
    #[serde(deserialize_with = "size")]
    pub bulk_slots: Option<usize>,
    /// See [`Tuning::check_from`]; `Some(None)` is never.
    #[serde(deserialize_with = "size_or_never")]
    pub check_from: Option<Option<usize>>,
    /// See [`Tuning::check_piece`].
    #[serde(deserialize_with = "size")]
    pub check_piece: Option<usize>,
}

impl TuningTable {
    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong, with its line: an unknown key, a value that is no size. Ranges are checked when a
    /// transport starts.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| Error::Table {
            table: "tuning table".to_owned(),
            reason: error.to_string(),
        })
    }

    /// Reads the table in `file`.
    ///
    /// # Errors
    /// As [`TuningTable::parse`], with the name of the file; or the file can't be read.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let named = |reason| Error::Table {
            table: file.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
        toml::from_str(&text).map_err(|error| named(error.to_string()))
    }

    /// The table as [`TuningTable::parse`] reads it.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: Option<Option<usize>>| {
            let _ = match value {
                None => Ok(()),
                Some(None) => writeln!(text, "{key} = \"never\""),
                Some(Some(size)) => writeln!(text, "{key} = {size}"),
            };
        };
        line("inline_max", self.inline_max.map(Some));
        line("large_from", self.large_from.map(Some));
        line("publish_small", self.publish_small.map(Some));
        line("publish_large", self.publish_large.map(Some));
        line("bulk_from", self.bulk_from);
        line("bulk_piece", self.bulk_piece.map(Some));
        line("bulk_slots", self.bulk_slots.map(Some));
        line("check_from", self.check_from);
        line("check_piece", self.check_piece.map(Some));
        text
    }

    /// `tuning` with what is set here.
    #[must_use]
    pub fn apply(&self, tuning: Tuning) -> Tuning {
        Tuning {
            inline_max: self.inline_max.unwrap_or(tuning.inline_max),
            large_from: self.large_from.unwrap_or(tuning.large_from),
            publish_small: self.publish_small.unwrap_or(tuning.publish_small),
            publish_large: self.publish_large.unwrap_or(tuning.publish_large),
            bulk_from: self.bulk_from.unwrap_or(tuning.bulk_from),
            bulk_piece: self.bulk_piece.unwrap_or(tuning.bulk_piece),
            bulk_slots: self.bulk_slots.unwrap_or(tuning.bulk_slots),
            check_from: self.check_from.unwrap_or(tuning.check_from),
            check_piece: self.check_piece.unwrap_or(tuning.check_piece),
        }
    }
}

impl From<Tuning> for TuningTable {
    /// A table in which everything is set.
    fn from(tuning: Tuning) -> Self {
        Self {
            inline_max: Some(tuning.inline_max),
            large_from: Some(tuning.large_from),
            publish_small: Some(tuning.publish_small),
            publish_large: Some(tuning.publish_large),
            bulk_from: Some(tuning.bulk_from),
            bulk_piece: Some(tuning.bulk_piece),
            bulk_slots: Some(tuning.bulk_slots),
            check_from: Some(tuning.check_from),
            check_piece: Some(tuning.check_piece),
        }
    }
}

fn size<'de, D: Deserializer<'de>>(value: D) -> Result<Option<usize>, D::Error> {
    value.deserialize_any(Sized { never: false })
}

fn size_or_never<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<usize>>, D::Error> {
    value.deserialize_any(Sized { never: true }).map(Some)
}

/// Reads a size; `None` is "never".
struct Sized {
    never: bool,
}

impl Visitor<'_> for Sized {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or a text such as \"64KiB\"")?;
        if self.never {
            f.write_str(" or \"never\"")?;
        }
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        let size = usize::try_from(value);
        size.map(Some)
            .map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if self.never && text == "never" {
            return Ok(None);
        }
        let size = text.parse::<ByteSize>().map(|size| size.as_u64() as usize);
        size.map(Some)
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::Family;
    use super::*;

    #[test]
    fn a_table_changes_what_it_names_and_nothing_else() {
        let text = "publish_large = \"32 KiB\"\nbulk_from = 65536\ncheck_from = \"never\"\n";
        let pxh810 = Tuning::of(Family::Pxh810);
        let tuning = TuningTable::parse(text).unwrap().apply(pxh810);
        let wanted = Tuning {
            publish_large: 32 << 10,
            bulk_from: Some(64 << 10),
            check_from: None,
            ..pxh810
        };
        assert_eq!(tuning, wanted);
        assert_eq!(TuningTable::parse("").unwrap().apply(pxh810), pxh810);
    }

    #[test]
    fn what_is_written_is_read() {
        for family in [Family::Memory, Family::Pxh810] {
            let table = TuningTable::from(Tuning::of(family));
            assert_eq!(TuningTable::parse(&table.to_toml()).unwrap(), table);
        }
        assert_eq!(TuningTable::default().to_toml(), "");
    }

    #[test]
    fn a_bad_table_is_refused_with_the_key_or_the_value() {
        for (text, part) in [
            ("bulk_form = 1", "bulk_form"),
            ("bulk_from = \"often\"", "\"often\""),
            ("bulk_from = -1", "`-1`"),
            ("publish_small = \"never\"", "64KiB"),
            ("bulk_piece = true", "`true`"),
            ("bulk_piece", "line 1"),
        ] {
            let error = TuningTable::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let missing = TuningTable::read(Path::new("no/such/table.toml"));
        assert!(
            missing
                .unwrap_err()
                .to_string()
                .starts_with("no/such/table.toml: ")
        );
    }
}

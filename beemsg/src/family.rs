//! The two families of versions.

use std::fmt;
use std::str::FromStr;

/// Which family of versions a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 7.4.
    Seven,
    /// 8.0 and later.
    Eight,
}

impl Family {
    /// Newest first.
    pub const ALL: [Self; 2] = [Self::Eight, Self::Seven];
}

impl FromStr for Family {
    type Err = String;

    /// A version, as `7.4.6`, or only its first number.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split('.').next() {
            Some("7") => Ok(Self::Seven),
            Some("8") => Ok(Self::Eight),
            _ => Err("7 and 8 are known".to_owned()),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seven => "7",
            Self::Eight => "8",
        })
    }
}

//! Where a build in a container works and under what circumstances: nothing of it may show in the result.

use crate::build::plugin::Places;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// What a build may differ in without any effect on its result.
#[derive(Clone, Copy, Debug)]
pub struct Variation {
    /// Where inputs are seen.
    pub inputs: &'static str,
    /// Where it works; a folder of the image.
    pub work: &'static str,
    /// Added to the user's id.
    pub user: u32,
    /// Compilers at a time; as asked for if none.
    pub jobs: Option<usize>,
    pub zone: &'static str,
    pub locale: &'static str,
}

impl Variation {
    /// Of a build that stands alone.
    pub const USUAL: Variation = Variation {
        inputs: "/in",
        work: "/work",
        user: 0,
        jobs: None,
        zone: "UTC",
        locale: "C.UTF-8",
    };

    /// Everything else.
    pub const OTHER: Variation = Variation {
        inputs: "/srv/another/place",
        work: "/elsewhere",
        user: 4321,
        jobs: Some(3),
        zone: "Asia/Kathmandu",
        locale: "C",
    };
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "in {} and {}, as user {} more than usual, {} compilers, {}, {}",
            self.inputs,
            self.work,
            self.user,
            self.jobs
                .map_or("the usual".to_owned(), |jobs| jobs.to_string()),
            self.zone,
            self.locale
        )
    }
}

/// Where things are in the container.
pub struct Inside {
    pub inputs: PathBuf,
    pub work: PathBuf,
}

impl Inside {
    pub fn project(&self) -> PathBuf {
        self.inputs.join("project")
    }

    pub fn tree(&self) -> PathBuf {
        self.work.join("tree")
    }

    pub fn out(&self) -> PathBuf {
        self.work.join("out")
    }

    pub fn places(&self) -> Places {
        Places {
            root: self.project(),
            target: self.work.join("target"),
            compiler: "g++".into(),
        }
    }
}

/// No path of the container in what rustc makes.
pub fn rust_flags(inputs: &Path, work: &Path) -> [String; 3] {
    [
        format!(
            "--remap-path-prefix={}/project=beegfs-ntb",
            inputs.display()
        ),
        format!("--remap-path-prefix={}/crates=crates", inputs.display()),
        format!("--remap-path-prefix={}=work", work.display()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_builds_have_nothing_in_common_but_their_inputs() {
        let (one, other) = (Variation::USUAL, Variation::OTHER);
        assert!(one.inputs != other.inputs && one.inputs.len() != other.inputs.len());
        assert!(one.work != other.work && one.work.len() != other.work.len());
        assert!(one.user != other.user && one.jobs != other.jobs);
        assert!(one.zone != other.zone && one.locale != other.locale);
    }
}

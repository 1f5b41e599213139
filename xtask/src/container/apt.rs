//! Where this system gets packages: its own configuration, asked of apt, so that no address of a server
//! stands in this repository.

use crate::{
    pins::{Base, Family},
    util,
};
use anyhow::{Context, Result, ensure};
use std::{fmt::Write, process::Command};

/// One index that apt knows: address, release and origin.
#[derive(Debug, PartialEq, Eq)]
struct Index {
    address: String,
    release: String,
    origin: String,
}

/// The lines of a `sources.list` with which the packages of `base` are found.
///
/// # Errors
/// The system has no package source of that family.
pub fn sources(base: &Base) -> Result<String> {
    let mut command = Command::new("apt-get");
    command.args([
        "indextargets",
        "--format",
        "$(REPO_URI) $(RELEASE) $(ORIGIN)",
        "Created-By: Packages",
    ]);
    let text = util::output(&mut command).context("asking apt for its package sources")?;
    compose(base, &parse(&text))
}

fn parse(text: &str) -> Vec<Index> {
    let index = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        Some(Index {
            address: words.next()?,
            release: words.next()?,
            origin: words.next()?,
        })
    };
    text.lines().filter_map(index).collect()
}

fn compose(base: &Base, indexes: &[Index]) -> Result<String> {
    let (origin, keyring, components) = match base.family {
        Family::Debian => ("Debian", "debian-archive-keyring", "main"),
        Family::Ubuntu => ("Ubuntu", "ubuntu-archive-keyring", "main universe"),
    };
    let find = |security: bool| {
        let mut found = indexes.iter().filter(|index| index.origin == origin);
        found.find(|index| index.release.ends_with("-security") == security)
    };
    let main = find(false);
    ensure!(
        main.is_some(),
        "this system has no package source of {origin} (or its lists are not there: apt-get update); \
         name one with --sources FILE"
    );
    let suite = &base.suite;
    let mut lines = String::new();
    let mut add = |index: Option<&Index>, suite: String| {
        if let Some(index) = index {
            let key = format!("[signed-by=/usr/share/keyrings/{keyring}.gpg]");
            let _ = writeln!(lines, "deb {key} {} {suite} {components}", index.address);
        }
    };
    add(main, suite.clone());
    add(main, format!("{suite}-updates"));
    add(find(true), format!("{suite}-security"));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::Pins;

    #[test]
    fn another_release_is_found_where_this_ones_packages_are() {
        let text = "http://a/debian/ bookworm Debian\nhttp://x/ stable Other\nhttp://a/security/ bookworm-security Debian\n";
        let pins = Pins::load().unwrap();
        let lines = compose(pins.base("debian-13").unwrap(), &parse(text)).unwrap();
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(
            lines[0].ends_with("http://a/debian/ trixie main"),
            "{lines:?}"
        );
        assert!(
            lines[2].ends_with("http://a/security/ trixie-security main"),
            "{lines:?}"
        );
        let none = compose(pins.base("ubuntu-24.04").unwrap(), &parse(text));
        assert!(none.unwrap_err().to_string().contains("--sources FILE"));
    }
}

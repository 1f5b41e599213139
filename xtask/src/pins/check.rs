//! `pins check`: what is pinned against what is there.

use super::{Pins, Release};
use crate::{
    build::source,
    patch::version,
    util::{self, Negative},
};
use anyhow::{Context, Result};
use std::{path::Path, process::Command};

/// A pin and what was found in its place.
struct Finding {
    what: String,
    pinned: String,
    found: Option<String>,
}

/// # Errors
/// Something differs ([`Negative`]), or a release can't be read.
pub fn run(git_dir: Option<&Path>) -> Result<()> {
    let pins = Pins::load()?;
    let mut findings = vec![Finding {
        what: "rust".into(),
        pinned: pins.toolchain.rust.clone(),
        found: rust_here(),
    }];
    for (tool, pinned) in &pins.tools {
        findings.push(Finding {
            what: tool.clone(),
            pinned: pinned.clone(),
            found: tool_here(tool),
        });
    }
    for release in git_dir.map_or(&[][..], |_| &pins.beegfs.release) {
        let git_dir = git_dir.context("a git directory")?;
        let found = measure(git_dir, &release.tag)?;
        for (what, pinned, found) in [
            ("commit", &release.commit, found.commit),
            ("servers", &release.servers, found.servers),
            ("tree", &release.tree, found.tree),
        ] {
            findings.push(Finding {
                what: format!("BeeGFS {} {what}", release.tag),
                pinned: pinned.clone(),
                found: Some(found),
            });
        }
    }
    report(&findings)
}

fn report(findings: &[Finding]) -> Result<()> {
    let mut wrong = 0;
    for Finding {
        what,
        pinned,
        found,
    } in findings
    {
        match found {
            None => println!("{what}: {pinned} is pinned, not installed here"),
            Some(found) if found == pinned => println!("{what}: {pinned}"),
            Some(found) => {
                wrong += 1;
                println!("{what}: {pinned} is pinned, here is {found}");
            }
        }
    }
    if wrong > 0 {
        return Err(Negative(format!("{wrong} of {} pins differ", findings.len())).into());
    }
    Ok(())
}

/// The release of the compiler that cargo takes here.
pub fn rust_here() -> Option<String> {
    let text = util::output(Command::new("rustc").arg("--version")).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// The version of a cargo subcommand, `cargo-NAME`.
pub fn tool_here(tool: &str) -> Option<String> {
    let name = tool.strip_prefix("cargo-")?;
    let text = util::output(util::cargo().args([name, "--version"])).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

/// What a git directory says about one of its tags.
///
/// # Errors
/// The tag is not there, or its files can't be unpacked.
pub fn measure(git_dir: &Path, tag: &str) -> Result<Release> {
    let folder = tempfile::tempdir()?;
    let commit = source::commit_of(git_dir, tag)?;
    source::archive(git_dir, &commit, folder.path())?;
    Ok(Release {
        tag: tag.to_owned(),
        commit,
        servers: version::server_digest(folder.path())?,
        tree: version::tree_digest(folder.path())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(found: Option<&str>) -> Finding {
        Finding {
            what: "tool".into(),
            pinned: "1.0".into(),
            found: found.map(str::to_owned),
        }
    }

    #[test]
    fn a_pin_that_differs_is_a_no_and_a_missing_tool_is_not() {
        assert!(report(&[finding(Some("1.0")), finding(None)]).is_ok());
        let error = report(&[finding(Some("1.0")), finding(Some("1.1"))]).unwrap_err();
        assert_eq!(error.to_string(), "1 of 2 pins differ");
        assert!(error.downcast_ref::<Negative>().is_some());
    }
}

//! What a build needs on this machine, found out before anything is built.

use super::{Component, Job, source::Source};
use crate::util;
use anyhow::{Result, bail};
use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
};

/// How to find out whether something is installed.
#[derive(Clone, Copy, Debug)]
enum Probe {
    Program(&'static str),
    PkgConfig(&'static str),
    Header(&'static str),
}

/// One dependency and the Debian package that has it.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    probe: Probe,
    package: &'static str,
}

const fn need(probe: Probe, package: &'static str) -> Need {
    Need { probe, package }
}

/// Every component needs these: the tree's base makefile asks for all libraries at once. The
/// compiler comes first, as headers are searched with it.
const ALWAYS: [Need; 11] = [
    need(Probe::Program("g++"), "g++"),
    need(Probe::Program("make"), "make"),
    need(Probe::Program("ar"), "binutils"),
    need(Probe::Program("nm"), "binutils"),
    need(Probe::Program("pkg-config"), "pkg-config"),
    need(Probe::PkgConfig("libcurl"), "libcurl4-openssl-dev"),
    need(Probe::PkgConfig("zlib"), "zlib1g-dev"),
    need(Probe::PkgConfig("libnl-route-3.0"), "libnl-route-3-dev"),
    need(Probe::Header("blkid/blkid.h"), "libblkid-dev"),
    need(Probe::Header("uuid/uuid.h"), "uuid-dev"),
    need(Probe::Header("xfs/xfs.h"), "xfslibs-dev"),
];

/// For programs of our own in C++.
pub const COMPILER: [Need; 3] = [
    need(Probe::Program("g++"), "g++"),
    need(Probe::Program("make"), "make"),
    need(Probe::Program("ar"), "binutils"),
];

/// For getting a tree out of version control.
pub const GIT: [Need; 2] = [
    need(Probe::Program("git"), "git"),
    need(Probe::Program("tar"), "tar"),
];

const IB: [Need; 2] = [
    need(Probe::Header("infiniband/verbs.h"), "libibverbs-dev"),
    need(Probe::Header("rdma/rdma_cma.h"), "librdmacm-dev"),
];

/// What this job needs.
pub fn all(job: &Job) -> Vec<Need> {
    let mut needs = ALWAYS.to_vec();
    if !matches!(job.source, Source::Tree { .. }) {
        needs.extend(GIT);
    }
    if job.components.contains(&Component::Ib) {
        needs.extend(IB);
    }
    if job.compile.ccache {
        needs.push(need(Probe::Program("ccache"), "ccache"));
    }
    needs
}

/// # Errors
/// Something is missing; the message names all of it and the command that installs it.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs.iter().filter(|need| !need.probe.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what: Vec<_> = missing.iter().map(|need| need.probe.name()).collect();
    let packages: BTreeSet<_> = missing.iter().map(|need| need.package).collect();
    bail!(
        "missing on this machine: {}\n  install with: apt-get install {}",
        what.join(", "),
        packages.into_iter().collect::<Vec<_>>().join(" ")
    )
}

impl Probe {
    fn name(self) -> &'static str {
        match self {
            Probe::Program(name) | Probe::PkgConfig(name) | Probe::Header(name) => name,
        }
    }

    fn is_there(self) -> bool {
        match self {
            Probe::Program(name) => util::is_installed(name),
            Probe::PkgConfig(name) => succeeds(Command::new("pkg-config").args(["--exists", name])),
            Probe::Header(name) => compiles(&format!("#include <{name}>\n")),
        }
    }
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether the preprocessor accepts this text.
fn compiles(text: &str) -> bool {
    let child = Command::new("g++")
        .args(["-E", "-x", "c++", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child
        .stdin
        .take()
        .is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| written && status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_missing_is_named_at_once() {
        let needs = [
            need(Probe::Program("no-such-program"), "package-a"),
            need(Probe::Program("sh"), "package-b"),
            need(Probe::Program("neither-this"), "package-c"),
        ];
        let message = ensure(&needs).unwrap_err().to_string();
        assert!(
            message.contains("no-such-program, neither-this"),
            "{message}"
        );
        assert!(
            message.ends_with("apt-get install package-a package-c"),
            "{message}"
        );
    }
}

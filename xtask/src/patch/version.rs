//! Which release a tree is. BeeGFS sources carry no version number of their own (release builds
//! take it from version control), so it comes from, in this order: the command line, the tag of
//! the checked-out commit, the digest of the sources of known releases. What the sources
//! look like is a check on the first two and a hint where all three are missing.

use super::tree;
use crate::pins::Pins;
use anyhow::{Context, Result, bail, ensure};
use semver::{Version, VersionReq};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// A release and how it was recognised.
#[derive(Clone, Debug)]
pub struct Detected {
    /// As upstream writes it, for example `7.4.6`.
    pub name: String,
    pub version: Version,
    /// For messages: what the decision rests on.
    pub by: String,
    /// The version is only the newest with the same interfaces.
    pub is_guess: bool,
}

/// The semantic version in a release's name: `7.4.0p1` (a patch of the packages) counts as 7.4.0.
pub fn parse(name: &str) -> Result<Version> {
    let digits = name.trim_start_matches('v');
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    Version::parse(&digits[..end])
        .with_context(|| format!("{name:?} is no BeeGFS version such as 7.4.6"))
}

/// Refuses a folder that isn't a BeeGFS tree.
pub fn ensure_beegfs(root: &Path) -> Result<()> {
    ensure!(root.is_dir(), "{}: no such folder", root.display());
    let needed = [
        "common/source/common/nodes/NodeConnPool.cpp",
        "common/source/common/net/sock/RDMASocket.h",
    ];
    for file in needed {
        ensure!(
            root.join(file).is_file(),
            "{} is not a BeeGFS source tree (it has no {file})",
            root.display()
        );
    }
    Ok(())
}

/// Folder with the third-party archives of a tool that is not built here.
pub const UNNEEDED: &str = "beeond_thirdparty";

/// What tells releases apart: the sources of the servers, and what is installed beside them.
const TELLING: [&str; 5] = [
    "common/source",
    "meta/source",
    "storage/source",
    "meta/build/dist",
    "storage/build/dist",
];

/// SHA-256 over the sources of the servers.
pub fn server_digest(root: &Path) -> Result<String> {
    let mut files = BTreeSet::new();
    for folder in TELLING {
        let inside = |file: PathBuf| Path::new(folder).join(file);
        files.extend(tree::list(&root.join(folder))?.into_iter().map(inside));
    }
    tree::digest(root, &files)
}

/// SHA-256 over all of a release's sources but the third-party archives of a tool that is not built
/// here, which some copies of the repository lack.
pub fn tree_digest(root: &Path) -> Result<String> {
    let mut files = tree::list(root)?;
    files.retain(|file| !file.starts_with(UNNEEDED));
    tree::digest(root, &files)
}

/// Decides which release the tree in `root` is; `named` comes from the command line.
///
/// # Errors
/// No release can be told, or the named one contradicts the sources.
pub fn detect(root: &Path, named: Option<&str>, pins: &Pins) -> Result<Detected> {
    let family = family(root);
    if let Some(name) = named {
        let version = parse(name)?;
        check_family(root, &version, &family)?;
        return Ok(Detected {
            name: name.to_string(),
            version,
            by: "the given version".into(),
            is_guess: false,
        });
    }
    if let Some(tag) = git_tag(root)
        && let Ok(version) = parse(&tag)
    {
        check_family(root, &version, &family)?;
        return Ok(Detected {
            name: tag,
            version,
            by: "the tag of the checked-out commit".into(),
            is_guess: false,
        });
    }
    let digest = server_digest(root)?;
    if let Some(pin) = pins.beegfs.release.iter().find(|pin| pin.servers == digest) {
        let by = "its sources equal that release".into();
        return Ok(Detected {
            version: parse(&pin.tag)?,
            name: pin.tag.clone(),
            by,
            is_guess: false,
        });
    }
    bail!(
        "{}: not a release this project knows (digest of its sources: {digest}), and no tag \
         says which one it is; its interfaces are those of BeeGFS {family}. Name it with --version",
        root.display()
    )
}

/// As [`detect`]; a tree that no sign tells apart is taken for the newest known release with the
/// same interfaces. For statements about a tree, never for changing it.
///
/// # Errors
/// The named release contradicts the sources, or none that is known has these interfaces.
pub fn detect_or_guess(root: &Path, named: Option<&str>, pins: &Pins) -> Result<Detected> {
    let known = detect(root, named, pins);
    if known.is_ok() || named.is_some() || git_tag(root).is_some() {
        return known;
    }
    let family = family(root);
    let releases = pins
        .beegfs
        .release
        .iter()
        .filter_map(|pin| parse(&pin.tag).ok());
    let newest = releases.filter(|release| family.matches(release)).max();
    let version =
        newest.with_context(|| format!("no release with interfaces {family} is known"))?;
    Ok(Detected {
        name: "of unknown release".into(),
        by: format!("its interfaces are those of {family}, so it is taken for {version}"),
        version,
        is_guess: true,
    })
}

/// The releases whose interfaces the sources have.
fn family(root: &Path) -> VersionReq {
    let sock = root.join("common/source/common/net/sock");
    let range = if sock.join("IPAddress.h").exists() {
        ">=8.2.1"
    } else if !sock.join("RoutingTable.h").exists() {
        "<7.4.1"
    } else if names_sdp(&sock.join("NetworkInterfaceCard.h")) {
        ">=7.4.1, <8.0.0"
    } else {
        ">=8.0.0, <8.2.1"
    };
    VersionReq::parse(range).expect("a literal requirement")
}

/// The socket type that release 8 removed.
fn names_sdp(header: &Path) -> bool {
    std::fs::read(header).is_ok_and(|text| {
        super::token::tokens(&text)
            .iter()
            .any(|token| token.text == b"NICADDRTYPE_SDP")
    })
}

fn check_family(root: &Path, version: &Version, family: &VersionReq) -> Result<()> {
    ensure!(
        family.matches(version),
        "{} is said to be BeeGFS {version}, but its interfaces are those of {family}",
        root.display()
    );
    Ok(())
}

/// The tag of the commit that is checked out in `root`, if `root` is the top of a work tree.
fn git_tag(root: &Path) -> Option<String> {
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["describe", "--tags", "--exact-match"])
        .output()
        .ok()?;
    let name = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !name.trim().is_empty()).then(|| name.trim().to_string())
}

/// The commit that is checked out in `root`.
pub fn git_commit(root: &Path) -> Option<String> {
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Where a tree's release was written when it was patched; also the mark of a patched tree.
pub fn marker(root: &Path) -> PathBuf {
    root.join(".beegfs-ntb.json")
}

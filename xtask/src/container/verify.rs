//! `verify-dist`: whether a result is whole, and what it says it is.

use super::{
    checkout::{self, Line, Verdict},
    engine::Engine,
    manifest::{SUMS, checksums, oddities},
    sbom, stage, trial,
};
use crate::{
    build::install::{MANIFEST, Manifest},
    util::{self, Negative},
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder as `build-beegfs --container` makes it.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Also run lintian on the packages, and install, upgrade, remove and purge them in a clean container.
    #[arg(long)]
    install: bool,
    /// Fail as well if it was made of other inputs than this checkout's: pins, edits, files, crates, image.
    #[arg(long)]
    strict: bool,
    /// The program that runs containers. Default: docker, or else podman.
    #[arg(long, value_enum)]
    engine: Option<Engine>,
}

pub fn run(args: &Args) -> Result<()> {
    let folder = &args.folder;
    let manifest = check(folder)?;
    compare(&manifest, args)?;
    if args.install {
        let distribution = manifest.toolchain.get("distribution");
        let distribution = distribution.context("the manifest names no distribution")?;
        trial::run(folder, Engine::find(args.engine)?, distribution)?;
    }
    Ok(())
}

/// Checks that a result is whole and does not contradict itself.
///
/// # Errors
/// It is none, or something is wrong with it ([`Negative`]).
pub fn check(folder: &Path) -> Result<Manifest> {
    ensure!(
        folder.join(MANIFEST).is_file(),
        "{} has no {MANIFEST}: it is no result of build-beegfs --container",
        folder.display()
    );
    let mut found = checksums(folder)?;
    let mut findings = oddities(folder)?;
    findings.extend(sums(folder, &found));
    println!("{SUMS}: {} files", found.len().saturating_sub(1));

    let text = fs::read_to_string(folder.join(MANIFEST)).context(MANIFEST)?;
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => {
            findings.push(format!("{MANIFEST} can't be read: {error}"));
            return Err(negative(folder, &findings));
        }
    };
    found.retain(|file, _| ![MANIFEST, SUMS].iter().any(|name| file == Path::new(name)));
    findings.extend(differences(MANIFEST, &manifest.artifacts, &found));
    println!(
        "{MANIFEST}: BeeGFS {}, {} artifacts",
        manifest.version,
        manifest.artifacts.len()
    );
    match &manifest.container {
        Some(inputs) => findings.extend(bill(folder, &inputs.cargo_lock_digest)),
        None => findings.push(format!(
            "{MANIFEST} does not say in which image it was built"
        )),
    }
    if findings.is_empty() {
        println!("{}: whole", folder.display());
        return Ok(manifest);
    }
    Err(negative(folder, &findings))
}

fn negative(folder: &Path, findings: &[String]) -> anyhow::Error {
    let text = findings.join("\n  ");
    let count = util::count(findings.len(), "finding");
    Negative(format!("{}: {count}\n  {text}", folder.display())).into()
}

/// Checks the bill of materials, also against Cargo.lock if the result was made with the one that is here.
fn bill(folder: &Path, lock_digest: &str) -> Vec<String> {
    let read = || -> Result<(usize, bool, Vec<String>)> {
        let text = fs::read_to_string(folder.join(sbom::SBOM))?;
        let count = sbom::check(&text)?;
        let is_ours = stage::lock_digest()? == lock_digest;
        let other = if is_ours {
            sbom::compare_with_lock(&text)?
        } else {
            Vec::new()
        };
        Ok((count, is_ours, other))
    };
    match read() {
        Ok((count, is_ours, findings)) => {
            let lock = match is_ours {
                true => "compared with Cargo.lock",
                false => "not compared with Cargo.lock, which is another one here",
            };
            println!("{}: {count} crates, {lock}", sbom::SBOM);
            findings
        }
        Err(error) => vec![format!("{}: {error:#}", sbom::SBOM)],
    }
}

/// Says what this checkout would take instead of each input.
fn compare(manifest: &Manifest, args: &Args) -> Result<()> {
    let Some(inputs) = &manifest.container else {
        return Ok(());
    };
    let mut lines = checkout::compare(manifest, inputs)?;
    lines.push(checkout::compare_image(inputs, args.engine));
    for line in &lines {
        println!("{line}");
    }
    let differing: Vec<_> = lines.iter().filter(|line| differs(line)).collect();
    let names: Vec<_> = differing.iter().map(|line| line.name).collect();
    if names.is_empty() {
        println!("verdict: whole, and made of what this checkout has");
        return Ok(());
    }
    let verdict = format!(
        "whole, but this checkout differs from what it was made of: {}",
        names.join(", ")
    );
    if args.strict {
        return Err(Negative(verdict).into());
    }
    println!("verdict: {verdict}");
    Ok(())
}

fn differs(line: &Line) -> bool {
    matches!(line.verdict, Verdict::Differs(_))
}

/// The checksum list against what is there.
fn sums(folder: &Path, found: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let text = match fs::read_to_string(folder.join(SUMS)) {
        Ok(text) => text,
        Err(error) => return vec![format!("{SUMS}: {error}")],
    };
    let mut listed = BTreeMap::new();
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match line.split_once("  ") {
            Some((sum, file)) => {
                listed.insert(PathBuf::from(file), sum.to_owned());
            }
            None => findings.push(format!("{SUMS}: line {} is none", number + 1)),
        }
    }
    let mut found = found.clone();
    found.remove(Path::new(SUMS));
    findings.extend(differences(SUMS, &listed, &found));
    findings
}

fn differences(
    name: &str,
    listed: &BTreeMap<PathBuf, String>,
    found: &BTreeMap<PathBuf, String>,
) -> Vec<String> {
    let mut findings = Vec::new();
    for (file, sum) in listed {
        match found.get(file) {
            None => findings.push(format!("{} is in {name} and not there", file.display())),
            Some(other) if other != sum => {
                findings.push(format!("{} is {other}, in {name} {sum}", file.display()));
            }
            Some(_) => {}
        }
    }
    let unlisted = found.keys().filter(|file| !listed.contains_key(*file));
    findings.extend(unlisted.map(|file| format!("{} is there and not in {name}", file.display())));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::manifest::{self, Inputs};
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn changed_missing_and_added_files_are_found() {
        let map = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(file, sum)| (PathBuf::from(file), (*sum).to_owned()))
                .collect()
        };
        let listed = map(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let found = map(&[("a", "1"), ("b", "x"), ("d", "4")]);
        assert_eq!(
            differences("LIST", &listed, &found),
            [
                "b is x, in LIST 2",
                "c is in LIST and not there",
                "d is there and not in LIST"
            ]
        );
    }

    /// A small result, as a build would leave it.
    fn result(folder: &Path) {
        fs::create_dir_all(folder.join("sbin")).unwrap();
        fs::write(folder.join("sbin/daemon"), "a program").unwrap();
        sbom::write(folder).unwrap();
        let inputs = Inputs {
            image: "image:x".to_owned(),
            image_digest: String::new(),
            project_commit: None,
            project_digest: String::new(),
            cargo_lock_digest: stage::lock_digest().unwrap(),
            source_date_epoch: 0,
            rust_flags: String::new(),
            packages_locked: Some(true),
        };
        let manifest = Manifest {
            schema: 1,
            version: "7.4.6".to_owned(),
            commit: None,
            source_digest: String::new(),
            edits_digest: None,
            toolchain: BTreeMap::new(),
            flags: String::new(),
            artifacts: checksums(folder).unwrap(),
            container: Some(inputs),
        };
        manifest::seal(folder, &manifest).unwrap();
    }

    #[test]
    fn a_result_that_was_changed_afterwards_is_refused() {
        type Change = fn(&Path);
        let changes: [(Change, &str); 8] = [
            (
                |folder| symlink("/lib/x.so", folder.join("sbin/other")).unwrap(),
                "sbin/other is a symbolic link to /lib/x.so",
            ),
            (
                |folder| {
                    let mode = fs::Permissions::from_mode(0o666);
                    fs::set_permissions(folder.join("sbin/daemon"), mode).unwrap();
                },
                "sbin/daemon can be changed by others: its mode is 666",
            ),
            (
                |folder| fs::write(folder.join("sbin/daemon"), "another").unwrap(),
                "sbin/daemon is ",
            ),
            (
                |folder| fs::remove_file(folder.join("sbin/daemon")).unwrap(),
                "sbin/daemon is in SHA256SUMS and not there",
            ),
            (
                |folder| fs::write(folder.join("sbin/other"), "").unwrap(),
                "sbin/other is there and not in SHA256SUMS",
            ),
            (
                |folder| fs::write(folder.join(MANIFEST), "{").unwrap(),
                "manifest.json can't be read",
            ),
            (
                |folder| fs::write(folder.join(SUMS), "no list").unwrap(),
                "SHA256SUMS: line 1 is none",
            ),
            (
                // With a list that fits, but not to the manifest.
                |folder| {
                    fs::write(folder.join("sbin/daemon"), "another").unwrap();
                    manifest::write_sums(folder).unwrap();
                },
                "in manifest.json",
            ),
        ];
        for (change, expected) in changes {
            let folder = tempfile::tempdir().unwrap();
            result(folder.path());
            check(folder.path()).unwrap();
            change(folder.path());
            let error = check(folder.path()).unwrap_err();
            let text = error.to_string();
            assert!(error.downcast_ref::<Negative>().is_some(), "{text}");
            assert!(text.contains(expected), "{text}");
        }
    }
}

//! `verify-dist`: whether a result is whole, and what it says it is.

use super::{
    Place,
    engine::Engine,
    manifest::{SUMS, checksums},
    sbom, trial,
};
use crate::{
    build::install::{MANIFEST, Manifest},
    pins::Pins,
    util::Negative,
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
    #[command(flatten)]
    place: Place,
}

pub fn run(args: &Args) -> Result<()> {
    let folder = &args.folder;
    check(folder)?;
    if args.install {
        trial::run(
            folder,
            Engine::find(args.place.engine)?,
            &args.place.distribution,
        )?;
    }
    Ok(())
}

/// Checks a result.
///
/// # Errors
/// It is none, or something is wrong with it ([`Negative`]).
pub fn check(folder: &Path) -> Result<()> {
    ensure!(
        folder.join(MANIFEST).is_file(),
        "{} has no {MANIFEST}",
        folder.display()
    );
    let findings = findings(folder)?;
    if !findings.is_empty() {
        let text = findings.join("\n  ");
        return Err(Negative(format!(
            "{}: {} findings\n  {text}",
            folder.display(),
            findings.len()
        ))
        .into());
    }
    Ok(())
}

/// Everything that is wrong; says what is right.
fn findings(folder: &Path) -> Result<Vec<String>> {
    let mut found = checksums(folder)?;
    let mut findings = sums(folder, &found)?;
    println!("{SUMS}: {} files", found.len().saturating_sub(1));

    let text = fs::read_to_string(folder.join(MANIFEST)).context(MANIFEST)?;
    let manifest: Manifest = serde_json::from_str(&text).context(MANIFEST)?;
    found.retain(|file, _| ![MANIFEST, SUMS].iter().any(|name| file == Path::new(name)));
    findings.extend(differences(MANIFEST, &manifest.artifacts, &found));
    println!(
        "{MANIFEST}: BeeGFS {}, {} artifacts",
        manifest.version,
        manifest.artifacts.len()
    );

    if let Some(pin) = Pins::load()?.get(&manifest.version) {
        match &manifest.commit {
            Some(commit) if *commit == pin.commit => println!("commit: {commit}, as pinned"),
            Some(commit) => {
                findings.push(format!(
                    "{MANIFEST}: commit {commit}, pinned is {}",
                    pin.commit
                ));
            }
            None => println!("commit: unknown; the source was not the pinned one"),
        }
    }
    match &manifest.container {
        Some(inputs) => println!("image: {}, {}", inputs.image, inputs.image_digest),
        None => findings.push(format!(
            "{MANIFEST} does not say in which image it was built"
        )),
    }
    match fs::read_to_string(folder.join(sbom::SBOM)).map(|text| sbom::check(&text)) {
        Ok(Ok(count)) => println!("{}: {count} crates", sbom::SBOM),
        Ok(Err(error)) => findings.push(format!("{error:#}")),
        Err(error) => findings.push(format!("{}: {error}", sbom::SBOM)),
    }
    Ok(findings)
}

/// The checksum list against what is there.
fn sums(folder: &Path, found: &BTreeMap<PathBuf, String>) -> Result<Vec<String>> {
    let text = fs::read_to_string(folder.join(SUMS)).with_context(|| format!("reading {SUMS}"))?;
    let mut listed = BTreeMap::new();
    for line in text.lines() {
        let (sum, file) = line
            .split_once("  ")
            .with_context(|| format!("{SUMS}: {line:?}"))?;
        listed.insert(PathBuf::from(file), sum.to_owned());
    }
    let mut found = found.clone();
    found.remove(Path::new(SUMS));
    Ok(differences(SUMS, &listed, &found))
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
}

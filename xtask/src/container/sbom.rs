//! The bill of materials of the Rust part, as a CycloneDX document: which crates are in the
//! programs and libraries, from cargo's own account of the dependencies and the checksums in Cargo.lock.

use crate::{pins::Pins, util};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Name of the document in a result.
pub const SBOM: &str = "sbom.cdx.json";
/// Our crates that become something that is shipped.
const SHIPPED: [&str; 3] = ["ntb-bridge", "ntb", "sisci-emu"];
/// The platform for which dependencies are counted.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    /// None of our own.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None of one that is linked, otherwise `dev` or `build`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

/// Writes the document into a result.
///
/// # Errors
/// cargo fails, or a full disk.
pub fn write(folder: &Path) -> Result<()> {
    let mut cargo = util::cargo();
    cargo.args([
        "metadata",
        "--locked",
        "--format-version=1",
        "--filter-platform",
        PLATFORM,
    ]);
    let metadata = serde_json::from_str(&util::output(&mut cargo)?).context("cargo metadata")?;
    let lock = fs::read_to_string(util::root().join("Cargo.lock")).context("reading Cargo.lock")?;
    let document = document(&metadata, &toml::from_str(&lock).context("Cargo.lock")?)?;
    let path = folder.join(SBOM);
    let text = serde_json::to_string_pretty(&document)? + "\n";
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

fn document(metadata: &Metadata, lock: &Lock) -> Result<Value> {
    let packages: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package))
        .collect();
    let linked: BTreeMap<&str, BTreeSet<&str>> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| {
            let is_linked =
                |dep: &&Dependency| dep.dep_kinds.iter().any(|kind| kind.kind.is_none());
            (
                node.id.as_str(),
                node.deps
                    .iter()
                    .filter(is_linked)
                    .map(|dep| dep.pkg.as_str())
                    .collect(),
            )
        })
        .collect();
    let shipped = packages
        .values()
        .filter(|package| SHIPPED.contains(&package.name.as_str()));
    let mut open: Vec<&str> = shipped.map(|package| package.id.as_str()).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(linked.get(id).into_iter().flatten());
        }
    }
    let checksums: BTreeMap<_, _> = lock
        .package
        .iter()
        .map(|locked| {
            (
                (locked.name.as_str(), locked.version.as_str()),
                &locked.checksum,
            )
        })
        .collect();
    let mut components = BTreeMap::new();
    let mut dependencies = BTreeMap::new();
    for id in &reached {
        let package = packages
            .get(id)
            .with_context(|| format!("no package {id}"))?;
        let checksum = checksums.get(&(package.name.as_str(), package.version.as_str()));
        let checksum = checksum.and_then(|checksum| checksum.as_deref());
        components.insert(reference(package), component(package, checksum));
        let on: BTreeSet<String> = linked[id]
            .iter()
            .filter_map(|id| Some(reference(packages.get(id)?)))
            .collect();
        dependencies.insert(
            reference(package),
            json!({"ref": reference(package), "dependsOn": on}),
        );
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": timestamp(Pins::load()?.build.epoch)?,
            "component": {
                "type": "application",
                "bom-ref": "beegfs-ntb",
                "name": "beegfs-ntb",
                "version": env!("CARGO_PKG_VERSION"),
            },
        },
        "components": components.into_values().collect::<Vec<_>>(),
        "dependencies": dependencies.into_values().collect::<Vec<_>>(),
    }))
}

/// The package's address in the sense of purl; unique in the document.
fn reference(package: &Package) -> String {
    match package.source {
        Some(_) => format!("pkg:cargo/{}@{}", package.name, package.version),
        None => format!("beegfs-ntb/{}@{}", package.name, package.version),
    }
}

fn component(package: &Package, checksum: Option<&str>) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": package.name,
        "version": package.version,
    });
    if package.source.is_some() {
        component["purl"] = json!(reference(package));
    }
    if let Some(license) = &package.license {
        // An old way to write "or", which is no expression.
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    if let Some(checksum) = checksum {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    component
}

/// A time as CycloneDX wants it.
fn timestamp(epoch: u64) -> Result<String> {
    let mut date = std::process::Command::new("date");
    date.args(["-u", "-d", &format!("@{epoch}"), "+%Y-%m-%dT%H:%M:%SZ"]);
    util::output(&mut date)
}

/// Whether a document is what [`write()`] promises; [`verify`](super::verify) asks.
///
/// # Errors
/// Says what is missing or contradicts itself.
pub fn check(text: &str) -> Result<usize> {
    let document: Value = serde_json::from_str(text).context("the SBOM is no JSON")?;
    anyhow::ensure!(
        document["bomFormat"] == "CycloneDX" && document["specVersion"] == "1.5",
        "the SBOM is no CycloneDX 1.5 document"
    );
    let empty = Vec::new();
    let components = document["components"].as_array().unwrap_or(&empty);
    let mut references = BTreeSet::new();
    for component in components {
        let reference = component["bom-ref"]
            .as_str()
            .context("a component has no bom-ref")?;
        anyhow::ensure!(
            references.insert(reference),
            "{reference} is in the SBOM twice"
        );
        let is_foreign = component.get("purl").is_some();
        anyhow::ensure!(
            !is_foreign
                || component["hashes"][0]["content"]
                    .as_str()
                    .is_some_and(|sum| sum.len() == 64),
            "{reference} has no checksum in the SBOM"
        );
        anyhow::ensure!(
            component["licenses"][0]["expression"].is_string(),
            "{reference} has no licence"
        );
    }
    for dependency in document["dependencies"].as_array().unwrap_or(&empty) {
        let all = dependency["dependsOn"].as_array().unwrap_or(&empty).iter();
        for reference in all.chain([&dependency["ref"]]) {
            let known = reference
                .as_str()
                .is_some_and(|name| references.contains(name));
            anyhow::ensure!(
                known,
                "the SBOM depends on {reference}, which it does not describe"
            );
        }
    }
    Ok(components.len())
}

/// What contradicts Cargo.lock as it is here: a crate that is not in it, or has another checksum there.
///
/// # Errors
/// One of both is no document of its kind.
pub fn compare_with_lock(text: &str) -> Result<Vec<String>> {
    let lock = fs::read_to_string(util::root().join("Cargo.lock")).context("reading Cargo.lock")?;
    let lock: Lock = toml::from_str(&lock).context("Cargo.lock")?;
    let document: Value = serde_json::from_str(text).context("the SBOM is no JSON")?;
    let empty = Vec::new();
    let components = document["components"].as_array().unwrap_or(&empty);
    let mut findings = Vec::new();
    for component in components {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, version) = (text(&component["name"]), text(&component["version"]));
        let hash = component["hashes"][0]["content"].as_str();
        let locked = |locked: &&Locked| locked.name == name && locked.version == version;
        match lock.package.iter().find(locked) {
            None => findings.push(format!("{SBOM}: {name} {version} is not in Cargo.lock")),
            Some(locked) if locked.checksum.as_deref() != hash => {
                findings.push(format!(
                    "{SBOM}: {name} {version} has another checksum than in Cargo.lock"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_holds_what_is_linked_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join(SBOM)).unwrap();
        assert!(check(&text).unwrap() > 20);
        assert!(text.contains("pkg:cargo/cxx@"), "the bridge's library");
        assert!(!text.contains("pkg:cargo/proptest@"), "only tests use it");
        assert!(
            !text.contains("pkg:cargo/tree-sitter@"),
            "only xtask uses it"
        );

        assert!(compare_with_lock(&text).unwrap().is_empty());
        let sum = text.find("\"content\": \"").unwrap() + 12;
        let mut other = text.clone();
        other.replace_range(sum..sum + 4, "xxxx");
        let findings = compare_with_lock(&other).unwrap();
        assert!(
            findings.len() == 1 && findings[0].contains("another checksum"),
            "{findings:?}"
        );

        let broken = text.replacen(
            "\"bom-ref\": \"pkg:cargo/cxx@",
            "\"bom-ref\": \"pkg:cargo/other@",
            1,
        );
        assert!(check(&broken).is_err());
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(timestamp(0).unwrap(), "1970-01-01T00:00:00Z");
    }
}

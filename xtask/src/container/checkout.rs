//! Whether a result was made of this checkout: what its manifest says of its inputs beside what is here. A
//! result of another commit is as good as it was; it only is not what this checkout would build.

use super::{engine::Engine, labels, manifest::Inputs, stage};
use crate::{build::install::Manifest, patch, pins::Pins};
use anyhow::{Context, Result};
use std::fmt;

/// What became of one comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Same,
    /// With what is here instead.
    Differs(String),
    /// There is nothing here to compare it with; says why.
    Unknown(String),
}

/// One input of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub name: &'static str,
    /// What the manifest says.
    pub value: String,
    pub verdict: Verdict,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.value)?;
        match &self.verdict {
            Verdict::Same => write!(f, ", the same here"),
            Verdict::Differs(here) => write!(f, ", here {here}"),
            Verdict::Unknown(reason) => write!(f, ", {reason}"),
        }
    }
}

fn line(name: &'static str, value: &str, here: Option<String>, otherwise: &str) -> Line {
    let verdict = match here {
        Some(here) if here == value => Verdict::Same,
        Some(here) => Verdict::Differs(here),
        None => Verdict::Unknown(otherwise.to_owned()),
    };
    Line {
        name,
        value: value.to_owned(),
        verdict,
    }
}

/// Compares every input that the manifest names.
///
/// # Errors
/// A file of this repository can't be read.
pub fn compare(manifest: &Manifest, inputs: &Inputs) -> Result<Vec<Line>> {
    let pins = Pins::load()?;
    let pin = pins.get(&manifest.version);
    let none = "no release of that name is pinned";
    let unknown = || "unknown".to_owned();
    let commit = manifest.commit.clone().unwrap_or_else(unknown);
    let project = inputs.project_commit.clone().unwrap_or_else(unknown);
    let edits = manifest.edits_digest.clone().unwrap_or_else(unknown);
    let files = stage::files()?;
    let rust = manifest.toolchain.get("rustc").map_or("", String::as_str);
    let rust = rust.split(' ').nth(1).unwrap_or_default();
    Ok(vec![
        line(
            "commit of BeeGFS",
            &commit,
            pin.map(|pin| pin.commit.clone()),
            none,
        ),
        line(
            "source of BeeGFS",
            &manifest.source_digest,
            pin.map(|pin| pin.tree.clone()),
            none,
        ),
        line(
            "edits and overlay",
            &edits,
            Some(patch::edits_digest()?),
            "",
        ),
        line(
            "commit of this repository",
            &project,
            stage::commit(),
            "this is no checkout of a commit",
        ),
        line(
            "this repository's files",
            &inputs.project_digest,
            Some(stage::digest(&files)?),
            "",
        ),
        line(
            "Cargo.lock",
            &inputs.cargo_lock_digest,
            Some(stage::lock_digest()?),
            "",
        ),
        line("Rust", rust, Some(pins.toolchain.rust.clone()), ""),
        line(
            "SOURCE_DATE_EPOCH",
            &inputs.source_date_epoch.to_string(),
            Some(pins.build.epoch.to_string()),
            "",
        ),
        packages(inputs.packages_locked),
    ])
}

/// The versions of the image's packages, which this checkout has in its lock.
fn packages(are_locked: Option<bool>) -> Line {
    let text = |locked| match locked {
        true => "as locked",
        false => "others than locked",
    };
    let here = are_locked.map(|_| text(true).to_owned());
    let value = are_locked.map_or("unknown", text);
    line(
        "packages of the image",
        value,
        here,
        "the manifest does not say it",
    )
}

/// Compares the image, if there is an engine and it has one of that name.
pub fn compare_image(inputs: &Inputs, engine: Option<Engine>) -> Line {
    let here = Engine::find(engine)
        .context("it is not known whether the image is here")
        .and_then(|engine| labels::digest(engine, &inputs.image));
    let (here, reason) = match here {
        Ok(digest) => (Some(digest), String::new()),
        Err(error) => {
            let text = format!("{error:#}");
            (None, text.lines().next().unwrap_or_default().to_owned())
        }
    };
    let mut line = line("digest of the image", &inputs.image_digest, here, &reason);
    line.value = format!("{} of {}", inputs.image_digest, inputs.image);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_here_instead() {
        let text = |here: Option<&str>| {
            line("Rust", "1.95.0", here.map(str::to_owned), "not there").to_string()
        };
        assert_eq!(text(Some("1.95.0")), "Rust: 1.95.0, the same here");
        assert_eq!(text(Some("1.96.0")), "Rust: 1.95.0, here 1.96.0");
        assert_eq!(text(None), "Rust: 1.95.0, not there");
    }

    #[test]
    fn every_input_of_another_checkout_is_told() {
        let pins = Pins::load().unwrap();
        let pin = pins.get("7.4.6").unwrap();
        let manifest = |source: &str, edits: &str| Manifest {
            schema: 1,
            version: pin.tag.clone(),
            commit: Some(pin.commit.clone()),
            source_digest: source.to_owned(),
            edits_digest: Some(edits.to_owned()),
            toolchain: [(
                "rustc".to_owned(),
                format!("rustc {} (x)", pins.toolchain.rust),
            )]
            .into(),
            flags: String::new(),
            artifacts: Default::default(),
            container: None,
        };
        let mut inputs = Inputs {
            image: "image:x".to_owned(),
            image_digest: "y".to_owned(),
            project_commit: stage::commit(),
            project_digest: stage::digest(&stage::files().unwrap()).unwrap(),
            cargo_lock_digest: stage::lock_digest().unwrap(),
            source_date_epoch: pins.build.epoch,
            rust_flags: String::new(),
            packages_locked: Some(true),
        };
        let differing = |manifest: &Manifest, inputs: &Inputs| -> Vec<&'static str> {
            let lines = compare(manifest, inputs).unwrap();
            let differs = |line: &&Line| matches!(line.verdict, Verdict::Differs(_));
            lines.iter().filter(differs).map(|line| line.name).collect()
        };
        let edits = patch::edits_digest().unwrap();
        assert!(differing(&manifest(&pin.tree, &edits), &inputs).is_empty());
        inputs.project_digest = "other".to_owned();
        inputs.cargo_lock_digest = "other".to_owned();
        inputs.source_date_epoch += 1;
        inputs.packages_locked = Some(false);
        assert_eq!(
            differing(&manifest("other", "other"), &inputs),
            [
                "source of BeeGFS",
                "edits and overlay",
                "this repository's files",
                "Cargo.lock",
                "SOURCE_DATE_EPOCH",
                "packages of the image"
            ]
        );
        assert!(matches!(packages(None).verdict, Verdict::Unknown(_)));
    }
}

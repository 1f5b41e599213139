//! What an image is: its name, the digest of its content, and what its labels say of how it was made.

use super::{engine::Engine, lock};
use crate::{
    patch::tree,
    pins::{Base, Pins},
    util,
};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs;

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Compilers and the toolchain.
    Builder,
    /// A minimal system, with what our packages depend on at hand but not installed.
    Clean,
}

impl Role {
    /// The image's name for a distribution.
    pub fn tag(self, base: &str) -> String {
        match self {
            Role::Builder => format!("beegfs-ntb-builder:{base}"),
            Role::Clean => format!("beegfs-ntb-clean:{base}"),
        }
    }
}

/// The digest of an image's content: of the digests of its layers, without times and names.
///
/// # Errors
/// There is no such image; the message has the command that makes it.
pub fn digest(engine: Engine, tag: &str) -> Result<String> {
    let mut inspect = engine.command();
    let layers = inspect
        .args([
            "image",
            "inspect",
            "--format",
            "{{json .RootFS.Layers}}",
            tag,
        ])
        .output()
        .with_context(|| format!("starting {}", engine.program()))?;
    let name = tag.rsplit(':').next().unwrap_or_default();
    ensure!(
        layers.status.success(),
        "there is no image {tag}: make it with cargo xtask image build {name}"
    );
    let layers: Vec<String> =
        serde_json::from_slice(&layers.stdout).context("the image's layers")?;
    Ok(tree::hex(&Sha256::digest(layers.join("\n"))))
}

/// Whether a name of an image says which content it has.
pub fn is_digest(name: &str) -> bool {
    let digest = name.rsplit('@').next().unwrap_or_default();
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The label that says of which pins an image was made.
const RECIPE: &str = "beegfs-ntb.recipe";
/// The label that says whether its packages had the versions of the lock.
const LOCKED: &str = "beegfs-ntb.locked";

/// The labels of an image of these pins, as `NAME=VALUE`.
///
/// # Errors
/// The lock or the Dockerfile can't be read.
pub fn labels(pins: &Pins, base: &Base, role: Role, is_locked: bool) -> Result<Vec<String>> {
    let mut labels = vec![format!("{RECIPE}={}", recipe(pins, base, role)?)];
    if role == Role::Builder {
        labels.push(format!("{LOCKED}={is_locked}"));
    }
    Ok(labels)
}

/// Digest of what decides about an image's content.
fn recipe(pins: &Pins, base: &Base, role: Role) -> Result<String> {
    let path = lock::path(&base.name);
    let lock = match path.is_file() {
        true => fs::read_to_string(&path).with_context(|| path.display().to_string())?,
        false => String::new(),
    };
    let common = format!("{}\n{}\n", base.suite, pins.build.epoch);
    let text = match role {
        Role::Builder => {
            let path = util::root().join("docker/Dockerfile");
            let dockerfile =
                fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let packages = base.packages.join(" ");
            let rust = &pins.toolchain.rust;
            format!("{common}{packages}\n{rust}\n{lock}\n{dockerfile}")
        }
        // Its packages are no part of what is built: the lock does not have them.
        Role::Clean => format!("{common}{}", base.runtime.join(" ")),
    };
    Ok(tree::hex(&Sha256::digest(text)))
}

/// A label of an image; empty if it has none of that name.
fn label(engine: Engine, tag: &str, name: &str) -> String {
    let format = format!("{{{{index .Config.Labels {name:?}}}}}");
    let label = engine.output(&["image", "inspect", "--format", &format, tag]);
    // An image without any label has no list of them, which is a mistake in the question.
    label.unwrap_or_default()
}

/// Whether the image that is here was made of these pins, and not of earlier ones.
///
/// # Errors
/// There is none, or it is another; the message has the command that makes it.
pub fn ensure_current(engine: Engine, pins: &Pins, base: &Base, role: Role) -> Result<()> {
    let tag = role.tag(&base.name);
    digest(engine, &tag)?;
    ensure!(
        label(engine, &tag, RECIPE) == recipe(pins, base, role)?,
        "{tag} was made of other pins (packages, lock, Rust or time) than those that are here: make it anew \
         with cargo xtask image build {}",
        base.name
    );
    Ok(())
}

/// Whether an image's packages had the versions of the lock when it was made.
pub fn is_locked(engine: Engine, tag: &str) -> bool {
    label(engine, tag, LOCKED) == "true"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_named_by_its_content() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        assert!(is_digest(&digest) && is_digest(&format!("debian@{digest}")));
        assert!(!is_digest("debian:12") && !is_digest("debian@sha256:12") && !is_digest(""));
    }

    #[test]
    fn an_image_is_another_one_when_what_it_is_made_of_changes() {
        let mut pins = Pins::load().unwrap();
        let base = pins.base("debian-12").unwrap().clone();
        let of = |pins: &Pins, base: &Base| {
            [Role::Builder, Role::Clean].map(|role| recipe(pins, base, role).unwrap())
        };
        let before = of(&pins, &base);
        let mut other = base.clone();
        other.packages.push("more".to_owned());
        assert_ne!(of(&pins, &other)[0], before[0]);
        assert_eq!(of(&pins, &other)[1], before[1]);
        other = base.clone();
        other.runtime.push("more".to_owned());
        assert_eq!(of(&pins, &other)[0], before[0]);
        assert_ne!(of(&pins, &other)[1], before[1]);
        pins.toolchain.rust = "1.0.0".to_owned();
        assert_ne!(of(&pins, &base)[0], before[0]);
    }
}

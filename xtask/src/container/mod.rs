//! Building in containers: images, hermetic builds, their comparison, and packages.
//! See `docs/containers.md`.

mod apt;
mod build;
mod checkout;
pub mod ci;
mod contents;
mod engine;
pub mod image;
mod labels;
mod layout;
mod lock;
mod machine;
mod manifest;
mod packages;
pub mod reproduce;
mod rootfs;
mod rpm;
mod sbom;
mod stage;
mod steps;
mod toolchain;
mod trial;
mod variation;
pub mod verify;

pub use manifest::Inputs;

use crate::{build::Job, pins::Pins, util};
use anyhow::Result;
use build::Request;
use engine::Engine;
use std::path::{Path, PathBuf};
use variation::Variation;

/// Where a build happens.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// The program that runs containers. Default: docker, or else podman.
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// The distribution for which the container builds; pins.toml has them.
    #[arg(long, value_name = "NAME", default_value = image::DEFAULT)]
    pub distribution: String,
}

/// Where trees are patched for builds in containers.
pub fn work(version: &str) -> PathBuf {
    util::target_dir().join("container").join(version)
}

/// Where results go if nothing else is said.
pub fn default_out(version: &str, distribution: &str) -> PathBuf {
    util::root().join("dist").join(version).join(distribution)
}

/// Builds `job` in a container, into the folder `out`.
///
/// # Errors
/// No engine, no image, or whatever goes wrong in the build.
pub fn build(job: &Job, place: &Place, out: &Path) -> Result<()> {
    let pins = Pins::load()?;
    build::run(&Request {
        job,
        base: pins.base(&place.distribution)?,
        engine: Engine::find(place.engine)?,
        out: out.to_path_buf(),
        variation: Variation::USUAL,
    })
}

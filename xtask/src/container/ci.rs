//! What of all this runs in CI, without BeeGFS's sources: the miniature tree takes their place.

use super::{
    Place,
    engine::Engine,
    image,
    labels::{self, Role},
    reproduce, trial, verify,
};
use crate::{
    build::{Compile, Job, processors},
    demo::miniature::{self, Generation},
    pins::Pins,
    task_test::Outcome,
    util,
};
use anyhow::Result;

/// The miniature tree twice in containers, compared; its packages installed and removed. Says so if
/// something that this machine cannot have is missing.
///
/// # Errors
/// A build or a step of the packages' life fails, or the results differ.
pub fn run() -> Result<Outcome> {
    let engine = match Engine::find(None) {
        Ok(engine) => engine,
        Err(reason) => return Ok(Outcome::Skipped(format!("{reason:#}"))),
    };
    let distribution = image::DEFAULT;
    let pins = Pins::load()?;
    let base = pins.base(distribution)?;
    let is_current = |role| labels::ensure_current(engine, &pins, base, role).is_ok();
    if !is_current(Role::Builder) || !is_current(Role::Clean) {
        if !util::is_installed("mmdebstrap") {
            let reason =
                "no image, and no mmdebstrap to make it: apt-get install mmdebstrap uidmap";
            return Ok(Outcome::Skipped(reason.to_owned()));
        }
        image::build(distribution, engine)?;
    }
    let place = Place {
        engine: Some(engine),
        distribution: distribution.to_owned(),
    };
    let work = util::target_dir().join("container/miniature");
    let source = work.join("miniature");
    miniature::compose(Generation::V7, &source)?;
    let compile = Compile {
        jobs: processors(),
        ccache: false,
        optimize: None,
    };
    let job = Job::of_tree(&source, Generation::V7.release(), work.clone(), compile);
    let result = reproduce::twice(&job, &place, &work.join("results"))?;
    verify::check(&result)?;
    trial::run(&result, engine, distribution)?;
    Ok(Outcome::Done)
}

//! The stages of one release.

use super::row::Cell;
use super::{Plan, Stage, smoke, syntax, unit};
use crate::build::{Job, Step};
use crate::patch::{self, tree};
use crate::util;
use anyhow::Result;
use std::fs;
use std::path::PathBuf;

/// One release of a run.
pub struct Release<'a> {
    pub plan: &'a Plan,
    pub version: &'a str,
}

/// Digest of what this repository puts into a build, and of what builds and tries it.
///
/// # Errors
/// A file that cannot be read.
pub fn inputs_digest() -> Result<String> {
    let root = util::root();
    let folders = [
        "beegfs-ssock/edits",
        "beegfs-ssock/overlay",
        "beegfs-ssock/plugin",
        "beemsg",
        "cxx-bridge",
        "ntb",
        "rust-core",
        "sisci-emu",
        "sisci-sys",
        "xtask/src/build",
        "xtask/src/cluster",
        "xtask/src/patch",
        "xtask/src/verify",
    ];
    let mut files = vec![PathBuf::from("Cargo.lock"), PathBuf::from("Cargo.toml")];
    for folder in folders {
        let folder = PathBuf::from(folder);
        let inside = tree::list(&root.join(&folder))?;
        let all = inside.into_iter().map(|file| folder.join(file));
        // They are in no build.
        files.extend(all.filter(|file| !file.components().any(|part| part.as_os_str() == "tests")));
    }
    tree::digest(&root, &files)
}

impl Release<'_> {
    fn folder(&self) -> PathBuf {
        self.plan.work.join(self.version)
    }

    pub fn row_file(&self) -> PathBuf {
        self.folder().join("row.json")
    }

    /// What a row is made of: when it differs, the row is made again.
    pub fn key(&self) -> String {
        let level = self.plan.compile.optimize.unwrap_or(3);
        format!("{} -O{level}", self.plan.inputs)
    }

    fn job(&self, pristine: bool) -> Result<Job> {
        let name = if pristine { "pristine" } else { "patched" };
        Job::of_release(
            &self.plan.git_dir,
            self.version,
            self.folder().join("source"),
            self.folder().join(name),
            self.plan.compile,
            pristine,
        )
    }

    /// # Errors
    /// The stage failed.
    pub fn run(&self, stage: Stage) -> Result<Cell> {
        match stage {
            Stage::Edits => self.edits(),
            Stage::Syntax => self.syntax(),
            Stage::Build => self.build(),
            Stage::Unit => self.unit(),
            Stage::Smoke => self.smoke(),
        }
    }

    fn edits(&self) -> Result<Cell> {
        let job = self.job(false)?;
        fs::create_dir_all(&job.work)?;
        job.run(Step::Copy)?;
        let checked = patch::check_tree(&job.export, Some(self.version))?;
        checked.ensure_fits()?;
        Ok(Cell::Good(format!("{} fit", checked.report().edits.len())))
    }

    fn syntax(&self) -> Result<Cell> {
        let job = self.patched_tree()?;
        crate::build::bridge_headers(&job.work)?;
        syntax::check(&job).map(Cell::Good)
    }

    /// The patched tree, brought up to date.
    fn patched_tree(&self) -> Result<Job> {
        let job = self.job(false)?;
        job.run(Step::Copy)?;
        job.run(Step::Patch)?;
        Ok(job)
    }

    fn build(&self) -> Result<Cell> {
        let job = self.patched_tree()?;
        for step in [Step::Check, Step::Build, Step::Plugin, Step::Install] {
            job.run(step)?;
        }
        let names: Vec<_> = job.components.iter().map(|c| c.folder()).collect();
        Ok(Cell::Good(names.join(", ")))
    }

    fn unit(&self) -> Result<Cell> {
        let (pristine, patched) = (self.job(true)?, self.patched_tree()?);
        for step in [Step::Copy, Step::Patch] {
            pristine.run(step)?;
        }
        unit::compare(&pristine, &patched).map(Cell::Good)
    }

    fn smoke(&self) -> Result<Cell> {
        let job = self.job(false)?;
        let _one_at_a_time = self.plan.cluster.lock();
        let log = self.folder().join("smoke.log");
        smoke::run(self.version, &job.prefix, self.plan.mgmtd.as_deref(), &log)
    }

    /// Frees the room of everything but the installation and the logs.
    pub fn remove_trees(&self) {
        for name in ["source", "pristine/tree", "patched/tree"] {
            let _ = fs::remove_dir_all(self.folder().join(name));
        }
        // It says that the source is there.
        let _ = fs::remove_file(self.folder().join("source.commit"));
    }
}

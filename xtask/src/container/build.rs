//! `build-beegfs --container`: a build that sees nothing but its inputs. The tree is patched here, which
//! is the same text everywhere; everything is compiled in the container.

use super::{
    contents,
    engine::Engine,
    labels::{self, Role},
    machine::{Machine, Options},
    manifest, packages, sbom, stage,
    steps::Builder,
    variation::{Inside, Variation, rust_flags},
};
use crate::{
    build::{Job, Step, daemons, install, needs},
    demo::workspace::Workspace,
    patch::{self, tree},
    pins::{Base, Pins},
    util,
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// A build.
pub struct Request<'a> {
    pub job: &'a Job,
    pub base: &'a Base,
    pub engine: Engine,
    /// Where the result goes, as a whole.
    pub out: PathBuf,
    pub variation: Variation,
}

/// Builds, and puts the result in place.
///
/// # Errors
/// No image, a source that does not fit, a compiler that fails, a full disk, an interruption. What was
/// in `out` before is still there then, and no container is left.
pub fn run(request: &Request) -> Result<()> {
    let Request { base, engine, .. } = request;
    let tag = Role::Builder.tag(&base.name);
    labels::ensure_current(*engine, &Pins::load()?, base, Role::Builder)?;
    let image = labels::digest(*engine, &tag)?;
    install::ensure_ours(&request.out)?;
    ensure_no_other_build(&request.job.work)?;
    let parent = util::target_dir().join("container");
    fs::create_dir_all(&parent).with_context(|| format!("creating {}", parent.display()))?;
    let workspace = Workspace::in_folder(&parent, "build", false)?;
    let built = build(request, &workspace, &tag, image);
    workspace.check()?;
    built
}

/// A build of this machine leaves objects and programs in its tree, which are not what a container would make.
fn ensure_no_other_build(work: &Path) -> Result<()> {
    ensure!(
        !work.join(daemons::KEY).exists(),
        "{} holds a build of this machine: give another --work",
        work.display()
    );
    Ok(())
}

fn build(request: &Request, workspace: &Workspace, tag: &str, image: String) -> Result<()> {
    let Request {
        job,
        base,
        engine,
        variation,
        ..
    } = request;
    needs::ensure(&needs::GIT)?;
    for step in [Step::Copy, Step::Patch] {
        job.run(step)?;
        workspace.check()?;
    }
    let log = job.work.join("container.log");
    fs::write(&log, "").with_context(|| log.display().to_string())?;
    println!("build: in a container of {tag}, log in {}", log.display());
    let inside = Inside {
        inputs: variation.inputs.into(),
        work: variation.work.into(),
    };
    let staged = stage_inputs(request, workspace, &inside, &log)?;
    workspace.check()?;
    let machine = Machine::start(
        *engine,
        &Options {
            image: tag,
            mounts: staged.mounts,
            work: &inside.work,
            user: user() + variation.user,
        },
        workspace,
    )?;
    let builder = Builder {
        job,
        base,
        variation,
        inside: &inside,
        machine: &machine,
        log: &log,
    };
    let toolchain = builder.run(&staged.packaging)?;
    let inputs = manifest::Inputs {
        image: tag.to_owned(),
        image_digest: image,
        project_commit: staged.project.commit,
        project_digest: staged.project.digest,
        cargo_lock_digest: stage::lock_digest()?,
        source_date_epoch: Pins::load()?.build.epoch,
        rust_flags: rust_flags(Path::new("INPUTS"), Path::new("WORK")).join(" "),
        packages_locked: Some(labels::is_locked(*engine, tag)),
    };
    collect(request, &machine, &inside, toolchain, inputs)
}

/// What a container gets to see.
struct Staged {
    project: stage::Project,
    packaging: contents::Packaging,
    /// Folders here and in the container.
    mounts: Vec<(PathBuf, PathBuf)>,
}

fn stage_inputs(
    request: &Request,
    workspace: &Workspace,
    inside: &Inside,
    log: &Path,
) -> Result<Staged> {
    let job = request.job;
    let project = stage::project(&workspace.subfolder("project")?)?;
    let tree = stage_tree(job, workspace)?;
    workspace.check()?;
    let crates = stage::vendor(log)?;
    workspace.check()?;
    let settings = workspace.subfolder("settings")?;
    let packaging = packages::write(job, request.base, &settings.join("debian"))?;
    fs::write(
        settings.join("cargo.toml"),
        stage::cargo_settings(&inside.inputs.join("crates")),
    )?;
    let mut source = job.unpatched();
    if source != job.export {
        // A tree of the caller's, whose rights are not ours to change.
        let copy = workspace.subfolder("source")?;
        let files = tree::list(&source)?;
        tree::copy(&source, &files, &BTreeMap::new(), &copy, &BTreeSet::new())?;
        source = copy;
    }
    let mounts: Vec<(PathBuf, PathBuf)> = [
        ("project", workspace.path().join("project")),
        ("settings", settings),
        ("crates", crates),
        ("tree", tree),
        ("source", source),
    ]
    .map(|(name, from)| (from, inside.inputs.join(name)))
    .into();
    for (from, _) in &mounts {
        make_readable(from)?;
    }
    Ok(Staged {
        project,
        packaging,
        mounts,
    })
}

/// A copy of the patched tree without anything that was not put there by patching: upstream's makefiles compile
/// every source that they find.
fn stage_tree(job: &Job, workspace: &Workspace) -> Result<PathBuf> {
    let tree = job.tree();
    let report = patch::read_marker(&tree)?.context("the tree is not patched")?;
    let files = [report.copied, report.changed, report.added]
        .into_iter()
        .flatten()
        .collect();
    let copy = workspace.subfolder("tree")?;
    tree::copy(&tree, &files, &BTreeMap::new(), &copy, &BTreeSet::new())?;
    Ok(copy)
}

/// Puts the result in place, with everything that is written about it.
fn collect(
    request: &Request,
    machine: &Machine,
    inside: &Inside,
    toolchain: Vec<(String, String)>,
    inputs: manifest::Inputs,
) -> Result<()> {
    let out = &request.out;
    install::replace(out, |staging| {
        let folder = staging.parent().context("a folder has a parent")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::create_dir(staging).with_context(|| format!("creating {}", staging.display()))?;
        machine.copy_out(&inside.out(), staging)?;
        sbom::write(staging)?;
        manifest::write(request.job, staging, toolchain, inputs)
    })?;
    println!("build: {}", out.display());
    Ok(())
}

/// Nobody in particular, but never root.
fn user() -> u32 {
    match rustix::process::getuid().as_raw() {
        0 => 1000,
        user => user,
    }
}

/// Lets another user read a folder, whatever the umask was when it was made.
fn make_readable(folder: &Path) -> Result<()> {
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        if entry.file_type().is_symlink() {
            continue;
        }
        let mode = entry.metadata()?.permissions().mode();
        let wanted = if entry.file_type().is_dir() || mode & 0o100 != 0 {
            0o555
        } else {
            0o444
        };
        if mode & wanted != wanted {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode | wanted))
                .with_context(|| format!("{} can't be read by others", entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        build::Compile,
        demo::miniature::{self, Generation},
    };

    #[test]
    fn the_folder_of_a_build_of_this_machine_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        ensure_no_other_build(folder.path()).unwrap();
        fs::write(folder.path().join(daemons::KEY), "").unwrap();
        let message = ensure_no_other_build(folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with("holds a build of this machine: give another --work"),
            "{message}"
        );
    }

    #[test]
    fn what_lies_around_in_the_tree_is_not_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        miniature::compose(Generation::V7, &source).unwrap();
        let compile = Compile {
            jobs: 1,
            ccache: false,
            optimize: None,
        };
        let version = Generation::V7.release();
        let job = Job::of_tree(&source, version, folder.path().join("work"), compile);
        job.run(Step::Patch).unwrap();
        let stray = "common/source/common/Stray.cpp";
        fs::write(job.tree().join(stray), "").unwrap();
        let workspace = Workspace::in_folder(folder.path(), "test", false).unwrap();
        let staged = tree::list(&stage_tree(&job, &workspace).unwrap()).unwrap();
        assert!(!staged.contains(Path::new(stray)));
        assert!(staged.contains(Path::new("common/build/Makefile")));
        assert!(staged.iter().any(|file| file.ends_with("NtbSocket.cpp")));
    }

    #[test]
    fn what_others_may_not_read_is_opened_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        let text = folder.path().join("text");
        for (file, mode) in [(&program, 0o700), (&text, 0o600)] {
            fs::write(file, "").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        }
        make_readable(folder.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&program), mode(&text)], [0o755, 0o644]);
    }
}

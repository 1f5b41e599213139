//! `image build`: the builder image, and the clean image in which packages are tried. No registry is
//! needed: mmdebstrap makes the root file systems from the system's own package sources.

use super::{
    apt,
    engine::Engine,
    labels::{self, Role, digest},
    lock, rootfs, toolchain,
};
use crate::{
    demo::workspace::Workspace,
    pins::{Base, Pins},
    util,
};
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// The distribution if nothing else is said.
pub const DEFAULT: &str = "debian-12";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make the images of a distribution: one that builds, one in which packages are tried.
    Build(BuildArgs),
    /// Write the context of a builder image, with the Rust toolchain, for a Dockerfile that this command does not
    /// run: docker/Dockerfile.rpm.
    Context {
        /// A folder that is not there yet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Show the images that are there, with their digests.
    List {
        #[arg(long, value_enum)]
        engine: Option<Engine>,
    },
}

#[derive(Debug, clap::Args)]
pub struct BuildArgs {
    /// Distributions; pins.toml has them.
    #[arg(default_value = DEFAULT)]
    names: Vec<String>,
    /// The program that runs containers. Default: docker, or else podman.
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// A sources.list to take packages from, for instance of a snapshot of the archive. Default: the
    /// system's own sources.
    #[arg(long, value_name = "FILE")]
    sources: Option<PathBuf>,
    /// Start from this image of a registry, named by its digest, instead of mmdebstrap's result; or from one
    /// that is here, by its id (sha256:...). Makes the builder image only.
    #[arg(long, value_name = "IMAGE@DIGEST", conflicts_with = "sources")]
    base: Option<String>,
    /// Fail if a package has not the version of docker/NAME.lock. Otherwise that is only said.
    #[arg(long, conflicts_with = "update_lock")]
    locked: bool,
    /// Write the versions of the installed packages to docker/NAME.lock.
    #[arg(long)]
    update_lock: bool,
}

pub fn run(args: Args) -> Result<()> {
    match args.action {
        Action::Build(args) => build_all(&args),
        Action::Context { out } => context(&out),
        Action::List { engine } => list(Engine::find(engine)?),
    }
}

fn context(out: &Path) -> Result<()> {
    ensure!(
        !out.exists(),
        "{} is there already: name a folder that is not",
        out.display()
    );
    let rust = Pins::load()?.toolchain.rust;
    let toolchain = toolchain::stage(&rust, &std::path::absolute(out)?)?;
    println!("{}: Rust {rust}, {toolchain}", out.display());
    Ok(())
}

fn list(engine: Engine) -> Result<()> {
    for base in Pins::load()?.base {
        for role in [Role::Builder, Role::Clean] {
            let tag = role.tag(&base.name);
            match digest(engine, &tag) {
                Ok(digest) => println!("{tag}: {digest}"),
                Err(_) => println!("{tag}: not there"),
            }
        }
    }
    Ok(())
}

/// Makes the images of one distribution.
///
/// # Errors
/// As the command.
pub fn build(name: &str, engine: Engine) -> Result<()> {
    build_all(&BuildArgs {
        names: vec![name.to_owned()],
        engine: Some(engine),
        sources: None,
        base: None,
        locked: false,
        update_lock: false,
    })
}

fn build_all(args: &BuildArgs) -> Result<()> {
    let pins = Pins::load()?;
    let bases: Vec<&Base> = args
        .names
        .iter()
        .map(|name| pins.base(name))
        .collect::<Result<_>>()?;
    let engine = Engine::find(args.engine)?;
    for base in bases {
        let parent = util::target_dir().join("container/images").join(&base.name);
        fs::create_dir_all(&parent).with_context(|| format!("creating {}", parent.display()))?;
        let log = parent.join("image.log");
        fs::write(&log, "").with_context(|| log.display().to_string())?;
        // It goes away with all that is large, whatever happens.
        let workspace = Workspace::in_folder(&parent, "image", false)?;
        let built = Build {
            pins: &pins,
            base,
            engine,
            args,
            workspace: &workspace,
            log,
        }
        .run();
        workspace.check()?;
        built?;
    }
    Ok(())
}

struct Build<'a> {
    pins: &'a Pins,
    base: &'a Base,
    engine: Engine,
    args: &'a BuildArgs,
    /// For what is needed only now; knows of signals.
    workspace: &'a Workspace,
    log: PathBuf,
}

impl Build<'_> {
    fn run(&self) -> Result<()> {
        // What can be wrong with the arguments is said before anything takes time.
        let sources = match &self.args.base {
            Some(base) => {
                ensure!(
                    labels::is_digest(base),
                    "{base}: name the image by its digest, as debian@sha256:..., or one that is here by \
                     its id, sha256:..."
                );
                String::new()
            }
            None => self.sources()?,
        };
        let context = self.workspace.path().join("context");
        let toolchain = toolchain::stage(&self.pins.toolchain.rust, &context)?;
        println!(
            "image {}: Rust {}, {toolchain}",
            self.base.name, self.pins.toolchain.rust
        );
        let tag = Role::Builder.tag(&self.base.name);
        let dockerfile = util::root().join("docker/Dockerfile");
        match &self.args.base {
            Some(base) => self.on_base(base, &dockerfile, &context, &tag)?,
            None => {
                let (base, is_locked) = self.assemble(&sources)?;
                let labels = labels::labels(self.pins, self.base, Role::Builder, is_locked)?;
                self.build(&base, &dockerfile, &context, &tag, &labels)?;
            }
        }
        println!("image {tag}: {}", digest(self.engine, &tag)?);
        Ok(())
    }

    /// Builds on an image of somebody else's. Which packages that gives is only known afterwards, and an image
    /// that is not what was asked for must not take the place of one that was.
    fn on_base(&self, base: &str, dockerfile: &Path, context: &Path, tag: &str) -> Result<()> {
        let candidate = format!("{tag}-candidate");
        let built = self
            .build(base, dockerfile, context, &candidate, &[])
            .and_then(|()| self.accept(&candidate, tag));
        // Its name; the layers stay as long as another name has them.
        let _ = self.engine.output(&["image", "rm", &candidate]);
        built
    }

    /// Gives a candidate its labels and its name, if its packages are as they should be.
    fn accept(&self, candidate: &str, tag: &str) -> Result<()> {
        let status = [
            "run",
            "--rm",
            "--network=none",
            candidate,
            "cat",
            lock::STATUS,
        ];
        let installed = lock::parse_status(&self.engine.output(&status)?);
        let is_locked = self.compare_lock(&installed)?;
        let labels = labels::labels(self.pins, self.base, Role::Builder, is_locked)?;
        // Labels are no layer: the image's digest does not change.
        let context = self.workspace.subfolder("labels")?;
        let dockerfile = context.join("Dockerfile");
        fs::write(&dockerfile, "ARG BASE\nFROM ${BASE}\nARG PACKAGES\n")
            .with_context(|| dockerfile.display().to_string())?;
        self.build(candidate, &dockerfile, &context, tag, &labels)
    }

    /// Where mmdebstrap gets packages.
    fn sources(&self) -> Result<String> {
        if !util::is_installed("mmdebstrap") {
            bail!("mmdebstrap is not installed: apt-get install mmdebstrap uidmap");
        }
        match &self.args.sources {
            Some(file) => fs::read_to_string(file).with_context(|| file.display().to_string()),
            None => apt::sources(self.base),
        }
    }

    /// Runs a long command, unless a signal has asked for the end.
    fn logged(
        &self,
        label: &str,
        command: &mut Command,
        counts: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.workspace.check()?;
        util::logged_unless(label, command, &self.log, counts, || self.workspace.check())
    }

    /// Makes both root file systems and imports them; returns the name of the builder's, and whether its packages
    /// are as locked. Images that are here stay if they are not.
    fn assemble(&self, sources: &str) -> Result<(String, bool)> {
        let list = self.workspace.path().join("sources.list");
        fs::write(&list, sources).with_context(|| list.display().to_string())?;

        let builder = self.workspace.path().join("builder.tar");
        let include = format!("--include={}", self.base.packages.join(","));
        self.mmdebstrap(&list, &builder, &[include])?;
        let is_locked = self.compare_lock(&lock::installed(&builder)?)?;
        let tag = format!("beegfs-ntb-base:{}", self.base.name);
        self.import(&builder, &tag, &[])?;
        let _ = fs::remove_file(&builder);

        let clean = self.workspace.path().join("clean.tar");
        self.mmdebstrap(&list, &clean, &rootfs::clean_options(self.base))?;
        let labels = labels::labels(self.pins, self.base, Role::Clean, is_locked)?;
        self.import(&clean, &Role::Clean.tag(&self.base.name), &labels)?;
        Ok((tag, is_locked))
    }

    fn mmdebstrap(&self, list: &Path, out: &Path, options: &[String]) -> Result<()> {
        let name = out.file_stem().unwrap_or_default().to_string_lossy();
        // It leaves something behind when it is stopped. Not in the workspace, as apt works as another user.
        let temp = tempfile::Builder::new()
            .prefix("beegfs-ntb-image-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .context("making a temporary folder")?;
        let mut command = rootfs::mmdebstrap(self.base, self.pins.build.epoch, options);
        command.env("TMPDIR", temp.path()).arg(out).arg(list);
        let label = format!("root file system {name}");
        let made = self.logged(&label, &mut command, |line| line.starts_with("I: "));
        made.map_err(|error| match util::is_full_disk(&error) {
            true => anyhow::anyhow!(
                "{label}: no space left in {} or {}: a system takes 1 GiB, its archive as much (TMPDIR and \
                 CARGO_TARGET_DIR name other places)",
                std::env::temp_dir().display(),
                self.workspace.path().display()
            ),
            false => error,
        })
    }

    fn import(&self, tar: &Path, tag: &str, labels: &[String]) -> Result<()> {
        let mut command = self.engine.command();
        command.arg("import");
        for label in labels {
            command.args(["--change", &format!("LABEL {label}")]);
        }
        command.arg(tar).arg(tag);
        self.logged(&format!("import {tag}"), &mut command, |_| true)
            .map_err(|error| self.plain(error))
    }

    /// Runs a Dockerfile that has the arguments `BASE` and `PACKAGES`.
    fn build(
        &self,
        base: &str,
        dockerfile: &Path,
        context: &Path,
        tag: &str,
        labels: &[String],
    ) -> Result<()> {
        let mut command = self.engine.command();
        command
            .arg("build")
            .arg("--file")
            .arg(dockerfile)
            .args(["--build-arg", &format!("BASE={base}")])
            .args([
                "--build-arg",
                &format!("PACKAGES={}", self.base.packages.join(" ")),
            ])
            .args(["--tag", tag]);
        for label in labels {
            command.args(["--label", label]);
        }
        if self.args.base.is_none() {
            command.args(["--network", "none"]);
        }
        command.arg(context);
        self.logged(tag, &mut command, |line| line.starts_with("Step"))
            .map_err(|error| self.plain(error))
    }

    /// A full disk in words; anything else as it is.
    fn plain(&self, error: anyhow::Error) -> anyhow::Error {
        match util::is_full_disk(&error) {
            true => anyhow::anyhow!("{}", self.engine.explain("no space left on device")),
            false => error,
        }
    }

    /// Whether the packages are as locked.
    fn compare_lock(&self, installed: &lock::Packages) -> Result<bool> {
        let path = lock::path(&self.base.name);
        if self.args.update_lock {
            println!(
                "image {}: {} packages in {}",
                self.base.name,
                installed.len(),
                path.display()
            );
            lock::write(&path, installed)?;
            return Ok(true);
        }
        let differences = lock::compare(&path, installed)?;
        if differences.is_empty() {
            println!(
                "image {}: {} packages as locked",
                self.base.name,
                installed.len()
            );
            return Ok(true);
        }
        let text = differences.join("\n  ");
        ensure!(
            !self.args.locked,
            "packages differ from {}:\n  {text}",
            path.display()
        );
        println!(
            "image {}: packages differ from {}; builds are the same only where they are the same:\n  {text}",
            self.base.name,
            path.display()
        );
        Ok(false)
    }
}

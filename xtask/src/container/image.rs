//! `image build`: the builder image, and the clean image in which packages are tried. No registry is
//! needed: mmdebstrap makes the root file systems from the system's own package sources.

use super::{apt, engine::Engine, lock, toolchain};
use crate::{
    demo::workspace::Workspace,
    patch::tree,
    pins::{Base, Pins},
    util,
};
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use sha2::{Digest, Sha256};
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
        Action::List { engine } => list(Engine::find(engine)?),
    }
}

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

/// The label that says of which pins an image was made.
const RECIPE: &str = "beegfs-ntb.recipe";

/// Digest of what the pins say of a builder image.
fn recipe(pins: &Pins, base: &Base) -> String {
    let text = format!(
        "{}\n{}\n{}\n{}",
        base.suite,
        base.packages.join(" "),
        pins.toolchain.rust,
        pins.build.epoch
    );
    tree::hex(&Sha256::digest(text))
}

/// Whether the builder image that is here was made of these pins, and not of earlier ones.
///
/// # Errors
/// There is none, or it is another; the message has the command that makes it.
pub fn ensure_current(engine: Engine, pins: &Pins, base: &Base) -> Result<()> {
    let tag = Role::Builder.tag(&base.name);
    digest(engine, &tag)?;
    let format = format!("{{{{index .Config.Labels {RECIPE:?}}}}}");
    let label = engine.output(&["image", "inspect", "--format", &format, &tag])?;
    ensure!(
        label == recipe(pins, base),
        "{tag} was made of other pins (packages, Rust or time) than those of pins.toml: make it anew with \
         cargo xtask image build {}",
        base.name
    );
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

/// Whether a name of an image says which content it has.
fn is_digest(name: &str) -> bool {
    let digest = name.rsplit('@').next().unwrap_or_default();
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
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
                    is_digest(base),
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
        let base = match &self.args.base {
            Some(base) => base.clone(),
            None => self.assemble(&sources)?,
        };
        let tag = Role::Builder.tag(&self.base.name);
        self.dockerfile(&base, &tag, &context)?;
        if self.args.base.is_some() {
            let status = ["run", "--rm", "--network=none", &tag, "cat", lock::STATUS];
            self.compare_lock(&lock::parse_status(&self.engine.output(&status)?))?;
        }
        println!("image {tag}: {}", digest(self.engine, &tag)?);
        Ok(())
    }

    /// Where mmdebstrap gets packages.
    fn sources(&self) -> Result<String> {
        if !util::is_installed("mmdebstrap") {
            bail!("mmdebstrap is not installed: apt-get install mmdebstrap");
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

    /// Makes both root file systems and imports them; returns the name of the builder's.
    fn assemble(&self, sources: &str) -> Result<String> {
        let list = self.workspace.path().join("sources.list");
        fs::write(&list, sources).with_context(|| list.display().to_string())?;

        let clean = self.workspace.path().join("clean.tar");
        self.mmdebstrap(&list, &clean, &self.clean_options())?;
        self.import(&clean, &Role::Clean.tag(&self.base.name))?;
        let builder = self.workspace.path().join("builder.tar");
        let include = format!("--include={}", self.base.packages.join(","));
        self.mmdebstrap(&list, &builder, &[include])?;
        self.compare_lock(&lock::installed(&builder)?)?;
        let tag = format!("beegfs-ntb-base:{}", self.base.name);
        self.import(&builder, &tag)?;
        Ok(tag)
    }

    /// Packages that ours depend on are fetched and left where apt looks first, with the lists: so
    /// `apt-get install ./package.deb` works there without a network, and shows what is missing.
    fn clean_options(&self) -> Vec<String> {
        let packages = self.base.runtime.join(" ");
        vec![
            "--skip=cleanup/apt/lists,cleanup/apt/cache".into(),
            format!(
                "--customize-hook=chroot \"$1\" apt-get install -qq --download-only \
                 --no-install-recommends {packages}"
            ),
        ]
    }

    fn mmdebstrap(&self, list: &Path, out: &Path, options: &[String]) -> Result<()> {
        let name = out.file_stem().unwrap_or_default().to_string_lossy();
        // It leaves something behind when it is stopped. Not in the workspace, as apt works as another user.
        let temp = tempfile::Builder::new()
            .prefix("beegfs-ntb-image-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .context("making a temporary folder")?;
        let mut command = Command::new("mmdebstrap");
        command
            .env("TMPDIR", temp.path())
            .env("SOURCE_DATE_EPOCH", self.pins.build.epoch.to_string())
            .args(["--variant=apt", "--format=tar"])
            // Configuration of this machine's apt is none of the image's business, what the system's
            // sources need is.
            .args([
                "--aptopt=Acquire::Check-Valid-Until false",
                "--aptopt=Acquire::Check-Date false",
            ])
            .args(options)
            .arg(&self.base.suite)
            .arg(out)
            .arg(list);
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

    fn import(&self, tar: &Path, tag: &str) -> Result<()> {
        let mut command = self.engine.command();
        command.arg("import").arg(tar).arg(tag);
        self.logged(&format!("import {tag}"), &mut command, |_| true)
            .map_err(|error| self.plain(error))
    }

    fn dockerfile(&self, base: &str, tag: &str, context: &Path) -> Result<()> {
        let mut command = self.engine.command();
        command
            .arg("build")
            .arg("--file")
            .arg(util::root().join("docker/Dockerfile"))
            .args(["--build-arg", &format!("BASE={base}")])
            .args([
                "--build-arg",
                &format!("PACKAGES={}", self.base.packages.join(" ")),
            ])
            .args(["--tag", tag])
            .arg("--label")
            .arg(format!("{RECIPE}={}", recipe(self.pins, self.base)));
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

    fn compare_lock(&self, installed: &lock::Packages) -> Result<()> {
        let path = lock::path(&self.base.name);
        if self.args.update_lock {
            println!(
                "image {}: {} packages in {}",
                self.base.name,
                installed.len(),
                path.display()
            );
            return lock::write(&path, installed);
        }
        let differences = lock::compare(&path, installed)?;
        if differences.is_empty() {
            println!(
                "image {}: {} packages as locked",
                self.base.name,
                installed.len()
            );
            return Ok(());
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
        Ok(())
    }
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
}

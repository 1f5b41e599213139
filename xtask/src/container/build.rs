//! `build-beegfs --container`: a build that sees nothing but its inputs. The tree is patched here, which
//! is the same text everywhere; everything is compiled in the container.

use super::{
    engine::Engine,
    image::{self, Role},
    machine::{Machine, Options, words},
    manifest, packages, sbom, stage,
};
use crate::{
    build::{
        Component, Job, Step, daemons, install, needs,
        plugin::{self, Places},
    },
    demo::workspace::Workspace,
    pins::{Base, Pins},
    stock, util,
};
use anyhow::{Context, Result};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use walkdir::WalkDir;

/// What a build may differ in without any effect on its result.
#[derive(Clone, Copy, Debug)]
pub struct Variation {
    /// Where inputs are seen.
    inputs: &'static str,
    /// Where it works; a folder of the image.
    work: &'static str,
    /// Added to the user's id.
    user: u32,
    /// Compilers at a time; as asked for if none.
    jobs: Option<usize>,
    zone: &'static str,
    locale: &'static str,
}

impl Variation {
    /// Of a build that stands alone.
    pub const USUAL: Variation = Variation {
        inputs: "/in",
        work: "/work",
        user: 0,
        jobs: None,
        zone: "UTC",
        locale: "C.UTF-8",
    };

    /// Everything else.
    pub const OTHER: Variation = Variation {
        inputs: "/srv/another/place",
        work: "/elsewhere",
        user: 4321,
        jobs: Some(3),
        zone: "Asia/Kathmandu",
        locale: "C",
    };
}

/// A build.
pub struct Request<'a> {
    pub job: &'a Job,
    pub base: &'a Base,
    pub engine: Engine,
    /// Where the result goes, as a whole.
    pub out: PathBuf,
    pub variation: Variation,
}

/// Where things are in the container.
struct Inside {
    inputs: PathBuf,
    work: PathBuf,
}

impl Inside {
    fn project(&self) -> PathBuf {
        self.inputs.join("project")
    }

    fn tree(&self) -> PathBuf {
        self.work.join("tree")
    }

    fn out(&self) -> PathBuf {
        self.work.join("out")
    }

    fn places(&self) -> Places {
        Places {
            root: self.project(),
            target: self.work.join("target"),
        }
    }
}

/// Builds, and puts the result in place.
///
/// # Errors
/// No image, a source that does not fit, a compiler that fails, a full disk, an interruption. What was
/// in `out` before is still there then, and no container is left.
pub fn run(request: &Request) -> Result<()> {
    let Request { base, engine, .. } = request;
    let tag = Role::Builder.tag(&base.name);
    let image = image::digest(*engine, &tag)?;
    install::ensure_ours(&request.out)?;
    let parent = util::target_dir().join("container");
    fs::create_dir_all(&parent).with_context(|| format!("creating {}", parent.display()))?;
    let workspace = Workspace::in_folder(&parent, "build", false)?;
    let built = build(request, &workspace, &tag, image);
    workspace.check()?;
    built
}

fn build(request: &Request, workspace: &Workspace, tag: &str, image: String) -> Result<()> {
    let Request {
        job,
        base,
        engine,
        variation,
        out,
    } = request;
    needs::ensure(&needs::GIT)?;
    for step in [Step::Copy, Step::Patch] {
        job.run(step)?;
    }
    let log = job.work.join("container.log");
    fs::write(&log, "").with_context(|| log.display().to_string())?;
    println!("build: in a container of {tag}, log in {}", log.display());
    let inside = Inside {
        inputs: variation.inputs.into(),
        work: variation.work.into(),
    };
    let project = stage::project(&workspace.subfolder("project")?)?;
    let crates = stage::vendor(&log)?;
    let settings = workspace.subfolder("settings")?;
    let packaging = packages::write(job, base, &settings.join("debian"))?;
    fs::write(
        settings.join("cargo.toml"),
        stage::cargo_settings(&inside.inputs.join("crates")),
    )?;
    let mounts: Vec<(PathBuf, PathBuf)> = [
        ("project", workspace.path().join("project")),
        ("settings", settings),
        ("crates", crates),
        ("tree", job.tree()),
        ("source", job.unpatched()),
    ]
    .map(|(name, from)| (from, inside.inputs.join(name)))
    .into();
    for (from, _) in &mounts {
        make_readable(from)?;
    }
    workspace.check()?;
    let machine = Machine::start(
        *engine,
        &Options {
            image: tag,
            mounts,
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
    let toolchain = builder.run(&packaging)?;

    let inputs = manifest::Inputs {
        image: tag.to_owned(),
        image_digest: image,
        project_commit: project.commit,
        project_digest: project.digest,
        cargo_lock_digest: stage::lock_digest()?,
        source_date_epoch: Pins::load()?.build.epoch,
        rust_flags: rust_flags(Path::new("INPUTS"), Path::new("WORK")).join(" "),
    };
    install::replace(out, |staging| {
        let folder = staging.parent().context("a folder has a parent")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::create_dir(staging).with_context(|| format!("creating {}", staging.display()))?;
        machine.copy_out(&inside.out(), staging)?;
        if job.with_plugin {
            let library = staging.join("lib").join(plugin::LIBRARY);
            for component in job.components.iter().filter(|c| c.loads_plugin()) {
                plugin::check_symbols(&library, &staging.join(component.installed()))?;
            }
        }
        sbom::write(staging)?;
        manifest::write(job, staging, toolchain, inputs)
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

/// No path of the container in what rustc makes.
fn rust_flags(inputs: &Path, work: &Path) -> [String; 3] {
    [
        format!(
            "--remap-path-prefix={}/project=beegfs-ntb",
            inputs.display()
        ),
        format!("--remap-path-prefix={}/crates=crates", inputs.display()),
        format!("--remap-path-prefix={}=work", work.display()),
    ]
}

/// The commands of a build, in their order.
struct Builder<'a> {
    job: &'a Job,
    base: &'a Base,
    variation: &'a Variation,
    inside: &'a Inside,
    machine: &'a Machine<'a>,
    log: &'a Path,
}

impl Builder<'_> {
    /// Returns the version line of each tool.
    fn run(&self, packaging: &packages::Packaging) -> Result<Vec<(String, String)>> {
        let Inside { work, .. } = self.inside;
        let folders = ["home", "target", "out/lib", "out/share"].map(|name| work.join(name));
        self.quietly(words([Path::new("mkdir"), Path::new("-p")]).args(folders))?;
        self.daemons()?;
        if self.job.with_plugin {
            self.transport()?;
            self.stock_plugins()?;
        }
        self.place()?;
        if self.job.with_plugin {
            let step = packages::Step {
                machine: self.machine,
                log: self.log,
                work,
            };
            step.run(
                packaging,
                &self.inside.inputs.join("settings/debian"),
                |command| self.set(command),
            )?;
        }
        self.versions()
    }

    /// What every command has.
    fn set(&self, command: &mut Command) {
        let epoch = Pins::load().map_or(0, |pins| pins.build.epoch);
        command
            .env("SOURCE_DATE_EPOCH", epoch.to_string())
            .env("HOME", self.inside.work.join("home"))
            .env("TZ", self.variation.zone)
            .env("LC_ALL", self.variation.locale);
    }

    fn quietly(&self, command: &mut Command) -> Result<String> {
        self.set(command);
        self.machine.output(command)
    }

    fn logged(
        &self,
        label: &str,
        mut command: Command,
        counts: impl Fn(&str) -> bool,
    ) -> Result<()> {
        self.set(&mut command);
        self.machine.logged(label, &command, self.log, counts)
    }

    /// The tree's own makefiles, in a copy of the tree.
    fn daemons(&self) -> Result<()> {
        let tree = self.inside.tree();
        let copy = [
            Path::new("cp"),
            Path::new("-r"),
            &self.inside.inputs.join("tree"),
            &tree,
        ];
        self.quietly(&mut words(copy))?;
        let mut compile = self.job.compile;
        compile.jobs = self.variation.jobs.unwrap_or(compile.jobs);
        let common = [("common", "libbeegfs-common.a".to_owned())];
        let components = self.job.components.iter().map(|c| (c.folder(), c.target()));
        let path = format!(
            "{}:/usr/sbin:/usr/bin:/sbin:/bin",
            self.inside.project().join("docker/sorted").display()
        );
        for (folder, target) in common.into_iter().chain(components) {
            let mut make =
                daemons::make_command(&tree, folder, &target, &self.job.version, compile);
            make.env("PATH", &path);
            self.logged(&target, make, daemons::is_compiled)?;
        }
        Ok(())
    }

    fn cargo(&self) -> Command {
        let Inside { inputs, work } = self.inside;
        let mut command = words(["cargo", "build", "--release", "--frozen"]);
        command
            .arg("--config")
            .arg(inputs.join("settings/cargo.toml"))
            .current_dir(self.inside.project())
            .env("CARGO_HOME", work.join("cargo"))
            .env("CARGO_TARGET_DIR", work.join("target"))
            // Its separator is a character that stands in no path.
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                rust_flags(inputs, work).join("\u{1f}"),
            );
        let mut maps = format!("-ffile-prefix-map={}/project=beegfs-ntb", inputs.display());
        maps += &format!(" -ffile-prefix-map={}/crates=crates", inputs.display());
        maps += &format!(" -ffile-prefix-map={}=work", work.display());
        command.env("CFLAGS", &maps).env("CXXFLAGS", &maps);
        if let Some(jobs) = self.variation.jobs {
            command.arg(format!("-j{jobs}"));
        }
        command
    }

    /// The Rust part, and the library that daemons load.
    fn transport(&self) -> Result<()> {
        let mut cargo = self.cargo();
        for package in ["ntb-bridge", "sisci-emu", "ntb"] {
            cargo.args(["--package", package]);
        }
        self.logged("transport, emulator, ntb", cargo, |line| {
            line.contains("Compiling ")
        })?;
        let root = util::root();
        let sources = plugin::sources(&plugin::folder())?;
        let sources = plugin::moved(&sources, &root, &self.inside.project());
        let library = self.inside.out().join("lib").join(plugin::LIBRARY);
        let compiler = plugin::compiler(
            &self.inside.places(),
            &self.inside.tree(),
            &sources,
            &library,
        );
        self.compile(plugin::LIBRARY, compiler)
    }

    /// A compiler of C++ of ours, with no path of its surroundings in what it writes.
    fn compile(&self, label: &str, mut compiler: Command) -> Result<()> {
        compiler
            .arg(format!(
                "-ffile-prefix-map={}=work",
                self.inside.work.display()
            ))
            .current_dir(&self.inside.work);
        self.logged(label, compiler, |line| line.contains(".cpp"))
    }

    /// The stand-ins for unpatched daemons of the same release, if this is one that is known.
    fn stock_plugins(&self) -> Result<()> {
        let version = &self.job.version;
        if !self.job.is_release() {
            return Ok(());
        }
        for (variant, nvfs) in stock::VARIANTS {
            let folder = self.inside.out().join(format!("stock/{version}-{variant}"));
            self.quietly(&mut words([Path::new("mkdir"), Path::new("-p"), &folder]))?;
            let library = folder.join(stock::LIBRARY);
            let source = self.inside.inputs.join("source");
            let compiler =
                stock::compiler(&self.inside.places(), &source, version, nvfs, &library)?;
            self.compile(&format!("{} {variant}", stock::LIBRARY), compiler)?;
        }
        Ok(())
    }

    /// Everything in the layout of an installation.
    fn place(&self) -> Result<()> {
        let out = self.inside.out();
        let (tree, release) = (self.inside.tree(), self.inside.work.join("target/release"));
        let mut lines = Vec::new();
        let mut place = |mode: &str, from: PathBuf, to: &Path| {
            lines.push(format!(
                "install -Dm{mode} {} {}",
                from.display(),
                out.join(to).display()
            ));
        };
        for component in &self.job.components {
            place("755", component.artifact(&tree), &component.installed());
            for (file, to) in upstream_files(*component, &self.job.tree()) {
                let mode = if to.starts_with("sbin") { "755" } else { "644" };
                place(mode, tree.join(file), &to);
            }
        }
        if self.job.with_plugin {
            place(
                "755",
                release.join("libsisci.so"),
                Path::new("lib/sisci-emu/libsisci.so"),
            );
            place("755", release.join("ntb"), Path::new("bin/ntb"));
            let ntb = out.join("bin/ntb");
            let share = out.join("share");
            let (ntb, share) = (ntb.display(), share.display());
            lines.push(format!(
                "mkdir -p {share}/man/man1 && {ntb} man {share}/man/man1"
            ));
            for (shell, file) in packages::COMPLETIONS {
                let file = out.join(file);
                let file = file.display();
                lines.push(format!(
                    "mkdir -p $(dirname {file}) && {ntb} completions {shell} > {file}"
                ));
            }
        }
        self.quietly(&mut words(["sh", "-euc", &lines.join("\n")]))
            .map(drop)
    }

    fn versions(&self) -> Result<Vec<(String, String)>> {
        let mut versions = vec![("distribution".to_owned(), self.base.name.clone())];
        for tool in ["g++", "make", "ld", "rustc"] {
            let text = self.quietly(&mut words([tool, "--version"]))?;
            let line = text.lines().next().unwrap_or_default();
            versions.push((tool.to_owned(), line.to_owned()));
        }
        Ok(versions)
    }
}

/// Files of upstream's packages beside a program, as far as the tree has them: its place in the tree and in
/// an installation.
pub fn upstream_files(component: Component, tree: &Path) -> Vec<(PathBuf, PathBuf)> {
    let folder = component.folder();
    let dist = Path::new(folder).join("build/dist");
    let name = format!("beegfs-{folder}");
    let units = "usr/lib/systemd/system";
    let files = [
        (format!("etc/{name}.conf"), format!("etc/{name}.conf")),
        (
            format!("sbin/beegfs-setup-{folder}"),
            format!("sbin/beegfs-setup-{folder}"),
        ),
        (
            format!("{units}/{name}.service"),
            format!("lib/systemd/system/{name}.service"),
        ),
        (
            format!("{units}/{name}@.service"),
            format!("lib/systemd/system/{name}@.service"),
        ),
    ];
    files
        .into_iter()
        .map(|(from, to)| (dist.join(from), PathBuf::from(to)))
        .filter(|(from, _)| tree.join(from).is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_builds_have_nothing_in_common_but_their_inputs() {
        let (one, other) = (Variation::USUAL, Variation::OTHER);
        assert!(one.inputs != other.inputs && one.inputs.len() != other.inputs.len());
        assert!(one.work != other.work && one.work.len() != other.work.len());
        assert!(one.user != other.user && one.jobs != other.jobs);
        assert!(one.zone != other.zone && one.locale != other.locale);
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

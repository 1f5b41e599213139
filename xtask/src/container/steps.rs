//! The commands of a build in a container, in their order: daemons, transport, plugins, layout, packages.

use super::{
    contents, layout,
    machine::{Machine, words},
    packages, rpm,
    variation::{Inside, Variation, rust_flags},
};
use crate::{
    build::{Job, daemons, plugin},
    pins::{Base, Pins},
    stock, util,
};
use anyhow::Result;
use std::{path::Path, process::Command};

/// The commands of a build, in their order.
pub struct Builder<'a> {
    pub job: &'a Job,
    pub base: &'a Base,
    pub variation: &'a Variation,
    pub inside: &'a Inside,
    pub machine: &'a Machine<'a>,
    pub log: &'a Path,
}

impl Builder<'_> {
    /// Returns the version line of each tool.
    pub fn run(&self, packaging: &contents::Packaging) -> Result<Vec<(String, String)>> {
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
            self.check_symbols()?;
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
            let spec = self.inside.inputs.join("settings/rpm").join(rpm::SPEC);
            let step = rpm::Step {
                machine: self.machine,
                log: self.log,
                work,
            };
            step.run(&spec, |command| self.set(command))?;
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
        let lines = layout::commands(self.job, self.inside);
        self.quietly(&mut words(["sh", "-euc", &lines.join("\n")]))
            .map(drop)
    }

    /// Whether each daemon can load the library.
    fn check_symbols(&self) -> Result<()> {
        let out = self.inside.out();
        let library = out.join("lib").join(plugin::LIBRARY);
        for component in self.job.components.iter().filter(|c| c.loads_plugin()) {
            let program = out.join(component.installed());
            plugin::check_symbols(&library, &program, |command| self.quietly(command))?;
        }
        Ok(())
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

//! `cargo xtask build-beegfs`: from an upstream tree to patched daemons with the NTB library, in
//! steps that can also be run one by one. What a step left behind is used again if its inputs are
//! the same: a second run compiles nothing.

mod component;
pub mod daemons;
pub mod install;
pub mod needs;
pub mod plugin;
pub mod source;

pub use component::Component;
pub use plugin::{bridge_headers, plugin};

use crate::{
    container,
    patch::{self, tree, version},
    pins::Pins,
    util,
};
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use source::{Source, Unpinned};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What is built, and how it is compiled.
#[derive(Debug, clap::Args)]
pub struct Inputs {
    /// An unpatched BeeGFS source tree, or a git directory that has the release as a tag. If
    /// absent, upstream's public repository is fetched at the pinned commit.
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The release, for example 7.4.6; found out from a source tree if absent.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// What to build, separated by commas. Default for 7.4: mgmtd,meta,storage,ctl,fsck; for 8:
    /// meta,storage,fsck,mon; in a container also ib.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    components: Vec<Component>,
    /// Compilers that run at the same time. Default: one for each processor.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// The compiler's optimisation level, 0 to 3. Default: upstream's (3).
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=3))]
    optimize: Option<u8>,
    /// Build the source also if its digest is not the pinned one of its release, or none is pinned.
    #[arg(long)]
    unpinned: bool,
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: Inputs,
    /// Where the result is installed. Default: dist/beegfs-VERSION, with --container
    /// dist/VERSION/DISTRIBUTION
    #[arg(long, value_name = "DIR")]
    prefix: Option<PathBuf>,
    /// Where the patched tree is built. Default: target/beegfs/VERSION, with --container
    /// target/container/VERSION
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Take compiled files from ccache, also those that other folders and releases left there.
    #[arg(long)]
    ccache: bool,
    /// Build the tree as it is, without edits and without the transport: for comparisons, and for
    /// the stock servers of a mixed cluster.
    #[arg(long, conflicts_with = "no_plugin")]
    pristine: bool,
    /// Build in a container, from nothing but the pinned inputs and without a network: the same
    /// bytes on every machine, and packages. `cargo xtask image build` makes the image.
    #[arg(long, conflicts_with_all = ["step", "dry_run", "pristine", "ccache", "no_plugin"])]
    container: bool,
    #[command(flatten)]
    place: container::Place,
    /// Run only this step, on what the earlier ones left in the work folder.
    #[arg(long, value_name = "STEP")]
    step: Option<Step>,
    /// Leave out libbeegfs_ntb.so, the emulator and the ntb command: daemons that can load them,
    /// and use TCP as long as they are not there.
    #[arg(long)]
    no_plugin: bool,
    /// Check everything, say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Are all build dependencies there, and do all edits fit the source?
    Check,
    /// Get the source into the work folder, if it is not a source tree already.
    Copy,
    /// Write the patched copy of the source.
    Patch,
    /// Compile the daemons with the tree's own makefiles.
    Build,
    /// Compile libbeegfs_ntb.so against the patched tree, the emulator and the ntb command.
    Plugin,
    /// Put everything in place, with a manifest.
    Install,
}

/// One build with everything decided.
#[derive(Clone)]
pub struct Job {
    source: Source,
    /// The release, as upstream writes it.
    pub version: String,
    pub work: PathBuf,
    /// Where a source that is no tree is unpacked.
    pub export: PathBuf,
    pub prefix: PathBuf,
    pub components: Vec<Component>,
    pub compile: Compile,
    /// Whether the source may differ from its pin.
    unpinned: Unpinned,
    /// No edits are made.
    pub pristine: bool,
    pub with_plugin: bool,
    is_release: bool,
}

/// How the compiler is run.
#[derive(Clone, Copy, Debug)]
pub struct Compile {
    /// Compilers that run at the same time.
    pub jobs: usize,
    pub ccache: bool,
    /// Optimisation level; upstream's if none.
    pub optimize: Option<u8>,
}

pub fn run(args: Args) -> Result<()> {
    if args.container {
        return run_in_container(args);
    }
    let (step, dry_run) = (args.step, args.dry_run);
    let job = Job::new(args)?;
    println!("BeeGFS {} from {}", job.version, job.source);
    let steps = Step::value_variants()
        .iter()
        .filter(|s| step.is_none_or(|only| only == **s));
    for &step in steps {
        if dry_run {
            job.describe(step)?;
        } else {
            job.run(step)
                .with_context(|| format!("step {}", step.name()))?;
        }
    }
    Ok(())
}

fn run_in_container(args: Args) -> Result<()> {
    let source = Source::new(
        args.inputs.source.as_deref(),
        args.inputs.version.as_deref(),
    )?;
    let version = source.version()?.to_owned();
    let work = args.work.unwrap_or_else(|| container::work(&version));
    let out = args
        .prefix
        .unwrap_or_else(|| container::default_out(&version, &args.place.distribution));
    let job = Job::for_container(args.inputs, source, std::path::absolute(work)?)?;
    println!("BeeGFS {} from {}", job.version, job.source);
    container::build(&job, &args.place, &std::path::absolute(out)?)
}

/// Number of processors.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_string())
            .unwrap_or_default()
    }
}

impl Job {
    fn new(args: Args) -> Result<Job> {
        let inputs = args.inputs;
        let source = Source::new(inputs.source.as_deref(), inputs.version.as_deref())?;
        let version = source.version()?.to_string();
        let named = |folder: PathBuf| std::path::absolute(&folder).unwrap_or(folder);
        let name = match args.pristine {
            true => format!("{version}-pristine"),
            false => version,
        };
        let work = args.work.map(named);
        let work = work.unwrap_or_else(|| util::target_dir().join("beegfs").join(&name));
        let prefix = args.prefix.map(named);
        let mut job = Job::of_inputs(inputs, source, work)?;
        job.prefix = prefix.unwrap_or_else(|| util::root().join(format!("dist/beegfs-{name}")));
        job.compile.ccache = args.ccache;
        job.pristine = args.pristine;
        job.with_plugin = !args.no_plugin && !args.pristine;
        Ok(job)
    }

    /// As [`of_inputs`](Self::of_inputs), with what packages consist of.
    ///
    /// # Errors
    /// As there.
    pub fn for_container(mut inputs: Inputs, source: Source, work: PathBuf) -> Result<Job> {
        if inputs.components.is_empty() {
            inputs.components = Component::packaged(version::parse(source.version()?)?.major);
        }
        Self::of_inputs(inputs, source, work)
    }

    /// A patched build with the transport, in the folder `work`.
    ///
    /// # Errors
    /// The release lacks one of the components.
    fn of_inputs(inputs: Inputs, source: Source, work: PathBuf) -> Result<Job> {
        let version = source.version()?.to_string();
        let major = version::parse(&version)?.major;
        let components = match inputs.components {
            list if list.is_empty() => Component::defaults(major),
            list => list,
        };
        for component in &components {
            ensure!(
                component.is_in(major),
                "BeeGFS {version} has no component {}",
                component.folder()
            );
        }
        Ok(Job {
            export: work.join("source"),
            prefix: work.join("prefix"),
            work,
            components,
            compile: Compile {
                jobs: inputs.jobs.unwrap_or_else(processors).max(1),
                ccache: false,
                optimize: inputs.optimize,
            },
            unpinned: match inputs.unpinned {
                true => Unpinned::Take,
                false => Unpinned::Refuse,
            },
            pristine: false,
            with_plugin: true,
            is_release: true,
            source,
            version,
        })
    }

    /// The same build with another work folder.
    pub fn in_folder(&self, work: PathBuf) -> Job {
        Job {
            export: work.join("source"),
            prefix: work.join("prefix"),
            work,
            ..self.clone()
        }
    }

    /// A build of a tree that is no release: of other sources with a release's interfaces.
    pub fn of_tree(path: &Path, version: &str, work: PathBuf, compile: Compile) -> Job {
        Job {
            source: Source::Tree {
                path: path.to_path_buf(),
                version: version.to_owned(),
            },
            version: version.to_owned(),
            export: work.join("source"),
            prefix: work.join("prefix"),
            work,
            components: vec![Component::Meta, Component::Storage],
            compile,
            unpinned: Unpinned::Take,
            pristine: false,
            with_plugin: true,
            is_release: false,
        }
    }

    /// Whether it is BeeGFS, and not the miniature tree.
    pub fn is_release(&self) -> bool {
        self.is_release
    }

    /// The source's commit, where it is known.
    pub fn commit(&self) -> Option<String> {
        self.source.commit()
    }

    /// The optimisation level as a flag, if it is not the tree's.
    pub fn level(&self) -> String {
        let level = self.compile.optimize;
        level.map_or_else(String::new, |level| format!(" -O{level}"))
    }

    /// A build of a release in a git directory, with the components that are built if nothing
    /// else is said.
    ///
    /// # Errors
    /// The git directory lacks the release, or it is not at its pinned commit.
    pub fn of_release(
        git_dir: &Path,
        version: &str,
        export: PathBuf,
        work: PathBuf,
        compile: Compile,
        pristine: bool,
    ) -> Result<Job> {
        let major = version::parse(version)?.major;
        // Whether the edits fit a release is asked before it is pinned.
        let unpinned = match Pins::load()?.get(version) {
            Some(_) => Unpinned::Refuse,
            None => Unpinned::Take,
        };
        Ok(Job {
            source: Source::new(Some(git_dir), Some(version))?,
            version: version.to_owned(),
            export,
            prefix: work.join("prefix"),
            work,
            components: Component::defaults(major),
            compile,
            unpinned,
            pristine,
            with_plugin: !pristine,
            is_release: true,
        })
    }

    /// The patched tree.
    pub fn tree(&self) -> PathBuf {
        self.work.join("tree")
    }

    /// The unpatched source.
    pub fn unpatched(&self) -> PathBuf {
        self.source.folder(&self.export)
    }

    /// Runs one step.
    ///
    /// # Errors
    /// What the step says.
    pub fn run(&self, step: Step) -> Result<()> {
        std::fs::create_dir_all(&self.work)
            .with_context(|| format!("creating {}", self.work.display()))?;
        match step {
            Step::Check => {
                needs::ensure(&needs::all(self))?;
                if matches!(self.source, Source::Tree { .. }) && !self.pristine {
                    self.check_edits(&self.unpatched())?;
                }
                println!("check: dependencies are there");
                Ok(())
            }
            Step::Copy => self.source.export(&self.unpatched(), self.unpinned),
            Step::Patch if self.pristine => self.copy_unpatched(),
            Step::Patch => self.patch(),
            Step::Build => daemons::build(self),
            Step::Plugin if !self.with_plugin => {
                println!("plugin: left out");
                Ok(())
            }
            Step::Plugin => self.plugin(),
            Step::Install => install::install(self),
        }
    }

    fn check_edits(&self, source: &Path) -> Result<()> {
        let checked = patch::check_tree(source, Some(&self.version))?;
        checked.ensure_fits()?;
        let report = checked.report();
        println!(
            "check: {} edits fit {}",
            report.edits.len(),
            source.display()
        );
        Ok(())
    }

    /// The copy that is built, without any edit.
    fn copy_unpatched(&self) -> Result<()> {
        let (from, to) = (self.unpatched(), self.tree());
        ensure!(
            patch::read_marker(&to)?.is_none(),
            "{} holds a patched tree; give another --work",
            to.display()
        );
        let files = tree::list(&from)?;
        tree::copy(&from, &files, &BTreeMap::new(), &to, &BTreeSet::new())?;
        println!("patch: none, {} files in {}", files.len(), to.display());
        Ok(())
    }

    fn patch(&self) -> Result<()> {
        let mut report = patch::apply_tree(&self.unpatched(), &self.tree(), Some(&self.version))?;
        if let Some(commit) = self.source.commit() {
            report.commit = Some(commit);
            patch::write_marker(&self.tree(), &report)?;
        }
        println!(
            "patch: {} edits changed {} files, {} added, in {}",
            report.edits.len(),
            report.changed.len(),
            report.added.len(),
            self.tree().display()
        );
        Ok(())
    }

    fn plugin(&self) -> Result<()> {
        let out = self.work.join("plugin");
        let library = plugin(&self.tree(), &out)?;
        for component in self.components.iter().filter(|c| c.loads_plugin()) {
            plugin::check_symbols(&library, &component.artifact(&self.tree()), util::output)?;
        }
        plugin::tools(&out)?;
        println!("plugin: {}", library.display());
        Ok(())
    }

    /// What a step would do.
    fn describe(&self, step: Step) -> Result<()> {
        match step {
            Step::Check => {
                needs::ensure(&needs::all(self))?;
                println!("check: dependencies are there");
                match &self.source {
                    Source::Tree { .. } if self.pristine => {}
                    Source::Tree { path, .. } => self.check_edits(path)?,
                    _ => println!("check: the edits are checked once the source is there"),
                }
            }
            Step::Copy => match &self.source {
                Source::Tree { path, .. } => println!("copy: {} is used as it is", path.display()),
                other => println!("copy: {other} to {}", self.unpatched().display()),
            },
            Step::Patch if self.pristine => println!("patch: none"),
            Step::Patch => println!("patch: into {}", self.tree().display()),
            Step::Build => {
                for component in &self.components {
                    println!("build: {}", component.artifact(&self.tree()).display());
                }
            }
            Step::Plugin if !self.with_plugin => println!("plugin: left out"),
            Step::Plugin => println!("plugin: {}", self.work.join("plugin").display()),
            Step::Install => println!("install: into {}", self.prefix.display()),
        }
        Ok(())
    }
}

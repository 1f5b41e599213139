//! `cluster client run`: everything that one run needs, then the run.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use super::guest::{self, Work};
use super::image::Image;
use super::kernel::Kernel;
use super::machine::Slot;
use super::module::{self, Origin};
use crate::build::install::MANIFEST;
use crate::build::source::{Source, Unpinned};
use crate::cluster::NameArgs;
use crate::cluster::state::State;
use crate::patch::{tree, version};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,
    /// How long the whole run may take; a shell has no limit.
    #[arg(long, value_name = "SECS", default_value_t = 600,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    #[command(flatten)]
    name: NameArgs,
    /// The program and its arguments: any of busybox, `fio`, or `workload`, which compares checksums.
    /// Without one: a shell, or the script on the standard input if that is no terminal.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// Where the client comes from.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The BeeGFS source tree, or git directory, of which the cluster's daemons were built. If
    /// absent, upstream's public repository is fetched at the pinned commit.
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The release, if the cluster's build has no manifest that names it.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Where kernel, module and sources are kept. Default: target/client
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Memory of the machine; files that its command makes outside of the cluster take it too.
    #[arg(long, value_name = "MIB", default_value_t = 768,
          value_parser = clap::value_parser!(u32).range(256..=65_536))]
    pub memory: u32,
}

/// A client that is ready to boot.
pub struct Client {
    state: State,
    version: String,
    kernel: Kernel,
    module: PathBuf,
    memory: u32,
    work: PathBuf,
}

pub fn run(args: Args) -> anyhow::Result<i32> {
    let state = State::of_running(&args.name.name)?;
    ensure_alive(&state)?;
    let work = work(args.command)?;
    let limit = match work {
        Work::Shell { .. } => None,
        Work::Script(_) => Some(Duration::from_secs(args.timeout)),
    };
    Client::prepare(&state, &args.options)?.run(&work, limit)
}

/// # Errors
/// Names a daemon that has ended: a mount would only say so after a long time.
fn ensure_alive(state: &State) -> anyhow::Result<()> {
    for daemon in &state.daemons {
        ensure!(
            daemon.process.is_running(),
            "cluster {}: the daemon on {} has ended; see {}",
            state.name,
            daemon.host.name(),
            state.name.log_file(daemon.host).display()
        );
    }
    Ok(())
}

fn work(command: Vec<OsString>) -> anyhow::Result<Work> {
    if !command.is_empty() {
        return Ok(Work::program(&command));
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let size = rustix::termios::tcgetwinsize(&stdin).context("size of the terminal")?;
        let term = std::env::var("TERM").unwrap_or("vt100".into());
        return Ok(Work::Shell {
            size: (size.ws_row, size.ws_col),
            term,
        });
    }
    let mut script = Vec::new();
    stdin
        .lock()
        .read_to_end(&mut script)
        .context("standard input")?;
    ensure!(
        !script.trim_ascii().is_empty(),
        "no command, no terminal for a shell, and no script on the standard input"
    );
    Ok(Work::Script(script))
}

impl Client {
    /// Gets the kernel and the module of the cluster's release, unless they are there.
    ///
    /// # Errors
    /// Says what is missing or does not compile.
    pub fn prepare(state: &State, options: &Options) -> anyhow::Result<Self> {
        let work = options.work();
        std::fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
        let manifest = state.software.manifest()?;
        let version = match (&manifest, &options.version) {
            (Some(manifest), None) => manifest.version.clone(),
            (None, Some(version)) => version.clone(),
            (Some(manifest), Some(version)) if &manifest.version == version => version.clone(),
            (Some(manifest), Some(version)) => bail!(
                "the cluster runs BeeGFS {}, not {version}",
                manifest.version
            ),
            (None, None) => bail!(
                "{} has no {MANIFEST}: name the release with --version",
                state.software.prefix().display()
            ),
        };
        let kernel = Kernel::get(&work)?;
        let known = manifest.map(|manifest| Origin {
            version: version.clone(),
            source_digest: manifest.source_digest,
        });
        let module = match known.as_ref().and_then(|known| known.built(&kernel, &work)) {
            Some(module) => module,
            None => module(options, &version, known, &kernel, &work)?,
        };
        Ok(Self {
            state: state.clone(),
            version,
            kernel,
            module,
            memory: options.memory,
            work,
        })
    }

    pub fn describe(&self) -> String {
        format!(
            "client of BeeGFS {} for Linux {}: {}",
            self.version,
            self.kernel.release,
            self.module.display()
        )
    }

    /// Boots, mounts and works; several at a time are fine.
    ///
    /// # Errors
    /// The guest did not get as far as the command, or its time was up. Not if the command
    /// fails: the result is its exit code.
    pub fn run(&self, work: &Work, limit: Option<Duration>) -> anyhow::Result<i32> {
        let slot = Slot::take(&self.state.name)?;
        let folder = tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(&self.work)
            .with_context(|| self.work.display().to_string())?;
        self.image(&slot, work)?
            .write(&folder.path().join("initramfs"))?;
        slot.run(&self.kernel, self.memory, folder.path(), work, limit)
    }

    fn image(&self, slot: &Slot, work: &Work) -> anyhow::Result<Image> {
        let mut image = Image::new(&self.kernel, &self.module)?;
        let secret = self.state.name.auth_file();
        let secret = std::fs::read(&secret).with_context(|| secret.display().to_string())?;
        image.bytes("etc/beegfs/conn.auth", 0o600, &secret);
        let configuration = guest::configuration(version::parse(&self.version)?.major);
        image.bytes(
            "etc/beegfs/beegfs-client.conf",
            0o644,
            configuration.as_bytes(),
        );
        image.bytes("run/guest", 0o644, slot.guest.variables(work).as_bytes());
        if let Work::Script(script) = work {
            image.bytes("run/command", 0o644, script);
        }
        Ok(image)
    }
}

/// Compiles the client of the cluster's source, unless that was done.
fn module(
    options: &Options,
    version: &str,
    known: Option<Origin>,
    kernel: &Kernel,
    work: &Path,
) -> anyhow::Result<PathBuf> {
    let source = Source::new(options.source.as_deref(), Some(version))?;
    let tree = source.folder(&work.join(format!("source-{version}")));
    source.export(&tree, Unpinned::Take)?;
    let found = Origin {
        version: version.to_owned(),
        source_digest: tree_digest(&tree)?,
    };
    if let Some(known) = known {
        ensure!(
            found.source_digest == known.source_digest,
            "{} is not the source of the cluster's daemons: its digest is {}, theirs {}",
            tree.display(),
            found.source_digest,
            known.source_digest
        );
    }
    match found.built(kernel, work) {
        Some(module) => Ok(module),
        None => module::build(&tree, &found, kernel, work),
    }
}

/// The digest that a build writes into its manifest.
fn tree_digest(tree: &Path) -> anyhow::Result<String> {
    tree::digest(tree, &tree::list(tree)?)
}

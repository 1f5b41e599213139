//! Upstream's client module, compiled for the guest's kernel with its own makefile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use walkdir::WalkDir;

use super::kernel::Kernel;
use crate::util;

/// The module's file name.
const FILE: &str = "beegfs.ko";

/// Folder of the client in a BeeGFS tree.
const CLIENT: &str = "client_module";

/// What a module is made of.
#[derive(Clone, Debug)]
pub struct Origin {
    pub version: String,
    /// Digest of the unpatched tree, as the manifest of a build has it.
    pub source_digest: String,
}

impl Origin {
    fn key(&self, kernel: &Kernel) -> String {
        format!(
            "{} {} {}\n",
            self.version, kernel.release, self.source_digest
        )
    }

    fn folder(&self, work: &Path) -> PathBuf {
        work.join(format!("module-{}", self.version))
    }

    /// The module, if it has been compiled.
    pub fn built(&self, kernel: &Kernel, work: &Path) -> Option<PathBuf> {
        let folder = self.folder(work);
        let key = fs::read_to_string(folder.join("key")).ok()?;
        let module = folder.join(FILE);
        (key == self.key(kernel) && module.is_file()).then_some(module)
    }
}

/// Compiles the module of the tree in `source`, in a copy below `work`; the tree stays as it is.
///
/// # Errors
/// The tree has no client, or the compiler fails; the message has its last lines.
pub fn build(
    source: &Path,
    origin: &Origin,
    kernel: &Kernel,
    work: &Path,
) -> anyhow::Result<PathBuf> {
    let version = &origin.version;
    let from = source.join(CLIENT);
    ensure!(
        from.join("build/Makefile").is_file(),
        "{} has no client module",
        source.display()
    );
    let folder = origin.folder(work);
    let _ = fs::remove_dir_all(&folder);
    let copy = folder.join(CLIENT);
    copy_folder(&from, &copy)?;

    let log = work.join(format!("module-{version}.log"));
    fs::write(&log, "").with_context(|| log.display().to_string())?;
    let mut command = Command::new("make");
    command
        .arg("-C")
        .arg(copy.join("build"))
        .args(["-j2", "module", "BEEGFS_NO_RDMA=1"])
        .arg(format!("BEEGFS_VERSION={version}"))
        .arg(format!("KRELEASE={}", kernel.release))
        .arg(format!("KDIR={}", kernel.build_folder().display()))
        .arg(format!("KSRCDIR={}", kernel.common_headers()?.display()));
    for name in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        command.env_remove(name);
    }
    let label = format!("client module {version} for {}", kernel.release);
    util::logged(&label, &mut command, &log, |line| line.contains(" CC "))?;
    let module = folder.join(FILE);
    fs::rename(copy.join("build").join(FILE), &module)
        .with_context(|| format!("make has built no {FILE}"))?;
    let _ = fs::remove_dir_all(&copy);
    fs::write(folder.join("key"), origin.key(kernel))?;
    Ok(module)
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry.with_context(|| from.display().to_string())?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| target.display().to_string())?;
        }
    }
    Ok(())
}

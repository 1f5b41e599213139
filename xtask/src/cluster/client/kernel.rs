//! A Debian kernel with its headers, and the programs of the guest: packages from the sources
//! that are configured on this system, unpacked into a folder and never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::util;

/// The package whose dependency names the current kernel for virtual machines.
const IMAGE: &str = "linux-image-cloud-amd64";

/// What runs in the guest, apart from the kernel.
const PROGRAMS: [&str; 2] = ["busybox-static", "fio"];

/// An unpacked kernel.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// As `uname -r` prints it.
    pub release: String,
    /// All packages, unpacked.
    pub root: PathBuf,
}

impl Kernel {
    /// Uses the kernel that is in `work`, or gets the current one. What is there is used for ever:
    /// nothing is asked of the network then.
    ///
    /// # Errors
    /// No package source has a kernel, or a package cannot be fetched or unpacked.
    pub fn get(work: &Path) -> anyhow::Result<Self> {
        let root = work.join("debian");
        let mark = root.join("release");
        if let Ok(release) = fs::read_to_string(&mark) {
            let release = release.trim().to_owned();
            return Ok(Self { release, root });
        }
        let staging = work.join("debian.new");
        let _ = fs::remove_dir_all(&staging);
        let packages = work.join("packages");
        fs::create_dir_all(packages.join("partial"))
            .with_context(|| packages.display().to_string())?;

        let release = newest()?;
        download(&release, &packages, &work.join("packages.log"))?;
        unpack(&packages, &staging)?;
        relocate(&release, &staging, &root)?;
        fs::write(staging.join("release"), format!("{release}\n"))?;
        let _ = fs::remove_dir_all(&root);
        fs::rename(&staging, &root).with_context(|| root.display().to_string())?;
        let _ = fs::remove_dir_all(&packages);
        Ok(Self { release, root })
    }

    pub fn image(&self) -> PathBuf {
        self.root.join(format!("boot/vmlinuz-{}", self.release))
    }

    pub fn modules(&self) -> PathBuf {
        self.root.join("lib/modules").join(&self.release)
    }

    /// Where an external module is built.
    pub fn build_folder(&self) -> PathBuf {
        headers(&self.root, &self.release)
    }

    /// The headers that all flavours of the kernel share.
    ///
    /// # Errors
    /// The packages have none, or several.
    pub fn common_headers(&self) -> anyhow::Result<PathBuf> {
        let folder = self.root.join("usr/src");
        let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let mut found = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with("-common"));
        match (found.next(), found.next()) {
            (Some(path), None) => Ok(path),
            _ => bail!("{} has not one folder of common headers", folder.display()),
        }
    }
}

fn headers(root: &Path, release: &str) -> PathBuf {
    root.join(format!("usr/src/linux-headers-{release}"))
}

/// The release of the newest kernel that the package sources have.
fn newest() -> anyhow::Result<String> {
    let depends = depends(IMAGE)?;
    let release = depends
        .iter()
        .find_map(|name| name.strip_prefix("linux-image-"));
    release.map(str::to_owned).with_context(|| {
        format!(
            "no kernel package: this system's package sources have no {IMAGE} \
             (Debian; try `apt-get update`)"
        )
    })
}

/// The packages that a package depends on; none if there is no such package.
fn depends(package: &str) -> anyhow::Result<Vec<String>> {
    let output = Command::new("apt-cache")
        .args(["depends", "--important", package])
        .output()
        .context("apt-cache")?;
    Ok(parse_depends(&String::from_utf8_lossy(&output.stdout)))
}

fn parse_depends(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .map(str::to_owned)
        .collect()
}

fn download(release: &str, packages: &Path, log: &Path) -> anyhow::Result<()> {
    fs::write(log, "").with_context(|| log.display().to_string())?;
    let headers = format!("linux-headers-{release}");
    // The compiler is this system's; the headers' package would bring another one.
    let parts = depends(&headers)?
        .into_iter()
        .filter(|name| name.starts_with("linux-headers-") || name.starts_with("linux-kbuild-"));
    let mut command = Command::new("apt-get");
    command
        .arg("download")
        .args([format!("linux-image-{release}"), headers])
        .args(parts)
        .current_dir(packages);
    let counts = |line: &str| line.starts_with("Get:");
    util::logged("kernel packages", &mut command, log, counts)?;

    // For a system on which nothing is installed, so that all libraries come too.
    let nothing = packages.join("partial/status");
    fs::write(&nothing, "")?;
    let mut command = Command::new("apt-get");
    command
        .args(["install", "--download-only", "--yes"])
        .args(["-o", "APT::Install-Recommends=false"])
        .arg("-o")
        .arg(format!("Dir::State::status={}", nothing.display()))
        .arg("-o")
        .arg(format!("Dir::Cache::archives={}/", packages.display()))
        .args(PROGRAMS);
    util::logged("programs of the guest", &mut command, log, counts)
}

fn unpack(packages: &Path, root: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(root).with_context(|| root.display().to_string())?;
    for entry in fs::read_dir(packages)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            util::output(Command::new("dpkg-deb").arg("-x").arg(&path).arg(root))?;
        }
    }
    Ok(())
}

/// The kernel's build folder names the common headers by the path at which a package installs
/// them; here they are below `root`.
fn relocate(release: &str, staging: &Path, root: &Path) -> anyhow::Result<()> {
    let makefile = headers(staging, release).join("Makefile");
    let text = fs::read_to_string(&makefile).with_context(|| makefile.display().to_string())?;
    let here = format!("{}/usr/src/", root.display());
    fs::write(&makefile, text.replace("/usr/src/", &here))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_named_by_what_its_package_depends_on() {
        let text = "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n";
        assert_eq!(parse_depends(text), ["linux-image-6.1.0-56-cloud-amd64"]);
        assert!(parse_depends("").is_empty());
    }

    #[test]
    fn headers_are_found_where_they_were_unpacked() {
        let folder = tempfile::tempdir().expect("folder");
        let (staging, root) = (folder.path().join("new"), folder.path().join("debian"));
        let build = headers(&staging, "6.1.0-1");
        fs::create_dir_all(&build).expect("folder");
        fs::write(build.join("Makefile"), "include /usr/src/common/Makefile\n").expect("write");
        relocate("6.1.0-1", &staging, &root).expect("relocated");
        let text = fs::read_to_string(build.join("Makefile")).expect("read");
        assert_eq!(
            text,
            format!("include {}/usr/src/common/Makefile\n", root.display())
        );
    }
}

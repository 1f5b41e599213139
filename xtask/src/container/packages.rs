//! Debian packages of a result, made by debhelper in the container. The daemons' packages have names of
//! their own and stand in for upstream's (Provides, Conflicts, Replaces), with the same paths: under
//! upstream's names the next `apt upgrade` would put stock daemons in their place, which stop at
//! configuration keys that they do not know.

use super::{
    contents::{Packaging, System, packaging},
    machine::{Machine, words},
    rpm,
};
use crate::{
    build::{Component, Job},
    pins::Base,
    place, sisci,
};
use anyhow::{Context, Result};
use std::{
    fmt::Write,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Version of what is ours.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Who answers for packages if nobody says otherwise.
const MAINTAINER: &str = "The one who built it <noreply@beegfs-ntb.invalid>";
/// What upstream's versions of packages begin with, Debian's and RPM's.
const EPOCH: u32 = 20;
/// Versions of packages.
#[derive(Debug)]
pub struct Versions {
    /// Of those that belong to a release of BeeGFS, without [`EPOCH`].
    pub beegfs: String,
    /// Of the others.
    pub ours: String,
}

impl Versions {
    fn new(job: &Job) -> Self {
        Self {
            // A longer version of the same epoch wins over the stock one.
            beegfs: format!("{}+ntb{VERSION}", job.version),
            ours: VERSION.to_owned(),
        }
    }

    /// Epoch and version of a package.
    pub fn of(&self, package: &str) -> (Option<u32>, &str) {
        match is_of_beegfs(package) || package == "libbeegfs-ntb" {
            true => (Some(EPOCH), &self.beegfs),
            false => (None, &self.ours),
        }
    }
}

/// Whether programs of BeeGFS are in a package, or something that stands in for them.
pub fn is_of_beegfs(package: &str) -> bool {
    package.starts_with("beegfs-ntb-")
}

/// The unit of the daemon in a package.
pub fn daemon(package: &str) -> Option<String> {
    let name = package.strip_prefix("beegfs-ntb-")?;
    let daemons = [
        Component::Mgmtd,
        Component::Meta,
        Component::Storage,
        Component::Mon,
    ];
    let is_daemon = daemons.iter().any(|component| component.folder() == name);
    is_daemon.then(|| format!("beegfs-{name}"))
}

/// Writes the folder `debian` of the packages, beside it rpm's specification, and `extra` with files that are
/// not built.
///
/// # Errors
/// A full disk.
pub fn write(job: &Job, base: &Base, debian: &Path) -> Result<Packaging> {
    let all = packaging(job, &System::of(base));
    let versions = Versions::new(job);
    let epoch = crate::pins::Pins::load()?.build.epoch;
    let fill = |text: &str| {
        text.replace(
            "@BEEGFS_PACKAGE_VERSION@",
            &format!("{EPOCH}:{}", versions.beegfs),
        )
        .replace("@PACKAGE_VERSION@", &versions.ours)
        .replace("@BEEGFS@", &job.version)
        .replace("@MAINTAINER@", MAINTAINER)
        .replace("@SISCI@", sisci::API_VERSION)
    };
    let control = fill(include_str!("debian/control"));
    let mut text = Text {
        folder: debian.to_path_buf(),
    };
    text.file("control", &wanted(&control, &all), 0o644)?;
    text.file("rules", &fill(include_str!("debian/rules")), 0o755)?;
    text.file("copyright", include_str!("debian/copyright"), 0o644)?;
    text.file(
        "changelog",
        &changelog(&versions.ours, &job.version, epoch)?,
        0o644,
    )?;
    text.file("source/format", "3.0 (native)\n", 0o644)?;
    for (package, files) in &all.files {
        let mut list = String::new();
        for (from, to) in files {
            let _ = writeln!(list, "result/{} {}", from.display(), to.display());
        }
        text.file(&format!("{package}.install"), &list, 0o644)?;
        text.file(
            &format!("{package}.lintian-overrides"),
            &overrides(package),
            0o644,
        )?;
        if let Some(unit) = daemon(package) {
            let script = include_str!("debian/daemon.prerm").replace("@UNIT@", &unit);
            text.file(&format!("{package}.prerm"), &script, 0o755)?;
        }
    }
    for (package, links) in &all.links {
        let mut list = String::new();
        for (to, path) in links {
            let _ = writeln!(list, "{} {}", to.display(), path.display());
        }
        text.file(&format!("{package}.links"), &list, 0o644)?;
    }
    text.file("ntb-tools.manpages", "result/share/man/man1/*\n", 0o644)?;
    if job.is_release() {
        text.file(
            "beegfs-ntb-stock-plugin.preinst",
            include_str!("debian/stock.preinst"),
            0o755,
        )?;
        text.file(
            "beegfs-ntb-stock-plugin.postrm",
            include_str!("debian/stock.postrm"),
            0o755,
        )?;
    }
    text.folder = debian.with_file_name("rpm");
    text.file(rpm::SPEC, &rpm::spec(&control, &all, &versions)?, 0o644)?;
    text.folder = debian.with_file_name("extra");
    text.file("copyright", include_str!("debian/copyright"), 0o644)?;
    text.file(
        "beegfs-ntb.conf",
        include_str!("debian/beegfs-ntb.conf"),
        0o644,
    )?;
    text.file(
        "sisci.pc",
        &fill(include_str!("debian/sisci-emu.pc")),
        0o644,
    )?;
    place::place(&text.folder, &sisci::headers()?)?;
    Ok(all)
}

/// Writes small files into a folder.
struct Text {
    folder: PathBuf,
}

impl Text {
    fn file(&mut self, name: &str, text: &str, mode: u32) -> Result<()> {
        let path = self.folder.join(name);
        let folder = path.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        Ok(())
    }
}

/// The control file without packages that have no files.
fn wanted(control: &str, all: &Packaging) -> String {
    let is_wanted = |paragraph: &&str| match paragraph.trim_start().strip_prefix("Package: ") {
        Some(rest) => rest
            .lines()
            .next()
            .is_some_and(|name| all.files.contains_key(name)),
        None => true,
    };
    let paragraphs: Vec<&str> = control.split("\n\n").filter(is_wanted).collect();
    paragraphs.join("\n\n").trim_end().to_owned() + "\n"
}

fn changelog(version: &str, beegfs: &str, epoch: u64) -> Result<String> {
    let mut date = Command::new("date");
    date.env("LC_ALL", "C")
        .env("TZ", "UTC")
        .args(["-R", "-d", &format!("@{epoch}")]);
    let date = crate::util::output(&mut date)?;
    Ok(format!(
        "beegfs-ntb ({version}) unstable; urgency=medium\n\n  * Built for BeeGFS {beegfs}.\n\n \
         -- {MAINTAINER}  {date}\n"
    ))
}

/// What lintian may find, each with its reason.
fn overrides(package: &str) -> String {
    let mut tags = vec![
        // There is no upstream bug for a package that is built by those who use it.
        "initial-upload-closes-no-bugs",
    ];
    if package.contains("beegfs") || package == "sisci-emu" {
        // BeeGFS's own folder: daemons look for their libraries in it, units name it.
        tags.push("dir-or-file-in-opt");
    }
    if package.contains("beegfs") {
        tags.extend([
            // The daemons' own makefiles set it, to the folder of their libraries.
            "custom-library-search-path",
            // The programs are upstream's, with the flags of upstream.
            "hardening-no-fortify-functions",
        ]);
    }
    tags.iter()
        .map(|tag| format!("{package}: {tag}\n"))
        .collect()
}

/// The step of a build that makes the packages.
pub struct Step<'a> {
    pub machine: &'a Machine<'a>,
    pub log: &'a Path,
    pub work: &'a Path,
}

impl Step<'_> {
    /// Makes them from what lies in `out`, with the rules in `debian`, and leaves them in `out/packages`.
    ///
    /// # Errors
    /// debhelper fails; the message has its last lines.
    pub fn run(
        &self,
        packaging: &Packaging,
        debian: &Path,
        set: impl Fn(&mut Command),
    ) -> Result<()> {
        let (work, out) = (self.work.display(), self.work.join("out"));
        let (debian, out) = (debian.display(), out.display());
        let prepare = format!(
            "mkdir -p {work}/pkg {out}/packages && cp -r {debian} {work}/pkg/debian && \
             cp -r {out} {work}/pkg/result && cp -r {debian}/../extra/. {work}/pkg/result/"
        );
        let mut command = words(["sh", "-euc", &prepare]);
        set(&mut command);
        self.machine.output(&command)?;
        let mut command = words(["debian/rules", "binary"]);
        set(&mut command);
        // As dpkg-buildpackage says it: files belong to root in the packages, not here.
        command
            .env("DEB_RULES_REQUIRES_ROOT", "no")
            .current_dir(self.work.join("pkg"));
        let label = format!("{} packages", packaging.files.len());
        self.machine.logged(&label, &command, self.log, |line| {
            line.contains("dpkg-deb: building")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_with_files_are_described() {
        let mut all = Packaging::default();
        all.add("ntb-tools", "bin/ntb", "usr/bin");
        let control = wanted(include_str!("debian/control"), &all);
        assert!(control.starts_with("Source: beegfs-ntb\n"), "{control}");
        let names: Vec<_> = control
            .lines()
            .filter(|line| line.starts_with("Package:"))
            .collect();
        assert_eq!(names, ["Package: ntb-tools"]);
    }

    #[test]
    fn the_changelog_has_the_pinned_time() {
        let text = changelog("0.1.0", "7.4.6", 0).unwrap();
        assert!(
            text.ends_with("Thu, 01 Jan 1970 00:00:00 +0000\n"),
            "{text}"
        );
    }

    #[test]
    fn every_file_of_the_packages_is_described_for_both_families() {
        let folder = tempfile::tempdir().unwrap();
        let compile = crate::build::Compile {
            jobs: 1,
            ccache: false,
            optimize: None,
        };
        let mut job = Job::of_tree(folder.path(), "7.4.6", folder.path().join("work"), compile);
        job.components.extend([Component::Ctl, Component::Ib]);
        let pins = crate::pins::Pins::load().unwrap();
        let debian = folder.path().join("settings/debian");
        let all = write(&job, pins.base("debian-12").unwrap(), &debian).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        let spec = read("settings/rpm/beegfs-ntb.spec");
        let control = read("settings/debian/control");
        for package in [
            "beegfs-ntb-meta",
            "beegfs-ntb-utils",
            "beegfs-ntb-ib",
            "libbeegfs-ntb",
            "ntb-tools",
            "sisci-emu",
        ] {
            assert!(all.files.contains_key(package), "{package}");
            assert!(
                control.contains(&format!("\nPackage: {package}\n")),
                "{control}"
            );
            assert!(spec.contains(&format!("\n%files -n {package}\n")), "{spec}");
            assert!(!read(&format!("settings/debian/{package}.install")).is_empty());
        }
        assert!(
            !control.contains("@BEEGFS") && !control.contains("@PACKAGE"),
            "{control}"
        );
        assert!(folder.path().join("settings/extra/sisci.pc").is_file());
        let links = |package: &str| read(&format!("settings/debian/{package}.links"));
        assert_eq!(
            links("beegfs-ntb-utils"),
            "opt/beegfs/sbin/beegfs-ctl usr/sbin/beegfs-ctl\n"
        );
        assert_eq!(
            links("sisci-emu"),
            "usr/lib/sisci-emu opt/beegfs/lib/sisci-emu\n"
        );
        for line in [
            "ln -s /opt/beegfs/sbin/beegfs-ctl %{buildroot}/usr/bin/beegfs-ctl\n",
            "\n/opt/beegfs/lib/sisci-emu\n",
            "\n/opt/beegfs/lib/libbeegfs_ib.so\n",
            "Conflicts: libbeegfs-ib < 20:7.4.6+ntb\n",
        ] {
            assert!(spec.contains(line), "{line}---\n{spec}");
        }
    }
}

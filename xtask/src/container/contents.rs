//! What is in the packages: the files of a result with their folders in a system, and symbolic links.

use super::layout::{self, COMPLETIONS};
use crate::{
    build::{Component, Job},
    pins::Base,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Where BeeGFS's packages put their programs.
const OPT: &str = "opt/beegfs";

/// What goes where.
#[derive(Debug, Default)]
pub struct Packaging {
    /// For each package the files of the result and their folder in the system.
    pub files: BTreeMap<&'static str, Vec<(PathBuf, PathBuf)>>,
    /// For each package symbolic links: what they lead to, and their own path.
    pub links: BTreeMap<&'static str, Vec<(PathBuf, PathBuf)>>,
}

impl Packaging {
    pub fn add(&mut self, package: &'static str, from: impl Into<PathBuf>, to: impl Into<PathBuf>) {
        let files = self.files.entry(package).or_default();
        files.push((from.into(), to.into()));
    }

    fn link(&mut self, package: &'static str, to: impl Into<PathBuf>, path: impl Into<PathBuf>) {
        let links = self.links.entry(package).or_default();
        links.push((to.into(), path.into()));
    }
}

/// The package of a component.
fn package_of(component: Component) -> &'static str {
    match component {
        Component::Mgmtd => "beegfs-ntb-mgmtd",
        Component::Meta => "beegfs-ntb-meta",
        Component::Storage => "beegfs-ntb-storage",
        Component::Mon => "beegfs-ntb-mon",
        Component::Ctl | Component::Fsck => "beegfs-ntb-utils",
        Component::Ib => "beegfs-ntb-ib",
    }
}

/// Where a system keeps what packages disagree on.
pub struct System {
    units: &'static str,
    /// Programs of the administrator that upstream puts into the root folder's `sbin`.
    sbin: &'static str,
}

impl System {
    /// That of a distribution.
    pub fn of(base: &Base) -> Self {
        match base.suite.as_str() {
            // There /lib and /sbin are links to what is below /usr, and dpkg does not know: a file has to have
            // the very path of upstream's package, or it goes away with it.
            "bookworm" => System {
                units: "lib/systemd/system",
                sbin: "sbin",
            },
            _ => System {
                units: "usr/lib/systemd/system",
                sbin: "usr/sbin",
            },
        }
    }

    /// The folder for a file of upstream's in a result.
    fn folder(&self, file: &Path) -> PathBuf {
        let folder = file.parent().unwrap_or(Path::new(""));
        match folder.to_str() {
            _ if file == Path::new(layout::FSCK_HELPER) => self.sbin.into(),
            Some("etc") => "etc/beegfs".into(),
            Some("lib" | "sbin") => Path::new(OPT).join(folder),
            Some("lib/systemd/system") => self.units.into(),
            _ => Path::new("usr").join(folder),
        }
    }
}

/// What the packages of a build consist of.
pub fn packaging(job: &Job, system: &System) -> Packaging {
    let mut all = Packaging::default();
    for component in &job.components {
        let package = package_of(*component);
        let program = component.installed();
        all.add(package, &program, system.folder(&program));
        for file in layout::upstream_files(*component, &job.tree()) {
            let to = system.folder(&file.to);
            all.add(package, file.to, to);
        }
        if matches!(component, Component::Ctl | Component::Fsck) {
            // BeeGFS's own folder is in nobody's search path.
            let link = Path::new("usr/sbin").join(component.target());
            all.link(package, Path::new(OPT).join(&program), link);
        }
    }
    all.add(
        "libbeegfs-ntb",
        "lib/libbeegfs_ntb.so",
        format!("{OPT}/lib"),
    );
    all.add(
        "libbeegfs-ntb",
        "beegfs-ntb.conf",
        "usr/share/doc/libbeegfs-ntb/examples",
    );
    if job.is_release() {
        // As upstream's packages are built, by its makefile for Debian's and by its specification for RPM's.
        let library = format!("stock/{}-nvfs/libbeegfs_ib.so", job.version);
        all.add("beegfs-ntb-stock-plugin", library, format!("{OPT}/lib"));
    }
    all.add("ntb-tools", "bin/ntb", "usr/bin");
    for (_, file) in COMPLETIONS {
        let folder = Path::new("usr").join(Path::new(file).parent().unwrap_or(Path::new("")));
        all.add("ntb-tools", file, folder);
    }
    all.add(
        "sisci-emu",
        "lib/sisci-emu/libsisci.so",
        "usr/lib/sisci-emu",
    );
    // Both libraries of this transport look for `emulator` in their own folder.
    all.link(
        "sisci-emu",
        "usr/lib/sisci-emu",
        format!("{OPT}/lib/sisci-emu"),
    );
    all.add("sisci-emu-dev", "include/*", "usr/include/sisci-emu");
    all.add(
        "sisci-emu-dev",
        "sisci.pc",
        "usr/lib/x86_64-linux-gnu/pkgconfig",
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::Pins;

    #[test]
    fn each_file_of_upstreams_has_its_folder() {
        let pins = Pins::load().unwrap();
        let system = System::of(pins.base("debian-12").unwrap());
        for (file, folder) in [
            ("sbin/beegfs-meta", "opt/beegfs/sbin"),
            ("lib/libbeegfs_ib.so", "opt/beegfs/lib"),
            ("etc/beegfs-meta.conf", "etc/beegfs"),
            (
                "lib/systemd/system/beegfs-meta.service",
                "lib/systemd/system",
            ),
            ("bin/beegfs-df", "usr/bin"),
            (layout::FSCK_HELPER, "sbin"),
        ] {
            assert_eq!(system.folder(Path::new(file)), Path::new(folder), "{file}");
        }
        let newer = System::of(pins.base("debian-13").unwrap());
        assert_eq!(
            newer.folder(Path::new(layout::FSCK_HELPER)),
            Path::new("usr/sbin")
        );
    }
}

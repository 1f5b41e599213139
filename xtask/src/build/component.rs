//! What a BeeGFS tree can build.

use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// A daemon or tool of a BeeGFS tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Component {
    /// Management daemon (7.4 only; that of release 8 is a project of its own).
    Mgmtd,
    /// Metadata daemon.
    Meta,
    /// Storage daemon.
    Storage,
    /// Command-line tool (7.4 only).
    Ctl,
    /// File system check.
    Fsck,
    /// Monitoring daemon.
    Mon,
    /// InfiniBand library.
    Ib,
}

impl Component {
    /// What is built if nothing else is said.
    pub fn defaults(major: u64) -> Vec<Component> {
        use Component::{Ctl, Fsck, Meta, Mgmtd, Mon, Storage};
        match major {
            7 => vec![Mgmtd, Meta, Storage, Ctl, Fsck],
            _ => vec![Meta, Storage, Fsck, Mon],
        }
    }

    /// What is built for packages if nothing else is said: also what the programs load of upstream's
    /// `libbeegfs-ib`. That is built with NVFS, which gives each socket two functions more; ours are built
    /// without, nobody compares the two, and they would call the wrong functions.
    pub fn packaged(major: u64) -> Vec<Component> {
        let mut list = Self::defaults(major);
        list.push(Component::Ib);
        list
    }

    /// Whether releases with this major version have it.
    pub fn is_in(self, major: u64) -> bool {
        major < 8 || !matches!(self, Component::Mgmtd | Component::Ctl)
    }

    /// Its folder in the tree.
    pub fn folder(self) -> &'static str {
        match self {
            Component::Mgmtd => "mgmtd",
            Component::Meta => "meta",
            Component::Storage => "storage",
            Component::Ctl => "ctl",
            Component::Fsck => "fsck",
            Component::Mon => "mon",
            Component::Ib => "common",
        }
    }

    /// The file that make builds in `<folder>/build`.
    pub fn target(self) -> String {
        match self {
            Component::Ib => "libbeegfs_ib.so".into(),
            other => format!("beegfs-{}", other.folder()),
        }
    }

    /// The built file.
    pub fn artifact(self, tree: &Path) -> PathBuf {
        tree.join(self.folder()).join("build").join(self.target())
    }

    /// Where it is installed, relative to the prefix.
    pub fn installed(self) -> PathBuf {
        let folder = if self == Component::Ib { "lib" } else { "sbin" };
        Path::new(folder).join(self.target())
    }

    /// Its configuration template in the tree.
    pub fn template(self, tree: &Path) -> Option<PathBuf> {
        let name = format!("beegfs-{}.conf", self.folder());
        let path = tree.join(self.folder()).join("build/dist/etc").join(name);
        path.is_file().then_some(path)
    }

    /// Whether it is a program that loads `libbeegfs_ntb.so`.
    pub fn loads_plugin(self) -> bool {
        self != Component::Ib
    }
}

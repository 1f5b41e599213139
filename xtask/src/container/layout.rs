//! The layout of a result, which is that of an installation: what lies where, and the commands that put it
//! there in the container.

use super::variation::Inside;
use crate::build::{Component, Job};
use std::path::{Path, PathBuf};

/// Shells that `ntb completions` knows, and where their files lie below `/usr`, as Debian has it.
pub const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/ntb"),
    ("zsh", "share/zsh/vendor-completions/_ntb"),
    ("fish", "share/fish/vendor_completions.d/ntb.fish"),
];

/// The commands of a shell that put everything in place.
pub fn commands(job: &Job, inside: &Inside) -> Vec<String> {
    let out = inside.out();
    let tree = inside.tree();
    let mut lines = Vec::new();
    let mut place = |mode: &str, from: PathBuf, to: &Path| {
        lines.push(format!(
            "install -Dm{mode} {} {}",
            from.display(),
            out.join(to).display()
        ));
    };
    for component in &job.components {
        place("755", component.artifact(&tree), &component.installed());
        for file in upstream_files(*component, &job.tree()) {
            place(file.mode, tree.join(file.from), &file.to);
        }
    }
    if job.with_plugin {
        lines.extend(tools(inside));
    }
    lines
}

/// The emulator, and `ntb` with the pages and completions that it writes itself.
fn tools(inside: &Inside) -> Vec<String> {
    let release = inside.work.join("target/release");
    let out = inside.out();
    let (release, out) = (release.display(), out.display());
    let mut lines = vec![
        format!("install -Dm755 {release}/libsisci.so {out}/lib/sisci-emu/libsisci.so"),
        format!("install -Dm755 {release}/ntb {out}/bin/ntb"),
        format!("mkdir -p {out}/share/man/man1 && {out}/bin/ntb man {out}/share/man/man1"),
    ];
    for (shell, file) in COMPLETIONS {
        lines.push(format!(
            "mkdir -p $(dirname {out}/{file}) && {out}/bin/ntb completions {shell} > {out}/{file}"
        ));
    }
    lines
}

/// A file of upstream's packages beside a program.
#[derive(Debug, PartialEq, Eq)]
pub struct Companion {
    /// Its place in the tree.
    pub from: PathBuf,
    /// Its place in an installation.
    pub to: PathBuf,
    /// Its mode there, as `install` takes it.
    pub mode: &'static str,
}

/// Files of upstream's packages beside a program, as far as the tree has them.
pub fn upstream_files(component: Component, tree: &Path) -> Vec<Companion> {
    let mut files = dist_files(component);
    match component {
        // It takes a password.
        Component::Mon => files.push((
            "mon/build/dist/etc/beegfs-mon.auth".into(),
            "etc/beegfs-mon.auth".into(),
            "600",
        )),
        Component::Ctl => {
            let scripts = ["beegfs-check-servers", "beegfs-df", "beegfs-net"];
            files.extend(scripts.map(|name| {
                let from = format!("utils/scripts/{name}");
                (from, format!("bin/{name}"), "755")
            }));
            files.push((
                "utils/scripts/etc/bash_completion.d/beegfs-ctl".into(),
                "share/bash-completion/completions/beegfs-ctl".into(),
                "644",
            ));
        }
        Component::Fsck => files.push((
            "utils/scripts/fsck.beegfs".into(),
            FSCK_HELPER.into(),
            "755",
        )),
        _ => {}
    }
    files
        .into_iter()
        .map(|(from, to, mode)| Companion {
            from: from.into(),
            to: to.into(),
            mode,
        })
        .filter(|file| tree.join(&file.from).is_file())
        .collect()
}

/// What the system's `fsck` runs for a file system of this type. It is no program of BeeGFS's own folder.
pub const FSCK_HELPER: &str = "sbin/fsck.beegfs";

/// Configuration, setup script and units, which lie beside the makefile.
fn dist_files(component: Component) -> Vec<(String, String, &'static str)> {
    let folder = component.folder();
    let name = format!("beegfs-{folder}");
    let units = "usr/lib/systemd/system";
    let files = [
        (
            format!("etc/{name}.conf"),
            format!("etc/{name}.conf"),
            "644",
        ),
        (
            format!("sbin/beegfs-setup-{folder}"),
            format!("sbin/beegfs-setup-{folder}"),
            "755",
        ),
        (
            format!("{units}/{name}.service"),
            format!("lib/systemd/system/{name}.service"),
            "644",
        ),
        (
            format!("{units}/{name}@.service"),
            format!("lib/systemd/system/{name}@.service"),
            "644",
        ),
    ];
    let inside = |from: String| format!("{folder}/build/dist/{from}");
    files
        .map(|(from, to, mode)| (inside(from), to, mode))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_what_a_tree_has_goes_along_and_a_password_stays_private() {
        let tree = tempfile::tempdir().unwrap();
        for file in [
            "mon/build/dist/etc/beegfs-mon.auth",
            "utils/scripts/fsck.beegfs",
            "utils/scripts/beegfs-df",
        ] {
            let path = tree.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let of = |component| -> Vec<(String, &str)> {
            upstream_files(component, tree.path())
                .into_iter()
                .map(|file| (file.to.display().to_string(), file.mode))
                .collect()
        };
        assert_eq!(of(Component::Mon), [("etc/beegfs-mon.auth".into(), "600")]);
        assert_eq!(of(Component::Ctl), [("bin/beegfs-df".into(), "755")]);
        assert_eq!(of(Component::Fsck), [(FSCK_HELPER.into(), "755")]);
        assert_eq!(of(Component::Ib), []);
    }
}

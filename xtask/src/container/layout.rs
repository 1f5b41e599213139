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
        for (file, to) in upstream_files(*component, &job.tree()) {
            let mode = if to.starts_with("sbin") { "755" } else { "644" };
            place(mode, tree.join(file), &to);
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

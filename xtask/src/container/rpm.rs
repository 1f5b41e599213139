//! RPM packages of a result, made by rpmbuild in the same container, from the same files and the same
//! descriptions as Debian's. What they require are versions of libraries as rpm finds them in the programs, so rpm
//! itself refuses them on a system with older ones. The stand-in for stock daemons is not among them: rpm has
//! nothing like a diversion, and two packages can't own upstream's file.

use super::{
    contents::Packaging,
    machine::{Machine, words},
    packages::{self, Versions},
};
use anyhow::{Context, Result};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// File name of the specification.
pub const SPEC: &str = "beegfs-ntb.spec";
/// Package that exists for dpkg only.
const DEBIAN_ONLY: &str = "beegfs-ntb-stock-plugin";

/// The name that the RPM family has for a package.
fn name(debian: &str) -> String {
    match debian.strip_suffix("-dev") {
        Some(start) => format!("{start}-devel"),
        None => debian.to_owned(),
    }
}

/// The folder in which the RPM family has what Debian has in `folder`.
fn folder(folder: &Path) -> PathBuf {
    let moved = [
        ("lib/systemd/system", "usr/lib/systemd/system"),
        ("sbin", "usr/sbin"),
        ("usr/lib/x86_64-linux-gnu/pkgconfig", "usr/lib64/pkgconfig"),
        (
            "usr/share/zsh/vendor-completions",
            "usr/share/zsh/site-functions",
        ),
    ];
    let to = moved.iter().find(|(from, _)| folder == Path::new(from));
    to.map_or(folder, |(_, to)| Path::new(to)).to_path_buf()
}

/// The same for a symbolic link: upstream's RPM packages have those to its programs among everybody's.
fn link(path: &Path) -> PathBuf {
    match path.strip_prefix("usr/sbin") {
        Ok(name) => Path::new("usr/bin").join(name),
        Err(_) => path.to_path_buf(),
    }
}

/// A paragraph of the control file: fields, with the lines of each.
struct Paragraph<'a>(&'a str);

impl Paragraph<'_> {
    fn field(&self, name: &str) -> Option<String> {
        let mut lines = self.0.lines();
        let first = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))?;
        let more = lines.take_while(|line| line.starts_with(' '));
        let lines: Vec<_> = [first]
            .into_iter()
            .chain(more.map(str::trim_start))
            .collect();
        Some(lines.join("\n"))
    }

    /// Other packages in a field, as rpm writes them; without what tools compute.
    fn packages(&self, field: &str, version: &str) -> Vec<String> {
        let text = self.field(field).unwrap_or_default();
        let one = |text: &str| {
            let text = text.trim().replace("${binary:Version}", version);
            let known = !text.is_empty() && !text.contains("${");
            let (package, relation) = text.split_once(' ').unwrap_or((&text, ""));
            // Debian doubles what means "lower" and not "lower or equal".
            let relation = relation.trim_matches(['(', ')']).replace("<<", "<");
            known.then(|| {
                format!("{} {relation}", name(package))
                    .trim_end()
                    .to_owned()
            })
        };
        text.split(',').filter_map(one).collect()
    }
}

/// The specification of all packages. `control` is Debian's, `files` what goes where.
pub fn spec(control: &str, all: &Packaging, versions: &Versions) -> Result<String> {
    let mut text = format!(
        "# Packs what was built before and lies in the folder `result`: nothing is compiled here.\n\
         Name: beegfs-ntb\nVersion: {}\nRelease: 1\nSummary: BeeGFS over PCIe NTB\n\
         License: MIT OR Apache-2.0\n\n\
         %global debug_package %{{nil}}\n%global __os_install_post %{{nil}}\n\
         %global _build_id_links none\n\
         # Libraries that are loaded by their path are nobody else's.\n\
         %global __provides_exclude_from ^/(opt/beegfs|usr/lib/sisci-emu)/.*$\n\n\
         %description\nBeeGFS over PCIe non-transparent bridges.\n\n",
        versions.ours
    );
    let mut install = String::from("%install\n");
    for (package, files) in &all.files {
        if *package == DEBIAN_ONLY {
            continue;
        }
        let paragraphs = control.split("\n\n").map(Paragraph);
        let paragraph = paragraphs
            .into_iter()
            .find(|paragraph| paragraph.field("Package").as_deref() == Some(package))
            .with_context(|| format!("{package} is not described"))?;
        describe(&mut text, package, &paragraph, versions)?;
        let mut list = files.clone();
        if *package == "ntb-tools" {
            list.push(("share/man/man1/*".into(), "usr/share/man/man1".into()));
        }
        let licence = format!("usr/share/licenses/{}", name(package));
        list.push(("copyright".into(), licence.into()));
        let links = all.links.get(package).map_or(&[][..], Vec::as_slice);
        place(&mut text, &mut install, package, &list, links);
    }
    install.push_str(
        "find %{buildroot} -name '*.so' -exec strip --strip-unneeded {} +\n\
         for file in %{buildroot}/opt/beegfs/sbin/* %{buildroot}/usr/bin/*; do\n    \
         ! head -c 4 $file | grep -q ELF || strip $file\ndone\n\
         gzip -9n %{buildroot}/usr/share/man/man1/*\n\
         find %{buildroot} -type d -exec chmod 755 {} +\n\
         find %{buildroot} -exec touch -h -d @$SOURCE_DATE_EPOCH {} +\n",
    );
    Ok(text + &install)
}

fn describe(
    text: &mut String,
    package: &str,
    paragraph: &Paragraph,
    versions: &Versions,
) -> Result<()> {
    let (epoch, version) = versions.of(package);
    let description = paragraph.field("Description").context("no description")?;
    let (summary, description) = description.split_once('\n').unwrap_or((&description, ""));
    writeln!(text, "%package -n {}\nSummary: {summary}", name(package))?;
    let mut relation = version.to_owned();
    if let Some(epoch) = epoch {
        writeln!(text, "Epoch: {epoch}")?;
        relation = format!("{epoch}:{version}");
    }
    writeln!(
        text,
        "Version: {version}\nGroup: System Environment/Daemons"
    )?;
    let licence = match packages::is_of_beegfs(package) {
        true => "LicenseRef-BeeGFS-EULA",
        false => "MIT OR Apache-2.0",
    };
    writeln!(text, "License: {licence}")?;
    for (field, tag) in [
        ("Depends", "Requires"),
        ("Recommends", "Recommends"),
        ("Suggests", "Suggests"),
        ("Provides", "Provides"),
        ("Conflicts", "Conflicts"),
        // It has no weaker word.
        ("Breaks", "Conflicts"),
    ] {
        for other in paragraph.packages(field, &relation) {
            writeln!(text, "{tag}: {other}")?;
        }
    }
    writeln!(text, "%description -n {}\n{description}\n", name(package))?;
    if let Some(daemon) = packages::daemon(package) {
        // Neither started nor enabled when it comes; stopped and disabled when it goes, its instances too.
        writeln!(
            text,
            "%preun -n {}\nif [ $1 -eq 0 ] && [ -d /run/systemd/system ]; then\n    \
             systemctl --no-reload disable --now {daemon}.service || :\n    \
             systemctl --no-reload disable {daemon}@.service || :\n    \
             systemctl stop '{daemon}@*.service' || :\nfi\n\n\
             %postun -n {0}\n[ ! -d /run/systemd/system ] || systemctl daemon-reload || :\n",
            name(package)
        )?;
    }
    Ok(())
}

/// Adds the list of a package's files, and the commands that put them below the build root.
fn place(
    text: &mut String,
    install: &mut String,
    package: &str,
    files: &[(PathBuf, PathBuf)],
    links: &[(PathBuf, PathBuf)],
) {
    let _ = writeln!(text, "%files -n {}\n%defattr(-,root,root,-)", name(package));
    let mut folders: Vec<PathBuf> = Vec::new();
    for (from, to) in files {
        let to = folder(to);
        let _ = writeln!(
            install,
            "mkdir -p %{{buildroot}}/{0} && cp -r %{{result}}/{1} %{{buildroot}}/{0}/",
            to.display(),
            from.display()
        );
        let file = from.file_name().map(Path::new).unwrap_or(Path::new("*"));
        let kind = match to.to_str() {
            // A password is written to it.
            Some("etc/beegfs") if file.ends_with("beegfs-mon.auth") => {
                "%attr(600,root,root) %config(noreplace) "
            }
            Some("etc/beegfs") => "%config(noreplace) ",
            Some(to) if to.starts_with("usr/share/licenses/") => "%license ",
            Some(to) if to.starts_with("usr/share/doc/") => "%doc ",
            _ => "",
        };
        let _ = writeln!(text, "{kind}/{}", to.join(file).display());
        folders.push(to);
    }
    for (to, path) in links {
        let path = link(path);
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let _ = writeln!(
            install,
            "mkdir -p %{{buildroot}}/{} && ln -s /{} %{{buildroot}}/{}",
            folder.display(),
            to.display(),
            path.display()
        );
        let _ = writeln!(text, "/{}", path.display());
        folders.push(folder);
    }
    folders.sort();
    folders.dedup();
    for folder in folders {
        for folder in owned(&folder) {
            let _ = writeln!(text, "%dir /{}", folder.display());
        }
    }
    text.push('\n');
}

/// The folders up to `folder` that no package of the system owns.
fn owned(folder: &Path) -> Vec<&Path> {
    let ours = [
        "opt/beegfs",
        "etc/beegfs",
        "usr/lib/sisci-emu",
        "usr/include/sisci-emu",
        "usr/share/doc/libbeegfs-ntb",
    ];
    let is_ours = |path: &&Path| ours.iter().any(|start| path.starts_with(start));
    folder.ancestors().filter(is_ours).collect()
}

/// The step of a build that makes the packages; Debian's come first and leave their files for it.
pub struct Step<'a> {
    pub machine: &'a Machine<'a>,
    pub log: &'a Path,
    pub work: &'a Path,
}

impl Step<'_> {
    /// Makes them by the specification `spec` and leaves them in `out/packages`.
    ///
    /// # Errors
    /// rpmbuild fails; the message has its last lines.
    pub fn run(&self, spec: &Path, set: impl Fn(&mut Command)) -> Result<()> {
        let top = self.work.join("rpm");
        let mut command = words(["rpmbuild", "-bb", "--target", "x86_64-linux", "--dbpath"]);
        command.arg(top.join("db"));
        let define = [
            format!("_topdir {}", top.display()),
            format!("result {}", self.work.join("pkg/result").display()),
            // What would tell one build from another.
            "_buildhost reproducible".to_owned(),
            "use_source_date_epoch_as_buildtime 1".to_owned(),
            "_binary_payload w6.xzdio".to_owned(),
            "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm".to_owned(),
        ];
        for define in define {
            command.args(["--define", &define]);
        }
        command.arg(spec);
        set(&mut command);
        self.machine
            .logged("RPM packages", &command, self.log, |line| {
                line.starts_with("Wrote: ")
            })?;
        let collect = format!(
            "mv {}/RPMS/*.rpm {}/out/packages/",
            top.display(),
            self.work.display()
        );
        let mut command = words(["sh", "-euc", &collect]);
        set(&mut command);
        self.machine.output(&command).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: &str = "Source: x\n\nPackage: beegfs-ntb-meta\nDepends: ${shlibs:Depends}\n\
        Recommends: libbeegfs-ntb (= ${binary:Version})\nProvides: beegfs-meta (= 20:7.4.6)\n\
        Description: A daemon\n Of metadata,\n over NTB.\n\nPackage: sisci-emu-dev\n\
        Depends: sisci-emu (= ${binary:Version}), ${misc:Depends}\nDescription: Headers\n Some.";

    #[test]
    fn debians_description_becomes_rpms() {
        let mut all = Packaging::default();
        all.add("beegfs-ntb-meta", "sbin/beegfs-meta", "opt/beegfs/sbin");
        all.add("beegfs-ntb-meta", "etc/beegfs-meta.conf", "etc/beegfs");
        all.add("beegfs-ntb-stock-plugin", "x.so", "opt/beegfs/lib");
        all.add("sisci-emu-dev", "include/*", "usr/include/sisci-emu");
        let versions = Versions {
            beegfs: "7.4.6+ntb0.1.0".into(),
            ours: "0.1.0".into(),
        };
        let spec = spec(CONTROL, &all, &versions).unwrap();
        for line in [
            "%package -n beegfs-ntb-meta\nSummary: A daemon\nEpoch: 20\nVersion: 7.4.6+ntb0.1.0\n",
            "Recommends: libbeegfs-ntb = 20:7.4.6+ntb0.1.0\nProvides: beegfs-meta = 20:7.4.6\n",
            "%description -n beegfs-ntb-meta\nOf metadata,\nover NTB.\n",
            "disable --now beegfs-meta.service",
            "stop 'beegfs-meta@*.service'",
            "%config(noreplace) /etc/beegfs/beegfs-meta.conf\n",
            "%package -n sisci-emu-devel\nSummary: Headers\nVersion: 0.1.0\n",
            "Requires: sisci-emu = 0.1.0\n",
            "/usr/include/sisci-emu/*\n",
            "%dir /usr/include/sisci-emu\n",
        ] {
            assert!(spec.contains(line), "{line}\n---\n{spec}");
        }
        assert!(!spec.contains("stock"), "{spec}");
        assert!(!spec.contains("${"), "{spec}");
    }
}

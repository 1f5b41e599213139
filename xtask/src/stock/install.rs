//! `plugin install` and `plugin remove`: all or nothing, and only after every check.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use walkdir::WalkDir;

use super::{Installed, LIBRARY, abi};

/// The packages' own library, while the plugin has its name. The plugin looks for it there.
const ORIGINAL: &str = "libbeegfs_ib.original.so";

/// The emulator, below the plugin's folder.
const EMULATOR: &str = "sisci-emu/libsisci.so";

/// Daemons that talk to each other and load the library.
const DAEMONS: [&str; 2] = ["beegfs-meta", "beegfs-storage"];

/// Other programs that load it, and lose no more than InfiniBand if they can't.
const OTHERS: [&str; 4] = ["beegfs-mon", "beegfs-helperd", "beegfs-fsck", "beegfs-ctl"];

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    installed: Installed,
    /// Put the emulator there as well, for trials without adapters.
    #[arg(long)]
    with_emulator: bool,
}

#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// Where the daemons are.
    #[arg(long, value_name = "DIR", default_value = super::PREFIX)]
    prefix: PathBuf,
}

/// A plugin and the programs that it fits.
pub struct Found {
    pub plugin: PathBuf,
    /// The daemons first.
    pub programs: Vec<PathBuf>,
    /// For each other program that it does not fit, why.
    pub misfits: Vec<String>,
}

impl Found {
    /// Programs that go without NTB are no reason to refuse the daemons, but somebody has to know.
    pub fn warn(&self) {
        for misfit in &self.misfits {
            eprintln!("warning: {misfit}");
        }
    }
}

/// Finds the one plugin that fits all installed daemons, and says which of the other programs it fits.
///
/// # Errors
/// No daemons, no plugins, or none that fits: says for each why.
pub fn find(args: &Installed) -> anyhow::Result<Found> {
    let folder = args.prefix.join("sbin");
    let daemons = present(&folder, &DAEMONS);
    ensure!(
        !daemons.is_empty(),
        "{} has none of {}",
        folder.display(),
        DAEMONS.join(", ")
    );
    let mut reasons = Vec::new();
    for plugin in plugins(&args.plugins)? {
        match daemons
            .iter()
            .try_for_each(|daemon| abi::check(&plugin, daemon))
        {
            Ok(()) => return Ok(with_others(plugin, daemons, &folder)),
            Err(error) => reasons.push(format!("\n  {error:#}")),
        }
    }
    bail!(
        "no plugin fits the daemons in {}:{}",
        folder.display(),
        reasons.concat()
    )
}

/// Those of the programs that are installed.
fn present(folder: &Path, names: &[&str]) -> Vec<PathBuf> {
    let paths = names.iter().map(|name| folder.join(name));
    paths.filter(|path| path.is_file()).collect()
}

/// Looks at the other programs beside the daemons that the plugin fits.
fn with_others(plugin: PathBuf, daemons: Vec<PathBuf>, folder: &Path) -> Found {
    let (mut programs, mut misfits) = (daemons, Vec::new());
    for program in present(folder, &OTHERS) {
        match abi::check(&plugin, &program) {
            Ok(()) => programs.push(program),
            Err(error) => misfits.push(format!(
                "{} gets no NTB, and no InfiniBand if it can't load the plugin: {error:#}",
                program.display()
            )),
        }
    }
    Found {
        plugin,
        programs,
        misfits,
    }
}

/// The plugins at a path: itself, or all below it.
fn plugins(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let entries = WalkDir::new(path).max_depth(2).sort_by_file_name();
    let found: Vec<PathBuf> = entries
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|file| file.file_name().is_some_and(|name| name == LIBRARY))
        .collect();
    ensure!(
        !found.is_empty(),
        "{} has no {LIBRARY}; make it with `plugin build`",
        path.display()
    );
    Ok(found)
}

pub fn install(args: &Args) -> anyhow::Result<()> {
    let found = find(&args.installed)?;
    found.warn();
    let folder = args.installed.prefix.join("lib");
    let emulator = match args.with_emulator {
        true => Some(emulator_beside(&found.plugin)?),
        false => None,
    };
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    if let Some(emulator) = emulator {
        let target = folder.join(EMULATOR);
        fs::create_dir_all(target.parent().unwrap_or(&folder))?;
        replace(&emulator, &target)?;
    }
    let (library, original) = (folder.join(LIBRARY), folder.join(ORIGINAL));
    if library.exists() && !abi::is_plugin(&library) {
        fs::rename(&library, &original)
            .with_context(|| format!("renaming {}", library.display()))?;
    }
    if let Err(error) = replace(&found.plugin, &library) {
        if original.exists() && !library.exists() {
            fs::rename(&original, &library)?;
        }
        return Err(error);
    }
    println!("installed: {}", library.display());
    if original.exists() {
        println!(
            "the packages' library is kept as {} and used for InfiniBand",
            original.display()
        );
    }
    println!("restart the daemons: they load it when they start");
    Ok(())
}

/// The emulator that `plugin build` has put beside the plugins.
fn emulator_beside(plugin: &Path) -> anyhow::Result<PathBuf> {
    let folders = plugin.ancestors().skip(1).take(2);
    let mut files = folders.map(|folder| folder.join(EMULATOR));
    files
        .find(|file| file.is_file())
        .with_context(|| format!("no {EMULATOR} beside {}", plugin.display()))
}

/// Copies a file so that nobody ever sees half of it; what had the name keeps running.
fn replace(from: &Path, to: &Path) -> anyhow::Result<()> {
    let staging = to.with_extension("new");
    let copied = fs::copy(from, &staging).and_then(|_| fs::rename(&staging, to));
    if copied.is_err() {
        let _ = fs::remove_file(&staging);
    }
    copied.with_context(|| format!("copying {} to {}", from.display(), to.display()))
}

pub fn remove(args: &RemoveArgs) -> anyhow::Result<()> {
    let folder = args.prefix.join("lib");
    let (library, original) = (folder.join(LIBRARY), folder.join(ORIGINAL));
    if library.exists() && !abi::is_plugin(&library) {
        // An update of the packages has put a newer library there.
        let _ = fs::remove_file(&original);
        println!(
            "{} is the packages' own; nothing to undo",
            library.display()
        );
    } else if original.exists() {
        fs::rename(&original, &library)
            .with_context(|| format!("renaming {}", original.display()))?;
        println!("the packages' library is back: {}", library.display());
    } else if library.exists() {
        fs::remove_file(&library).with_context(|| library.display().to_string())?;
        println!("removed: {}", library.display());
    } else {
        println!("{} has no plugin", folder.display());
    }
    let emulator = folder.join(EMULATOR);
    if emulator.exists() && !folder.join("libbeegfs_ntb.so").exists() {
        fs::remove_file(&emulator)?;
        let _ = emulator.parent().map(fs::remove_dir);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::samples::{daemon, plugin};

    /// An installation of a fitting plugin's daemons, and the plugin.
    fn installation(folder: &Path) -> Installed {
        let prefix = folder.join("beegfs");
        let sbin = prefix.join("sbin");
        fs::create_dir_all(&sbin).expect("folder");
        for name in DAEMONS {
            daemon(&sbin, name, "7.4.6", "", &[]);
        }
        let plugins = plugin(folder, LIBRARY, "7.4.6 plain", "", "");
        Installed { plugins, prefix }
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
        names.collect()
    }

    #[test]
    fn other_programs_are_checked_and_never_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let installed = installation(folder.path());
        let sbin = installed.prefix.join("sbin");
        let found = find(&installed).expect("fits");
        assert_eq!(names(&found.programs), DAEMONS);
        assert!(found.misfits.is_empty(), "absent programs say nothing");

        daemon(&sbin, "beegfs-mon", "7.4.6", "", &[]);
        daemon(&sbin, "beegfs-helperd", "7.4.6", "", &[]);
        daemon(&sbin, "beegfs-fsck", "7.4.7", "", &[]);
        fs::write(sbin.join("beegfs-ctl"), "#!/bin/sh\n").expect("write");
        let found = find(&installed).expect("the daemons still fit");
        assert_eq!(
            names(&found.programs),
            [
                "beegfs-meta",
                "beegfs-storage",
                "beegfs-mon",
                "beegfs-helperd"
            ]
        );
        let [fsck, ctl] = found.misfits.as_slice() else {
            panic!("{:?}", found.misfits);
        };
        assert!(
            fsck.contains("beegfs-fsck gets no NTB") && fsck.contains("another release"),
            "{fsck}"
        );
        assert!(
            ctl.contains("beegfs-ctl gets no NTB") && ctl.contains("is no ELF file"),
            "{ctl}"
        );
    }

    #[test]
    fn a_symbol_that_only_another_program_lacks_is_said() {
        let folder = tempfile::tempdir().expect("folder");
        let mut installed = installation(folder.path());
        let sbin = installed.prefix.join("sbin");
        daemon(&sbin, "beegfs-fsck", "7.4.6", "", &[]);
        let wants = "void there(); void use() { there(); }";
        let has = folder.path().join("has.cpp");
        fs::write(&has, "void there() {}").expect("write");
        for name in DAEMONS {
            let more = has.to_str().expect("a path");
            daemon(&sbin, name, "7.4.6", "", &[more]);
        }
        installed.plugins = plugin(folder.path(), LIBRARY, "7.4.6 plain", "", wants);
        let found = find(&installed).expect("the daemons fit");
        assert_eq!(names(&found.programs), DAEMONS);
        assert!(found.misfits.concat().contains("it lacks _Z5therev"));
    }

    #[test]
    fn a_daemon_that_does_not_fit_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let installed = installation(folder.path());
        let sbin = installed.prefix.join("sbin");
        daemon(&sbin, "beegfs-storage", "8.3.1", "", &[]);
        let error = find(&installed).err().expect("refused");
        assert!(
            format!("{error:#}").contains("another release"),
            "{error:#}"
        );
        for name in DAEMONS {
            fs::remove_file(sbin.join(name)).expect("remove");
        }
        daemon(&sbin, "beegfs-fsck", "7.4.6", "", &[]);
        let error = find(&installed).err().expect("no daemon");
        assert!(
            format!("{error:#}").contains("has none of beegfs-meta"),
            "{error:#}"
        );
    }
}

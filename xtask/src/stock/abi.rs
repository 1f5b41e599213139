//! Whether a plugin fits a daemon, found out from the two files; nothing is run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use object::{Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget};

use crate::{build::plugin, util};

/// The plugin's symbol that says what it was built for.
pub(super) const STAMP: &str = "beegfs_ntb_stock_plugin";

/// A configuration key that patched daemons know; they need no plugin of this kind.
const KEY_OF_PATCHED: &str = "connNTBLibrary";

/// The plugin's socket class, and the daemon's with the same functions, as symbols have them.
const OUR_CLASS: &str = "11MultiSocket";
const THEIR_CLASS: &str = "14StandardSocket";

/// Offset and type, then two destructors, which compilers name at will.
const NOT_COMPARED: usize = 4;

/// Functions of the base class that are called through the table, destructors aside.
const FUNCTIONS: usize = 12;
/// NVIDIA's GPU support adds these.
const NVFS_FUNCTIONS: usize = 2;

/// What a plugin was built for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub release: String,
    pub nvfs: bool,
}

/// Reads a plugin's stamp.
///
/// # Errors
/// The file is missing, no library, or not one of these plugins.
pub fn stamp(plugin: &Path) -> anyhow::Result<Stamp> {
    Binary::read(plugin, |binary| {
        let foreign = || format!("{} is no plugin of beegfs-ntb", plugin.display());
        let text = binary.text(STAMP).with_context(foreign)?;
        let (release, variant) = text.split_once(' ').with_context(foreign)?;
        Ok(Stamp {
            release: release.to_owned(),
            nvfs: variant == "nvfs",
        })
    })
}

/// Whether the file is one of these plugins.
pub fn is_plugin(file: &Path) -> bool {
    stamp(file).is_ok()
}

/// Compares everything that can make a daemon misunderstand a plugin.
///
/// # Errors
/// Says what differs.
pub fn check(plugin: &Path, daemon: &Path) -> anyhow::Result<()> {
    let stamp = stamp(plugin)?;
    let compared = Binary::read(plugin, |plugin| {
        Binary::read(daemon, |daemon| compare(plugin, daemon, &stamp))
    });
    compared.with_context(|| format!("{} and {}", plugin.display(), daemon.display()))?;
    plugin::check_symbols(plugin, daemon, util::output)
}

fn compare(plugin: &Binary, daemon: &Binary, stamp: &Stamp) -> anyhow::Result<()> {
    let (ours, theirs) = (plugin.architecture(), daemon.architecture());
    ensure!(
        ours == theirs,
        "built for {ours}, the daemon is for {theirs}"
    );
    ensure!(
        !daemon.holds(KEY_OF_PATCHED.as_bytes()),
        "the daemon is patched: it loads libbeegfs_ntb.so and needs no plugin"
    );
    let release = [stamp.release.as_bytes(), b"\0"].concat();
    ensure!(
        daemon.holds(&release),
        "built for BeeGFS {}, the daemon is another release",
        stamp.release
    );

    let theirs = daemon
        .table(THEIR_CLASS)
        .context("not a BeeGFS daemon, or stripped of its symbols")?;
    let nvfs = theirs
        .iter()
        .flatten()
        .any(|name| name.contains("StandardSocket4read"));
    ensure!(
        nvfs == stamp.nvfs,
        "built {} NVFS, the daemon {}",
        with(stamp.nvfs),
        with(nvfs)
    );
    let ours = plugin.table(OUR_CLASS)?;
    let count = FUNCTIONS + if nvfs { NVFS_FUNCTIONS } else { 0 };
    for index in NOT_COMPARED..NOT_COMPARED + count {
        let (Some(ours), Some(theirs)) = (ours.get(index), theirs.get(index)) else {
            bail!("the daemon's sockets have fewer functions");
        };
        let mut names = ours
            .iter()
            .map(|name| name.replacen(OUR_CLASS, THEIR_CLASS, 1));
        ensure!(
            names.any(|name| theirs.contains(&name)),
            "function {} of a socket differs: {}, the daemon has {}",
            index - NOT_COMPARED + 1,
            shown(ours),
            shown(theirs)
        );
    }
    Ok(())
}

fn with(nvfs: bool) -> &'static str {
    if nvfs { "with" } else { "without" }
}

fn shown(names: &BTreeSet<String>) -> &str {
    names.first().map_or("nothing", String::as_str)
}

/// A file of machine code.
struct Binary<'data> {
    data: &'data [u8],
    file: object::File<'data>,
    /// Addresses of defined dynamic symbols, and their sizes.
    symbols: BTreeMap<&'data str, (u64, u64)>,
    /// All names of each address.
    names: BTreeMap<u64, BTreeSet<String>>,
    /// What the loader writes at an address: another address, or that of a symbol.
    relocations: BTreeMap<u64, Target>,
}

enum Target {
    Address(u64),
    Symbol(String),
}

impl Binary<'_> {
    /// Opens the file for `work`.
    fn read<T>(path: &Path, work: impl FnOnce(&Binary) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let shown = path.display();
        let data = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        ensure!(data.starts_with(b"\x7fELF"), "{shown} is no ELF file");
        let file = object::File::parse(&*data).with_context(|| format!("{shown} is damaged"))?;
        work(&Binary::new(&data, file).with_context(|| format!("{shown} is damaged"))?)
    }
}

impl<'data> Binary<'data> {
    fn new(data: &'data [u8], file: object::File<'data>) -> object::Result<Self> {
        let mut symbols = BTreeMap::new();
        let mut names: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        let mut relocations = BTreeMap::new();
        if let Some(table) = file.dynamic_symbol_table() {
            for symbol in table.symbols().filter(|symbol| symbol.is_definition()) {
                let name = symbol.name()?;
                symbols.insert(name, (symbol.address(), symbol.size()));
                names
                    .entry(symbol.address())
                    .or_default()
                    .insert(name.to_owned());
            }
            for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
                let target = match relocation.target() {
                    RelocationTarget::Symbol(index) => {
                        Target::Symbol(table.symbol_by_index(index)?.name()?.to_owned())
                    }
                    _ => Target::Address(relocation.addend().cast_unsigned()),
                };
                relocations.insert(address, target);
            }
        }
        Ok(Self {
            data,
            file,
            symbols,
            names,
            relocations,
        })
    }

    fn architecture(&self) -> String {
        format!("{:?}", self.file.architecture()).to_lowercase()
    }

    fn holds(&self, text: &[u8]) -> bool {
        self.data.windows(text.len()).any(|window| window == text)
    }

    /// Bytes of the file that are loaded at an address.
    fn bytes(&self, address: u64, length: u64) -> Option<&'data [u8]> {
        self.file
            .sections()
            .find_map(|section| section.data_range(address, length).ok()?)
    }

    /// The text that a symbol names.
    fn text(&self, symbol: &str) -> Option<String> {
        let &(address, size) = self.symbols.get(symbol)?;
        let bytes = self.bytes(address, size)?.split(|&byte| byte == 0).next()?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// The function table of a class: for each place, the names of what stands there.
    fn table(&self, class: &str) -> anyhow::Result<Vec<BTreeSet<String>>> {
        let symbol = format!("_ZTV{class}");
        let &(start, size) = self
            .symbols
            .get(symbol.as_str())
            .with_context(|| format!("there is no {symbol}"))?;
        let places = (start..start.saturating_add(size)).step_by(8);
        Ok(places.map(|place| self.names_at(place)).collect())
    }

    fn names_at(&self, place: u64) -> BTreeSet<String> {
        let address = match self.relocations.get(&place) {
            Some(Target::Symbol(name)) => return BTreeSet::from([name.clone()]),
            Some(Target::Address(address)) => *address,
            // A program at a fixed address has it in the file.
            None => match self.bytes(place, 8).map(<[u8; 8]>::try_from) {
                Some(Ok(bytes)) => u64::from_le_bytes(bytes),
                _ => return BTreeSet::new(),
            },
        };
        self.names.get(&address).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stock::samples::{compile, daemon, plugin};

    fn reason(plugin: &Path, daemon: &Path) -> String {
        format!("{:#}", check(plugin, daemon).expect_err("does not fit"))
    }

    #[test]
    fn a_plugin_fits_only_its_own_daemon() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = folder.path();
        let nvfs = "long read(const void*, unsigned long)";
        let fits = plugin(dir, "plain", "7.4.6 plain", "", "");
        let movable = daemon(dir, "movable", "7.4.6", "", &["-pie", "-fPIE"]);
        let fixed = daemon(dir, "fixed", "7.4.6", "", &["-no-pie"]);
        assert_eq!(
            stamp(&fits).expect("stamp"),
            Stamp {
                release: "7.4.6".into(),
                nvfs: false
            }
        );
        check(&fits, &movable).expect("fits");
        check(&fits, &fixed).expect("fits");

        let other = daemon(dir, "other", "7.4.61", "", &[]);
        assert!(reason(&fits, &other).contains("another release"));
        let with_nvfs = daemon(dir, "nvfs", "7.4.6", nvfs, &[]);
        assert!(reason(&fits, &with_nvfs).contains("built without NVFS, the daemon with"));
        let changed = daemon(dir, "changed", "7.4.6", "void flush(int)", &[]);
        assert!(reason(&fits, &changed).contains("function 9 of a socket differs"));
        let needy = plugin(
            dir,
            "needy",
            "7.4.6 plain",
            "",
            "void gone(); void use() { gone(); }",
        );
        assert!(reason(&needy, &movable).contains("it lacks _Z4gonev"));
        let patched = daemon(dir, "patched", "7.4.6\\0connNTBLibrary", "", &[]);
        assert!(reason(&fits, &patched).contains("the daemon is patched"));
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = folder.path();
        let absent = dir.join("absent");
        assert!(reason(&absent, &absent).contains("cannot read"));
        let fits = plugin(dir, "plain", "7.4.6 plain", "", "");
        assert!(reason(&fits, &absent).contains("cannot read"));
        let library = compile(dir, "library", "int x;", &["-shared", "-fPIC"]);
        assert!(reason(&library, &fits).contains("is no plugin of beegfs-ntb"));

        let daemon = daemon(dir, "daemon", "7.4.6", "", &[]);
        let mut bytes = std::fs::read(&fits).expect("read");
        bytes[18] = 183; // 64-bit ARM, where the file names its processor
        std::fs::write(dir.join("arm"), &bytes).expect("write");
        let said = reason(&dir.join("arm"), &daemon);
        assert!(
            said.contains("built for aarch64, the daemon is for x86_64"),
            "{said}"
        );
        // Cut off anywhere: an error, never a crash.
        let bytes = std::fs::read(&fits).expect("read");
        for length in (0..bytes.len()).step_by(997) {
            std::fs::write(dir.join("cut"), &bytes[..length]).expect("write");
            let _ = check(&dir.join("cut"), &daemon);
        }
    }
}

//! The dynamic symbols of a shared library, read from the file: none of its code runs.

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectKind, ObjectSection, ObjectSymbol, ObjectSymbolTable};
use std::collections::BTreeMap;
use std::path::Path;

/// What a library exports.
#[derive(Debug)]
pub struct Exports {
    /// Its processor, as `x86_64`.
    pub architecture: String,
    /// Whether its symbols carry versions.
    pub versioned: bool,
    /// Defined dynamic symbols; for objects of four bytes what the file says they hold.
    pub symbols: BTreeMap<String, Option<u32>>,
}

/// Reads the library at `path`.
///
/// # Errors
/// If there is no readable file, or it is no shared library.
pub fn read(path: &Path) -> Result<Exports> {
    let shown = path.display();
    ensure!(!path.is_dir(), "{shown} is a folder");
    let data = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    ensure!(
        data.starts_with(b"\x7fELF"),
        "{shown} is no ELF file, so no shared library"
    );
    let file =
        object::File::parse(&*data).with_context(|| format!("{shown} is damaged or cut off"))?;
    ensure!(
        file.kind() == ObjectKind::Dynamic,
        "{shown} is an ELF file, but no shared library"
    );
    let table = file
        .dynamic_symbol_table()
        .with_context(|| format!("{shown} exports nothing"))?;
    let mut symbols = BTreeMap::new();
    for symbol in table.symbols().filter(|symbol| symbol.is_definition()) {
        let name = symbol
            .name()
            .with_context(|| format!("{shown} has a broken symbol name"))?;
        symbols.insert(name.to_owned(), value(&file, &symbol));
    }
    Ok(Exports {
        architecture: format!("{:?}", file.architecture()).to_lowercase(),
        versioned: file.section_by_name(".gnu.version_d").is_some(),
        symbols,
    })
}

/// What an object of four bytes holds before anything runs.
fn value<'data>(file: &object::File<'data>, symbol: &impl ObjectSymbol<'data>) -> Option<u32> {
    let section = file.section_by_index(symbol.section_index()?).ok()?;
    if symbol.size() != 4 {
        return None;
    }
    // A section without bytes in the file is zero.
    let bytes = match section.kind() {
        object::SectionKind::UninitializedData => return Some(0),
        _ => section.data_range(symbol.address(), 4).ok()??,
    };
    let bytes = <[u8; 4]>::try_from(bytes).ok()?;
    Some(match file.endianness() {
        object::Endianness::Little => u32::from_le_bytes(bytes),
        object::Endianness::Big => u32::from_be_bytes(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Compiles `code` into a shared library in `folder`.
    pub fn compile(folder: &Path, code: &str, flags: &[&str]) -> std::path::PathBuf {
        let (source, library) = (folder.join("lib.c"), folder.join("lib.so"));
        std::fs::write(&source, code).unwrap();
        let mut cc = Command::new("cc");
        cc.args(flags).arg(&source).arg("-o").arg(&library);
        crate::util::output(&mut cc).unwrap();
        library
    }

    #[test]
    fn values_come_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let code = "const unsigned a = 7; unsigned b; const unsigned long c = 9; void f(void) {}";
        let library = compile(folder.path(), code, &["-shared", "-fPIC"]);
        let exports = read(&library).unwrap();
        assert_eq!(exports.symbols["a"], Some(7));
        assert_eq!(exports.symbols["b"], Some(0));
        assert_eq!(exports.symbols["c"], None);
        assert!(exports.symbols.contains_key("f"));
        assert_eq!(exports.architecture, std::env::consts::ARCH);
        assert!(!exports.versioned);

        let script = folder.path().join("versions");
        std::fs::write(&script, "V1 { *; };").unwrap();
        let script = format!("-Wl,--version-script={}", script.display());
        let library = compile(folder.path(), code, &["-shared", "-fPIC", &script]);
        let exports = read(&library).unwrap();
        assert!(exports.versioned);
        assert_eq!(exports.symbols["a"], Some(7));
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let reason = |path: &Path| format!("{:#}", read(path).unwrap_err());
        let text = folder.path().join("text");
        std::fs::write(&text, "INPUT(libsisci.so.2)").unwrap();
        assert!(reason(&text).contains("no ELF file"), "{}", reason(&text));
        std::fs::write(&text, b"\x7fELF").unwrap();
        assert!(reason(&text).contains("damaged"), "{}", reason(&text));
        assert!(reason(folder.path()).contains("is a folder"));
        assert!(reason(&folder.path().join("absent")).contains("cannot read"));
        let object = compile(folder.path(), "int x;", &["-c"]);
        assert!(
            reason(&object).contains("no shared library"),
            "{}",
            reason(&object)
        );
        let library = compile(folder.path(), "int x;", &["-shared", "-fPIC"]);
        let mut bytes = std::fs::read(&library).unwrap();
        // Cut anywhere and garbled everywhere: an error or an odd answer, never a crash.
        for length in (0..bytes.len()).step_by(97) {
            std::fs::write(&text, &bytes[..length]).unwrap();
            let _ = read(&text);
        }
        for index in (4..bytes.len()).step_by(89) {
            bytes[index] ^= 0xFF;
            std::fs::write(&text, &bytes).unwrap();
            let _ = read(&text);
        }
    }
}

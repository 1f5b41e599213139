//! The folder of a fabric and its version.

use crate::runtime::access;
use crate::runtime::log::report;
use crate::runtime::settings::Access;
use crate::{Code, Result};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Version of the files and messages. Processes of different versions can't share a fabric.
pub const VERSION: u32 = 2;

/// The longest folder name: the sockets in it must fit a socket address of 108 bytes.
const MAX_PATH: usize = 70;

/// Opens the fabric, and makes it if it isn't there.
///
/// # Errors
/// `INCONSISTENT_VERSIONS` for a fabric of another version, `SYSTEM` if the folder can't be used;
/// the log says why.
pub fn open(dir: &Path) -> Result<PathBuf> {
    if dir.as_os_str().len() > MAX_PATH {
        report!(
            Error,
            "SISCI_EMU_DIR={}: more than {MAX_PATH} bytes",
            dir.display()
        );
        return Err(Code::SCI_ERR_SYSTEM);
    }
    let version = prepare(dir).map_err(|error| {
        report!(
            Error,
            "cannot use the fabric folder {} (SISCI_EMU_DIR): {error}",
            dir.display()
        );
        Code::SCI_ERR_SYSTEM
    })?;
    if version.trim() != VERSION.to_string() {
        report!(
            Error,
            "the fabric folder {} has version {:?}, this library is version {VERSION}: end all \
             processes that use it, then remove it",
            dir.display(),
            version.trim()
        );
        return Err(Code::SCI_ERR_INCONSISTENT_VERSIONS);
    }
    Ok(dir.to_owned())
}

/// Opens the folder and what this process makes in it to those whom the settings let in.
///
/// # Errors
/// `SYSTEM` if the folder isn't open to them and belongs to somebody else.
pub fn share(dir: &Path, wanted: Access) -> Result<()> {
    access::set(wanted);
    let widened = access::widen_folder(dir).and_then(|()| access::widen(&dir.join("version")));
    widened.map_err(|error| {
        report!(
            Error,
            "cannot open {} to others (access = \"{}\" in fabric.toml): {error}",
            dir.display(),
            wanted.name()
        );
        Code::SCI_ERR_SYSTEM
    })
}

/// Makes what is missing and reads the version.
fn prepare(dir: &Path) -> std::io::Result<String> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)?;
    let path = dir.join("version");
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => create_version(dir, &path)?,
        other => return other,
    }
    std::fs::read_to_string(&path)
}

/// Puts a complete file there, unless another process was faster.
fn create_version(dir: &Path, path: &Path) -> std::io::Result<()> {
    let draft = dir.join(format!("version.{}", std::process::id()));
    let mut file = access::create(&draft)?;
    writeln!(file, "{VERSION}")?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let fabric = dir.path().join("fabric");
        assert_eq!(open(&fabric).as_deref(), Ok(fabric.as_path()));
        assert!(open(&fabric).is_ok());
        std::fs::write(fabric.join("version"), "7\n").unwrap();
        assert_eq!(open(&fabric), Err(Code::SCI_ERR_INCONSISTENT_VERSIONS));
    }

    #[test]
    fn a_path_that_cannot_be_a_folder_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(open(&file.path().join("fabric")), Err(Code::SCI_ERR_SYSTEM));
        assert_eq!(open(Path::new(&"x".repeat(80))), Err(Code::SCI_ERR_SYSTEM));
    }
}

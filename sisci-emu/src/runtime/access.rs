//! Permissions of what this process makes in the fabric's folder.
//!
//! By default everything is for the user alone. A fabric that says otherwise is for users who have
//! different masks, so the permissions are set after a file was made.

use crate::runtime::settings::Access;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Permissions of folders; a process is in one fabric.
static FOLDER_MODE: AtomicU32 = AtomicU32::new(0o700);

/// From now on files are made for these users.
pub fn set(access: Access) {
    FOLDER_MODE.store(access.folder_mode(), Ordering::Relaxed);
}

fn folder_mode() -> u32 {
    FOLDER_MODE.load(Ordering::Relaxed)
}

fn file_mode() -> u32 {
    folder_mode() & 0o666
}

/// For making a file to write to.
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(file_mode());
    options
}

/// Makes an empty file.
///
/// # Errors
/// What the system says.
pub fn create(path: &Path) -> Result<File> {
    let file = options().create(true).truncate(true).open(path)?;
    widen(path)?;
    Ok(file)
}

/// Opens a file for reading and writing, and makes it if it isn't there.
///
/// # Errors
/// What the system says.
pub fn open_or_make(path: &Path) -> Result<File> {
    match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return other,
    }
    let mut options = options();
    let file = options.read(true).create(true).truncate(false).open(path)?;
    widen(path)?;
    Ok(file)
}

/// Makes a folder, and its parents, if it isn't there.
///
/// # Errors
/// What the system says.
pub fn make_folder(path: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(folder_mode()).create(path)?;
    widen_folder(path)
}

/// Opens an existing file to the users of the fabric.
///
/// # Errors
/// What the system says, unless it is open to them already.
pub fn widen(path: &Path) -> Result<()> {
    add(path, file_mode())
}

/// Opens a folder to the users of the fabric.
///
/// # Errors
/// As [`widen`].
pub fn widen_folder(path: &Path) -> Result<()> {
    add(path, folder_mode())
}

fn add(path: &Path, wanted: u32) -> Result<()> {
    let mode = std::fs::metadata(path)?.mode() & 0o7777;
    if mode & wanted == wanted {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode | wanted))
}

/// Leaves a new socket to the users of the fabric alone.
///
/// # Errors
/// What the system says.
pub fn restrict_socket(path: &Path) -> rustix::io::Result<()> {
    rustix::fs::chmod(path, rustix::fs::Mode::from_raw_mode(file_mode()))
}

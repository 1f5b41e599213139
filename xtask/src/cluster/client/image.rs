//! The guest's root file system: an archive that the kernel unpacks into memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use cpio::newc::{Builder, ModeFileType};

use super::elf;
use super::kernel::Kernel;

/// Modules for the network card.
const NETWORK: [&str; 2] = ["virtio_pci", "virtio_net"];

/// Folders that the first process mounts something on.
const FOLDERS: [&str; 6] = ["dev", "proc", "sys", "tmp", "mnt/beegfs", "run"];

/// The files of an archive, by their path in it.
#[derive(Debug, Default)]
pub struct Image {
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug)]
enum Entry {
    Folder,
    /// Permissions and content.
    File(u32, Content),
}

#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    Host(PathBuf),
}

impl Image {
    /// What every run has: programs, the kernel's modules and the client's.
    ///
    /// # Errors
    /// Something is missing among the packages.
    pub fn new(kernel: &Kernel, client: &Path) -> anyhow::Result<Self> {
        let mut image = Self::default();
        for folder in FOLDERS {
            image.folder(Path::new(folder));
        }
        image.host("bin/busybox", 0o755, kernel.root.join("bin/busybox"));
        for file in elf::program(&kernel.root, "usr/bin/fio")? {
            let from = kernel.root.join(&file);
            image.host(file, 0o755, from);
        }
        image.bytes("init", 0o755, include_bytes!("guest/init"));
        image.bytes("bin/workload", 0o755, include_bytes!("guest/workload"));

        let wanted = [&NETWORK[..], &["beegfs"]].concat();
        let modules = elf::modules(&kernel.modules(), &[client.to_path_buf()], &wanted)?;
        ensure!(
            modules.last().is_some_and(|module| module == client),
            "{} is no kernel module",
            client.display()
        );
        let mut order = String::new();
        for module in modules {
            let name = module.file_name().unwrap_or_default().to_string_lossy();
            order += &format!("{name}\n");
            image.host(format!("modules/{name}"), 0o644, module.clone());
        }
        image.bytes("modules/order", 0o644, order.as_bytes());
        Ok(image)
    }

    pub fn bytes(&mut self, path: impl AsRef<Path>, mode: u32, bytes: &[u8]) {
        self.add(
            path.as_ref(),
            Entry::File(mode, Content::Bytes(bytes.to_vec())),
        );
    }

    fn host(&mut self, path: impl AsRef<Path>, mode: u32, from: PathBuf) {
        self.add(path.as_ref(), Entry::File(mode, Content::Host(from)));
    }

    fn add(&mut self, path: &Path, entry: Entry) {
        if let Some(folder) = path.parent() {
            self.folder(folder);
        }
        self.entries.insert(path.to_path_buf(), entry);
    }

    fn folder(&mut self, path: &Path) {
        for folder in path.ancestors().filter(|path| !path.as_os_str().is_empty()) {
            self.entries
                .entry(folder.to_path_buf())
                .or_insert(Entry::Folder);
        }
    }

    /// Writes the archive; a folder stands before what is in it.
    ///
    /// # Errors
    /// A file cannot be read, or the archive not be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut out = BufWriter::new(file);
        for (number, (name, entry)) in (1..).zip(&self.entries) {
            let text = name.to_str().context("a path that is no text")?;
            let builder = Builder::new(text).ino(number).nlink(1);
            let (builder, content) = match entry {
                Entry::Folder => {
                    let builder = builder
                        .mode(0o755)
                        .set_mode_file_type(ModeFileType::Directory);
                    (builder, Vec::new())
                }
                Entry::File(mode, content) => {
                    let builder = builder
                        .mode(*mode)
                        .set_mode_file_type(ModeFileType::Regular);
                    (builder, content.read()?)
                }
            };
            let length = u32::try_from(content.len()).context("a file of 4 GiB or more")?;
            let mut writer = builder.write(out, length);
            writer.write_all(&content)?;
            out = writer.finish()?;
        }
        cpio::newc::trailer(out)?.flush()?;
        Ok(())
    }
}

impl Content {
    fn read(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::Host(path) => fs::read(path).with_context(|| path.display().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn an_archive_holds_folders_before_files_and_every_byte() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("archive");
        let mut image = Image::default();
        image.bytes("etc/beegfs/conn.auth", 0o600, b"secret");
        image.bytes("init", 0o755, b"");
        image.write(&path).expect("written");

        let mut names = Vec::new();
        let mut input = File::open(&path).expect("open");
        loop {
            let mut reader = cpio::newc::Reader::new(input).expect("entry");
            if reader.entry().is_trailer() {
                break;
            }
            let entry = reader.entry();
            names.push((entry.name().to_owned(), entry.mode()));
            let mut content = Vec::new();
            reader.read_to_end(&mut content).expect("content");
            let expected: &[u8] = if names.len() == 3 { b"secret" } else { b"" };
            assert_eq!(content, expected);
            input = reader.finish().expect("next");
        }
        let expected = [
            ("etc", 0o040_755),
            ("etc/beegfs", 0o040_755),
            ("etc/beegfs/conn.auth", 0o100_600),
            ("init", 0o100_755),
        ];
        assert_eq!(names, expected.map(|(name, mode)| (name.to_owned(), mode)));
    }
}

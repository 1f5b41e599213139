//! A few counters in a file that several processes map.

use crate::runtime::access;
use rustix::mm::{MapFlags, ProtFlags};
use std::fs::File;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// The first bytes of such a file.
const MAGIC: [u8; 8] = *b"emuwords";

/// Counters in a file; they live as long as the file does, whoever dies.
#[derive(Debug)]
pub struct Words {
    base: NonNull<AtomicU64>,
    count: usize,
}

// SAFETY: the mapping belongs to no thread, and all access is by atomics.
unsafe impl Send for Words {}
// SAFETY: as above.
unsafe impl Sync for Words {}

impl Words {
    /// Makes the file with `count` words of 0. It has its name only when it is complete.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: &Path, count: usize) -> std::io::Result<Self> {
        let draft = path.with_extension(format!("draft-{}", std::process::id()));
        let mut file = access::create(&draft)?;
        // Written, not just lengthened: a page that is missing later would be a SIGBUS.
        let mut bytes = vec![0; length(count)];
        bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        file.write_all(&bytes)?;
        drop(file);
        std::fs::rename(&draft, path)?;
        Self::open(path, count)
    }

    /// Maps the file of [`Words::create`].
    ///
    /// # Errors
    /// What the system says; `InvalidData` for another file.
    pub fn open(path: &Path, count: usize) -> std::io::Result<Self> {
        let refused = || Error::new(ErrorKind::InvalidData, "it holds no counters");
        let file = File::options().read(true).write(true).open(path)?;
        let mut magic = [0; MAGIC.len()];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut magic, 0).map_err(|_| refused())?;
        let length = length(count);
        if magic != MAGIC || file.metadata()?.len() < length as u64 {
            return Err(refused());
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping at an address of the kernel's choice disturbs nothing.
        let base = unsafe {
            let null = std::ptr::null_mut();
            rustix::mm::mmap(null, length, protection, MapFlags::SHARED, &file, 0)?
        };
        let base = NonNull::new(base.cast()).ok_or_else(refused)?;
        Ok(Self { base, count })
    }

    /// One counter.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < self.count);
        // SAFETY: inside the mapping (line above, and one word for the magic), aligned because the
        // mapping starts on a page, and alive as long as `self`.
        unsafe { self.base.add(1 + index).as_ref() }
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        // SAFETY: exactly what `open` mapped; borrows of words end with `self`.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), length(self.count)) };
    }
}

/// Bytes of a file with `count` words.
fn length(count: usize) -> usize {
    MAGIC.len() + count * size_of::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn all_who_map_the_file_count_together() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("counters");
        let one = Words::create(&path, 2).unwrap();
        let two = Words::open(&path, 2).unwrap();
        one.word(1).fetch_add(5, Ordering::AcqRel);
        assert_eq!(two.word(1).load(Ordering::Acquire), 5);
        assert_eq!(two.word(0).load(Ordering::Acquire), 0);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn other_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("counters");
        for content in ["", "emuwords", "xxxxxxxxyyyyyyyyzzzzzzzz"] {
            std::fs::write(&path, content).unwrap();
            assert!(Words::open(&path, 2).is_err(), "{content:?}");
        }
    }
}

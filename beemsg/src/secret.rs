//! The shared secret of a cluster, as it is shown to a server.
//!
//! A client shows a number of 64 bits that is made from the first 1024 bytes of the file
//! `connAuthFile`. Version 7 makes it from two hashes of 32 bits, one of each half of the file
//! (`app/config/AbstractConfig.cpp`); version 8 takes the first 8 bytes of a SHA-256
//! (`toolkit/HashTk.cpp` there).

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::family::Family;

/// More of the file is not looked at, in bytes.
const READ: u64 = 1024;

/// A shorter file is refused by the servers, in bytes.
const LEAST: usize = 4;

/// The contents of `connAuthFile`, as far as they count.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Reads the file.
    ///
    /// # Errors
    /// If it can't be read, or has fewer than 4 bytes, which no server accepts.
    pub fn read(file: &Path) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        std::fs::File::open(file)?
            .take(READ)
            .read_to_end(&mut bytes)?;
        if bytes.len() < LEAST {
            let text = format!("{} bytes are too few for a secret", bytes.len());
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
        }
        Ok(Self(bytes))
    }

    /// From bytes; only the first 1024 count.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes[..bytes.len().min(READ as usize)].to_vec())
    }

    /// The number that a server of this family wants to see.
    pub fn number(&self, family: Family) -> u64 {
        match family {
            Family::Seven => {
                let (first, second) = self.0.split_at(self.0.len() / 2);
                u64::from(hash32(first)) << 32 | u64::from(hash32(second))
            }
            Family::Eight => {
                let digest = Sha256::digest(&self.0);
                let mut first = [0; 8];
                first.copy_from_slice(&digest[..8]);
                u64::from_le_bytes(first)
            }
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Paul Hsieh's "SuperFastHash" of 2004, a hash for tables, with single bytes taken as signed.
fn hash32(bytes: &[u8]) -> u32 {
    if bytes.is_empty() {
        return 0;
    }
    let half = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]));
    let signed = |byte: u8| i32::from(byte.cast_signed()).cast_unsigned();
    let fold = |hash: u32, right: u32| hash.wrapping_add(hash >> right);

    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    let mut hash = bytes.len() as u32;
    for word in words {
        hash = hash.wrapping_add(half(word[0], word[1]));
        hash = (hash << 16) ^ (half(word[2], word[3]) << 11) ^ hash;
        hash = fold(hash, 11);
    }
    hash = match *rest {
        [only] => {
            let sum = hash.wrapping_add(signed(only));
            fold(sum ^ (sum << 10), 1)
        }
        [low, high] => {
            let sum = hash.wrapping_add(half(low, high));
            fold(sum ^ (sum << 11), 17)
        }
        [low, high, last] => {
            let sum = hash.wrapping_add(half(low, high));
            fold(sum ^ (sum << 16) ^ (signed(last) << 18), 11)
        }
        _ => hash,
    };
    for (left, right) in [(3, 5), (4, 17), (25, 6)] {
        hash = fold(hash ^ (hash << left), right);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last ones end in bytes above 127, whose sign counts.
    #[test]
    fn the_hash_gives_known_values() {
        let known: [(&[u8], u32); 9] = [
            (b"", 0),
            (b"a", 0x115e_a782),
            (b"ab", 0x516b_8b44),
            (b"abc", 0xd2be_198a),
            (b"abcd", 0xdad8_b8db),
            (b"hello world", 0xa68c_6882),
            (b"0123456789abcdef0123456789abcdef!", 0xeba1_875f),
            (b"x\xc3\xa9", 0xe9df_37d1),
            (b"xy\x80", 0x70e1_3b7c),
        ];
        for (bytes, hash) in known {
            assert_eq!(hash32(bytes), hash, "{bytes:?}");
        }
    }

    #[test]
    fn the_families_make_different_numbers_of_a_secret() {
        let secret = Secret::from_bytes(b"abcdefgh");
        assert_ne!(secret.number(Family::Seven), secret.number(Family::Eight));
        // SHA-256 of "abc" begins with ba7816bf 8f01cfea.
        let abc = Secret::from_bytes(b"abc").number(Family::Eight);
        assert_eq!(abc, 0xeacf_018f_bf16_78ba);
    }

    #[test]
    fn only_the_first_1024_bytes_count() {
        let long = [7; 2000];
        let [first, second] = [1024, 2000].map(|end| Secret::from_bytes(&long[..end]));
        assert_eq!(first.number(Family::Seven), second.number(Family::Seven));
        assert_eq!(first.number(Family::Eight), second.number(Family::Eight));
    }

    #[test]
    fn too_short_a_file_is_refused() {
        let file = std::env::temp_dir().join(format!("beemsg-secret-{}", std::process::id()));
        std::fs::write(&file, "abc").unwrap();
        let outcome = Secret::read(&file);
        std::fs::remove_file(&file).unwrap();
        assert!(outcome.unwrap_err().to_string().contains("3 bytes"));
    }
}

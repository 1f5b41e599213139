//! Sizes as arguments.

use std::str::FromStr;

/// A number of bytes, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shift = match text.chars().last() {
            Some('K' | 'k') => 10,
            Some('M' | 'm') => 20,
            Some('G' | 'g') => 30,
            _ => 0,
        };
        let digits = if shift == 0 {
            text
        } else {
            &text[..text.len() - 1]
        };
        let number: u64 = digits.parse().map_err(|_| "a number, and K, M or G")?;
        match number.checked_mul(1 << shift) {
            Some(bytes @ 1..) => Ok(Self(bytes)),
            _ => Err("out of range".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!("128M".parse(), Ok(Size(128 << 20)));
        assert_eq!("4k".parse(), Ok(Size(4096)));
        assert_eq!("7".parse(), Ok(Size(7)));
        for bad in ["", "M", "0", "-1", "1T", "99999999999G"] {
            assert!(bad.parse::<Size>().is_err(), "{bad:?}");
        }
    }
}

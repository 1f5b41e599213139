//! BeeGFS's own error numbers. Source: `storage/StorageErrors.h`.

use std::fmt;

/// How a server says that a request failed. 0 is success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub i64);

impl Code {
    /// All went well.
    pub const SUCCESS: Self = Self(0);
    /// The server can't serve this now, or not with this state of a mirror: try again.
    pub const COMMUNICATION: Self = Self(3);
    /// Somebody has made it already.
    pub const EXISTS: Self = Self(7);
    /// There is no such entry.
    pub const PATH_NOT_EXISTS: Self = Self(8);
    /// The server does not have this target.
    pub const UNKNOWN_TARGET: Self = Self(15);

    /// What a negative result of a request means; `None` if it is none.
    pub fn of_result(result: i64) -> Option<Self> {
        (result < 0).then(|| Self(result.saturating_neg()))
    }

    fn meaning(self) -> &'static str {
        match self.0 {
            0 => "success",
            1 => "internal error, see the server's log",
            2 => "interrupted",
            3 => "the server can't serve it now (a mirror is not ready, or the target is starting)",
            4 => "a server behind this one did not answer in time",
            5 => "unknown node",
            6 => "the server does not own the entry",
            7 => "exists already",
            8 => "does not exist",
            9 => "in use",
            12 => "no directory",
            13 => "directory not empty",
            14 => "no space left on the target",
            15 => "the server has no such target: another number, or the target is offline",
            16 => "would block",
            17 => "the inode is not inlined",
            18 => "saving to the file system below failed",
            19 => "too big",
            20 => "invalid argument",
            21 => "bad address",
            22 => "try again",
            23 => "the server was restarted while the file was open",
            24 => "permission denied",
            25 => "quota exceeded",
            26 => "out of memory",
            27 => "out of range",
            28 => "no data",
            29 => "not supported by the server",
            30 => "unknown storage pool",
            31 => "another version of the metadata",
            32 => "the inode is locked",
            33 => "access to the file is denied in its state",
            34 => "remote input or output failed",
            _ => "an error that this program does not know",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (BeeGFS error {})", self.meaning(), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_results_are_errors() {
        assert_eq!(Code::of_result(-15), Some(Code::UNKNOWN_TARGET));
        assert_eq!(Code::of_result(0), None);
        assert_eq!(Code::of_result(4096), None);
        assert!(Code(15).to_string().contains("no such target"));
        assert!(Code::of_result(i64::MIN).is_some());
    }
}

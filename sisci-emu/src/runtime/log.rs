//! Messages on standard error, for the person who set the fabric up.

use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};

/// How much is written; each level includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// A call fails, and the caller's code alone doesn't say why.
    Error = 1,
    /// Something looks wrong, but work goes on.
    Warn,
    /// Life of the process and its peers.
    Info,
    /// Every connection.
    Debug,
}

impl Level {
    /// The level of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "error" => Some(Self::Error),
            "warn" => Some(Self::Warn),
            "info" => Some(Self::Info),
            "debug" => Some(Self::Debug),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Warn as u8);

/// From now on messages up to `level` are written.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Writes one line. A standard error that is closed or full is no reason to fail.
pub fn write(level: Level, message: std::fmt::Arguments<'_>) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let line = format!(
        "sisci-emu[{}] {}: {message}\n",
        std::process::id(),
        level.name()
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// `report!(Error, "text {}", value)`
macro_rules! report {
    ($level:ident, $($message:tt)+) => {
        $crate::runtime::log::write($crate::runtime::log::Level::$level, format_args!($($message)+))
    };
}
pub(crate) use report;

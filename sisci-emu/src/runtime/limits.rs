//! What a node can have: limits of an adapter and of its driver.
//!
//! Running into one gives the code that the hardware's library gives, and a line in the log that
//! names the limit and its key in `fabric.toml`.

use crate::Code;
use crate::runtime::log::report;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// The adapter whose limits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adapter {
    /// None in particular: as much as the machine can do.
    #[default]
    None,
    /// PXH810, PCIe 3.0 x8.
    Pxh810,
    /// MXH930, PCIe 4.0 x16.
    Mxh930,
}

impl Adapter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Pxh810, Self::Mxh930];

    /// The word in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pxh810 => "pxh810",
            Self::Mxh930 => "mxh930",
        }
    }

    /// The adapter of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|adapter| adapter.name() == name)
    }

    /// Its limits. Published are the window (the factory's default), the longest DMA transfer and
    /// the length of vectors; the other values of adapters are chosen here.
    pub fn limits(self) -> Limits {
        let any = Limits {
            segments: u64::MAX,
            maps: u64::MAX,
            window_mib: u64::MAX,
            interrupts: u64::MAX,
            data_interrupts: u64::MAX,
            queue_depth: 64,
            message_bytes: 256,
            dma_queues: u64::MAX,
            vector_elements: 256,
            dma_bytes: 1 << 30,
            dma_alignment: 1,
            groups: 4,
        };
        let real = Limits {
            segments: 4096,
            maps: 4096,
            window_mib: 256,
            interrupts: 512,
            data_interrupts: 512,
            dma_queues: 128,
            ..any
        };
        match self {
            Self::None => any,
            Self::Pxh810 => Limits {
                dma_bytes: 134_217_727,
                ..real
            },
            Self::Mxh930 => Limits {
                dma_bytes: 4_294_967_040,
                ..real
            },
        }
    }
}

/// One number for each limit; `u64::MAX` stands for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Segments of a node.
    pub segments: u64,
    /// Maps of remote memory of a node.
    pub maps: u64,
    /// MiB of remote memory that a node maps at a time.
    pub window_mib: u64,
    /// Interrupts of a node.
    pub interrupts: u64,
    /// Data interrupts of a node.
    pub data_interrupts: u64,
    /// Messages that wait in a data interrupt, for each connection.
    pub queue_depth: u64,
    /// Bytes of a data interrupt's message.
    pub message_bytes: u64,
    /// DMA queues of a node.
    pub dma_queues: u64,
    /// Elements of a DMA vector.
    pub vector_elements: u64,
    /// Bytes of a DMA transfer.
    pub dma_bytes: u64,
    /// Offsets and sizes of DMA transfers are multiples of this many bytes.
    pub dma_alignment: u64,
    /// Multicast groups.
    pub groups: u64,
}

/// Those of the fabric that this process is in.
static CURRENT: RwLock<Option<Limits>> = RwLock::new(None);

impl Limits {
    /// The limits that hold now.
    pub fn current() -> Self {
        let current = *CURRENT.read().unwrap_or_else(PoisonError::into_inner);
        current.unwrap_or_else(|| Adapter::None.limits())
    }

    /// From now on these hold.
    pub fn install(self) {
        *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(self);
    }
}

/// A limit as a setting.
pub struct Limit {
    /// Key in the file, with `limits.` in front.
    pub key: &'static str,
    /// What it counts.
    pub what: &'static str,
    range: RangeInclusive<u64>,
    can_be_unlimited: bool,
    power_of_two: bool,
    /// Where its value is.
    pub place: fn(&mut Limits) -> &mut u64,
}

/// The word for no limit.
pub const UNLIMITED: &str = "unlimited";

/// All limits.
pub const LIMITS: &[Limit] = &[
    count("limits.segments", "segments of a node", |limits| {
        &mut limits.segments
    }),
    count("limits.maps", "maps of remote memory of a node", |limits| {
        &mut limits.maps
    }),
    count(
        "limits.window_mib",
        "MiB of remote memory that a node maps at a time",
        |limits| &mut limits.window_mib,
    ),
    count("limits.interrupts", "interrupts of a node", |limits| {
        &mut limits.interrupts
    }),
    count(
        "limits.data_interrupts",
        "data interrupts of a node",
        |limits| &mut limits.data_interrupts,
    ),
    fixed(
        "limits.queue_depth",
        "messages waiting in a data interrupt",
        1..=65_536,
        |limits| &mut limits.queue_depth,
    ),
    fixed(
        "limits.message_bytes",
        "bytes of a data interrupt's message",
        1..=4096,
        |limits| &mut limits.message_bytes,
    ),
    count("limits.dma_queues", "DMA queues of a node", |limits| {
        &mut limits.dma_queues
    }),
    fixed(
        "limits.vector_elements",
        "elements of a DMA vector",
        1..=65_536,
        |limits| &mut limits.vector_elements,
    ),
    fixed(
        "limits.dma_bytes",
        "bytes of a DMA transfer",
        64..=4_294_967_295,
        |limits| &mut limits.dma_bytes,
    ),
    Limit {
        power_of_two: true,
        ..fixed(
            "limits.dma_alignment",
            "bytes that DMA is aligned to",
            1..=4096,
            |limits| &mut limits.dma_alignment,
        )
    },
    fixed("limits.groups", "multicast groups", 0..=64, |limits| {
        &mut limits.groups
    }),
];

type Place = fn(&mut Limits) -> &mut u64;

const fn count(key: &'static str, what: &'static str, place: Place) -> Limit {
    Limit {
        can_be_unlimited: true,
        ..fixed(key, what, 1..=16_777_216, place)
    }
}

const fn fixed(
    key: &'static str,
    what: &'static str,
    range: RangeInclusive<u64>,
    place: Place,
) -> Limit {
    Limit {
        key,
        what,
        range,
        can_be_unlimited: false,
        power_of_two: false,
        place,
    }
}

impl Limit {
    /// Key in the table `limits`.
    pub fn name(&self) -> &'static str {
        self.key.strip_prefix("limits.").unwrap_or(self.key)
    }

    /// Its value in words.
    pub fn show(&self, limits: &Limits) -> String {
        let mut limits = *limits;
        match *(self.place)(&mut limits) {
            u64::MAX => UNLIMITED.to_owned(),
            value => value.to_string(),
        }
    }

    /// The value that the file gives, if it is a legal one.
    pub fn accept(&self, value: &toml::Value) -> Option<u64> {
        match value {
            toml::Value::String(word) if word == UNLIMITED && self.can_be_unlimited => {
                Some(u64::MAX)
            }
            toml::Value::Integer(number) => {
                let number = u64::try_from(*number).ok()?;
                let fits = self.range.contains(&number);
                (fits && (!self.power_of_two || number.is_power_of_two())).then_some(number)
            }
            _ => None,
        }
    }

    /// What the value may be.
    pub fn range_text(&self) -> String {
        let (first, last) = (self.range.start(), self.range.end());
        let kind = if self.power_of_two {
            "a power of two"
        } else {
            "a number"
        };
        let or = if self.can_be_unlimited {
            ", or \"unlimited\""
        } else {
            ""
        };
        format!("{kind} from {first} to {last}{or}")
    }
}

/// Limits that the log has named, by their place in [`LIMITS`].
static TOLD: AtomicU64 = AtomicU64::new(0);

/// Says in the log which limit refused a call, and gives the code for it.
pub fn reached(key: &str, limit: u64, code: Code) -> Code {
    let index = LIMITS.iter().position(|known| known.key == key);
    let what = index.map_or("", |index| LIMITS[index].what);
    // Programs try again and again.
    let bit = 1 << index.unwrap_or(63);
    if TOLD.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
        report!(Warn, "limit reached: {limit} {what} ({key} in fabric.toml)");
    } else {
        report!(
            Debug,
            "limit reached again: {limit} {what} ({key} in fabric.toml)"
        );
    }
    code
}

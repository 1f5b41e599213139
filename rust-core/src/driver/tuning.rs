//! Which transfer class a message takes, and in what pieces, on which adapter.
//!
//! | class | way | for |
//! |---|---|---|
//! | inline | one line, position included | messages of a few words |
//! | eager | copied into the peer's ring by the processor | most |
//! | bulk | copied aside, then moved into the ring by the DMA engine | long ones, where the engine is faster |
//!
//! What is best depends on the adapter. There are three sources, the first that says something counts:
//! the user's settings ([`Config::tuning`](super::Config::tuning)), which may be a table that was
//! measured on the site by `ntb bench --tune`; and the defaults below for the adapter's family, from
//! published measurements of both (`sisci-emu/models/hardware.csv`).

mod table;

pub use table::TuningTable;

use super::error::Error;
use crate::proto::layout::LINE_PAYLOAD;
use crate::sisci::Device;

/// The sizes at which a transport changes its way, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Largest message that goes inline; 0 to [`Tuning::INLINE_MOST`].
    pub inline_max: usize,
    /// From this size on a message is published in pieces of `publish_large`.
    pub large_from: usize,
    /// Payload stored before the peer is told of it, for small messages: small enough that the peer
    /// starts to copy out while we still copy in, large enough that the index line does not bounce.
    pub publish_small: usize,
    /// The same for large ones.
    pub publish_large: usize,
    /// From this size on a message goes by DMA; `None`: never.
    pub bulk_from: Option<usize>,
    /// Bytes of one DMA transfer.
    pub bulk_piece: usize,
    /// Pieces under way at once, copied aside or transferred; each has a DMA queue.
    pub bulk_slots: usize,
    /// From this size on nothing is published before a transfer check; `None`: never.
    pub check_from: Option<usize>,
    /// Payload between two checks.
    pub check_piece: usize,
}

/// What is known of a fabric by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The emulator without a timing model: memory of this machine.
    Memory,
    /// PXH810, PCIe 3.0 x8, or its model.
    Pxh810,
    /// MXH930, PCIe 4.0 x16, or its model.
    Mxh930,
    /// Any other adapter or model.
    Other,
}

impl Family {
    /// The family of the fabric behind `device`.
    fn of(device: &Device) -> Self {
        match (device.is_emulated(), device.timing_model()) {
            (true, None) => Self::Memory,
            (_, Some(model)) => Self::named(&model),
            (false, None) => Self::named(&device.adapter_type()),
        }
    }

    /// The defaults for the fabric behind `device`.
    ///
    /// An emulated engine is a thread of ours. Where it has to share the processors with the copies of
    /// both sides, it is slower than a processor that stores as fast as the model of an MXH930 allows
    /// (7 instead of 9.5 GB/s on two), so there nothing goes by DMA; beside that of a PXH810 it is the better
    /// one from twice the size on.
    pub(crate) fn defaults(device: &Device) -> Tuning {
        let family = Self::of(device);
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shares = device.is_emulated() && processors < ENGINE_NEEDS;
        Tuning {
            bulk_from: match family {
                Self::Mxh930 if shares => None,
                Self::Pxh810 if shares => Some(kib(1024)),
                _ => Tuning::of(family).bulk_from,
            },
            ..Tuning::of(family)
        }
    }

    /// By the name of an adapter type or model.
    fn named(name: &str) -> Self {
        let name = name.to_ascii_uppercase();
        match () {
            () if name.contains("PXH810") => Self::Pxh810,
            () if name.contains("MXH930") => Self::Mxh930,
            () => Self::Other,
        }
    }
}

/// Processors from which on an emulated engine has one for itself.
const ENGINE_NEEDS: usize = 4;

const fn kib(count: usize) -> usize {
    count << 10
}

/// The range of everything that is a number of bytes without a reason for another one.
const MOST: usize = 1 << 30;

impl Tuning {
    /// Bytes of payload that a line has room for.
    pub const INLINE_MOST: usize = LINE_PAYLOAD;

    /// The defaults of a family.
    ///
    /// * Memory: what a small message costs is the way of a line from one processor to the other, so the
    ///   peer is told early. A second copy, as DMA needs one, can only lose, and nothing is lost on the way.
    /// * PXH810: stores stream at 5.3 GB/s from 4 KiB on; DMA takes 6.5 µs and then 5.9 GB/s.
    /// * MXH930: stores of 8 and 16 KiB are the cheapest for each byte, those of 512 B to 4 KiB the
    ///   dearest, so nothing is published in smaller pieces; DMA takes 6 µs and then 20 GB/s and more.
    /// * Others: as PXH810, which does no harm on a faster one.
    ///
    /// A transfer check takes 2 to 3 µs on both: it is paid where that is a tenth of the transfer or less.
    pub fn of(family: Family) -> Self {
        let memory = Self {
            inline_max: Self::INLINE_MOST,
            large_from: kib(16) + 1,
            publish_small: kib(2),
            publish_large: kib(16),
            bulk_from: None,
            bulk_piece: kib(64),
            bulk_slots: 3,
            check_from: None,
            check_piece: kib(64),
        };
        let pxh810 = Self {
            publish_small: kib(4),
            bulk_from: Some(kib(512)),
            bulk_piece: kib(256),
            check_from: Some(kib(256)),
            check_piece: kib(256),
            ..memory
        };
        match family {
            Family::Memory => memory,
            Family::Pxh810 | Family::Other => pxh810,
            Family::Mxh930 => Self {
                publish_small: kib(8),
                bulk_from: Some(kib(256)),
                ..pxh810
            },
        }
    }

    /// Which classes messages take, for people.
    pub fn classes(&self) -> String {
        let bulk = self.bulk_from.map_or_else(
            || "eager".to_owned(),
            |from| format!("eager, bulk from {from}"),
        );
        let check = self
            .check_from
            .map_or_else(String::new, |from| format!(", checked from {from}"));
        format!("inline to {}, {bulk}{check} bytes", self.inline_max)
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`Error::Setting`] with the name, the value and the range.
    pub fn checked(self) -> Result<Self, Error> {
        let within = |name, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(Error::Setting {
                name,
                value: value as u64,
                range: format!("{least} to {most}"),
            })
        };
        within("tuning inline_max", self.inline_max, 0, Self::INLINE_MOST)?;
        within("tuning large_from", self.large_from, 1, MOST)?;
        within("tuning publish_small", self.publish_small, 64, MOST)?;
        within("tuning publish_large", self.publish_large, 64, MOST)?;
        if let Some(from) = self.bulk_from {
            within("tuning bulk_from", from, kib(4), MOST)?;
        }
        within("tuning bulk_piece", self.bulk_piece, kib(4), 16 << 20)?;
        within("tuning bulk_slots", self.bulk_slots, 2, 8)?;
        if let Some(from) = self.check_from {
            within("tuning check_from", from, 1, MOST)?;
        }
        within("tuning check_piece", self.check_piece, kib(1), 16 << 20)?;
        Ok(self)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_their_names_and_their_defaults_are_legal() {
        assert_eq!(Family::named("PXH810"), Family::Pxh810);
        assert_eq!(Family::named("Dolphin mxh930 Gen4"), Family::Mxh930);
        assert_eq!(Family::named(""), Family::Other);
        for family in [
            Family::Memory,
            Family::Pxh810,
            Family::Mxh930,
            Family::Other,
        ] {
            Tuning::of(family).checked().unwrap();
        }
        assert_eq!(Tuning::of(Family::Memory).bulk_from, None);
        assert!(Tuning::of(Family::Other).check_from.is_some());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_name_value_and_range() {
        let memory = Tuning::of(Family::Memory);
        let cases = [
            Tuning {
                inline_max: Tuning::INLINE_MOST + 1,
                ..memory
            },
            Tuning {
                bulk_from: Some(100),
                ..memory
            },
            Tuning {
                bulk_slots: 1,
                ..memory
            },
            Tuning {
                check_from: Some(0),
                ..memory
            },
        ];
        let names = [
            "inline_max is 105",
            "bulk_from is 100",
            "bulk_slots is 1",
            "check_from is 0",
        ];
        for (tuning, name) in cases.into_iter().zip(names) {
            let text = tuning.checked().unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(" to "), "{text}");
        }
    }
}

//! Settings of a transport.

use super::error::Error;
use super::tuning::TuningTable;
use crate::proto::layout;
use std::path::PathBuf;
use std::time::Duration;

/// More than any adapter has.
const INTERRUPTS_MAX: u32 = 65_536;
/// Longest time that can be set: what 32 bits of milliseconds hold, and every clock can add.
const TIME_MAX: Duration = Duration::from_millis(u32::MAX as u64);

/// Settings of a [`super::Transport`], with the defaults of BeeGFS's `connNTB*` keys.
#[derive(Debug, Clone)]
pub struct Config {
    /// The SISCI library to load: a path, or a bare name that the dynamic linker searches.
    pub library: PathBuf,
    /// Number of the local adapter, 0 to 15.
    pub adapter: u32,
    /// Ring size per connection and direction that we ask for when we connect, in bytes; rounded
    /// up to a power of two between 4 KiB and 256 MiB. The default, 2 MiB, is more than the second-level
    /// cache of a core: a ring that just fills it makes both sides take every line from each other.
    pub ring_bytes: u64,
    /// Upper bound of all memory exported to peers, in bytes; at least 1 MiB.
    pub memory_limit: u64,
    /// How long a receiver or a blocked sender spins at most before it sleeps. Zero: no spinning.
    pub spin: Duration,
    /// Share of the processors that threads of this process may spin on at once, in percent of those
    /// that it may use, at least one processor; who finds no place sleeps. 0 to 100; 0: no spinning.
    pub spin_share: u32,
    /// How a peer that sleeps is woken.
    pub wakeup: Wakeup,
    /// What to change of the transfer classes that suit the adapter.
    pub tuning: TuningTable,
    /// How many connections at most may have a data interrupt of their own, on which their blocking
    /// calls sleep: the peer then wakes the thread without a detour. A connection gets one once it has
    /// slept a few times. Adapters have a few hundred for all processes of a host. 0 to 65536; 0: none.
    pub interrupts: u32,
    /// Bound of connect and handshake.
    pub connect_timeout: Duration,
    /// Bound of a send that gets no credit.
    pub send_timeout: Duration,
    /// How long a peer that could not be reached is not tried again.
    pub retry: Duration,
    /// The shared secret (BeeGFS: the hash of connAuthFile); `None`: no authentication.
    pub secret: Option<Vec<u8>>,
    /// Name of this process in statistics; empty: the name of the executable.
    pub process: String,
}

/// The way on which a peer is woken that sleeps on its descriptor, or whose interrupt can't be reached
/// (see [`Config::interrupts`]). Each side chooses for what it sends; both ways always work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wakeup {
    /// [`Wakeup::Interrupt`] on adapters, [`Wakeup::Control`] on the emulator.
    Auto,
    /// A SISCI data interrupt: does not leave the fabric. At the peer it arrives on a thread of the
    /// library, which then wakes the sleeper: two wake-ups.
    Interrupt,
    /// A message on the control channel: wakes the sleeper itself, but takes as long as TCP does.
    /// Within one host that is the shorter way, all the more where processors are short.
    Control,
}

impl Wakeup {
    /// The way to take on this kind of fabric; never [`Wakeup::Auto`].
    pub(crate) fn resolve(self, emulated: bool) -> Self {
        match self {
            Self::Auto if emulated => Self::Control,
            Self::Auto => Self::Interrupt,
            chosen => chosen,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            library: PathBuf::from("libsisci.so"),
            adapter: 0,
            ring_bytes: 2 << 20,
            memory_limit: 512 << 20,
            spin: Duration::from_micros(50),
            spin_share: 50,
            wakeup: Wakeup::Auto,
            tuning: TuningTable::default(),
            interrupts: 64,
            connect_timeout: Duration::from_secs(2),
            send_timeout: Duration::from_secs(180),
            retry: Duration::from_secs(60),
            secret: None,
            process: String::new(),
        }
    }
}

impl Config {
    /// Rounds what may be rounded and refuses what makes no sense.
    ///
    /// # Errors
    /// [`Error::Setting`] with the name, the value and the range.
    pub fn checked(mut self) -> Result<Self, Error> {
        self.ring_bytes = layout::ring_bytes(self.ring_bytes, 1);
        let refuse = |name, value: u64, range: String| Err(Error::Setting { name, value, range });
        if self.adapter > 15 {
            return refuse("adapter", self.adapter.into(), "0 to 15".into());
        }
        let least = (1 << 20).max(layout::channel_bytes(self.ring_bytes));
        if self.memory_limit < least {
            let range = format!("at least {least} bytes, one connection with its ring");
            return refuse("memory limit", self.memory_limit, range);
        }
        if self.spin_share > 100 {
            let range = "0 to 100 percent".into();
            return refuse("spin share", self.spin_share.into(), range);
        }
        if self.interrupts > INTERRUPTS_MAX {
            let range = format!("0 to {INTERRUPTS_MAX}");
            return refuse("interrupts", self.interrupts.into(), range);
        }
        if self.connect_timeout.is_zero() {
            return refuse("connect timeout", 0, "more than 0".into());
        }
        let times = [
            ("connect timeout", self.connect_timeout),
            ("send timeout", self.send_timeout),
            ("retry time", self.retry),
        ];
        for (name, time) in times {
            if time > TIME_MAX {
                let range = format!("at most {} seconds", TIME_MAX.as_secs());
                return refuse(name, time.as_secs(), range);
            }
        }
        Ok(self)
    }
}

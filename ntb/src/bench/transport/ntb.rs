//! Our own transport, through its public interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use ntb_core::driver::{
    Config, Endpoint, Listener, Received, Transport as Fabric, Tuning, TuningTable,
};

use super::{Stream, Transport};
use crate::bench::wire::{Kind, Mode, Setup};

/// Longer than any exchange: a receiver that never sleeps.
const FOR_EVER: Duration = Duration::from_secs(3600);
/// A connection under load may take longer than the default of a daemon with another path.
const CONNECT: Duration = Duration::from_secs(10);

pub struct Ntb {
    fabric: Fabric,
    listener: Option<Listener>,
}

impl Ntb {
    pub fn start(setup: &Setup) -> anyhow::Result<Self> {
        let default = Config::default();
        let fabric = Fabric::start(Config {
            library: setup.library.clone(),
            ring_bytes: setup.ring_bytes,
            memory_limit: setup.memory_limit,
            spin: match setup.mode {
                Mode::Spinning => FOR_EVER,
                Mode::Blocking => default.spin,
                Mode::NoSpin => Duration::ZERO,
            },
            tuning: tuning(setup)?,
            connect_timeout: CONNECT,
            process: "ntb-bench".to_owned(),
            ..default
        })?;
        Ok(Self {
            fabric,
            listener: None,
        })
    }

    /// Library, version and settings.
    pub fn describe(&self) -> String {
        let fabric = self.fabric.report().fabric;
        format!(
            "{} (API {}), library {}, node {}: {}",
            fabric.vendor.trim(),
            fabric.api.trim(),
            fabric.library,
            fabric.node,
            self.fabric.tuning().classes()
        )
    }
}

/// What the user wants, and on top of it the class that is forced.
fn tuning(setup: &Setup) -> anyhow::Result<TuningTable> {
    let wanted = TuningTable::parse(&setup.tuning)?;
    let forced = match setup.kind {
        Kind::NtbInline => TuningTable {
            inline_max: Some(Tuning::INLINE_MOST),
            ..wanted
        },
        Kind::NtbEager => TuningTable {
            inline_max: Some(0),
            bulk_from: Some(None),
            ..wanted
        },
        Kind::NtbBulk => TuningTable {
            bulk_from: Some(Some(4 << 10)),
            ..wanted
        },
        _ => wanted,
    };
    Ok(forced)
}

impl Transport for Ntb {
    type Stream = Endpoint;

    fn listen(&mut self) -> anyhow::Result<String> {
        let listener = self
            .fabric
            .listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.address().to_string();
        self.listener = Some(listener);
        Ok(address)
    }

    fn connect(&mut self, address: &str) -> anyhow::Result<Endpoint> {
        Ok(self.fabric.connect(address.parse()?)?)
    }

    fn accept(&mut self) -> anyhow::Result<Endpoint> {
        let listener = self.listener.as_ref().context("not listening")?;
        loop {
            if let Some(endpoint) = listener.accept() {
                return Ok(endpoint);
            }
            // Drains the descriptor if nobody waits, so that the wait sleeps.
            if !listener.pending() {
                listener.wait(None)?;
            }
        }
    }
}

impl Stream for Endpoint {
    #[inline]
    fn send(&mut self, data: &[u8]) -> anyhow::Result<()> {
        Ok(Self::send(self, data)?)
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        match Self::recv(self, buffer, None)? {
            Received::Data(count) => Ok(count),
            Received::End => bail!("the peer closed the connection"),
        }
    }
}

//! The transport of this process: one, started on demand.

use crate::endpoint::{address, source_address};
use crate::ffi::{IoKind, IoOutcome, PeerAddress, Settings};
use crate::guard;
use ntb_core::driver::{Config, Error, Transport, Tuning, TuningTable, tuning::Family};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Never dropped: BeeGFS unloads nothing and ends its threads at exit, and ours must not be in
/// the way then.
static TRANSPORT: OnceLock<Transport> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

pub(crate) fn start(settings: &Settings) -> IoOutcome {
    guard::outcome(|| {
        let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if TRANSPORT.get().is_some() {
            return IoOutcome::done(0);
        }
        let tuning = match tuning(&settings.tuning_file) {
            Ok(tuning) => tuning,
            Err(reason) => return IoOutcome::failed(IoKind::BadSetting, reason),
        };
        match Transport::start(config(settings, tuning)) {
            Ok(transport) => {
                let _ = TRANSPORT.set(transport);
                IoOutcome::done(0)
            }
            Err(error) => IoOutcome::failed(kind_of(&error), error),
        }
    })
}

/// The table in `file`; without a name, one that changes nothing.
fn tuning(file: &str) -> Result<TuningTable, String> {
    if file.is_empty() {
        return Ok(TuningTable::default());
    }
    let named = |error| format!("connNTBTuningFile is '{file}': {error}");
    let table = TuningTable::read(Path::new(file)).map_err(named)?;
    // What is out of range with one family's defaults is so with all of them, and only here the file is known.
    let checked = table.apply(Tuning::of(Family::Other)).checked();
    checked.map(|_| table).map_err(named)
}

/// The running transport, or what to answer without one.
pub(crate) fn transport() -> Result<&'static Transport, IoOutcome> {
    let stopped = || IoOutcome::failed(IoKind::Unavailable, "the NTB transport is not started");
    TRANSPORT.get().ok_or_else(stopped)
}

/// Whether connecting to this peer is worth while.
pub(crate) fn reachable(peer: &PeerAddress, source: [u8; 16]) -> bool {
    guard::value(false, || {
        let transport = TRANSPORT.get();
        transport
            .is_some_and(|transport| transport.is_reachable(address(peer), source_address(source)))
    })
}

fn kind_of(error: &Error) -> IoKind {
    match error {
        Error::Library(_) => IoKind::NoLibrary,
        Error::Setting { .. } | Error::Table { .. } => IoKind::BadSetting,
        _ => IoKind::Unavailable,
    }
}

fn config(settings: &Settings, tuning: TuningTable) -> Config {
    let defaults = Config::default();
    let library = if settings.library.is_empty() {
        defaults.library
    } else {
        PathBuf::from(&settings.library)
    };
    let secret = (settings.auth_hash != 0).then(|| settings.auth_hash.to_le_bytes().to_vec());
    Config {
        library,
        adapter: settings.adapter,
        ring_bytes: settings.buf_size.saturating_mul(settings.buf_num),
        memory_limit: settings.memory_limit,
        spin: Duration::from_micros(settings.poll_micros),
        spin_share: settings.poll_share,
        interrupts: settings.interrupts,
        tuning,
        connect_timeout: Duration::from_millis(settings.connect_millis),
        send_timeout: Duration::from_millis(settings.send_millis),
        retry: Duration::from_secs(settings.retry_secs),
        secret,
        process: settings.process.clone(),
        ..defaults
    }
}

//! Settings of a transport.

use crate::code::ntb_code;
use crate::failure::{Failure, call};
use crate::raw;
use ntb_core::driver::{Config, TuningTable, Wakeup};
use std::ffi::{c_char, c_void};
use std::path::Path;
use std::time::Duration;

/// For ntb_settings.wakeup: by control channel on the emulator, by interrupt on adapters.
pub const NTB_WAKEUP_AUTO: u32 = 0;
/// For ntb_settings.wakeup: a SISCI data interrupt wakes a sleeping peer.
pub const NTB_WAKEUP_INTERRUPT: u32 = 1;
/// For ntb_settings.wakeup: a message on the control channel wakes a sleeping peer.
pub const NTB_WAKEUP_CONTROL: u32 = 2;

/// Settings of a transport. Fill it by ntb_settings_init, then change what should differ; nothing in it
/// is kept after ntb_start. Later versions add members at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ntb_settings {
    /// Size of this structure in bytes, set by ntb_settings_init.
    pub size: usize,
    /// The SISCI library to load: a path, or a name that the dynamic linker searches. Null:
    /// "libsisci.so". Nothing else is tried if it can't be loaded.
    pub library: *const c_char,
    /// Number of the local adapter, 0 to 15. Default 0.
    pub adapter: u32,
    /// How a sleeping peer is woken, an NTB_WAKEUP_ number. Default NTB_WAKEUP_AUTO.
    pub wakeup: u32,
    /// Bytes of the ring that each connection of ours has in each direction; rounded up to a power of
    /// two between 4 KiB and 256 MiB. The connecting side's setting counts for both. Default 2 MiB.
    pub ring_bytes: u64,
    /// Most bytes of memory that are exported to peers, at least 1 MiB and one connection. When they are
    /// used up, connections fail with NTB_ERR_MEMORY. Default 512 MiB.
    pub memory_limit: u64,
    /// Microseconds for which a receiver or a blocked sender looks before it sleeps; 0: it sleeps at
    /// once. Default 50.
    pub spin_us: u32,
    /// Milliseconds that connect and handshake may take, at least 1. Default 2000.
    pub connect_timeout_ms: u32,
    /// Milliseconds that a send waits for a peer that takes nothing. Default 180000.
    pub send_timeout_ms: u32,
    /// Longest time in milliseconds for which ntb_connect_or_skip leaves a peer alone that could not
    /// be reached. Default 60000.
    pub retry_ms: u32,
    /// The secret that both sides must know; null: none, and peers with one are refused. It is never
    /// sent.
    pub secret: *const c_void,
    /// Bytes of the secret, 1 to 4096; 0 if it is null.
    pub secret_bytes: usize,
    /// Name of this process in statistics; null: the name of the program.
    pub process: *const c_char,
    /// Percent of the processors on which threads of this process may look at once before they sleep,
    /// 0 to 100; at least one processor, unless it is 0. Default 50.
    pub spin_share: u32,
    /// Connections at most that get a data interrupt of their own, on which blocking calls sleep; 0 to
    /// 65536. Default 64.
    pub interrupts: u32,
    /// Path of a TOML file with a tuning table (docs/transfers.md); null: what suits the adapter.
    pub tuning_file: *const c_char,
}

/// Size of the first published [`ntb_settings`].
const FIRST: usize = 80;
const _: () = assert!(std::mem::offset_of!(ntb_settings, spin_share) == FIRST);
const SECRET_MAX: usize = 4096;

fn defaults() -> ntb_settings {
    let config = Config::default();
    let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    ntb_settings {
        size: size_of::<ntb_settings>(),
        library: std::ptr::null(),
        adapter: config.adapter,
        wakeup: NTB_WAKEUP_AUTO,
        ring_bytes: config.ring_bytes,
        memory_limit: config.memory_limit,
        spin_us: u32::try_from(config.spin.as_micros()).unwrap_or(u32::MAX),
        connect_timeout_ms: millis(config.connect_timeout),
        send_timeout_ms: millis(config.send_timeout),
        retry_ms: millis(config.retry),
        secret: std::ptr::null(),
        secret_bytes: 0,
        process: std::ptr::null(),
        spin_share: config.spin_share,
        interrupts: config.interrupts,
        tuning_file: std::ptr::null(),
    }
}

/// Fills `settings` with the defaults. `size` is sizeof(ntb_settings) as the program was compiled, so
/// that an older program and a newer library (or the other way round) understand each other.
///
/// Answers NTB_OK, or NTB_ERR_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ntb_settings_init(settings: *mut ntb_settings, size: usize) -> ntb_code {
    call(|| {
        // SAFETY: the caller gives a structure whose first member may be written,
        unsafe { raw::set(settings.cast(), "the structure", size) }?;
        // SAFETY: and that is as large as it says.
        unsafe { raw::write_sized(settings, &defaults(), FIRST) }
    })
}

/// The settings that a program gave; null: the defaults.
///
/// # Safety
/// `settings` is null or as the header says.
pub(crate) unsafe fn config(settings: *const ntb_settings) -> Result<Config, Failure> {
    let mut config = Config::default();
    if settings.is_null() {
        return Ok(config);
    }
    // SAFETY: plain numbers and pointers, of which any value is valid; the rest is the caller's promise.
    let given = unsafe { raw::read_sized(settings, &defaults(), FIRST, "ntb_settings") }?;
    // SAFETY: the caller gives texts with an end.
    let library = unsafe { raw::text(given.library, "ntb_settings.library") }?;
    // SAFETY: the same.
    let process = unsafe { raw::text(given.process, "ntb_settings.process") }?;
    // SAFETY: the same.
    let tuning = unsafe { raw::text(given.tuning_file, "ntb_settings.tuning_file") }?;
    // SAFETY: the caller gives as many bytes as it says.
    let secret = unsafe { raw::bytes(given.secret, given.secret_bytes, "ntb_settings.secret") }?;
    if secret.len() > SECRET_MAX || (secret.is_empty() && !given.secret.is_null()) {
        return Err(Failure::argument(format!(
            "ntb_settings.secret_bytes is {}, must be 1 to {SECRET_MAX}, or 0 with no secret",
            secret.len()
        )));
    }
    if let Some(library) = library {
        config.library = library.into();
    }
    config.adapter = given.adapter;
    config.wakeup = match given.wakeup {
        NTB_WAKEUP_AUTO => Wakeup::Auto,
        NTB_WAKEUP_INTERRUPT => Wakeup::Interrupt,
        NTB_WAKEUP_CONTROL => Wakeup::Control,
        other => {
            return Err(Failure::argument(format!(
                "ntb_settings.wakeup is {other}, must be 0 to {NTB_WAKEUP_CONTROL}"
            )));
        }
    };
    config.ring_bytes = given.ring_bytes;
    config.memory_limit = given.memory_limit;
    config.spin = Duration::from_micros(given.spin_us.into());
    config.connect_timeout = Duration::from_millis(given.connect_timeout_ms.into());
    config.send_timeout = Duration::from_millis(given.send_timeout_ms.into());
    config.retry = Duration::from_millis(given.retry_ms.into());
    config.secret = (!secret.is_empty()).then(|| secret.to_vec());
    config.process = process.unwrap_or_default().to_owned();
    config.spin_share = given.spin_share;
    config.interrupts = given.interrupts;
    if let Some(file) = tuning {
        config.tuning = TuningTable::read(Path::new(file))?;
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    fn of(change: impl FnOnce(&mut ntb_settings)) -> Result<Config, Failure> {
        let mut settings = defaults();
        change(&mut settings);
        // SAFETY: what is changed below is valid for the call.
        unsafe { config(&raw const settings) }
    }

    #[test]
    fn defaults_are_those_of_the_core() {
        let (ours, core) = (of(|_| {}).unwrap(), Config::default());
        assert_eq!(format!("{ours:?}"), format!("{core:?}"));
    }

    #[test]
    fn every_member_arrives() {
        let secret = [1u8, 0, 2];
        let file = std::env::temp_dir().join(format!("ntb-capi-{}.toml", std::process::id()));
        std::fs::write(&file, "inline_max = 12\n").unwrap();
        let table = CString::new(file.to_str().unwrap()).unwrap();
        let config = of(|settings| {
            settings.library = c"/lib/x.so".as_ptr();
            settings.adapter = 3;
            settings.wakeup = NTB_WAKEUP_INTERRUPT;
            settings.ring_bytes = 4096;
            settings.memory_limit = 5 << 20;
            settings.spin_us = 6;
            settings.connect_timeout_ms = 7;
            settings.send_timeout_ms = 8;
            settings.retry_ms = 9;
            settings.secret = secret.as_ptr().cast();
            settings.secret_bytes = 3;
            settings.process = c"name".as_ptr();
            settings.spin_share = 10;
            settings.interrupts = 11;
            settings.tuning_file = table.as_ptr();
        })
        .unwrap();
        assert_eq!(
            (config.library.to_str(), config.adapter),
            (Some("/lib/x.so"), 3)
        );
        assert_eq!(
            (config.wakeup, config.ring_bytes),
            (Wakeup::Interrupt, 4096)
        );
        assert_eq!((config.memory_limit, config.spin.as_micros()), (5 << 20, 6));
        let millis = [config.connect_timeout, config.send_timeout, config.retry];
        assert_eq!(millis.map(|time| time.as_millis()), [7, 8, 9]);
        std::fs::remove_file(file).unwrap();
        assert_eq!((config.spin_share, config.interrupts), (10, 11));
        assert_eq!(config.tuning.inline_max, Some(12));
        assert_eq!(
            (config.secret, &config.process[..]),
            (Some(vec![1, 0, 2]), "name")
        );
    }

    #[test]
    fn nonsense_is_refused_with_its_name() {
        let text = |change: fn(&mut ntb_settings)| of(change).unwrap_err().text;
        assert!(text(|settings| settings.wakeup = 3).contains("wakeup is 3"));
        assert!(text(|settings| settings.secret_bytes = 1).contains("secret is null"));
        let empty = text(|settings| settings.secret = c"".as_ptr().cast());
        assert!(empty.contains("secret_bytes is 0"), "{empty}");
        assert!(text(|settings| settings.library = c"\xff".as_ptr()).contains("library"));
        let missing = text(|settings| settings.tuning_file = c"/no/such.toml".as_ptr());
        assert!(missing.contains("/no/such.toml"), "{missing}");
    }
}
